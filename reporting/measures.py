"""Every figure the portal counts, declared once: the aggregate per division and the rows behind it come from one entry.

All of them add up: a division's figure is what lies in it directly plus its children's. Empty (nobody reported) stays
empty, never 0. The kinds of entry stand in `reporting.counting`, the rows they count in `reporting.sources`.
"""

from itertools import product

from django.db.models import Q
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from registry.models import Need, Project
from registry.models.organization import State
from reporting.counting import EVERY, PLACES, Line, Measure, Split
from reporting.sources import BASE, ENDED, FOUNDED, FUNCTIONS, NEEDS, PROJECTS, STANDING, year_before, year_start

ORGS, PERSONS, PLACE = (
    pgettext_lazy("unit", "organizations"),
    pgettext_lazy("unit", "persons"),
    pgettext_lazy("unit", "communities"),
)
STREET, TIMES, YUAN = (
    pgettext_lazy("unit", "streets"),
    pgettext_lazy("unit", "person-times"),
    pgettext_lazy("unit", "yuan"),
)


def form(name, derived):
    """Organizations with a party form: as stated, else derived from their members and whether they have a body."""
    return Q(figures__party_form=name) | (Q(figures__party_form="") & derived)


MANY, FEW, NOBODY = (
    Q(figures__party_members__gte=3),
    Q(figures__party_members__in=[1, 2]),
    Q(figures__party_members=0),
)
BODY = Q(figures__party_org=True)
INDEPENDENT, JOINT = form("independent", MANY & BODY), form("joint", FEW & BODY)
NO_FORM = form("none", Q(figures__party_org=False))
ACTIVITY, GROUP, ASSIGNED = (Q(figures__party_form=name) for name in ("activity", "work_group", "assigned"))


def orgs(name, label, where=EVERY, clause="", **more):
    return Measure(name, label, ORGS, STANDING, where, clause=clause, **more)


STANDINGS = [
    orgs("orgs", _("Organizations"), clause="PH-02"),
    orgs("orgs_registered", _("Registered organizations"), Q(tier="registered"), "SH-04"),
    orgs("orgs_team", _("Activity teams on file"), Q(tier="team"), "SH-04 SW-04"),
    orgs("orgs_group", _("Activity groups"), Q(tier="group"), "SH-04"),
    orgs("orgs_active", _("Organizations working normally"), Q(state=State.ACTIVE)),
    orgs("orgs_dormant", _("Organizations with few activities"), Q(state=State.DORMANT), "PS-20"),
    orgs("orgs_suspended", _("Organizations that stopped their activities"), Q(state=State.SUSPENDED), "PS-20"),
    orgs("orgs_under_correction", _("Organizations under correction"), Q(state=State.CORRECTION)),
    orgs("party_independent", _("With an independent party branch"), INDEPENDENT, "SW-09"),
    orgs("party_joint", _("In a joint party branch"), JOINT, "SW-10"),
    orgs("party_activity", _("With an activity branch"), ACTIVITY, "SW-11"),
    orgs("party_work_group", _("With a party work group"), GROUP, "SW-14"),
    orgs("party_assigned", _("With an assigned party instructor or liaison"), ASSIGNED, "SW-12"),
    orgs("party_none", _("Without any party form"), NO_FORM, "SW-14"),
    orgs("party_covered", _("Covered by party work"), INDEPENDENT | JOINT | ACTIVITY | GROUP | ASSIGNED, "SW-14"),
    orgs("party_known", _("Whose party form is known"), INDEPENDENT | JOINT | ACTIVITY | GROUP | ASSIGNED | NO_FORM),
    orgs("party_need_independent", _("With 3 or more party members"), MANY, "SW-09"),
    orgs("party_need_joint", _("With 1 or 2 party members"), FEW, "SW-10"),
    orgs("party_need_assigned", _("Without party members"), NOBODY, "SW-12"),
    orgs("party_ok_independent", _("3 or more members and an own branch"), MANY & INDEPENDENT, "SW-09"),
    orgs("party_ok_joint", _("1 or 2 members and in a joint branch"), FEW & JOINT, "SW-10"),
    orgs("party_ok_assigned", _("No members and an assigned person"), NOBODY & ASSIGNED, "SW-12"),
    orgs(
        "party_body_due",
        _("3 or more members with any party body"),
        MANY & (INDEPENDENT | JOINT | ACTIVITY | GROUP),
        "SW-15",
    ),
]

