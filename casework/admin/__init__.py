"""Administration pages of cases, trail, calendar and users; what all pages build on is casework.admin.base."""

from casework.admin import calendar, cases, people, trail

__all__ = ["calendar", "cases", "people", "trail"]
