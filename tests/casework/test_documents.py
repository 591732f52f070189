import hashlib
import io
import json
import re
import subprocess
import sys
import time
from datetime import date

import pypdf
import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import settings as chances
from hypothesis import strategies as st

from casework.documents.letters import LETTERS, NO_GLYPH, pictures, qr, render, showable
from tests.casework.papers import CASES, FORMS, NAME, sample

FOLDER = settings.BASE_DIR / "templates" / "documents"


def pages(pdf):
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages]


def squeezed(text):
    return re.sub(r"\s", "", text)


def text_of(code, data):
    return squeezed("".join(pages(render(code, data))))


@pytest.mark.parametrize(("code", "form"), CASES)
def test_every_paper_shows_its_title_and_counts_its_pages(code, form):
    data = FORMS[form](code)
    found = [squeezed(page) for page in pages(render(code, data))]
    assert squeezed(data.get("title") or LETTERS[code].title) in "".join(found)
    for number, page in enumerate(found, start=1):
        assert f"第{number}页共{len(found)}页" in page
        assert ("查验码K7M2PX" in page) == (form != "empty")


@pytest.mark.parametrize("code", LETTERS)
def test_an_ordinary_paper_is_one_page_and_says_whom_it_concerns(code):
    found = pages(render(code, sample(code)))
    assert len(found) == 1
    assert NAME in squeezed(found[0])
    assert "石井街道办事处" in squeezed(found[0])


@pytest.mark.parametrize("form", FORMS)
def test_a_certificate_is_one_page_whatever_the_names(form):
    assert len(pages(render("certificate", FORMS[form]("certificate")))) == 1


def test_a_certificate_of_a_portal_without_an_address_still_has_its_code():
    data = {name: value for name, value in sample("certificate").items() if name != "url"}
    assert "查验码K7M2PX" in text_of("certificate", data)


def test_a_certificate_says_what_it_is_and_is_not():
    text = text_of("certificate", sample("certificate"))
    for words in ("440310005-T-2026-0007", "会员类", "王𬱖", "2029年11月21日", "不具有法人资格", "（补1）"):
        assert words in text
    assert "补" not in text_of("certificate", sample("certificate") | {"reprint": 0})


def test_a_correction_letter_lists_every_item_with_its_basis_and_day():
    text = text_of("correction", sample("correction"))
    for words in (
        "一次性告知",
        "成员名册",
        "不少于10人",
        "管理办法第七条",
        "活动场所证明",
        "2026年12月11日前补正",
        "第1次",
    ):
        assert words in text


def test_the_approval_form_carries_both_opinions():
    text = text_of("approval", sample("approval"))
    for words in (
        "情况属实，同意。",
        "田头社区居民委员会（盖章）",
        "李䶮",
        "准予备案。",
        "2026年11月22日",
        "440307196501011234",
    ):
        assert words in text
    assert "区民政局意见" not in text
    assert "区民政局意见" in text_of("approval", sample("approval") | {"district": {"text": "同意。"}})


@pytest.mark.parametrize(
    "text", ["#panic(1)", "*甲* _乙_ `丙`", "$x^2$", "= 甲", "@甲", "<甲>", "a\\b]", "//甲", "{{甲}}", '"甲"']
)
def test_what_people_typed_is_never_markup(text):
    assert squeezed(text) in text_of("letter", {"paragraphs": [text], "addressee": text})


def test_rare_names_are_shown():
    names = "𬱖㙟䶮㑇𫖯𬍛"
    assert showable(names) == names
    assert names in text_of("certificate", {"leader": names})


def test_what_the_font_lacks_is_left_to_the_pen_and_what_cannot_be_seen_is_left_out():
    assert showable("甲\x00\u200b\ufe0f\U000e0100乙\ud800\t丙\r\n丁😀") == f"甲乙 丙\n丁{NO_GLYPH}"
    assert [showable(sign) for sign in "\uf900\u8c48\ufa0e"] == ["\u8c48", "\u8c48", "\ufa0e"]
    assert NO_GLYPH in text_of("certificate", {"leader": "王\U00030000"})


