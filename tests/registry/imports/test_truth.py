"""The sample workbooks through the command: every stored figure equals the truth computed beside them."""

import json
import stat
from collections import Counter
from pathlib import Path

import pytest
from django.core.management import call_command
from django.db.models import Sum

from registry.models import DivisionYear, ImportBatch, Need, Organization, OrganizationPeriod, OrganizationYear, Project

SAMPLES = sorted((Path(__file__).parents[2] / "data" / "surveys").glob("*.xlsx"))


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_stored_figures_equal_the_truth(path, load_district, tmp_path):
    truth = json.loads(path.with_suffix(".json").read_text())
    load_district(truth["district"])
    told = tmp_path / "told.json"
    call_command("import_survey", str(path), district=truth["district"], report=told)
    report = json.loads(told.read_text())
    assert report["file_error"] is None
    assert stat.S_IMODE(told.stat().st_mode) == 0o600
    assert {row["status"] for row in report["rows"]} <= {"accept", "accept_warn"}
    assert Organization.objects.count() == truth["orgs"] == OrganizationPeriod.objects.filter(ends=None).count()
    assert Counter(Organization.objects.values_list("type__name", flat=True)) == truth["by_type"]
    assert Counter(row["values"]["tier"] for row in report["rows"] if row["sheet"] == "组织信息") == truth["by_tier"]
    assert Counter(Organization.objects.values_list("division__code", flat=True)) == truth["direct_by_region"]
    assert (
        OrganizationYear.objects.filter(year=truth["year"]).aggregate(**{k: Sum(k) for k in truth["sums"]})
        == truth["sums"]
    )
    sums = DivisionYear.objects.filter(year=truth["year"]).aggregate(**{key: Sum(key) for key in truth["base_sums"]})
    assert {key: float(value) for key, value in sums.items()} == truth["base_sums"]
    assert Need.objects.count() == truth["sheet_rows"]["需求清单"]
    assert (
        Project.objects.count()
        == truth["sheet_rows"]["服务项目清单"]
        == Project.objects.exclude(organization=None).count()
    )
    assert ImportBatch.objects.get().state == "stored"
