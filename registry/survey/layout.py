"""Understanding of a sheet: which rows are the header, what the columns mean, which rows are no data."""

import re
from dataclasses import dataclass, field

from registry.survey import columns
from registry.survey.sources import column_letter
from registry.survey.words import clean, squeeze

HEADER_ROWS = 40
MAX_LEVELS = 3
MAX_COLUMNS = 200
MOST_EACH, MOST_BESIDE = 1.3, 4  # the highest score of one header text, and of required fields and the sheet's name
MOST_SURE = 20_000
SUBTOTAL = re.compile(
    r"(?:本页|本表|以上)?(?:合计|小计|总计|共计|累计|总数|汇总|平均|其中[:：]|共\d+)|.*(?:合计|小计|总计)(?:[(（].*[)）])?[:：]?$"
)
SIGNATURE = re.compile(
    r"(?:填报人|填表人|制表人|经办人|审核人|负责人签[字名]|主要负责人|单位负责人|分管领导|填报单位|填表日期|填报日期|制表日期|盖章|公章|签字|签名)(?:[(（][^)）]*[)）])?\s*[:：]?"
)
HEADING = re.compile(r"^[(（]?[一二三四五六七八九十]{1,3}[)）、.．]")
SEAL = re.compile(
    r"(?:办事处|人民政府|民政[局科办]|委员会|居委会|村委会)(?:[(（].{0,6}[)）])?$|^(?:日期[:：]?)?\d{4}年\d{1,2}月(?:\d{1,2}日)?$"
)
EXAMPLE = re.compile(r"^[(（【]?(?:填写|填报)?(?:示例|样例|范例|例)(?:[)）】:：]|$)")
NUMBERED = re.compile(
    r"^(?:[甲乙丙丁戊己庚辛壬癸]|[(（]?\d{1,2}(?:\.0)?[)）]?|栏次)$"
)  # the row that numbers the columns
NOTE = re.compile(r"^(?:注|备注|说明|填表说明|填报说明|注意|提示)\s*[:：]|^[*＊※]")
DOUBTFUL = frozenset((
    "合计", "小计", "总计", "共计", "累计", "汇总", "总数", "本页", "本表", "填报", "填表", "备注", "说明", "注:", "注：", "审核", "负责", "制表",
    "示例", "样例", "范例", "例:", "例：", "例", "经办", "分管", "盖章", "公章", "单位", "签字", "签名", "主要", "注意", "提示", "合 ", "小 ", "总 ", "合\u3000", "小\u3000", "总\u3000",
))  # fmt: skip
UNIT = re.compile(r"万元|亿元|千元|元|万人|万")


@dataclass
class Column:
    """A column as understood: index from 0, its header, the field it means (or none) and how that was found."""

    index: int
    header: str
    field: str = ""
    how: str = ""
    unit: str = ""

    @property
    def letter(self):
        return column_letter(self.index)

    @property
    def doubled(self):
        """The field an earlier column has taken already, of a column left out for that; else an empty text."""
        return self.how.partition("double:")[2]


@dataclass
class Layout:
    """What a sheet turned out to be."""

    kind: str
    header_row: int
    columns: list
    titles: list = field(default_factory=list)
    doubles: list = field(default_factory=list)
    above: frozenset = frozenset()

    @property
    def mapped(self):
        return [column for column in self.columns if column.field]


def expand(rows, merges):
    """A copy of the first rows with merged cells filled from their first cell, so that header levels can be joined."""
    rows = [(number, list(cells)) for number, cells in rows]
    numbers = dict(rows)
    for (top, left), (bottom, right) in merges:
        value = _at(numbers.get(top + 1), left)
        for number in range(top + 1, min(bottom + 1, HEADER_ROWS + MAX_LEVELS) + 1):
            cells = numbers.get(number)
            if cells is not None and value not in (None, ""):
                for index in range(left, min(right + 1, len(cells))):
                    cells[index] = value
    return rows


