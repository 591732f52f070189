"""Is this organization already in the register? One answer for form, import and API."""

from collections import defaultdict
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from casework.sealing import lookup_hash
from registry.models import DistinctPair, Organization, OrganizationAlias
from registry.models.organization import COUNTED
from registry.models.scheme import Tier
from registry.naming import KEY_LENGTH, fold, is_near, may_be_near, name_key, number_key, signature

# A community with more organizations is searched for near names only among those with the same leader's phone.
NEAR_LIMIT = 400


@dataclass(frozen=True, slots=True)
class Candidate:
    """What two records are compared by; `id` None stands for a row that is not stored yet.

    `filing_no` is the key of the number, `former` are those of the numbers the record had before.
    """

    id: int | None
    uid: UUID | None
    key: str
    division_id: int
    district_id: int
    uscc: str = ""
    filing_no: str = ""
    tier: str = ""
    in_force: bool = True
    phone_hash: str = ""
    bits: int = 0
    former: frozenset = frozenset()


@dataclass(frozen=True, slots=True)
class Match:
    """A stored organization that is or may be the same; `how` is one of ORDER ("place": it is called so elsewhere)."""

    id: int
    uid: UUID
    how: str
    sure: bool
    same_phone: bool = False


ORDER = ("uscc", "filing_no", "former", "name", "place", "tier", "ended", "near")
SURE = frozenset(("uscc", "filing_no", "former", "name"))


class Known:
    """Stored organizations in memory, indexed by what identifies them; `match` needs no query."""

    def __init__(self, candidates):
        self.by_uscc, self.by_filing, self.by_former, self.by_division = {}, {}, {}, defaultdict(list)
        for candidate in candidates:
            self.add(candidate)

    def add(self, candidate):
        if candidate.uscc:
            self.by_uscc[candidate.uscc] = candidate
        if candidate.filing_no:
            self.by_filing[candidate.district_id, candidate.filing_no] = candidate
        for number in candidate.former:
            self.by_former[candidate.district_id, number] = candidate
        self.by_division[candidate.division_id].append(candidate)

    def may_match(self, uscc, filing_no, division_id, district_id):
        """Whether anything here is worth comparing with such a row: most rows of a first survey need no comparison."""
        filing = (district_id, filing_no)
        return (
            uscc in self.by_uscc
            or division_id in self.by_division
            or filing in self.by_filing
            or filing in self.by_former
        )

    def match(self, new):
        """Matches of a new row, the surest first: credit code, filing number in the district, name in the division."""
        hows = {}
        for old in self.alike(new):
            how = verdict(new, old)
            if how and old.id != new.id:
                hows.setdefault(old.id, (how, old))
        found = [
            Match(old.id, old.uid, how, how in SURE, bool(new.phone_hash) and new.phone_hash == old.phone_hash)
            for how, old in hows.values()
        ]
        return sorted(found, key=lambda match: (ORDER.index(match.how), not match.same_phone, match.id))

    def alike(self, new):
        """The stored rows worth comparing."""
        filing = (new.district_id, new.filing_no)
        numbered = (self.by_uscc.get(new.uscc), self.by_filing.get(filing), self.by_former.get(filing))
        yield from filter(None, numbered)
        here = self.by_division.get(new.division_id, ())
        crowded = len(here) > NEAR_LIMIT
        for old in here:
            near = may_be_near(new.bits, old.bits) and not crowded
            if near or old.key == new.key or (new.phone_hash and old.phone_hash == new.phone_hash):
                yield old


def verdict(new, old):
    """How two records are the same, or "" when they are not.

    A number the stored record had before leads to it too. Otherwise different credit codes or, in one district,
    different filing numbers mean different organizations whatever their names. The same name on another tier (a
    registered body beside the team it grew from) or on an ended record is only a possibility.
    """
    same_district = new.district_id == old.district_id
    if how := same_number(new, old, same_district):
        return how
    if contradicts(new.uscc, old.uscc) or (same_district and contradicts(new.filing_no, old.filing_no)):
        return ""
    if new.division_id != old.division_id:
        return ""
    if new.key == old.key:
        return same_name(new, old)
    return "near" if is_near(new.key, old.key) else ""


def same_number(new, old, same_district):
    if new.uscc and new.uscc == old.uscc:
        return "uscc"
    if not new.filing_no or not same_district:
        return ""
    if new.filing_no == old.filing_no:
        return "filing_no"
    return "former" if new.filing_no in old.former and not contradicts(new.uscc, old.uscc) else ""


