"""Formulas over measures: ratios of sums, averages with their denominators; no average is ever averaged."""

from dataclasses import dataclass, field
from decimal import Decimal

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from reporting.measures import BASES, MEASURES

OK, PARTIAL, NO_DATA = "ok", "partial", "no_data"
STATED = {measure.name for measure in BASES}


@dataclass(frozen=True)
class Reading:
    """An indicator's value, unrounded, with what it was divided from; partial when only some communities reported."""

    value: Decimal | None
    numerator: object
    denominator: object
    state: str
    reported: int | None = None
    due: int | None = None


@dataclass(frozen=True)
class Indicator:
    """numerator / denominator × factor, each a sum of measures; without a denominator the numerator itself."""

    name: str
    label: object
    unit: object
    formula: object
    numerator: list
    denominator: list = field(default_factory=list)
    factor: int = 1
    decimals: int = 2
    direction: str = "up"
    clause: str = ""

    def reading(self, figures):
        return divide(figures, self.numerator, self.denominator, factor=self.factor)


def divide(figures, numerator, denominator=(), *, factor=1):
    """The reading of a formula at one place. A denominator of 0 or unknown gives no data, never 0."""
    top, bottom = figures.total(numerator), figures.total(denominator) if denominator else None
    reported, due = coverage(figures, [*numerator, *denominator])
    if top is None or (denominator and not bottom):
        return Reading(None, top, bottom, NO_DATA, reported, due)
    value = Decimal(top) * factor / (Decimal(bottom) if denominator else 1)
    return Reading(value, top, bottom, OK if reported == due else PARTIAL, reported, due)


def coverage(figures, names):
    """How many communities stated every base figure among the measures, of how many; (None, None) without one."""
    stated = [figures[f"{name}_reported"] for name in names if name in STATED]
    return (min(stated), figures["communities"]) if stated else (None, None)


RATE = _("ratio")
PER_COMMUNITY, PER_PLACE = _("per community"), pgettext_lazy("unit", "communities")
TABLE = [
    Indicator(
        "orgs_per_urban_community",
        _("Organizations per urban community"),
        PER_COMMUNITY,
        _("organizations homed in urban communities ÷ urban communities"),
        ["orgs_urban"],
        ["communities_urban"],
        clause="PH-03",
    ),
    Indicator(
        "orgs_per_rural_community",
        _("Organizations per rural community"),
        PER_COMMUNITY,
        _("organizations homed in rural communities ÷ rural communities"),
        ["orgs_rural"],
        ["communities_rural"],
        clause="PH-04",
    ),
    Indicator(
        "orgs_per_community",
        _("Organizations per community"),
        PER_COMMUNITY,
        _("organizations homed in communities ÷ communities"),
        ["orgs_urban", "orgs_rural"],
        ["communities"],
        clause="PH-03 PH-04",
    ),
    Indicator(
        "orgs_per_10000_people",
        _("Organizations per 10,000 residents"),
        _("per 10,000 residents"),
        _("organizations ÷ resident population × 10,000"),
        ["orgs"],
        ["population"],
        10_000,
    ),
    Indicator(
        "facility_area_per_100_households",
        _("Facility area per 100 households"),
        _("m² per 100 households"),
        _("service facility area ÷ households × 100"),
        ["facility_area"],
        ["households"],
        100,
        clause="SS-34",
    ),
    Indicator(
        "volunteer_rate",
        _("Registered volunteers among residents"),
        RATE,
        _("registered volunteers ÷ resident population"),
        ["reg_volunteers"],
        ["population"],
        decimals=3,
        clause="PH-12 SS-20",
    ),
    Indicator(
        "participation_rate",
        _("Volunteers who took part"),
        RATE,
        _("volunteers active in the year ÷ registered volunteers"),
        ["active_volunteers"],
        ["reg_volunteers"],
        decimals=3,
        clause="SS-21",
    ),
    Indicator(
        "key_volunteer_rate",
        _("Backbone among registered volunteers"),
        RATE,
        _("backbone volunteers ÷ registered volunteers"),
        ["key_volunteers"],
        ["reg_volunteers"],
        decimals=3,
        clause="SS-22",
    ),
    Indicator(
        "certified_staff_rate",
        _("Certified among committee staff"),
        RATE,
        _("staff with a social-work certificate ÷ staff"),
        ["certified_staff"],
        ["staff"],
        decimals=3,
        clause="SS-16",
    ),
    Indicator(
        "volunteer_orgs_per_1000_people",
        _("Volunteer organizations per 1,000 residents"),
        _("per 1,000 residents"),
        _("volunteer organizations in the volunteer system ÷ resident population × 1,000"),
        ["volunteer_orgs_with_id"],
        ["population"],
        1000,
        clause="PH-11",
    ),
    Indicator(
        "elderly_rate",
        _("Residents aged 60 and over"),
        RATE,
        _("aged 60 and over ÷ resident population"),
        ["elderly"],
        ["population"],
        decimals=3,
    ),
    Indicator(
        "members_per_org",
        _("Members per organization"),
        pgettext_lazy("unit", "persons"),
        _("members ÷ organizations that stated their members"),
        ["members"],
        ["members_reported"],
    ),
    Indicator(
        "dormant_rate",
        _("Organizations with few or no activities"),
        RATE,
        _("organizations with few activities or stopped ÷ organizations"),
        ["orgs_dormant", "orgs_suspended"],
        ["orgs"],
        decimals=3,
        direction="down",
        clause="PS-20",
    ),
    Indicator(
        "registered_share",
        _("Registered among all organizations"),
        RATE,
        _("registered organizations ÷ organizations"),
        ["orgs_registered"],
        ["orgs"],
        decimals=3,
        clause="SH-04",
    ),
    Indicator(
        "hub_coverage",
        _("Communities with a hub or support organization"),
        RATE,
        _("communities with one ÷ communities"),
        ["communities_with_hub_or_support"],
        ["communities"],
        decimals=3,
        clause="PH-06",
    ),
    Indicator(
        "street_hub_coverage",
        _("Streets with a hub or support organization of their own"),
        RATE,
        _("streets with one ÷ streets"),
        ["streets_with_hub_or_support"],
        ["streets"],
        decimals=3,
        clause="PH-05",
    ),
    Indicator(
        "party_coverage",
        _("Organizations covered by party work"),
        RATE,
        _("organizations with a party form ÷ organizations whose form is known"),
        ["party_covered"],
        ["party_known"],
        decimals=3,
        clause="SW-14",
    ),
    Indicator(
        "need_match_rate",
        _("Needs matched"),
        RATE,
        _("needs matched or done ÷ needs raised"),
        ["needs_matched", "needs_done"],
        ["needs"],
        decimals=3,
        clause="SH-07",
    ),
]
# Measures that are read as indicators too: counts of places and organizations the documents name.
COUNTS = [
    "communities_urban",
    "communities_rural",
    "communities_facility_ge_30",
    "communities_volunteer_rate_ge_10pct",
    "communities_orgs_ge_10",
    "communities_volunteer_orgs_ge_5",
    "volunteer_orgs",
]


def counting(name):
    """The indicator that is simply a measure."""
    measure = MEASURES[name]
    return Indicator(
        name, measure.label, measure.unit, _("counted"), [name], decimals=measure.decimals, clause=measure.clause
    )


INDICATORS = {entry.name: entry for entry in [*TABLE, *map(counting, COUNTS)]}
