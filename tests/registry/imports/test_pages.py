"""The import pages as an officer goes through them, the worker run by hand between the clicks."""

import io

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from registry.imports.area import verdicts
from registry.models import ColumnMemory, DistinctPair, ImportBatch, Organization
from registry.services.imports import check_batch, work_next
from tests import worlds
from tests.builders import make_organization, make_user, make_world
from tests.registry.survey import files

HEADERS = ["序号", "组织名称", "组织层级", "业务类别", "所属社区（村）", "成立日期", "联系电话", "成员人数"]


def row(name="向阳合唱团", place="坪山街道六联社区", **cells):
    values = dict(zip(HEADERS, [1, name, "备案", "文化体育类", place, "2019-03-05", "13800000001", 30], strict=True))
    return list((values | cells).values())


made_world, world = worlds.shared(make_world)


@pytest.fixture
def officer(world, client):
    user = make_user("bureau_officer", world.district)
    client.force_login(user)
    return user


def upload(client, world, *rows, headers=HEADERS, name="摸底.xlsx"):
    data = files.workbook({"组织信息": [headers, *rows]})
    form = {"file": SimpleUploadedFile(name, data), "division": world.district.pk, "year": 2024}
    answer = client.post(reverse("registry:imports"), form)
    assert answer.status_code == 302, answer.content.decode()
    return ImportBatch.objects.latest("id")


def page(client, batch, **query):
    return client.get(reverse("registry:import", args=[batch.uid]), query).content.decode()


def test_upload_check_store_and_undo(client, world, officer):
    batch = upload(client, world, row())
    assert "hx-get" in page(client, batch)
    assert client.get(reverse("registry:import_progress", args=[batch.uid])).status_code == 200
    work_next()
    assert client.get(reverse("registry:import_progress", args=[batch.uid])).headers["HX-Refresh"] == "true"
    assert "向阳合唱团" in page(client, batch)
    client.post(reverse("registry:import_store", args=[batch.uid]), {"mode": "all"})
    work_next()
    organization = Organization.objects.get()
    assert str(organization.uid) in page(client, batch)
    assert reverse("registry:import_undo", args=[batch.uid]) in page(client, batch)
    Organization.objects.update(version=2)
    shown = client.get(reverse("registry:import", args=[batch.uid]))
    assert "向阳合唱团" in shown.context["touched"]
    assert reverse("registry:import_undo", args=[batch.uid]) not in shown.content.decode()
    Organization.objects.update(version=1)
    client.post(reverse("registry:import_undo", args=[batch.uid]))
    assert not Organization.objects.exists()
    batch.refresh_from_db()
    assert batch.state == "undone"


def test_several_workbooks_are_an_import_each(client, world, officer):
    books = [SimpleUploadedFile(f"{n}.xlsx", files.workbook({"组织信息": [HEADERS, row(f"{n}队")]})) for n in "甲乙"]
    form = {"file": books, "division": world.district.pk, "year": 2024}
    assert client.post(reverse("registry:imports"), form).headers["Location"] == reverse("registry:imports")
    assert client.get(reverse("registry:imports")).context["running"]
    while work_next():
        pass
    shown = client.get(reverse("registry:imports")).context
    assert not shown["running"]
    assert [(batch.filename, batch.state, batch.wrong) for batch in shown["page_obj"]] == [
        ("乙.xlsx", "checked", 0),
        ("甲.xlsx", "checked", 0),
    ]


def test_rows_with_errors_leave_only_the_good_to_store(client, world, officer):
    batch = upload(client, world, row(), row("坏队", 成立日期="2019-02-30"))
    work_next()
    shown = page(client, batch)
    assert "F3" in shown
    assert 'value="good"' in shown
    assert 'value="all"' not in shown
    client.post(reverse("registry:import_store", args=[batch.uid]), {"mode": "all"})
    assert not work_next()
    client.post(reverse("registry:import_store", args=[batch.uid]), {"mode": "good"})
    work_next()
    assert [o.name for o in Organization.objects.all()] == ["向阳合唱团"]


def test_a_second_click_and_a_stale_tab_store_nothing_twice(client, world, officer):
    batch = upload(client, world, row())
    work_next()
    url = reverse("registry:import_store", args=[batch.uid])
    client.post(url, {"mode": "all"})
    answer = client.post(url, {"mode": "all"}, follow=True)
    assert answer.status_code == 200
    work_next()
    assert client.post(url, {"mode": "all"}, follow=True).status_code == 200
    assert not work_next()
    assert Organization.objects.count() == 1


