from datetime import date
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from accounts.models import Division, DivisionAlias, DivisionLink
from accounts.services.divisions import load_divisions
from registry.place_names import in_han, short_name, with_street
from registry.resolve import Found, Problem, Resolver
from tests.builders import make_division

pytestmark = pytest.mark.django_db
SHIPPED = Path(__file__).resolve().parents[2] / "registry" / "data" / "divisions"


def area(name, code):
    load_divisions([SHIPPED / f"{name}.csv"])
    return Resolver(Division.objects.get(code=code))


@pytest.fixture
def pingshan():
    return area("440310_pingshan", "440310")


@pytest.fixture
def pinghu():
    return area("330482_pinghu", "330482")


def code_of(answer):
    assert isinstance(answer, Found), answer
    return answer.division.code


def ways_to_write(row, street):
    """How officers write a community; each must lead to it."""
    yield from (row.code, row.full_name, row.full_name.replace("省", "", 1).replace("市", "", 1))
    for name in (row.name, row.short_name):
        yield from (street.name + name, f"{street.name} {name}", f"{street.name}-{name}", f"{street.name}／{name}")
        yield f"{street.name.removesuffix('街道')}街道办事处{name}" if street.name.endswith("街道") else name


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("440310_pingshan", "440310"),
        ("330482_pinghu", "330482"),
        ("340104_shushan", "340104"),
        ("31_shanghai", "310104"),
    ],
)
def test_every_place_is_found_however_it_is_written(name, code):
    resolver = area(name, code)
    communities = [row for row in resolver.nodes.values() if row.level == "community"]
    assert len(communities) > 20
    for row in communities:
        street = resolver.nodes[row.parent_id]
        for text in ways_to_write(row, street):
            answer = resolver.resolve(text)
            assert getattr(answer, "division", None) == row, (text, answer)
        assert resolver.resolve(row.short_name, street=street.name).division == row
        assert resolver.resolve(street.name).division == street


@pytest.mark.parametrize("name", ["31_shanghai"])
def test_in_a_whole_province_a_name_is_found_or_its_owners_are_named(name):
    resolver = area(name, "31")
    for row in resolver.nodes.values():
        if row.level in {"street", "community"}:
            answer = resolver.resolve(row.short_name)
            assert row in (answer.candidates if isinstance(answer, Problem) else [answer.division]), row.full_name


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("坪山", ["440310001", "440310001003"]),
        ("马峦", ["440310002", "440310002003"]),
        ("石井", ["440310004", "440310004002"]),
    ],
)
def test_a_name_of_several_places_is_asked_back(pingshan, text, codes):
    answer = pingshan.resolve(text)
    assert (answer.code, [row.code for row in answer.candidates]) == ("ambiguous", codes)
    assert all(code in answer.message for code in codes)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("前港社区", "330482106004"),
        ("前港村", "330482106202"),
        ("前港居委会", "330482106004"),
        ("前港村委会", "330482106202"),
        ("前港村民委员会", "330482106202"),
        ("广陈镇前港村", "330482106202"),
        ("浙江嘉兴平湖广陈前港村", "330482106202"),
    ],
)
def test_the_ending_tells_a_village_from_a_community(pinghu, text, code):
    assert code_of(pinghu.resolve(text)) == code


def test_two_places_of_one_name_are_told_apart_by_nothing(pinghu):
    assert pinghu.resolve("前港").code == "ambiguous"
    assert pinghu.resolve("钟埭").code == "ambiguous"


