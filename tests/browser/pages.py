"""What every page must be on every screen."""

import re
import time

from axe_playwright_python.base import AXE_SCRIPT

TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
SAVED = re.compile(r"(已保存|Saved) [0-9]{2}:[0-9]{2}")
UID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
PHONE = {"width": 375, "height": 740}
# What needs no second look: (address, width, how it stands). Looking takes a second each.
LOOKED_AT = set()
# No rule that is on reads style sheets by themselves, so axe need not parse them anew.
LOOK = """axe.run({resultTypes: ["violations"], preload: {assets: ["media"]}}).then(({violations}) => violations.map(
    ({id, impact, nodes}) => ({id, impact, at: nodes.map((node) => node.target.join(" "))})))"""


def violations(page):
    """What axe finds on the page as it is now: [{"id", "impact", "at"}]."""
    page.wait_for_load_state()
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    return page.evaluate(LOOK)


def fits(page):
    """Nothing wider than the screen and nothing serious for axe on the page as it is now."""
    found = [row for row in violations(page) if row["impact"] in {"serious", "critical"}]
    assert found == [], (found, page.url)
    assert page.evaluate(TOO_WIDE) <= 1, page.url


def fits_once(page, standing=""):
    """The same of a page on a road many walk: looked at once on each screen, in each standing; never too wide."""
    here = (UID.sub("", page.url.split("?")[0]), page.viewport_size["width"], standing)
    if here not in LOOKED_AT:
        fits(page)
    LOOKED_AT.add(here)
    assert page.evaluate(TOO_WIDE) <= 1, page.url


def fits_narrow(page):
    """The same at the width it has and, without opening it anew, on a phone."""
    fits(page)
    wide = page.viewport_size
    page.set_viewport_size(PHONE)
    try:
        fits(page)
    finally:
        page.set_viewport_size(wide)


def skip_to_content(page):
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.matches('.skip')")
    page.keyboard.press("Enter")


def tab_to(page, target, most=150):
    """As many times Tab as somebody with patience would press it; `target` is a selector or a locator."""
    wanted = (page.locator(target) if isinstance(target, str) else target).first
    for _press in range(most):
        page.keyboard.press("Tab")
        if wanted.evaluate("node => node === document.activeElement"):
            assert focus_shows(page), target
            return
    raise AssertionError(f"{target} is not reached by keyboard")


def focus_shows(page):
    """Whoever uses the keyboard sees where they are."""
    return page.evaluate("""() => {
        const {outlineStyle, boxShadow} = getComputedStyle(document.activeElement);
        return outlineStyle !== "none" || boxShadow !== "none";
    }""")


def saved(page):
    """The form says that it saved what was typed."""
    page.locator("[data-saved-word]", has_text=SAVED).wait_for()
    assert page.locator("[data-saved].bad").count() == 0


def eventually(check, seconds=30):
    """Waits for the condition itself; the portal promises figures within five seconds on a quiet machine."""
    deadline = time.monotonic() + seconds
    while not (result := check()):
        assert time.monotonic() < deadline, "it never came true"
        time.sleep(0.2)
    return result


def tile(page):
    """The organizations tile of the dashboard on screen."""
    text = page.locator("a[href*='/measures/orgs/'] .stat-value, a.stat[href*='/measures/orgs/']").first.inner_text()
    return int("".join(sign for sign in text if sign.isdigit()))
