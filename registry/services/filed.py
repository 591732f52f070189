"""What a decided case does to the register: an organization comes to stand in it, with its number and its people."""

from django.utils import timezone
from django.utils.translation import gettext as _

from casework import numbers, policy
from casework.models import CaseParty
from registry import duplicates
from registry.matters import MATTERS
from registry.models import Certificate, Membership, Organization, OrganizationAlias
from registry.models.organization import COUNTED
from registry.models.scheme import Tier
from registry.schemes import main_scheme
from registry.services import consent, filing_people, leaders
from registry.services.certificates import issue_certificate, return_certificate
from registry.services.filings import read, readable
from registry.services.guards import district_of, lock_district
from registry.services.organizations import DuplicateFoundError, create_organization, edit_organization
from registry.services.standing import change_standing, resume_organization
from registry.services.yearly import save_year_figures, values_of

# The tier an organization is entered on by these matters.
ENTERED = {"filing": Tier.TEAM, "listing": Tier.GROUP}


def is_by_street(case):
    """Whether the street decides here (policy filing.authority: street or district), of registered ones the bureau."""
    by_policy = policy.value("filing.authority", default="street", division=case.division)
    return by_policy != "district" and not is_registered(case)


def is_registered(case):
    """Whether the case is about a registered organization."""
    if Tier.REGISTERED not in MATTERS[case.kind].tiers or not hasattr(case, "filing"):
        return False
    return case.filing.organization.tier == Tier.REGISTERED


def is_by_district(case):
    return not is_by_street(case)


def has_community_notice(case):
    """Whether a filing is posted in the community before the street looks at it (policy filing.community_notice)."""
    return bool(policy.value("filing.community_notice", default=False, division=case.division))


def has_no_community_notice(case):
    return not has_community_notice(case)


def in_community(case):
    """Whether a committee checks it: street-wide organizations go to the street at once."""
    return case.division.level == "community"


def not_in_community(case):
    return not in_community(case)


def match_people(case, by, data):
    """Effect of a submission: everybody named is looked up among the people known; a clerk's leader gets her link."""
    filing_people.match(case.filing)
    consent.ask(case)


def alike(filing):
    """Organizations that are or may be the one filed, or the known one under its new name; a merger's other is not."""
    values, _errors = read(filing)
    if not values.get("name"):
        return []
    if filing.case.kind in ENTERED:
        leader = filing.people.filter(role="leader").first()
        place, tier = filing.case.division, ENTERED[filing.case.kind]
        known = {"phone": filing_people.clear(leader, "phone") if leader else ""}
    else:
        place, tier = filing.organization.division, filing.organization.tier
        known = {key: values.get(key) or getattr(filing.organization, key) for key in ("uscc", "filing_no")}
    found = duplicates.find(
        name=values["name"],
        division=place,
        district_id=district_of(place).pk,
        tier=tier,
        organization=filing.organization or values.get("former"),
        **known,
    )
    other = values.get("other")
    return [match for match in found if other is None or match.id != other.pk]


def require_single(case, by, data):
    """Guard of an approval: nothing in the register is surely the same; what may be is explained in `distinct`."""
    lock_district(case.division)
    distinct = distinct_of(case, data)
    open_ = [match for match in alike(case.filing) if match.sure or match.id not in distinct]
    if open_:
        raise DuplicateFoundError(open_)


def distinct_of(case, data):
    """{organization id: reason} of look-alikes somebody on this case called different."""
    given = dict(data.get("distinct", {}))
    for step in case.steps.all():
        given |= {int(key): reason for key, reason in step.data.get("distinct", {}).items()}
    return given


def file_organization(case, by, data):
    """Effect of an approval: the organization stands in the register, with number, people and first figures.

    A known, unfiled organization keeps its record, as does one that was registered, ended and goes on as a team; a new
    one gets one. The filing number is permanent.
    """
    filing = case.filing
    filing.case = case
    values = readable(case)
    tier = Tier.TEAM if case.kind == "filing" else Tier.GROUP
    details = {"name": values["name"], "filing_no": new_number(case.division, tier), "place": values.get("place") or ""}
    details["purpose"] = values.get("purpose") or ""
    details["targets"] = values.get("targets") or []
    distinct = {match.id: distinct_of(case, data).get(match.id, "") for match in alike(filing)}
    if values.get("former"):
        filing.organization = values["former"]
        details |= {"uscc": "", "legal_form": ""}
    if filing.organization is None:
        filing.organization = new_organization(case, tier, values, by=actor(by), distinct=distinct, **details)
    else:
        renew_organization(case, tier, values, by=actor(by), distinct=distinct, **details)
    filing.save()
    case.title = values["name"]
    name_people(case, by, data)
    certify(filing.organization, tier, actor(by))


