from datetime import date
from io import BytesIO

import pytest
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from accounts.models import Division
from casework.models import AuditEvent
from reporting.models import Baseline, Target, TargetSet
from reporting.policies import load
from reporting.services import create_target_set, freeze_baselines
from reporting.target_forms import in_words
from tests.builders import make_target, make_target_set, make_user, make_world


@pytest.fixture
def world(db):
    world = make_world()
    world.set = make_target_set(world.district, code="PS")
    world.target = make_target(world.set)
    return world


@pytest.fixture
def page(world):
    return signed_in(make_user("bureau_head", world.district))


def signed_in(user):
    client = Client()
    client.force_login(user)
    return client


def address(model, name, *args):
    return reverse(f"admin:reporting_{model}_{name}", args=args)


def act(client, model, action, *rows, **data):
    posted = {"action": action, "_selected_action": [row.pk for row in rows], **data}
    return client.post(address(model, "changelist"), posted, follow=True)


def filled(client, url, **changes):
    """What the form holds, as a browser would send it, with some values changed."""
    form = client.get(url).context["adminform"].form
    values = {name: form[name].value() for name in form.fields}
    sent = {name: "" if value is None else value for name, value in values.items() if value is not False}
    return client.post(url, {**sent, "targets-TOTAL_FORMS": 0, "targets-INITIAL_FORMS": 0, "baselines-TOTAL_FORMS": 0,
                             "baselines-INITIAL_FORMS": 0, **changes})  # fmt: skip


def test_policies_with_all_their_rows_are_there_to_read(world):
    for number, code in enumerate(["31", "330482", "340104"]):
        Division.objects.create(code=code, name=code, short_name=code, level="district", path=f"9{number}.")
    load(sorted((settings.BASE_DIR / "policies").glob("*.toml")))
    client = signed_in(make_user("bureau_officer", world.district))
    for model, words in (("policy", "坪山区关于培育和发展"), ("mechanism", "三个阶段"), ("targetset", "坪山区2017")):
        answer = client.get(address(model, "changelist"), {"q": words})
        assert words in answer.content.decode()
    assert (
        client.get(address("policy", "change", TargetSet.objects.exclude(policy=None).first().policy_id)).status_code
        == 200
    )


def test_an_officer_edits_the_sets_of_their_own_place_only(world, page):
    above = make_target_set(world.province)
    theirs = make_target_set(world.other_district)
    line = make_target(above, numerator=["orgs_{tier}"], tiers=["team"])
    told = page.get(address("target", "change", line.pk)).content.decode()
    assert in_words(line.numerator) in told
    assert "{tier}" not in told
    assert filled(page, address("targetset", "change", world.set.pk), name="本区目标").status_code == 302
    assert TargetSet.objects.get(pk=world.set.pk).name == "本区目标"
    assert page.get(address("targetset", "change", above.pk)).status_code == 200
    assert "_save" not in page.get(address("targetset", "change", above.pk)).content.decode()
    assert page.post(address("targetset", "change", above.pk), {"name": "x"}).status_code == 403
    assert page.get(address("targetset", "change", theirs.pk)).status_code == 404


def test_a_target_is_edited_and_a_wrong_formula_is_told_at_its_field(world, page):
    url = address("target", "change", world.target.pk)
    answer = filled(page, url, numerator=["nobody"])
    assert set(answer.context["adminform"].form.errors) == {"numerator"}
    assert "nobody" in answer.context["adminform"].form.errors["numerator"][0]
    assert filled(page, url, value="12", numerator=["orgs_{tier}"]).status_code == 302
    assert Target.objects.get(pk=world.target.pk).value == 12
    assert AuditEvent.objects.about(world.target).get().action == "target.edit"
    assert filled(page, url, numerator=[f"orgs_{{tier}}:{world.scheme.code}/culture"]).status_code == 302
    misspelt = f"orgs_{{tier}}:{world.scheme.code}/cultur"
    Target.objects.filter(pk=world.target.pk).update(numerator=[misspelt])
    assert "cultur" in filled(page, url, numerator=[misspelt]).context["adminform"].form.errors["numerator"][0]
    assert filled(page, url, numerator=[f"{misspelt}e"]).status_code == 302
    types = world.types["culture"].pk
    assert Target.objects.get(pk=world.target.pk).above == (f"orgs_registered:{types}", f"orgs_team:{types}")
    assert page.get(address("target", "history", world.target.pk)).status_code == 200


def test_a_bureau_begins_a_set_of_its_own(world, page):
    sent = {"name": "本区2027年目标", "valid_from": "2027-01-01", "divisions": [world.district.pk]}
    assert page.get(address("targetset", "add")).status_code == 200
    assert page.post(address("targetset", "add"), {**sent, "divisions": []}).status_code == 200, "no place"
    assert page.post(address("targetset", "add"), {**sent, "valid_to": "2026-01-01"}).status_code == 200
    assert page.post(address("targetset", "add"), sent).status_code == 302
    made = TargetSet.objects.get(name="本区2027年目标")
    assert (made.state, list(made.divisions.all()), made.policy) == ("draft", [world.district], None)
    assert AuditEvent.objects.about(made).get().action == "targetset.create"
    with pytest.raises(PermissionDenied):
        create_target_set(name="x", divisions=[world.other_district], by=make_user("bureau_head", world.district))


