from datetime import date

import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError

from accounts.models import Division
from casework import policy as policy_values
from casework.models import AuditEvent, PolicyValue
from registry.models import OrganizationType, Scheme, Term, TierWord, TypeMapping
from reporting.models import Mechanism, Policy, Target, TargetSet
from reporting.policies import load
from reporting.policyfiles import TABLES, PolicyFileError, read
from tests.builders import make_division

FOLDER = settings.BASE_DIR / "policies"
SEEDS = ("common", "pinghu-2018", "pingshan-2017", "shanghai-2021", "shanghai-swc", "shushan-2019")
FILES = [FOLDER / f"{name}.toml" for name in SEEDS]
SMALL = """
[policy]
code = "small"
name = "小方案"
source = "某文件"
valid_from = 2020-01-01
state = "in_force"
divisions = ["440310"]

[terms.flag]
hub = { name = "枢纽型组织", also = ["枢纽"] }

[[scheme]]
code = "S"
name = "小分类"
divisions = ["440310"]
[scheme.types]
culture = { name = "文体类" }
charity = { name = "公益类", also = ["慈善"] }
[scheme.tiers]
team = ["备案", "已备案"]

[parameters]
"evaluation.valid_months" = { value = 24, clause = "三(二)" }

[target_set]
name = "小目标"
state = "in_force"

[[target]]
id = "S-01"
name = "总数达到100个"
formula = "总数"
clause = "一"
level = "district"
kind = "total"
value = 100
numerator = ["orgs_{tier}"]
tiers = ["registered", "team"]
deadline = 2023-12-31

[mechanisms]
S-02 = { kind = "M", name = "联席会议", level = "区", clause = "二" }
"""


@pytest.fixture
def pingshan(db):
    return make_division("district", "坪山区", code="440310")


@pytest.fixture
def four_districts(db):
    return [
        make_division("province", "上海市", code="31"),
        make_division("district", "平湖市", code="330482"),
        make_division("district", "蜀山区", code="340104"),
        make_division("district", "坪山区", code="440310"),
    ]


@pytest.fixture
def small(tmp_path):
    def write(text=SMALL):
        path = tmp_path / "small.toml"
        path.write_text(text, encoding="utf-8")
        return path

    return write


def test_every_seed_row_is_loaded_once(four_districts):
    load(FILES)
    loaded = set(Target.objects.exclude(set__policy__code="national-2017").values_list("code", flat=True))
    targets = {code for code in loaded if code[-1].isdigit()}
    assert {code[:-1] for code in loaded - targets} <= targets, "a further number of a row has its letter"
    mechanisms = set(Mechanism.objects.values_list("code", flat=True))
    counts = {"SH": 50, "PH": 37, "SS": 48, "PS": 25, "SW": 26}
    expected = {f"{pack}-{number:02}" for pack, count in counts.items() for number in range(1, count + 1)}
    assert targets | mechanisms == expected
    assert not targets & mechanisms
    assert len(expected) == 186
    assert len(targets - {"SS-08", "SW-14"}) == 50, "the rows with a number, and two full-coverage checks computed too"


def test_every_target_is_computed_or_says_what_is_missing():
    for file in FOLDER.glob("*.toml"):
        for target in read(file).get("target", []):
            assert target.get("numerator") or target.get("needs"), target["id"]


def test_every_district_has_its_main_scheme_and_words(four_districts):
    load(FILES)
    main = {division.code: division.schemes.get().code for division in Division.objects.all()}
    assert main == {"31": "SH-4", "330482": "PH", "340104": "SS", "440310": "PS-3+3"}
    first = {
        code: list(TierWord.objects.filter(scheme__code=code, order=1).values_list("tier", "word"))
        for code in ("SH-4", "PH", "SS")
    }
    assert dict(first["SH-4"]) == {"registered": "注册社会组织", "team": "群众活动团队", "group": "社区活动小组"}
    assert dict(first["PH"]) == {"registered": "登记", "team": "备案", "group": "活动小组"}
    assert dict(first["SS"]) == {"registered": "登记注册", "team": "备案管理", "group": "活动小组"}


def test_every_kind_maps_to_every_other_scheme(four_districts):
    load(FILES)
    for kind in OrganizationType.objects.select_related("scheme"):
        reached = set(kind.maps_to.values_list("target__scheme__code", flat=True))
        assert reached == set(Scheme.objects.exclude(pk=kind.scheme_id).values_list("code", flat=True)), kind
    assert not TypeMapping.objects.get(source__code="mediation", target__scheme__code="SH-4").exact
    assert TypeMapping.objects.get(source__code="selfgov", target__scheme__code="SH-4").exact


def test_no_word_of_a_list_has_two_meanings():
    for file in FILES:
        tables = read(file)
        lists = [*tables.get("terms", {}).values(), *(scheme["types"] for scheme in tables.get("scheme", []))]
        for rows in lists:
            words = [word for row in rows.values() for word in [row["name"], *row.get("also", [])]]
            assert len(words) == len(set(words)), sorted(word for word in words if words.count(word) > 1)


