"""What the worker does for the registry: survey workbooks, exports, and the nightly round of reports and silence."""

from celery import shared_task

from accounts.models import Division
from registry.services import certificates, confirmations, dormancy, exports, import_keeping, imports, samples

UNTIL_NEXT_NIGHT = 23 * 3600


@shared_task(name="registry.work_imports")
def work_imports():
    while imports.work_next():
        pass


@shared_task(name="registry.work_exports")
def work_exports():
    while exports.work_next():
        pass


@shared_task(name="registry.open_checks")
def open_checks():
    while samples.open_next():
        pass


@shared_task(name="registry.forget_imports")
def forget_imports():
    import_keeping.forget_old_imports()


@shared_task(name="registry.supervise")
def supervise():
    """Three tasks for each district: what fails in one stands in the worker's log and stops nothing else."""
    for place in confirmations.districts().values_list("pk", flat=True):
        for task in (ask_for_reports, look_for_silence, remind_of_certificates):
            task.apply_async([place], expires=UNTIL_NEXT_NIGHT)


@shared_task(name="registry.ask_for_reports")
def ask_for_reports(place):
    confirmations.run(Division.objects.get(pk=place))


@shared_task(name="registry.look_for_silence")
def look_for_silence(place):
    dormancy.run(Division.objects.get(pk=place))


@shared_task(name="registry.remind_of_certificates")
def remind_of_certificates(place):
    certificates.remind(Division.objects.get(pk=place))
