"""Pages people reach now and then, at both widths: they fit, are accessible, and say so when there is nothing."""

import pytest

from tests.browser.pages import fits, fits_narrow, skip_to_content, tab_to
from tests.browser.teams import NOTICED
from tests.browser.test_journeys import BOTH

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]

PAGES = {
    "street_officer": ("/absence/", "/handover/", "/notices/settings/", "/notices/?show=all", "/cases/phrases/"),
    "bureau_head": ("/ratings/", "/handover/", "/ratings/?score=bad&state=open"),
    "organization": ("/my/", "/apply/", "/notices/settings/"),
}
# Of a bureau's head.
RARE = (
    *("/supervision/", "/supervision/silent/", "/supervision/samples/", "/supervision/credit/"),
    *("/supervision/certificates/", "/divisions/changes/", "/imports/round/"),
    *("/organizations/ready/", "/base/", "/needs/", "/needs/add/", "/projects/", "/projects/add/"),
    *("/admin/", "/admin/registry/organization/", "/admin/casework/case/"),
)
# Where one of these leads to: (list, its link).
FOUND = (
    ("/base/", "main a[href^='/base/'][href$='/2025/']"),
    ("/admin/registry/organization/", "#result_list th a"),
)
VERBS = {
    *("edit/", "standing/", "figures/", "functions/", "classify/"),
    *("accounts/", "certificates/", "contacts/", "credit/"),
}
EMPTY = {"xuhui": ("/ratings/", "/notices/", "/cases/", "/cases/phrases/"), "leader_3": ("/notices/",)}


@BOTH
@pytest.mark.parametrize("user", PAGES)
def test_pages_fit_and_are_accessible(open_as, user, size):
    page = open_as(user, size)
    for address in PAGES[user]:
        page.goto(address)
        fits(page)
    assert page.complaints == []


def test_lists_forms_and_the_administration_of_a_bureau_are_accessible(open_as):
    page = open_as("bureau_head")
    for address in (*RARE, *(first_link(page, *found) for found in FOUND)):
        assert page.goto(address).status == 200, address
        fits_narrow(page)
    assert page.complaints == []


def test_whatever_the_record_of_a_team_leads_to_is_accessible(open_as):
    page = open_as("bureau_head")
    record = first_link(page, "/organizations/?tier=team&state=active", "main tbody a[href^='/organizations/']")
    page.goto(record)
    fits_narrow(page)
    links = page.locator(f"main a[href^='{record}']").evaluate_all("rows => rows.map((row) => row.pathname)")
    verbs = {link.removeprefix(record) for link in links if not link.endswith("/print/")} - {""}  # which is a PDF
    assert verbs >= VERBS
    for verb in sorted(verbs):
        assert page.goto(f"{record}{verb}").status == 200, verb
        fits_narrow(page)
    assert page.complaints == []


def first_link(page, address, link):
    page.goto(address)
    return page.locator(link).first.get_attribute("href")


@BOTH
def test_an_empty_page_says_what_would_be_there(open_as, size):
    page = open_as("xuhui", size)
    for address in EMPTY["xuhui"]:
        page.goto(address)
        assert page.locator("main .empty .empty-title").count() == 1, address
        fits(page)


def test_a_case_is_found_read_and_decided_by_keyboard_alone(open_as):
    page = open_as("street_leader")
    page.goto("/cases/?kind=filing")
    skip_to_content(page)
    tab_to(page, ".cell-main a")
    page.keyboard.press("Enter")
    page.wait_for_url("**/cases/*-*/")
    case = page.url
    skip_to_content(page)
    tab_to(page, "#note")
    page.keyboard.type("同意备案，请社区做好指导。")
    tab_to(page, "button[name=step][value=approve]")
    page.keyboard.press("Enter")
    page.wait_for_url("**/cases/")
    page.goto(case)
    assert page.locator("h1 .badge-met").count() == 1
    assert page.locator("aside", has_text="同意备案，请社区做好指导。").count() == 1
    assert page.complaints == []


