"""Rows of a workbook straight from the database: words made in SQL, numbers opened here, one server-side cursor."""

from dataclasses import dataclass

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import BooleanField, Case, CharField, F, FilteredRelation, Func, OuterRef, Value, When
from django.db.models.functions import Cast, Concat, Left

from accounts.models.division import in_paths
from casework.sealing import mask_phone, unseal
from registry.models import OrganizationFlag, Term, TierWord
from registry.models.organization import State
from registry.models.scheme import Tier

CHUNK = 2000
REVEAL = "registry.reveal_person"
TEXT = CharField()
JOINED = "(SELECT string_agg(word, '、') FROM jsonb_array_elements_text(%(expressions)s) AS word)"


@dataclass(frozen=True)
class Phone:
    """A column of phones: the sealed text, the uid it is bound to, and whether this reader gets it in full."""

    sealed: str
    uid: Cast
    full: object


def lines(rows, columns):
    """The rows as sequences of these columns (names, expressions and at most one Phone), in the order of `rows`."""
    at = next((at for at, column in enumerate(columns) if isinstance(column, Phone)), None)
    if at is None:
        return rows.values_list(*columns).iterator(chunk_size=CHUNK)
    phone = columns[at]
    found = rows.values_list(*columns[:at], phone.sealed, *columns[at + 1 :], phone.uid, phone.full)
    return (with_phone(row, at) for row in found.iterator(chunk_size=CHUNK))


def with_phone(row, at):
    *cells, uid, full = row
    if cells[at]:
        clear = unseal(cells[at], row_uid=uid, field="phone")
        cells[at] = clear if full else mask_phone(clear)
    return cells


def ordered(rows, figures):
    """The organizations in the order of the list, with the yearly figures that satisfy the condition as `figures`."""
    return rows.annotate(figures=FilteredRelation("years", condition=figures)).order_by("division_path", "id")


class Words:
    """The words of codes as columns, and what of people a reader may see; read once per workbook."""

    def __init__(self, user, *, unmasked=False):
        self.unmasked = unmasked
        self.reveal_paths = user.paths(REVEAL)

    def tier(self):
        """The word the organization's scheme has for its tier, else the portal's own."""
        words = {}
        for row in TierWord.objects.order_by("order", "id"):
            words.setdefault((row.scheme_id, row.tier), row.word)
        own = [When(type__scheme=scheme, tier=tier, then=Value(word, TEXT)) for (scheme, tier), word in words.items()]
        return Case(*own, default=worded("tier", Tier.choices), output_field=TEXT)

    def state(self):
        """The state as the portal's pages show it."""
        return worded("state", State.choices)

    def survey_state(self):
        """The survey's word for the state; empty for a state the survey has no word for."""
        return worded("state", terms(Term.List.STATE))

    def flags(self):
        word = worded("flag", terms(Term.List.FLAG), default=F("flag"))
        words = ArraySubquery(held().order_by("flag").annotate(word=word).values("word"))
        return Func(words, Value("、"), function="array_to_string", output_field=TEXT)

    def person(self, who, path):
        """The name in full for those who may see the number behind it; 王* for all others."""
        name = f"{who}__name"
        masked = When(**{f"{name}__gt": ""}, then=Concat(Left(name, 1), Value("*")))
        return Case(When(in_paths(path, self.reveal_paths), then=F(name)), masked, output_field=TEXT)

    def phone(self, who, path):
        """Phones, masked unless the export is an unmasked one and the reader holds the right at the place."""
        paths = self.reveal_paths if self.unmasked else ()
        full = Case(When(in_paths(path, paths), then=True), default=False, output_field=BooleanField())
        return Phone(f"{who}__phone_sealed", Cast(f"{who}__uid", TEXT), full)


def held():
    return OrganizationFlag.objects.filter(organization=OuterRef("pk"), ends=None)


def terms(list_):
    return Term.objects.filter(list=list_).values_list("code", "name")


def worded(field, pairs, default=None):
    """The word of a field's code out of (code, word) pairs."""
    return Case(
        *(When(**{field: code}, then=Value(str(word), TEXT)) for code, word in pairs),
        default=default,
        output_field=TEXT,
    )


def joined(field):
    """A list of words as one text; empty for an empty list."""
    return Func(F(field), template=JOINED, output_field=TEXT)


def place():
    """Street and community as the survey writes them; a street-wide body only its street."""
    name = "division__short_name"
    community = When(division__level="community", then=Concat("division__parent__short_name", name))
    return Case(community, default=F(name), output_field=TEXT)


def place_words(level, name, parent):
    """The same for a division at hand."""
    return f"{parent or ''}{name}" if level == "community" else name
