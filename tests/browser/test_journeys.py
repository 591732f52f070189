"""What people come for, from the first page to the last, with the fields, pages and clicks it asks of each of them.

docs/journeys.md holds the figures; they are what these tests count, or they fail.
"""

import io
import re
import time
from pathlib import Path

import pypdf
import pytest
from django.utils import timezone

from tests.browser.pages import UID, eventually, fits_once, saved, skip_to_content, tab_to, tile
from tests.browser.teams import CORRECTED, PLACE
from tests.setup.processes import ROOT

pytestmark = [pytest.mark.browser, pytest.mark.enable_socket]

PDF = {"name": "章程.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4\n%%EOF\n"}
BOTH = pytest.mark.parametrize("size", ["phone", "wide"])
CASE = re.compile(r"/cases/[0-9a-f]{8}-[0-9a-f-]{27}/")
HIDDEN = re.compile(r'name="(csrfmiddlewaretoken|version)" value="([^"]*)"')
CLERKS = ("clerk", "clerk_3", "clerk_4")
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
        fits_once(self.page)

    def fill(self, name, text):
        """The field of the name, or whose name begins like it with a trailing "^"."""
        self.write(f"[name^='{name[:-1]}']" if name.endswith("^") else f"[name='{name}']", text)
        self.fields += 1

    def write(self, target, text):
        self.page.fill(target, text)

    def choose(self, name, value=None):
        """A tile: the one with the value, else the first."""
        wanted = f"[value='{value}']" if value else ""
        self.page.locator(f"label.tile:has([name='{name}']{wanted})").first.click()
        self.fields += 1

    def tick(self, name):
        self.press(f"[name='{name}']", "Space")
        self.fields += 1

    def click(self, target):
        self.press(target)
        self.clicks += 1

    def press(self, target, key="Enter"):
        (self.page.locator(target) if isinstance(target, str) else target).first.click()

    def go(self, target, address):
        """A click that leads to another page."""
        self.click(target)
        self.page.wait_for_url(address)
        self.seen()

    @property
    def figures(self):
        return self.fields, self.pages, self.clicks


class Keyed(Counted):
    """The same without a mouse: everything is reached by Tab."""

    def seen(self):
        super().seen()
        skip_to_content(self.page)

    def write(self, target, text):
        tab_to(self.page, target)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.type(text)

    def press(self, target, key="Enter"):
        tab_to(self.page, target)
        self.page.keyboard.press(key)


@pytest.fixture
def stranger(window):
    """stranger(size) → a counted page of somebody who has not signed in."""
    return lambda size: Counted(window(size))


def documented():
    text = (Path(ROOT) / "docs" / "journeys.md").read_text(encoding="utf-8")
    return {row["name"]: tuple(int(part) for part in row["figures"].split(" | ")) for row in ROW.finditer(text)}


def file_a_team(counted, name):
    """A leader on a phone: one question, three pages, one paper, submitted; returns the case number."""
    counted.open("/apply/")
    counted.go("a.task[href*='kind=filing']", "**/apply/new/**")
    choose_place(counted)
    counted.go("main form button.btn-primary", "**/apply/*/1/")
    return fill_team(counted, name)


def fill_team(counted, name, phone="13900001234"):
    """The three pages of the form with a paper, submitted; returns the case number."""
    counted.fill("name", name)
    counted.choose("type")
    counted.choose("body_type", "member")
    counted.fill("purpose", "组织居民排练合唱，参加社区演出。")
    counted.page.locator("#purpose").blur()
    saved(counted.page)
    fits_once(counted.page, "filled in")
    counted.go(".form-bar .btn-primary", "**/2/")
    counted.fill("leader-name", "演示林阿妹")
    counted.fill("leader-phone", phone)
    counted.fill("leader-id_number", "990000195203120013")
    for row, founder in enumerate(("演示林阿妹", "演示陈阿强", "演示黄阿玲")):
        counted.page.locator("[name='founders-name']").nth(row).fill(founder)
        counted.fields += 1
    fits_once(counted.page, "filled in")
    counted.go(".form-bar .btn-primary", "**/3/")
    counted.fill("members", "18")
    counted.fill("place", "社区文化活动室")
    counted.fill("activities", "12")
    counted.page.set_input_files("#file-charter", PDF)
    counted.fields += 1
    counted.page.locator("#field-charter .papers li").first.wait_for()
    fits_once(counted.page, "filled in")
    counted.go(".form-bar .btn-primary", "**/check/")
    return submit(counted)


