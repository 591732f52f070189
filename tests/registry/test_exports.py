"""Exports as an officer asks for them, the worker run by hand between the clicks."""

import io
from datetime import date, timedelta

import openpyxl
import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from casework.models import AuditEvent, PolicyValue
from registry.models import ExportJob, ExportPiece, Need, Organization, Person
from registry.services import exports
from registry.services.people import sealed_fields
from registry.views.lists import COLUMNS
from registry.workbooks.listing import known_columns
from registry.workbooks.records import Words
from tests import builders

PHONE = "13812345678"


@pytest.fixture
def world(db):
    return builders.make_world()


@pytest.fixture
def officer(world, client):
    user = builders.make_user("bureau_officer", world.district)
    client.force_login(user)
    return user


@pytest.fixture
def team(world):
    leader = Person.objects.create(**sealed_fields(name="王小明", phone=PHONE))
    team = builders.make_organization(
        world.community,
        world.types["culture"],
        name="向阳合唱团",
        leader=leader,
        filing_no="深坪社备〔2022〕00002号",
        flags=("hub",),
        place="六联社区文化礼堂",
        place_area="61.5",
        targets=["老年人", "儿童青少年"],
        fields=["文体活动"],
        fund_sources=["自筹"],
    )
    figures = {
        "members": 30,
        "volunteers": 12,
        "party_members": 3,
        "party_org": True,
        "party_form": "independent",
        "income": "5000.5",
    }
    builders.make_organization_year(team, 2024, **figures)
    return team


def many(world, count):
    for _ in range(count):
        builders.make_organization(world.community, world.types["culture"])


def content(response):
    assert response.status_code == 200, response.content
    return b"".join(response.streaming_content)


def book(data):
    return openpyxl.load_workbook(io.BytesIO(data))


def ask(client, **given):
    return client.post(reverse("registry:organization_export"), given)


def table(page):
    head, *rows = page.iter_rows(values_only=True)
    return [dict(zip(head, row, strict=True)) for row in rows]


def as_worker(limit=0):
    """Every export waits for the worker."""
    return pytest.MonkeyPatch.context(), limit


@pytest.fixture
def by_worker(monkeypatch):
    monkeypatch.setattr(exports, "DIRECT_ROWS", 0)


def refreshed(user):
    return get_user_model().objects.get(pk=user.pk)


def test_the_list_comes_back_as_on_screen(client, world, officer, team):
    builders.make_organization(world.village, world.types["charity"], tier="registered", name="别的协会")
    response = ask(client, filter="tier=team")
    assert "filename*=utf-8''" in response.headers["Content-Disposition"]
    exported = book(content(response))
    [row] = table(exported.worksheets[0])
    assert list(row.values())[:4] == ["向阳合唱团", "备案", "文化体育类", "坪山街道六联社区"]
    assert len(row) == 7
    notes = {line[0]: line[1] for line in exported["导出说明"].iter_rows(values_only=True)}
    assert any("备案" in str(text) or "team" in str(text).lower() or "团队" in str(text) for text in notes.values())
    assert {event.action for event in AuditEvent.objects.all()} >= {"export.request", "export", "export.download"}


def test_the_export_knows_every_column_of_the_list(officer):
    assert set(known_columns(Words(officer))) == set(COLUMNS)


def test_phones_and_leaders_are_masked_unless_asked_for(client, world, officer, team):
    exported = book(content(ask(client, layout="survey")))
    [row] = table(exported["组织信息"])
    assert row["联系电话"] == "138****5678"
    exported = book(content(ask(client, layout="survey", unmasked="on", purpose="汛期联络负责人")))
    [row] = table(exported["组织信息"])
    assert (row["负责人"], row["联系电话"]) == ("王小明", PHONE)
    event = AuditEvent.objects.filter(action="export.request").latest("id")
    assert (event.after["unmasked"], event.note) == (True, "汛期联络负责人")


def test_full_phones_need_a_purpose_and_the_right(client, world, officer, team):
    assert ask(client, layout="list", unmasked="on", purpose="看").status_code == 422
    party = builders.make_user("party_officer", world.district)
    asked = {"layout": "list", "given": {}, "unmasked": True, "purpose": "汛期联络", "language": "zh-hans"}
    with pytest.raises(PermissionDenied):
        exports.create_export(**asked, by=party)
    client.force_login(party)
    [row] = table(book(content(ask(client, layout="survey", unmasked="on", purpose="汛期联络")))["组织信息"])
    assert (row["负责人"], row["联系电话"]) == ("王*", "138****5678")
    assert ExportJob.objects.count() == 1


def test_who_may_not_export_is_refused(client, world, team):
    client.force_login(builders.make_user("clerk", world.community))
    assert ask(client, layout="list").status_code == 403
    assert client.get(reverse("registry:exports")).status_code == 403