def _at(cells, index):
    return cells[index] if cells is not None and index < len(cells) else None


def understand(name, rows, mapping=None, said=None):
    """The best reading of the first rows of a sheet, as the kind `said` if any; None when they hold no header of ours."""
    kinds = [said] if said in columns.BY_KIND else columns.BY_KIND
    best, best_score = None, 0
    for bottom in range(len(rows)):
        if len([cell for cell in rows[bottom][1] if cell != ""]) < 2:
            continue
        for levels in range(1, min(MAX_LEVELS, bottom + 1) + 1):
            labels = _labels(rows[bottom - levels + 1 : bottom + 1])
            if best and MOST_EACH * sum(map(bool, labels)) + MOST_BESIDE < best_score:
                continue  # whatever these texts mean, the header above says more
            for kind in kinds:
                found, score = _map(kind, labels, mapping)
                score += _name_bonus(kind, name) if score >= 2 else 0
                if score > best_score + (0.01 if best else 0):
                    best, best_score = Layout(kind, rows[bottom][0], found), score
    if best is None or best_score < 2:
        return None
    best.titles = [squeeze_row(cells) for number, cells in rows if number < best.header_row and squeeze_row(cells)]
    best.doubles = _doubles(best)
    above = {
        clean(cell) for number, cells in rows if number < best.header_row for cell in cells if isinstance(cell, str)
    }
    best.above = frozenset(columns.fold(text) for text in above if len(text) <= columns.MAX_HEADER) - {""}
    return best


def _labels(levels):
    """For every column the texts of its header levels, the lowest last; numbers and dates are no header."""
    width = min(MAX_COLUMNS, max(len(cells) for _, cells in levels))
    labels = []
    for index in range(width):
        texts = [_at(cells, index) for _, cells in levels]
        labels.append(list(dict.fromkeys(clean(text) for text in texts if isinstance(text, str) and text.strip())))
    return labels


def _map(kind, labels, mapping):
    """Columns of these header texts in this kind of sheet, each field once (the surest match wins), and a score."""
    found = [_column(kind, index, texts, mapping) for index, texts in enumerate(labels)]
    taken = {}
    for column in sorted((c for c in found if c.field), key=_surest):
        if column.field in taken:
            column.how = f"double:{column.field}"
            column.field = ""
        taken.setdefault(column.field, column.index)
    if kind == columns.PROJECT and "name" not in taken:
        _lend_name(found)
    fields = [column for column in found if column.field]
    score = sum(1.0 if column.how != "contains" else 0.5 for column in fields)
    own = sum(1 for column in fields if column.field in DISTINCT[kind])
    required = sum(1 for key in columns.REQUIRED_COLUMNS[kind] if key in taken)
    return found, score + own * 0.3 + required * 0.2


def _lend_name(found):
    """Gives a project sheet without a column of project names one headed like the organizations' names."""
    for column in found:
        text = column.header.rpartition("/")[2]
        meant = columns.match(columns.ORG, text)[0] if not column.field else None
        if meant and meant.key == "name":
            column.field, column.how = "name", "contains"
            return


def _surest(column):
    """The order in which columns take their fields: 负责人电话 before 联系电话, which may be somebody else's."""
    word = PREFERRED.get(column.field, "")
    return column.how != "hand", not (word and word in column.header), RANK[column.how], column.index


PREFERRED = {"leader": "负责人", "phone": "负责人", "founded": "成立"}
RANK = {"hand": 0, "exact": 1, "synonym": 2, "contains": 3}
DISTINCT = {
    columns.ORG: {"tier", "filing_no", "uscc", "party_org", "members", "founded", "leader", "rating"},
    columns.BASE: {"population", "households", "elderly", "facility_area", "staff", "reg_volunteers", "kind"},
    columns.NEED: {"need_no", "content", "urgency", "channel", "raised"},
    columns.PROJECT: {"proj_no", "org", "amount", "satisfaction", "end"},
}


