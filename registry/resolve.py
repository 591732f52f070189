"""Find the division an officer means: by code, old code, name, former name, or street and community in one text."""

import difflib
import re
from collections import defaultdict
from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

from accounts.models import Division, DivisionAlias, DivisionLink, DivisionPeriod
from registry.place_names import bare, in_han, plain, reading, with_street

SCIENTIFIC = re.compile(r"^\d+(\.\d+)?E\+?\d+$", re.IGNORECASE)
CODE = re.compile(r"^\d{6,17}$")
CODE_AND_NAME = re.compile(r"^(?P<before>\D{2,})?(?P<code>\d{9}(?:\d{3})?)(?P<after>(?(before)|\D{2,}))$")
POINT_ZERO = re.compile(r"(?<=^\d{12})\.0+$")
ZEROS = re.compile(r"(?<=^\d{6})0{6}$|(?<=^\d{9})0{3}$")
MOST_GUESSES = 200

# Answers that hold but deserve a warning, with the sentence to say.
DOUBTS = {
    "code_reused": _("This code belonged to another place before; taken as %(place)s."),
    "code_only": _("The name is not known; taken by its code as %(place)s."),
    "name_only": _("The code is not known here; taken by its name as %(place)s."),
    "old_code": _("This code is no longer in use; taken as %(place)s."),
    "former": _("This is a former name or street; taken as %(place)s."),
    "bare": _("The name has no ending; taken as %(place)s."),
    "other_ending": _("The ending of the name differs; taken as %(place)s."),
    "other_street": _("It does not lie in the street stated; taken as %(place)s."),
}


class Found(NamedTuple):
    """The division, and how it was found: code, name, street_and_name, or a key of DOUBTS."""

    division: Division
    how: str

    @property
    def doubt(self):
        """The warning to show, or None."""
        sentence = DOUBTS.get(self.how)
        return sentence and sentence % {"place": self.division.full_name}


class Problem(NamedTuple):
    """Why nothing was chosen: empty, number, unknown, ambiguous or conflict; the sentence; the choices."""

    code: str
    message: str
    candidates: tuple = ()


