"""Targets of each kind, and short ways to build what they count."""

from datetime import date

from tests.builders import make_organization

DEADLINE = date(2020, 12, 31)
AVERAGE = {
    "kind": "average",
    "level": "community",
    "basis": "urban",
    "numerator": ["orgs_{urban}_{tier}"],
    "denominator": ["communities_{urban}"],
    "value": 2,
}
HUBS = {
    "kind": "coverage",
    "level": "community",
    "numerator": ["communities_with_hub_or_support"],
    "denominator": ["communities"],
    "factor": 100,
    "value": 100,
    "unit": "%",
}
VOLUNTEERS = {
    "kind": "ratio",
    "level": "community",
    "numerator": ["reg_volunteers"],
    "denominator": ["population"],
    "reported": "communities_volunteer_rate_reported",
    "reporters": "communities",
    "factor": 100,
    "value": 10,
    "unit": "%",
    "needs": "注册志愿者、常住人口",
}
DOUBLE = {
    "kind": "growth",
    "level": "street",
    "basis": "rural",
    "numerator": ["orgs_{rural}_{tier}"],
    "value": 2,
    "unit": "倍",
    "baseline_on": date(2020, 12, 31),
    "deadline": date(2023, 12, 31),
}


def organizations(world, division, number, **fields):
    return [make_organization(division, world.types["culture"], **fields) for _ in range(number)]


def only(results):
    assert len(results) == 1
    return results[0]