def _column(kind, index, texts, mapping):
    header = texts[-1] if texts else ""
    joined = "/".join(texts)
    hand = (mapping or {}).get(kind, {})
    for label in (joined, header):
        if label and label in hand:
            return Column(index, joined, hand[label], "hand" if hand[label] else "", _unit(joined))
    for text in reversed(texts):
        field_, how = columns.match(kind, text)
        if field_:
            return Column(index, joined, field_.key, how, _unit(joined))
    field_, how = columns.match(kind, joined) if len(texts) > 1 else (None, "")
    return Column(index, joined, field_.key if field_ else "", how, _unit(joined))


def _unit(header):
    found = UNIT.search(header)
    return found[0] if found else ""


def _name_bonus(kind, name):
    words = columns.BY_KIND[kind].words
    if squeeze(name) == words[0]:
        return 3
    return 1.5 if any(word in name for word in words) else 0


def _doubles(layout):
    return [column for column in layout.columns if column.doubled]


def second_table(layout):
    """The columns of another table to the right of the first, under the same headers; none where it has no key of its own."""
    first = {column.field: column.header for column in layout.mapped}
    same = [column for column in layout.doubles if first.get(column.doubled) == column.header]
    keys = columns.REQUIRED_COLUMNS[layout.kind]
    return same if len(same) > 1 and any(column.doubled in keys for column in same) else []


def squeeze_row(cells):
    """The texts of a row that is no data, as one line."""
    return " ".join(dict.fromkeys(clean(cell) for cell in cells if isinstance(cell, str) and cell.strip()))


def _doubtful(cell):
    return cell[:2] in DOUBTFUL or cell[-1:] in "计 ：:\u3000" or cell[:1] in " *＊※\u3000\t\n"


