"""The register in the shape of the survey: corrected and uploaded again it updates, untouched it changes nothing."""

from django.db.models import Case, CharField, Exists, F, Q, Value, When
from django.db.models.functions import Cast, Coalesce, NullIf

from accounts.models.division import in_paths
from registry.models import DivisionYear, Need, Project
from registry.survey.columns import BASE, BY_KIND, NEED, ORG, PROJECT
from registry.workbooks.choices import Offered
from registry.workbooks.records import Words, held, joined, lines, ordered, place, worded
from registry.workbooks.stream import Column, Sheet
from registry.workbooks.template import KIND_WORDS

# Beside the columns of the template: what it does not ask; and hidden, by what an upload finds its record again and
# sees that somebody else changed it meanwhile.
KEYS = {
    ORG: ("volunteer_system_id", "record_key", "record_version", "record_year"),
    BASE: ("year", "record_version"),
    NEED: (),
    PROJECT: (),
}
NEED_STATES = {Need.State.OPEN: "未对接", Need.State.MATCHED: "已对接", Need.State.DONE: "已完成"}
PROJECT_STATES = {Project.State.RUNNING: "进行中", Project.State.CLOSED: "已结项", Project.State.EVALUATED: "已评估"}


def organization_columns(words, year):
    """{field: where its values come from}; a field that is not named is a figure of the year."""
    path = "division_path"
    return {
        "name": "name",
        "tier": words.tier(),
        "type": "type__name",
        **PLACE,
        "uscc": "uscc",
        "filing_no": "filing_no",
        "founded": "founded",
        "leader": words.person("leader", path),
        "phone": words.phone("leader", path),
        "targets": joined("targets"),
        "fields": joined("fields"),
        "place": F("place"),
        "place_area": "place_area",
        "is_volunteer_org": yes_no(Exists(held().filter(flag="volunteer"))),
        "is_hub": yes_no(Exists(held().filter(flag="hub"))),
        "rating": "rating",
        "volunteer_system_id": "volunteer_system_id",
        "party_org": yes_no("figures__party_org"),
        "fund_source": joined("fund_sources"),
        "status": words.survey_state(),
        "remark": "remark",
        "record_key": Cast("uid", CharField()),
        "record_version": "version",
        "record_year": Value(year),
    }


def survey_sheets(rows, *, user, paths, division, year, unmasked=False):
    """The four sheets and their lists: organizations in force of `rows`; figures, needs and projects inside `paths`.

    Figures are those of the year. Places without figures for it have no row: an empty one would be a change.
    """
    offered, words = Offered(division), Words(user, unmasked=unmasked)
    yield organization_sheet(rows.in_force(), offered, words, year)
    figures = DivisionYear.objects.visible_to(user).filter(in_paths("division__path", paths), year=year)
    figures = figures.filter(division__level__in=DivisionYear.LEVELS)
    yield placed_sheet(BASE, figures.order_by("division__code"), FIGURES, offered)
    needs = Need.objects.filter(in_paths("division__path", paths)).order_by("division__path", "id")
    yield placed_sheet(NEED, needs, needs_columns(words), offered)
    projects = Project.objects.filter(in_paths("division__path", paths)).order_by("division__path", "id")
    yield placed_sheet(PROJECT, projects, PROJECTS, offered)
    yield offered.lists.sheet()


def organization_sheet(rows, offered, words, year):
    columns, fields = columns_of(ORG, offered)
    known = organization_columns(words, year)
    sources = [known.get(field.key) or F(f"figures__{field.key}") for field in fields[1:]]
    return Sheet(BY_KIND[ORG].name, columns, numbered(lines(ordered(rows, Q(years__year=year)), sources)))


def columns_of(kind, offered):
    """The columns of a sheet, hidden keys last, and their fields."""
    spec = BY_KIND[kind]
    shown = [field for field in spec.fields if field.in_template]
    keys = [spec.field(key) for key in KEYS[kind]]
    columns = [offered.column(kind, field) for field in shown]
    columns += [
        Column(key.header, "text" if key.type == "text" else "number", hidden=key.key.startswith("record_"))
        for key in keys
    ]
    return columns, [*shown, *keys]


def placed_sheet(kind, rows, known, offered):
    """A sheet of rows that belong to a division; a field that is not named has the name of its column."""
    columns, fields = columns_of(kind, offered)
    return Sheet(
        BY_KIND[kind].name, columns, numbered(lines(rows, [known.get(field.key, field.key) for field in fields[1:]]))
    )


def numbered(rows):
    """The rows with their numbers, the first column of every sheet of the survey."""
    return ([number, *row] for number, row in enumerate(rows, 1))


def yes_no(condition):
    """是, 否, or nothing where it is unknown."""
    if isinstance(condition, str):
        return worded(condition, {True: "是", False: "否"}.items())
    return Case(When(condition, then=Value("是")), default=Value("否"))


PLACE = {"region": place(), "region_code": "division__code"}
FIGURES = PLACE | {
    "kind": worded("division__kind", KIND_WORDS.items()),
    "has_station": yes_no("has_station"),
    "record_version": "version",
}
PROJECTS = PLACE | {
    "proj_no": "number",
    "targets": joined("targets"),
    "org": Coalesce(NullIf("organization_name", Value("")), "organization__name"),
    "start": "starts",
    "end": "ends",
    "need_no": "need__number",
    "state": worded("state", PROJECT_STATES.items()),
}


def needs_columns(words):
    path = "division__path"
    return PLACE | {
        "need_no": "number",
        "targets": joined("targets"),
        "state": worded("state", NEED_STATES.items()),
        "contact": words.person("contact", path),
        "phone": words.phone("contact", path),
    }
