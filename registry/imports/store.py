"""Storing the new lines of a checked batch in the caller's transaction: set-wise, or by COPY where lines are few."""

from django.db import connection
from django.utils import timezone

from registry.imports.bulk import copy_rows
from registry.imports.check import ACCEPT, NEW, WARN
from registry.imports.compare import need_of, project_of
from registry.imports.facts import base_of
from registry.imports.organizations import store_organizations, store_people
from registry.imports.staging import lines_of, slices
from registry.models import DivisionYear, Need, Organization

SLICE = 10_000
CONTACTS = """
    SELECT id AS line, "values"->>'contact' AS name, sealed FROM registry_importrow WHERE id = ANY(%s)
"""
BASE = ("id", "division_id", "year", *DivisionYear.FIGURES, *DivisionYear.ABOUT, "version")
NEEDS = (
    "id",
    "number",
    "division_id",
    "category",
    "content",
    "targets",
    "people",
    "urgency",
    "channel",
    "raised",
    "state",
    "contact_id",
)
PROJECT = (
    "id",
    "number",
    "name",
    "organization_id",
    "organization_name",
    "division_id",
    "category",
    "targets",
    "starts",
    "ends",
    "fund_source",
    "amount",
    "served",
    "satisfaction",
    "need_id",
    "state",
)


class Store:
    """Writes the new lines of one batch; `touched` are the divisions whose figures changed."""

    def __init__(self, batch, progress=lambda done: None):
        self.batch, self.progress = batch, progress
        self.touched, self.done = set(), 0
        self.now = timezone.now()
        self.today = timezone.localdate()

    def run(self):
        """Organizations first: projects point at them."""
        self._organizations()
        for kind, write in (
            ("base", self._base),
            ("need", self._needs),
            ("proj", self._projects),
        ):
            for lines in slices(lines_of(self.batch, kind=kind, match_how=NEW, status__in=(ACCEPT, WARN)), SLICE):
                write(lines)
                self._told(len(lines), {line.values["found"]["division"] for line in lines})

    def _organizations(self):
        for count, divisions in store_organizations(self.batch, size=SLICE, now=self.now, today=self.today):
            self._told(count, divisions)

    def _told(self, count, divisions):
        self.touched.update(divisions)
        self.done += count
        self.progress(self.done)

    def _contacts(self, lines):
        """{line id: person id} of the contacts of needs: the same people as leaders, known by phone and name."""
        with connection.cursor() as cursor:
            cursor.execute("DROP TABLE IF EXISTS import_people")
            store_people(cursor, CONTACTS, [[line.pk for line in lines]])
            cursor.execute("SELECT line, person FROM import_people")
            return dict(cursor.fetchall())

    def _base(self, lines):
        copy_rows("registry_divisionyear", BASE, [self._base_row(line) for line in lines])

    def _base_row(self, line):
        given = base_of(line.values)
        year = line.values.get("year") or self.batch.year
        fixed = {
            "id": line.match_id,
            "division_id": line.values["found"]["division"],
            "year": year,
            "source": self.batch.filename[:200],
        }
        row = {"reporter": "", "state": "confirmed", "version": 1} | given | fixed
        return tuple(row.get(column) for column in BASE)

    def _needs(self, lines):
        contacts = self._contacts(lines)
        rows = []
        for line in lines:
            fixed = {
                "id": line.match_id,
                "number": line.values.get("need_no", ""),
                "division_id": line.values["found"]["division"],
            }
            row = {"category": "", "targets": [], "urgency": "", "channel": ""} | need_of(line.values) | fixed
            rows.append(tuple((row | {"contact_id": contacts.get(line.pk)}).get(column) for column in NEEDS))
        copy_rows("registry_need", NEEDS, rows)

    def _projects(self, lines):
        links = ProjectLinks(self.batch, lines)
        rows = []
        for line in lines:
            row = (
                {"category": "", "targets": [], "fund_source": "", "organization_name": ""}
                | project_of(line.values)
                | links.of(line)
            )
            rows.append(tuple(row.get(column) for column in PROJECT))
        copy_rows("registry_project", PROJECT, rows)


class ProjectLinks:
    """The organization and the need a project names, where the register knows exactly one of them."""

    def __init__(self, batch, lines):
        names = {line.values.get("org") for line in lines} - {None}
        numbers = {line.values.get("need_no") for line in lines} - {None}
        inside = Organization.objects.under(batch.division)
        self.organizations = single(inside.filter(name__in=names).values_list("name", "id"))
        needs = Need.objects.filter(division__path__startswith=batch.division.path, number__in=numbers)
        self.needs = single(needs.values_list("number", "id"))

    def of(self, line):
        values = line.values
        return {
            "id": line.match_id,
            "number": values.get("proj_no", ""),
            "division_id": values["found"]["division"],
            "organization_id": self.organizations.get(values.get("org")),
            "need_id": self.needs.get(values.get("need_no")),
        }


def single(pairs):
    """{key: id} of the keys that name exactly one row."""
    found = {}
    for key, pk in pairs:
        found[key] = None if key in found else pk
    return found
