from django.contrib import admin

from accounts.models import User
from casework.admin.people import UserAdmin
from registry.admin.exports import ListExport

admin.site.unregister(User)


@admin.register(User)
class ExportedUserAdmin(ListExport, UserAdmin):
    """The users one sees, with their roles of today, as a workbook."""

    exports = "accounts.view_user"
    export_path = ""
