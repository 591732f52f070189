"""Who may sign in, do what, and where."""

from accounts.models.division import Division, DivisionAlias, DivisionLink, DivisionPeriod
from accounts.models.user import Assignment, User

__all__ = ["Assignment", "Division", "DivisionAlias", "DivisionLink", "DivisionPeriod", "User"]
