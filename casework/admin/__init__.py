"""Administration pages of the trail and of users; the base every other page builds on is casework.admin.base."""

from casework.admin import people, trail

__all__ = ["people", "trail"]
