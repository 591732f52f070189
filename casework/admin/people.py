from django.contrib import admin
from django.contrib.auth.models import Group

from accounts.roles import role_label
from casework.admin.base import ReadOnlyAdmin


@admin.register(Group)
class RoleAdmin(ReadOnlyAdmin):
    placed = False
    list_display = ("label", "name")
    search_fields = ("name",)

    @admin.display(description="role")
    def label(self, group):
        return role_label(group)
