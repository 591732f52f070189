from django.contrib import admin

from casework.admin.trail import AuditEventAdmin
from casework.models import AuditEvent
from registry.admin.exports import ListExport

admin.site.unregister(AuditEvent)


@admin.register(AuditEvent)
class ExportedTrailAdmin(ListExport, AuditEventAdmin):
    """The trail as a workbook for whoever reads it; that it left is an event too."""

    exports = "casework.view_auditevent"
    export_path = "division_path"
