"""Functions of an organization (hub, volunteer …) and its type in schemes other than the main one, both dated."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from casework import audit
from registry.models import Classification, OrganizationFlag, Term
from registry.services.guards import (
    lock_organization,
    raise_version,
    require_counted,
    require_past,
    require_right,
)
from registry.services.marks import mark


def open_flags(organization, flags, starts):
    """Opens the functions of a new organization; the caller writes the audit event."""
    OrganizationFlag.objects.bulk_create(
        OrganizationFlag(organization=organization, flag=flag, starts=starts) for flag in flags
    )


@transaction.atomic
def set_flag(*, organization, flag, starts, by, evidence="", note=""):
    """Gives a function from a day on. Refuses an unknown one, one it has, a future day, an ended record."""
    current = lock_organization(organization)
    require_counted(current)
    require_past(starts, "starts")
    if not Term.objects.filter(list=Term.List.FLAG, code=flag).exists():
        raise ValidationError({"flag": _("There is no such function.")})
    if current.flags.filter(flag=flag, ends=None).exists():
        raise ValidationError({"flag": _("The organization has this function already.")})
    row = current.flags.create(flag=flag, starts=starts, evidence=evidence)
    after = {"flag": flag, "starts": starts, "evidence": evidence}
    written("set_flag", current, by=by, after=after, note=note)
    return row


@transaction.atomic
def end_flag(*, flag, ends, by, note=""):
    """Ends a function on a day: the first day it is no longer held, after its first."""
    current = lock_organization(flag.organization)
    flag = OrganizationFlag.objects.select_for_update().get(pk=flag.pk)
    require_past(ends, "ends")
    if flag.ends is not None or ends <= flag.starts:
        raise ValidationError({"ends": _("The day must come after %(day)s.") % {"day": flag.ends or flag.starts}})
    flag.ends = ends
    flag.save(update_fields=["ends"])
    before = {"flag": flag.flag, "starts": flag.starts}
    written("end_flag", current, by=by, before=before, after={"flag": flag.flag, "ends": ends}, note=note)
    return flag


@transaction.atomic
def classify(*, organization, type, by, starts=None, note=""):  # noqa: A002 - the field's own name
    """States the type in a scheme other than the main one, from a day (today) on; the former one ends then."""
    current = lock_organization(organization)
    require_counted(current)
    starts = starts or timezone.localdate()
    if type.scheme_id == current.type.scheme_id:
        raise ValidationError({"type": _("In its main scheme the type changes with the standing, on a date.")})
    former = current.classifications.filter(type__scheme=type.scheme, ends=None).select_related("type").first()
    if former is not None and former.type_id == type.pk:
        return former
    if former is not None:
        close_classification(former, starts)
    row = Classification.objects.create(organization=current, type=type, starts=starts)
    before = {"classification": former.type.name} if former else None
    after = {"classification": type.name, "scheme": type.scheme.code}
    written("classify", current, by=by, before=before, after=after, note=note)
    return row


def close_classification(row, ends):
    """One stated on the same day is replaced, an older one ends."""
    if row.starts >= ends:
        row.delete()
        return
    row.ends = ends
    row.save(update_fields=["ends"])


def written(action, organization, *, by, after, before=None, note=""):
    """Marks, right at the place, version, audit event: what every change of this file ends with."""
    raise_version(organization)
    mark([organization.division_id])
    require_right(by, "registry.change_organization", organization)
    audit.record(action, organization, by=by, before=before, after=after, note=note)
