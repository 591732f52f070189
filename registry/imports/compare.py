"""The lines whose record is known: what would change, what would not, and what was changed elsewhere meanwhile."""

from datetime import date

from django.db import transaction
from django.db.models import Prefetch, Q
from django.utils import timezone

from casework.sealing import lookup_hash, mask_name
from registry.imports.bulk import write_lines
from registry.imports.check import ACCEPT, NEW, REJECT, SKIP, UPDATE, WARN, issue, word
from registry.imports.facts import base_of, details_of, figures_of, flags_of
from registry.imports.organizations import doubtful_people
from registry.imports.sealed import opened
from registry.imports.staging import lines_of, slices
from registry.models import (
    DivisionYear,
    ImportRow,
    Need,
    Organization,
    OrganizationAlias,
    OrganizationFlag,
    OrganizationPeriod,
    OrganizationYear,
    Project,
)
from registry.models.organization import COUNTED
from registry.services.guards import locked_facts
from registry.survey.words import clean, latin

SLICE = 1000
# The column a refused line is marked at: one that shows, for the keys of our own workbooks are hidden.
SHOWN = {"org": "name", "base": "region_code", "need": "content", "proj": "name"}
STANDING = {"tier": "tier", "type": "type_id", "division": "division_id", "status": "state"}
# Sensitive facts by the survey's columns: (column, part of the difference, name in it).
SENSITIVE = {
    "name": ("name", "details", "name"),
    "uscc": ("uscc", "details", "uscc"),
    "filing_no": ("filing_no", "details", "filing_no"),
    "place": ("place", "details", "place"),
    "tier": ("tier", "standing", "tier"),
    "division": ("region", "standing", "division_id"),
}
NEED_STATES = {"未对接": "open", "已对接": "matched", "已完成": "done"}
PROJECT_STATES = {"进行中": "running", "已结项": "closed", "已评估": "evaluated"}
NEED_FIELDS = ("category", "content", "targets", "people", "urgency", "channel", "raised")
PROJECT_FIELDS = {
    "name": "name",
    "category": "category",
    "targets": "targets",
    "start": "starts",
    "end": "ends",
    "fund_source": "fund_source",
    "amount": "amount",
    "served": "served",
    "satisfaction": "satisfaction",
    "org": "organization_name",
}


def compare(batch):
    """Settle every line that names a stored record: update with its differences, or skip when nothing differs."""
    for lines in slices(lines_of(batch, kind="org", status=UPDATE), SLICE):
        compare_organizations(batch, lines)
    for kind, model, match in (
        ("base", DivisionYear, match_base),
        ("need", Need, match_needs),
        ("proj", Project, match_projects),
    ):
        if not model.objects.filter(division__path__startswith=batch.division.path).exists():
            continue  # a first survey has nothing to be compared with
        for lines in slices(lines_of(batch, kind=kind, status__in=(ACCEPT, WARN)), SLICE):
            match(batch, lines)
    warn_of_people(batch)
    refuse_taken_codes(batch)


def compare_organizations(batch, lines):
    stored = organizations_of(lines, batch.year)
    for line in lines:
        organization = stored[line.match_id]
        changes, kept = apart(organization, difference(batch, line, organization))
        line.warnings += [issue("by_case", key, cell_of(batch, line, key)) for key in kept]
        if "standing" in changes and is_newer(organization, effective_day(batch)):
            changes.pop("standing")
            line.warnings.append(issue("newer", "status", cell_of(batch, line, "status")))
        settle(batch, line, changes, organization.version)
        if line.status == UPDATE and organization.state not in COUNTED:
            line.errors.append(issue("ended", "name", cell_of(batch, line, "name"), name=organization.name))
            line.status = REJECT
    save(lines)


def organizations_of(lines, year, *, lock=False):
    """{id: organization} of the matched records with the year's figures and open functions at hand."""
    rows = Organization.objects.filter(pk__in=[line.match_id for line in lines]).select_related(
        "leader", "type", "division"
    )
    rows = rows.select_for_update(of=("self",)).order_by("pk") if lock else rows
    figures = Prefetch("years", OrganizationYear.objects.filter(year=year), to_attr="year_rows")
    return {
        row.pk: row
        for row in rows.prefetch_related(
            figures,
            Prefetch("flags", OrganizationFlag.objects.filter(ends=None), to_attr="open_flags"),
            Prefetch("periods", OrganizationPeriod.objects.filter(ends=None), to_attr="open_periods"),
            Prefetch("aliases", OrganizationAlias.objects.filter(kind=OrganizationAlias.Kind.NUMBER), "former_numbers"),
        )
    }


