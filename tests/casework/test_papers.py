"""Every paper a flow names is issued by the step that names it, says what happened, and is the same when made again."""

import hashlib
import io
import re

import pypdf
import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.models import Division
from casework.documents.letters import LETTERS, render
from casework.flows import FLOWS
from casework.models import Paper
from casework.services import corrections, papers
from casework.workflow import perform
from registry.offices import office_name
from tests import builders, cases, worlds

pytestmark = pytest.mark.django_db
FULL_ID, PHONE = cases.LEADER["id_number"], cases.LEADER["phone"]


def issuing():
    """(kind, code, row, source): the first row of each flow that issues a paper, from a state after the submission."""
    found = {}
    for kind, flow in FLOWS.items():
        for row in flow.transitions:
            sources = [source for source in row.sources if source != flow.first.code or row.name == "submit"]
            # A draft that ends issues nothing.
            for code in papers.codes_of(row) if sources else ():
                found.setdefault((kind, code), (row, sources[-1]))
    return [(kind, code, row, source) for (kind, code), (row, source) in found.items()]


ISSUING = issuing()


made_world, world = worlds.shared(worlds.with_people)


@pytest.fixture(autouse=True)
def _own_files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def issue(world, kind, code, row=None, source=None, **fields):
    """The paper of that code of a case that just took the step naming it."""
    if row is None:
        row, source = next((row, source) for k, c, row, source in ISSUING if (k, c) == (kind, code))
    if code == "roster":
        fields["values"] = {"roster": [cases.LEADER, {"name": "陈国强"}]}
    if code == "publicity":
        cases.make_policy("filing.community_notice", True)
    filing = cases.make_filing(world, source, kind=kind, **fields)
    if code == "certificate" and filing.organization:
        builders.make_certificate(filing.organization)
    cases.walk(filing, row, world)
    return filing.case.issued.get(code=code, step__transition=row.name)


def text_of(pdf):
    return re.sub(r"\s", "", "".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages))


def test_every_code_of_a_flow_is_a_paper():
    assert {code for _kind, code, _row, _source in ISSUING} <= set(LETTERS)


@pytest.mark.parametrize(
    ("kind", "code", "row", "source"), ISSUING, ids=[f"{kind}-{code}" for kind, code, _row, _source in ISSUING]
)
def test_every_paper_of_a_flow_is_issued_and_made(kind, code, row, source, world):
    paper = issue(world, kind, code, row, source)
    said = text_of(render(paper.code, paper.data))
    assert paper.state == Paper.State.WAITING
    assert re.sub(r"\s", "", paper.title) in said
    assert re.sub(r"\s", "", paper.data["office"]) in said
    assert FULL_ID not in str(paper.data)
    assert PHONE not in str(paper.data)
    assert "None" not in said
    if code != "certificate":
        assert paper.number in said
        assert paper.data["case_number"] == paper.case.number


def test_a_receipt_says_what_came_in_and_by_when_it_is_decided(world):
    paper = issue(world, "filing", "receipt")
    said = text_of(render("receipt", paper.data))
    for words in (
        paper.case.number,
        "六联社区晨光合唱队",
        "章程（章程.pdf）",
        "自受理之日起18个工作日",
        "六联社区居民委员会",
    ):
        assert words in said
    assert paper.number == f"{paper.case.number}-01"


def test_a_case_handed_in_again_gets_no_second_receipt(world):
    filing = cases.make_filing(world, "returned")
    for item in filing.case.items.all():
        corrections.answer_item(item=item, by=world.applicant, answer="已经核对")
    perform(filing.case, "submit", by=world.applicant)
    assert [row.code for row in filing.case.issued.all()] == ["receipt", "correction"]


def test_a_correction_letter_names_the_field_and_the_day(world):
    paper = issue(world, "filing", "correction")
    assert paper.data["items"] == [{"target": "组织名称", "reason": "请核对后重新填写", "basis": ""}]
    assert paper.data["due"] == paper.case.due.isoformat()
    assert paper.data["round"] == "1"


