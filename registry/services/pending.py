"""Whether a matter about an organization is being decided (有待审变更): said to all who see it, the case to few."""

from django.db.models import Exists, OuterRef, Q

from registry.models import Filing

OPEN = Q(case__closed_at=None, case__submitted_at__isnull=False)


def pending():
    """For `annotate` on organizations."""
    about = Q(organization=OuterRef("pk")) | Q(other=OuterRef("pk"))
    return Exists(Filing.objects.filter(about, OPEN))


def is_pending(organization):
    return Filing.objects.filter(Q(organization=organization) | Q(other=organization), OPEN).exists()
