"""One's own organization, phone first: its certificate to show (亮证), what is due next, who belongs to it."""

from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.utils import timezone

from casework.services.road import awaiting
from registry import periods
from registry.matters import MATTERS
from registry.models import Certificate, Membership
from registry.papers import papers_of
from registry.services import applicants, certificates, confirmations
from registry.views.certificates import pdf_answer
from registry.views.filing_shown import ApplicantView, crumbs, no_store
from registry.views.matters import matters_for, start_url
from registry.views.mine import lines
from registry.views.organizations import base_of
from registry.views.shown import Shown, state_of


def own_team(request, uid):
    """The organization the user acts for; the 404 of one that does not exist for everybody else."""
    rows = applicants.organizations_of(request.user).select_related("division", "district", "type__scheme", "leader")
    return get_object_or_404(rows, uid=uid)


class Team(ApplicantView):
    def get(self, request, uid):
        team, today = own_team(request, uid), timezone.localdate()
        out = [row for row in papers_of(team, base_of(request), today) if is_out(row["certificate"])]
        begun = awaiting(request.user).filter(filing__organization=team).order_by("due", "id")
        begun = lines(begun.select_related("division").prefetch_related("parties"), request.user)
        kinds = {row["case"].kind for row in begun}
        context = {
            "organization": team,
            "state": state_of(team.state),
            "tier": Shown(request.user).tier(team.tier, team.type),
            "paper": out[0] if out else None,
            "waiting": begun,
            "owed": [report(team, *row) for row in confirmations.owed(team, today) if row[0] not in kinds],
            "next": report(team, *confirmations.next_window(team, today)),
            "members": members_of(team),
            "matters": matters_for(request.user, team),
            "crumbs": crumbs((team.name, "")),
        }
        return no_store(render(request, "apply/team.html", context))


def is_out(certificate):
    return certificate.state == Certificate.State.VALID and certificate.kind in certificates.NUMBERED


def report(team, kind, period, first, last):
    """A report to hand in: what for, from when until when, and where its form begins."""
    return {
        "matter": MATTERS[kind].label,
        "period": periods.label(period),
        "first": first,
        "last": last,
        "late": last < timezone.localdate(),
        "url": start_url(MATTERS[kind], team, agent=False),
    }


def members_of(team):
    """[(role, names)] of who belongs to it today; a survey knew its leader only."""
    found = {}
    for row in team.memberships.filter(ends=None).select_related("person").order_by("id"):
        found.setdefault(row.role, []).append(row.person.name)
    if team.leader:
        found.setdefault(Membership.Role.LEADER, [team.leader.name])
    return [(role.label, found[role]) for role in Membership.Role if role in found]


class TeamCertificate(ApplicantView):
    """The certificate that is out, as PDF."""

    def get(self, request, uid):
        team = own_team(request, uid)
        certificate = next((row for row in team.certificates.valid() if is_out(row)), None)
        if certificate is None:
            raise Http404
        pdf = certificates.print_certificate(certificate=certificate, base=base_of(request), by=request.user)
        return pdf_answer(certificate, pdf)