def decide(client, batch, line, **given):
    return client.post(reverse("registry:import_line", args=[batch.uid]), {"row": line.pk, **given})


def test_a_change_is_shown_in_words_and_left_out(client, world, officer):
    known = make_organization(world.community, world.types["culture"], name="向阳合唱团", tier="group")
    moved = [*row(place="坪山街道坪环社区", 业务类别="公益慈善类"), str(known.uid)]
    batch = checked(client, world, moved, headers=[*HEADERS, "记录标识"])
    [line] = batch.rows.all()
    found = client.get(reverse("registry:import", args=[batch.uid])).context["lines"][0]["changes"]
    assert {"活动小组", "文化体育类", "坪山街道 六联社区"} <= {old for _label, old, _new in found}
    assert decide(client, batch, line, word="out", show="update").status_code == 302
    batch.refresh_from_db()
    assert (batch.counts["update"], batch.counts["skip"], verdicts(batch)) == (0, 1, batch.counts["verdicts"])
    decide(client, batch, line)
    batch.refresh_from_db()
    assert (batch.counts["update"], verdicts(batch)) == (1, batch.counts["verdicts"])


def test_doubles_stand_side_by_side_until_somebody_says_what_they_are(client, world, officer):
    known = make_organization(world.community, world.types["culture"], name="向阳合唱社", name_key="向阳合唱社")
    second = make_organization(world.community, world.types["culture"], name="晨曦太极拳社", name_key="晨曦太极拳社")
    batch = checked(client, world, row(), row("晨曦太极拳队", 联系电话="13800000002"))
    one, two = batch.rows.order_by("id")
    assert [line["alike"][0]["organization"] for line in lines(client, batch)] == [known, second]
    decide(client, batch, one, word="other", organization=known.uid)  # no reason
    assert "other" not in [line["decided"] for line in lines(client, batch)]
    decide(client, batch, one, word="other", organization=known.uid, reason="两支队伍")
    decide(client, batch, two, word="same", organization=second.uid)
    decide(client, batch, two, word="same", organization=known.uid)  # not what it looks like
    batch.refresh_from_db()
    assert (batch.counts["accept_warn"], batch.counts["update"]) == (1, 1)
    check_batch(batch)  # read anew
    batch.refresh_from_db()
    assert (batch.counts["accept_warn"], batch.counts["update"]) == (1, 1)
    client.post(reverse("registry:import_store", args=[batch.uid]), {"mode": "all"})
    work_next()
    assert set(Organization.objects.values_list("name", flat=True)) == {"向阳合唱社", "向阳合唱团", "晨曦太极拳队"}
    assert DistinctPair.objects.get().reason == "两支队伍"
    client.post(reverse("registry:import_undo", args=[batch.uid]))
    assert set(Organization.objects.values_list("name", flat=True)) == {"向阳合唱社", "晨曦太极拳社"}


def lines(client, batch):
    return client.get(reverse("registry:import", args=[batch.uid]), {"show": "accept_warn"}).context["lines"]


def checked(client, world, *rows, **given):
    batch = upload(client, world, *rows, **given)
    work_next()
    batch.refresh_from_db()
    return batch


def test_columns_mapped_by_hand_are_used_and_remembered(client, world, officer):
    headers = [*HEADERS]
    headers[1] = "雅号"
    batch = upload(client, world, row(), headers=headers)
    work_next()
    batch.refresh_from_db()
    assert batch.file_error["code"] == "missing_required_column"
    client.post(reverse("registry:import_columns", args=[batch.uid]), {"column-0-1": "name"})
    work_next()
    assert "向阳合唱团" in page(client, batch)
    client.post(reverse("registry:import_store", args=[batch.uid]), {"mode": "all"})
    work_next()
    assert ColumnMemory.objects.get().mapping == {"org": {"雅号": "name"}}
    again = upload(client, world, row("乙队"), headers=headers)
    work_next()
    assert 'name="remembered"' in page(client, again)
    client.post(reverse("registry:import_columns", args=[again.uid]), {"remembered": "1"})
    work_next()
    again.refresh_from_db()
    assert again.state == "checked"