def test_a_parameter_holds_at_its_division_while_the_policy_does(four_districts):
    load(FILES)
    pingshan, shanghai = four_districts[3], four_districts[0]
    key = "funding.startup_min_months"
    assert policy_values.value(key, default=None, division=pingshan, on=date(2018, 1, 1)) == 6
    assert policy_values.value(key, default=None, division=pingshan, on=date(2021, 1, 1)) is None
    assert policy_values.value(key, default=None, division=shanghai, on=date(2018, 1, 1)) is None
    assert policy_values.value("evaluation.valid_months", default=None, division=shanghai) == 24


def test_loading_twice_changes_nothing(four_districts):
    load(FILES)
    before = dump()
    events = AuditEvent.objects.count()
    assert load(FILES) == []
    assert dump() == before
    assert AuditEvent.objects.count() == events


def dump():
    models = (Policy, Scheme, OrganizationType, TierWord, TypeMapping, Term, PolicyValue, TargetSet, Target, Mechanism)
    return {model.__name__: list(model.objects.order_by("pk").values_list("pk", *names(model))) for model in models}


def names(model):
    return [field.attname for field in model._meta.concrete_fields if field.name != "loaded_at"]


def test_a_reload_follows_the_file_where_the_bureau_changed_nothing(pingshan, small):
    load([small()])
    load([small(SMALL.replace("value = 100", "value = 120").replace("公益类", "公益慈善类"))])
    assert Target.objects.get().value == 120
    assert TargetSet.objects.get().version == 2, "a form opened before must not write the old line back"
    assert OrganizationType.objects.get(code="charity").name == "公益慈善类"


def test_a_reload_leaves_what_the_bureau_edited_or_deleted(pingshan, small):
    load([small()])
    Target.objects.update(value=90)
    PolicyValue.objects.update(value=36)
    TierWord.objects.filter(word="已备案").delete()
    Scheme.objects.get().divisions.clear()
    load([small(SMALL.replace("value = 100", "value = 120").replace("总数达到100个", "总数达到120个"))])
    target = Target.objects.get()
    assert (target.value, target.name) == (90, "总数达到120个"), "only the value was edited"
    assert PolicyValue.objects.get().value == 36
    assert not TierWord.objects.filter(word="已备案").exists()
    assert not Scheme.objects.get().divisions.exists()


def test_a_reload_never_touches_a_closed_set(pingshan, small):
    load([small()])
    TargetSet.objects.update(state="closed")
    load([small(SMALL.replace("value = 100", "value = 120").replace("小目标", "大目标"))])
    assert Target.objects.get().value == 100
    assert TargetSet.objects.get().name == "小目标"


def test_rows_made_by_hand_stay(pingshan, small):
    Term.objects.create(list="flag", code="hub", name="枢纽")
    load([small()])
    assert Term.objects.get().name == "枢纽"


def test_a_load_leaves_an_event_with_its_actor(pingshan, small):
    load([small()], by="operator")
    event = AuditEvent.objects.get()
    assert (event.actor, event.action) == ("operator", "policy.load")
    assert event.after["target_created"] == 1


def test_a_refused_file_stores_nothing_of_the_others(pingshan, small, tmp_path):
    other = tmp_path / "other.toml"
    other.write_text(SMALL.replace("small", "other").replace('"440310"', '"999999"'), encoding="utf-8")
    with pytest.raises(PolicyFileError, match="999999"):
        load([small(), other])
    assert not Policy.objects.exists()
    assert not Term.objects.exists()


def test_missing_divisions_are_linked_by_a_later_load(db, small, tmp_path):
    path = small(SMALL.replace('state = "in_force"\n\n[[target]]', 'state = "closed"\n\n[[target]]'))
    notices = load([path], lenient=True)
    assert "440310" in notices[0]
    assert not PolicyValue.objects.exists(), "a parameter without its division would hold everywhere"
    division = make_division("district", "坪山区", code="440310")
    assert load([path], lenient=True) == []
    assert list(TargetSet.objects.get().divisions.all()) == [division]
    assert list(Scheme.objects.get().divisions.all()) == [division]
    assert PolicyValue.objects.get().division == division