def test_places_outside_are_left_out(client, world, officer, team):
    builders.make_organization(world.far_community, world.types["culture"], name="别区队伍")
    Need.objects.create(division=world.far_community, content="别区需求")
    exported = book(content(ask(client, layout="survey", filter=f"division={world.other_district.pk}")))
    assert [row["组织名称"] for row in table(exported["组织信息"])] == ["向阳合唱团"]
    assert table(exported["需求清单"]) == []


def test_more_rows_than_a_request_may_write_go_to_the_worker(client, world, officer, team, by_worker):
    response = ask(client, layout="list")
    job = ExportJob.objects.get()
    assert response.url == reverse("registry:export", args=[job.uid])
    assert "HX-Refresh" not in client.get(reverse("registry:export_progress", args=[job.uid])).headers
    assert client.get(reverse("registry:export_download", args=[job.uid])).status_code == 404
    assert exports.work_next() == job
    assert exports.work_next() is None
    assert client.get(reverse("registry:export_progress", args=[job.uid])).headers["HX-Refresh"] == "true"
    assert b"btn-primary" in client.get(response.url).content
    exported = book(content(client.get(reverse("registry:export_download", args=[job.uid]))))
    assert [row[0] for row in exported.worksheets[0].iter_rows(values_only=True)][1:] == ["向阳合唱团"]
    job.refresh_from_db()
    assert (job.state, job.progress, job.total) == ("done", 1, 1)


def test_the_worker_asks_again_who_may_see_what(client, world, officer, team, by_worker):
    builders.make_organization(world.other_community, world.types["culture"], name="马峦队")
    ask(client, layout="list")
    officer.assignments.all().delete()
    builders.make_assignment(officer, "street_officer", world.other_street)
    job = exports.work_next()
    exported = book(b"".join(exports.pieces_of(job)))
    assert [row[0] for row in exported.worksheets[0].iter_rows(values_only=True)][1:] == ["马峦队"]


def test_a_right_lost_meanwhile_ends_the_export(client, world, officer, team, by_worker):
    ask(client, layout="survey", unmasked="on", purpose="汛期联络负责人")
    officer.assignments.all().delete()
    job = exports.work_next()
    job.refresh_from_db()
    assert (job.state, job.pieces.count()) == ("failed", 0)
    assert job.last_error


def test_the_right_to_reveal_lost_before_the_download_closes_the_file(client, world, officer, team):
    content(ask(client, layout="survey", unmasked="on", purpose="汛期联络负责人"))
    job = ExportJob.objects.get()
    officer.assignments.all().delete()
    builders.make_assignment(officer, "party_officer", world.district)
    assert client.get(reverse("registry:export_download", args=[job.uid])).status_code == 403


def test_another_user_s_export_does_not_exist(client, world, officer, team):
    content(ask(client, layout="list"))
    job = ExportJob.objects.get()
    client.force_login(builders.make_user("bureau_head", world.district))
    for name in ("export", "export_progress", "export_download"):
        assert client.get(reverse(f"registry:{name}", args=[job.uid])).status_code == 404
    assert client.post(reverse("registry:export_cancel", args=[job.uid])).status_code == 404


def test_files_expire_by_policy(client, world, officer, team):
    PolicyValue.objects.create(key="export.keep_days", value=2, starts=date(2020, 1, 1))
    content(ask(client, layout="list"))
    job = ExportJob.objects.get()
    address = reverse("registry:export_download", args=[job.uid])
    assert timedelta(days=1) < job.expires_at - timezone.now() <= timedelta(days=2)
    ExportJob.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert client.get(address).status_code == 404
    exports.work_next()
    job.refresh_from_db()
    assert (job.state, ExportPiece.objects.count()) == ("expired", 0)


def test_a_dead_worker_s_job_is_taken_again_and_three_times_at_most(client, world, officer, team, by_worker):
    ask(client, layout="list")
    for _attempt in range(3):
        job = exports.take()
        assert exports.take() is None
        ExportJob.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    assert exports.take() is None
    job.refresh_from_db()
    assert job.state == "failed"


def test_a_worker_that_lost_its_job_leaves_it_alone(client, world, officer, team, by_worker):
    ask(client, layout="list")
    slow = exports.take()
    ExportJob.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    quick = exports.take()
    exports.run_export(job=quick)
    pieces = list(ExportPiece.objects.values_list("pk", flat=True))
    exports.run_export(job=slow)
    assert list(ExportPiece.objects.values_list("pk", flat=True)) == pieces


def test_cancelling(client, world, officer, team, by_worker):
    ask(client, layout="list")
    job = ExportJob.objects.get()
    taken = exports.take()
    client.post(reverse("registry:export_cancel", args=[job.uid]))
    exports.run_export(job=taken)
    exports.expire_exports()
    job.refresh_from_db()
    assert (job.state, ExportPiece.objects.count()) == ("cancelled", 0)
    with pytest.raises(ValidationError):
        exports.cancel_export(job=job, by=officer)


