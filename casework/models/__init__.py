"""What every case has; so far the audit trail, dated policy values and chosen columns."""

from casework.models.audit import AuditEvent
from casework.models.policy import PolicyValue
from casework.models.preference import ListColumns

__all__ = ["AuditEvent", "ListColumns", "PolicyValue"]
