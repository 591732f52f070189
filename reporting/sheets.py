"""What stands on a dashboard or behind a number, as sheets of a workbook."""

from itertools import islice

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from registry.workbooks.stream import Column, Sheet
from reporting.boards import figure_named
from reporting.measures import MEASURES
from reporting.results import State

MOST = 100_000
MAP = {"was": lambda: _("divisions as they stood then"), "now": lambda: _("today's divisions")}


def notes(asked, title):
    """The lines on top of every sheet: what and where, as of when, on which map, when and by what it was written."""
    written = timezone.localtime().strftime("%Y-%m-%d %H:%M")
    return [
        f"{title} · {asked.division.full_name}",
        _("As of %(day)s; %(map)s; written %(at)s by %(product)s")
        % {"day": asked.on.isoformat(), "map": MAP[asked.basis](), "at": written, "product": settings.PRODUCT_NAME},
    ]


def dashboard(board, ranking, types, state=None):
    """Targets, figures, places, places below the line, then what the page draws and who has not reported."""
    drawn = [(_("By tier"), board.tiers), (_("By type"), types), (_("Trend"), board.trend)]
    charts = [chart(board, title, data) for title, data in drawn if data]
    return [targets(board, state), figures(board), places(board, ranking), below(board), *charts, missing(board)]


def chart(board, title, data):
    """The numbers of a chart, as the table below it says them."""
    columns = [Column("", width=28), *(Column(one["name"], "number", 16) for one in data["series"])]
    rows = zip(data["labels"], *(one["values"] for one in data["series"]), strict=True)
    return Sheet(title, columns, rows, notes(board.asked, title))


def missing(board):
    columns = [Column(_("Figure"), width=28), Column(_("Communities that have not reported"), "number", 20)]
    rows = [[one["label"], one["total"], one["names"] + (" …" if one["more"] else "")] for one in board.missing]
    title = _("Data still missing")
    return Sheet(title, [*columns, Column(_("Place"), width=60)], rows, notes(board.asked, title))


def targets(board, state):
    columns = [
        Column(_("Target set"), width=28),
        Column(_("Target number"), width=10),
        Column(_("Target"), width=40),
        Column(_("Value"), "number", 12),
        Column(_("Line"), "number", 12),
        Column(_("Unit"), width=8),
        Column(_("State"), width=10),
        Column(_("Gap"), width=24),
        Column(_("As of"), "date", 12),
        Column(_("Deadline"), "date", 12),
        Column(_("Source clause"), width=16),
    ]
    said = [*notes(board.asked, _("Targets")), " ".join(filter(None, [board.lead, board.lead_over]))]
    return Sheet(_("Targets"), columns, map(target_row, board.shown(state)), said)


def target_row(result):
    target = result.target
    number = None if result.value is None else round(result.value, 4)
    said = [target.unit, str(State(result.state).label), result.sentence, result.as_of, target.deadline, target.clause]
    return [target.set.name, target.code, target.name, number, round(result.line, 4), *said]


def figures(board):
    rows = [[str(entry.label), board.row[name], str(entry.unit), entry.clause] for name, entry in MEASURES.items()]
    columns = [Column(_("Figure"), width=48), Column(_("Value"), "number", 16)]
    columns += [Column(_("Unit"), width=16), Column(_("Source clause"), width=16)]
    return Sheet(_("Figures"), columns, rows, notes(board.asked, _("Figures")))


def places(board, ranking):
    """Every place below with the figure it is ranked by and the organizations of each tier."""
    tiers = ["orgs", "orgs_registered", "orgs_team", "orgs_group"]
    figure = figure_named(ranking["name"])
    columns = [Column(_("Rank"), "number", 8), Column(_("Place"), width=24), Column(_("Official code"), width=16)]
    columns.append(Column(f"{figure.label} ({figure.unit})", "number", 24))
    columns += [Column(str(MEASURES[name].label), "number") for name in tiers]
    by_place = {str(row.division): row for row in board.below}
    rows = [place_row(one, by_place[one["name"]], tiers) for one in ranking["rows"]]
    return Sheet(_("Places compared"), columns, rows, notes(board.asked, figure.label))


def place_row(one, row, tiers):
    return [one.get("rank"), one["name"], row.division.code, one["value"], *(row[name] for name in tiers)]


def below(board):
    rows = [
        [group["name"], group["line"], str(result.division), round(result.value, 4), result.sentence]
        for group in board.below_line
        for result in group["short"]
    ]
    columns = [Column(_("Target"), width=40), Column(_("Line"), width=12), Column(_("Place"), width=24)]
    columns += [Column(_("Value"), "number", 12), Column(_("Gap"), width=24)]
    return Sheet(_("Places below the line"), columns, rows, notes(board.asked, _("Places below the line")))


def opened(page, rows):
    """A number with its places below and the rows behind it."""
    top = [*notes(page.asked, page.label), f"{page.label}: {page.value} {page.unit}", str(page.formula)]
    lines = [[row["name"], row["value"]] for row in page.children]
    by_place = [Column(_("Place"), width=32), Column(str(page.label), "number", 20)]
    sheets = [Sheet(_("By place"), by_place, lines, top)]
    if rows is None or rows.hidden:
        return sheets
    said = [_("The first %(n)s rows; a smaller place shows the others.") % {"n": MOST}] if rows.total > MOST else []
    cells = ([str(cell["text"]) for cell in row] for row in islice(rows.every(), MOST))
    columns = [Column(str(column.label), width=32 if at == 0 else 20) for at, column in enumerate(rows.columns)]
    return [*sheets, Sheet(_("Rows"), columns, cells, [*notes(page.asked, page.label), *said])]