# field of OrganizationYear, label, unit, decimals
YEARLY = [
    ("members", _("Members"), PERSONS, 0),
    ("volunteers", _("Volunteers of organizations"), PERSONS, 0),
    ("party_members", _("Party members in organizations"), PERSONS, 0),
    ("fulltime", _("Full-time staff of organizations"), PERSONS, 0),
    ("certified", _("Certified social workers of organizations"), PERSONS, 0),
    ("activities", _("Activities in the year"), pgettext_lazy("unit", "activities"), 0),
    ("served", _("Served by organizations in the year"), TIMES, 0),
    ("income", _("Yearly funds of organizations"), YUAN, 2),
]
SUMS = [
    Measure(name, label, unit, STANDING, sums=f"figures__{name}", decimals=decimals)
    for name, label, unit, decimals in YEARLY
]
SUMS_REPORTED = [
    orgs(
        f"{name}_reported",
        format_lazy(_("{label}: organizations reporting"), label=label),
        Q(**{f"figures__{name}__isnull": False}),
    )
    for name, label, *_rest in YEARLY
]


def function(name, label, flags, clause="", **more):
    return Measure(name, label, ORGS, FUNCTIONS, Q(flag__in=flags), clause=clause, **more)


FLAGS = [
    function("hub_orgs", _("Hub organizations"), ["hub"], "PH-05"),
    function("support_orgs", _("Support organizations"), ["support"], "PH-05"),
    function(
        "hub_or_support_orgs",
        _("Hub or support organizations"),
        ["hub", "support"],
        "PH-05",
        distinct="organization_id",
    ),
    function("volunteer_orgs", _("Volunteer organizations"), ["volunteer"], "PH-33"),
    Measure(
        "volunteer_orgs_with_id",
        _("Volunteer organizations in the volunteer system"),
        ORGS,
        FUNCTIONS,
        Q(flag="volunteer") & ~Q(organization__volunteer_system_id=""),
        clause="PH-11 SH-12",
    ),
    function("social_work_agencies", _("Social-work agencies"), ["social_work_agency"], "PH-07"),
    function("charities", _("Charity organizations"), ["charity"], "PH-30"),
    function("federations", _("Federations"), ["federation"], "SH-22"),
    function("community_foundations", _("Community foundations"), ["community_foundation"], "SH-23"),
    function("service_centres", _("Service centres of organizations"), ["service_centre"], "SH-16"),
    function("village_worthies", _("Village worthies' councils"), ["village_worthies"], "PH-27"),
    function("brand_orgs", _("Brand organizations"), ["brand"], "PS-06"),
]


def flow(name, label, source, since, field):
    return Measure(name, label, ORGS, source, since=since, since_field=f"organization__{field}")


FLOWS = [
    flow("founded_year", _("Founded since 1 January"), FOUNDED, year_start, "founded"),
    flow("founded_12m", _("Founded in twelve months"), FOUNDED, year_before, "founded"),
    flow("ended_year", _("Ended since 1 January"), ENDED, year_start, "ended"),
    flow("ended_12m", _("Ended in twelve months"), ENDED, year_before, "ended"),
]

