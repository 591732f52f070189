"""What the worker does for the registry: survey workbooks, exports, and the nightly round of reports and silence."""

from celery import shared_task

from registry.services import confirmations, dormancy, exports, import_keeping, imports


@shared_task(name="registry.work_imports")
def work_imports():
    while imports.work_next():
        pass


@shared_task(name="registry.work_exports")
def work_exports():
    while exports.work_next():
        pass


@shared_task(name="registry.forget_imports")
def forget_imports():
    import_keeping.forget_old_imports()


@shared_task(name="registry.supervise")
def supervise():
    confirmations.run()
    dormancy.run()