def test_a_mapping_waits_for_its_scheme(pingshan, small):
    text = SMALL.replace('name = "文体类"', 'name = "文体类", as = { "T" = "culture" }')
    assert "T" in load([small(text)])[0]
    scheme = Scheme.objects.create(code="T", name="别的分类")
    OrganizationType.objects.create(scheme=scheme, code="culture", name="文体")
    assert load([small(text)]) == []
    assert TypeMapping.objects.get().target.scheme == scheme


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("[policy]", "[policy", "small.toml is not valid TOML|small.toml"),
        ("[terms.flag]", "[terms.colour]", "colour"),
        ('source = "某文件"\n', "", "source"),
        ("[parameters]", "[extra]\nx = 1\n[parameters]", "extra"),
        ("value = 100\n", 'value = "many"\n', "value"),
        ("value = 100\n", "value = true\n", "value"),
        ("value = 100\n", "value = 100\ncolour = 1\n", "colour"),
        ('level = "district"', 'level = "planet"', "planet"),
        ('kind = "total"', 'kind = "sum"', "sum"),
        ("orgs_{tier}", "orgz_{tier}", "orgs_registered"),
        ("orgs_{tier}", "orgs_{tier}:S/cultur", "orgs_registered:S/culture"),
        ("orgs_{tier}", "orgs_{tier}:Z/9", "orgs_registered"),
        ('tiers = ["registered", "team"]', 'tiers = ["club"]', "club"),
        ("deadline = 2023-12-31\n", "", "deadline"),
        ("[target_set]", "[mechanisms2]", "mechanisms2"),
        ('[target_set]\nname = "小目标"\nstate = "in_force"\n', "", "target_set"),
        ('team = ["备案", "已备案"]', 'club = ["备案"]', "club"),
        ("hub = {", 'hub = "枢纽"\nsupport = {', "flag.hub"),
        ("deadline = 2023-12-31", 'deadline = 2023-12-31\nreported = "nobody"', "nobody"),
        ("deadline = 2023-12-31", "deadline = 2023-12-31\ngood_value = -1", "good_value"),
        ("deadline = 2023-12-31", "deadline = 2023-12-31\nbaseline_value = nan", "baseline_value"),
        ('["440310"]', "[[1]]", "divisions"),
    ],
)
def test_a_wrong_file_is_refused_with_file_table_and_key(pingshan, small, old, new, words):
    assert old in SMALL
    with pytest.raises(PolicyFileError, match=words) as refusal:
        load([small(SMALL.replace(old, new))])
    assert "small.toml" in str(refusal.value)
    assert not Policy.objects.exists()


def test_types_of_own_schemes_and_of_those_loaded_may_be_counted(pingshan, small):
    load([small(SMALL.replace("orgs_{tier}", "orgs_{tier}:S/culture"))])
    scheme = Scheme.objects.create(code="T", name="别的分类")
    OrganizationType.objects.create(scheme=scheme, code="art", name="文艺")
    load([small(SMALL.replace("orgs_{tier}", "orgs_{tier}:T/art"))])
    assert Target.objects.get().numerator == ["orgs_{tier}:T/art"]


def test_a_text_longer_than_its_column_is_refused(pingshan, small):
    with pytest.raises(PolicyFileError, match="small"):
        load([small(SMALL.replace('source = "', 'source = "' + "长" * 400))])


def test_two_targets_of_one_number_are_refused(pingshan, small):
    row = SMALL[SMALL.index("[[target]]") : SMALL.index("[mechanisms]")]
    with pytest.raises(PolicyFileError, match="S-01"):
        load([small(SMALL.replace(row, row + row))])


def test_an_unknown_kind_of_a_known_scheme_is_refused(pingshan, small):
    with pytest.raises(PolicyFileError, match="nothing"):
        load([small(SMALL.replace('name = "文体类"', 'name = "文体类", as = { "S" = "nothing" }'))])


def test_the_command_loads_a_file_and_refuses_in_one_sentence(pingshan, small, tmp_path, capsys):
    call_command("load_policy", str(small()))
    assert "small.toml" in capsys.readouterr().out
    with pytest.raises(CommandError, match=r"missing\.toml"):
        call_command("load_policy", str(tmp_path / "missing.toml"))


def test_the_command_for_all_files_names_what_waits(pingshan, capsys):
    call_command("load_policies")
    err = capsys.readouterr().err
    assert "330482" in err
    assert "440310" not in err
    assert Policy.objects.count() == len(list(FOLDER.glob("*.toml")))


def test_the_files_speak_the_words_of_the_sample_workbooks(four_districts):
    """Tier words and kinds as they stand in the sample workbooks (README of the seeds)."""
    load(FILES)
    kinds = {
        "SH-4": {"公益慈善类", "生活服务类", "社区事务类", "文体活动类"},
        "PH": {"生活服务类", "公益慈善类", "居民互助类", "文体活动类", "枢纽支持类"},
        "SS": {"志愿服务类", "生活服务类", "居民自治类", "文体活动类", "特殊人群服务类"},
        "PS-3+3": {"社会福利类", "公益慈善类", "社会服务类", "文化体育类", "科技研究类", "维权类"},
    }
    for code, words in kinds.items():
        assert set(OrganizationType.objects.filter(scheme__code=code).values_list("name", flat=True)) == words


def test_the_keys_of_a_target_are_fields_of_the_model():
    fields = {field.name for field in Target._meta.concrete_fields}
    assert set(TABLES["target"]) - {"id"} <= fields