COMMUNITY = Q(division__level="community")
# field of DivisionYear, measure, label, unit, decimals, only what communities state, clause.
# Staff and funds of a street itself count beside those of its communities; residents are counted by community alone.
FIGURES = [
    ("population", "population", _("Resident population"), PERSONS, 0, True, "SS-20"),
    ("registered_pop", "registered_pop", _("Household-register population"), PERSONS, 0, True, ""),
    ("households", "households", _("Households"), pgettext_lazy("unit", "households"), 0, True, "SS-34"),
    ("elderly", "elderly", _("Aged 60 and over"), PERSONS, 0, True, ""),
    ("facility_area", "facility_area", _("Service facility area"), pgettext_lazy("unit", "m²"), 2, True, "SS-34"),
    ("reg_volunteers", "reg_volunteers", _("Registered volunteers"), PERSONS, 0, True, "PH-12 SS-20"),
    ("active_volunteers", "active_volunteers", _("Volunteers active in the year"), PERSONS, 0, True, "SS-21"),
    ("key_volunteers", "key_volunteers", _("Backbone volunteers"), PERSONS, 0, True, "SS-22"),
    ("staff", "staff", _("Committee and street staff"), PERSONS, 0, False, "SS-16"),
    ("certified_staff", "certified_staff", _("Staff with a social-work certificate"), PERSONS, 0, False, "SS-16"),
    ("social_workers", "social_workers", _("Professional social workers"), PERSONS, 0, False, "SS-09 SS-10"),
    ("party_members", "resident_party_members", _("Party members among residents"), PERSONS, 0, True, ""),
    ("fund_count", "fund_count", _("Special funds"), pgettext_lazy("unit", "funds"), 0, False, "SS-19"),
    ("fund_amount", "fund_amount", _("Money in special funds"), _("10,000 yuan"), 2, False, "SS-19"),
]
BASES = [
    Measure(
        name,
        label,
        unit,
        BASE,
        COMMUNITY if communities else EVERY,
        sums=field,
        decimals=decimals,
        clause=clause,
    )
    for field, name, label, unit, decimals, communities, clause in FIGURES
]
BASES_REPORTED = [
    Measure(
        f"{name}_reported",
        format_lazy(_("{label}: communities reporting"), label=label),
        PLACE,
        BASE,
        COMMUNITY & Q(**{f"{field}__isnull": False}),
        distinct=PLACES,
    )
    for field, name, label, *_rest in FIGURES
]
STATION = Q(has_station=True)
STATIONS = [
    Measure(
        "stations", _("Social service stations"), pgettext_lazy("unit", "stations"), BASE, STATION, clause="SH-32 SS-08"
    ),
    Measure(
        "stations_community",
        _("Communities with a station"),
        PLACE,
        BASE,
        STATION & COMMUNITY,
        distinct=PLACES,
        clause="SS-08",
    ),
    Measure(
        "stations_reported",
        _("Stations: communities reporting"),
        PLACE,
        BASE,
        COMMUNITY & Q(has_station__isnull=False),
        distinct=PLACES,
    ),
    Measure(
        "stations_street",
        _("Streets with a station"),
        STREET,
        BASE,
        STATION & Q(division__level="street"),
        distinct=PLACES,
        clause="SH-32",
    ),
    Measure(
        "stations_street_reported",
        _("Stations: streets reporting"),
        STREET,
        BASE,
        Q(division__level="street", has_station__isnull=False),
        distinct=PLACES,
        clause="SH-32",
    ),
]

NEED, PROJECT = pgettext_lazy("unit", "needs"), pgettext_lazy("unit", "projects")
LISTS = [
    Measure("needs", _("Needs raised"), NEED, NEEDS, clause="SH-07"),
    Measure("needs_open", _("Needs not matched"), NEED, NEEDS, Q(state=Need.State.OPEN), clause="SH-07"),
    Measure("needs_matched", _("Needs matched"), NEED, NEEDS, Q(state=Need.State.MATCHED), clause="SH-07"),
    Measure("needs_done", _("Needs done"), NEED, NEEDS, Q(state=Need.State.DONE), clause="SS-02"),
    Measure("projects", _("Projects"), PROJECT, PROJECTS, clause="SH-07"),
    Measure("projects_running", _("Projects running"), PROJECT, PROJECTS, Q(state=Project.State.RUNNING)),
    Measure("projects_closed", _("Projects closed"), PROJECT, PROJECTS, ~Q(state=Project.State.RUNNING)),
    Measure("project_amount", _("Money of projects"), YUAN, PROJECTS, sums="amount", decimals=2),
    Measure("project_served", _("Served by projects"), TIMES, PROJECTS, sums="served"),
]

DIVISIONS = [
    Split("communities", _("Communities"), PLACE, "community"),
    Split("communities_urban", _("Urban communities"), PLACE, "urban", clause="PH-03"),
    Split("communities_rural", _("Rural communities"), PLACE, "rural", clause="PH-04"),
    Split("communities_stat_urban", _("Urban communities (statistics)"), PLACE, "stat_urban"),
    Split("communities_stat_rural", _("Rural communities (statistics)"), PLACE, "stat_rural"),
    Split("streets", _("Streets and towns"), STREET, "street", clause="PH-05"),
]
PLACE_LABELS = {
    "urban": _("urban"),
    "rural": _("rural"),
    "stat_urban": _("urban (statistics)"),
    "stat_rural": _("rural (statistics)"),
    "wide": _("street-wide"),
}
TIERS = {"": STANDINGS[0], "_registered": STANDINGS[1], "_team": STANDINGS[2], "_group": STANDINGS[3]}
# orgs_urban, orgs_urban_registered, … orgs_wide_group: "wide" are those of a street or district as a whole.
SPLITS = [
    Split(
        f"orgs_{place}{tier}",
        format_lazy("{of} ({place})", of=of.label, place=word),
        ORGS,
        place,
        of.name,
        "PH-03 PH-04 SH-34",
    )
    for (place, word), (tier, of) in product(PLACE_LABELS.items(), TIERS.items())
]
STREET_HUBS = [
    Split("street_hub_orgs", _("Hubs of a whole street"), ORGS, "street", "hub_orgs", "PH-05"),
    Split(
        "street_hub_or_support_orgs",
        _("Hubs and support organizations of a whole street"),
        ORGS,
        "street",
        "hub_or_support_orgs",
        "PH-05",
    ),
]


