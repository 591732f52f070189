from datetime import date

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st
from stdnum import luhn

from casework.exposure import find, is_credit_code, mask

PLANTED = {
    "电话13812345678。": ("phone", "电话138****5678。"),
    "138 1234 5678": ("phone", "138****5678"),
    "138-1234-5678": ("phone", "138****5678"),
    "138.1234.5678": ("phone", "138****5678"),
    "１３８１２３４５６７８": ("phone", "138****5678"),
    "1 3 8 1 2 3 4 5 6 7 8": ("phone", "138****5678"),
    "138\u200b1234\u20605678": ("phone", "138****5678"),
    "1381234\r\n5678": ("phone", "138****5678"),
    "+86 138-1234-5678": ("phone", "138****5678"),
    "008613812345678": ("phone", "138****5678"),
    "013812345678": ("phone", "138****5678"),
    "tel:+8613812345678": ("phone", "tel:138****5678"),
    "微信wx13812345678ab": ("phone", "微信wx138****5678ab"),
    "一三八一二三四五六七八": ("phone", "138****5678"),
    "١٣٨١٢٣٤٥٦٧٨": ("phone", "138****5678"),
    "身份证310104195001011234": ("id", "身份证310***********1234"),
    "310104 19500101 1234": ("id", "310***********1234"),
    "310104-19500101-123X": ("id", "310***********123X"),
    "3 1 0 1 0 4 1 9 5 0 0 1 0 1 1 2 3 4": ("id", "310***********1234"),
    "11010519491231002x号": ("id", "110***********002X号"),
    "３１０１０４１９５００１０１１２３Ｘ": ("id", "310***********123X"),
    "310104500101123": ("id", "310********1123"),
    "310104196513011234": ("id", "310***********1234"),
    "6222021234567890128": ("card", "6222***********0128"),
    "6222 0212 3456 7890 128": ("card", "6222***********0128"),
    "622202-1234567890128": ("card", "6222***********0128"),
    "0755-84620000": ("landline", "0755-****0000"),
    "（021）5012 3456转8": ("landline", "021-****3456转8"),
    "02150123456": ("landline", "021-****3456"),
    "+86 21 5012 3456": ("landline", "21-****3456"),
    "联系电话：50123456": ("landline", "联系电话：****3456"),
}
ORDINARY = [
    "坪石备〔2026〕12号，2026年11月22日至2026-11-27，5个工作日，每周二、四19:30-21:00",
    "2026-11-22 2026-12-01 12",
    "统一社会信用代码：51310104MJ4950010A、52330482MJ95200285、53310000MJ60000355、91350100M000100Y43",
    "备案编号440310005-T-2026-0007，办件编号440310005BA2026112200078，440310005001TB2026112200019",
    "资助金额13,812,345,678.00元，13800000000元，138 0000 0000 元，共1500000-2000000元",
    "3500 1200 5600 4500 1200 8800",
    "1 3 8 1 2 3 4 5 6 7 8 9 0 1 2",
    "区划代码440310005001，邮编518118，第20261122001期",
    "138****5678，310***********1234，王*",
    "服务热线12345、400-820-8820，电话通知20261122",
    "二〇二六年十一月二十二日，一九九八年",
    "面积60×80平方米，占比33.333333%",
    "",
]


@pytest.mark.parametrize("text", PLANTED)
def test_personal_numbers_are_found_and_masked(text):
    kind, masked = PLANTED[text]
    assert [finding.kind for finding in find(text)] == [kind]
    assert mask(text) == masked
    assert find(masked) == []


@pytest.mark.parametrize("text", ORDINARY)
def test_ordinary_numbers_are_left_alone(text):
    assert find(text) == []
    assert mask(text) == text


def test_several_numbers_are_found_in_order_at_their_places():
    text = "王𬱖 １３８-1234-5678，李䶮310104195001011234；余见0755-84620000"
    found = find(text)
    assert [finding.kind for finding in found] == ["phone", "id", "landline"]
    assert [text[finding.start : finding.end] for finding in found] == [
        "１３８-1234-5678", "310104195001011234", "0755-84620000",
    ]  # fmt: skip


def test_columns_run_together_are_told_apart():
    assert mask("1390000111111010519491231002X") == "139****1111110***********002X"
    assert mask("11010519491231002X13900001111") == "110***********002X139****1111"
    assert mask("1381234567813987654321") == "138****5678139****4321"
    assert mask("777711010519491231002X") == "7777110***********002X"
    assert mask("20261122000000012345678") == "20261122000000012345678"


def test_the_offices_own_line_may_stand():
    text = "异议请致电0755-84620000，或联系13812345678"
    assert [finding.kind for finding in find(text, allowed=["（0755）8462 0000"])] == ["phone"]
    assert mask(text, allowed=["0755-84620000", "13812345678"]) == text