def test_a_target_is_added_to_a_draft_and_removed_again(world, page):
    draft = make_target_set(world.district, state="draft")
    sent = {
        "set": draft.pk,
        "code": "BJ-01",
        "name": "本区一百个",
        "level": "district",
        "kind": "total",
        "value": "100",
    }
    sent |= {"basis": "all", "classing": "committee", "direction": "up", "factor": "1", "period": "deadline"}
    sent |= {"numerator": ["orgs"], "deadline": "2027-12-31", "unit": "个"}
    assert page.get(address("target", "add")).status_code == 200
    assert page.post(address("target", "add"), sent).status_code == 302
    target = Target.objects.get(code="BJ-01")
    assert (target.set, target.value) == (draft, 100)
    assert page.post(address("target", "add"), sent).status_code == 200, "the number is taken"
    assert page.post(address("target", "add"), {**sent, "code": "BJ-02", "numerator": ["nobody"]}).status_code == 200
    above = make_target_set(world.province)
    assert page.post(address("target", "add"), {**sent, "code": "BJ-03", "set": above.pk}).status_code == 403
    act(page, "target", "remove", target, world.target)
    assert list(Target.objects.all()) == [world.target], "one in force stays"


def test_figures_of_targets_have_no_empty_decimals_and_leave_as_numbers(world, page):
    line = make_target(world.set, name="总数", value=1980)
    assert "1,980<" in page.get(address("target", "changelist")).content.decode()
    assert str(page.get(address("target", "change", line.pk)).context["adminform"].form["value"].value()) == "1980"
    sheet = load_workbook(BytesIO(page.post(address("target", "export"), {"q": "总数"}).content)).active
    assert 1980 in [cell.value for row in sheet for cell in row]
    assert page.post(address("policy", "export")).status_code == 200


def test_the_second_of_two_saves_is_refused(world, page):
    url = address("target", "change", world.target.pk)
    assert filled(page, url, value="12").status_code == 302
    answer = filled(page, url, value="13", set_version="1")
    assert answer.status_code == 200
    assert Target.objects.get(pk=world.target.pk).value == 12


def test_copy_edit_open_and_close_from_the_list(world, page):
    assert act(page, "targetset", "copy_sets", world.set).status_code == 200
    copy = TargetSet.objects.get(copied_from=world.set)
    act(page, "targetset", "open_sets", copy)
    copy.refresh_from_db()
    assert copy.state == "in_force"
    act(page, "targetset", "close_sets", copy)
    copy.refresh_from_db()
    assert copy.state == "closed"
    answer = act(page, "targetset", "close_sets", copy)
    assert [str(message.level_tag) for message in answer.context["messages"]] == ["error"]
    assert "_save" not in page.get(address("targetset", "change", copy.pk)).content.decode()
    assert "_save" not in page.get(address("target", "change", copy.targets.first().pk)).content.decode()


def test_refusals_are_told_beside_the_row(world, page):
    answer = act(page, "targetset", "open_sets", world.set)
    assert [str(message.level_tag) for message in answer.context["messages"]] == ["error"]


def test_sets_of_others_cannot_be_closed_from_the_list(world, page):
    above = make_target_set(world.province)
    theirs = make_target_set(world.other_district)
    assert act(page, "targetset", "close_sets", above).status_code == 403
    act(page, "targetset", "close_sets", theirs)
    assert {row.state for row in TargetSet.objects.all()} == {"in_force"}


def test_only_a_leader_freezes_a_baseline_and_moves_it_with_a_reason(world, page):
    target = make_target(world.set, baseline_on=date(2019, 12, 31))
    act(signed_in(make_user("bureau_officer", world.district)), "target", "freeze", target)
    assert not Baseline.objects.exists()
    leader = signed_in(make_user("bureau_leader", world.district))
    act(leader, "target", "freeze", target)
    act(leader, "target", "freeze", target)
    assert {row.version for row in Baseline.objects.all()} == {1}
    act(leader, "target", "freeze", target, reason="补登")
    assert {row.version for row in Baseline.objects.filter(division=world.district)} == {1, 2}
    assert "补登" in leader.get(address("target", "change", target.pk)).content.decode()


@pytest.mark.parametrize("model", ["targetset", "target"])
def test_a_list_asks_the_same_number_of_questions_for_more_rows(world, page, model, django_assert_max_num_queries):
    def count():
        with django_assert_max_num_queries(60) as queries:
            page.get(address(model, "changelist"))
        return len(queries)

    count()
    before = count()
    for _ in range(3):
        make_target(make_target_set(world.district))
    assert count() == before


def test_an_officer_sees_no_drafts_or_baselines_of_other_places_and_closes_nothing(world):
    officer = signed_in(make_user("bureau_officer", world.district))
    theirs = make_target_set(world.other_district, state="draft")
    assert theirs.name not in officer.get(address("target", "changelist")).content.decode()
    above = make_target(make_target_set(world.province), baseline_on=date(2019, 12, 31))
    freeze_baselines(target=above, by="system")
    shown = officer.get(address("target", "change", above.pk)).content.decode()
    assert str(world.street) in shown
    assert str(world.other_district) not in shown
    assert act(officer, "targetset", "close_sets", world.set).status_code == 200
    assert TargetSet.objects.get(pk=world.set.pk).state == "in_force"
    assert "_save" not in officer.get(address("targetset", "change", world.set.pk)).content.decode()


def test_a_draft_is_dropped_from_the_list(world, page):
    draft = make_target_set(world.district, state="draft")
    act(page, "targetset", "drop_sets", draft)
    assert list(TargetSet.objects.all()) == [world.set]
