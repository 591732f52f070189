"""Papers on the case's page: the list, the PDF, the print page, the archive package."""

import io
import zipfile

import pypdf
import pytest
from django.core.files.base import ContentFile
from django.urls import reverse

from casework.models import AuditEvent
from casework.services import packages, papers
from tests import cases, worlds

pytestmark = pytest.mark.django_db


made_world, world = worlds.shared(worlds.with_people)


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def case(world):
    filing = cases.make_filing(world, "filed")
    for row in filing.case.attachments.all():
        row.file.save(row.name, ContentFile(b"%PDF-1.7 charter"))
    return filing.case


def get(client, user, name, *args):
    client.force_login(user)
    return client.get(reverse(f"casework:{name}", args=args))


def test_the_page_says_what_is_being_made_and_asks_again(client, case, world):
    body = get(client, world.officer, "case", case.uid).content.decode()
    assert reverse("casework:papers", args=[case.uid]) in body
    assert "every 3s" in body
    papers.tick()
    packages.tick()
    case.package.refresh_from_db()
    body = get(client, world.officer, "papers", case.uid).content.decode()
    assert "every 3s" not in body
    for words in ("受理回执", "备案通知书", "社区社会组织备案证书", "社区社会组织备案审批表", case.package.sha256):
        assert words in body


def test_a_party_gets_its_letters_and_neither_opinions_nor_package(client, case, world):
    papers.tick()
    packages.tick()
    case.package.refresh_from_db()
    form = case.issued.get(code="approval")
    body = get(client, world.applicant, "papers", case.uid).content.decode()
    assert "备案通知书" in body
    assert "审批表" not in body
    assert case.package.sha256 not in body
    assert get(client, world.applicant, "paper", case.uid, form.uid).status_code == 404
    assert get(client, world.applicant, "package", case.uid).status_code == 404


def test_what_was_filled_in_is_printed_as_a_form_a_draft_too(client, case, world):
    text = text_of(get(client, world.officer, "form", case.uid))
    for words in ("群众活动团队备案申请表", case.title, case.number, "申请人（签名）"):
        assert words in text
    assert "13812345678" not in text
    draft = cases.make_draft(world).case
    answer = get(client, draft.parties.first().user, "form", draft.uid)
    assert answer["Content-Type"] == "application/pdf"
    assert "群众活动团队备案申请表" in text_of(answer)
    assert get(client, world.outsider, "form", draft.uid).status_code == 404


def text_of(answer):
    pages = pypdf.PdfReader(io.BytesIO(answer.content)).pages
    return "".join(page.extract_text() for page in pages).replace("\n", "").replace(" ", "")


def test_a_paper_opens_as_pdf_under_its_number(client, case, world):
    paper = case.issued.get(code="filing_notice")
    response = get(client, world.applicant, "paper", case.uid, paper.uid)
    assert response["Content-Type"] == "application/pdf"
    assert f"{paper.number}.pdf" in response["Content-Disposition"]
    assert response["Cache-Control"] == "no-store"
    assert len(pypdf.PdfReader(io.BytesIO(response.content)).pages) == 1


def test_the_print_page_shows_every_page_of_the_paper(client, case, world):
    paper = case.issued.get(code="receipt")
    response = get(client, world.applicant, "paper_print", case.uid, paper.uid)
    body = response.content.decode()
    assert body.count("<svg") >= 1
    assert paper.title in body
    assert "style=" not in body


def test_an_officer_takes_the_package_away_and_that_is_on_record(client, case, world):
    papers.tick()
    packages.tick()
    response = get(client, world.officer, "package", case.uid)
    data = b"".join(response.streaming_content)
    assert "data.json" in zipfile.ZipFile(io.BytesIO(data)).namelist()
    assert f"{case.number}.zip" in response["Content-Disposition"]
    assert AuditEvent.objects.about(case).filter(action="download_archive", actor=world.officer.username).exists()


def test_another_place_and_another_paper_are_not_there(client, case, world):
    paper = case.issued.first()
    assert get(client, world.outsider, "paper", case.uid, paper.uid).status_code == 404
    assert get(client, world.officer, "paper", case.uid, case.uid).status_code == 404
    assert get(client, world.outsider, "package", case.uid).status_code == 404
