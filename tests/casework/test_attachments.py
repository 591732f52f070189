import sys
from base64 import b64encode
from datetime import timedelta
from io import BytesIO

import pytest
import time_machine
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from casework import attachments, scanning, tasks, watermark
from casework.attachments import clean_name, remove, store
from casework.documents.letters import render
from casework.models import Attachment, AuditEvent, Notice
from tests import builders, cases, worlds
from tests.casework.uploads import packed, pdf, word, workbook

pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.4 one"
JPEG, PNG = b"\xff\xd8\xff\xe0 one", b"\x89PNG\r\n\x1a\n one"
WEBP = b"RIFF\x0a\x00\x00\x00WEBPVP8 one"
Scan = Attachment.Scan
# What a scanner says, as a program that reads the file from its input.
SAYS = "import sys; data = sys.stdin.buffer.read(); print('EICAR' if b'harm' in data else ''); sys.exit({})"
JUDGES = "1 if b'harm' in data else 0"


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


made_world, world = worlds.shared(worlds.with_people)


@pytest.fixture
def draft(world):
    return cases.make_draft(world)


@pytest.fixture
def scanner(settings, tmp_path):
    """scanner(code) sets up a scanner that ends with that expression."""

    def set_up(code=JUDGES):
        program = tmp_path / "scanner.py"
        program.write_text(SAYS.format(code), encoding="utf-8")
        settings.SCAN_COMMAND = f"{sys.executable} {program}"

    return set_up


def upload(data=PDF, name="章程.pdf"):
    return SimpleUploadedFile(name, data)


def hand_in(filing, world, data=PDF, name="章程.pdf", slot="charter", **more):
    return store(case=filing.case, slot=slot, upload=upload(data, name), by=world.applicant, **more)


def test_handing_in_and_taking_back_are_in_the_trail(draft, world):
    paper = hand_in(draft, world, PDF, "章程.pdf")
    remove(attachment=paper, by=world.applicant)
    rows = AuditEvent.objects.about(draft.case).filter(actor=world.applicant.username).order_by("id")
    handed, back = list(rows)[-2:]
    assert (handed.action, back.action) == ("store_paper", "remove_paper")
    assert handed.after == back.before == {"paper": "章程.pdf", "slot": paper.slot, "sha256": paper.sha256}


# --- what is taken ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "ending"),
    [
        (PDF, ".pdf"),
        (JPEG, ".jpg"),
        (PNG, ".png"),
        (WEBP, ".webp"),
        (word("章程"), ".docx"),
        (workbook(["林秀英"]), ".xlsx"),
    ],
    ids=["pdf", "jpg", "png", "webp", "docx", "xlsx"],
)
def test_the_type_is_what_the_bytes_show_whatever_the_name_says(draft, world, data, ending):
    paper = hand_in(draft, world, data, "章程.exe")
    assert paper.name == f"章程{ending}"
    with paper.file.open("rb") as file:
        assert file.read() == data
    assert paper.file.name.startswith("attachments/")
    assert "章程" not in paper.file.name


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        (b"MZ\x90\x00 program", "type"),
        (b"<html><script>alert(1)</script>", "type"),
        (b"RIFF\x0a\x00\x00\x00AVI LIST", "type"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "type"),
        (b"PK\x03\x04 no archive", "type"),
        (packed({"readme.txt": "hello"}), "type"),
        (packed({"word/document.xml": "<x/>", "word/vbaProject.bin": b"macro"}), "type"),
        (packed({"word/文.xml": "<x/>"}).replace("文".encode(), b"\xff\xfe\xfd"), "type"),
        (packed({"word/document.xml": "<x/>"}).replace(b"PK\x01\x02\x14\x03\x14", b"PK\x01\x02\x14\x03\x63"), "type"),
        (packed({"word/document.xml": "<x/>", **dict.fromkeys(map(str, range(2001)), "")}), "type"),
    ],
    ids=["empty", "program", "html", "film", "svg", "broken", "zip", "macro", "name", "version", "entries"],
)
def test_other_files_are_refused_in_words(draft, world, data, code):
    with pytest.raises(ValidationError) as refused:
        hand_in(draft, world, data)
    assert refused.value.code == code


def test_a_file_over_the_limit_is_refused(draft, world, settings):
    settings.ATTACHMENT_MAX_BYTES = 1024 * 1024
    hand_in(draft, world, PDF.ljust(1024 * 1024, b" "))
    with pytest.raises(ValidationError) as refused:
        hand_in(draft, world, PDF.ljust(1024 * 1024 + 1, b" "))
    assert refused.value.code == "large"


@pytest.mark.parametrize(
    ("name", "clean"),
    [
        ("../../etc/名单.pdf", "etc名单.pdf"),
        ("a\r\nSet-Cookie: x.pdf", "aSet-Cookie x.pdf"),
        ("名单.pdf.exe", "名单.pdf.pdf"),
        ("\u202efdp.exe", "fdp.pdf"),
        ("x" * 300, "x" * 120 + ".pdf"),
    ],
)
def test_names_cannot_mislead(name, clean):
    assert clean_name(name, attachments.PDF) == clean


