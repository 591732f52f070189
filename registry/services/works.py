"""Needs and service projects one at a time (需求清单、服务项目清单); a survey brings the same rows in bulk."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.forms.models import model_to_dict
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from casework import audit
from registry.models import Need, Organization, Project
from registry.services.guards import require_right
from registry.services.marks import mark


def digest(row):
    """What the row holds, as one word a page carries: another word later means that somebody saved it meanwhile."""
    return salted_hmac("registry.works.digest", repr(sorted(model_to_dict(row).items()))).hexdigest()


def save_need(*, by, need=None, seen="", **values):
    """Store a new need, or the given facts of a known one. Returns the row.

    Refuses a row saved since its page was opened (`seen`, its digest then), what the model does not allow, a number the
    place has already, and an actor without the right at the place before or after.
    """
    return save(need or Need(), values, seen, by)


def save_project(*, by, project=None, seen="", **values):
    """The same for a project. Its organization is the one of that name at the place, where there is exactly one."""
    if "organization_name" in values:
        inside = Organization.objects.filter(name=values["organization_name"], division=values["division"])
        found = list(inside[:2])
        values["organization"] = found[0] if len(found) == 1 else None
    if values.get("starts") and values.get("ends") and values["ends"] < values["starts"]:
        raise ValidationError({"ends": _("The end lies before the beginning.")})
    return save(project or Project(), values, seen, by)


@transaction.atomic
def save(row, values, seen, by):
    noun, known = row._meta.model_name, row.pk is not None
    if known:
        row = type(row).objects.select_for_update(of=("self",)).get(pk=row.pk)
        require_right(by, f"registry.change_{noun}", row)
        if seen and seen != digest(row):
            told_so = _("Somebody saved this after you opened the page. Open it again and look first.")
            raise ValidationError(told_so, code="stale")
    before, places = told(row), {row.division_id} - {None}
    require_number(row, values)
    for name, value in values.items():
        setattr(row, name, value)
    row.full_clean()
    row.save()
    require_right(by, f"registry.{'change' if known else 'add'}_{noun}", row)
    mark(places | {row.division_id})
    old, new = audit.changes(before, told(row))
    if new:
        action = f"{noun}.{'edit' if known else 'create'}"
        audit.record(action, row, by=by, before=old if known else None, after=new)
    return row


def require_number(row, values):
    """Refuses the number of another row of the place."""
    place, number = values.get("division") or row.division_id, values.get("number")
    if number and type(row).objects.filter(division=place, number=number).exclude(pk=row.pk).exists():
        raise ValidationError({"number": _("Another row of this place has this number.")})


def told(row):
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields if not field.primary_key}