@chances(max_examples=60, deadline=None)
@given(st.recursive(st.text() | st.none() | st.integers() | st.dates(), st.lists, max_leaves=5))
def test_no_value_makes_a_paper_fail(value):
    keys = ("organization", "paragraphs", "items", "reason", "addressee", "office", "due", "date")
    data = dict.fromkeys(keys, value)
    assert render("letter", data).startswith(b"%PDF")
    assert render("correction", data).startswith(b"%PDF")


AGAIN = """
import sys, json, hashlib, django
django.setup()
from casework.documents.letters import render
print(hashlib.sha256(render("correction", json.loads(sys.argv[1]))).hexdigest())
"""


def test_the_same_data_gives_the_same_bytes_in_another_process():
    data = sample("correction")
    told = subprocess.run(
        [sys.executable, "-c", AGAIN, json.dumps(data)],
        capture_output=True, check=True, cwd=settings.BASE_DIR, text=True,
    )  # fmt: skip
    assert told.stdout.strip() == hashlib.sha256(render("correction", data)).hexdigest()
    assert render("correction", data) != render("correction", data | {"round": 2})


def test_a_paper_bears_its_own_day_keeps_for_the_archive_and_carries_its_font():
    file = pypdf.PdfReader(io.BytesIO(render("refused", sample("refused"))))
    assert file.metadata.creation_date.date().isoformat() == "2026-11-22"
    assert file.metadata.title == "不予备案决定书"
    assert "pdfaid:part" in file.root_object["/Metadata"].get_data().decode()
    fonts = file.pages[0]["/Resources"]["/Font"].values()
    assert {font.get_object()["/BaseFont"].partition("+")[2] for font in fonts} == {"NotoSerifSC-Regular"}


def test_a_print_page_gets_a_picture_of_each_page():
    data = FORMS["long"]("correction")
    drawn = pictures("correction", data)
    assert len(drawn) == len(pages(render("correction", data))) > 1
    assert all(picture.startswith("<svg") and "<script" not in picture for picture in drawn)
    assert len(pictures("certificate", sample("certificate"))) == 1


def test_the_qr_code_depends_on_the_address_only():
    assert qr("https://a.example/1") == qr("https://a.example/1") != qr("https://a.example/2")


def test_a_date_may_come_as_a_date():
    assert render("refused", sample("refused") | {"date": date(2026, 11, 22)}) == render("refused", sample("refused"))


def test_an_unknown_paper_is_refused():
    with pytest.raises(KeyError):
        render("../layout", {})


def test_every_template_belongs_to_a_paper():
    files = {path.stem for path in FOLDER.glob("*.typ")} - {"layout"}
    assert files == {letter.template for letter in LETTERS.values()}


def test_a_paper_takes_less_than_a_tenth_of_a_second_of_one_processor():
    render("letter", sample("letter"))
    spent = []
    for code in LETTERS:
        began = time.process_time()
        render(code, sample(code))
        spent.append(time.process_time() - began)
    assert sorted(spent)[len(spent) // 2] < 0.1


GROWTH = """
import django
django.setup()
from casework.documents.letters import LETTERS, render
from tests.casework.papers import sample
def resident():
    return int(open("/proc/self/statm").read().split()[1]) * 4096
def run(times):
    for at in range(times):
        for code in ("certificate", "correction", "letter"):
            render(code, sample(code) | {"organization": f"第{at}舞蹈队", "url": f"https://a.example/{at}"})
run(10)
before = resident()
run(30)
print(resident() - before)
"""


def test_many_papers_need_no_more_memory_than_a_few():
    told = subprocess.run(
        [sys.executable, "-c", GROWTH], capture_output=True, check=True, cwd=settings.BASE_DIR, text=True
    )
    assert int(told.stdout) < 10 * 2**20