def test_a_file_nobody_understands_is_mapped_by_hand_as_the_kind_it_is(client, world, officer):
    headers = ["叫什么", "哪一层", "干什么的", "在哪儿"]
    batch = upload(client, world, ["向阳合唱团", "备案", "文化体育类", "坪山街道六联社区"], headers=headers)
    work_next()
    batch.refresh_from_db()
    assert (batch.state, [column[2] for column in batch.columns[0]["columns"]]) == ("refused", headers)
    url = reverse("registry:import_columns", args=[batch.uid])
    client.post(url, {"kind-0": "need"})
    work_next()
    batch.refresh_from_db()
    assert batch.columns[0]["kind"] == "need"
    client.post(url, {"kind-0": "org"})
    work_next()
    client.post(url, {f"column-0-{index}": key for index, key in enumerate(("name", "tier", "type", "region"))})
    work_next()
    batch.refresh_from_db()
    assert (batch.state, batch.counts["accept"]) == ("checked", 1)


def test_another_districts_officer_sees_no_batch(client, world, officer):
    batch = upload(client, world, row())
    work_next()
    client.force_login(make_user("bureau_officer", world.other_district))
    for name in ("import", "import_progress", "import_marked"):
        assert client.get(reverse(f"registry:{name}", args=[batch.uid])).status_code == 404
    for name in ("import_store", "import_undo", "import_cancel", "import_columns"):
        assert client.post(reverse(f"registry:{name}", args=[batch.uid]), {"mode": "all"}).status_code == 404
    form = {"file": SimpleUploadedFile("a.xlsx", files.workbook()), "division": world.district.pk, "year": 2024}
    assert client.post(reverse("registry:imports"), form).status_code == 422


def test_the_marked_workbook_names_cells_and_reasons(client, world, officer):
    batch = upload(client, world, row(), row("坏队", 成立日期="2019-02-30"))
    work_next()
    content = client.get(reverse("registry:import_marked", args=[batch.uid])).content
    sheet = openpyxl.load_workbook(io.BytesIO(content))["组织信息"]
    assert sheet["F3"].comment is not None
    assert sheet["F3"].fill.fgColor.rgb.endswith("F8CBAD")
    assert "2019-02-30" in sheet.cell(3, 9).value
    assert sheet["B2"].value == "向阳合唱团"


def test_a_marked_workbook_of_a_text_file_can_be_corrected_and_uploaded(client, world, officer):
    own = {"所属街道": "坪山街道", "负责人身份证号": "11010519491231002X", "网格员": "007"}
    cells = [*row("坏队", 成立日期="2019-02-30", place="六联社区"), *own.values()]
    text = "2023年摸底表\n" + ",".join([*HEADERS, *own]) + "\n" + ",".join(map(str, cells))
    form = {"file": SimpleUploadedFile("a.csv", text.encode("gb18030")), "division": world.district.pk, "year": 0}
    client.post(reverse("registry:imports"), form)
    work_next()
    batch = ImportBatch.objects.get()
    book = openpyxl.load_workbook(io.BytesIO(client.get(reverse("registry:import_marked", args=[batch.uid])).content))
    _title, heads, cells = list(book.worksheets[0].iter_rows())
    assert [cell.value for cell in heads] == [*HEADERS, *own, "原文件行号", "错误原因"]
    assert [cell.value for cell in cells][len(HEADERS) : -1] == [*own.values(), 3]
    found = next(cell for cell in cells if cell.value == "2019-02-30")
    assert found.fill.fgColor.rgb == "FFF8D0CC"
    found.value = "2019-02-28"
    stream = io.BytesIO()
    book.save(stream)
    form["file"] = SimpleUploadedFile("b.xlsx", stream.getvalue())
    client.post(reverse("registry:imports"), form)
    work_next()
    again = ImportBatch.objects.latest("id")
    assert (again.counts.get("reject", 0), again.year) == (0, 2023)
    assert again.rows.get().values["region_code"] == world.community.code


def test_a_hostile_file_gets_one_sentence_and_stores_nothing(client, world, officer):
    form = {"file": SimpleUploadedFile("a.xlsx", files.entity_bomb()), "division": world.district.pk, "year": 2024}
    client.post(reverse("registry:imports"), form)
    work_next()
    batch = ImportBatch.objects.get()
    assert (batch.state, batch.file_error["code"], batch.rows.count()) == ("refused", "zip_bomb", 0)
    assert page(client, batch).count('role="alert"') == 1


def test_a_viewer_may_not_import(client, world):
    client.force_login(make_user("viewer", world.district))
    assert client.get(reverse("registry:imports")).status_code == 403