@pytest.mark.parametrize(
    ("text", "code", "how"),
    [
        ("440310001003", "440310001003", "code"),
        ("４４０３１０００１００３", "440310001003", "code"),
        ("440310001003.0", "440310001003", "code"),
        ("440310001000", "440310001", "code"),
        ("440310001", "440310001", "code"),
        ("440310000000", "440310", "code"),
        ("坪山区", "440310", "name"),
        ("广东省深圳市坪山区", "440310", "name"),
        ("六联社区居民委员会", "440310001001", "name"),
        ("六联", "440310001001", "bare"),
        ("坪山六联社区", "440310001001", "street_and_name"),
        ("六联村", "440310001001", "other_ending"),
    ],
)
def test_codes_and_names(pingshan, text, code, how):
    answer = pingshan.resolve(text)
    assert (code_of(answer), answer.how) == (code, how)
    assert bool(answer.doubt) == (how in {"bare", "other_ending"})


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "empty"),
        (None, "empty"),
        ("  　", "empty"),
        ("4.40310E+11", "number"),
        ("440399001001", "unknown"),
        ("月亮社区", "unknown"),
        ("坪山街道月亮社区", "unknown"),
        ("\x00" * 5000, "unknown"),
    ],
)
def test_what_is_no_place_is_refused(pingshan, text, problem):
    answer = pingshan.resolve(text)
    assert answer.code == problem
    assert answer.message


def test_a_slip_is_answered_with_what_may_be_meant(pingshan):
    answer = pingshan.resolve("六联杜区")
    assert answer.candidates[0].code == "440310001001"
    assert "六联社区" in answer.message


@pytest.mark.parametrize(
    ("text", "street", "code", "how"),
    [
        ("坪山", "坪山街道", "440310001003", "bare"),
        ("坪山街道", "坪山街道", "440310001", "name"),
        ("", "坪山街道办事处", "440310001", "name"),
        ("六联社区", "马峦街道", "440310001001", "other_street"),
        ("六联社区", "月亮街道", "440310001001", "other_street"),
    ],
)
def test_the_street_beside_a_name_narrows_it(pingshan, text, street, code, how):
    answer = pingshan.resolve(text, street=street)
    assert (code_of(answer), answer.how) == (code, how)


@pytest.mark.parametrize(
    ("text", "code", "found", "how"),
    [
        ("六联社区", "440310001001", "440310001001", "code"),
        ("坪山", "440310001003", "440310001003", "code"),
        ("六联社区", "440399001001", "440310001001", "name_only"),
        ("月亮社区", "440310001001", "440310001001", "code_only"),
        ("", "440310001001", "440310001001", "code"),
    ],
)
def test_a_code_beside_a_name(pingshan, text, code, found, how):
    answer = pingshan.resolve(text, code=code)
    assert (code_of(answer), answer.how) == (found, how)


def test_a_code_in_both_columns_is_one_statement(pingshan):
    """Officers copy the code into the name's column: no doubt when they agree, a conflict when they do not."""
    assert pingshan.resolve("４４０３１０００１００１ ", code="440310001001").how == "code"
    assert pingshan.resolve("440310001002", code="440310001001").code == "conflict"


def test_code_and_name_of_different_places_are_a_conflict(pingshan):
    answer = pingshan.resolve("六联社区", code="440310001003")
    assert (answer.code, {row.code for row in answer.candidates}) == ("conflict", {"440310001001", "440310001003"})


def test_numbers_are_read_as_chinese_numerals():
    resolver = area("31_shanghai", "310104")
    assert code_of(resolver.resolve("长桥5村")) == "310104010011"
    assert [in_han(text) for text in ("第12村", "20组", "第〇5区", "106室")] == [
        "第十二村",
        "二十组",
        "第零五区",
        "一零六室",
    ]


def test_spellings():
    names = ("坪山街道办事处", "坪山办事处", "坪山街道办", "新仓镇人民政府", "坪山街道", "办事处")
    assert [with_street(name) for name in names] == ["坪山街道", "坪山街道", "坪山街道", "新仓镇", "坪山街道", "办事处"]
    names = ("六联社区居委会", "三协村村委会", "长桥五村居委会", "安桥社区居民委员会", "三港村村民委员会", "虚拟社区")
    assert [short_name(name) for name in names] == [
        "六联社区",
        "三协村",
        "长桥五村居委会",
        "安桥社区",
        "三港村",
        "虚拟社区",
    ]


