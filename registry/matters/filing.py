"""Filing of an activity team (备案) and listing of an activity group: what is asked, and on which conditions."""

from django.utils.translation import gettext_lazy as _

from registry.matters.asks import Ask, Condition, Matter, Paper
from registry.matters.known import known
from registry.models import Term
from registry.schemes import main_scheme


def is_on_behalf(filing):
    """Filed by a clerk for somebody without an account here."""
    roles = {(party.role, party.user_id is None) for party in filing.case.parties.all()}
    return ("agent", False) in roles and ("applicant", True) in roles


CONSENT = Paper(
    "consent",
    _("The leader's signed consent"),
    required=False,
    personal=True,
    sample="consent",
    hint=_("Only if the leader cannot open the link sent to her or his phone."),
    when=is_on_behalf,
)
MEMBER, SERVICE = "member", "service"
BODY_TYPES = ((MEMBER, _("Member type: its members act together")), (SERVICE, _("Service type: staff serve others")))


def types(filing):
    scheme = main_scheme(filing.case.division)
    return [(row.code, row.name) for row in scheme.types.all()] if scheme else []


def terms(name):
    def offered(filing):
        return list(Term.objects.filter(list=name).values_list("name", "name"))

    return offered


def body_types(filing):
    return BODY_TYPES


def is_new(filing):
    """Filed without a record: the register may know it by the registration it had; what was said stays once granted."""
    return filing.organization_id is None or bool(filing.case.outcome and filing.data.get("former"))


def is_member_type(values):
    return values.get("body_type") != SERVICE


def is_service_type(values):
    return values.get("body_type") == SERVICE


def persons_founding(values, people, limit):
    return sum(not row.is_unit for row in people["founders"]) >= limit


def units_founding(values, people, limit):
    return sum(row.is_unit for row in people["founders"]) >= limit


def has_venue(values, people, limit):
    return bool(values.get("place"))


def is_no_registered_name(values, people, limit):
    return not any(word and word in (values.get("name") or "") for word in limit.split("、"))


def is_old_enough(values, people, limit):
    return people["age"] is not None and people["age"] >= limit


NAME = Ask("name", _("Name of the organization"), rule="name", hint=_("4 to 60 characters, such as 六联社区合唱队."))
COMMUNITY = Ask("community", _("Community"), "division", hint=_("Where the organization meets."))
TYPE = Ask("type", _("Type"), "choice", choices=types)
PURPOSE = Ask("purpose", _("Purpose and scope"), "long", length=500, hint=_("One or two sentences."))
LEADER = Ask("leader", _("Leader"), "leader", page=2, hint=_("Name, mobile phone and ID number."))
MEMBERS = Ask("members", _("Number of members"), "count", page=3, rule="members")
PLACE = Ask("place", _("Venue"), page=3, rule="place", required=False, hint=_("Where it usually meets."))
ACTIVITIES = Ask("activities", _("Activities a year"), "count", page=3, rule="activities")
TARGETS = Ask("targets", _("Service targets"), "many", page=3, required=False, choices=terms("target_group"))

# 完全民事行为能力: 民法典第十八条.
LEADER_AGE = Condition(
    "age",
    _("The leader is at least %(limit)s years old"),
    "leader",
    "filing.leader_age_min",
    18,
    is_old_enough,
    basis="《民法典》第十八条",
)

# 名称: 备案组织的名称不应与登记组织混淆.
NAME_UNLIKE = Condition(
    "name",
    _("A name that does not sound like a registered organization's (%(limit)s)"),
    "name",
    "filing.registered_words",
    "协会、学会、研究会、促进会、联合会、商会、基金会",
    is_no_registered_name,
    needed=False,
)

