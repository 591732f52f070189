"""The journeys of officers in a real Chromium, on a wide screen and on a phone."""

import pytest

from tests.browser.conftest import sign_in
from tests.browser.pages import eventually, fits, tile

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]

JOURNEYS = [("wide", "shushan", "340104", 21), ("phone", "pingshan", "440310", 22)]
PAGES = {
    "bureau_officer": [
        "/",
        "/organizations/",
        "/organizations/add/",
        "/imports/",
        "/accounts/account/",
        "/accounts/account/password/",
    ],
    "street_officer": ["/", "/organizations/", "/imports/"],
    "clerk": ["/", "/organizations/"],
    "viewer": ["/"],
    "auditor": ["/"],
}


def upload(page, path):
    page.goto("/imports/")
    page.set_input_files("input[type=file]", path)
    page.click("main form[enctype] button[type=submit]")


def map_community_column(page):
    """The header 在哪儿 is the community: said by hand in the list of columns."""
    page.locator("form[action$='/columns/'] .alert-error").first.wait_for()
    label = page.locator("label", has_text="在哪儿").first
    page.locator(f"[id='{label.get_attribute('for')}']").select_option("region")
    page.click("form[action$='/columns/'] button[type=submit]:not([name])")


def store(page):
    """All rows or the good ones, as offered; returns how many the page says were stored."""
    button = page.locator("form[action$='/store/'] button[type=submit]")
    button.wait_for(timeout=60_000)
    button.click()
    if page.locator("dialog#confirm[open]").count():
        page.click("dialog#confirm button[value=yes]")
    page.locator("main .alert-success").last.wait_for(timeout=60_000)


def board(page):
    """The address of the user's dashboard: opened at once, or by a link where something waits for them."""
    if "/dashboard/" not in page.url:
        page.click("main a[href^='/dashboard/']")
        page.wait_for_url("**/dashboard/*/")
    return page.url


@pytest.mark.parametrize("journey", JOURNEYS, ids=["wide", "phone"])
def test_a_survey_workbook_becomes_figures_and_figures_open_to_rows(window, survey, journey):
    size, user, district, seed = journey
    page = window(size)
    page.goto("/")
    sign_in(page, user)
    home = board(page)
    before = tile(page)
    upload(page, survey(district, seed))
    map_community_column(page)
    store(page)

    def changed():
        page.goto(home)
        return tile(page) > before

    eventually(changed)
    after = tile(page)
    page.locator("a[href*='/measures/orgs/']").first.click()
    page.wait_for_load_state()
    assert str(after) in page.locator(".stat-value").first.inner_text().replace(",", "")
    page.locator("main a[href^='/organizations/']").first.click()
    page.wait_for_load_state()
    assert page.locator("h1").inner_text()
    assert page.complaints == []


@pytest.mark.parametrize("size", ["wide", "phone"])
@pytest.mark.parametrize("user", PAGES)
def test_pages_fit_the_screen_and_are_accessible(open_as, user, size):
    page = open_as(user, size)
    for address in PAGES[user]:
        page.goto(address)
        fits(page)
    assert page.complaints == []


def test_the_template_downloads_and_an_officer_elsewhere_sees_nothing_of_a_batch(open_as, survey):
    page = open_as("shushan")
    page.goto("/imports/")
    with page.expect_download() as started:
        page.locator("a[href*='/imports/template/']").first.click()
    assert started.value.suggested_filename.endswith(".xlsx")
    upload(page, survey("340104", 23, rows=5))
    page.wait_for_url("**/imports/*-*/")
    other = open_as("pingshan")
    assert other.goto(page.url).status == 404


def test_elder_mode_enlarges_and_is_remembered(open_as):
    page = open_as("clerk", "phone")
    page.goto("/")
    size = "parseFloat(getComputedStyle(document.body).fontSize)"
    before = page.evaluate(size)
    page.locator("[data-elder], form[action*='elder'] button, a[href*='elder']").first.click()
    page.wait_for_load_state()
    page.reload()
    assert page.evaluate(size) > before