class Resolver:
    """Resolves texts inside one division (a district, a street, a province): reads it once, then works in memory."""

    def __init__(self, root):
        self.root = root
        self.answers = {}
        self.guesses = 0
        inside = list(Division.objects.in_force().under(root))
        self.nodes = {row.pk: row for row in inside}
        self.streets = [row for row in inside if row.level not in {Division.Level.COMMUNITY, root.level}]
        self.codes = {row.code: row for row in inside}
        self.chain = self.read_chain()
        self.read_names()
        self.read_former()

    def read_chain(self):
        """Names that may stand before a place: province, city and district, also as 浙江嘉兴平湖."""
        rows = Division.objects.filter(pk__in=self.root.ancestor_ids).order_by("path")
        return [plain(row.name) for row in rows]

    def read_names(self):
        self.exact, self.ended, self.bared, self.street_names = (defaultdict(set) for _index in range(4))
        for row in self.nodes.values():
            for name in {plain(row.name), plain(row.short_name)}:
                self.exact[name].add(row.pk)
                if row != self.root:
                    self.bared[bare(name)].add(row.pk)
                if row.level == Division.Level.COMMUNITY:
                    self.ended[reading(name)].add(row.pk)
        for row in self.streets:
            for name in (plain(row.name), plain(row.short_name)):
                self.street_names[name].add(row.pk)

    def read_former(self):
        """Former names and codes: the aliases, the closed periods, and what abolished divisions went into."""
        self.former, self.old_codes = defaultdict(set), defaultdict(set)
        for row in DivisionAlias.objects.filter(division__path__startswith=self.root.path):
            self.remember(row.division_id, row.code, row.name, row.street_name)
        past = DivisionPeriod.objects.filter(division__path__startswith=self.root.path).exclude(ends=None)
        for row in past:
            self.remember(row.division_id, row.code, row.name)
        for row in DivisionLink.objects.filter(new__path__startswith=self.root.path).select_related("old"):
            self.remember(row.new_id, row.old.code, row.old.name)

    def remember(self, pk, code, name, street=""):
        if pk not in self.nodes:
            return
        if code and self.codes.get(code) != self.nodes[pk]:
            self.old_codes[code].add(pk)
        name, street = plain(name), with_street(plain(street))
        for key in filter(None, (name, reading(name))):
            self.former[key].add(pk)
            if street:
                self.former[street, key].add(pk)

    def resolve(self, text, *, street="", code=""):
        """Found(division, how) or Problem; the same question is answered from memory the second time.

        `text` is a name, a code, or street and community in one; `street` and `code` are the columns beside it, if any.
        A name outweighs a code that was re-used; code and name that point to different places are a conflict.
        """
        question = (text, street, code)
        if question not in self.answers:
            self.answers[question] = self.answer(*(clean(part) for part in question))
        return self.answers[question]

    def answer(self, text, street, code):
        written = CODE_AND_NAME.match(text)
        if written and not code:
            text, code = written["before"] or written["after"], written["code"]
        if looks_like_code(text):
            if code and digits_of(code) != digits_of(text):
                return self.by_both(code, self.by_code(text, street))
            text, code = "", text
        if not text and not code:
            return self.by_street(street) if street else Problem("empty", _("No place is stated."))
        if not code:
            return self.by_name(text, street)
        if not text:
            return self.by_code(code, street)
        return self.by_both(code, self.by_name(text, street))

    def by_street(self, street):
        return self.choose(self.find_street(street), "name", street)

    def by_code(self, code, street):
        if SCIENTIFIC.match(code):
            return Problem(
                "number", _("The code was turned into a number; format the column as text and type it again.")
            )
        number = digits_of(code)
        if number in self.codes:
            return Found(self.codes[number], "code_reused" if number in self.old_codes else "code")
        found = self.narrow(self.old_codes.get(number, ()), self.find_street(street))
        if not found:
            return Problem("unknown", _("There is no code %(code)s in %(place)s.") % {"code": code, "place": self.root})
        return self.choose(found, "old_code", code)

    def by_both(self, code, named):
        """Weigh a name's answer against the code beside it."""
        number = digits_of(code)
        now, before = self.codes.get(number), self.old_codes.get(number, set())
        meant = {row.pk for row in (named.candidates if isinstance(named, Problem) else [named.division])}
        if now and now.pk in meant:
            return Found(now, "code")
        if before & meant:
            return self.choose(before & meant, "old_code", code)
        if isinstance(named, Found):
            return self.differ(now, named) if now or before else Found(named.division, "name_only")
        coded = self.by_code(code, "")
        if named.code != "unknown" or isinstance(coded, Problem):
            return named
        return Found(coded.division, "code_only") if coded.how == "code" else coded

    def differ(self, now, named):
        sentence = _("The code is that of another place than %(place)s.") % {"place": named.division.full_name}
        return Problem("conflict", sentence, tuple(filter(None, (now, named.division))))

    def by_name(self, text, street):
        """Try the text as written, then with Arabic numbers as Chinese numerals, each without the district in front."""
        within = self.find_street(street)
        texts = dict.fromkeys(version for spelling in (text, in_han(text)) for version in self.versions(spelling))
        for version in texts:
            found, how = self.look_up(version, within)
            if found:
                answer = self.choose(found, how, text)
                return self.astray(answer) if street and not within else answer
        if within:
            return self.elsewhere(text)
        return self.unknown(text)

    def elsewhere(self, text):
        """Not in the street stated: somewhere else in the district, if only one place has the name."""
        return self.astray(self.by_name(text, ""))

    def astray(self, answer):
        """The answer as a doubt: the street beside it is another one, or none that is known."""
        return Found(answer.division, "other_street") if isinstance(answer, Found) else answer

    def versions(self, text):
        """The text, then without province, city and district in front: first whole names only, then also 浙江, 平湖."""
        yield text
        for short in (False, True):
            rest = text
            for name in self.chain:
                written = name if rest.startswith(name) or not short else bare_division(name)
                rest = rest.removeprefix(written) or rest
            yield rest

    def look_up(self, text, within):
        """(ids, how) of the first way of reading that finds anything; `within` holds street ids, or is empty."""
        for how, read in (
            ("name", self.read_exact),
            ("name", self.read_ended),
            ("street_and_name", self.read_split),
            ("former", self.read_as_former),
            ("bare", self.read_bare),
            ("street_and_name", self.read_loose_split),
            ("other_ending", self.read_other_ending),
        ):
            found = self.narrow(read(text, within), within) if how != "former" else read(text, within)
            if found:
                return found, how
        return set(), ""

    def narrow(self, found, within):
        """Inside the streets stated: communities before the streets themselves."""
        if not within:
            return set(found)
        below = {pk for pk in found if self.nodes[pk].parent_id in within}
        return below or set(found) & within

    def read_exact(self, text, _within):
        return self.exact.get(with_street(text), set()) | self.exact.get(text, set())

    def read_ended(self, text, _within):
        key = reading(text)
        return self.ended.get(key, ()) if key else ()

    def read_bare(self, text, _within):
        return self.bared.get(text, ())

    def read_other_ending(self, text, _within):
        """Another ending of the same core; a street's name means no community (天平街道 is not 天平居委会)."""
        found = self.bared.get(bare(text), ())
        return self.bare_streets(bare(text)) if text.endswith("街道") else found

    def read_as_former(self, text, within):
        """A former name, alone or after a former street; in the street stated if it lies or lay there."""
        keys = [key for key in (text, reading(text)) if key]
        if within:
            names = [with_street(plain(self.nodes[pk].name)) for pk in within]
            then = {pk for name in names for key in keys for pk in self.former.get((name, key), ())}
            return then or self.narrow({pk for key in keys for pk in self.former.get(key, ())}, within)
        for cut in range(2, len(text) - 1):
            street, rest = with_street(text[:cut]), text[cut:]
            keys += [(street, key) for key in (rest, reading(rest)) if key]
        return {pk for key in keys for pk in self.former.get(key, ())}

    def read_split(self, text, _within, loose=False):
        """Street and community as one text: 坪山街道六联社区, 坪山街道办事处六联; `loose`: also 坪山六联社区."""
        found = set()
        for cut in range(len(text) - 1, 1, -1):
            streets = self.bare_streets(text[:cut]) if loose else self.street_names.get(with_street(text[:cut]), ())
            found |= {pk for street in streets for pk in self.below(street, text[cut:])}
        return found

    def read_loose_split(self, text, within):
        return self.read_split(text, within, loose=True)

    def bare_streets(self, text):
        return [pk for pk in self.bared.get(text, ()) if self.nodes[pk].level != Division.Level.COMMUNITY]

    def below(self, street, text):
        """Communities of one street (or of a district, when the root is a province) that the rest of a text names."""
        path = self.nodes[street].path
        for read in (self.read_exact, self.read_ended, self.read_bare, self.read_split, self.read_other_ending):
            found = {pk for pk in read(text, ()) if pk != street and self.nodes[pk].path.startswith(path)}
            if found:
                return found
        return set()

    def find_street(self, street):
        """Ids of the streets a street column names; none when it is empty or unknown."""
        if not street:
            return set()
        texts = [with_street(version) for version in self.versions(street)]
        found = next((self.street_names[text] for text in texts if text in self.street_names), set())
        return set(found) or {pk for text in texts for pk in self.bare_streets(text)}

    def choose(self, found, how, text):
        if len(found) == 1:
            return Found(self.nodes[next(iter(found))], how)
        rows = tuple(sorted((self.nodes[pk] for pk in found), key=lambda row: row.code))
        if not rows:
            return self.unknown(text)
        names = "、".join(f"{row.full_name} {row.code}" for row in rows[:5])
        sentence = _("“%(text)s” may mean several places: %(names)s. Write the street too, or the code.")
        return Problem("ambiguous", sentence % {"text": text, "names": names}, rows)

    def unknown(self, text):
        near = self.near(text)
        sentence = _("“%(text)s” is not a place in %(root)s.") % {"text": text, "root": self.root}
        if near:
            names = "、".join(row.full_name for row in near)
            sentence = _("%(sentence)s Is it %(names)s?") % {"sentence": sentence, "names": names}
        return Problem("unknown", sentence, near)

    def near(self, text):
        """Up to three places spelled alike; for the first 200 unknown texts only: each walks over all names."""
        self.guesses += 1
        if self.guesses > MOST_GUESSES:
            return ()
        names = difflib.get_close_matches(text, self.exact, n=3, cutoff=0.6)
        return tuple(self.nodes[min(self.exact[name])] for name in names)


def clean(part):
    """Comparable text; a code that became a number (330482001019.0) loses its point first; nothing is that long."""
    return plain(POINT_ZERO.sub("", str("" if part is None else part).strip()))[:120]


def looks_like_code(text):
    return bool(CODE.match(text) or SCIENTIFIC.match(text))


def digits_of(code):
    """The code without the zeros that fill a street's or district's up to twelve places."""
    return ZEROS.sub("", code)


def bare_division(name):
    return name[:-1] if len(name) > 2 and name[-1] in "省市区县" else name
