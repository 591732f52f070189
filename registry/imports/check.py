"""Row by row: place, choices, doubles and the rules every form keeps; the verdict of each line of the file."""

from dataclasses import dataclass, field

from django.utils import timezone

from accounts.models import Division
from casework.sealing import lookup_hash, mask_id, mask_phone
from registry.imports.facts import base_of
from registry.imports.matches import Firsts, Register
from registry.imports.sealed import sealed
from registry.imports.sentences import ROWS, say
from registry.models import DivisionYear
from registry.models.scheme import Tier
from registry.naming import name_key, number_key
from registry.services.guards import FIRST_YEAR
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
# What communities alone state: in the row of a street it is probably a sum of theirs.
OF_COMMUNITIES = ("population", "registered_pop", "households", "reg_volunteers")
SECRETS = {"phone": mask_phone, "id_number": mask_id}


@dataclass(slots=True)
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
    for told in (line.errors, line.warnings):
        for found in told:
            found.setdefault("message", say(ROWS, found["code"], found["params"]))


@dataclass(slots=True)
class SheetContext:
    """What the lines of one sheet share; `own` marks the portal's own export, whose empty cells mean empty."""

    sheet: object
    letters: dict
    street: str = ""
    community: str = ""
    own: bool = False
    says_place: bool = False

    @classmethod
    def of(cls, sheet, places):
        letters = {column.field: column.letter for column in sheet.columns if column.field}
        says_place = "region" in letters or "region_code" in letters
        community = "" if set(PLACE_KEYS) & set(letters) else places.community_of_sheet(sheet.name)
        street = places.street_of_sheet(sheet.name)
        return cls(sheet, letters, street, community, "record_key" in letters, says_place or bool(community))

    def cell(self, key, number):
        letter = self.letters.get(key) or next((self.letters[k] for k in PLACE_KEYS if k in self.letters), "A")
        return f"{letter}{number}"


def issue(code, key, cell, **params):
    return {"field": key, "cell": cell, "code": code, "params": params}


