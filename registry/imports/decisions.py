"""What the officer says of single lines of a batch; said again of the same lines when the file is read anew."""

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from registry.imports.bulk import next_ids
from registry.imports.check import ACCEPT, NEW, SKIP, TABLES, UPDATE, WARN
from registry.imports.compare import compare_organizations, save
from registry.models import DistinctPair, ImportRow, Organization

OUT, SAME, OTHER = "out", "same", "other"
OPEN = (ACCEPT, WARN, UPDATE)
REASON_LENGTH = 200
# What is said of a line because it changes a record; gone when it no longer does.
OF_CHANGES = frozenset(("by_case", "newer"))


def key_of(line):
    """A line's name in the decisions, the same when the file is read again."""
    return f"{line.kind} {line.sheet}!{line.row}"


def decide(batch, line, word, *, organization=None, reason=""):
    """Keeps one decision (None takes it back) with the batch and gives the line the verdict that follows from it."""
    require_decidable(batch, line, word, organization, reason)
    decision = {"word": word, "pk": line.pk}
    if organization is not None:
        decision |= {"organization": organization.pk, "reason": reason.strip()[:REASON_LENGTH]}
    batch.decisions.pop(key_of(line), None)
    if word:
        batch.decisions[key_of(line)] = decision
    renew(batch, line, decision)


def require_decidable(batch, line, word, organization, reason):
    if line is None or (line.status not in OPEN and not is_decided(batch, line)):
        raise ValidationError(_("This row has nothing to decide."))
    if word in (SAME, OTHER) and (line.kind != "org" or str(getattr(organization, "uid", "")) not in alike(line)):
        raise ValidationError(_("This row has nothing to decide."))
    if word == OTHER and not reason.strip():
        raise ValidationError(_("Please say why it is another organization."))
    taken = organization and batch.rows.filter(kind="org", match_id=organization.pk).exclude(match_how=NEW)
    if word == SAME and taken.exclude(pk=line.pk).exists():
        raise ValidationError(_("Another row of this file is this organization already."))


def is_decided(batch, line):
    return key_of(line) in batch.decisions


def alike(line):
    """The uids of the stored organizations the line may be."""
    return [found["params"]["uid"] for found in line.warnings if found["params"].get("uid")]


def repeat(batch):
    """Gives every line read anew the verdict of its decision; what no longer fits is forgotten."""
    rows = {key_of(line): line for line in ImportRow.objects.filter(batch=batch, pk__in=named(batch))}
    for key, decision in list(batch.decisions.items()):
        line = rows.get(key)
        gone = decision["word"] != OUT and line and not fits(line, decision)
        if line is None or line.status not in OPEN or gone:
            del batch.decisions[key]
        else:
            renew(batch, line, decision)
            decision["pk"] = line.pk


def named(batch):
    """The lines with decisions, by their place in the file."""
    wanted = set(batch.decisions)
    places = batch.rows.filter(row__in={int(key.rpartition("!")[2]) for key in wanted}) if wanted else ()
    return [line.pk for line in places if key_of(line) in wanted]


def fits(line, decision):
    """Whether the organization a decision names is still one the line may be."""
    stored = Organization.objects.filter(pk=decision["organization"]).values_list("uid", flat=True).first()
    return str(stored) in alike(line)


def renew(batch, line, decision):
    """The line's match and verdict as its checks and the decision have it."""
    if decision["word"] == SAME:
        line.match_id, line.match_how = decision["organization"], "officer"
        compare_organizations(batch, [line])
        return
    if line.match_how == "officer":
        [line.match_id], line.match_how = next_ids(TABLES[line.kind], 1), NEW
        line.before = line.after = None
        line.errors, line.warnings = [], [found for found in line.warnings if found["code"] not in OF_CHANGES]
    good = WARN if line.warnings else ACCEPT
    line.status = SKIP if decision["word"] == OUT else good if line.match_how == NEW else UPDATE
    save([line])


def keep_distinct(batch):
    """Stores why new organizations are not those they look like, so that no form asks again."""
    said = {key: decision for key, decision in batch.decisions.items() if decision["word"] == OTHER}
    lines = batch.rows.filter(pk__in=[decision["pk"] for decision in said.values()], match_how=NEW)
    new = {key_of(line): line.match_id for line in lines.filter(status__in=(ACCEPT, WARN))}
    DistinctPair.objects.bulk_create(
        DistinctPair(
            first_id=min(new[key], decision["organization"]),
            second_id=max(new[key], decision["organization"]),
            reason=decision["reason"],
            actor=batch.owner.username,
        )
        for key, decision in said.items()
        if key in new
    )
