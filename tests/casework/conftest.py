import pytest


@pytest.fixture(autouse=True)
def _own_anchor(settings, tmp_path):
    settings.AUDIT_ANCHOR_DIR = tmp_path / "anchor"
