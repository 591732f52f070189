"""A workbook as the answer to a request."""

from io import BytesIO

from django.http import HttpResponse
from django.utils import timezone
from django.utils.http import content_disposition_header

from registry.workbooks.stream import CONTENT_TYPE, file_name, write_workbook


def download(sheets, table, place="", on=None):
    """The sheets as a file named 表名_单位_日期.xlsx, dated today unless `on` is given; no cache keeps it."""
    buffer = BytesIO()
    write_workbook(sheets, buffer)
    name = file_name(table, place, on or timezone.localdate())
    headers = {
        "Content-Disposition": content_disposition_header(as_attachment=True, filename=name),
        "Cache-Control": "private, no-store",
    }
    return HttpResponse(buffer.getvalue(), content_type=CONTENT_TYPE, headers=headers)
