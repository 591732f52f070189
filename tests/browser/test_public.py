"""What everybody sees without an account, on both screens, in both modes, by mouse and by keyboard."""

import pytest
from playwright.sync_api import expect

from tests.browser.pages import TOO_WIDE, focus_shows, violations

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]

PAGES = [
    "/public/",
    "/public/organizations/",
    "/public/organizations/?q=没有这样的",
    "/public/check/",
    "/public/check/?code=ABCDE-FGHJK",
    "/accounts/sign-in/",
]
TOO_SMALL = """() => [...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, summary')]
    .filter((one) => one.checkVisibility() && !one.matches('.skip') && getComputedStyle(one).display !== 'inline')
    .filter((one) => one.getBoundingClientRect().height < 47.5).map((one) => one.outerHTML.slice(0, 120))"""


def first_profile(page):
    page.goto("/public/organizations/")
    return page.locator(".cards a").first.get_attribute("href")


@pytest.mark.parametrize("elder", [False, True], ids=["standard", "elder"])
@pytest.mark.parametrize("size", ["wide", "phone"])
def test_public_pages_fit_are_accessible_and_large_enough(window, size, elder):
    page = window(size, elder)
    for address in [*PAGES, first_profile(page)]:
        page.goto(address)
        assert (violations(page), address) == ([], address)
        assert page.evaluate(TOO_WIDE) <= 1, address
        if elder:
            assert page.evaluate(TOO_SMALL) == [], address
    assert page.complaints == []


def test_the_directory_is_found_searched_and_opened_by_keyboard_alone(window):
    page = window("wide")
    page.goto("/public/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.matches('.skip')")
    assert page.locator(".skip").bounding_box()["x"] >= 0
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.name") == "q"
    assert focus_shows(page)
    page.keyboard.type("舞蹈")
    page.keyboard.press("Enter")
    page.wait_for_url("**/public/organizations/?q=**")
    assert page.locator(".cards a").count() > 0
    while not page.evaluate("document.activeElement.matches('.cards a')"):
        page.keyboard.press("Tab")
    name = page.evaluate("document.activeElement.innerText")
    page.keyboard.press("Enter")
    page.wait_for_url("**/public/organizations/*-*/")
    assert page.locator("h1").inner_text().startswith(name)


def test_places_are_chosen_by_the_cascade_and_by_browsing(window):
    page = window("phone")
    page.goto("/public/organizations/")
    page.locator(".browse-places a").first.click()
    page.wait_for_url("**division=**")
    page.locator(".browse-places a").first.click()
    page.wait_for_load_state()
    assert page.locator(".cards > li").count() > 0
    page.goto("/public/organizations/")
    selects = page.locator("[data-cascade] select")
    selects.nth(0).select_option(index=1)
    expect(selects.nth(1)).to_be_enabled()
    selects.nth(1).select_option(index=1)
    page.click("main form .btn-primary")
    page.wait_for_url("**division=**")
    assert page.locator(".chip").count() == 1
    assert page.complaints == []


def test_elder_mode_is_one_tap_away_and_kept(window):
    page = window("phone")
    page.goto("/public/")
    size = "parseFloat(getComputedStyle(document.body).fontSize)"
    before = page.evaluate(size)
    button = page.locator("form[action*='elder'] button")
    assert button.inner_text().strip()
    button.click()
    page.wait_for_load_state()
    page.goto("/public/check/")
    assert page.evaluate(size) == pytest.approx(before * 1.3, abs=0.2)