def communities(name, label, when, clause=""):
    return Line(f"communities_{name}", label, PLACE, "community", when, clause)


def streets(name, label, when, clause=""):
    return Line(f"streets_{name}", label, STREET, "street", when, clause)


LINES = [
    communities("with_orgs", _("Communities with an organization"), "orgs > 0", "SH-06"),
    communities("with_hub", _("Communities with a hub"), "hub_orgs > 0", "PH-06"),
    communities("without_hub", _("Communities without a hub"), "hub_orgs = 0", "PH-06"),
    communities(
        "with_hub_or_support", _("Communities with a hub or support organization"), "hub_or_support_orgs > 0", "PH-06"
    ),
    communities("with_agency", _("Communities that are home to a social-work agency"), "social_work_agencies > 0"),
    communities("orgs_ge_10", _("Communities with 10 or more organizations"), "orgs >= 10", "SS-13"),
    communities(
        "volunteer_orgs_ge_5", _("Communities with 5 or more volunteer organizations"), "volunteer_orgs >= 5", "SS-14"
    ),
    communities(
        "facility_ge_30",
        _("Communities with 30 m² or more per 100 households"),
        "households > 0 AND facility_area * 100 >= households * 30",
        "SS-34",
    ),
    communities(
        "facility_reported",
        _("Communities whose facility area and households are known"),
        "households > 0 AND facility_area IS NOT NULL",
        "SS-34",
    ),
    communities(
        "volunteer_rate_ge_10pct",
        _("Communities where 10 % of residents are registered volunteers"),
        "population > 0 AND reg_volunteers * 10 >= population",
        "SS-20",
    ),
    communities(
        "volunteer_rate_reported",
        _("Communities whose volunteers and residents are known"),
        "population > 0 AND reg_volunteers IS NOT NULL",
        "SS-20",
    ),
    communities(
        "participation_ge_30pct",
        _("Communities where 30 % of volunteers took part"),
        "reg_volunteers > 0 AND active_volunteers * 10 >= reg_volunteers * 3",
        "SS-21",
    ),
    communities(
        "key_volunteers_ge_1pct",
        _("Communities where 1 % of volunteers are backbone volunteers"),
        "reg_volunteers > 0 AND key_volunteers * 100 >= reg_volunteers",
        "SS-22",
    ),
    communities(
        "certified_ge_30pct",
        _("Communities where 30 % of staff hold a certificate"),
        "staff > 0 AND certified_staff * 10 >= staff * 3",
        "SS-16",
    ),
    communities(
        "social_worker_ge_1",
        _("Stations with a professional social worker"),
        "stations_community > 0 AND social_workers >= 1",
        "SS-10",
    ),
    communities("with_fund", _("Communities with a special fund"), "fund_count > 0", "SS-19"),
    communities("with_need_list", _("Communities with a need list"), "needs > 0", "SH-07"),
    communities("with_both_lists", _("Communities with both lists"), "needs > 0 AND projects > 0", "SH-07"),
    communities("with_worthies", _("Communities with a worthies' council"), "village_worthies > 0", "PH-27"),
    streets("with_hub", _("Streets with a hub of their own"), "street_hub_orgs > 0", "PH-05"),
    streets(
        "with_hub_or_support",
        _("Streets with a hub or support organization of their own"),
        "street_hub_or_support_orgs > 0",
        "PH-05",
    ),
    streets(
        "hub_or_support_within",
        _("Streets with a hub or support organization anywhere in them"),
        "hub_or_support_orgs > 0",
        "PH-05",
    ),
    streets("with_federation", _("Streets with a federation"), "federations > 0", "SH-15 SH-22"),
    streets("with_foundation", _("Streets with a community foundation"), "community_foundations > 0", "SH-15 SH-23"),
    streets("with_service_centre", _("Streets with a service centre"), "service_centres > 0", "SH-15 SH-16"),
    streets("with_fund", _("Streets with a special fund"), "fund_count > 0", "SS-19"),
]

COUNTED_ROWS = [
    *STANDINGS,
    *SUMS,
    *SUMS_REPORTED,
    *FLAGS,
    *FLOWS,
    *BASES,
    *BASES_REPORTED,
    *STATIONS,
    *LISTS,
]
PARTS = [*DIVISIONS, *SPLITS, *STREET_HUBS]
MEASURES = {entry.name: entry for entry in [*COUNTED_ROWS, *PARTS, *LINES]}