def difference(batch, line, stored):
    """{part: {name: [old, new]}} between a stored organization and its line; empty when nothing would change."""
    values = line.values
    own = "record_key" in values
    figures = stored.year_rows[0] if stored.year_rows else None
    details = details_of(values, clear=own)
    if details.get("filing_no") in {former.text for former in stored.former_numbers}:
        del details["filing_no"]  # it led to the record, and stays what it was: a former number
    held = {flag.flag for flag in stored.open_flags}
    parts = {
        "details": differing(stored, details),
        "standing": differing(
            stored, {STANDING[key]: value for key, value in values["found"].items() if key in STANDING}
        ),
        "figures": differing(figures, figures_of(values, clear=own)),
        "flags": {flag: [flag in held, given] for flag, given in flags_of(values).items() if given != (flag in held)},
        "leader": leader_difference(batch, line, stored.leader),
    }
    if figures is not None and not parts["figures"].keys() & {"party_org", "party_members"}:
        parts["figures"].pop("party_form", None)
    return {part: found for part, found in parts.items() if found}


def apart(stored, changes):
    """(what a survey may change, [columns it may not]): sensitive facts stay as they are until a case changes them."""
    locked, kept = locked_facts(stored), []
    for fact in [fact for fact in SENSITIVE if fact in locked]:
        column, part, name = SENSITIVE[fact]
        if changes.get(part, {}).pop(name, None):
            kept.append(column)
    leader = changes.get("leader", {})
    if "leader" in locked and ("leader" in leader or ("id_number" in leader and stored.leader.id_hash)):
        leader.clear()
        kept.append("leader")
    return {part: found for part, found in changes.items() if found}, kept


def effective_day(batch):
    """From when what the survey says of tier, state, type and home holds."""
    return min(date(batch.year, 12, 31), timezone.localdate())


def is_newer(organization, day):
    """Whether the standing was changed after the day: an earlier survey knows nothing of it."""
    return any(period.starts > day and period.cause != "first" for period in organization.open_periods)


def differing(stored, given):
    found = {}
    for name, value in given.items():
        old = plain(getattr(stored, name, None))
        if same_text(old) != plain(value) and not (old in (None, "") and value in (None, "")):
            found[name] = [old, plain(value)]
    return found


def same_text(value):
    """A stored text as the reader would read it back: a remark typed in two lines comes back in one."""
    return latin(clean(value)) if isinstance(value, str) and value else value


def plain(value):
    """A value as JSON keeps it; decimals and whole floats compare as numbers."""
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if value.__class__.__name__ in ("Decimal", "float"):
        number = round(float(value), 4)
        return int(number) if number.is_integer() else number
    return value


def leader_difference(batch, line, leader):
    """The name in clear, numbers only as changed or not."""
    values, found = line.values, {}
    name, known = values.get("leader"), leader.name if leader else ""
    if not name and leader is None:
        return found
    if name and name not in (known, mask_name(known)):
        found["leader"] = [known, name]
    secret = opened(line) if line.sealed else {}
    for key, column in (("phone", "phone_hash"), ("id_number", "id_hash")):
        given = secret.get(key)
        if given and lookup_hash(given, "id" if key == "id_number" else key) != (
            getattr(leader, column) if leader else ""
        ):
            found[key] = ["", values[key]]
    return found


def settle(batch, line, changes, version):
    """skip, update, or (when the record changed after the export) reject."""
    told = line.values.get("record_version")
    line.before = {part: {name: pair[0] for name, pair in found.items()} for part, found in changes.items()} or None
    line.after = {part: {name: pair[1] for name, pair in found.items()} for part, found in changes.items()} or None
    line.status = UPDATE if changes else SKIP
    if changes and told is not None and told != version:
        key = SHOWN[line.kind]
        name = line.values.get("name") or line.values.get("region", "")
        line.errors.append(issue("stale", key, cell_of(batch, line, key), name=name))
        line.status = REJECT


@transaction.atomic
def save(lines):
    """Write back the lines that were matched; a new line stays as it was staged."""
    for line in lines:
        word(line)
    write_lines(lines)


