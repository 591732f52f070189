"""Every number a flow or a condition asks the policy for stands in the common policy, with the code's own default."""

import tomllib

import pytest
from django.conf import settings

from casework import policy
from casework.flows import FLOWS
from registry.matters import MATTERS
from reporting.policies import load

COMMON = settings.BASE_DIR / "policies" / "common.toml"
PARAMETERS = tomllib.loads(COMMON.read_text(encoding="utf-8"))["parameters"]
LIMITS = {state.limit: state.days for flow in FLOWS.values() for state in flow.states if state.limit}
CONDITIONS = {row.policy: row.default for matter in MATTERS.values() for row in matter.conditions}


@pytest.mark.parametrize(("key", "default"), sorted((LIMITS | CONDITIONS).items()))
def test_the_policy_says_what_the_code_falls_back_to(key, default):
    assert PARAMETERS[key]["value"] == default


@pytest.mark.django_db
def test_loaded_parameters_are_found():
    load([COMMON], by="test")
    for key in ("filing.street_days", "cases.claim_minutes", "confirmation.until"):
        assert policy.value(key, default=None) == PARAMETERS[key]["value"]