def submit(counted):
    counted.go("main form button.btn-primary", "**/my/*/")
    return re.search(r"\d{14,}\w", counted.page.inner_text("main")).group()


def choose_place(counted, labels=("平湖市", "当湖街道", "水洞埭社区")):
    """District, street and community, each list filled by the one before."""
    selects = counted.page.locator("[data-cascade] select")
    for number, label in enumerate(labels):
        selects.nth(number).select_option(label=label)
        counted.fields += 1


def look_up(counted, text):
    """An officer finds a case in the inbox by its name or number."""
    counted.open(f"/cases/?q={text}")
    counted.go(".cell-main a", "**/cases/*-*/")


def decide(counted, text, step):
    """An officer with a clean case: from the inbox to the decision."""
    look_up(counted, text)
    counted.go(f"button[name=step][value={step}]", "**/cases/")


def in_inbox(page, number):
    """The address of a case that waits for somebody, or None; no page is drawn."""
    found = CASE.search(page.request.get(f"/cases/?q={number}").text())
    return found and found[0]


def take(page, number, step):
    """An officer takes a step of a case; no page is drawn."""
    address = in_inbox(page, number)
    fields = dict(HIDDEN.findall(page.request.get(address).text()))
    assert page.request.post(f"{address}step/", form={**fields, "step": step}).url.endswith("/cases/")


def message(counted, phone, pattern):
    """What the newest short message to the phone says; the demo shows them on a page, once a worker took them."""
    page, deadline = counted.page.context.new_page(), time.monotonic() + 60
    while phone not in page.request.get("/public/messages/").text():
        assert time.monotonic() < deadline, f"no message to {phone}"
        time.sleep(0.2)
    page.goto("/public/messages/")
    found = re.search(pattern, page.locator("article", has_text=phone).first.inner_html())
    page.close()
    return found[1]


def certificate_code(page):
    """The code to check on the certificate that hangs at the leader's case, made by a worker since the decision."""
    page.reload()
    paper = page.locator("#issued-papers a[target]", has_text="证书").first
    paper.wait_for(timeout=60_000)
    answer = page.request.get(paper.get_attribute("href"))
    assert (answer.status, answer.headers["content-type"]) == (200, "application/pdf")
    text = "".join(sheet.extract_text() for sheet in pypdf.PdfReader(io.BytesIO(answer.body())).pages)
    return re.search(r"查验码\s*([0-9A-Z]{5}-[0-9A-Z]{5})", text)[1]


def agree(counts):
    """The figures counted are those of the document."""
    known = documented()
    assert counts == {name: known.get(name) for name in counts}


def test_a_team_from_the_phone_to_the_public_list(open_as, stranger):
    name, counts = "水洞埭社区乐满堂合唱团", {}
    leader = Counted(open_as("organization", "phone"))
    file_a_team(leader, name)
    counts["负责人用手机备案活动团队"] = leader.figures
    street = open_as("street_leader")
    street.goto("/")
    street.click("main a[href^='/dashboard/']")
    street.wait_for_url("**/dashboard/*/")
    before = tile(street)
    for label, user, size, step in (
        ("社区初审一件", "clerk", "phone", "agree"),
        ("街道审核一件", "street_officer", "wide", "propose"),
        ("街道决定一件", "street_leader", "wide", "approve"),
    ):
        officer = Counted(open_as(user, size))
        decide(officer, name, step)
        counts[label] = officer.figures
        assert officer.clicks <= 3
    guest = stranger("wide")
    guest.open("/public/organizations/")
    guest.fill("q", name)
    guest.go("main form .btn-primary", "**q=**")
    guest.go(".cards a", "**/public/organizations/*-*/")
    counts["公众查到这个团队"] = guest.figures
    assert guest.page.inner_text("h1").startswith(name)
    guest = stranger("phone")
    guest.open(f"/c/{certificate_code(leader.page)}/")
    counts["公众扫证书上的码查验"] = guest.figures
    assert guest.page.inner_text(".answer h2") == name
    assert "有效" in guest.page.inner_text(".answer-word")
    eventually(lambda: street.reload() and tile(street) == before + 1)
    assert leader.page.complaints == []
    agree(counts)


