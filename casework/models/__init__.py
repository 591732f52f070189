"""What every case has: the case itself, its parties and steps, the audit trail, dated policy values, chosen columns."""

from casework.models.attachment import Attachment
from casework.models.audit import AuditEvent, AuditLink
from casework.models.calendar import CalendarDay
from casework.models.case import PARTY, SYSTEM, Case, CaseParty, CaseStep, CaseVersion, CorrectionItem
from casework.models.copied import CaseCopy
from casework.models.counter import Counter
from casework.models.delivery import Delivery, NoticeChoice, OutboxMessage
from casework.models.idempotency import IdempotencyKey
from casework.models.link import OneTimeLink
from casework.models.notice import Notice
from casework.models.paper import Package, Paper
from casework.models.policy import PolicyValue
from casework.models.preference import ListColumns
from casework.models.publicity import Objection, Publicity
from casework.models.rating import Rating
from casework.models.saved import Phrase, SavedFilter

__all__ = [
    "PARTY",
    "SYSTEM",
    "Attachment",
    "AuditEvent",
    "AuditLink",
    "CalendarDay",
    "Case",
    "CaseCopy",
    "CaseParty",
    "CaseStep",
    "CaseVersion",
    "CorrectionItem",
    "Counter",
    "Delivery",
    "IdempotencyKey",
    "ListColumns",
    "Notice",
    "NoticeChoice",
    "Objection",
    "OneTimeLink",
    "OutboxMessage",
    "Package",
    "Paper",
    "Phrase",
    "PolicyValue",
    "Publicity",
    "Rating",
    "SavedFilter",
]
