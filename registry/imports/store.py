"""Storing the new lines of a checked batch: rows built here, written by COPY, all in the caller's transaction."""

import uuid
from datetime import date

from django.utils import timezone

from accounts.models import Division
from registry.imports.bulk import copy_rows, next_ids
from registry.imports.check import ACCEPT, NEW, WARN
from registry.imports.compare import need_of, project_of
from registry.imports.facts import base_of, details_of, figures_of, flags_of, legal_form
from registry.imports.sealed import opened
from registry.imports.staging import lines_of, slices
from registry.models import Need, Organization, Person
from registry.sealing import lookup_hash
from registry.services.people import sealed_fields
from registry.services.standing import first_periods

SLICE = 4000
ORGANIZATION = (
    "id",
    "uid",
    "name",
    "name_key",
    "tier",
    "state",
    "division_id",
    "division_path",
    "district_id",
    "type_id",
    "legal_form",
    "uscc",
    "filing_no",
    "founded",
    "leader_id",
    "place",
    "place_area",
    "targets",
    "fields",
    "fund_sources",
    "rating",
    "volunteer_system_id",
    "remark",
    "source",
    "version",
    "created_at",
    "updated_at",
)
PERSON = ("id", "uid", "name", "phone_sealed", "phone_hash", "id_sealed", "id_hash")
PERIOD = ("organization_id", "tier", "state", "division_id", "division_now_id", "type_id", "starts", "ends", "cause")
YEAR = (
    "organization_id",
    "year",
    "members",
    "volunteers",
    "party_members",
    "party_org",
    "party_form",
    "fulltime",
    "certified",
    "activities",
    "served",
    "income",
)
FLAG = ("organization_id", "flag", "starts", "evidence")
BASE = (
    "id",
    "division_id",
    "year",
    "population",
    "registered_pop",
    "households",
    "elderly",
    "facility_area",
    "reg_volunteers",
    "active_volunteers",
    "key_volunteers",
    "staff",
    "certified_staff",
    "social_workers",
    "party_members",
    "fund_count",
    "fund_amount",
    "has_station",
    "reporter",
    "report_date",
    "source",
    "state",
    "version",
)
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
        self.paths = dict(Division.objects.under(batch.division).values_list("id", "path"))
        self.people = {}
        self.touched, self.done = set(), 0
        self.now = timezone.now()
        self.today = timezone.localdate()

    def run(self):
        """Organizations first: projects point at them."""
        for kind, write in (
            ("org", self._organizations),
            ("base", self._base),
            ("need", self._needs),
            ("proj", self._projects),
        ):
            for lines in slices(lines_of(self.batch, kind=kind, match_how=NEW, status__in=(ACCEPT, WARN)), SLICE):
                write(lines)
                self.touched.update(line.values["found"]["division"] for line in lines)
                self.done += len(lines)
                self.progress(self.done)

    def _organizations(self, lines):
        leaders = self._leaders(lines)
        copy_rows(
            "registry_organization",
            ORGANIZATION,
            [self._organization(line, leader) for line, leader in zip(lines, leaders, strict=True)],
        )
        copy_rows("registry_organizationperiod", PERIOD, [row for line in lines for row in self._periods(line)])
        copy_rows("registry_organizationyear", YEAR, filter(None, map(self._figures, lines)))
        copy_rows("registry_organizationflag", FLAG, [row for line in lines for row in self._flags(line)])

    def _organization(self, line, leader):
        found, details = line.values["found"], details_of(line.values)
        uscc, get = details.get("uscc", ""), details.get
        return (
            line.match_id,
            uuid.uuid4(),
            details["name"],
            found["key"],
            found["tier"],
            found.get("status", "active"),
            found["division"],
            self.paths[found["division"]],
            found["district"],
            found["type"],
            legal_form(uscc),
            uscc,
            get("filing_no", ""),
            get("founded"),
            leader,
            get("place", ""),
            get("place_area"),
            get("targets", []),
            get("fields", []),
            get("fund_sources", []),
            get("rating", ""),
            "",
            get("remark", ""),
            Organization.Source.IMPORT.value,
            1,
            self.now,
            self.now,
        )

    def _periods(self, line):
        found, founded = line.values["found"], line.values.get("founded")
        periods = first_periods(
            founded=date.fromisoformat(founded) if founded else None,
            state=found.get("status", "active"),
            year=self.batch.year,
            today=self.today,
        )
        for state, starts, ends in periods:
            place = found["division"]
            yield line.match_id, found["tier"], str(state), place, place, found["type"], starts, ends, "first"

    def _figures(self, line):
        figures = figures_of(line.values)
        if not figures:
            return None
        return (
            line.match_id,
            self.batch.year,
            *("" if n == "party_form" and n not in figures else figures.get(n) for n in YEAR[2:]),
        )

    def _flags(self, line):
        starts = line.values.get("founded") or date(self.batch.year, 1, 1)
        return [(line.match_id, flag, starts, "") for flag, held in flags_of(line.values).items() if held]

    def _leaders(self, lines, key="leader"):
        """Person ids of the lines' leaders: known by phone and name, else new; None without a name."""
        secrets = [opened(self.batch, line) if line.sealed else {} for line in lines]
        wanted = [
            (line.values.get(key), lookup_hash(secret["phone"], "phone") if secret.get("phone") else "", secret)
            for line, secret in zip(lines, secrets, strict=True)
        ]
        self._recall({phone for _, phone, _ in wanted if phone})
        new = [(name, phone, secret) for name, phone, secret in wanted if name]
        ids, rows, found = iter(next_ids("registry_person", len(new))), [], []
        for name, phone, secret in wanted:
            found.append(self._person(name, phone, secret, ids, rows))
        copy_rows("registry_person", PERSON, rows)
        return found

    def _recall(self, hashes):
        known = Person.objects.filter(phone_hash__in=hashes - {phone for _, phone in self.people})
        for pk, name, phone in known.order_by("-id").values_list("id", "name", "phone_hash"):
            self.people[name, phone] = pk

    def _person(self, name, phone, secret, ids, rows):
        if not name:
            return None
        if phone and (name, phone) in self.people:
            return self.people[name, phone]
        fields = sealed_fields(name=name[:100], phone=secret.get("phone", ""), id_number=secret.get("id_number", ""))
        pk = next(ids)
        rows.append((pk, *(fields[column] for column in PERSON[1:])))
        if phone:
            self.people[name, phone] = pk
        return pk

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
        contacts = self._leaders(lines, "contact")
        rows = []
        for line, contact in zip(lines, contacts, strict=True):
            fixed = {
                "id": line.match_id,
                "number": line.values.get("need_no", ""),
                "division_id": line.values["found"]["division"],
            }
            row = {"category": "", "targets": [], "urgency": "", "channel": ""} | need_of(line.values) | fixed
            rows.append(tuple((row | {"contact_id": contact}).get(column) for column in NEEDS))
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
