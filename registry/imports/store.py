"""Storing the new lines of a checked batch in the caller's transaction: set-wise, or by COPY where lines are few."""

from itertools import chain

from django.utils import timezone

from registry.imports.bulk import copy_rows
from registry.imports.check import ACCEPT, NEW, WARN
from registry.imports.facts import base_of
from registry.imports.organizations import store_organizations
from registry.imports.staging import lines_of, slices
from registry.imports.works import store_needs, store_projects
from registry.models import DivisionYear

SLICE = 10_000
BASE = ("id", "division_id", "year", *DivisionYear.FIGURES, *DivisionYear.ABOUT, "version")


class Store:
    """Writes the new lines of one batch; `touched` are the divisions whose figures changed."""

    def __init__(self, batch, progress=lambda done: None):
        self.batch, self.progress = batch, progress
        self.touched, self.done = set(), 0
        self.now = timezone.now()
        self.today = timezone.localdate()

    def run(self):
        """Organizations and needs before the projects that point at them."""
        for count, divisions in chain(
            store_organizations(self.batch, size=SLICE, now=self.now, today=self.today),
            self._base(),
            store_needs(self.batch, size=SLICE),
            store_projects(self.batch, size=SLICE),
        ):
            self.touched.update(divisions)
            self.done += count
            self.progress(self.done)

    def _base(self):
        """Stores the new base figures slice by slice; yields of each slice (lines, division ids)."""
        for lines in slices(lines_of(self.batch, kind="base", match_how=NEW, status__in=(ACCEPT, WARN)), SLICE):
            copy_rows("registry_divisionyear", BASE, [self._base_row(line) for line in lines])
            yield len(lines), {line.values["found"]["division"] for line in lines}

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
