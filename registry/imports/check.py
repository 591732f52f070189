"""Row by row: place, choices, duplicates and the rules every form keeps; the verdict of each line of the file."""

from dataclasses import dataclass, field

from registry.duplicates import Candidate, known, verdict
from registry.imports.choices import plain
from registry.imports.facts import base_of
from registry.imports.places import is_problem
from registry.imports.sealed import sealed
from registry.imports.sentences import ROWS, say
from registry.models import Organization
from registry.models.scheme import Tier
from registry.naming import name_key, signature
from registry.sealing import lookup_hash, mask_id, mask_phone
from registry.survey.columns import BASE, BY_KIND, NEED, ORG, PLACE_KEYS

ACCEPT, WARN, REJECT, SKIP, DUPLICATE, UPDATE = "accept", "accept_warn", "reject", "skip", "duplicate", "update"
NEW = "new"
TABLES = {
    "org": "registry_organization",
    "base": "registry_divisionyear",
    "need": "registry_need",
    "proj": "registry_project",
}
MOST_NEAR = 3
PARTS = {
    "org": (("party_members", "members"), ("certified", "fulltime")),
    "base": (
        ("certified_staff", "staff"),
        ("active_volunteers", "reg_volunteers"),
        ("households", "population"),
        ("elderly", "population"),
    ),
    "need": (),
    "proj": (),
}
HARD_PARTS = frozenset(("certified", "certified_staff"))


@dataclass
class Line:
    """One checked line of the file, as it goes into the staging table."""

    kind: str
    sheet: str
    number: int
    values: dict
    errors: list = field(default_factory=list)
    warnings: list = field(default_factory=list)
    status: str = ""
    match_id: int | None = None
    match_how: str = ""
    sealed: str = ""

    def conclude(self):
        word(self)
        if not self.status:
            good = UPDATE if self.match_id else WARN if self.warnings else ACCEPT
            self.status = REJECT if self.errors else good
        return self


def word(line):
    """Puts the sentence of every issue beside its code, for those who read the staging table alone."""
    for found in (*line.errors, *line.warnings):
        found.setdefault("message", say(ROWS, found["code"], found["params"]))


@dataclass
class SheetContext:
    """What the lines of one sheet share."""

    sheet: object
    letters: dict
    street: str = ""
    own: bool = False

    @classmethod
    def of(cls, sheet, places):
        letters = {column.field: column.letter for column in sheet.columns if column.field}
        return cls(sheet, letters, places.street_of_sheet(sheet.name), "record_key" in letters)

    def cell(self, key, number):
        letter = self.letters.get(key) or next((self.letters[k] for k in PLACE_KEYS if k in self.letters), "A")
        return f"{letter}{number}"


def issue(code, key, cell, **params):
    return {"field": key, "cell": cell, "code": code, "params": params}


