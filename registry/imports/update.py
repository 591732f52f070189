"""Storing the lines that change known records: locked, compared again, changed, with what undo needs to know."""

from datetime import date

from django.db import connection
from django.utils import timezone

from casework.sealing import mask_name
from registry.imports.bulk import write_lines
from registry.imports.check import UPDATE
from registry.imports.compare import (
    apart,
    difference,
    differing,
    effective_day,
    is_newer,
    need_of,
    organizations_of,
    project_of,
)
from registry.imports.facts import base_of, details_of, figures_of, legal_form
from registry.imports.sealed import opened
from registry.imports.staging import lines_of, slices
from registry.models import DivisionYear, Need, Organization, OrganizationPeriod, OrganizationYear, Project
from registry.services.organizations import new_leader
from registry.services.standing import bring_history

SLICE = 500
NUMBERS = ("name", "phone_sealed", "phone_hash", "id_sealed", "id_hash")
PERIOD = ("tier", "state", "division_id", "division_now_id", "type_id", "starts", "ends", "cause")
CHAIN = """
    UPDATE {table} y SET next_year = n.ends
    FROM (
        SELECT id, CASE
            WHEN next_year < coalesce(following, 9999) AND next_year <> ALL(%(removed)s) THEN next_year ELSE following
        END AS ends
        FROM (
            SELECT id, next_year, lead(year) OVER (PARTITION BY {owner} ORDER BY year) AS following
            FROM {table} WHERE {owner} = ANY(%(owners)s)
        ) y
    ) n
    WHERE n.id = y.id AND y.next_year IS DISTINCT FROM n.ends
"""


