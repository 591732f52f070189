"""Organizations of a type in a formula: "orgs_registered:SW-4/living" counts the registered ones of that type.

Where figures are read the name bears the ids of the types meant, dots between ("orgs_registered:12.15"): the type
itself and those of other schemes that correspond to it, exactly or nearest, as in the structure on the dashboards.
"""

import re
from difflib import get_close_matches
from functools import reduce
from operator import or_

from django.db.models import Q

from registry.models import OrganizationType
from registry.models.scheme import Tier
from reporting.measures import MEASURES

KIND = re.compile(r"[^/:]+/[^/:]+")
TIER_OF = {"orgs": "", **{f"orgs_{tier}": tier for tier in Tier.values}}


def is_known(name):
    """Whether a formula may name it: a measure, or organizations of a tier and what is written as a type is."""
    whole, colon, kind = name.partition(":")
    return whole in TIER_OF and bool(KIND.fullmatch(kind)) if colon else name in MEASURES


def has_type(name, kinds):
    """Whether the type a known name counts is one of the `kinds`; true of a plain measure."""
    _whole, colon, kind = name.partition(":")
    return not colon or kind in kinds


def stored_kinds():
    """The types of every scheme as formulas name them."""
    return {f"{scheme}/{code}" for scheme, code in OrganizationType.objects.values_list("scheme__code", "code")}


def near(name, kinds=()):
    """Names there are that look like one there is not."""
    whole, colon, kind = name.partition(":")
    found = [f"{whole}:{one}" for one in get_close_matches(kind, kinds, n=3)] if colon else []
    return found or get_close_matches(name, MEASURES, n=3) or ["orgs"]


def entry_of(name):
    """The measure a name is, or counts a part of."""
    return MEASURES[name.partition(":")[0]]


def with_ids(names):
    """{name: it with the ids of the types meant}, the scheme's own first, for names by scheme and code, in one query.

    0 stands where a scheme has no such type.
    """
    named = {name: tuple(name.partition(":")[2].split("/", 1)) for name in names if "/" in name}
    ids = ids_of(set(named.values())) if named else {}
    return {name: f"{name.partition(':')[0]}:{'.'.join(ids[kind]) or 0}" for name, kind in named.items()}


def ids_of(kinds):
    """{(scheme, code): ids of the type and of those that correspond to it}."""
    both = ["scheme__code", "code", "maps_to__target__scheme__code", "maps_to__target__code"]
    own, mapped = both[:2], both[2:]
    meant = [Q(**dict(zip(names, kind, strict=True))) for kind in kinds for names in (own, mapped)]
    found = {kind: set() for kind in kinds}
    for pk, *codes in OrganizationType.objects.filter(reduce(or_, meant)).values_list("pk", *both):
        for kind in kinds & {tuple(codes[:2]), tuple(codes[2:])}:
            found[kind].add((codes[0] != kind[0], pk))
    return {kind: [str(pk) for _foreign, pk in sorted(rows)] for kind, rows in found.items()}


def ids_in(name):
    """(measure, ids of types) of a name with ids; no ids for a plain measure."""
    whole, _colon, ids = name.partition(":")
    return whole, tuple(map(int, ids.split("."))) if ids else ()


def label_of(name):
    """The measure in words, with the type it counts."""
    whole, kind = MEASURES[name.partition(":")[0]].label, kind_of(name)
    return f"{whole} · {kind.name}" if kind else str(whole)


def kind_of(name):
    """The type a name counts; None for a plain measure."""
    _whole, ids = ids_in(with_ids([name]).get(name, name))
    return OrganizationType.objects.filter(pk=ids[0]).first() if ids else None
