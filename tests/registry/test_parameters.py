"""Every number a flow or a condition asks the policy for stands in the common policy, with the code's own default."""

import ast
import re
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
CONDITIONS = {way.policy: way.default for matter in MATTERS.values() for row in matter.conditions for way in row.ways}
# Parameters of other apps, each read where its app is built; "publicity." also begins the names of audit events.
ELSEWHERE = ("targets", "party", "incubation", "funding", "evaluation")
OURS = {key for key in PARAMETERS if not key.startswith(ELSEWHERE)}
SHAPE = re.compile(rf"(?:{'|'.join(sorted({key.partition('.')[0] for key in OURS} - {'publicity'}))})\.[a-z_.{{}}]+")
NOTICE = re.compile(r"publicity\.[a-z]*days|publicity\.[a-z]+_days")


@pytest.mark.parametrize(("key", "default"), sorted((LIMITS | CONDITIONS).items()))
def test_the_policy_says_what_the_code_falls_back_to(key, default):
    assert PARAMETERS[key]["value"] == default


def named():
    """Every text in the code of the register and of cases that reads like the key of a parameter."""
    files = (path for app in ("casework", "registry") for path in (settings.BASE_DIR / app).rglob("*.py"))
    trees = (ast.parse(path.read_text(encoding="utf-8")) for path in files if "migrations" not in path.parts)
    texts = (node.value for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant))
    return {text for text in texts if isinstance(text, str) and (SHAPE.fullmatch(text) or NOTICE.fullmatch(text))}


def test_every_key_that_is_read_is_in_the_policy_and_every_key_there_is_read():
    found = named()
    begun = {key for key in found if "{" in key or key.endswith(".")}
    assert found - begun <= set(PARAMETERS)
    assert [key for key in OURS - found if not key.startswith(tuple(key.partition("{")[0] for key in begun))] == []


@pytest.mark.django_db
def test_loaded_parameters_are_found():
    load([COMMON], by="test")
    for key in ("filing.street_days", "cases.claim_minutes", "confirmation.until"):
        assert policy.value(key, default=None) == PARAMETERS[key]["value"]