class Skipper:
    """Tells rows that are no data (blank, repeated header, keys, sub-totals, signatures, notes) from rows that are."""

    def __init__(self, layout):
        spec = columns.BY_KIND[layout.kind]
        self.mapped = layout.mapped
        self.headers = {c.index: {columns.fold(text) for text in (c.header, *c.header.split("/"))} for c in self.mapped}
        self.above = layout.above
        self.keys = {c.index: {columns.fold(c.field)} for c in self.mapped}
        self.sequence = {c.index for c in self.mapped if spec.field(c.field).type == "ignore"}
        self.numbers = {c.index for c in self.mapped if spec.field(c.field).type in ("int", "decimal")}
        self.required = [c.index for c in self.mapped if spec.field(c.field).required]
        self.sure = [(index, set()) for index in self.required]
        self.texts = {c.header.rpartition("/")[2] for c in self.mapped} | {c.field for c in self.mapped}
        self.texts |= {name for field in spec.fields for name in (field.header, *field.synonyms)}
        self.kind = layout.kind
        self.enough = max(2, len(self.mapped) // 2)

    def reason(self, cells):
        """blank, header, moved (a header in another order), subtotal, signature, note, or "" for a row of data."""
        if self._surely_data(cells):
            return ""
        filled = [i for i, cell in enumerate(cells) if cell != "" and (not isinstance(cell, str) or cell.strip())]
        first = cells[filled[0]] if filled else ""
        if self.sequence.issuperset(filled) and not (
            isinstance(first, str) and (len(first) > 5 or HEADING.match(first))
        ):
            return "blank"
        if not isinstance(first, str) and len(filled) > self.enough and isinstance(cells[filled[1]], str):
            return "header" if self._repeats(cells, filled) else ""
        if self._equal(cells, filled, self.keys):
            return "blank"  # the template's hidden row of field keys
        return self._figures(cells, filled) or self._odd(cells, filled)

    def _figures(self, cells, filled):
        """A row of sums without a word, or the row that numbers the columns."""
        if self.numbers.issuperset(filled):
            return "subtotal"
        numbered = len(filled) > 3 and set(self.required).issubset(filled)
        return "header" if numbered and all(NUMBERED.match(str(cells[i])) for i in filled) else ""

    def _surely_data(self, cells):
        """The quick answer for nearly every row: the required cells say something that no header or total says."""
        for index, sure in self.sure:
            cell = cells[index]
            if cell in sure:
                continue
            if cell.__class__ is not str or len(cell) < 2 or _doubtful(cell) or cell in self.texts:
                return False
            if len(sure) < MOST_SURE:
                sure.add(cell)
        return bool(self.required) and not any(cells[i].__class__ is str and _doubtful(cells[i]) for i in self.sequence)

    def _odd(self, cells, filled):
        texts = [squeeze(cells[i]) for i in filled[:3] if isinstance(cells[i], str)]
        empty = sum(1 for i in self.required if i >= len(cells) or cells[i] in ("", None))
        if any((SUBTOTAL.match if empty else SUBTOTAL.fullmatch)(text) and len(text) <= 12 for text in texts[:2]):
            return "subtotal"
        repeated = self._repeats(cells, filled)
        if repeated or self._is_header(cells, filled):
            return "header" if repeated and not self._shifted(cells) else "moved"
        if any(EXAMPLE.match(text) for text in texts[:2]):
            return "note"
        if len(filled) <= 2 and NOTE.match(texts[0] if texts else ""):
            return "note"
        short = len(filled) <= max(4, len(self.mapped) // 3)
        if short and texts and SIGNATURE.search(texts[0]) and (empty or len(self.required) < 3):
            return "signature"
        return self._alone(texts[0], filled[0]) if len(filled) == 1 and empty and texts else ""

    def _alone(self, text, index):
        """What one text alone in its row is: a heading between the rows, the unit or the date below them, or a note."""
        if HEADING.match(text) or index in self.sequence or (len(text) > 20 and len(self.mapped) > 4):
            return "note"
        return "signature" if SEAL.search(text) else ""

    def _repeats(self, cells, filled):
        if self._equal(cells, filled, self.headers) or self._equal(cells, filled, self.keys):
            return True
        if not all(isinstance(cells[i], str) and columns.fold(cells[i]) in self.above for i in filled):
            return False
        return len({columns.fold(cells[i]) for i in filled}) > 1

    def _shifted(self, cells):
        """Whether a repeated header has a name in another column than it had."""
        places = {name: index for index, names in self.headers.items() for name in names}
        said = ((index, columns.fold(str(cells[index]))) for index in self.headers if index < len(cells))
        return any(name in places and name not in self.headers[index] for index, name in said)

    def _is_header(self, cells, filled):
        """Whether the row is a header, if not that of this table: nearly all its texts are names of columns."""
        known = sum(1 for i in filled if isinstance(cells[i], str) and columns.is_name(self.kind, clean(cells[i])))
        return known > self.enough and known * 4 >= len(filled) * 3

    def _equal(self, cells, filled, texts):
        same = sum(1 for i in filled if isinstance(cells[i], str) and i in texts and columns.fold(cells[i]) in texts[i])
        return same >= self.enough or (same >= 2 and same == len(filled))


class Merged:
    """Repeats the value of a cell merged downwards on every row it covers."""

    def __init__(self, merges, after):
        self.pending = sorted((m for m in merges if m[1][0] > m[0][0] and m[1][0] + 1 > after), reverse=True)
        self.active = []

    def fill(self, number, cells):
        """Indices of the cells filled from the merge above them; `cells` is changed in place."""
        if not self.pending and not self.active:
            return ()
        while self.pending and self.pending[-1][0][0] + 1 <= number:
            (top, left), (bottom, _) = self.pending.pop()
            if top + 1 == number and left < len(cells):
                self.active.append((bottom + 1, left, cells[left]))
        if not self.active:
            return ()
        self.active = [merge for merge in self.active if merge[0] >= number]
        filled = []
        for _, left, value in self.active:
            if left < len(cells) and cells[left] == "" and value != "":
                cells[left] = value
                filled.append(left)
        return filled
