import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.naming import edits, is_near, may_be_near, name_key, prefixes_of_all, signature
from tests import builders


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("第一舞蹈队", "一舞队"),
        ("第１舞蹈队", "第一舞蹈队"),
        ("夕阳红 舞蹈队", "夕阳红（舞蹈）队"),
        ("“夕阳红”合唱团", "夕阳红合唱团"),
        ("六联居委会志愿者服务队", "六联社区志愿服务队"),
        ("六联社区居民委员会腰鼓队", "六联社区腰鼓队"),
        ("江岭村委会腰鼓队", "江岭村腰鼓队"),
        ("ABC英语角", "ａｂｃ英语角"),
        ("二十三中太极队", "23中太极队"),
        ("一百二十步健走队", "120步健走队"),
        ("三八妇女之家", "38妇女之家"),
        ("夕阳红合唱团队", "夕阳红合唱队"),
    ],
)
def test_spellings_of_one_name_have_one_key(one, other):
    assert name_key(one) == name_key(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [("第一舞蹈队", "第二舞蹈队"), ("夕阳红合唱团", "夕阳红舞蹈团"), ("六联社区舞蹈队", "六联村舞蹈队")],
)
def test_different_names_have_different_keys(one, other):
    assert name_key(one) != name_key(other)


@pytest.mark.django_db
def test_names_of_the_home_division_and_its_ancestors_are_dropped_in_front():
    tree = builders.make_division_tree()
    keys = {
        name_key(prefix + "夕阳红舞蹈队", division=tree.community)
        for prefix in (
            "",
            "六联社区",
            "六联居委会",
            "坪山街道六联社区",
            "深圳市坪山区",
            "广东省深圳市坪山区坪山街道六联社区",
        )
    }
    assert keys == {"夕阳红舞队"}
    assert name_key("坪环社区夕阳红舞蹈队", division=tree.community) == "坪环社区夕阳红舞队"


@pytest.mark.django_db
def test_a_name_that_is_only_a_place_keeps_it():
    tree = builders.make_division_tree()
    assert name_key("六联社区", division=tree.community) == "6联社区"
    assert name_key("六联社区队", division=tree.community) == "6联社区队"


@pytest.mark.django_db
def test_prefixes_of_many_divisions_need_two_queries(django_assert_num_queries):
    tree = builders.make_division_tree()
    with django_assert_num_queries(2):
        prefixes = prefixes_of_all([tree.community, tree.village])
    assert name_key("马峦街道江岭村腰鼓队", division=tree.village, prefixes=prefixes[tree.village.pk]) == "腰鼓队"


def test_a_key_fits_its_column():
    assert len(name_key("百队" * 50)) == 100


@pytest.mark.parametrize(
    ("one", "other", "near"),
    [
        ("夕阳红合唱团", "夕阳红合唱队", True),
        ("夕阳红老年合唱团", "夕阳红老年歌唱队", True),
        ("阳光舞队", "晨曦舞队", False),
        ("1舞队", "2舞队", False),
        ("夕阳红合唱团", "夕阳红合唱团", False),
        ("舞队", "歌队", False),
        ("夕阳红合唱团", "夕阳红太极拳协会", False),
        ("太极拳队", "太拳队", True),
    ],
)
def test_near_names(one, other, near):
    assert is_near(one, other) is near
    assert is_near(other, one) is near


texts = st.text("阳光夕红舞队歌社", max_size=8)


@given(texts, texts)
def test_the_cheap_test_never_hides_a_near_name(one, other):
    if is_near(one, other):
        assert may_be_near(signature(one), signature(other))


@given(texts, texts)
def test_edits_is_symmetric_and_zero_for_equals_only(one, other):
    assert min(edits(one, other), 3) == min(edits(other, one), 3)
    assert (edits(one, other) == 0) == (one == other)
