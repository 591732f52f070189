"""What every page must be on every screen."""

from axe_playwright_python.sync_playwright import Axe

TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def fits(page):
    """Nothing wider than the screen and nothing serious for axe on the page as it is now."""
    page.wait_for_load_state("networkidle")
    assert page.evaluate(TOO_WIDE) <= 1, page.url
    found = Axe().run(page).response["violations"]
    assert [(row["id"], page.url) for row in found if row["impact"] in {"serious", "critical"}] == []