def test_a_file_without_a_name_gets_one():
    assert clean_name(" . ", attachments.PDF).endswith(".pdf")
    assert len(clean_name("", attachments.PDF)) > len(".pdf")


def test_the_same_file_twice_is_stored_once(draft, world):
    assert hand_in(draft, world) == hand_in(draft, world, name="再传一次.pdf")
    assert hand_in(draft, world) != hand_in(draft, world, slot="venue")


def test_a_newer_file_takes_the_place_and_both_are_kept(draft, world):
    old = hand_in(draft, world)
    new = hand_in(draft, world, PDF + b" two", replaces=old)
    old.refresh_from_db()
    assert old.replaced_by == new
    assert new in draft.case.attachments.current()
    assert old not in draft.case.attachments.current()
    other = hand_in(draft, world, PDF + b" three", slot="venue", replaces=new)
    new.refresh_from_db()
    assert new.replaced_by is None
    assert other in draft.case.attachments.current()


# --- who and when ----------------------------------------------------------------------------------------------------


def test_only_parties_hand_in_and_take_out(draft, world):
    paper = hand_in(draft, world)
    for person in (world.clerk, world.head, world.outsider):
        with pytest.raises(PermissionDenied):
            store(case=draft.case, slot="charter", upload=upload(), by=person)
        with pytest.raises(PermissionDenied):
            remove(attachment=paper, by=person)
    remove(attachment=paper, by=world.applicant)
    assert paper not in draft.case.attachments.current()


def test_nothing_is_added_while_the_case_is_with_an_office(world):
    filing = cases.make_filing(world, "committee_check")
    with pytest.raises(ValidationError) as refused:
        hand_in(filing, world)
    assert refused.value.code == "locked"


def test_a_correction_opens_only_the_slots_it_names(world):
    filing = cases.make_filing(world, "returned")
    filing.case.items.update(anchor="charter")
    hand_in(filing, world, PDF + b" corrected")
    with pytest.raises(ValidationError):
        hand_in(filing, world, slot="venue")


# --- scanning --------------------------------------------------------------------------------------------------------


def test_without_a_scanner_a_file_opens_and_says_that_nobody_scanned_it(draft, world):
    paper = hand_in(draft, world)
    assert paper.scan == Scan.NONE
    assert paper in draft.case.attachments.openable()
    assert scanning.tick() == 0


def test_with_a_scanner_nobody_opens_a_file_before_it_was_judged(draft, world, scanner, client):
    scanner()
    paper = hand_in(draft, world)
    client.force_login(world.applicant)
    address = reverse("casework:file", args=[draft.case.uid, paper.uid])
    assert client.get(address).status_code == 404
    assert scanning.tick() >= 1
    assert client.get(address).status_code == 200


def test_a_scanner_set_up_later_judges_what_is_there(draft, world, scanner):
    paper = hand_in(draft, world, PDF + b" harm")
    scanner()
    assert paper not in draft.case.attachments.openable()
    tasks.scan_attachments()
    paper.refresh_from_db()
    assert (paper.scan, paper.finding) == (Scan.REFUSED, "EICAR")


def test_a_harmful_file_is_told_once_and_counts_as_not_handed_in(draft, world, scanner):
    draft.case.attachments.all().delete()
    scanner()
    paper = hand_in(draft, world, PDF + b" harm")
    scanning.tick()
    scanning.tick()
    assert Notice.objects.filter(user=world.applicant, code="scan_refused", params__note=paper.name).count() == 1
    assert not draft.case.attachments.current().exists()


@pytest.mark.parametrize("code", ["2", "1/0"])
def test_a_scanner_that_fails_leaves_files_waiting(draft, world, scanner, code, settings):
    scanner(code if code == "2" else "2")
    if code == "1/0":
        settings.SCAN_COMMAND = "/no/such/scanner"
    draft.case.attachments.all().delete()
    paper = hand_in(draft, world)
    assert scanning.tick() == 0
    paper.refresh_from_db()
    assert paper.scan == Scan.WAITING
    assert paper not in draft.case.attachments.openable()


def test_a_file_the_scanner_cannot_judge_lets_others_pass(draft, world, scanner):
    draft.case.attachments.all().delete()
    scanner("2 if b'odd' in data else 0")
    odd, fine = hand_in(draft, world, PDF + b" odd"), hand_in(draft, world, PDF + b" fine")
    assert scanning.tick() == 0
    assert scanning.tick() == 1
    odd.refresh_from_db()
    fine.refresh_from_db()
    assert (odd.scan, fine.scan) == (Scan.WAITING, Scan.CLEAN)


