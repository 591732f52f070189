"""The form of a matter: its asks as questions to fill in, and what was typed into them read back."""

import re
from dataclasses import dataclass, field
from itertools import zip_longest

from django import forms
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _

from accounts.forms import DivisionCascade, DivisionField
from accounts.models import Division
from registry.directory import published_divisions
from registry.matters.asks import PEOPLE, district_path, joinable
from registry.public_forms import PublicCascade
from registry.services import filing_people

ROSTER_LINE = re.compile(r"(?P<name>.*?)[\s,，、:：]*(?P<phone>[0-9*+][0-9*+ -]{5,})?\Z")
FEWEST_FOUNDERS = 3
RADIOS = 10
UNIT = "unit"


@dataclass
class Question:
    """One ask on a page: what stands in it, what is wrong with it, whether it may be changed."""

    ask: object
    raw: object
    errors: list = field(default_factory=list)
    choices: list = field(default_factory=list)
    conditions: list = field(default_factory=list)
    locked: str = ""
    items: list = field(default_factory=list)
    widget: str = ""
    present: str | None = None

    @property
    def template(self):
        return f"apply/asks/{TEMPLATES.get(self.ask.kind, 'text')}.html"

    @property
    def must(self):
        """Whether it may stay empty: not where the ask or a condition of the policy needs it."""
        return self.ask.required or any(row["needed"] for row in self.conditions)

    @property
    def is_group(self):
        """Labelled as a group of inputs, not by a label of its own."""
        return self.ask.kind in ("choice", "many", "division", "leader", "founders") and not self.is_select

    @property
    def is_select(self):
        few = self.ask.required and len(self.choices) <= RADIOS
        return self.ask.kind == "organization" or (self.ask.kind == "choice" and not few)

    @property
    def rows(self):
        """Rows of people: those typed, and as many empty ones as the form should offer."""
        typed = list(self.raw or [])
        fewest = FEWEST_FOUNDERS if self.ask.kind == "founders" else 1
        return typed + [{}] * max(fewest - len(typed), int(self.ask.kind == "founders"))

    @property
    def lines(self):
        """The roster as text: a name a line, a phone behind it when one is known."""
        return "\n".join(" ".join(filter(None, (row.get("name"), row.get("phone")))) for row in self.raw or [])

    @property
    def described_by(self):
        now = ("present",) * (self.present is not None)
        return " ".join(f"{self.ask.key}_{part}" for part in (*now, "hint", "error", "conditions"))


TEMPLATES = {
    "long": "long",
    "choice": "choice",
    "many": "many",
    "division": "division",
    "organization": "organization",
    "leader": "leader",
    "founders": "founders",
    "roster": "roster",
}


def stored(filing, ask):
    """What was typed into an ask, as it may be shown again: personal numbers masked."""
    if ask.kind not in PEOPLE:
        return filing.data.get(ask.key) or ([] if ask.kind == "many" else "")
    people = filing_people.by_role(filing)[ask.kind]
    return [
        {"name": row.name, "unit": row.is_unit, **{key: filing_people.shown(row, key) for key in filing_people.NUMBERS}}
        for row in people
    ]


def question(filing, ask, *, typed=None, errors=None, strict=False, conditions=(), locked="", items=(), present=None):
    """The question of an ask. Nothing is called wrong before somebody typed something, unless `strict`."""
    raw = stored(filing, ask) if typed is None or ask.key not in typed else typed[ask.key]
    made = Question(ask, raw, locked=locked, items=list(items), present=present)
    made.errors = list((errors or {}).get(ask.key, ())) if strict or raw else []
    made.conditions = [row for row in conditions if row["anchor"] == ask.key]
    if ask.kind in ("choice", "many"):
        made.choices = ask.choices(filing)
    elif ask.kind == "division":
        made.widget = cascade(ask, raw, district_path(filing.case.division_path))
    elif ask.kind == "organization":
        made.choices = others_of(filing)
    return made


def cascade(ask, raw, path=""):
    """District – street – community inside the district."""
    places = DivisionField(published_divisions().filter(path__startswith=path), widget=PublicCascade)
    return places.widget.render(ask.key, raw, {"id": ask.key, "aria_describedby": f"{ask.key}_hint {ask.key}_error"})


def others_of(filing):
    """Organizations that could join this one."""
    rows = joinable(filing).select_related("division").order_by("division_path", "name")[:500]
    return [(str(row.uid), f"{row.name}（{row.division}）") for row in rows]


def given(post, asks):
    """{key: raw value} of the asks a form holds; it names each in `ask`, so that an emptied one is emptied."""
    held = set(post.getlist("ask"))
    return {ask.key: READERS.get(ask.kind, read_text)(post, ask.key) for ask in asks if ask.key in held}


def read_text(post, key):
    return post.get(key, "")


def read_many(post, key):
    return post.getlist(key)


def read_leader(post, key):
    row = {part: post.get(f"{key}-{part}", "").strip() for part in ("name", "phone", "id_number")}
    return [row] if any(row.values()) else []


def read_founders(post, key):
    rows = zip_longest(post.getlist(f"{key}-name"), post.getlist(f"{key}-kind"), fillvalue="")
    return [{"name": name.strip(), "unit": kind == UNIT} for name, kind in rows if name.strip()]


def read_roster(post, key):
    """A person a line: the name, then a phone if one is known."""
    lines = [line.strip() for line in post.get(key, "").splitlines() if line.strip()]
    found = [ROSTER_LINE.match(line) for line in lines]
    return [{"name": row["name"].strip(), "phone": (row["phone"] or "").strip()} for row in found]


READERS = {"many": read_many, "leader": read_leader, "founders": read_founders, "roster": read_roster}


class PlaceField(DivisionField):
    """A community (or a street, for organizations that meet all over it) that takes filings online."""

    homes = (Division.Level.COMMUNITY, Division.Level.STREET)

    def clean(self, value):
        division = super().clean(value)
        if division.level not in self.homes:
            raise forms.ValidationError(_("Please choose down to the community."))
        return division


class StartForm(forms.Form):
    """What opens a draft: where the organization meets, and for whom a clerk files."""

    own_name = forms.CharField(
        label=_("Your name"),
        max_length=100,
        min_length=2,
        help_text=_("As on your ID card; letters are addressed to it."),
    )
    applicant = forms.CharField(label=_("Name of the person you file for"), max_length=100)
    division = PlaceField(
        Division.objects.none(),
        label=_("Community"),
        help_text=_("Where the organization meets; its committee checks what you file."),
    )

    def __init__(self, data=None, *, places, acting, staff=False, named=True, initial=None):
        super().__init__(data, initial=initial)
        if places is None:
            del self.fields["division"]
        else:
            self.fields["division"].widget = DivisionCascade() if staff else PublicCascade()
            self.fields["division"].queryset = places
        if not acting:
            del self.fields["applicant"]
        if named:
            del self.fields["own_name"]


def conditions_html(rows):
    """The conditions of one question, as the page shows them."""
    return render_to_string("apply/parts/conditions.html", {"conditions": rows})
