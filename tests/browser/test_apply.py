"""A team filed from a phone: by its leader with a code, by a clerk for a leader; fields, pages and clicks counted."""

import re

import pytest

from tests.browser.conftest import SIZES
from tests.browser.pages import fits

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]

CLERK = "pingshan_clerk_4"
SAVED = re.compile(r"(已保存|Saved) [0-9]{2}:[0-9]{2}")
CHARTER = {"name": "章程.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4\n%%EOF\n"}


def saved(page):
    page.locator("[data-saved-word]", has_text=SAVED).wait_for()
    assert page.locator("[data-saved].bad").count() == 0


class Counted:
    """A page whose fields and clicks are counted."""

    def __init__(self, page):
        self.page, self.fields, self.clicks, self.pages = page, 0, 0, 0

    def fill(self, place, text):
        self.page.fill(place, text)
        self.fields += 1

    def tick(self, place):
        self.page.locator(place).first.check()
        self.fields += 1
        self.clicks += 1

    def click(self, place, address):
        self.page.click(place)
        self.clicks += 1
        self.page.wait_for_url(address)
        self.pages += 1


@pytest.mark.parametrize("size", ["phone", "wide"])
def test_a_clerk_files_a_team_for_its_leader(open_as, size, record_property):
    page = open_as(CLERK, size)
    count = Counted(page)
    page.goto("/apply/new/?kind=filing&for=1")
    fits(page)
    count.fill("[name=applicant]", "王桂兰")
    count.click("main form .btn-primary", "**/1/")
    count.fill("#name", f"坪山社区晨光合唱{size}队")
    count.tick("input[name=type]")
    count.tick("input[name=body_type]")
    count.fill("#purpose", "组织居民排练合唱，参加社区演出。")
    page.locator("#purpose").blur()
    saved(page)
    fits(page)
    count.click(".form-bar .btn-primary", "**/2/")
    for part, text in (("name", "林秀英"), ("phone", "13812345678"), ("id_number", "11010519491231002X")):
        count.fill(f"#leader-{part}", text)
    for at, name in enumerate(("林秀英", "陈国强", "黄美玲")):
        page.locator("[name=founders-name]").nth(at).fill(name)
    count.fields += 1
    fits(page)
    count.click(".form-bar .btn-primary", "**/3/")
    for key, text in (("members", "18"), ("place", "坪山社区文化活动室"), ("activities", "12")):
        count.fill(f"#{key}", text)
    page.set_input_files("#file-charter", CHARTER)
    page.locator("#field-charter .papers li").wait_for()
    fits(page)
    count.click(".form-bar .btn-primary", "**/check/")
    fits(page)
    count.click("main form .btn-primary", "**/my/**")
    fits(page)
    record_property("journey", f"{count.fields} fields, {count.pages} pages, {count.clicks} clicks")
    assert count.fields <= 13  # twelve facts and, for the record, whom the clerk files for
    assert count.pages <= 5
    assert page.complaints == []


def test_a_second_window_is_told_and_loses_nothing(open_as):
    page = open_as(CLERK, "wide")
    page.goto("/apply/new/?kind=listing&for=1")
    page.fill("[name=applicant]", "王桂兰")
    page.click("main form .btn-primary")
    page.wait_for_url("**/1/")
    other = page.context.new_page()
    other.goto(page.url)
    page.fill("#name", "坪山社区象棋小组")
    page.locator("#name").blur()
    saved(page)
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.fill("#name", "坪山社区围棋小组")
    with other.expect_response(lambda answer: answer.status == 409):
        other.fill("#name", "坪山社区桥牌小组")
    other.locator("[data-stale]").wait_for(state="visible")
    with other.expect_response(lambda answer: answer.request.method == "POST" and answer.ok):
        other.click("[data-stale-reload]")
    assert other.input_value("#name") == "坪山社区桥牌小组"


@pytest.mark.parametrize("elder", [False, True], ids=["standard", "elder"])
@pytest.mark.parametrize("size", ["wide", "phone"])
def test_pages_for_strangers_fit_and_are_accessible(portal, chrome, size, elder):
    context = chrome.new_context(viewport=SIZES[size], locale="zh-CN", base_url=portal)
    if elder:
        context.add_cookies([{"name": "elder", "value": "1", "url": portal}])
    page = context.new_page()
    for address in ("/public/guides/", "/public/guides/filing/", "/public/progress/", "/apply/sign-in/", "/confirm/x/"):
        page.goto(address)
        fits(page)
    context.close()


def test_a_group_is_listed_by_keyboard_alone(open_as):
    page = open_as(CLERK, "wide")
    page.goto("/apply/new/?kind=listing&for=1")
    reach(page, "[name=applicant]")
    page.keyboard.type("王桂兰")
    page.keyboard.press("Enter")
    page.wait_for_url("**/1/")
    reach(page, "#name")
    page.keyboard.type("坪山社区键盘小组")
    reach(page, "input[name=type]")
    page.keyboard.press("Space")
    reach(page, ".form-bar .btn-primary")
    page.keyboard.press("Enter")
    page.wait_for_url("**/2/")
    for part, text in (("name", "林秀英"), ("phone", "13812345678"), ("id_number", "11010519491231002X")):
        reach(page, f"#leader-{part}")
        page.keyboard.type(text)
    reach(page, "#members")
    page.keyboard.type("8")
    reach(page, ".form-bar .btn-primary")
    page.keyboard.press("Enter")
    page.wait_for_url("**/check/")
    reach(page, "main form .btn-primary")
    page.keyboard.press("Enter")
    page.wait_for_url("**/my/**")


def reach(page, place):
    """Presses Tab until the focus is there."""
    for _time in range(120):
        if page.evaluate("place => document.activeElement.matches(place)", place):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never reaches {place}")
