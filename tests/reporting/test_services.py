from datetime import date
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone, translation

from casework.models import AuditEvent
from reporting.models import Baseline, Snapshot, TargetSet
from reporting.models.policy import shared_path
from reporting.services import (
    close_target_set,
    copy_target_set,
    drop_target_set,
    edit_target,
    edit_target_set,
    freeze_baselines,
    open_target_set,
)
from reporting.targets import evaluate
from tests.builders import make_organization, make_target, make_target_set, make_user, make_world

BASE = date(2020, 12, 31)
GROWTH = {
    "kind": "growth",
    "level": "street",
    "basis": "rural",
    "numerator": ["orgs_{rural}_{tier}"],
    "value": 2,
    "baseline_on": BASE,
    "deadline": date(2023, 12, 31),
}


@pytest.fixture
def world(db):
    world = make_world()
    world.set = make_target_set(world.district, code="PS")
    world.target = make_target(world.set)
    world.officer = make_user("bureau_officer", world.district)
    world.head = make_user("bureau_head", world.district)
    world.leader = make_user("bureau_leader", world.district)
    return world


def test_a_copy_is_a_draft_with_all_targets_that_binds_nobody(world):
    make_target(world.set, value=3)
    copy = copy_target_set(source=world.set, by=world.officer)
    assert (copy.state, copy.code, copy.copied_from) == ("draft", "PS-2", world.set)
    assert list(copy.divisions.all()) == [world.district]
    assert [target.value for target in copy.targets.all()] == [target.value for target in world.set.targets.all()]
    assert world.set.targets.count() == 2
    assert len(evaluate(world.district)) == 2
    assert copy_target_set(source=world.set, by=world.officer).code == "PS-3"
    assert AuditEvent.objects.about(copy).get().action == "targetset.copy"


def test_a_copy_of_a_set_from_above_is_given_for_no_place_of_others(world):
    above = make_target_set(world.province)
    copy = copy_target_set(source=above, by=world.officer)
    assert list(copy.divisions.all()) == []
    mine = copy_target_set(source=above, by=world.officer, divisions=[world.district], name="本区目标")
    assert (mine.name, list(mine.divisions.all())) == ("本区目标", [world.district])
    with pytest.raises(PermissionDenied):
        copy_target_set(source=above, by=world.officer, divisions=[world.other_district])


def test_copying_needs_the_right(world):
    with pytest.raises(PermissionDenied):
        copy_target_set(source=world.set, by=make_user("viewer", world.district))


def test_a_set_is_edited_with_its_changes_in_the_trail(world):
    edited = edit_target_set(target_set=world.set, by=world.head, version=1, name="新目标", valid_to=BASE)
    event = AuditEvent.objects.about(edited).get()
    assert event.after == {"name": "新目标", "valid_to": "2020-12-31"}
    assert edited.version == 2
    edit_target_set(target_set=edited, by=world.head, version=2, name="新目标")
    assert AuditEvent.objects.about(edited).count() == 1, "nothing changed, nothing to tell"
    with pytest.raises(ValidationError):
        edit_target_set(target_set=world.set, by=world.head, version=1, name="别的")
    with pytest.raises(ValidationError):
        edit_target_set(target_set=world.set, by=world.head, valid_to=date(2000, 1, 1))


def test_a_set_cannot_be_given_to_or_taken_from_a_place_of_others(world):
    with pytest.raises(PermissionDenied):
        edit_target_set(target_set=world.set, by=world.head, divisions=[world.other_district])
    theirs = make_target_set(world.other_district)
    with pytest.raises(PermissionDenied):
        edit_target_set(target_set=theirs, by=world.head, divisions=[world.district])
    assert list(theirs.divisions.all()) == [world.other_district]


def test_a_target_is_edited_and_its_set_gets_a_new_version(world):
    target = edit_target(target=world.target, by=world.head, version=1, value=Decimal(12), tiers=["registered"])
    world.set.refresh_from_db()
    assert (target.value, world.set.version) == (12, 2)
    event = AuditEvent.objects.about(target).get()
    assert event.before["tiers"] == ["registered", "team"]
    edit_target(target=target, by=world.head, value=Decimal(12))
    assert AuditEvent.objects.about(target).count() == 1
    with pytest.raises(ValidationError):
        edit_target(target=target, by=world.head, version=1, value=13)
    with pytest.raises(PermissionDenied):
        edit_target(target=target, by=make_user("bureau_officer", world.other_district), value=13)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("numerator", ["orgs_{planet}"]),
        ("numerator", "orgs"),
        ("denominator", [1]),
        ("denominator", ["nobody"]),
        ("reported", "nobody"),
        ("reporters", "nobody"),
        ("tiers", ["club"]),
        ("deadline", None),
        ("kind", "sum"),
    ],
)
def test_a_formula_that_cannot_be_computed_is_refused(world, field, value):
    with pytest.raises(ValidationError) as refusal:
        edit_target(target=world.target, by=world.head, **{field: value})
    assert field in refusal.value.message_dict


def test_a_draft_is_put_in_force_once_it_has_places_and_targets(world):
    draft = make_target_set(state="draft")
    with pytest.raises(ValidationError):
        open_target_set(target_set=draft, by=world.head)
    draft.divisions.add(world.district)
    make_target(draft)
    assert open_target_set(target_set=draft, by=world.head).state == "in_force"
    with pytest.raises(ValidationError):
        open_target_set(target_set=draft, by=world.head)


