"""What is typed is never lost, and never taken for something else."""

import pytest

from tests.browser.conftest import sign_in
from tests.browser.pages import fits_once, saved

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]

CHARTER = {"name": "章程.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4\n%%EOF\n"}


def draft(open_as, size="phone"):
    """The first page of a form a leader is filling in."""
    page = open_as("organization", size)
    page.goto("/apply/new/?kind=filing")
    selects = page.locator("[data-cascade] select")
    for number, label in enumerate(("平湖市", "当湖街道", "水洞埭社区")):
        selects.nth(number).select_option(label=label)
    fits_once(page)
    page.click("main form button.btn-primary")
    page.wait_for_url("**/apply/*/1/")
    return page


def sign_out(page):
    """As the end of the session does: the page knows nothing of it."""
    page.context.clear_cookies(name="sid")


def sign_in_again(page):
    page.click("main a[href*='/accounts/sign-in/']")
    sign_in(page, "organization")


def test_enter_in_a_reason_takes_no_step(open_as):
    page = open_as("street_officer")
    page.goto("/cases/?kind=filing")
    page.locator("main tbody th a").first.click()
    page.wait_for_url("**/cases/*-*/")
    version = page.input_value("form.record [name=version]")
    page.click("[data-return]")
    box = page.locator("[data-return-item]").first
    box.locator("input[type=checkbox]").check()
    box.locator("[name^=reason_]").press_sequentially("照片不清")
    box.locator("[name^=reason_]").press("Enter")
    page.wait_for_timeout(300)
    page.reload()
    assert page.input_value("form.record [name=version]") == version
    assert page.locator("button[name=step]").count()


def test_a_form_left_too_long_says_so_and_keeps_what_was_typed(open_as):
    page = draft(open_as, "wide")
    sign_out(page)
    page.fill("#name", "水洞埭社区悦心合唱团")
    page.locator("[data-signed-out] a").click()
    sign_in_again(page)
    page.wait_for_url("**/apply/*/1/")
    saved(page)
    assert page.input_value("#name") == "水洞埭社区悦心合唱团"
    page.reload()
    assert page.input_value("#name") == "水洞埭社区悦心合唱团"


def test_next_on_a_form_left_too_long_loses_nothing(open_as):
    page = draft(open_as)
    sign_out(page)
    page.fill("#name", "水洞埭社区知音合唱团")
    page.click(".form-bar .btn-primary")
    page.wait_for_url("**/apply/sign-in/**")
    sign_in_again(page)
    page.wait_for_url("**/apply/*/1/")
    assert page.input_value("#name") == "水洞埭社区知音合唱团"


def test_a_paper_that_does_not_arrive_leaves_the_page_as_it_is(open_as):
    page = draft(open_as)
    page.goto(page.url.replace("/1/", "/3/"))
    page.context.set_offline(True)
    page.set_input_files("#file-charter", CHARTER)
    slot = page.locator("#field-charter")
    slot.locator("[data-failed]").wait_for(state="visible")
    assert page.url.endswith("/3/")
    page.context.set_offline(False)
    page.set_input_files("#file-charter", CHARTER)
    slot.locator(".papers li").wait_for()
    assert not slot.locator("[data-failed]").is_visible()
    sign_out(page)
    page.set_input_files("#file-charter", CHARTER)
    page.locator("[data-signed-out] a").wait_for(state="visible")
    assert slot.locator(".papers li").count() == 1
    assert slot.locator("form").count() == 2
