"""The words a matter is declared in: the facts it asks for, its papers, its conditions and its guide."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from accounts.models import Division
from registry.checks import check
from registry.models import Organization
from registry.models.organization import COUNTED
from registry.models.scheme import Tier

NUMBER = re.compile(r"[0-9]{1,18}\Z")
# Kinds of asks whose values stand on FilingPerson, never in the filing's data.
PEOPLE = ("leader", "founders", "roster")


@dataclass(frozen=True)
class Ask:
    """One fact: its key, how it is asked and checked, on which page.

    `kind` is text, long, count, date, choice, many, division, organization, former (a registered organization that has
    ended), or one of PEOPLE. `rule` names the survey field whose normaliser checks it. `choices(filing)` gives [(code,
    name)] for choice and many. `when(filing)` leaves the fact out where it does not apply. `replaces` names the fact of
    the record it takes the place of: the form shows what stands there now, the officer what was and what is to be.
    """

    key: str
    label: str
    kind: str = "text"
    page: int = 1
    required: bool = True
    hint: str = ""
    rule: str = ""
    length: int = 200
    choices: Callable | None = None
    when: Callable | None = None
    replaces: str = ""

    def clean(self, raw, filing):
        """The plain value of what was typed, None for nothing. Raises ValidationError with a sentence to mend it."""
        if raw in (None, "", []):
            return None
        return CLEANERS[self.kind](self, raw, filing)


def clean_text(ask, raw, filing):
    if ask.rule:
        return check(ask.rule, raw)
    text = " ".join(str(raw).split()) if ask.kind == "text" else str(raw).strip()
    if len(text) > ask.length:
        raise ValidationError(_("Please use at most %(limit)s characters."), params={"limit": ask.length})
    return text or None


def clean_count(ask, raw, filing):
    return check(ask.rule or "members", str(raw))


def clean_date(ask, raw, filing):
    read = raw.isoformat() if isinstance(raw, date) else check("founded", str(raw))
    return read and date.fromisoformat(read)


def clean_choice(ask, raw, filing):
    if str(raw) not in {code for code, _name in ask.choices(filing)}:
        raise ValidationError(_("Please choose one of the list."))
    return str(raw)


def clean_many(ask, raw, filing):
    codes = [code for code, _name in ask.choices(filing)]
    wanted = {str(one) for one in ([raw] if isinstance(raw, str) else raw)}
    if not wanted <= set(codes):
        raise ValidationError(_("Please choose one of the list."))
    return [code for code in codes if code in wanted]


def clean_division(ask, raw, filing):
    """A community or street in force of the case's own district."""
    found = Division.objects.in_force().filter(pk=raw, virtual=False) if NUMBER.match(str(raw)) else ()
    homes = (Division.Level.COMMUNITY, Division.Level.STREET)
    division = next((row for row in found if row.level in homes), None)
    if division is None or not division.path.startswith(district_path(filing.case.division_path)):
        raise ValidationError(_("Please choose a community of this district."))
    return division


def clean_organization(ask, raw, filing):
    """An organization that could join the filing's own, by its uid."""
    try:
        found = joinable(filing).filter(uid=raw).first()
    except ValidationError:
        found = None
    if found is None:
        raise ValidationError(_("Please choose a filed organization of the same street and tier."))
    return found


def joinable(filing):
    """Filed organizations in force of the same street and tier: those that could join the filing's own."""
    organization = filing.organization
    street = ".".join([*organization.division_path.split(".")[:-1][:4], ""])
    rows = Organization.objects.in_force().filter(division_path__startswith=street, tier=organization.tier)
    return rows.exclude(pk=organization.pk).exclude(filing_no="")


def clean_former(ask, raw, filing):
    """A registered organization of the district that has ended, by its credit code or name; once granted the record."""
    if filing.organization is not None:
        return filing.organization
    text = " ".join(unicodedata.normalize("NFKC", str(raw)).split())
    rows = Organization.objects.filter(
        Q(uscc=text.upper()) | Q(name=text),
        tier=Tier.REGISTERED,
        successor=None,
        division_path__startswith=district_path(filing.case.division_path),
    ).select_related("division", "leader")[:20]
    ended = [row for row in rows if row.state not in COUNTED]
    if len(ended) == 1:
        return ended[0]
    if ended:
        raise ValidationError(_("Several organizations had this name. Please give the credit code."))
    if rows:
        raise ValidationError(_("%(name)s is still registered; it must be deregistered first.") % {"name": rows[0]})
    raise ValidationError(_("No registered organization of this district has ended under this name or credit code."))


def district_path(path):
    """The path of the district a place lies in: the tree is province, city, district, street, community."""
    ids = [int(part) for part in path.split(".") if part]
    row = Division.objects.filter(pk__in=ids, level=Division.Level.DISTRICT).first()
    return row.path if row else path


CLEANERS = {
    "text": clean_text,
    "long": clean_text,
    "count": clean_count,
    "date": clean_date,
    "choice": clean_choice,
    "many": clean_many,
    "division": clean_division,
    "organization": clean_organization,
    "former": clean_former,
}


@dataclass(frozen=True)
class Paper:
    """A paper handed in with a matter; `sample` names a blank form the portal prints itself."""

    code: str
    label: str
    required: bool = True
    hint: str = ""
    personal: bool = False
    sample: str = ""
    when: Callable | None = None


@dataclass(frozen=True)
class Condition:
    """A condition a policy sets, checked while the form is filled in: `test(values, people, limit)` and its reason.

    `anchor` is the ask it is shown at; `needed` False only advises. `policy` may switch it off with False. `otherwise`
    is a condition that does as well, with a number of its own.
    """

    code: str
    label: str
    anchor: str
    policy: str
    default: int | bool | str
    test: Callable
    when: Callable | None = None
    needed: bool = True
    basis: str = ""
    otherwise: "Condition | None" = None

    @property
    def ways(self):
        return (self, self.otherwise) if self.otherwise else (self,)

    def words(self, limit_of):
        """In words, with the numbers `limit_of(condition)` gives; empty where the policy asks for nothing."""
        limits = [(way, limit_of(way)) for way in self.ways]
        texts = [str(way.label) % {"limit": limit} for way, limit in limits if limit is not False]
        return str(_(", or ")).join(texts)


@dataclass(frozen=True)
class Matter:
    """A matter as its guide tells it (办事指南) and its form asks it.

    `tiers` are the tiers of the organizations it is about; empty when it makes a new one. `by_authority` matters are
    opened by officers only. `prefill(organization)` gives what the register knows already, as raw values.
    """

    kind: str
    code: str
    label: str
    intro: str
    who: str
    asks: tuple[Ask, ...]
    pages: tuple[str, ...] = ()
    papers: tuple[Paper, ...] = ()
    conditions: tuple[Condition, ...] = ()
    basis: tuple[str, ...] = ()
    tiers: tuple[str, ...] = ()
    result: str = ""
    by_authority: bool = False
    prefill: Callable | None = None

    def ask(self, key):
        return next((ask for ask in self.asks if ask.key == key), None)

    def asked(self, filing):
        """The asks that apply to this filing."""
        return [ask for ask in self.asks if ask.when is None or ask.when(filing)]

    def papers_for(self, filing):
        return [paper for paper in self.papers if paper.when is None or paper.when(filing)]

    @property
    def needs_organization(self):
        return bool(self.tiers)
