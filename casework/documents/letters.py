"""Letters, certificates and forms: a table of them, and their A4 pages as PDF or as pictures for a print page.

Data goes in as JSON and is never read as markup. The papers exist in Chinese only, whatever language the screen speaks:
they are what the office signs. The same data gives the same bytes, so a stored hash proves a paper.
"""

import io
import json
import unicodedata
from datetime import UTC, date, datetime
from functools import cache
from typing import NamedTuple

import segno
import typst
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from casework.documents.fonts import FOLDER
from casework.documents.glyphs import covered

STANDARD = "a-2u"  # PDF/A-2u: for keeping, every character can be searched
UNDATED = datetime(2000, 1, 1, tzinfo=UTC)
NO_GLYPH = "〓"  # what printers set where a character is missing: to be written in by hand
UNSEEN = {"Cc", "Cf", "Cs", "Mn", "Zl", "Zp"}


class Letter(NamedTuple):
    """One kind of paper: its file in templates/documents, the title it bears, its name on screens."""

    template: str
    title: str
    name: str


LETTERS = {
    "application": Letter("application", "申请表", _("Application form")),
    "receipt": Letter("receipt", "受理回执", _("Receipt")),
    "correction": Letter("correction", "补正通知书", _("Correction notice")),
    "not_accepted": Letter("not_accepted", "不予受理决定书", _("Decision not to accept")),
    "withdrawn": Letter("withdrawn", "撤回申请确认书", _("Confirmation of withdrawal")),
    "lapsed": Letter("lapsed", "逾期未补正终止办理通知书", _("Notice of lapse")),
    "approval": Letter("approval", "社区社会组织备案审批表", _("Filing approval form")),
    "roster": Letter("roster", "成员名册", _("Member roster")),
    "publicity": Letter("publicity", "公示", _("Public notice")),
    "filing_notice": Letter("filing_notice", "备案通知书", _("Filing notice")),
    "refused": Letter("refused", "不予备案决定书", _("Decision to refuse filing")),
    "certificate": Letter("certificate", "社区社会组织备案证书", _("Filing certificate")),
    "change_notice": Letter("change_notice", "变更备案通知书", _("Notice of change")),
    "own_motion_change": Letter("change_notice", "依职权变更备案通知书", _("Notice of change by the authority")),
    "annual_result": Letter("annual_result", "年度确认结果通知书", _("Annual confirmation result")),
    "annual_form": Letter("review", "群众活动团队年度确认表", _("Annual confirmation form")),
    "half_year_review": Letter("review", "半年报告及社区评议表", _("Half-year report and review sheet")),
    "correct_order": Letter("correct_order", "责令改正通知书", _("Order to correct")),
    "hearing_notice": Letter("hearing_notice", "撤销备案听取意见告知书", _("Hearing notice before revocation")),
    "revocation": Letter("revocation", "撤销备案决定书", _("Decision to revoke filing")),
    "cancellation": Letter("cancellation", "注销备案通知书", _("Notice of cancellation")),
    "merger": Letter("merger", "合并备案通知书", _("Notice of merger")),
    "transfer": Letter("transfer", "备案迁移通知书", _("Notice of transfer")),
    "upgrade": Letter("upgrade", "组织层级变更通知书", _("Notice of change of tier")),
    "listing_notice": Letter("listing_notice", "社区活动小组登记告知单", _("Notice of listing")),
    "reminder": Letter("letter", "活动情况提醒函", _("Reminder of activity")),
    "inquiry": Letter("letter", "活动情况核实通知书", _("Inquiry into activity")),
    "deadline": Letter("letter", "限期说明情况通知书", _("Notice of deadline")),
    "announcement": Letter("letter", "公告", _("Announcement")),
    "handover": Letter("handover", "办件交接清单", _("Handover sheet")),
    "slip": Letter("letter", "退回上一环节单", _("Slip: back to the step before")),
    "letter": Letter("letter", "函", _("Letter")),
}


def render(code, data):
    """The paper as PDF. `data` is plain: texts, numbers, dates, lists and dicts; an empty value leaves a blank line.

    `date` (ISO) is the day the paper bears and the file's own date, `url` becomes the QR code, `title` replaces the
    table's. Raises KeyError for an unknown code.
    """
    return compiled(code, data, format="pdf", pdf_standards=STANDARD, timestamp=moment(data.get("date")))


def pictures(code, data):
    """The same pages as a list of SVG texts, for a print page; characters are outlines, so no font is needed."""
    pages = compiled(code, data, format="svg")
    return [page.decode() for page in (pages if isinstance(pages, list) else [pages])]


def compiled(code, data, **form):
    letter = LETTERS[code]
    values = {"title": letter.title, **{key: plain(value) for key, value in data.items() if value not in (None, "")}}
    if values.get("url"):
        values["qr"] = qr(values["url"])
    root = settings.BASE_DIR / "templates" / "documents"
    compiler = typst.Compiler(str(root / f"{letter.template}.typ"), root=str(root), font_paths=fonts())
    return compiler.compile(sys_inputs={"data": json.dumps(values, ensure_ascii=False)}, **form)


@cache
def fonts():
    """Only the font of the folder: a paper looks the same on every machine."""
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=False, font_paths=[str(FOLDER)])


def plain(value):
    """Texts, lists and dicts of texts only, each character one the font can show."""
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, date):
        return value.isoformat()[:10]
    return "" if value is None else showable(str(value))


def showable(text):
    """The text without what cannot be seen, its line ends kept; a character without a glyph becomes 〓.

    Han characters stay as they were typed, save where the font has only the unified form of a compatibility character.
    """
    return "".join(shown(sign) for sign in text.replace("\r\n", "\n").replace("\t", " "))


def shown(sign):
    if sign == "\n":
        return sign
    if unicodedata.category(sign) in UNSEEN:
        return ""
    if ord(sign) in covered():
        return sign
    unified = unicodedata.normalize("NFC", sign)
    return unified if len(unified) == 1 and ord(unified) in covered() else NO_GLYPH


def moment(day):
    """Midnight of the day the paper bears: a file that is made again must be the same file."""
    try:
        return datetime.fromisoformat(str(day)[:10]).replace(tzinfo=UTC)
    except ValueError:
        return UNDATED


def qr(url):
    """The QR code of an address as SVG text, with enough redundancy for a folded or stained sheet."""
    picture = io.BytesIO()
    segno.make(url, error="m", micro=False).save(picture, kind="svg", border=0, xmldecl=False)
    return picture.getvalue().decode()
