"""Organizations as flat rows for a workbook: one statement, walked by a server-side cursor, words looked up once."""

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, FilteredRelation, OuterRef, Q

from registry.models import OrganizationFlag, Term, TierWord
from registry.models.organization import State
from registry.models.scheme import Tier
from registry.sealing import mask_name, mask_phone, unseal

CHUNK = 2000
FIGURES = (
    "members",
    "volunteers",
    "party_members",
    "party_org",
    "fulltime",
    "certified",
    "activities",
    "served",
    "income",
)
COLUMNS = (
    "uid",
    "version",
    "name",
    "tier",
    "state",
    "division_path",
    "uscc",
    "filing_no",
    "founded",
    "ended",
    "place",
    "updated_at",
    "type__name",
    "type__scheme_id",
    "division__level",
    "division__short_name",
    "division__parent__short_name",
    "leader__uid",
    "leader__name",
    "leader__phone_sealed",
)
SURVEY_COLUMNS = ("division__code", "place_area", "targets", "fields", "fund_sources", "rating", "remark")
LIST_FIGURES = FIGURES[:3]
REVEAL = "registry.reveal_person"


def list_records(rows):
    """What the list shows of the organizations, in its order: named tuples with their newest figures."""
    return records(rows, Q(years__next_year=None), COLUMNS, LIST_FIGURES)


def survey_records(rows, year):
    """What the survey asks of the organizations, in the order of the list: named tuples with that year's figures."""
    return records(rows, Q(years__year=year), (*COLUMNS, *SURVEY_COLUMNS), FIGURES)


def records(rows, figures, columns, names):
    held = OrganizationFlag.objects.filter(organization=OuterRef("pk"), ends=None).order_by("flag").values("flag")
    rows = rows.annotate(figures=FilteredRelation("years", condition=figures), held=ArraySubquery(held))
    rows = rows.annotate(**{f"year_{name}": F(f"figures__{name}") for name in names})
    wanted = (*columns, *(f"year_{name}" for name in names), "held")
    return rows.order_by("division_path", "id").values_list(*wanted, named=True).iterator(chunk_size=CHUNK)


class Words:
    """The words of codes, and what of people a reader may see; read once per workbook."""

    def __init__(self, user, *, unmasked=False):
        self.unmasked = unmasked
        self.reveal_paths = tuple(user.paths(REVEAL))
        self.states = {state.value: str(state.label) for state in State}
        self.plain_tiers = {tier.value: str(tier.label) for tier in Tier}
        self.tiers = {}
        for row in TierWord.objects.order_by("order", "id"):
            self.tiers.setdefault((row.scheme_id, row.tier), row.word)
        self.terms = {}
        for row in Term.objects.filter(list__in=(Term.List.FLAG, Term.List.STATE)):
            self.terms[row.list, row.code] = row.name

    def tier(self, row):
        return self.tiers.get((row.type__scheme_id, row.tier)) or self.plain_tiers[row.tier]

    def state(self, row):
        """The state as the portal's pages show it."""
        return self.states[row.state]

    def survey_state(self, row):
        """The survey's word for the state; None for a state the survey has no word for."""
        return self.terms.get((Term.List.STATE, row.state))

    def flags(self, row):
        return "、".join(self.terms.get((Term.List.FLAG, flag), flag) for flag in row.held)

    def may_reveal(self, path):
        return bool(self.reveal_paths) and path.startswith(self.reveal_paths)

    def leader(self, row):
        """The name in full for those who may see the number behind it; 王* for all others."""
        name = row.leader__name
        return name if not name or self.may_reveal(row.division_path) else mask_name(name)

    def phone(self, row):
        return self.number(row.leader__phone_sealed, row.leader__uid, row.division_path)

    def number(self, sealed, uid, path):
        """A phone, masked unless the export is an unmasked one and the reader holds the right at the place."""
        if not sealed:
            return None
        clear = unseal(sealed, row_uid=uid, field="phone")
        return clear if self.unmasked and self.may_reveal(path) else mask_phone(clear)


def place_of(row):
    """Street and community as the survey writes them; a street-wide body only its street."""
    return place_words(row.division__level, row.division__short_name, row.division__parent__short_name)


def place_words(level, name, parent):
    return f"{parent or ''}{name}" if level == "community" else name


def joined(words):
    return "、".join(map(str, words)) if words else None