ALIASES = """area,change,old_code,old_name,old_street,new_code,new_name
440310,moved_or_recoded,440307007002,金龟社区居委会,坪山街道办事处,440310004001,金龟社区居委会
440310,same_code_renamed,440310001001,六顺社区居委会,坪山街道,440310001001,六联社区居委会
440310,suffix_changed,440310001003,坪山居民委员会,坪山街道,440310001003,坪山社区居委会
440310,gone,440307007099,红花社区居委会,坪山街道,,
440310,code_reused_name_elsewhere,440310002003,江岭社区居委会,马峦街道,440310002002,马峦社区居委会
440310,moved_or_recoded,440307007050,东西社区居委会,坪山街道,440310001001 440310001003,六联社区居委会 坪山社区居委会
440310,moved_or_recoded,440307007051,甲社区居委会,坪山街道,449999999999,甲社区居委会
"""


@pytest.fixture
def former(pingshan, tmp_path, capsys):
    path = tmp_path / "aliases.csv"
    path.write_text(ALIASES, encoding="utf-8")
    call_command("load_division_aliases", str(path))
    call_command("load_division_aliases", str(path))
    return Resolver(pingshan.root), capsys.readouterr().out


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("440307007002", "440310004001"),
        ("坪山街道金龟社区", "440310004001"),
        ("坪山街道办事处金龟社区居委会", "440310004001"),
        ("六顺社区", "440310001001"),
        ("六顺居委会", "440310001001"),
        ("坪山居民委员会", "440310001003"),
    ],
)
def test_former_names_codes_and_streets_lead_to_the_place(former, text, code):
    assert code_of(former[0].resolve(text)) == code


def test_the_report_names_what_leads_nowhere(former):
    assert "7 read, 6 stored." in former[1]
    assert "7 read, 0 stored." in former[1]
    assert "红花社区居委会" in former[1]
    assert "449999999999" in former[1]
    assert not DivisionAlias.objects.filter(name="红花社区居委会").exists()


def test_a_code_split_in_two_is_asked_back_unless_the_name_decides(former):
    assert former[0].resolve("440307007050").code == "ambiguous"
    assert code_of(former[0].resolve("六联社区", code="440307007050")) == "440310001001"


def test_where_a_code_was_reused_the_name_decides(former):
    answer = former[0].resolve("江岭社区居委会", code="440310002003")
    assert (answer.division.name, answer.how) == ("江岭社区居委会", "old_code")
    answer = former[0].resolve("440310002003")
    assert (answer.division.code, answer.how) == ("440310002003", "code_reused")


def test_an_alias_file_of_another_shape_is_refused(tmp_path, pingshan):
    path = tmp_path / "aliases.csv"
    for text in ("", "a,b\n1,2\n", ALIASES.replace("suffix_changed", "vanished")):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(CommandError, match="Nothing was stored"):
            call_command("load_division_aliases", str(path))
    path.write_bytes(ALIASES.encode("gb18030"))
    with pytest.raises(CommandError, match="UTF-8"):
        call_command("load_division_aliases", str(path))
    assert not DivisionAlias.objects.exists()


def test_a_place_merged_into_another_leads_to_it(pingshan):
    street = Division.objects.get(code="440310001")
    gone = make_division("community", "红花社区居委会", street, code="440310001098", valid_to=date(2024, 1, 1))
    heirs = [Division.objects.get(code=code) for code in ("440310001001", "440310001003")]
    DivisionLink.objects.create(old=gone, new=heirs[0], effective=date(2024, 1, 1))
    assert code_of(Resolver(pingshan.root).resolve("440310001098")) == "440310001001"
    assert Resolver(pingshan.root).resolve("红花社区").how == "former"
    DivisionLink.objects.create(old=gone, new=heirs[1], effective=date(2024, 1, 1))
    assert Resolver(pingshan.root).resolve("红花社区").code == "ambiguous"


def test_one_area_is_read_with_a_fixed_number_of_queries(pingshan, django_assert_num_queries):
    with django_assert_num_queries(5):
        resolver = Resolver(pingshan.root)
    with django_assert_num_queries(0):
        for text in ("六联", "坪山街道六联社区", "440310001001", "月亮社区"):
            resolver.resolve(text)