class Checker:
    """Checks the lines of one batch against each other and the register; reads the register once."""

    def __init__(self, batch, places):
        self.batch, self.places = batch, places
        self.register, self.firsts = Register(places), Firsts()
        self.checks = {ORG: self._organization, BASE: self._base, NEED: self._need}

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
        spot = self._place(line, context)
        self.checks.get(sheet.kind, self._project)(line, context, spot)
        self._parts(line, context)
        self._hide(line)
        return line.conclude()

    def _place(self, line, context):
        """The Spot the line speaks of, its official words put in the line's cells; None where it names none."""
        values = line.values
        spot = self.places.spot(
            values.get("region") or context.community,
            values.get("street") or context.street,
            values.get("region_code") or "",
        )
        if spot.division is None:
            self._no_place(line, context, spot)
            return None
        if spot.message:
            cell = context.cell("region", line.number)
            line.warnings.append(issue("place", "region", cell, message=spot.message))
        values["region_code"], values["region"] = spot.code, spot.name
        return spot

    def _no_place(self, line, context, spot):
        if spot.problem == "empty" and any(told["field"] in PLACE_KEYS for told in line.errors):
            return  # what stood there was refused already
        code = "place_missing" if spot.problem == "empty" else "place"
        params = {} if spot.problem == "empty" else {"message": spot.message}
        line.errors.append(issue(code, "region", context.cell("region", line.number), **params))

    def _organization(self, line, context, spot):
        if spot is None:
            return
        if spot.home is None:
            cell = context.cell("region", line.number)
            line.errors.append(issue("place_level", "region", cell, place=spot.name))
            return
        district, choices, prefixes = spot.home
        found = line.values["found"] = {"division": spot.division.pk, "district": district}
        if spot.level != "community":
            self._home_level(line, context, spot.level)
        self._choose(line, context, choices, found)
        self._codes(line, context, spot, found)
        if line.values.get("phone") and not line.values.get("leader"):
            line.warnings.append(issue("phone_alone", "phone", context.cell("phone", line.number)))
        self._same(line, context, found, prefixes)

    def _home_level(self, line, context, level):
        if level == "district":
            line.warnings.append(issue("place_district", "region", context.cell("region", line.number)))
        elif level == "street" and not context.says_place:
            line.warnings.append(issue("place_street", "region", context.cell("region", line.number)))

    def _choose(self, line, context, choices, found):
        values = line.values
        answer = choices.choose(values.get("tier"), values.get("type"), values.get("status"))
        for level, code, key, params in answer.doubts:
            told = line.errors if level == "error" else line.warnings
            told.append(issue(code, key, context.cell(key, line.number), **params))
        found.update(answer.values)
        values.update(answer.words)

    def _codes(self, line, context, spot, found):
        uscc = line.values.get("uscc", "")
        if not uscc:
            told = (told["field"] for told in (*line.errors, *line.warnings))
            if found.get("tier") == Tier.REGISTERED and "uscc" not in told:
                line.warnings.append(issue("uscc_missing", "uscc", context.cell("uscc", line.number)))
            return
        if not spot.code.startswith(uscc[2:8]):
            cell = context.cell("uscc", line.number)
            line.warnings.append(issue("uscc_elsewhere", "uscc", cell, district=uscc[2:8]))

    def _same(self, line, context, found, prefixes):
        values, phone = line.values, line.values.get("phone")
        name = values.get("name")
        if not name:
            return
        found["key"] = name_key(name, prefixes=prefixes)
        found["phone"] = lookup_hash(phone, "phone") if phone else ""
        uscc, filing_no = values.get("uscc", ""), number_key(values.get("filing_no", ""))
        first = self.firsts.organization(
            found,
            uscc,
            filing_no,
            registered=found.get("tier") == Tier.REGISTERED,
            here=(line.sheet, line.number),
            good=not line.errors,
        )
        if first:
            self._double(line, context, *first)
        else:
            self._same_in_register(line, context, found, uscc, filing_no)

    def _double(self, line, context, first, how):
        key = how if how in ("uscc", "filing_no") else "name"
        sheet, row = first
        line.errors.append(issue("double_in_file", key, context.cell(key, line.number), sheet=sheet, row=row, how=how))
        line.status = REJECT if len(line.errors) > 1 else DUPLICATE

    def _same_in_register(self, line, context, found, uscc, filing_no):
        key, register = line.values.get("record_key"), self.register
        if key and key in register.by_uid:
            return self._matched(line, context, register.by_uid[key], "key")
        if key:
            line.warnings.append(issue("moved_key", "record_key", context.cell("name", line.number)))
        matches = register.matches(found, uscc, filing_no)
        sure = [match for match in matches if match.sure]
        if not sure:
            return self._near(line, context, matches)
        best = [match for match in sure if match.how == sure[0].how]
        if len(best) > 1:
            names = "、".join(register.stored[match.id][1] for match in best[:5])
            return line.errors.append(
                issue("double_in_register", "name", context.cell("name", line.number), names=names)
            )
        return self._matched(line, context, best[0].id, best[0].how)

    def _matched(self, line, context, pk, how):
        if self.register.stored[pk][2] not in self.places.rows:
            cell = context.cell(how if how in ("uscc", "filing_no") else "name", line.number)
            line.errors.append(issue("taken_elsewhere", how, cell))
            return
        line.match_id, line.match_how = pk, how
        first = self.firsts.first(("match", pk), (line.sheet, line.number))
        if first:
            line.match_id = None
            self._double(line, context, first, how)

    def _near(self, line, context, matches):
        for match in matches[:MOST_NEAR]:
            code = {"ended": "near_ended", "tier": "near_tier"}.get(match.how, "near")
            name, cell = self.register.stored[match.id][1], context.cell("name", line.number)
            line.warnings.append(issue(code, "name", cell, name=name, uid=str(match.uid)))

    def _base(self, line, context, spot):
        if spot is None:
            return
        division = spot.division
        cell = context.cell("region", line.number)
        if spot.level not in DivisionYear.LEVELS:
            line.errors.append(issue("place_not_community", "region", cell, place=spot.name))
            return
        if spot.level == Division.Level.STREET and any(line.values.get(name) for name in OF_COMMUNITIES):
            line.warnings.append(issue("street_total", "region", cell, place=spot.name))
        line.values["found"] = {"division": division.pk}
        self._year(line, context)
        if not line.errors and not base_of(line.values):
            line.status = SKIP
            return
        kind = {"城": "urban", "农": "rural", "村": "rural", "居": "urban"}.get((line.values.get("kind") or "?")[0])
        if kind and division.kind and kind != division.kind:
            said = {"value": line.values["kind"], "word": division.get_kind_display()}
            line.warnings.append(issue("kind_differs", "kind", context.cell("kind", line.number), **said))
        self._once(line, context, ("base", division.pk, line.values.get("year")), "division")

    def _year(self, line, context):
        year = line.values.get("year")
        if year is not None and not FIRST_YEAR <= year <= timezone.localdate().year:
            cell = context.cell("year", line.number)
            line.errors.append(issue("year_range", "year", cell, value=year, first=FIRST_YEAR))

    def _need(self, line, context, spot):
        if spot is not None:
            place = spot.division.pk
            line.values["found"] = {"division": place}
            said = line.values.get("need_no") or line.values.get("content")
            self._once(line, context, ("need", place, said), "number")

    def _project(self, line, context, spot):
        if spot is None:
            return
        values, place = line.values, spot.division.pk
        values["found"] = {"division": place}
        said = values.get("proj_no") or (values.get("name"), values.get("org"))
        self._once(line, context, ("proj", place, said), "number")
        if values.get("start") and values.get("end") and values["end"] < values["start"]:
            line.errors.append(issue("dates_order", "end", context.cell("end", line.number)))

    def _once(self, line, context, key, how):
        first = self.firsts.first(key, (line.sheet, line.number), good=not line.errors)
        if first:
            self._double(line, context, first, how)

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
        values = line.values
        secret = {key: values[key] for key in SECRETS if values.get(key)}
        if secret:
            line.sealed = sealed(secret, values.get("found", {}).get("phone", ""))
        for key, text in secret.items():
            values[key] = SECRETS[key](text)
        for told in (line.errors, line.warnings):
            for found in told:
                if found["field"] in SECRETS and found["params"].get("value"):
                    found["params"]["value"] = hidden(found["params"]["value"])


def hidden(text):
    """A personal number as typed, all but its ends covered."""
    return text if len(text) < 4 else f"{text[:2]}{'*' * (len(text) - 4)}{text[-2:]}"
