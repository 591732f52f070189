"""`manage.py import_survey`: exit codes, the report, and a dry run that leaves nothing."""

import json
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from registry.models import ImportBatch, ImportRow, Organization
from registry.survey.guard import MAX_BYTES
from tests import worlds
from tests.builders import make_organization, make_world
from tests.registry.survey import files
from tests.registry.survey.files import HEADERS, ROW

BAD = [2, "乙队", "备案", "文化体育类", "坪山街道六联社区", "2019-02-30", "", 3]


made_world, world = worlds.shared(make_world)


@pytest.fixture
def run(tmp_path):
    def import_survey(content, name="a.xlsx", **options):
        path, told = tmp_path / name, tmp_path / "told.json"
        path.write_bytes(content)
        try:
            call_command("import_survey", str(path), district=options.pop("district", "440310"), report=told, **options)
        except SystemExit as ended:
            return ended.code, json.loads(told.read_text())
        return 0, json.loads(told.read_text())

    return import_survey


def workbook(*rows):
    return files.workbook({"组织信息": [HEADERS, *rows]})


def test_a_dry_run_tells_all_and_leaves_nothing(world, run):
    code, told = run(workbook(ROW), dry_run=True)
    assert (code, told["file_error"], told["rows"][0]["status"]) == (0, None, "accept_warn")
    assert told["rows"][0]["row"] == 2
    assert told["rows"][0]["values"]["region_code"] == "440310001001"
    assert not Organization.objects.exists()
    assert not ImportRow.objects.exists()
    assert not ImportBatch.objects.exists()


def test_all_or_nothing_refuses_and_good_rows_go_in(world, run):
    code, told = run(workbook(ROW, BAD))
    assert code == 1
    assert told["rows"][1]["errors"][0]["cell"] == "F3"
    assert not Organization.objects.exists()
    code, told = run(workbook(ROW, BAD), mode="good")
    assert code == 0
    assert Organization.objects.count() == 1


def test_a_refused_cell_is_told_once(world, run):
    headers = [*HEADERS, "统一社会信用代码", "区划代码"]
    row = [1, "乙队", "登记", "文化体育类", "", "", "", 3, "52440310MJ1000087A", "4.4031E+11"]
    code, told = run(files.workbook({"组织信息": [headers, row]}))
    assert code == 1
    assert [(e["field"], e["cell"]) for e in told["rows"][0]["errors"]] == [("uscc", "I2"), ("region_code", "J2")]
    assert told["rows"][0]["warnings"] == []


def test_a_sheet_named_after_a_year_and_a_street_and_the_form_of_a_registered_body(world, run):
    headers, row = HEADERS[:4], [1, "乙队", "社会团体", "文化体育类"]
    _, told = run(files.workbook({"2024年坪山街道": [headers, row]}), dry_run=True)
    assert told["rows"][0]["values"]["region_code"] == "440310001"
    assert told["rows"][0]["values"]["tier"] == "登记"
    assert told["rows"][0]["status"] == "accept_warn"


def test_a_refused_file_says_why_in_one_sentence(world, run):
    code, told = run(files.entity_bomb())
    assert (code, told["file_error"]["code"], told["rows"]) == (1, "zip_bomb", [])
    assert told["file_error"]["message"]


def test_the_same_file_again_is_no_refusal(world, run):
    run(workbook(ROW))
    code, told = run(workbook(ROW))
    assert (code, told["rows"][0]["status"]) == (0, "skip")
    assert Organization.objects.count() == 1


def test_an_update_is_told_as_one(world, run):
    run(workbook(ROW))
    code, told = run(workbook([*ROW[:7], 55]))
    assert (code, told["rows"][0]["status"]) == (0, "update")


def test_rows_that_look_alike_are_accepted_with_a_warning(world, run):
    make_organization(world.community, world.types["culture"], name="夕阳红舞蹈团", name_key="夕阳红舞团")
    code, told = run(workbook([1, "夕阳虹舞蹈团", *ROW[2:]]), dry_run=True)
    assert (code, told["rows"][0]["status"]) == (0, "accept_warn")


@pytest.mark.parametrize(
    ("options", "name"),
    [({"district": "999999"}, "a.xlsx"), ({"user": "nobody"}, "a.xlsx"), ({"year": 2999}, "a.xlsx")],
)
def test_wrong_usage_ends_with_two(world, run, options, name):
    with pytest.raises(CommandError) as refused:
        run(workbook(ROW), name, **options)
    assert refused.value.returncode == 2


def test_a_file_that_is_not_there_is_wrong_usage(world, tmp_path):
    with pytest.raises(CommandError) as refused:
        call_command("import_survey", str(tmp_path / "no.xlsx"), district="440310")
    assert refused.value.returncode == 2


@pytest.mark.parametrize("report", ["no/such/folder/told.json", "."])
def test_a_report_that_cannot_be_written_stores_nothing(world, tmp_path, report):
    path = tmp_path / "a.xlsx"
    path.write_bytes(workbook(ROW))
    with pytest.raises(CommandError) as refused:
        call_command("import_survey", str(path), district="440310", report=tmp_path / report)
    assert refused.value.returncode == 2
    assert not ImportBatch.objects.exists()


def test_a_file_over_the_limit_is_refused_without_being_kept(world, run):
    code, told = run(b"a" * (MAX_BYTES + 1), name="a.csv")
    assert (code, told["file_error"]["code"]) == (1, "unsupported_type")
    assert not ImportBatch.objects.exists()


def test_a_device_named_as_report_keeps_its_mode(world, tmp_path):
    path = tmp_path / "a.xlsx"
    path.write_bytes(workbook(ROW))
    call_command("import_survey", str(path), district="440310", report=Path("/dev/null"), dry_run=True)
    assert Path("/dev/null").stat().st_mode & 0o777 == 0o666


def test_a_code_of_another_district_is_told_at_its_cell(world, run):
    uscc, kind = "52440310MJ1000028K", world.types["culture"]
    make_organization(world.far_community, kind, uscc=uscc)
    row = [1, "乙队", "登记", "文化体育类", "坪山街道六联社区", "", "", 3, uscc]
    _, told = run(files.workbook({"组织信息": [[*HEADERS, "统一社会信用代码"], row]}), dry_run=True)
    assert [(e["field"], e["cell"]) for e in told["rows"][0]["errors"]] == [("uscc", "I2")]
