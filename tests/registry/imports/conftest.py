"""A seed district with its divisions and policies, as an import finds it."""

from pathlib import Path

import pytest
from django.core.management import call_command

from accounts.models import Division

ROOT = Path(__file__).parents[3]


@pytest.fixture
def load_district(db):
    """load_district("440310") → the district, with the divisions and policies of its area."""

    def load(code):
        pattern = "31_*.csv" if code.startswith("31") else f"{code}_*.csv"
        file = next((ROOT / "registry" / "data" / "divisions").glob(pattern))
        call_command("load_divisions", str(file), verbosity=0)
        call_command("load_policies", verbosity=0)
        return Division.objects.get(code=code)

    return load