def test_a_closed_set_stands_still(world):
    make_target(world.set, period="standing", deadline=None, code="S")
    make_organization(world.community, world.types["culture"])
    closed = close_target_set(target_set=world.set, by=world.head)
    today = timezone.localdate()
    assert (closed.state, closed.valid_to) == ("closed", today)
    assert Snapshot.objects.filter(as_of=today, division=world.district).exists()
    for change in (edit_target_set, close_target_set, open_target_set):
        with pytest.raises(ValidationError):
            change(target_set=world.set, by=world.head)
    with pytest.raises(ValidationError):
        edit_target(target=world.target, by=world.head, value=1)
    assert {row.as_of for row in evaluate(world.district, date(2099, 1, 1))} == {BASE, today}


def test_a_frozen_baseline_does_not_move_with_later_changes(world):
    target = make_target(world.set, **GROWTH)
    for _ in range(3):
        make_organization(world.village, world.types["culture"], founded=date(2019, 1, 1))
    assert freeze_baselines(target=target, by=world.leader) == 3, "the district and its two streets"
    make_organization(world.village, world.types["culture"], founded=date(2019, 1, 1))
    assert freeze_baselines(target=target, by=world.leader) == 0
    frozen = Baseline.objects.get(division=world.district)
    assert (frozen.numerator, frozen.value, frozen.version, frozen.by) == (3, 1, 1, world.leader.username)
    result = evaluate(world.district)[-1]
    assert (result.denominator, round(result.value, 3)) == (3, Decimal("1.333"))


def test_a_baseline_moves_only_with_a_reason_and_keeps_the_old_one(world):
    target = make_target(world.set, **GROWTH)
    freeze_baselines(target=target, by=world.leader)
    make_organization(world.village, world.types["culture"], founded=date(2019, 1, 1))
    assert freeze_baselines(target=target, by=world.leader, reason="补登漏报的组织") == 3
    numbers = Baseline.objects.filter(division=world.district).order_by("version").values_list("numerator", "version")
    assert list(numbers) == [(0, 1), (1, 2)]
    assert AuditEvent.objects.about(target).first().note == "补登漏报的组织"
    with pytest.raises(IntegrityError), transaction.atomic():
        Baseline.objects.create(target=target, division=world.district, on=BASE, version=3, by="x")


def test_the_baseline_of_a_total_and_of_an_average_carries_its_value(world):
    total = make_target(world.set, baseline_on=date(2019, 12, 31))
    average = make_target(
        world.set,
        kind="average",
        level="community",
        numerator=["orgs_{tier}"],
        denominator=["communities"],
        baseline_on=date(2019, 12, 31),
    )
    for _ in range(2):
        make_organization(world.village, world.types["culture"], founded=date(2019, 1, 1))
    freeze_baselines(target=total, by=world.leader)
    freeze_baselines(target=average, by=world.leader)
    values = {row.target_id: row.value for row in Baseline.objects.filter(division=world.district)}
    assert values == {total.pk: 2, average.pk: Decimal("0.5")}


def test_freezing_needs_its_own_right_a_date_and_figures(world):
    target = make_target(world.set, **GROWTH)
    with pytest.raises(PermissionDenied):
        freeze_baselines(target=target, by=world.officer)
    with pytest.raises(ValidationError):
        freeze_baselines(target=world.target, by=world.leader)
    target.baseline_on = date(2099, 1, 1)
    with pytest.raises(ValidationError):
        freeze_baselines(target=target, by=world.leader)


def test_an_event_of_a_set_belongs_to_the_place_that_holds_all_its_divisions(world):
    assert shared_path([]) == ""
    assert shared_path([world.street]) == world.street.path
    assert shared_path([world.street, world.other_street]) == world.district.path
    assert shared_path([world.district, world.other_district]) == world.city.path


def test_sets_from_above_and_of_own_places_are_visible(world):
    above, theirs = make_target_set(world.province), make_target_set(world.other_district)
    seen = TargetSet.objects.visible_to(world.officer)
    assert set(seen) == {world.set, above}
    assert theirs in TargetSet.objects.visible_to(make_user("bureau_officer", world.city))
    assert not TargetSet.objects.visible_to(make_user())


def test_an_officer_drafts_and_who_decides_puts_it_in_force(world):
    draft = copy_target_set(source=world.set, by=world.officer)
    edit_target(target=draft.targets.get(), by=world.officer, value=Decimal(30))
    for refused in (
        lambda: open_target_set(target_set=draft, by=world.officer),
        lambda: close_target_set(target_set=world.set, by=world.officer),
        lambda: edit_target(target=world.target, by=world.officer, value=Decimal(1)),
    ):
        with pytest.raises(PermissionDenied):
            refused()
    assert open_target_set(target_set=draft, by=world.leader).state == "in_force"


def test_a_draft_is_dropped_and_never_closed(world):
    draft = copy_target_set(source=world.set, by=world.officer)
    with pytest.raises(ValidationError, match="Drop it"), translation.override("en"):
        close_target_set(target_set=draft, by=world.head)
    drop_target_set(target_set=draft, by=world.officer)
    assert list(TargetSet.objects.all()) == [world.set]
    with pytest.raises(ValidationError):
        drop_target_set(target_set=world.set, by=world.head)


def test_baselines_of_a_closed_set_stay(world):
    target = make_target(world.set, **GROWTH)
    close_target_set(target_set=world.set, by=world.head)
    with pytest.raises(ValidationError):
        freeze_baselines(target=target, by=world.leader, reason="补登")
    assert not Baseline.objects.exists()


@pytest.mark.parametrize(("field", "changes"), [("baseline_on", {"kind": "growth"}), ("factor", {"factor": 0})])
def test_a_line_nothing_can_be_counted_against_is_refused(world, field, changes):
    with pytest.raises(ValidationError) as refusal:
        edit_target(target=world.target, by=world.head, **changes)
    assert set(refusal.value.error_dict) == {field}