def test_a_bureau_head_enters_a_registration(open_as):
    head = Counted(open_as("bureau_head"))
    head.open("/cases/?kind=upgrade")
    head.go(".cell-main a", "**/cases/*-*/")
    case = head.page.url
    head.go("button[name=step][value=approve]", "**/cases/")
    agree({"民政局决定一件转登记": head.figures})
    assert head.clicks <= 3
    head.page.goto(case)
    assert head.page.locator("h1 .badge", has_text="已登记").count() == 1


@BOTH
def test_whoever_files_signs_in_with_a_code(stranger, size):
    person, phone = stranger(size), {"phone": "13900010001", "wide": "13900010002"}[size]
    person.open("/apply/sign-in/")
    person.fill("phone", phone)
    person.go("main form .btn-primary", "**/code/**")
    person.fill("code", message(person, phone, r"(\d{6})，"))
    person.go("main form .btn-primary", "**/my/")
    assert person.page.locator(".empty a.btn-primary").count() == 1
    agree({"用验证码登录": person.figures})


@BOTH
def test_a_clerk_files_for_a_leader_who_confirms_by_her_link(open_as, stranger, size):
    phone = {"phone": "13900020001", "wide": "13900020002"}[size]
    clerk, leader = Counted(open_as("pingshan_clerk_4", size)), stranger(size)
    clerk.open("/apply/")
    clerk.go("a.task[href*='kind=filing'][href*='for=1']", "**/apply/new/**")
    clerk.fill("applicant", "演示林阿妹")
    clerk.go("main form button.btn-primary", "**/apply/*/1/")
    fill_team(clerk, f"坪山社区代办腰鼓{size}队", phone)
    link = message(leader, phone, r'href="(?:https?://[^/"]+)?(/confirm/[^"]+)"')
    leader.open(link)
    leader.click("button[name=answer][value=yes]")
    leader.page.locator("main .alert-success").wait_for()
    leader.seen()
    assert leader.page.goto(link).status == 410
    assert clerk.page.complaints == []
    agree({"社区代办活动团队": clerk.figures, "负责人用一次性链接确认": leader.figures})


@pytest.mark.parametrize(("size", "hand"), [("phone", Counted), ("wide", Keyed)])
def test_a_correction_goes_round_by_one_list(open_as, size, hand):
    """On the wide screen by keyboard alone."""
    name = next(name for name in CORRECTED if size in name)
    leader, clerk = hand(open_as("leader_2", size)), hand(open_as("clerk", size))
    look_up(clerk, name)
    clerk.click("button[name=step][value=return]")
    clerk.tick("item_place")
    clerk.fill("reason_place", "请写明门牌号")
    clerk.go("button[name=step][value=return]", "**/cases/")
    returned = clerk.figures
    leader.open("/notices/")
    leader.go(leader.page.locator("main a[href^='/notices/']", has_text=name), "**/correct/")
    leader.click("main a[href='#field-place']")
    assert leader.page.locator("[name=name]").count() == 0
    leader.fill("place", "水洞埭社区文化活动室201室")
    leader.fill("answer_^", "已补写门牌号")
    leader.go(".form-bar .btn-primary", "**/check/")
    submit(leader)
    clerk = hand(clerk.page)
    look_up(clerk, name)
    assert clerk.page.locator(".changes del").inner_text() == PLACE
    assert clerk.page.locator(".changes ins").inner_text() == "水洞埭社区文化活动室201室"
    agree({"社区退回补正一件": returned, "负责人补正并再次提交": leader.figures, "社区查看改了什么": clerk.figures})


@BOTH
def test_an_officer_decides_several_cases_at_once(open_as, size):
    officer = Counted(open_as("street_officer", size))
    officer.open("/cases/?kind=filing")
    for row in range(2):
        officer.page.locator("input[name=case]").nth(row).check()
        officer.fields += 1
    officer.fill("note", "材料齐全，拟同意。")
    officer.go(".bulk-bar button[value=propose]", "**/cases/batch/")
    assert officer.page.locator(".badge-met").count() == 2
    agree({"街道批量审核两件": officer.figures})


