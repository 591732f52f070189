"""Normalisers of single cells."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.survey.cells import normaliser
from registry.survey.codes import uscc_valid
from registry.survey.columns import BY_KIND, Field, match
from registry.survey.numbers import han_number

FIELDS = {f.key: f for spec in BY_KIND.values() for f in spec.fields}
GOOD = "52340104MJ7488335W"


def run(key, raw, unit=""):
    value, issues = normaliser(FIELDS[key], unit)(raw)
    return value, [code for _, code, _ in issues]


DATES = {
    "2019-03-05": [], "2019.3.5": [], "2019年3月5日": [], "２０１９年３月５日": [], "20190305": [], "2019/3/5": [], "2019-03-05 00:00:00": [],
    " 2019 - 3 - 5 ": [], "二〇一九年三月五日": [], "43529": [], "2019、3、5": [], "2019.03.05。": [], "19.3.5": ["date_century"],
    "3/25/2019": ["date_order_guessed"], "2019年3月": ["date_month_only"], "2019.3": ["date_month_only"], "2019年": ["date_year_only"],
    "二○一九年三月五日": [], "2019年三月五日": [], "'2019-03-05": [], "2019。3。5": [], "2019年3月5日（周二）": [], "2019.3.5至2020.3.4": ["date_several"],
    "2019—03—05": [], "2019_3_5": [], "约2019年": ["date_year_only"], "19年3月": ["date_century", "date_month_only"],
    "201903": ["date_month_only"], 2019.1: ["date_october"], 20190305.0: [], 43529.0: [], 43529.5: [],
}  # fmt: skip


@pytest.mark.parametrize("raw", DATES)
def test_dates_people_type(raw):
    value, doubts = run("founded", raw)
    assert doubts == DATES[raw]
    assert value[:4] == "2019"
    if not doubts:
        assert value == "2019-03-05"


@pytest.mark.parametrize(
    ("raw", "code"),
    [("2019-02-30", "date_impossible"), ("3/5/2019", "date_order"), ("去年", "date_form"), ("2999-01-01", "date_future"), ("1776-01-01", "date_old"),
     (float("nan"), "date_form"), (1e300, "date_form"), ("2019-03-055", "date_form"), ("2019年3-12月", "date_form"), ("二〇一九年十三月五日", "date_impossible")],
)  # fmt: skip
def test_dates_refused(raw, code):
    assert run("founded", raw) == (None, [code])


def test_a_date_cell_is_a_date():
    assert run("founded", dt.datetime(2019, 3, 5, 12)) == ("2019-03-05", [])


NUMBERS = {
    "30（含志愿者5人）": (30, ["number_several"]), "30人(2023年)": (30, ["number_several"]), "'30": (30, []), "现有队员30人": (30, []), "約30人": (30, ["number_about"]),
    "30人": (30, []), "３０": (30, []), "约30余人": (30, ["number_about"]), "30多": (30, ["number_about"]), "1,234": (1234, []), "1，234人": (1234, []),
    "三十二人": (32, ["number_words"]), "一百零五": (105, ["number_words"]), "1.2万": (12000, []), "30 名": (30, []), 30.0: (30, []), True: (1, []),
    "近百人": (100, ["number_about"]), "30人左右": (30, ["number_about"]), "共30人": (30, []), "不足30人": (30, ["number_about"]), "30名队员": (30, []), "叁拾": (30, ["number_words"]), "1.2E+3": (1200, []), "30人以上": (30, ["number_about"]),
}  # fmt: skip


@pytest.mark.parametrize("raw", NUMBERS)
def test_numbers_people_type(raw):
    value, doubts = run("members", raw)
    assert value == NUMBERS[raw][0]
    assert set(NUMBERS[raw][1]) <= set(doubts)


@pytest.mark.parametrize(
    ("raw", "code"),
    [("20-30人", "number_range"), ("2万-3万", "number_range"), ("-5", "number_negative"), (12.5, "number_whole"), (float("inf"), "number_large"), ("许多", "number_form"),
     (1e12, "number_large"), ("30kg", "number_form"), ("1.2.3", "number_form")],
)  # fmt: skip
def test_numbers_refused(raw, code):
    assert run("members", raw) == (None, [code])


@pytest.mark.parametrize(
    ("key", "raw", "unit", "value"),
    [("income", "3.5万元", "", 35000), ("income", 2, "万元", 20000), ("income", "500元", "万元", 500), ("fund_amount", "300000元", "", 30),
     ("fund_amount", "30万元", "", 30), ("fund_amount", 30, "", 30), ("fund_amount", 300000, "元", 30), ("place_area", "约120平方米", "", 120),
     ("place_area", "85.5㎡", "", 85.5), ("income", "￥1,200.50", "", 1200.5), ("income", "三万五千元", "", 35000), ("income", "三万五", "", 35000), ("income", "一百二", "", 120), ("income", "一百零二", "", 102), ("income", "二十三", "", 23), ("income", "十万", "万元", 100000),
     ("income", "3万元/年", "", 30000), ("income", "人民币叁万元整", "", 30000)],
)  # fmt: skip
def test_units(key, raw, unit, value):
    assert run(key, raw, unit)[0] == value


def test_yuan_in_a_column_of_ten_thousands_is_doubtful():
    assert run("income", 20000, "万元") == (200_000_000, ["number_unit"])
    assert run("income", 9999, "万元")[1] == run("income", "20000元", "万元")[1] == run("income", 20000)[1] == []


@pytest.mark.parametrize("raw", ["无", "—", "-", "/", "N/A", "不详", "未知", " ", "\u3000", "\u200b", "暂无"])
def test_words_for_empty(raw):
    assert run("leader", raw) == run("members", raw) == run("founded", raw) == (None, [])


PHONES = {
    "+86 755 28881234": ("0755-28881234", ["phone_zero"]), "86 0755-28881234": ("0755-28881234", []), 75528881234.0: ("0755-28881234", ["phone_zero"]),
    "138-0000-1234": ("13800001234", []), "138 0000 1234": ("13800001234", []), "１３８００００１２３４": ("13800001234", []), 13800001234.0: ("13800001234", []),
    "+86 13800001234": ("13800001234", []), "0573-85001234": ("0573-85001234", []), "(021)62345678": ("021-62345678", []), "057385001234": ("0573-85001234", []),
    "13800001234、13900001234": ("13800001234", ["phone_several"]), "13800001234 13900001234": ("13800001234", ["phone_several"]),
    "85001234": ("85001234", ["phone_no_area"]), "138****1234": (None, ["masked"]), "张三13800001234": ("13800001234", []),
    "1380000123": (None, ["phone_form"]), "1.38E+10": (None, ["digits_lost"]), "0755-85001234-801": ("0755-85001234-801", []),
}  # fmt: skip


@pytest.mark.parametrize("raw", PHONES)
def test_phones(raw):
    assert run("phone", raw) == PHONES[raw]


def test_credit_codes():
    assert run("uscc", GOOD) == (GOOD, [])
    assert run("uscc", " 52340104mj7488335w ") == (GOOD, [])
    assert run("uscc", GOOD.replace("0", "O")) == (GOOD, ["uscc_letter_fixed"])
    assert run("uscc", GOOD[:-1] + "1") == (None, ["uscc_check"])
    assert run("uscc", GOOD[:-1]) == (None, ["uscc_length"])
    assert run("uscc", "5.23E+17") == (None, ["digits_lost"])
    assert run("uscc", "办理中") == (None, ["uscc_pending"])
    assert run("uscc", "123456789012345") == (None, ["uscc_old_number"])
    assert run("uscc", GOOD[:-1].replace("0", "O") + "1") == (None, ["uscc_letter"])


@given(st.integers(0, 17), st.sampled_from("0123456789ABCDEFGHJKLMNPQRTUWXY"))
def test_any_one_wrong_sign_in_a_credit_code_is_seen(place, sign):
    changed = GOOD[:place] + sign + GOOD[place + 1 :]
    assert uscc_valid(changed) == (changed == GOOD)


@pytest.mark.parametrize(
    "code",
    ["51310104MJ4950010A", "52330482MJ95200285", "53310000MJ60000355", "52340104MJA100041K", "91350100M000100Y43"],
)
def test_known_good_credit_codes(code):
    assert uscc_valid(code)


@pytest.mark.parametrize(
    ("key", "raw", "expected"),
    [("region_code", 440310001001.0, "440310001001"), ("region_code", "440310001000", "440310001"), ("region_code", "４４０３１０", "440310"),
     ("party_org", "√", "是"), ("party_org", "无", "否"), ("party_org", "已建立联合党支部", "是"), ("party_org", "×", "否"),
     ("satisfaction", "94.3%", 0.943), ("satisfaction", 0.943, 0.943), ("satisfaction", 94.3, 0.943), ("satisfaction", "98分", 0.98),
     ("targets", "老年人、儿童；残疾人等", ["老年人", "儿童", "残疾人"]), ("targets", "老年人 儿童", ["老年人", "儿童"]), ("targets", "青年/妇女", ["青年", "妇女"]),
     ("name", "ＡＢ１２队", "AB12队"), ("name", "豈\u200b队", "豈队"), ("name", "𬱖社", "𬱖社"), ("name", "农村（村）队", "农村（村）队"), ("name", 12.0, "12")],
)  # fmt: skip
def test_other_cells(key, raw, expected):
    assert run(key, raw)[0] == expected


def test_too_long_text_and_sheet_errors_are_refused():
    assert run("name", "长" * 201)[1] == ["text_long"]
    assert run("name", "#REF!")[1] == ["cell_error"]
    assert run("region_code", "4.403E+11")[1] == ["digits_lost"]
    assert run("satisfaction", "150%")[1] == ["percent_range"]
    assert run("satisfaction", "较好")[1] == ["percent_form"]
    assert run("party_org", "大概")[1] == ["yes_no"]


def test_identity_numbers():
    field = Field("id_number", "", "idnumber")
    convert = normaliser(field)
    assert convert("11010519491231002X")[0] == "11010519491231002X"
    assert convert("110105194912310021")[1][0][1] == "id_check"
    assert convert(1.1010519491231e17)[1][0][1] == "digits_lost"
    assert convert("110105491231002")[1][0][1] == "id_old"


@pytest.mark.parametrize("field", FIELDS.values(), ids=lambda field: field.key)
@given(raw=st.one_of(st.text(max_size=30), st.floats(), st.integers(), st.booleans(), st.dates(), st.datetimes()))
def test_no_cell_ever_breaks_a_normaliser(field, raw):
    if field.type == "ignore" or raw == "":
        return
    value, issues = normaliser(field)(raw)
    assert all(level in ("warning", "error") for level, _, _ in issues)
    assert value is None or not any(level == "error" for level, _, _ in issues)


@given(st.dates(dt.date(1950, 1, 1), dt.date(2024, 12, 31)))
def test_every_date_survives_every_form(day):
    for form in ("%Y-%m-%d", "%Y.%m.%d", "%Y年%m月%d日", "%Y%m%d", "%Y/%m/%d"):
        assert run("founded", day.strftime(form)) == (day.isoformat(), [])
    assert run("founded", float((day - dt.date(1899, 12, 30)).days))[0] == day.isoformat()


@given(st.integers(0, 99999))
def test_chinese_numerals_of_plain_digits(number):
    words = "".join("零一二三四五六七八九"[int(digit)] for digit in str(number))
    assert han_number(words) == number


@pytest.mark.parametrize("spec", BY_KIND.values(), ids=lambda spec: spec.kind)
def test_every_header_and_synonym_means_its_own_field(spec):
    for field in spec.fields:
        assert match(spec.kind, field.header)[0] is field
        assert match(spec.kind, f"*{field.header}")[0] is field
    names = [s for f in spec.fields for s in f.synonyms]
    assert all(match(spec.kind, name)[0] for name in names)


@pytest.mark.parametrize(("raw", "shown"), [("2019年2月30日", "2019年2月30日"), (60.0, "60"), ("民国八年", "民国八年")])
def test_a_refused_date_is_shown_as_typed(raw, shown):
    _, issues = normaliser(FIELDS["founded"])(raw)
    assert issues[0][2]["value"] == shown


@pytest.mark.parametrize("raw", ["1.23E+17", 1.23456789012345e17])
def test_a_number_that_lost_its_digits_is_no_text(raw):
    assert run("filing_no", raw) == (None, ["digits_lost"])


def test_a_code_written_as_a_number_by_another_program():
    assert run("region_code", "440310001001.0") == ("440310001001", [])


@pytest.mark.parametrize(
    ("key", "raw", "expected"),
    [
        *(("leader", f"买买提{dot}艾山", "买买提·艾山") for dot in "·•・．. ‧".replace(" ", "")),
        ("leader", "买买提 · 艾山", "买买提·艾山"), ("leader", "王\u3000芳", "王芳"), ("contact", "欧 阳 修", "欧阳修"), ("leader", "王𬱖", "王𬱖"),
        ("leader", "J. Smith", "J. Smith"),
        *(("filing_no", f"坪民社备{a}2019{b}第 7号", "坪民社备〔2019〕第7号") for a, b in ("[]", "〔〕", "【】", "（）", "［］")),
        ("filing_no", "蜀社备2019-00001", "蜀社备2019-00001"), ("filing_no", "备2019 001", "备2019 001"),
    ],
)  # fmt: skip
def test_one_spelling_of_names_and_filing_numbers(key, raw, expected):
    assert run(key, raw) == (expected, [])


@pytest.mark.parametrize(
    ("raw", "expected"),
    [("□是 ☑否", ("否", [])), ("■是 □否", ("是", [])), ("√ 是", ("是", [])), ("√是 □否", ("是", [])), ("是 √否", (None, ["yes_no"])), ("是（2019年成立）", ("是", ["yes_guessed"])),
     ("党支部", ("是", ["yes_guessed"]))],
)  # fmt: skip
def test_ticked_boxes(raw, expected):
    assert run("party_org", raw) == expected