TEAM = Matter(
    kind="filing",
    code="01",
    prefill=known("name", "community", "type", "purpose", "leader", "members", "place", "activities", "targets"),
    label=_("Filing of an activity team"),
    intro=_("A team that meets regularly in a community is filed with the street and gets a certificate."),
    who=_("The leader of the team, or the committee clerk on the leader's behalf"),
    pages=(_("The team"), _("People"), _("Its activities")),
    asks=(
        NAME,
        COMMUNITY,
        TYPE,
        Ask("body_type", _("How it is made up"), "choice", choices=body_types),
        PURPOSE,
        Ask(
            "former",
            _("Registered organization it goes on from"),
            "former",
            required=False,
            hint=_("Only if it was registered before and has been deregistered: its credit code or its name then."),
            when=is_new,
        ),
        LEADER,
        Ask("founders", _("Founders"), "founders", page=2, hint=_("The people or units who start the team.")),
        Ask("roster", _("Member list"), "roster", page=2, required=False, hint=_("Names are enough; phones help.")),
        MEMBERS,
        PLACE,
        ACTIVITIES,
        TARGETS,
    ),
    papers=(
        Paper("charter", _("Charter"), sample="charter", hint=_("A model charter can be printed here.")),
        Paper("leader_id", _("Copy of the leader's ID card"), required=False, personal=True),
        Paper("venue", _("Note on the venue"), required=False, sample="venue"),
        CONSENT,
    ),
    conditions=(
        NAME_UNLIKE,
        LEADER_AGE,
        Condition(
            "founders",
            _("At least %(limit)s persons as founders"),
            "founders",
            "filing.founders_member_persons",
            3,
            persons_founding,
            when=is_member_type,
            basis="粤民规字〔2022〕2号",
            otherwise=Condition(
                "founders",
                _("at least %(limit)s units as founders"),
                "founders",
                "filing.founders_member_units",
                2,
                units_founding,
            ),
        ),
        Condition(
            "founders",
            _("At least %(limit)s persons as founders"),
            "founders",
            "filing.founders_service_persons",
            2,
            persons_founding,
            when=is_service_type,
            basis="粤民规字〔2022〕2号",
        ),
        Condition(
            "members",
            _("At least %(limit)s members"),
            "members",
            "filing.members_min",
            10,
            lambda values, people, limit: (values.get("members") or 0) >= limit,
            when=is_member_type,
            basis="粤民规字〔2022〕2号",
        ),
        Condition(
            "members",
            _("At least %(limit)s people on the staff"),
            "members",
            "filing.staff_service_min",
            2,
            lambda values, people, limit: (values.get("members") or 0) >= limit,
            when=is_service_type,
            basis="粤民规字〔2022〕2号",
        ),
        Condition("venue", _("A venue where it can meet regularly"), "place", "filing.venue_needed", True, has_venue),
        Condition(
            "activities",
            _("At least %(limit)s activities a year"),
            "activities",
            "filing.activities_min",
            4,
            lambda values, people, limit: (values.get("activities") or 0) >= limit,
            needed=False,
        ),
    ),
    basis=("民政部《关于大力培育发展社区社会组织的意见》（民发〔2017〕191号）",),
    result=_("Filing number and certificate"),
)

GROUP = Matter(
    kind="listing",
    code="02",
    prefill=known("name", "community", "type", "leader", "members", "place"),
    label=_("Listing of an activity group"),
    intro=_("A small, loose group is put on the committee's list. It may be filed as a team later."),
    who=_("The leader of the group, or the committee clerk on the leader's behalf"),
    pages=(_("The group"), _("Leader")),
    asks=(
        NAME,
        COMMUNITY,
        TYPE,
        LEADER,
        Ask("members", _("Number of members"), "count", page=2, rule="members"),
        Ask("place", _("Venue"), page=2, rule="place", required=False, hint=_("Where it usually meets.")),
    ),
    papers=(CONSENT,),
    conditions=(
        NAME_UNLIKE,
        LEADER_AGE,
        Condition(
            "members",
            _("At least %(limit)s members"),
            "members",
            "filing.group_members_min",
            5,
            lambda values, people, limit: (values.get("members") or 0) >= limit,
        ),
    ),
    basis=("民政部《关于大力培育发展社区社会组织的意见》（民发〔2017〕191号）",),
    result=_("Number on the committee's list"),
)
MATTERS = (TEAM, GROUP)
