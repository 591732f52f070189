"""A team on its way from its leader's phone to the public list, with the fields, pages and clicks of everybody on it.

docs/journeys.md holds the figures; they are what this test counts, or it fails.
"""

import re
from pathlib import Path

import pytest

from tests.setup.processes import ROOT

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]

TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
PDF = {"name": "章程.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4\n%%EOF\n"}
ROW = re.compile(r"^\| (?P<name>[^|]+?) \| (?P<figures>\d+ \| \d+ \| \d+) \|$", re.MULTILINE)


class Counted:
    """A page on which every field filled in, every click and every page seen is counted."""

    def __init__(self, page):
        self.page = page
        self.fields = self.pages = self.clicks = 0

    def open(self, address):
        self.page.goto(address)
        self.seen()

    def seen(self):
        self.pages += 1
        self.page.wait_for_load_state()
        assert self.page.evaluate(TOO_WIDE) <= 1, self.page.url

    def fill(self, name, text):
        self.page.fill(f"[name='{name}']", text)
        self.fields += 1

    def choose(self, name, value=None):
        """A tile: the one with the value, else the first."""
        wanted = f"[value='{value}']" if value else ""
        self.page.locator(f"label.tile:has([name='{name}']{wanted})").first.click()
        self.fields += 1

    def click(self, target):
        (self.page.locator(target) if isinstance(target, str) else target).first.click()
        self.clicks += 1

    def go(self, target, address):
        """A click that leads to another page."""
        self.click(target)
        self.page.wait_for_url(address)
        self.seen()

    @property
    def figures(self):
        return self.fields, self.pages, self.clicks


def documented():
    text = (Path(ROOT) / "docs" / "journeys.md").read_text(encoding="utf-8")
    return {row["name"]: tuple(int(part) for part in row["figures"].split(" | ")) for row in ROW.finditer(text)}


def file_a_team(counted, name):
    """A leader on a phone: one question, three pages, one paper, submitted; returns the case number."""
    counted.open("/apply/")
    counted.go("a.task[href*='kind=filing']", "**/apply/new/**")
    choose_place(counted)
    counted.go("main form button.btn-primary", "**/apply/*/1/")
    counted.fill("name", name)
    counted.choose("type")
    counted.choose("body_type", "member")
    counted.fill("purpose", "组织居民排练合唱，参加社区演出。")
    counted.go(".form-bar .btn-primary", "**/2/")
    counted.fill("leader-name", "演示林阿妹")
    counted.fill("leader-phone", "13900001234")
    counted.fill("leader-id_number", "990000195203120013")
    for row, founder in enumerate(("演示林阿妹", "演示陈阿强", "演示黄阿玲")):
        counted.page.locator("[name='founders-name']").nth(row).fill(founder)
        counted.fields += 1
    counted.go(".form-bar .btn-primary", "**/3/")
    counted.fill("members", "18")
    counted.fill("place", "社区文化活动室")
    counted.fill("activities", "12")
    counted.page.set_input_files("#file-charter", PDF)
    counted.fields += 1
    counted.page.locator("#field-charter .papers li").first.wait_for()
    counted.go(".form-bar .btn-primary", "**/check/")
    counted.go("main form button.btn-primary", "**/my/*/")
    return re.search(r"3304\d{10,}", counted.page.inner_text("main")).group()


def choose_place(counted):
    """District, street and community, each list filled by the one before."""
    selects = counted.page.locator("[data-cascade] select")
    for number, label in enumerate(("平湖市", "当湖街道", "水洞埭社区")):
        selects.nth(number).select_option(label=label)
        counted.fields += 1


def decide(counted, name, step):
    """An officer with a clean case: from the inbox to the decision."""
    counted.open(f"/cases/?q={name}")
    counted.go(counted.page.get_by_role("link", name=name), "**/cases/*-*/")
    counted.go(f"button[name=step][value={step}]", "**/cases/")


def test_a_team_from_the_phone_to_the_public_list(open_as, chrome, portal):
    name, counts = "水洞埭社区乐满堂合唱团", {}
    leader = Counted(open_as("organization", "phone"))
    file_a_team(leader, name)
    counts["负责人用手机备案活动团队"] = leader.figures
    for label, user, size, step in (
        ("社区初审一件", "clerk", "phone", "agree"),
        ("街道审核一件", "street_officer", "wide", "propose"),
        ("街道决定一件", "street_leader", "wide", "approve"),
    ):
        officer = Counted(open_as(user, size))
        decide(officer, name, step)
        counts[label] = officer.figures
        assert officer.clicks <= 3
    guest = Counted(chrome.new_context(base_url=portal, locale="zh-CN").new_page())
    guest.open("/public/organizations/")
    guest.fill("q", name)
    guest.go("main form .btn-primary", "**q=**")
    guest.go(".cards a", "**/public/organizations/*-*/")
    counts["公众查到这个团队"] = guest.figures
    assert guest.page.inner_text("h1").startswith(name)
    guest.page.context.close()
    assert leader.page.complaints == []
    assert counts == documented()
