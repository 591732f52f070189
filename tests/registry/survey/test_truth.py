"""The sample workbooks, and fresh ones of the generator, read to exactly the figures of their truth files."""

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from registry.survey.read import ROOT, Row, read_workbook

SAMPLES = sorted((Path(__file__).parents[2] / "data" / "surveys").glob("*.xlsx"))
SUMS = ("members", "volunteers", "party_members", "fulltime", "certified", "activities", "served", "income")


def rows_by_kind(path):
    found = {"org": [], "base": [], "need": [], "proj": []}
    for item in read_workbook(path, filename=path.name):
        if isinstance(item, Row):
            found[item.sheet.kind].append(item)
    return found


def compare(path, truth):
    rows = rows_by_kind(path)
    orgs = [row.values for row in rows["org"]]
    assert not [issue for kind in rows.values() for row in kind for issue in row.issues if issue.level == "error"]
    assert {kind: len(found) for kind, found in rows.items()} == dict(
        zip(("org", "base", "need", "proj"), truth["sheet_rows"].values(), strict=True)
    )
    for key, name in (("tier", "by_tier"), ("type", "by_type"), ("status", "by_status")):
        assert Counter(org[key] for org in orgs) == truth[name]
    assert Counter(org["founded"][:4] for org in orgs) == truth["founded_by_year"]
    assert {key: sum(org.get(key, 0) for org in orgs) for key in SUMS} == truth["sums"]
    assert Counter(org["region_code"] for org in orgs) == truth["direct_by_region"]
    for key, value in truth["base_sums"].items():
        assert round(sum(row.values.get(key, 0) for row in rows["base"]), 2) == pytest.approx(value), key


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_sample_equals_its_truth(path):
    compare(path, json.loads(path.with_suffix(".json").read_text()))


@pytest.mark.parametrize(("district", "seed"), [("440310", 11), ("330482", 12)])
def test_fresh_noisy_workbook_equals_its_truth(district, seed, tmp_path):
    book, truth = tmp_path / "s.xlsx", tmp_path / "s.json"
    command = [
        sys.executable,
        ROOT / "bench" / "make_survey.py",
        "--district",
        district,
        "--rows",
        "400",
        "--seed",
        str(seed),
    ]
    command += ["--noise", "0.5", "--title", "--region-style", "mixed", "--out", book, "--truth", truth]
    subprocess.run(command, check=True, capture_output=True)
    compare(book, json.loads(truth.read_text()))
