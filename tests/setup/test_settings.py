"""What production settings refuse to start with."""

import sys

import pytest

from tests.setup.processes import spawn

GIVEN = {
    "DEBUG": "0",
    "SECRET_KEY": "x" * 60,
    "FIELD_KEYS": "k:AAAA",
    "LOOKUP_KEY": "l" * 40,
    "AUDIT_ANCHOR_KEY": "a" * 40,
    "ALLOWED_HOSTS": "portal.example.gov.cn",
    "PUBLIC_ADDRESS": "https://portal.example.gov.cn",
}


def load(**given):
    run = spawn(sys.executable, "-c", "import config.settings", **given)
    told, _nothing = run.communicate(timeout=60)
    return run.returncode, told


def test_production_starts_on_values_of_its_own():
    assert load(**GIVEN) == (0, "")


@pytest.mark.parametrize("name", ["SECRET_KEY", "FIELD_KEYS", "LOOKUP_KEY", "AUDIT_ANCHOR_KEY", "PUBLIC_ADDRESS"])
def test_production_refuses_the_values_of_a_laptop(name):
    code, told = load(**{**GIVEN, name: ""})
    assert code
    assert f"{name} is still the one of a laptop" in told