def test_the_approval_form_shows_every_office_and_no_number_in_clear(world):
    paper = issue(world, "filing", "approval")
    assert paper.data["committee"]["text"] == "同意。情况已核实。"
    assert paper.data["committee"]["office"] == "六联社区居民委员会"
    assert paper.data["street"]["office"] == "坪山街道办事处"
    assert paper.data["leader"] == {
        "name": "林秀英", "sex": "女", "id_number": "110***********002X", "phone": "138****5678"
    }  # fmt: skip


def test_a_change_notice_sets_before_beside_after(world):
    paper = issue(world, "change", "change_notice")
    rows = {row["field"]: (row["before"], row["after"]) for row in paper.data["changes"]}
    assert rows["名称"] == ("六联社区木兰拳队", "六联社区木兰艺术团")
    assert rows["负责人"][1] == "林秀英"
    assert rows["活动场所"][1] == "六联社区文化活动室"


def test_each_decision_is_called_by_its_name(world):
    titles = {kind: issue(world, kind, "refused").title for kind in ("filing", "cancel", "transfer")}
    assert titles == {
        "filing": "不予备案决定书", "cancel": "不予注销备案决定书", "transfer": "不予迁移备案决定书"
    }  # fmt: skip


def test_a_transfer_names_both_places(world):
    data = issue(world, "transfer", "transfer").data
    assert data["from"] == {"community": world.community.full_name, "office": "坪山街道办事处"}
    assert data["to"]["community"] == world.second_community.full_name


def test_a_merger_names_both_and_an_upgrade_both_numbers(world):
    assert [row["name"] for row in issue(world, "merge", "merger").data["merged"]] == [
        "六联社区木兰拳队",
        "六联社区太极队",
    ]
    upgrade = issue(world, "upgrade", "upgrade").data
    assert (upgrade["tier_before"], upgrade["tier_after"]) == ("备案", "登记")
    assert upgrade["new_number"] == "51310104MJ4950010A"


def test_a_withdrawn_draft_and_a_refused_step_issue_nothing(world):
    draft = cases.make_draft(world)
    perform(draft.case, "withdraw", by=world.applicant)
    assert not Paper.objects.filter(case=draft.case).exists()
    filing = cases.make_filing(world, "committee_check")
    with pytest.raises(ValidationError):
        perform(filing.case, "return", by=world.clerk, note="补正", data={"items": []})
    assert [row.code for row in filing.case.issued.all()] == ["receipt"]


def test_the_worker_makes_each_paper_once_and_the_same_again(world):
    paper = issue(world, "filing", "filing_notice")
    assert papers.tick() == paper.case.issued.count()
    assert papers.tick() == 0
    paper.refresh_from_db()
    assert paper.state == Paper.State.READY
    with paper.file.open("rb") as file:
        stored = file.read()
    assert stored == render(paper.code, paper.data) == papers.bytes_of(paper)
    assert hashlib.sha256(stored).hexdigest() == paper.sha256


def test_a_paper_nobody_has_made_yet_is_made_when_somebody_opens_it(world):
    paper = issue(world, "filing", "receipt")
    assert papers.bytes_of(paper).startswith(b"%PDF")
    paper.refresh_from_db()
    assert paper.state == Paper.State.READY


def test_what_cannot_be_made_waits_behind_the_others_and_is_given_up(world, settings, tmp_path):
    paper = issue(world, "filing", "receipt")
    (tmp_path / "papers").write_text("a file where a folder should be")
    for attempt in range(papers.ATTEMPTS):
        with time_machine.travel(timezone.now() + papers.PAUSE * 2 * attempt):
            assert papers.tick() == 1
    paper.refresh_from_db()
    assert (paper.state, paper.attempts) == (Paper.State.FAILED, papers.ATTEMPTS)
    assert paper.last_error
    assert papers.tick() == 0


