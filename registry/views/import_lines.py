"""The lines of an import on its page: what was found, what would change in words, and look-alikes side by side."""

from django.utils.translation import gettext as _

from accounts.models import Division
from registry.imports.choices import PLAIN_STATES
from registry.imports.decisions import OPEN, alike, key_of
from registry.imports.report import sentence
from registry.models import Organization, OrganizationType, Term
from registry.models.organization import State
from registry.services.people import masked
from registry.survey.columns import BY_KIND
from registry.views.shown import Shown, place_words

RELATED = ("division__parent", "type", "leader")
# What two records are told apart by, in the order of the columns.
COMPARED = ("name", "tier", "type", "region", "uscc", "filing_no", "founded", "phone")
LABELS = {
    "division_id": "region",
    "type_id": "type",
    "state": "status",
    "fund_sources": "fund_source",
    "volunteer": "is_volunteer_org",
    "hub": "is_hub",
    "starts": "start",
    "ends": "end",
    "organization_name": "org",
}


def lines_of(request, batch, page):
    """One dict for every line of the page; names of places, types and records in a fixed number of queries."""
    rows = list(page)
    visible = Organization.objects.visible_to(request.user).select_related(*RELATED)
    seen = visible.in_bulk([row.match_id for row in rows if row.kind == "org" and row.match_id])
    near = {str(one.uid): one for one in visible.filter(uid__in={uid for row in rows for uid in alike(row)})}
    words = OldWords(rows, Shown(request.user), seen)
    waiting = batch.state == "checked"
    return [line_of(row, seen.get(row.match_id), near, words, batch.decisions if waiting else None) for row in rows]


def line_of(row, organization, near, words, decisions):
    spec, values = BY_KIND[row.kind], row.values
    decided = (decisions or {}).get(key_of(row), {}).get("word", "")
    return {
        "row": row,
        "organization": organization,
        "name": values.get("name") or values.get("content") or values.get("region", ""),
        "place": values.get("region", ""),
        "errors": [sentence(found) for found in row.errors],
        "warnings": [sentence(found) for found in row.warnings],
        "heads": [spec.field(key).header for key in COMPARED] if alike(row) else (),
        "typed": [values.get(key) or "" for key in COMPARED],
        "alike": [words.record(near[uid]) for uid in alike(row) if uid in near],
        "changes": changes_of(row, spec, words),
        "decided": decided,
        "open": decisions is not None and (row.status in OPEN or decided),
    }


class OldWords:
    """The words of what the changed records were, and of those a line may be."""

    def __init__(self, rows, shown, seen):
        before = [(row.before or {}).get("standing", {}) for row in rows]
        self.shown, self.seen = shown, seen
        places = {found.get("division_id") for found in before}
        self.places = Division.objects.select_related("parent").in_bulk(places - {None})
        self.types = OrganizationType.objects.in_bulk({found.get("type_id") for found in before} - {None})
        self.states = {code: words[0] for code, words in PLAIN_STATES.items()}
        self.states |= dict(Term.objects.filter(list=Term.List.STATE).values_list("code", "name"))

    def standing(self, row, name, value):
        """A former place, type, tier or state as the page says it."""
        if value in (None, ""):
            return "—"
        if name == "division_id":
            return place_words(self.places[value])
        if name == "type_id":
            return self.types[value].name
        if name == "state":
            return self.states.get(value) or State(value).label
        organization = self.seen.get(row.match_id)
        return self.shown.tier(value, organization.type) if organization else value

    def record(self, one):
        """{"organization", "cells"} of a stored organization beside the line, its phone masked."""
        tier, place = self.shown.tier(one.tier, one.type), place_words(one.division)
        numbers = (one.uscc, one.filing_no, one.founded or "", masked(one.leader)["phone"])
        return {"organization": one, "cells": [tier, one.type.name, place, *numbers]}


def changes_of(row, spec, words):
    """[(label, old, new)] of a line that changes a stored record."""
    found = []
    for part in ("details", "standing", "figures", "flags", "leader"):
        for name, value in (row.after or {}).get(part, {}).items():
            key = LABELS.get(name, name)
            field, old = spec.field(key), (row.before or {}).get(part, {}).get(name)
            if field is None:
                continue
            if part == "standing":
                found.append((field.header, words.standing(row, name, old), row.values.get(key, "")))
            else:
                found.append((field.header, shown_value(part, old), shown_value(part, value)))
    return found


def shown_value(part, value):
    if isinstance(value, list):
        return "、".join(map(str, value))
    if part == "flags" or isinstance(value, bool):
        return _("yes") if value else _("no")
    return "—" if value in (None, "") else value