def match_base(batch, lines):
    """Base figures of the same community and year."""
    places = [line.values["found"]["division"] for line in lines]
    stored = {(row.division_id, row.year): row for row in DivisionYear.objects.filter(division__in=places)}
    for line in lines:
        row = stored.get((line.values["found"]["division"], line.values.get("year") or batch.year))
        settle_with(batch, line, row, base_of(line.values))
    save([line for line in lines if line.match_how != NEW])


def settle_with(batch, line, row, given):
    if row is not None:
        line.match_id, line.match_how = row.pk, "number"
        found = differing(row, given)
        settle(batch, line, {"details": found} if found else {}, getattr(row, "version", 0))


def match_needs(batch, lines):
    places = {line.values["found"]["division"] for line in lines}
    by_number, by_text = {}, {}
    named = Q(number__in=said(lines, "need_no")) | Q(content__in=said(lines, "content"))
    for row in Need.objects.filter(named, division__in=places):
        by_number[row.division_id, row.number] = row
        by_text[row.division_id, row.content] = row
    for line in lines:
        place, number = line.values["found"]["division"], line.values.get("need_no")
        row = by_number.get((place, number)) if number else by_text.get((place, line.values.get("content")))
        settle_with(batch, line, row, need_of(line.values))
    save([line for line in lines if line.match_how != NEW])


def said(lines, key):
    """The values of one field in these lines."""
    return {line.values[key] for line in lines if line.values.get(key)}


def need_of(values):
    found = {name: values[name] for name in NEED_FIELDS if values.get(name) is not None}
    return found | {"state": NEED_STATES.get(values.get("state"), "open")}


def match_projects(batch, lines):
    places = {line.values["found"]["division"] for line in lines}
    by_number, by_name = {}, {}
    named = Q(number__in=said(lines, "proj_no")) | Q(name__in=said(lines, "name"))
    for row in Project.objects.filter(named, division__in=places):
        by_number[row.division_id, row.number] = row
        by_name[row.division_id, row.name, row.organization_name] = row
    for line in lines:
        values = line.values
        place, number = values["found"]["division"], values.get("proj_no")
        row = (
            by_number.get((place, number))
            if number
            else by_name.get((place, values.get("name"), values.get("org", "")))
        )
        settle_with(batch, line, row, project_of(values))
    save([line for line in lines if line.match_how != NEW])


def project_of(values):
    found = {name: values[key] for key, name in PROJECT_FIELDS.items() if values.get(key) is not None}
    return found | {"state": PROJECT_STATES.get(values.get("state"), "running")}


def cell_of(batch, line, key):
    """The address of a line's field in the file."""
    columns = next((sheet["columns"] for sheet in batch.columns if sheet["name"] == line.sheet), ())
    return f"{next((letter for _, letter, _, field, _ in columns if field == key), 'A')}{line.row}"


def warn_of_people(batch):
    """Says of new lines whose leader an ID number shows to be somebody of another name, or another of the same name."""
    found = doubtful_people(batch)
    lines = list(ImportRow.objects.filter(pk__in=found))
    for line in lines:
        name, apart = found[line.pk]
        code = "leader_other_id" if apart else "leader_other_name"
        cell = cell_of(batch, line, "id_number")
        line.warnings.append(issue(code, "id_number", cell, name=mask_name(name)))
        line.status = WARN
    save(lines)


def refuse_taken_codes(batch):
    """Credit codes of lines that another organization holds: codes are unique in the whole portal."""
    lines = ImportRow.objects.filter(batch=batch, kind="org", status__in=(ACCEPT, WARN, UPDATE))
    codes = {
        code: (pk, match)
        for code, pk, match in lines.filter(values__uscc__isnull=False).values_list("values__uscc", "pk", "match_id")
    }
    taken = []
    for start in range(0, len(codes), SLICE):
        part = list(codes)[start : start + SLICE]
        holders = Organization.objects.filter(uscc__in=part).values_list("uscc", "pk")
        taken += [codes[code][0] for code, holder in holders if holder != codes[code][1]]
    rows = list(ImportRow.objects.filter(pk__in=taken))
    for row in rows:
        row.errors.append(issue("taken_elsewhere", "uscc", cell_of(batch, row, "uscc")))
        row.status = REJECT
    save(rows)
