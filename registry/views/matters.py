"""What leads from an organization's record to cases: the matters to open about it, and the cases there are."""

from django.db.models import Q
from django.urls import reverse
from django.utils.http import urlencode

from casework.flows import flow_of
from casework.models import Case
from registry.matters import MATTERS
from registry.models import Filing
from registry.models.organization import COUNTED
from registry.services.fitting import fits
from registry.services.guards import END

ORDER, AGENT = "registry.order_filing", "registry.apply_for_others"
CASES = 30


def matters_for(user, organization):
    """[{"kind", "label", "intro", "url"}] of the matters this user may open: as office, agent or account holder."""
    if organization.state not in COUNTED:
        return []
    own = organization.accounts.filter(user=user, ends=None).exists()
    office, agent = user.has_perm(ORDER, organization), not own and user.has_perm(AGENT, organization)
    return [
        {
            "kind": matter.kind,
            "label": matter.label,
            "intro": matter.intro,
            "url": start_url(matter, organization, agent=agent),
        }
        for matter in sorted(MATTERS.values(), key=lambda row: row.code)
        if fits(matter, organization) and (office if matter.by_authority else own or agent)
    ]


def start_url(matter, organization, *, agent):
    given = {"kind": matter.kind, "organization": organization.uid}
    if agent and not matter.by_authority:
        given["for"] = "1"
    return f"{reverse('apply:new')}?{urlencode(given)}"


def corrections_for(user, organization):
    """{fact of the record: address of a correction that begins with it} for an office; nothing for anybody else."""
    matter = MATTERS["correction"]
    in_force = organization.state in COUNTED and fits(matter, organization)
    if not in_force or not user.has_perm(ORDER, organization):
        return {}
    url = start_url(matter, organization, agent=False)
    asks = matter.asked(Filing(organization=organization))
    return {ask.replaces or ask.key: f"{url}&fact={ask.key}" for ask in asks if ask.replaces or ask.key == END}


def cases_about(user, organization):
    """The newest cases about the organization this user may see, in one query; the open ones stand first."""
    about = Q(filing__organization=organization) | Q(filing__other=organization)
    rows = [line_of(case) for case in Case.objects.visible_to(user).filter(about).order_by("-id")[:CASES]]
    return sorted(rows, key=lambda row: not row["case"].is_open)


def line_of(case):
    flow = flow_of(case)
    when = case.closed_at or case.submitted_at or case.opened_at
    waiting = case.is_open and case.submitted_at is not None
    return {"case": case, "matter": flow.label, "state": flow.state(case.state), "when": when, "waiting": waiting}