def contradicts(one, other):
    return bool(one and other and one != other)


def same_name(new, old):
    if not old.in_force:
        return "ended"
    return "name" if is_registered(new) == is_registered(old) else "tier"


def is_registered(candidate):
    return candidate.tier == Tier.REGISTERED


def candidate_of(*, name, division, district_id, uscc="", filing_no="", tier="", phone="", pk=None, prefixes=None):
    """The comparable form of a row as typed; `prefixes` spares the query per row in loops (see registry.naming)."""
    key = name_key(name, division=division, prefixes=prefixes)
    return Candidate(
        id=pk,
        uid=None,
        key=key,
        division_id=division.pk,
        district_id=district_id,
        uscc=uscc,
        filing_no=number_key(filing_no),
        tier=tier,
        phone_hash=lookup_hash(phone, "phone"),
        bits=signature(key),
    )


def known(organizations):
    """Known(…) of an Organization queryset, read with two queries."""
    former = defaultdict(set)
    numbers = OrganizationAlias.objects.filter(kind=OrganizationAlias.Kind.NUMBER, organization__in=organizations)
    for pk, text in numbers.order_by().values_list("organization", "text"):
        former[pk].add(number_key(text))
    rows = organizations.order_by("id").values_list(
        "id",
        "uid",
        "name_key",
        "division_id",
        "district_id",
        "uscc",
        "filing_no",
        "tier",
        "state",
        "leader__phone_hash",
    )
    return Known(
        Candidate(
            *row[:6],
            number_key(row[6]),
            row[7],
            in_force=row[8] in COUNTED,
            phone_hash=row[9] or "",
            bits=signature(row[2]),
            former=frozenset(former.get(row[0], ())),
        )
        for row in rows.iterator(chunk_size=5000)
    )


def find(*, name, division, district_id, uscc="", filing_no="", tier="", phone="", organization=None):
    """Matches of one organization as typed, with four or five queries; `organization` is the one being edited, if any.

    Pairs somebody already called different are left out, unless a number says otherwise.
    """
    new = candidate_of(
        name=name,
        division=division,
        district_id=district_id,
        uscc=uscc,
        filing_no=filing_no,
        tier=tier,
        phone=phone,
        pk=organization.pk if organization else None,
    )
    where = Q(division=division)
    if uscc:
        where |= Q(uscc=uscc)
    if filing_no:
        had = OrganizationAlias.objects.filter(text=filing_no, organization__district=district_id)
        where |= Q(district=district_id, filing_no=filing_no) | Q(pk__in=had.values("organization"))
    settled = settled_with(organization) if organization else set()
    found = known(Organization.objects.filter(where)).match(new)
    ids = {match.id for match in found}
    found += [match for match in elsewhere(new, fold(name)) if match.id not in ids]
    return [match for match in found if match.id not in settled or match.how in ("uscc", "filing_no")]


def elsewhere(new, folded):
    """Matches in other places of the district.

    A name as written is given once in a district (domain 3.1): who has it with a number has it for sure. A near name,
    or one that differs in the place's name only, may be the same group where the leader's phone is the same.
    """
    where = Q(name_key__in={folded[at:][:KEY_LENGTH] for at in range(max(len(folded) - 1, 1))})
    if new.phone_hash:
        where |= Q(leader__phone_hash=new.phone_hash)
    rows = Organization.objects.in_force().filter(where, district=new.district_id).exclude(division=new.division_id)
    for row in rows.select_related("leader").order_by("id"):
        if row.pk == new.id or contradicts(new.uscc, row.uscc) or contradicts(new.filing_no, number_key(row.filing_no)):
            continue
        same_phone = bool(new.phone_hash) and row.leader is not None and row.leader.phone_hash == new.phone_hash
        if fold(row.name) == folded:
            given = bool(row.uscc or row.filing_no) and is_registered(row) == is_registered(new)
            yield Match(row.pk, row.uid, "place", given, same_phone)
        elif same_phone and (row.name_key == new.key or is_near(row.name_key, new.key)):
            yield Match(row.pk, row.uid, "near", sure=False, same_phone=True)


def settled_with(organization):
    """Ids of the organizations this one was said to differ from."""
    pairs = DistinctPair.objects.filter(Q(first=organization) | Q(second=organization))
    return {pk for pair in pairs.values_list("first", "second") for pk in pair} - {organization.pk}