# --- serving ---------------------------------------------------------------------------------------------------------


def test_a_paper_is_served_so_that_it_can_do_nothing(draft, world, client):
    client.force_login(world.applicant)
    for data, shown in ((PDF, "inline"), (JPEG, "inline"), (WEBP, "inline"), (word("章程"), "attachment")):
        paper = hand_in(draft, world, data)
        response = client.get(reverse("casework:file", args=[draft.case.uid, paper.uid]))
        assert b"".join(response.streaming_content) == data
        assert response["Content-Type"] == paper.kind
        assert response["Content-Disposition"].startswith(shown)
        assert response["X-Content-Type-Options"] == "nosniff"
        assert response["X-Frame-Options"] == "SAMEORIGIN"
        assert response["Content-Security-Policy"] == "default-src 'none'; sandbox; frame-ancestors 'self'"
        assert "no-store" in response["Cache-Control"]


def test_a_paper_of_another_case_or_place_is_not_there(world, client):
    filing = cases.make_filing(world, "committee_check")
    paper = store(case=cases.make_draft(world).case, slot="charter", upload=upload(), by=world.applicant)
    client.force_login(world.clerk)
    assert client.get(reverse("casework:file", args=[filing.case.uid, paper.uid])).status_code == 404
    assert client.get(reverse("casework:file", args=[paper.case.uid, paper.uid])).status_code == 404
    client.force_login(world.outsider)
    mine = filing.case.attachments.first()
    if mine:
        assert client.get(reverse("casework:file", args=[filing.case.uid, mine.uid])).status_code == 404


def test_a_personal_paper_opens_on_record_for_who_checks_it(world, client, draft):
    paper = hand_in(draft, world, PDF + b" identity", "身份证.pdf", "identity", personal=True)
    cases.walk(draft, cases.road(draft.case, "committee_check")[0], world)
    address = reverse("casework:file", args=[draft.case.uid, paper.uid])
    client.force_login(world.clerk)
    assert client.get(address).status_code == 200
    event = AuditEvent.objects.get(action="open_paper")
    assert (event.actor, event.after["paper"]) == (world.clerk.username, paper.name)
    viewer = builders.make_user("viewer", world.street, perms=["casework.view_case"])
    client.force_login(viewer)
    assert client.get(address).status_code == 403
    client.force_login(world.applicant)
    assert client.get(address).status_code == 200
    assert AuditEvent.objects.filter(action="open_paper").count() == 1


def test_a_scan_is_looked_at_with_the_viewers_name_and_downloaded_as_it_is(world, client, draft):
    copied = render("letter", {"paragraphs": ["身份证复印件"]})
    rows = [hand_in(draft, world, data, "身份证.pdf", "identity", personal=True) for data in (JPEG, copied, PDF)]
    cases.walk(draft, cases.road(draft.case, "committee_check")[0], world)
    client.force_login(world.clerk)
    addresses = [reverse("casework:file", args=[draft.case.uid, row.uid]) for row in rows]
    picture, sheet, broken = [client.get(address) for address in addresses]
    assert picture["Content-Type"] == "image/svg+xml"
    assert b64encode(JPEG) in picture.content
    assert world.clerk.name in picture.content.decode()
    text = PdfReader(BytesIO(sheet.content)).pages[0].extract_text()
    assert draft.case.number in text
    assert "身份证复印件" in text
    assert broken["Content-Disposition"].startswith("attachment"), "what cannot be marked is not shown"
    whole = client.get(addresses[0], {"download": "1"})
    assert b"".join(whole.streaming_content) == JPEG
    told = AuditEvent.objects.filter(action="open_paper").order_by("id")
    assert [row.after["original"] for row in told] == [False, False, True, True]


def test_a_scan_that_cannot_be_marked_in_time_is_not_shown(monkeypatch):
    monkeypatch.setattr(watermark, "WAIT", 0)
    assert watermark.marked("application/pdf", render("letter", {}), ["王芳"]) is None


# --- what was rolled back --------------------------------------------------------------------------------------------


def test_files_of_rolled_back_uploads_are_swept_after_a_day(draft, world):
    kept = hand_in(draft, world)
    with transaction.atomic():
        lost = hand_in(draft, world, PDF + b" lost").file.name
        transaction.set_rollback(True)
    tasks.sweep_files()
    assert default_storage.exists(lost)
    with time_machine.travel(timezone.now() + timedelta(days=2)):
        assert scanning.sweep() == 1
    assert not default_storage.exists(lost)
    assert default_storage.exists(kept.file.name)


def test_sweeping_an_empty_storage_is_nothing(db):
    assert scanning.sweep() == 0
    default_storage.save("attachments/ab/stray", ContentFile(b"x"))
    assert scanning.sweep() == 0


def test_a_real_pdf_passes(draft, world):
    assert hand_in(draft, world, pdf("章程")).kind == "application/pdf"
