"""How a record's values read on a page: words for codes, masks for people."""

from django.utils.translation import gettext_lazy as _

from registry.models import Certificate, ContactAttempt, CreditEvent, Organization, OrganizationYear, Term, TierWord
from registry.models.organization import State
from registry.models.scheme import Tier
from registry.services.people import masked

TONES = {
    State.ACTIVE: ("met", "check-circle-fill"),
    State.DORMANT: ("near", "exclamation-triangle-fill"),
    State.SUSPENDED: ("late", "x-circle-fill"),
    State.CORRECTION: ("near", "exclamation-triangle-fill"),
}
ENDED = ("none", "dash-circle")
LABELS = {
    "division": _("Home division"),
    "leader": _("Leader"),
    "phone": _("Phone"),
    "id_number": _("ID number"),
    "year": _("Year"),
    "flag": _("Function"),
    "starts": _("From"),
    "ends": _("To"),
    "evidence": _("Evidence"),
    "classification": _("Type in another scheme"),
    "scheme": _("Scheme"),
    "shown": _("Shown"),
    "certificate": _("Certificate"),
    "certificate_state": _("State of the certificate"),
    "copy_no": _("Copies for lost ones"),
    "valid_to": _("Valid until"),
    "list": _("List"),
    "credit_state": _("State of the entry"),
    "on": _("On"),
    "way": _("How"),
    "reached": _("Reached"),
    "account": _("Account"),
}
ACTIONS = {
    "create": _("Entered in the register"),
    "edit": _("Details corrected"),
    "change_standing": _("Standing changed"),
    "end": _("Ended"),
    "reopen": _("End taken back"),
    "place": _("Placed after a change of divisions"),
    "stay_at_street": _("Found to work for the whole street"),
    "set_flag": _("Function set"),
    "end_flag": _("Function ended"),
    "classify": _("Type in another scheme stated"),
    "save_year_figures": _("Yearly figures saved"),
    "reveal": _("A hidden number was shown"),
    "change_leader": _("Leader changed"),
    "grant_account": _("Account given"),
    "end_account": _("Account ended"),
    "authority_change": _("Papers after a change of divisions"),
    "issue_certificate": _("Certificate issued"),
    "replace_certificate": _("Certificate replaced"),
    "report_lost_certificate": _("Certificate reported lost"),
    "return_certificate": _("Certificate handed back"),
    "print_certificate": _("Certificate printed"),
    "propose_credit": _("Proposed for a credit list"),
    "tell_credit": _("Told of the entry to be made"),
    "list_credit": _("Put on a credit list"),
    "drop_credit": _("Entry dropped"),
    "remove_credit": _("Taken off a credit list"),
    "record_contact": _("Contact written down"),
}
SILENT = frozenset(("version", "scheme"))


def state_of(value):
    """(tone, mark, word) of a state's badge."""
    tone, mark = TONES.get(value, ENDED)
    return {"tone": tone, "mark": mark, "word": State(value).label}


class Shown:
    """Reads code lists once per page and shows many records with them."""

    def __init__(self, user):
        self.user = user
        self.tiers = {}
        for row in TierWord.objects.order_by("order", "id"):
            self.tiers.setdefault((row.scheme_id, row.tier), row.word)
        self.flags = dict(Term.objects.filter(list=Term.List.FLAG).values_list("code", "name"))

    def tier(self, tier, type_):
        """The district's own word for the tier."""
        return self.tiers.get((type_.scheme_id, tier)) or Tier(tier).label

    def leader_name(self, organization):
        """In full for those who may see the number behind it; 王* for all others."""
        person = organization.leader
        if person is None:
            return ""
        if self.user.has_perm("registry.reveal_person", organization):
            return person.name
        return masked(person)["name"]

    def table(self, organizations, columns):
        return [
            {
                "organization": organization,
                "cells": [(column, getattr(self, f"cell_{column.name}")(organization)) for column in columns],
            }
            for organization in organizations
        ]

    def cell_tier(self, organization):
        return self.tier(organization.tier, organization.type)

    def cell_type(self, organization):
        return organization.type.name

    def cell_place(self, organization):
        return place_words(organization.division)

    def cell_state(self, organization):
        return state_of(organization.state)

    def cell_founded(self, organization):
        return organization.founded

    def cell_ended(self, organization):
        return organization.ended

    def cell_uscc(self, organization):
        return organization.uscc

    def cell_filing_no(self, organization):
        return organization.filing_no

    def cell_leader(self, organization):
        return self.leader_name(organization)

    def cell_phone(self, organization):
        return masked(organization.leader)["phone"]

    def cell_members(self, organization):
        return latest(organization, "members")

    def cell_volunteers(self, organization):
        return latest(organization, "volunteers")

    def cell_party_members(self, organization):
        return latest(organization, "party_members")

    def cell_flags(self, organization):
        return "、".join(self.flags.get(row.flag, row.flag) for row in organization.open_flags)

    def cell_venue(self, organization):
        return organization.place

    def cell_changed(self, organization):
        return organization.updated_at

    def timeline(self, events):
        """Audit events as lines of the record's timeline, newest first."""
        return [
            {
                "at": event.at,
                "actor": event.actor,
                "note": event.note,
                "text": self.sentence(event),
            }
            for event in events
        ]

    def sentence(self, event):
        action = ACTIONS.get(event.action, event.action)
        if event.action == "create":
            return str(action)
        parts = [self.change(name, event) for name in event.after or {} if name not in SILENT]
        return f"{action}: {'; '.join(parts)}" if parts else str(action)

    def change(self, name, event):
        before, after = (event.before or {}).get(name), event.after[name]
        label, new = label_of(name), self.word(name, after)
        return f"{label} {self.word(name, before)} → {new}" if before not in (None, "", []) else f"{label} {new}"

    def word(self, name, value):
        if value in (None, "", []):
            return "—"
        if isinstance(value, list):
            return "、".join(map(str, value))
        if name == "flag":
            return self.flags.get(value, value)
        return str(CHOICES.get(name, {}).get(value, value))


CHOICES = {
    "tier": dict(Tier.choices),
    "state": dict(State.choices),
    "legal_form": dict(Organization.LegalForm.choices),
    "party_form": dict(OrganizationYear.PartyForm.choices),
    "party_org": {True: _("Yes"), False: _("No")},
    "shown": {"phone": _("Phone"), "id": _("ID number")},
    "certificate_state": dict(Certificate.State.choices),
    "list": dict(CreditEvent.Kind.choices),
    "credit_state": dict(CreditEvent.State.choices),
    "way": dict(ContactAttempt.Way.choices),
    "reached": {True: _("Yes"), False: _("No")},
}


def label_of(name):
    if name in LABELS:
        return LABELS[name]
    for model in (Organization, OrganizationYear):
        if name in {field.name for field in model._meta.fields}:
            return model._meta.get_field(name).verbose_name
    return name


def place_words(division):
    """Street and community; a street-wide body only its street."""
    parent = division.parent
    return f"{parent} {division}" if division.level == "community" and parent else str(division)


def latest(organization, name):
    return getattr(organization.latest[0], name) if organization.latest else None