def test_a_credit_code_needs_both_check_characters():
    assert is_credit_code("51310104MJ4950010A")
    assert not is_credit_code("51310104MJ4950011A")
    assert not is_credit_code("11010519491231002X")


SEPARATORS = st.sampled_from(["", " ", "-", "\u200b", "\u00a0", "—", "\ufeff", "\u2009", "–", "\n"])
WIDTHS = st.sampled_from(["0123456789", "０１２３４５６７８９", "𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗"])
AROUND = st.sampled_from(["", "，", "联系人王𬱖", "（", "）", "：", "\n", "号", "手机", "、见附件"])


@st.composite
def written(draw, number, sizes):
    """The number as somebody might write it: any width, in the groups named, with one kind of separator."""
    wide, separator = draw(WIDTHS), draw(SEPARATORS)
    groups, at = [], 0
    for size in sizes:
        groups.append(number[at : at + size])
        at += size
    text = separator.join(groups)
    return draw(AROUND) + text.translate({48 + at: sign for at, sign in enumerate(wide)}) + draw(AROUND)


@st.composite
def phones(draw):
    number = f"1{draw(st.integers(3, 9))}{draw(st.integers(0, 10**9 - 1)):09}"
    return draw(written(number, draw(st.sampled_from([(3, 4, 4), (7, 4), (11,), (1,) * 11]))))


@st.composite
def identities(draw):
    place = draw(st.sampled_from(["110105", "310104", "340104", "440310", "330482", "650102"]))
    day = draw(st.dates(date(1900, 1, 1), date(2026, 11, 22)))
    number = f"{place}{day:%Y%m%d}{draw(st.integers(0, 999)):03}{draw(st.sampled_from('0123456789X'))}"
    assume(not is_credit_code(number))
    return draw(written(number, draw(st.sampled_from([(6, 8, 4), (6, 4, 4, 4), (18,), (1,) * 18]))))


@st.composite
def cards(draw):
    body = draw(st.sampled_from(["622202", "436742", "955880"])) + draw(st.text("0123456789", min_size=9, max_size=12))
    number = body + luhn.calc_check_digit(body)
    fours = (4,) * (len(number) // 4) + ((len(number) % 4,) if len(number) % 4 else ())
    return draw(written(number, draw(st.sampled_from([fours, (len(number),)]))))


@example("2026-11-22 2026-12-01 12", "4367 4245 5932 0222")  # a card, a full stop and a year
@given(st.sampled_from(ORDINARY[:2]), phones() | identities() | cards())
def test_every_planted_number_is_found(notice, planted):
    found = find(notice + "。" + planted + "。" + notice)
    assert len(found) == 1
    assert find(mask(notice + "。" + planted)) == []


MONEY = st.builds("{:,.2f}元".format, st.integers(0, 10**12)) | st.builds("{}万元".format, st.integers(0, 10**11))
DAYS = st.dates().map(lambda day: f"{day.year}年{day.month}月{day.day}日") | st.dates().map(str)
YEARS, SERIALS, MATTERS = st.integers(2000, 2099), st.integers(1, 9999), st.sampled_from(["BA", "BG", "ZX", "TF1"])
NUMBERS = st.builds("440310005-{}-{}-{:04}".format, st.sampled_from("TG"), YEARS, SERIALS)
CASE_NUMBERS = st.builds("440310005{}{:%Y%m%d}{:05}".format, MATTERS, st.dates(), SERIALS)
PAPERS = st.builds("坪石备〔{}〕{}号".format, YEARS, SERIALS)


@st.composite
def credit_codes(draw):
    region = draw(st.sampled_from(["310104", "330482", "340104", "440310"]))
    body = draw(st.text("0123456789ABCDEFGHJKLMNPQRTUWXY", min_size=8, max_size=8))
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    inner = "0123456789X0"[11 - sum(int(sign, 36) * one for sign, one in zip(body, weights, strict=True)) % 11]
    code = f"{draw(st.sampled_from(['51', '52', '53', '91']))}{region}{body}{inner}"
    alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"
    total = sum(alphabet.index(sign) * 3**at for at, sign in enumerate(code))
    return code + alphabet[(31 - total % 31) % 31]


@given(st.lists(MONEY | DAYS | NUMBERS | CASE_NUMBERS | PAPERS | credit_codes(), max_size=12))
def test_nothing_is_found_in_an_ordinary_notice(words):
    text = "，".join(words) + "。"
    assert find(text) == []


@given(st.text())
def test_masking_leaves_nothing_to_find_and_everything_else_as_it_was(text):
    assert find(mask(text)) == []
    for finding in find(text):
        assert 0 <= finding.start < finding.end <= len(text)
