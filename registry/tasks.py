"""What the worker does for the registry: survey workbooks with a next step, exports waiting to be written."""

from celery import shared_task

from registry.services import exports, imports


@shared_task(name="registry.work_imports")
def work_imports():
    while imports.work_next():
        pass


@shared_task(name="registry.work_exports")
def work_exports():
    while exports.work_next():
        pass
