"""What else filing must bear: a second window, a keyboard and nothing else, strangers on every screen."""

import pytest

from tests.browser.pages import fits, saved

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]

CLERK = "pingshan_clerk_4"


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
def test_pages_for_strangers_fit_and_are_accessible(window, size, elder):
    page = window(size, elder)
    for address in ("/public/guides/", "/public/guides/filing/", "/public/progress/", "/apply/sign-in/", "/confirm/x/"):
        page.goto(address)
        fits(page)


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
