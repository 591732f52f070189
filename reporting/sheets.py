"""What stands on a dashboard or behind a number, as sheets of a workbook."""

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _

from reporting.boards import figure_named
from reporting.exports import Sheet
from reporting.measures import MEASURES
from reporting.results import State

MAP = {"was": lambda: _("divisions as they stood then"), "now": lambda: _("today's divisions")}


def notes(asked, title):
    """The lines on top of every sheet: what and where, as of when, on which map, when and by what it was written."""
    written = timezone.localtime().strftime("%Y-%m-%d %H:%M")
    return [
        f"{title} · {asked.division.full_name}",
        _("As of %(day)s; %(map)s; written %(at)s by %(product)s")
        % {"day": asked.on.isoformat(), "map": MAP[asked.basis](), "at": written, "product": settings.PRODUCT_NAME},
    ]


def dashboard(board, ranking):
    """Targets, figures, places, places below the line."""
    return [targets(board), figures(board), places(board, ranking), below(board)]


def targets(board):
    columns = [_("Target set"), _("Target number"), _("Target"), _("Value"), _("Line"), _("Unit"), _("State"), _("Gap")]
    columns += [_("As of"), _("Deadline"), _("Source clause")]
    rows = [target_row(result) for result in board.results]
    widths = (28, 10, 40, 12, 12, 8, 10, 24, 12, 12, 16)
    return Sheet(_("Targets"), columns, rows, notes(board.asked, _("Targets")), widths)


def target_row(result):
    target = result.target
    deadline = target.deadline.isoformat() if target.deadline else None
    number = None if result.value is None else round(result.value, 4)
    said = [target.unit, State(result.state).label, result.sentence, result.as_of.isoformat(), deadline, target.clause]
    return [target.set.name, target.code, target.name, number, round(result.line, 4), *said]


def figures(board):
    rows = [[str(entry.label), board.row[name], str(entry.unit), entry.clause] for name, entry in MEASURES.items()]
    columns = [_("Figure"), _("Value"), _("Unit"), _("Source clause")]
    return Sheet(_("Figures"), columns, rows, notes(board.asked, _("Figures")), (48, 16, 16, 16))


def places(board, ranking):
    """Every place below with the figure it is ranked by and the organizations of each tier."""
    tiers = ["orgs", "orgs_registered", "orgs_team", "orgs_group"]
    figure = figure_named(ranking["name"])
    columns = [_("Rank"), _("Place"), _("Official code"), f"{figure.label} ({figure.unit})"]
    columns += [str(MEASURES[name].label) for name in tiers]
    by_place = {str(row.division): row for row in board.below}
    rows = [place_row(one, by_place[one["name"]], tiers) for one in ranking["rows"]]
    return Sheet(_("Places compared"), columns, rows, notes(board.asked, figure.label), (8, 24, 16, 24, 14, 14, 14, 14))


def place_row(one, row, tiers):
    return [one.get("rank"), one["name"], row.division.code, one["value"], *(row[name] for name in tiers)]


def below(board):
    rows = [
        [group["name"], group["line"], str(result.division), round(result.value, 4), result.sentence]
        for group in board.below_line
        for result in group["short"]
    ]
    columns = [_("Target"), _("Line"), _("Place"), _("Value"), _("Gap")]
    return Sheet(
        _("Places below the line"), columns, rows, notes(board.asked, _("Places below the line")), (40, 12, 24, 12, 24)
    )


def opened(page, rows):
    """A number with its places below and the rows behind it, as far as they are shown."""
    top = [*notes(page.asked, page.label), f"{page.label}: {page.value} {page.unit}", page.formula]
    lines = [[row["name"], row["value"]] for row in page.children]
    sheets = [Sheet(_("By place"), [_("Place"), page.label], lines, top, (32, 20))]
    if rows is None or rows.hidden:
        return sheets
    more = rows.total - len(rows.objects)
    said = [_("%(n)s further rows are in the export of the list.") % {"n": more}] if more else []
    cells = [[cell["text"] for cell in row] for row in rows.page]
    heads = [str(column.label) for column in rows.columns]
    return [*sheets, Sheet(_("Rows"), heads, cells, [*notes(page.asked, page.label), *said], (32, 20, 20, 20, 20, 20))]
