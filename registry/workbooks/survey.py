"""The register in the shape of the survey: corrected and uploaded again it updates, untouched it changes nothing."""

from accounts.models.division import in_paths
from registry.models import DivisionYear, Need, Project
from registry.survey.columns import BASE, BY_KIND, NEED, ORG, PROJECT
from registry.workbooks.choices import Offered
from registry.workbooks.records import CHUNK, Words, joined, place_of, place_words, survey_records
from registry.workbooks.stream import Column, Sheet
from registry.workbooks.template import KIND_WORDS

# Hidden columns by which an upload finds its record again and sees that somebody else changed it meanwhile.
KEYS = {ORG: ("record_key", "record_version", "record_year"), BASE: ("year", "record_version"), NEED: (), PROJECT: ()}
NEED_STATES = {Need.State.OPEN: "未对接", Need.State.MATCHED: "已对接", Need.State.DONE: "已完成"}
PROJECT_STATES = {Project.State.RUNNING: "进行中", Project.State.CLOSED: "已结项", Project.State.EVALUATED: "已评估"}
YES = {True: "是", False: "否"}
PLACED = ("division__level", "division__short_name", "division__parent__short_name", "division__code", "division__path")
FIGURES = (
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
    "reporter",
    "report_date",
    "year",
)

ORGANIZATION = {
    "name": lambda row, _words: row.name,
    "tier": lambda row, words: words.tier(row),
    "type": lambda row, _words: row.type__name,
    "region": lambda row, _words: place_of(row),
    "region_code": lambda row, _words: row.division__code,
    "uscc": lambda row, _words: row.uscc,
    "filing_no": lambda row, _words: row.filing_no,
    "founded": lambda row, _words: row.founded,
    "leader": lambda row, words: words.leader(row),
    "phone": lambda row, words: words.phone(row),
    "targets": lambda row, _words: joined(row.targets),
    "fields": lambda row, _words: joined(row.fields),
    "place": lambda row, _words: row.place,
    "place_area": lambda row, _words: row.place_area,
    "is_volunteer_org": lambda row, _words: YES["volunteer" in row.held],
    "is_hub": lambda row, _words: YES["hub" in row.held],
    "rating": lambda row, _words: row.rating,
    "party_org": lambda row, _words: YES.get(row.year_party_org),
    "fund_source": lambda row, _words: joined(row.fund_sources),
    "status": lambda row, words: words.survey_state(row),
    "remark": lambda row, _words: row.remark,
    "record_key": lambda row, _words: str(row.uid),
    "record_version": lambda row, _words: row.version,
}
PLACE = {
    "region": lambda row: place_words(row.division__level, row.division__short_name, row.division__parent__short_name),
    "region_code": lambda row: row.division__code,
}


def survey_sheets(rows, *, user, paths, division, year, unmasked=False):
    """The four sheets and their lists: organizations in force of `rows`; figures, needs and projects inside `paths`.

    Figures are those of the year. Communities without figures for it have no row: an empty one would be a change.
    """
    offered, words = Offered(division), Words(user, unmasked=unmasked)
    yield organization_sheet(rows.in_force(), offered, words, year)
    figures = DivisionYear.objects.visible_to(user).filter(in_paths("division__path", paths), year=year)
    yield placed_sheet(BASE, figures.order_by("division__code"), FIGURE_VALUES, FIGURE_FIELDS, offered)
    needs = Need.objects.filter(in_paths("division__path", paths)).order_by("division__path", "id")
    yield placed_sheet(NEED, needs, need_values(words), NEED_FIELDS, offered)
    projects = Project.objects.filter(in_paths("division__path", paths)).order_by("division__path", "id")
    yield placed_sheet(PROJECT, projects, PROJECT_VALUES, PROJECT_FIELDS, offered)
    yield offered.lists.sheet()


def organization_sheet(rows, offered, words, year):
    columns, fields = columns_of(ORG, offered)
    values = [organization_value(field, year) for field in fields]
    lines = (
        [number, *(value(row, words) for value in values[1:])]
        for number, row in enumerate(survey_records(rows, year), 1)
    )
    return Sheet(BY_KIND[ORG].name, columns, lines)


def organization_value(field, year):
    """What fills a column of the organizations; a figure of the year when no value of its own is named."""
    if field.key == "record_year":
        return lambda _row, _words: year
    if field.key == "seq":
        return None
    name = f"year_{field.key}"
    return ORGANIZATION.get(field.key) or (lambda row, _words: getattr(row, name))


def columns_of(kind, offered):
    """The columns of a sheet, hidden keys last, and their fields."""
    spec = BY_KIND[kind]
    shown = [field for field in spec.fields if field.in_template]
    keys = [spec.field(key) for key in KEYS[kind]]
    columns = [offered.column(kind, field) for field in shown]
    columns += [
        Column(key.header, "text" if key.type == "text" else "number", hidden=key.key != "year") for key in keys
    ]
    return columns, [*shown, *keys]


def placed_sheet(kind, rows, values, names, offered):
    """A sheet of rows that belong to a division."""
    columns, fields = columns_of(kind, offered)
    getters = [values.get(field.key) or plain(names.get(field.key, field.key)) for field in fields]
    wanted = dict.fromkeys((*PLACED, *names.values()))
    found = rows.values_list(*wanted, named=True).iterator(chunk_size=CHUNK)
    lines = ([number, *(value(row) for value in getters[1:])] for number, row in enumerate(found, 1))
    return Sheet(BY_KIND[kind].name, columns, lines)


def plain(name):
    return lambda row: getattr(row, name)


FIGURE_FIELDS = {name: name for name in FIGURES} | {
    "kind": "division__kind",
    "has_station": "has_station",
    "record_version": "version",
}
FIGURE_VALUES = PLACE | {
    "kind": lambda row: KIND_WORDS.get(row.division__kind),
    "has_station": lambda row: YES.get(row.has_station),
}
NEED_FIELDS = {
    name: name for name in ("category", "content", "targets", "people", "urgency", "channel", "raised", "state")
} | {
    "need_no": "number",
    "contact": "contact__name",
    "phone": "contact__phone_sealed",
    "_uid": "contact__uid",
}
PROJECT_FIELDS = {
    name: name for name in ("name", "category", "targets", "fund_source", "amount", "served", "satisfaction", "state")
} | {
    "proj_no": "number",
    "org": "organization_name",
    "_org": "organization__name",
    "start": "starts",
    "end": "ends",
    "need_no": "need__number",
}
PROJECT_VALUES = PLACE | {
    "targets": lambda row: joined(row.targets),
    "org": lambda row: row.organization_name or row.organization__name,
    "state": lambda row: PROJECT_STATES[row.state],
}


def need_values(words):
    return PLACE | {
        "targets": lambda row: joined(row.targets),
        "state": lambda row: NEED_STATES[row.state],
        "contact": lambda row: row.contact__name if words.may_reveal(row.division__path) else hidden_name(row),
        "phone": lambda row: words.number(row.contact__phone_sealed, row.contact__uid, row.division__path),
    }


def hidden_name(row):
    return f"{row.contact__name[0]}*" if row.contact__name else None