@BOTH
def test_a_cancelled_team_is_void_for_whoever_checks_its_certificate(open_as, stranger, size):
    leader, officer = Counted(open_as("organization", size)), Counted(open_as("street_officer", size))
    uid, code = cancellable(leader.page, officer.page)
    leader.open("/apply/")
    leader.go(f"a.task[href*='{uid}'][href*='kind=cancel']", "**/apply/new/**")
    leader.go("main form button.btn-primary", "**/apply/*/1/")
    leader.choose("reason")
    leader.fill("explanation", "成员年纪渐长，一致同意注销。")
    leader.choose("settled")
    leader.choose("certificate", "handed_in")
    leader.go(".form-bar .btn-primary", "**/check/")
    number = submit(leader)
    clerk = next(page for page in (open_as(name, size) for name in CLERKS) if in_inbox(page, number))
    for page, step in ((clerk, "agree"), (officer.page, "propose"), (open_as("street_leader", size), "approve")):
        take(page, number, step)
    guest = stranger(size)
    guest.open("/public/check/")
    guest.fill("code", code)
    guest.go("main form .btn-primary", "**code=**")
    assert guest.page.locator(".answer-word", has_text="已注销").count() == 1
    agree({"负责人申请注销": leader.figures, "公众查验已注销的证书": guest.figures})


def cancellable(leader, officer):
    """(uid, code to check) of a team the leader may cancel whose certificate is valid.

    Its standing began before today: an end comes at least a day after.
    """
    today = timezone.localdate().isoformat()
    leader.goto("/apply/")
    links = leader.locator("a.task[href*='kind=cancel']").evaluate_all("rows => rows.map((row) => row.href)")
    for uid in (re.search(r"organization=([0-9a-f-]+)", link)[1] for link in links):
        officer.goto(f"/organizations/{uid}/")
        paper = officer.locator("#certificates .paper", has=officer.locator(".badge-met")).first
        begun_today = officer.locator("tbody tr", has_text="至今").filter(has=officer.locator("th", has_text=today))
        if paper.count() and not begun_today.count():
            return uid, paper.locator("a[href*='/c/']").first.get_attribute("href").rstrip("/").split("/")[-1]
    raise AssertionError("no team to cancel")


def test_a_bureau_officer_puts_a_team_on_a_credit_list(open_as):
    """Proposed and told; another one, whose time to be heard is over, is decided."""
    officer, head = Counted(open_as("bureau_officer")), Counted(open_as("bureau_head"))
    officer.open("/organizations/?tier=team&state=active")
    officer.go("main tbody a[href^='/organizations/']", "**/organizations/*-*/")
    record = re.search(UID, officer.page.url).group()
    officer.go("main a[href$='/credit/']", "**/credit/")
    officer.fill("grounds", "两次未按期年度确认")
    officer.go("main form.form .btn-primary", f"**/organizations/{record}/")
    officer.open("/supervision/credit/")
    told = officer.page.locator("main tbody tr").filter(has=officer.page.locator(f"a[href*='{record}']"))
    officer.click(told.locator("[formaction$='/tell/']"))
    officer.page.locator("main .alert-success").wait_for()
    head.open("/supervision/credit/")
    heard = head.page.locator("main tbody tr", has_text="连续两年未做年度确认")
    heard.locator("[name=text]").fill("平民〔2026〕8号")
    head.fields += 1
    head.click(heard.locator("[formaction$='/list/']"))
    head.page.locator("main .alert-success").wait_for()
    assert heard.locator(".badge-late").count() == 1
    agree({"民政局提议并告知列入信用名单": officer.figures, "民政局决定列入信用名单": head.figures})


def test_a_bureau_officer_draws_the_sample_of_the_quarter(open_as):
    officer = Counted(open_as("pingshan"))
    officer.open("/supervision/samples/")
    officer.click("main form[action$='/draw/'] .btn-primary")
    officer.page.locator("main .alert-success").wait_for()
    officer.seen()
    officer.page.locator("main tbody a[href^='/cases/']").first.wait_for()
    assert officer.page.locator("main .text-met").count() == 1
    agree({"民政局抽取一季度的样本": officer.figures})


def test_every_documented_journey_is_counted_here():
    source = Path(__file__).read_text(encoding="utf-8")
    assert [name for name in documented() if f'"{name}"' not in source] == []
