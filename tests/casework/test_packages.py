"""The archive package of a closed case: whole, provable, and enough to bring the case back."""

import io
import json
import zipfile

import pytest
import time_machine
from django.core import serializers
from django.core.exceptions import PermissionDenied
from django.core.files.base import ContentFile
from django.core.management import call_command
from django.utils import timezone

from casework import tasks
from casework.documents.archive import verify_archive
from casework.models import AuditEvent, Case, Package
from casework.services import packages, papers
from tests import cases, worlds

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.7 charter"


made_world, world = worlds.shared(worlds.with_people)


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def closed(world):
    """A filed case whose charter has bytes, its papers not made yet."""
    filing = cases.make_filing(world, "filed")
    for row in filing.case.attachments.all():
        row.file.save(row.name, ContentFile(PDF))
    return filing.case


def pack(case):
    papers.tick()
    packages.tick()
    return Package.objects.get(case=case)


def opened(package):
    with zipfile.ZipFile(io.BytesIO(packages.read(package.file))) as stored:
        return {name: stored.read(name) for name in stored.namelist()}


def verdict(capsys):
    with pytest.raises(SystemExit) as ended:
        call_command("verify_archives")
    return ended.value.code, capsys.readouterr().out


def test_a_case_is_packed_once_its_papers_are_made(closed):
    package = Package.objects.get(case=closed)
    assert packages.tick() == 0
    package = pack(closed)
    assert package.state == Package.State.READY
    assert verify_archive(packages.read(package.file)) == ""
    assert packages.tick() == 0
    event = AuditEvent.objects.about(closed).get(action="archive")
    assert event.after["sha256"] == package.sha256


def test_the_package_holds_papers_files_and_every_step(closed):
    contents = opened(pack(closed))
    data = json.loads(contents["data.json"])
    assert data["case"]["number"] == closed.number
    assert data["content"]["name"]["value"] == "六联社区晨光合唱队"
    assert {"filing.submit", "filing.agree", "filing.propose", "filing.approve"} <= {
        row["action"] for row in data["trail"]
    }
    assert sum(name.startswith("documents/") for name in contents) == closed.issued.count() + 1 == 5
    assert f"documents/{closed.number} 申请表.pdf" in contents
    assert PDF in contents.values()
    assert cases.LEADER["id_number"] not in contents["data.json"].decode()


def test_a_case_is_brought_back_from_its_package_alone(closed):
    data = json.loads(opened(pack(closed))["data.json"])
    rows = [one.object for one in serializers.deserialize("python", data["records"])]
    kept = {(type(row), row.pk): row for row in rows}
    stored = packages.rows_of(Case.objects.get(pk=closed.pk))
    assert len(kept) == len(stored)
    for row in stored:
        again = kept[type(row), row.pk]
        for field in row._meta.concrete_fields:
            assert field.to_python(getattr(again, field.attname)) == getattr(row, field.attname), (row, field)


def test_what_was_altered_is_named(closed, capsys):
    package = pack(closed)
    assert verdict(capsys) == (0, "1 packages, 0 problems.\n")
    data = packages.read(package.file)
    package.file.storage.delete(package.file.name)
    package.file.storage.save(package.file.name, ContentFile(data.replace(PDF, b"%PDF-1.7 another")))
    code, said = verdict(capsys)
    assert code == 1
    assert "charter" in said


def test_a_lost_file_and_sums_rewritten_with_it_are_noticed(closed, capsys):
    package = pack(closed)
    Package.objects.filter(pk=package.pk).update(sha256="0" * 64)
    assert "package and sums together" in verdict(capsys)[1]
    package.file.storage.delete(package.file.name)
    assert "cannot be read" in verdict(capsys)[1]


def test_an_older_closed_case_gets_its_package_at_night(closed, capsys):
    Package.objects.all().delete()
    assert "has no package" in verdict(capsys)[1]
    assert packages.leave_missing() == 1
    assert pack(closed).state == Package.State.READY


def test_a_file_that_is_gone_is_told_and_tried_again(closed):
    row = closed.attachments.first()
    stored = packages.read(row.file)
    row.file.storage.delete(row.file.name)
    assert pack(closed).state == Package.State.WAITING
    assert "FileNotFoundError" in Package.objects.get(case=closed).last_error
    row.file.storage.save(row.file.name, ContentFile(stored))
    assert pack(closed).state == Package.State.WAITING
    with time_machine.travel(timezone.now() + papers.PAUSE * 2):
        assert pack(closed).state == Package.State.READY


def test_a_package_given_up_is_a_problem(closed, capsys):
    closed.attachments.all().update(file="attachments/gone")
    papers.tick()
    for attempt in range(papers.ATTEMPTS):
        with time_machine.travel(timezone.now() + papers.PAUSE * 2 * attempt):
            packages.tick()
    assert "was not packed" in verdict(capsys)[1]


def test_only_officers_who_see_cases_take_it_away(closed, world):
    package = pack(closed)
    assert packages.download(package=package, by=world.officer).read()
    assert AuditEvent.objects.about(closed).filter(action="download_archive").count() == 1
    closed.parties.create(user=world.clerk, name=str(world.clerk), role="agent")
    for party in (world.applicant, world.clerk):
        assert packages.handed_out(closed, party)["package"] is None
        with pytest.raises(PermissionDenied):
            packages.download(package=package, by=party)


def test_the_worker_makes_papers_then_packages_and_tells_of_what_is_missing_at_night(closed, caplog):
    tasks.make_papers()
    assert Package.objects.get(case=closed).state == Package.State.READY
    tasks.verify_archives()
    assert caplog.messages == []
    Package.objects.filter(case=closed).update(state=Package.State.WAITING)
    Case.objects.filter(pk=closed.pk).update(closed_at=timezone.now() - packages.SOON * 2)
    [(case, sentence)] = packages.problems()
    assert case == closed
    assert "was not packed" in sentence
    tasks.verify_archives()
    assert f"Archive of case {closed.number}: {sentence}" in caplog.messages


def test_a_draft_that_ends_leaves_no_package(world):
    draft = cases.make_draft(world)
    cases.perform(draft.case, "withdraw", by=world.applicant)
    assert not Package.objects.filter(case=draft.case).exists()