def new_number(division, tier):
    """The next filing number nobody in the district has or had: one typed or imported in its form is passed over."""
    district, kind = district_of(division), OrganizationAlias.Kind.NUMBER
    while True:
        number = numbers.filing_number(division, tier, timezone.localdate())
        has = Organization.objects.filter(district=district, filing_no=number)
        had = OrganizationAlias.objects.filter(organization__district=district, kind=kind, text=number)
        if not has.exists() and not had.exists():
            return number


def certify(organization, tier, by):
    """A certificate of filing or listing; an organization raised from the list hands its old one back."""
    kind = Certificate.Kind.FILING if tier == Tier.TEAM else Certificate.Kind.LISTING
    for old in organization.certificates.valid().exclude(kind__in=(kind, Certificate.Kind.PLAQUE)):
        return_certificate(certificate=old, reason=_("Replaced by a certificate of filing"), by=by)
    if not organization.certificates.valid().filter(kind=kind).exists():
        issue_certificate(organization=organization, by=by, kind=kind)


def actor(by):
    """The name an effect writes under: the case's own rights were asked by `perform`, once, for the whole step."""
    return getattr(by, "username", by)


def new_organization(case, tier, values, **details):
    today = timezone.localdate()
    return create_organization(
        tier=tier,
        division=case.division,
        type=type_of(case, values),
        figures=figures_of(values),
        year=today.year,
        founded=today,
        **details,
    )


def figures_of(values):
    return {name: values[name] for name in ("members", "activities") if values.get(name) is not None}


def keep_former(organization, details, cause):
    """Remembers the name or number that is about to be replaced: both still lead to the record."""
    today, kinds = timezone.localdate(), OrganizationAlias.Kind
    for field, kind in (("name", kinds.NAME), ("filing_no", kinds.NUMBER), ("uscc", kinds.NUMBER)):
        old = getattr(organization, field)
        if old and details.get(field) not in (None, old):
            OrganizationAlias.objects.create(organization=organization, kind=kind, text=old, until=today, cause=cause)


def renew_organization(case, tier, values, *, by, **details):
    """A record already known takes over what was decided: standing, home and type, details and figures."""
    organization = case.filing.organization
    keep_former(organization, details, "filed")
    turn = change_standing if organization.state in COUNTED else resume_organization
    placed = turn(
        organization=organization,
        version=organization.version,
        effective=timezone.localdate(),
        by=by,
        tier=tier,
        division=values["community"],
        type=type_of(case, values),
        cause="filed",
        case=case,
    )
    edit_organization(organization=placed, version=placed.version, by=by, case=case, **details)
    declare_figures(placed, figures_of(values), by, case.number)


def declare_figures(organization, figures, by, note):
    """Figures that differ from those in force are this year's; what was not declared goes on as it was."""
    last = organization.years.filter(next_year=None).first()
    known = values_of(last) if last else {}
    if any(known.get(name) != value for name, value in figures.items()):
        year = timezone.localdate().year
        save_year_figures(organization=organization, year=year, figures=known | figures, by=by, note=note)


def type_of(case, values):
    return main_scheme(case.division).types.get(code=values["type"])


def name_people(case, by, data):
    """Everybody the filing names becomes a person with a dated place in the organization; the leader leads it.

    The leader's account and those of who filed it for themselves act for the organization from now on.
    """
    organization = Organization.objects.select_related("leader").get(pk=case.filing.organization_id)
    for entry, person in filing_people.become_people(case, by, data):
        if entry.role == Membership.Role.LEADER:
            leaders.set_leader(organization, person, actor(by))
        else:
            organization.memberships.get_or_create(
                person=person, role=entry.role, ends=None, defaults={"starts": timezone.localdate()}
            )
    for party in case.parties.filter(role=CaseParty.Role.APPLICANT).exclude(user=None):
        leaders.begin(organization, party.user, actor(by))
