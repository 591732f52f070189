"""What every case has; so far the audit trail and dated policy values."""

from casework.models.audit import AuditEvent
from casework.models.policy import PolicyValue

__all__ = ["AuditEvent", "PolicyValue"]