class Update:
    """Writes the update lines of one batch; `touched` are divisions whose figures changed."""

    def __init__(self, batch, places):
        self.batch, self.places, self.touched = batch, places, set()
        self.now = timezone.now()
        self.effective = effective_day(batch)

    def run(self):
        for lines in slices(lines_of(self.batch, kind="org", status=UPDATE), SLICE):
            self._organizations(lines)
        for kind, model, given in (
            ("base", DivisionYear, base_of),
            ("need", Need, need_of),
            ("proj", Project, project_of),
        ):
            for lines in slices(lines_of(self.batch, kind=kind, status=UPDATE), SLICE):
                self._plain(model, lines, given)

    def _organizations(self, lines):
        stored = organizations_of(lines, self.batch.year, lock=True)
        chained, self.figures = [], []
        for line in lines:
            organization = stored.get(line.match_id)
            if organization is not None and organization.division_path.startswith(self.batch.division.path):
                self._organization(line, organization, chained)
        write_organizations(stored.values())
        OrganizationYear.objects.bulk_create(
            self.figures,
            update_conflicts=True,
            unique_fields=["organization", "year"],
            update_fields=OrganizationYear.FIGURES,
        )
        write_lines(lines)
        chain("registry_organizationyear", "organization_id", chained)

    def _organization(self, line, organization, chained):
        changes, _kept = apart(organization, difference(self.batch, line, organization))
        if is_newer(organization, self.effective):
            changes.pop("standing", None)
        before = {part: {name: pair[0] for name, pair in found.items()} for part, found in changes.items()}
        after = {part: {name: pair[1] for name, pair in found.items()} for part, found in changes.items()}
        self.touched.add(organization.division_id)
        before["leader_id"], before["place"] = (
            organization.leader_id,
            [organization.division_path, organization.district_id],
        )
        before["name_key"], before["legal_form"] = organization.name_key, organization.legal_form
        self._details(line, organization, changes)
        if "standing" in changes or "founded" in changes.get("details", ()):
            before["periods"] = periods_of(organization)
        if "founded" in changes.get("details", ()):
            self._founded(organization)
        if "standing" in changes:
            self._standing(line, organization, changes["standing"])
        if "figures" in changes:
            before["had_year"] = bool(organization.year_rows)
            self._figures(line, organization, changes["figures"])
            chained.append(organization.pk)
        before["flags_rows"] = self._flags(organization, changes.get("flags", {}))
        if "leader" in changes:
            before["leader_numbers"] = numbers_of(organization.leader)
            self._leader(line, organization)
        organization.version += 1
        organization.updated_at = self.now
        self.touched.add(organization.division_id)
        line.before, line.after = before, after | {"version": organization.version}

    def _details(self, line, organization, changes):
        details = details_of(line.values, clear="record_key" in line.values)
        for name in changes.get("details", ()):
            setattr(organization, name, details[name])
        if "uscc" in changes.get("details", ()):
            organization.legal_form = legal_form(organization.uscc)
        if "name" in changes.get("details", ()) or "division_id" in changes.get("standing", ()):
            organization.name_key = line.values["found"]["key"]

    def _founded(self, organization):
        """The first period begins with the corrected date, as on the page, unless that is after its end."""
        first = organization.periods.order_by("starts").first()
        self.touched.add(first.division_now_id)
        if organization.founded and (first.ends is None or organization.founded < first.ends):
            OrganizationPeriod.objects.filter(pk=first.pk).update(starts=organization.founded)

    def _standing(self, line, organization, changes):
        found = line.values["found"]
        for name, (_, new) in changes.items():
            setattr(organization, name, new)
        if "division_id" in changes:
            organization.division_path = self.places.rows[found["division"]].path
            organization.district_id = found["district"]
        period = organization.periods.select_for_update().filter(ends=None).first()
        if period is None:
            return
        bring_history(organization, period.division_id)
        if self.effective > period.starts:
            OrganizationPeriod.objects.filter(pk=period.pk).update(ends=self.effective)
            period = OrganizationPeriod(organization=organization, starts=self.effective)
        for name in ("tier", "state", "division_id", "type_id"):
            setattr(period, name, getattr(organization, name))
        period.division_now_id, period.cause = organization.division_id, "import"
        period.save()

    def _figures(self, line, organization, changes):
        figures = figures_of(line.values, clear="record_key" in line.values)
        row = (organization.year_rows or [OrganizationYear(organization=organization, year=self.batch.year)])[0]
        for name in changes:
            setattr(row, name, figures[name])
        row.pk = None  # the pair of organization and year finds the row
        self.figures.append(row)

    def _flags(self, organization, changes):
        """Opens or ends functions; returns [flag, starts, evidence] of the rows as they were."""
        held = [row for row in organization.open_flags if row.flag in changes]
        rows = [[row.flag, row.starts.isoformat(), row.evidence] for row in held]
        starts = max(filter(None, (organization.founded, date(self.batch.year, 1, 1))))
        for flag, (_, held) in changes.items():
            if held:
                organization.flags.create(flag=flag, starts=min(starts, self.effective))
            else:
                organization.flags.filter(flag=flag, ends=None, starts__gte=self.effective).delete()
                organization.flags.filter(flag=flag, ends=None).update(ends=self.effective)
        return rows

    def _leader(self, line, organization):
        secret = opened(line) if line.sealed else {}
        known = organization.leader.name if organization.leader else ""
        name = line.values.get("leader") or known
        name = known if name == mask_name(known) else name
        organization.leader = new_leader(organization.leader, {"name": name, **secret})

    def _plain(self, model, lines, given_of):
        stored = {
            row.pk: row for row in model.objects.select_for_update().filter(pk__in=[line.match_id for line in lines])
        }
        for line in lines:
            row = stored.get(line.match_id)
            if row is None:
                continue
            given = given_of(line.values)
            changes = differing(row, given)
            line.before = {"details": {name: pair[0] for name, pair in changes.items()}}
            line.after = {"details": {name: pair[1] for name, pair in changes.items()}}
            for name in changes:
                setattr(row, name, given[name])
            if hasattr(row, "version"):
                row.version += 1
                line.after["version"] = row.version
            row.save()
            self.touched.add(row.division_id)
        write_lines(lines)


WRITTEN = (
    "name",
    "name_key",
    "tier",
    "state",
    "division",
    "division_path",
    "district",
    "type",
    "legal_form",
    "uscc",
    "filing_no",
    "founded",
    "leader",
    "place",
    "place_area",
    "targets",
    "fields",
    "fund_sources",
    "rating",
    "volunteer_system_id",
    "remark",
    "version",
    "updated_at",
)


def write_organizations(organizations):
    """One statement for many changed records: they exist, so every one of them is the conflict."""
    rows = list(organizations)
    Organization.objects.bulk_create(rows, update_conflicts=True, unique_fields=["id"], update_fields=WRITTEN)


def periods_of(organization):
    rows = organization.periods.order_by("starts").values(*PERIOD)
    return [
        {name: value.isoformat() if hasattr(value, "isoformat") else value for name, value in row.items()}
        for row in rows
    ]


def numbers_of(person):
    """What undo puts back: the name, and the numbers as they are sealed."""
    return {name: getattr(person, name) for name in NUMBERS} if person else {}


def chain(table, owner, pks, removed=()):
    """Let every year's figures end where the owner's next year begins, or where a change of divisions stopped them.

    `removed` are years whose rows were taken away: figures that ended there go on.
    """
    if pks:
        with connection.cursor() as cursor:
            cursor.execute(
                CHAIN.format(table=table, owner=owner), {"owners": list(pks), "removed": sorted(set(removed)) or [0]}
            )
