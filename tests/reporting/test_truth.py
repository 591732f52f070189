"""The whole road: a survey workbook goes in by the command, and every figure equals the truth computed beside it."""

import json
import subprocess
import sys
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from django.core.management import call_command
from django.utils import timezone

from accounts.models import Division
from registry.models import OrganizationType, TierWord
from reporting.figures import drill, figures, table
from reporting.rollups import rebuild, verify

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).parents[2]
SAMPLES = sorted((ROOT / "tests" / "data" / "surveys").glob("*.xlsx"))
STATES = {"正常": "orgs_active", "活动较少": "orgs_dormant", "停止活动": "orgs_suspended"}


@pytest.fixture(params=[*SAMPLES, ("440310", 11), ("340104", 12)], ids=str)
def survey(request, tmp_path):
    """A workbook and its truth: a sample, or one fresh from the generator (district, seed)."""
    if isinstance(request.param, Path):
        return request.param, json.loads(request.param.with_suffix(".json").read_text())
    district, seed = request.param
    book, truth = tmp_path / "survey.xlsx", tmp_path / "truth.json"
    maker = [sys.executable, str(ROOT / "bench" / "make_survey.py"), "--district", district, "--seed", str(seed)]
    subprocess.run([*maker, "--rows", "300", "--out", str(book), "--truth", str(truth)], check=True)
    return book, json.loads(truth.read_text())


@pytest.fixture
def told(survey, capsys):
    """(what `indicators` prints for the district after the import, the truth)."""
    book, truth = survey
    pattern = "31_*.csv" if truth["district"].startswith("31") else f"{truth['district']}_*.csv"
    call_command("load_divisions", *map(str, (ROOT / "registry" / "data" / "divisions").glob(pattern)), verbosity=0)
    call_command("load_policies", verbosity=0)
    rebuild(timezone.localdate())
    call_command("import_survey", str(book), district=truth["district"])
    capsys.readouterr()
    call_command("indicators", "--division", truth["district"], "--json")
    return json.loads(capsys.readouterr().out), truth


def test_every_figure_equals_the_truth(told):
    found, truth = told
    measures, indicators = found["measures"], found["indicators"]
    assert measures["orgs"] == truth["orgs"]
    assert {word: measures[name] for word, name in STATES.items()} == truth["by_status"]
    assert {name: measures[name] for name in truth["sums"]} == truth["sums"]
    own_names = {"party_members": "resident_party_members"}
    assert {name: measures[own_names.get(name, name)] for name in truth["base_sums"]} == truth["base_sums"]
    values = {name: indicators[name]["value"] for name in truth["indicators"]}
    assert {name: value if value is None else round(value, 6) for name, value in values.items()} == truth["indicators"]
    assert measures["needs"] == truth["sheet_rows"]["需求清单"]
    assert measures["projects"] == truth["sheet_rows"]["服务项目清单"]
    places_equal_the_truth(truth)
    assert verify() == []


def places_equal_the_truth(truth):
    district = Division.objects.in_force().get(code=truth["district"])
    words = dict(TierWord.objects.filter(word__in=truth["by_tier"]).values_list("word", "tier"))
    types = dict(OrganizationType.objects.values_list("pk", "name"))
    whole = figures(district)
    assert {word: whole[f"orgs_{words[word]}"] for word in truth["by_tier"]} == truth["by_tier"]
    assert {types[kind]: number for kind, number in whole.by_type().items()} == truth["by_type"]
    communities, streets = table(district, "community"), table(district, "street")
    rows = [whole, *streets, *communities]
    counts = {row.division.code: row["orgs"] for row in rows if row["orgs"]}
    assert counts == {code: number for code, number in truth["rollup_by_region"].items() if len(code) >= 6}
    by_tier = homed(streets, communities, lambda row: {word: row[f"orgs_{tier}"] for word, tier in words.items()})
    assert by_tier == truth["by_region_tier"]
    by_type = homed(streets, communities, lambda row: {types[kind]: n for kind, n in row.by_type().items()})
    assert by_type == truth["by_region_type"]
    founded = {year: drill("founded_year", district, date(int(year), 12, 31)) for year in truth["founded_by_year"]}
    assert {year: rows.count() for year, rows in founded.items()} == truth["founded_by_year"]
    years = {year: number for year, number in truth["founded_by_year"].items() if int(year) % 4 == 3}
    assert {year: figures(district, date(int(year), 12, 31))["founded_year"] for year in years} == years
    at_the_end = figures(district, date(truth["year"], 12, 31))
    assert {word: at_the_end[name] for word, name in STATES.items()} == truth["by_status"]


def homed(streets, communities, told):
    """{"code|word": organizations homed there}: a street's own are those in none of its communities."""
    found = {row.division.pk: Counter(told(row)) for row in [*streets, *communities]}
    for row in communities:
        found[row.division.parent_id].subtract(told(row))
    codes = {row.division.pk: row.division.code for row in [*streets, *communities]}
    return {f"{codes[place]}|{word}": n for place, words in found.items() for word, n in words.items() if n}
