"""The rows behind a number as a table: columns, one page by key, links. Personal data never appears here."""

from dataclasses import dataclass

from django.db.models import Sum
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.models import Division, DivisionPeriod
from accounts.templatetags.portal import day, number
from registry.models import DivisionYear, Need, OrganizationFlag, OrganizationPeriod, Project, Term
from reporting.figures import drill
from reporting.measures import MEASURES

PAGE = 50


@dataclass(frozen=True)
class Column:
    """A column of a row table: its heading, a row's text in it, and where the text leads (or None)."""

    label: str
    text: object
    link: object = None
    number: bool = False


@dataclass(frozen=True)
class Table:
    """How rows of one kind are shown: the right that shows them, what the same query brings along, the columns."""

    permission: str
    related: tuple
    columns: list


def organization_url(row):
    return reverse("registry:organization", args=[row.organization.uid])


def place_url(row):
    return reverse("reporting:dashboard", args=[row.at])


NAME = Column(_("Organization"), lambda row: row.organization.name, organization_url)
PLACE = Column(_("Place"), lambda row: row.place_name, place_url)
FROM = Column(_("From"), lambda row: day(row.starts))
STATE = Column(_("State"), lambda row: row.get_state_display())
TIER = Column(_("Tier"), lambda row: row.get_tier_display())
TYPE = Column(_("Type"), lambda row: row.type.name)
FOUNDED = Column(_("Founded"), lambda row: day(row.organization.founded))
FUNCTION = Column(_("Function"), lambda row: row.word)
YEAR = Column(_("Year"), lambda row: str(row.year))
SOURCE = Column(_("Source"), lambda row: row.source or "—")
NEED = Column(_("Need"), lambda row: row.content)
NUMBER = Column(_("Reference"), lambda row: row.number or "—")
RAISED = Column(_("Raised"), lambda row: day(row.raised))
PROJECT = Column(_("Project"), lambda row: row.name)
DIVISION = Column(_("Place"), lambda row: row.name, place_url)
CODE = Column(_("Official code"), lambda row: row.code)
KIND = Column(_("Kind"), lambda row: row.get_kind_display() or "—")
AMOUNT = Column(_("Counted"), lambda row: number(row.counted), number=True)

TABLES = {
    OrganizationPeriod: Table(
        "registry.view_organization", ("organization", "type"), [NAME, TIER, TYPE, STATE, PLACE, FOUNDED]
    ),
    OrganizationFlag: Table("registry.view_organization", ("organization",), [NAME, FUNCTION, PLACE, FROM]),
    DivisionYear: Table("registry.view_divisionyear", (), [PLACE, YEAR, SOURCE]),
    Need: Table("registry.view_need", (), [NEED, NUMBER, STATE, PLACE, RAISED]),
    Project: Table("registry.view_project", (), [PROJECT, NUMBER, STATE, PLACE, FROM]),
    DivisionPeriod: Table("accounts.view_division", (), [DIVISION, CODE, KIND]),
}


@dataclass
class Rows:
    """The rows behind a measure at a place, a page of them after a key; hidden from those who may see figures only."""

    name: str
    asked: object
    user: object
    after: int | None = None
    size: int = PAGE
    types: tuple = ()

    def __post_init__(self):
        self.found = drill(self.name, self.asked.division, self.asked.on, self.asked.basis)
        if self.types:
            self.found = self.found.filter(type__in=self.types)
        self.table = TABLES[self.found.model]
        self.hidden = not self.user.has_perm(self.table.permission, self.asked.division)
        self.columns = [*self.table.columns, AMOUNT] if getattr(MEASURES[self.name], "sums", "") else self.table.columns
        self.total = self.found.order_by().count()
        self.turn(self.after)

    def turn(self, after):
        """Take up the page after a key."""
        found = [] if self.hidden else self.fetch(after)
        self.objects = found[: self.size]
        self.next = getattr(self.objects[-1], self.key) if len(found) > self.size else None
        name_places(self.objects)

    def every(self):
        """The cells of every row there is, page by page."""
        yield from self.page
        while self.next is not None:
            self.turn(self.next)
            yield from self.page

    @property
    def amount(self):
        """What the rows give as they are known today."""
        summed = getattr(counted(self.name), "sums", "")
        return self.found.order_by().aggregate(amount=Sum("counted"))["amount"] if summed else self.total

    @property
    def first(self):
        """True on a later page, which offers the way back to the first."""
        return bool(self.after)

    @property
    def key(self):
        """The field rows are walked by: rows counted once per organization are walked by organization."""
        return getattr(counted(self.name), "distinct", "") or "pk"

    def fetch(self, after):
        rows = self.found.select_related(*self.table.related)
        if after:
            rows = rows.filter(**{f"{self.key}__gt": after})
        return list(rows.order_by(self.key)[: self.size + 1])

    @property
    def page(self):
        return [[cell(column, row) for column in self.columns] for row in self.objects]


def counted(name):
    """The measure whose rows stand behind a name: a part's are those of the measure it is a part of."""
    entry = MEASURES[name]
    return MEASURES[entry.of] if getattr(entry, "of", "") else entry


def cell(column, row):
    url = column.link(row) if column.link else ""
    return {"label": column.label, "text": column.text(row), "url": url, "number": column.number}


def name_places(rows):
    """Gives each row the name of its place, and a function its word, in one query each for the page."""
    places = Division.objects.in_bulk({row.at for row in rows})
    for row in rows:
        row.place_name = str(places[row.at]) if row.at in places else "—"
    if rows and isinstance(rows[0], OrganizationFlag):
        words = dict(Term.objects.filter(list=Term.List.FLAG).values_list("code", "name"))
        for row in rows:
            row.word = words.get(row.flag, row.flag)
