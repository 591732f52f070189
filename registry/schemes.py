"""Which scheme a place uses first, what its words are, and how a type reads in another scheme."""

from registry.models import Scheme, TierWord, TypeMapping


def main_scheme(division):
    """The scheme whose `divisions` hold the division or its nearest ancestor; None where no policy names one."""
    return Scheme.objects.filter(divisions__in=division.ancestor_ids).order_by("-divisions__path").first()


def tier_words(scheme):
    """{tier: the word its districts write out}."""
    words = {}
    for row in TierWord.objects.filter(scheme=scheme).order_by("order", "id"):
        words.setdefault(row.tier, row.word)
    return words


def type_in(organization, scheme):
    """(type, exact) of the organization in any scheme: its own, one stated, else the mapping; (None, False)."""
    if organization.type.scheme_id == scheme.pk:
        return organization.type, True
    stated = organization.classifications.filter(type__scheme=scheme, ends=None).select_related("type").first()
    if stated:
        return stated.type, True
    mapped = TypeMapping.objects.filter(source=organization.type, target__scheme=scheme).select_related("target")
    best = mapped.order_by("-exact", "id").first()
    return (best.target, best.exact) if best else (None, False)


def types_elsewhere(organization):
    """[(scheme, type, exact)] as `type_in` answers, for every scheme beside the main one: two queries."""
    found = {}
    mapped = TypeMapping.objects.filter(source=organization.type).select_related("target__scheme")
    for row in mapped.order_by("exact", "-id"):
        found[row.target.scheme_id] = (row.target.scheme, row.target, row.exact)
    for row in organization.classifications.filter(ends=None).select_related("type__scheme"):
        found[row.type.scheme_id] = (row.type.scheme, row.type, True)
    found.pop(organization.type.scheme_id, None)
    return sorted(found.values(), key=lambda one: one[0].code)