class Checker:
    """Checks the lines of one batch against each other and the register; reads the register once."""

    def __init__(self, batch, places):
        self.batch, self.places = batch, places
        district = next((pk for pk in places.root.ancestor_ids if pk in places.districts), None)
        rows = Organization.objects.filter(district=district) if district else Organization.objects.under(places.root)
        self.known = known(rows)
        self.stored = {r[0]: r for r in rows.values_list("id", "name", "division_id", "version", "uid")}
        self.by_uid = {str(r[4]): r[0] for r in self.stored.values()}
        self.first = {}

    def line(self, context, number, values, issues):
        """The Line of one row as read."""
        sheet = context.sheet
        line = Line(sheet.kind, sheet.name, number, values)
        if context.own:
            values["_columns"] = list(context.letters)
        for level, code, key, cell, params in issues:
            if code == "masked" and context.own:
                continue
            (line.errors if level == "error" else line.warnings).append(issue(code, key, cell, **params))
        division = self._place(line, context)
        check = {ORG: self._organization, BASE: self._base, NEED: self._need}.get(sheet.kind, self._project)
        check(line, context, division)
        self._parts(line, context)
        self._hide(line)
        return line.conclude()

    def _place(self, line, context):
        values, number = line.values, line.number
        answer = self.places.find(values, context.street)
        if is_problem(answer):
            if answer.code == "empty" and any(told["field"] in PLACE_KEYS for told in line.errors):
                return None  # what stood there was refused already
            code = "place_missing" if answer.code == "empty" else "place"
            params = {} if answer.code == "empty" else {"message": str(answer.message)}
            line.errors.append(issue(code, "region", context.cell("region", number), **params))
            return None
        if answer.doubt:
            line.warnings.append(issue("place", "region", context.cell("region", number), message=str(answer.doubt)))
        division = answer.division
        values["region_code"], values["region"] = division.code, division.full_name
        return division

    def _organization(self, line, context, division):
        home = self.places.home(division) if division else None
        if division and home is None:
            place = division.full_name
            line.errors.append(issue("place_level", "region", context.cell("region", line.number), place=place))
        if home is None:
            return
        district, choices, prefixes = home
        found = {"division": division.pk, "district": district}
        self._home_level(line, context, division)
        self._choose(line, context, choices, found)
        self._codes(line, context, division, found)
        line.values["found"] = found
        if line.values.get("phone") and not line.values.get("leader"):
            line.warnings.append(issue("phone_alone", "phone", context.cell("phone", line.number)))
        self._same(line, context, found, prefixes)

    def _home_level(self, line, context, division):
        said = line.values.get("region") and (context.letters.keys() & {"region", "region_code"})
        if division.level == "district":
            line.warnings.append(issue("place_district", "region", context.cell("region", line.number)))
        elif division.level == "street" and not said:
            line.warnings.append(issue("place_street", "region", context.cell("region", line.number)))

    def _choose(self, line, context, choices, found):
        if choices.scheme is None:
            line.errors.append(issue("no_scheme", "type", context.cell("type", line.number)))
            return
        self._choice(line, context, "tier", table=choices.tiers, found=found)
        self._choice(line, context, "type", table=choices.types, found=found)
        self._choice(line, context, "status", table=choices.states, found=found)

    def _choice(self, line, context, key, *, table, found):
        word = line.values.get(key)
        if word is None:
            return
        choice = table.get(word) or table.get(plain(word))
        cell = context.cell(key, line.number)
        if choice is None:
            code = "state_unknown" if key == "status" else f"{key}_unknown"
            words = dict.fromkeys(choice.word for choice in table.values() if not choice.doubtful)
            line.errors.append(issue(code, key, cell, value=word, choices="、".join(words)))
            return
        if choice.doubtful:
            line.warnings.append(issue("choice_guessed", key, cell, value=word, word=choice.word))
        found[key], line.values[key] = choice.value, choice.word

    def _codes(self, line, context, division, found):
        uscc = line.values.get("uscc", "")
        cell = context.cell("uscc", line.number)
        if not uscc:
            said = any(told["field"] == "uscc" for told in (*line.errors, *line.warnings))
            if found.get("tier") == Tier.REGISTERED and not said:
                line.warnings.append(issue("uscc_missing", "uscc", cell))
            return
        if not division.code.startswith(uscc[2:8]):
            line.warnings.append(issue("uscc_elsewhere", "uscc", cell, district=uscc[2:8]))

    def _same(self, line, context, found, prefixes):
        values, phone = line.values, line.values.get("phone", "")
        name = values.get("name")
        if not name:
            return
        key = name_key(name, prefixes=prefixes)
        found["key"], found["phone"] = key, lookup_hash(phone, "phone") if phone else ""
        new = Candidate(
            -1,
            None,
            key,
            found["division"],
            found["district"],
            values.get("uscc", ""),
            values.get("filing_no", ""),
            found.get("tier", ""),
            phone_hash=found["phone"],
            bits=signature(key),
        )
        if not self._same_in_file(line, context, new):
            self._same_in_register(line, context, new)

    def _same_in_file(self, line, context, new):
        here = (line.sheet, line.number)
        keys = [
            ("uscc", new.uscc),
            ("filing_no", new.filing_no and (new.district_id, new.filing_no)),
            ("name", (new.division_id, new.key)),
        ]
        for how, key in keys:
            first = key and self.first.get((how, key))
            if first and (how != "name" or verdict(new, first[0]) == "name"):
                return self._double(line, context, first[1], how)
        for how, key in keys:
            if key:
                self.first.setdefault((how, key), (new, here))
        return False

    def _double(self, line, context, first, how):
        key = how if how in ("uscc", "filing_no") else "name"
        sheet, row = first
        line.errors.append(issue("double_in_file", key, context.cell(key, line.number), sheet=sheet, row=row, how=how))
        line.status = REJECT if len(line.errors) > 1 else DUPLICATE
        return True

    def _same_in_register(self, line, context, new):
        key = line.values.get("record_key")
        cell = context.cell("name", line.number)
        if key and key in self.by_uid:
            return self._matched(line, context, self.by_uid[key], "key")
        if key:
            line.warnings.append(issue("moved_key", "record_key", cell))
        matches = self.known.match(new)
        sure = [match for match in matches if match.sure]
        if not sure:
            return self._near(line, cell, matches)
        best = [match for match in sure if match.how == sure[0].how]
        if len(best) > 1:
            names = "、".join(self.stored[match.id][1] for match in best[:5])
            return line.errors.append(issue("double_in_register", "name", cell, names=names))
        return self._matched(line, context, best[0].id, best[0].how)

    def _matched(self, line, context, pk, how):
        if self.stored[pk][2] not in self.places.rows:
            cell = context.cell(how if how in ("uscc", "filing_no") else "name", line.number)
            line.errors.append(issue("taken_elsewhere", how, cell))
            return
        line.match_id, line.match_how = pk, how
        first = self.first.setdefault(("match", pk), (None, (line.sheet, line.number)))
        if first[1] != (line.sheet, line.number):
            line.match_id = None
            self._double(line, context, first[1], how)

    def _near(self, line, cell, matches):
        for match in matches[:MOST_NEAR]:
            code = {"ended": "near_ended", "tier": "near_tier"}.get(match.how, "near")
            line.warnings.append(issue(code, "name", cell, name=self.stored[match.id][1], uid=str(match.uid)))

    def _base(self, line, context, division):
        if division is None:
            return
        cell = context.cell("region", line.number)
        if division.level != "community":
            line.errors.append(issue("place_not_community", "region", cell, place=division.full_name))
            return
        line.values["found"] = {"division": division.pk}
        if not line.errors and not base_of(line.values):
            line.status = SKIP
            return
        kind = {"城": "urban", "农": "rural", "村": "rural", "居": "urban"}.get((line.values.get("kind") or "?")[0])
        if kind and division.kind and kind != division.kind:
            said = {"value": line.values["kind"], "word": division.get_kind_display()}
            line.warnings.append(issue("kind_differs", "kind", context.cell("kind", line.number), **said))
        self._once(line, context, ("base", division.pk, line.values.get("year")), "division")

    def _need(self, line, context, division):
        if division is not None:
            line.values["found"] = {"division": division.pk}
            number = line.values.get("need_no")
            self._once(line, context, ("need", division.pk, number or line.values.get("content")), "number")

    def _project(self, line, context, division):
        if division is None:
            return
        values = line.values
        line.values["found"] = {"division": division.pk}
        self._once(
            line,
            context,
            ("proj", division.pk, values.get("proj_no") or (values.get("name"), values.get("org"))),
            "number",
        )
        if values.get("start") and values.get("end") and values["end"] < values["start"]:
            line.errors.append(issue("dates_order", "end", context.cell("end", line.number)))

    def _once(self, line, context, key, how):
        first = self.first.setdefault(key, (None, (line.sheet, line.number)))
        if first[1] != (line.sheet, line.number):
            self._double(line, context, first[1], how)

    def _parts(self, line, context):
        for part, whole in PARTS[line.kind]:
            few, many = line.values.get(part), line.values.get(whole)
            if few is None or many is None or few <= many:
                continue
            spec = BY_KIND[line.kind]
            params = {"part": spec.field(part).header, "whole": spec.field(whole).header, "few": few, "many": many}
            told = line.errors if line.kind == ORG or part in HARD_PARTS else line.warnings
            told.append(issue("part_larger", part, context.cell(part, line.number), **params))

    def _hide(self, line):
        """Phone and ID number leave the values for the sealed text; the values keep their masks."""
        secret = {key: line.values[key] for key in ("phone", "id_number") if line.values.get(key)}
        if secret:
            line.sealed = sealed(secret, line.values.get("found", {}).get("phone", ""))
        if "phone" in secret:
            line.values["phone"] = mask_phone(secret["phone"])
        if "id_number" in secret:
            line.values["id_number"] = mask_id(secret["id_number"])
        for found in (*line.errors, *line.warnings):
            if found["field"] in ("phone", "id_number") and found["params"].get("value"):
                found["params"]["value"] = hidden(found["params"]["value"])


def hidden(text):
    """A personal number as typed, all but its ends covered."""
    return text if len(text) < 4 else f"{text[:2]}{'*' * (len(text) - 4)}{text[-2:]}"
