"""Administration pages of trail, calendar and users; the base every other page builds on is casework.admin.base."""

from casework.admin import calendar, people, trail

__all__ = ["calendar", "people", "trail"]