@BOTH
def test_a_substitute_is_entered_and_a_wrong_day_is_told_by_its_field(open_as, size):
    page = open_as("clerk_2", size)
    page.goto("/absence/")
    page.select_option("[name=substitute]", index=1)
    page.fill("[name=starts]", "2020-01-02")
    page.fill("[name=ends]", "2020-01-01")
    page.click("main form.form .btn-primary")
    page.locator(".field-error").first.wait_for()
    fits(page)


@BOTH
def test_a_notice_is_edited_published_and_open_to_objections(open_as, size):
    name = next(name for name in NOTICED if size in name)
    page = open_as("pingshan_clerk_3", size)
    page.goto(f"/cases/?q={name}")
    page.locator(".cell-main a").first.click()
    page.wait_for_url("**/cases/*-*/")
    case = page.url
    page.locator("a[href$='/publicity/']").click()
    page.wait_for_url("**/publicity/")
    fits(page)
    page.fill("[name=body]", "联系人电话13800138000")
    page.click("main form .btn-primary")
    page.locator("main .alert-warning li, main .field-error").first.wait_for()
    fits(page)
    page.fill("[name=body]", "现将拟备案的团队予以公示，欢迎监督。")
    page.click("main form .btn-primary")
    page.locator("main .alert-success").wait_for()
    page.goto(case)
    page.click("button[name=step][value=agree]")
    page.wait_for_url("**/cases/")
    page.goto("/public/notices/")
    fits(page)
    page.locator("main a", has_text=name).first.click()
    page.wait_for_url("**/public/notices/*-*/")
    fits(page)
    assert page.locator("form [name=text]").count() == 1


@BOTH
def test_a_bad_rating_goes_to_the_bureau_and_its_answer_back(open_as, size):
    person = open_as("organization", size)
    words = f"等了三周才有答复（{size}）"
    person.goto("/my/")
    rated = rate_one(person, words)
    bureau = open_as("bureau_officer", size)
    for told in ("已致电了解情况，向您致歉。", "窗口已增派一人。"):
        bureau.goto("/ratings/?state=open")
        row = bureau.locator("article", has_text=words)
        row.locator("textarea").fill(told)
        row.locator("button.btn-primary").click()
        bureau.locator("main .alert-success").wait_for()
        fits(bureau)
    with bureau.expect_download() as started:
        bureau.locator("a[href*='export=1']").click()
    assert started.value.suggested_filename.endswith(".xlsx")
    person.goto(rated)
    assert person.locator("main", has_text="窗口已增派一人。").count() == 1
    fits(person)


def rate_one(page, words):
    """The first finished case nobody rated yet, rated badly; returns its address."""
    for address in page.locator("a[href^='/my/']").evaluate_all("rows => rows.map((row) => row.href)"):
        if 'name="grade"' in page.request.get(address).text():
            page.goto(address)
            fits(page)
            page.locator("label.tile:has([name=grade][value='2'])").click()
            page.locator("label.tile:has([name=tag])").first.click()
            page.fill("[name=words]", words)
            page.locator("form[action$='/rate/'] .btn-primary").click()
            page.locator("main .alert-success").wait_for()
            return address
    raise AssertionError("nothing to rate")


@BOTH
def test_papers_open_in_place_and_on_a_phone_by_a_tap(open_as, size):
    page = open_as("street_officer", size)
    page.goto("/cases/?kind=filing")
    page.locator(".cell-main a").first.click()
    page.wait_for_url("**/cases/*-*/")
    paper = page.locator(".papers li", has_text=".pdf").first
    if size == "phone":
        assert not paper.locator("iframe").is_visible()
        with page.context.expect_page() as opened:
            paper.locator("a").first.click()
        assert "/files/" in opened.value.url or opened.value.url == "about:blank"
        return
    with page.expect_response(lambda answer: "/files/" in answer.url) as framed:
        paper.locator("summary").click()
    assert framed.value.status == 200
    assert framed.value.headers["content-type"] == "application/pdf"
    assert framed.value.headers["x-content-type-options"] == "nosniff"
    assert framed.value.headers["content-disposition"].startswith("inline")
    assert page.complaints == []
    with page.expect_download() as saved:
        paper.locator("a[href$='download=1']").click()
    assert saved.value.suggested_filename.endswith(".pdf")
