"""What was changed since a batch was stored, or refers to what it added: then it cannot be taken back as a whole."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from registry.imports.check import ACCEPT, NEW, UPDATE, WARN
from registry.imports.compare import differing, need_of, plain, project_of
from registry.imports.staging import lines_of, slices
from registry.models import (
    Classification,
    DistinctPair,
    DivisionYear,
    ImportRow,
    Need,
    Organization,
    OrganizationFlag,
    OrganizationPeriod,
    OrganizationYear,
    Project,
)

SLICE = 500
NAMED = 5
MODELS = {"org": Organization, "base": DivisionYear, "need": Need, "proj": Project}
SAID = {"need": need_of, "proj": project_of}
# Rows about a new organization that go with it.
OWN = {OrganizationFlag, OrganizationYear, OrganizationPeriod, Classification, DistinctPair}


class TouchedError(ValidationError):
    """Something the batch stored was changed afterwards, so that it cannot be taken back as a whole."""

    def __init__(self, names):
        self.names = names
        super().__init__(sentence(names), code="touched")


def sentence(names):
    """The refusal with the first records it is about."""
    shown = "、".join(names[:NAMED]) + ("…" if len(names) > NAMED else "")
    return _("Changed or used after this import: %(names)s. It can no longer be undone.") % {"names": shown}


def touched(batch):
    """Names of the records concerned, in a number of queries that does not follow the organizations' number."""
    names = [*changed_new(batch), *changed_updates(batch), *referred(batch)]
    for kind in SAID:
        names += changed_entries(batch, kind)
    return list(dict.fromkeys(names))


def new_ids(batch, kind):
    rows = ImportRow.objects.filter(batch=batch, kind=kind, match_how=NEW, status__in=(ACCEPT, WARN))
    return rows.order_by().values("match_id")


def changed_new(batch):
    for kind in ("org", "base"):
        rows = MODELS[kind].objects.filter(pk__in=new_ids(batch, kind)).exclude(version=1)
        yield from map(str, rows.order_by("pk"))


def changed_updates(batch):
    """Names of the updated organizations and base figures with another version than the batch left."""
    for kind in ("org", "base"):
        lines = ImportRow.objects.filter(batch=batch, kind=kind, status=UPDATE).order_by()
        left = dict(lines.values_list("match_id", "after__version"))
        for row in MODELS[kind].objects.filter(pk__in=left).order_by("pk"):
            if row.version != left[row.pk]:
                yield str(row)


def changed_entries(batch, kind):
    """Names of the needs and projects the batch wrote that are gone or say something else by now."""
    for lines in slices(lines_of(batch, kind=kind, status__in=(ACCEPT, WARN, UPDATE)), SLICE):
        stored = MODELS[kind].objects.in_bulk([line.match_id for line in lines])
        for line in lines:
            row = stored.get(line.match_id)
            if row is None or says_otherwise(row, line):
                yield line.values.get("name") or line.values.get("content", "")


def says_otherwise(row, line):
    if line.status == UPDATE:
        return any(plain(getattr(row, name)) != value for name, value in line.after["details"].items())
    return bool(differing(row, SAID[line.kind](line.values)))


def referred(batch):
    """Names of new organizations and needs something outside the batch refers to: a case, a certificate, a project."""
    for kind in ("org", "need"):
        new = new_ids(batch, kind)
        for relation in MODELS[kind]._meta.related_objects:
            model, field = relation.related_model, relation.field.name
            if model in OWN or relation.many_to_many:
                continue
            rows = model.objects.filter(**{f"{field}__in": new})
            if model is Project:
                rows = rows.exclude(pk__in=new_ids(batch, "proj"))
            named = MODELS[kind].objects.filter(pk__in=rows.values(field))
            yield from map(str, named[: NAMED + 1])