def test_parties_see_their_papers_and_not_what_the_offices_keep(world):
    case = issue(world, "filing", "approval").case
    own = {row.code for row in papers.papers_for(case, world.applicant)}
    assert own == {"receipt", "filing_notice", "certificate"}
    assert {row.code for row in papers.papers_for(case, world.officer)} == own | {"approval"}


def test_a_letter_leads_to_the_progress_of_its_case_and_a_certificate_to_its_check(world, settings):
    settings.PUBLIC_ADDRESS = "https://portal.example.gov.cn/"
    paper = issue(world, "filing", "certificate")
    assert paper.data["url"].startswith("https://portal.example.gov.cn/c/")
    assert paper.data["check_code"]
    notice = paper.case.issued.get(code="filing_notice")
    assert notice.data["url"] == "https://portal.example.gov.cn/public/progress/"


def test_a_revocation_says_what_was_answered_and_a_dropped_one_that_the_filing_stands(world):
    answered = issue(world, "revoke", "revocation")
    assert "情况已核实" in answered.data["heard"]
    assert "备案继续有效" in text_of(render("letter", issue(world, "revoke", "letter").data))


@pytest.mark.parametrize(
    ("name", "level", "kind", "signs"),
    [
        ("坪山街道", "street", "", "坪山街道办事处"),
        ("葵涌镇", "street", "", "葵涌镇人民政府"),
        ("六联社区居委会", "community", "urban", "六联社区居民委员会"),
        ("江岭村委会", "community", "rural", "江岭村村民委员会"),
        ("江岭村", "community", "rural", "江岭村村民委员会"),
        ("六联社区", "community", "urban", "六联社区居民委员会"),
        ("六联社区居民委员会", "community", "urban", "六联社区居民委员会"),
        ("坪山区", "district", "", "坪山区民政局"),
    ],
)
def test_an_office_signs_with_its_full_name(name, level, kind, signs):
    assert office_name(Division(name=name, level=level, kind=kind)) == signs


def test_a_report_is_a_form_with_the_words_of_the_offices_and_the_result(world):
    form = issue(world, "annual", "annual_form")
    assert (form.data["committee"]["office"], form.data["street"]["office"]) == ("六联社区居民委员会", "坪山街道办事处")
    assert "3200" in [row["text"] for row in form.data["facts"]]
    assert form not in papers.papers_for(form.case, world.applicant)
    sheet = issue(world, "half_year", "half_year_review", organization=cases.filed_organization(world, "太极队"))
    assert "情况已核实" in sheet.data["committee"]["text"]
    assert "每周排练两次" in text_of(render(sheet.code, sheet.data))
    assert sheet in papers.papers_for(sheet.case, world.applicant)


def test_the_form_to_sign_has_the_members_on_a_sheet_of_their_own(world):
    case = cases.make_draft(world, values={"roster": [cases.LEADER, {"name": "陈国强"}]}).case
    said = text_of(papers.application(case))
    assert "共2人，名册附后" in said
    assert "2陈国强" in said
    assert FULL_ID not in said
    report = cases.make_draft(world, "annual").case
    assert text_of(papers.application(report)).startswith("群众活动团队年度确认表")


def test_a_notice_for_the_board_leads_to_its_page_and_names_nobody_in_full(world, settings):
    settings.PUBLIC_ADDRESS = "https://portal.example.gov.cn"
    paper = issue(world, "filing", "publicity")
    notice = paper.case.publicities.get()
    assert paper.data["url"] == f"https://portal.example.gov.cn/public/notices/{notice.uid}/"
    assert paper.data["ends"] == notice.ends.isoformat()
    said = text_of(render(paper.code, paper.data))
    assert "六联社区居民委员会" in said
    assert cases.LEADER["name"] not in said


def test_an_inquiry_names_the_signs_and_the_day(world):
    paper = issue(world, "dormancy", "inquiry")
    said = text_of(render(paper.code, paper.data))
    assert "2025年未报告任何活动" in said
    assert "六联社区居民委员会" in said
