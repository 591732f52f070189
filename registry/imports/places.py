"""The places a batch may speak of: a resolver for its division, and what an organization's home implies."""

import re
from dataclasses import dataclass

from accounts.models import Division
from registry.imports.choices import Choices
from registry.naming import prefixes_of_all
from registry.resolve import Found, Problem, Resolver

SHEET_WORDS = re.compile(r"[\s\d_-]+|年度?|[(（].*?[)）]|(?:摸底|调查|汇总|统计|明细|组织|信息|情况|登记)*表$")
HOMES = frozenset((Division.Level.DISTRICT, Division.Level.STREET, Division.Level.COMMUNITY))


@dataclass(frozen=True, slots=True)
class Spot:
    """What a place as written means: the division and its official words, with a doubt's sentence; or the problem.

    `home` is (district id, its choices, name prefixes) where organizations may be homed there.
    """

    division: Division | None
    level: str = ""
    code: str = ""
    name: str = ""
    home: tuple | None = None
    problem: str = ""
    message: str = ""


class Places:
    """Resolves the place of a row inside the batch's division and knows district, words and prefixes of each place."""

    def __init__(self, root):
        self.root = root
        self.resolver = Resolver(root)
        self.rows = self.resolver.nodes
        above = Division.objects.filter(pk__in=root.ancestor_ids)
        self.districts = {row.pk for row in (*above, *self.rows.values()) if row.level == Division.Level.DISTRICT}
        self.by_district = {}
        self.homes = {}
        self.prefixes = prefixes_of_all(list(self.rows.values()))
        self.streets, self.spots = {}, {}

    def street_of_sheet(self, name):
        """The sheet's name, when it names exactly one street (a workbook with a sheet per street); else nothing."""
        if name not in self.streets:
            street = SHEET_WORDS.sub("", name)
            found = self.resolver.find_street(street) if street else set()
            self.streets[name] = street if len(found) == 1 else ""
        return self.streets[name]

    def community_of_sheet(self, name):
        """The sheet's name, when it names exactly one community (a workbook with a sheet per community)."""
        place = SHEET_WORDS.sub("", name)
        answer = self.resolver.resolve(place) if place else None
        found = isinstance(answer, Found) and answer.division.level == Division.Level.COMMUNITY and not answer.doubt
        return place if found else ""

    def spot(self, region, street, code):
        """The Spot of a row's name, street and code columns; every way of writing a place is looked up once."""
        question = (region, street, code)
        if question not in self.spots:
            self.spots[question] = self._spot(self.resolver.resolve(region, street=street, code=code))
        return self.spots[question]

    def _spot(self, answer):
        if isinstance(answer, Problem):
            return Spot(None, problem=answer.code, message=str(answer.message))
        row = answer.division
        return Spot(row, row.level, row.code, row.full_name, self.home(row), message=str(answer.doubt or ""))

    def home(self, division):
        """(district id, its choices, name prefixes) of a division an organization may be homed in; None elsewhere."""
        if division.pk not in self.homes:
            self.homes[division.pk] = self._home(division)
        return self.homes[division.pk]

    def _home(self, division):
        if division.level not in HOMES or division.virtual or division.valid_to is not None:
            return None
        district = next((pk for pk in division.ancestor_ids if pk in self.districts), None)
        if district is None:
            return None
        if district not in self.by_district:
            self.by_district[district] = Choices(self.rows.get(district) or Division.objects.get(pk=district))
        return district, self.by_district[district], self.prefixes[division.pk]
