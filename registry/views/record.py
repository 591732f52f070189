"""The page of one organization: what is known, what is under way, what can be done."""

from django.core.exceptions import ValidationError
from django.db.models import Count
from django.shortcuts import render
from django.utils import timezone
from django.views import View

from casework.models import AuditEvent
from registry.forms import RevealForm
from registry.models import Membership
from registry.models.organization import COUNTED
from registry.papers import papers_of
from registry.schemes import types_elsewhere
from registry.services import leaders
from registry.services.guards import END, is_decided
from registry.services.pending import is_pending
from registry.services.people import masked, reveal
from registry.services.yearly import STATE
from registry.views.accounts import accounts_of
from registry.views.matters import cases_about, corrections_for, matters_for
from registry.views.organizations import add_refusal, base_of, crumbs, organization_of
from registry.views.shown import Shown, place_words, state_of

VERBS = ("change_organization", "reveal_person", "issue_certificate")
SUPERVISE = "casework.supervise_case"
EVENTS = 50
RELATED = ("division__parent", "district", "type__scheme", "leader", "successor")


class OrganizationRecord(View):
    def get(self, request, uid):
        return record_page(request, organization_of(request, uid, related=RELATED))


def record_page(request, organization, *, reveal_form=None, revealed=None, status=200):
    user, shown = request.user, Shown(request.user)
    may = {verb: user.has_perm(f"registry.{verb}", organization) for verb in VERBS}
    in_force, decided = organization.state in COUNTED, is_decided(organization)
    may_undo = not decided or user.has_perm(SUPERVISE, organization)
    context = {
        "organization": organization,
        "state": state_of(organization.state),
        "tier": shown.tier(organization.tier, organization.type),
        "place": place_words(organization.division),
        "leader": shown.leader_name(organization),
        "known": masked(organization.leader),
        "years": organization.years.all()[:10],
        "flags": [(shown.flags.get(row.flag, row.flag), row) for row in organization.flags.order_by("-starts", "id")],
        "other_types": types_elsewhere(organization),
        "periods": period_lines(organization, shown),
        "events": shown.timeline(AuditEvent.objects.about(organization)[:EVENTS]),
        "may_change": may["change_organization"] and in_force,
        "may_state": user.has_perm(STATE, organization) and in_force,
        "may_end": may["change_organization"] and in_force and not decided,
        "end_by_case": corrections_for(user, organization).get(END),
        "may_reopen": may["change_organization"] and not in_force and may_undo,
        "matters": matters_for(user, organization),
        **about(user, organization),
        "memberships": memberships_of(organization),
        "aliases": organization.aliases.all(),
        "supervision": supervision_of(user, organization),
        "accounts": accounts_of(user, organization),
        "may_order": user.has_perm(leaders.RIGHT, organization),
        "may_reveal": may["reveal_person"],
        "may_certify": may["issue_certificate"],
        "papers": papers_of(organization, base_of(request), timezone.localdate()),
        "in_force": in_force,
        "reveal_form": reveal_form or RevealForm(),
        "revealed": revealed,
        "crumbs": crumbs(organization.name),
    }
    response = render(request, "registry/organization.html", context, status=status)
    response["Cache-Control"] = "no-store"
    return response


def about(user, organization):
    """The cases the user sees; whether one is under way that stands not among them."""
    cases = cases_about(user, organization)
    return {"cases": cases, "pending": not any(row["waiting"] for row in cases) and is_pending(organization)}


def supervision_of(user, organization):
    """Reports, contacts and credit entries, newest first, and what may be written down here."""
    in_force = organization.state in COUNTED
    return {
        "reports": organization.reports.all()[:6],
        "contacts": organization.contacts.all()[:5],
        "credit": organization.credit_events.all()[:5],
        "may_contact": in_force and user.has_perm("registry.order_filing", organization),
        "may_list": in_force and user.has_perm("registry.list_credit", organization),
    }


def period_lines(organization, shown):
    rows = organization.periods.select_related("division__parent", "type").order_by("-starts")
    return [
        {
            "starts": row.starts,
            "ends": row.ends,
            "tier": shown.tier(row.tier, row.type),
            "type": row.type,
            "place": place_words(row.division),
            "state": state_of(row.state),
        }
        for row in rows
    ]


def memberships_of(organization):
    """[(role, how many people hold it today)]."""
    rows = organization.memberships.filter(ends=None).values("role").annotate(people=Count("pk"))
    counts = {row["role"]: row["people"] for row in rows}
    return [(role.label, counts[role]) for role in Membership.Role if role in counts]


class Reveal(View):
    def post(self, request, uid):
        organization = organization_of(request, uid, "registry.reveal_person")
        form = RevealForm(request.POST)
        if not form.is_valid():
            return record_page(request, organization, reveal_form=form, status=422)
        field = form.cleaned_data["field"]
        try:
            number = reveal(
                organization=organization, field=field, purpose=form.cleaned_data["purpose"], by=request.user
            )
        except ValidationError as error:
            add_refusal(form, error)
            return record_page(request, organization, reveal_form=form, status=422)
        return record_page(request, organization, revealed={"field": field, "number": number})