def test_nobody_queues_more_than_three(world, officer, team, by_worker):
    for _ in range(3):
        exports.create_export(layout="list", given={}, language="zh-hans", by=officer)
    with pytest.raises(ValidationError):
        exports.create_export(layout="list", given={}, language="zh-hans", by=officer)


def test_the_stored_file_is_sealed(client, world, officer, team, monkeypatch):
    monkeypatch.setattr(exports, "PIECE", 500)
    data = content(ask(client, layout="list"))
    pieces = [bytes(piece.content) for piece in ExportPiece.objects.all()]
    assert len(pieces) > 2
    assert not any(b"PK\x03\x04" in piece for piece in pieces)
    assert book(data).worksheets[0]["A2"].value == "向阳合唱团"


def test_rows_cost_no_queries(world, officer, team):
    def queries():
        with CaptureQueriesContext(
            connection,
        ) as found:
            exports.create_export(layout="survey", given={}, language="zh-hans", by=refreshed(officer))
        return len(found)

    queries()  # what is held from the first time on is read
    one = queries()
    many(world, 5)
    assert queries() == one


def test_the_page_of_downloads_names_the_filter(client, world, officer, team):
    content(ask(client, layout="list", filter="q=向阳"))
    page = client.get(reverse("registry:exports") + "?q=向阳").content.decode()
    assert page.count("向阳") >= 2
    assert client.get(reverse("registry:organizations")).content.decode().count(reverse("registry:exports")) >= 1


def test_hostile_filters_filter_nothing(client, world, officer, team):
    for text in ("division=9%2b9", "tier=%00", "type=99999999999999999999", "state=x&flag=y", "%ff=%fe"):
        assert ask(client, layout="list", filter=text).status_code == 200


def exported_to(job):
    job.refresh_from_db()
    return book(b"".join(exports.pieces_of(job)))


def test_who_may_export_nowhere_asks_for_nothing(world, team):
    clerk = builders.make_user(division=world.community, perms={"registry.view_organization"})
    with pytest.raises(PermissionDenied):
        exports.create_export(layout="list", given={}, language="zh-hans", by=clerk)
    assert not ExportJob.objects.exists()


def test_the_worker_reads_the_place_of_the_filter_again(world, officer, team, by_worker):
    builders.make_organization(world.other_community, world.types["culture"], name="马峦队")
    given = {"division": world.other_street, "type": world.types["culture"]}
    exports.create_export(layout="list", given=given, language="zh-hans", by=officer)
    job = exports.work_next()
    [row] = table(exported_to(job).worksheets[0])
    assert "马峦队" in row.values()
    assert "马峦街道" in job.filename


def test_a_filter_whose_type_is_gone_fails_with_a_sentence(world, officer, team, by_worker):
    gone = world.types["service"]
    moved = builders.make_organization(world.community, gone)
    exports.create_export(layout="list", given={"type": gone}, language="en", by=officer)
    for rows in (Organization.objects.filter(pk=moved.pk), moved.periods):
        rows.update(type=world.types["culture"])
    gone.delete()
    job = exports.work_next()
    assert (job.state, job.pieces.count()) == ("failed", 0)
    assert "no longer exists" in job.last_error


def test_more_rows_than_a_sheet_holds_fail_with_a_sentence(world, officer, team, by_worker, monkeypatch):
    monkeypatch.setattr("registry.workbooks.stream.MOST_ROWS", 2)
    many(world, 3)
    exports.create_export(layout="list", given={}, language="en", by=officer)
    job = exports.work_next()
    assert (job.state, job.pieces.count()) == ("failed", 0)
    assert "narrow the filter" in job.last_error


def test_an_export_from_two_streets_belongs_to_what_lies_above_both(world, team):
    user = builders.make_user("street_officer", world.street)
    builders.make_assignment(user, "street_officer", world.other_street)
    exports.create_export(layout="list", given={}, language="zh-hans", by=refreshed(user))
    assert AuditEvent.objects.get(action="export.request").division_path == world.district.path


def test_the_worker_notices_a_cancelled_export_while_it_writes(world, officer, team, by_worker, monkeypatch):
    monkeypatch.setattr(exports, "STEP", 2)
    exports.create_export(layout="list", given={}, language="zh-hans", by=officer)
    job = exports.take()
    rows = exports.counted(job, iter("abcd"))
    assert [next(rows), next(rows)] == ["a", "b"]
    assert ExportJob.objects.get().progress == 2
    exports.cancel_export(job=job, by=officer)
    with pytest.raises(exports.LostJobError):
        list(rows)


@pytest.mark.parametrize("size", [0, 7, 8, 9])
def test_the_pieces_of_a_file_make_the_file(world, officer, monkeypatch, size):
    monkeypatch.setattr(exports, "PIECE", 4)
    sink = exports.PieceSink(builders.make_export(officer))
    sink.write(bytes(range(size)))
    sink.finish()
    assert b"".join(exports.pieces_of(sink.job)) == bytes(range(size))
