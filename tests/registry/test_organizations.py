from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from casework.models import AuditEvent
from registry.models import DistinctPair, Organization, Person, RollupMark
from registry.services.guards import StaleRecordError
from registry.services.organizations import DuplicateFoundError, edit_organization
from registry.services.standing import change_standing
from tests import builders

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]
USCC = "51310104MJ4950010A"


def periods(organization):
    return [(row.state, row.division_id, row.starts, row.ends) for row in organization.periods.all()]


def messages(refusal):
    return refusal.value.message_dict if hasattr(refusal.value, "error_dict") else refusal.value.messages


def test_a_new_organization_has_its_period_functions_figures_marks_and_event(world, officer, create):
    organization = create(
        flags=["hub"], figures={"members": 30}, year=2024, leader={"name": "王小明", "phone": "13812345678"}
    )
    assert (organization.division_path, organization.district) == (world.community.path, world.district)
    assert organization.name_key == "夕阳红舞队"
    assert periods(organization) == [("active", world.community.pk, date(2020, 5, 1), None)]
    assert [(row.flag, row.starts) for row in organization.flags.all()] == [("hub", date(2020, 5, 1))]
    assert organization.years.get().members == 30
    assert list(RollupMark.objects.values_list("division", flat=True)) == [world.community.pk]
    event = AuditEvent.objects.get()
    assert (event.action, event.actor, event.division_path) == ("create", officer.username, world.community.path)
    assert event.after["leader"] == "王*"
    assert event.after["phone"] == "138****5678"
    assert "13812345678" not in str(event.after)


def test_an_unknown_founding_date_counts_from_today(create):
    assert create(founded=None).periods.get().starts == timezone.localdate()


@pytest.mark.parametrize("place", ["city", "province"])
def test_nothing_is_homed_above_a_district(world, create, place):
    with pytest.raises(ValidationError, match="street"):
        create(division=getattr(world, place))


def test_nothing_is_homed_in_a_placeholder_or_an_abolished_division(world, create):
    for fields in ({"virtual": True}, {"valid_to": date(2022, 1, 1)}):
        with pytest.raises(ValidationError, match="in force"):
            create(division=builders.make_division("community", "旧社区", world.street, **fields))


def test_the_type_comes_from_the_districts_own_scheme(create):
    other = builders.make_scheme("SH", types={"a": "生活服务类"})
    with pytest.raises(ValidationError, match="scheme"):
        create(type=other.types.get())


def test_a_founding_date_in_the_future_is_refused(create):
    with pytest.raises(ValidationError, match="future"):
        create(founded=timezone.localdate() + timedelta(days=1))


def test_nobody_registers_outside_their_place(world, clerk, create):
    with pytest.raises(PermissionDenied):
        create(division=world.other_community, by=clerk)
    assert not Organization.objects.exists()


def test_a_name_already_there_needs_a_reason_why_it_is_another(create):
    old = create()
    with pytest.raises(DuplicateFoundError) as refusal:
        create("六联社区夕阳红舞队")
    assert [(match.id, match.how) for match in refusal.value.matches] == [(old.pk, "name")]
    new = create("六联社区夕阳红舞队", distinct={old.pk: "一支在东区，一支在西区"})
    pair = DistinctPair.objects.get()
    assert (pair.first, pair.second, pair.reason) == (old, new, "一支在东区，一支在西区")


def test_a_number_already_there_cannot_be_explained_away(create):
    old = create(uscc=USCC, tier="registered")
    with pytest.raises(DuplicateFoundError):
        create("另一个组织", uscc=USCC, tier="registered", distinct={old.pk: "不是"})


def test_a_race_for_a_number_is_a_refusal(create, monkeypatch):
    create(uscc=USCC, tier="registered")
    monkeypatch.setattr("registry.services.organizations.refuse_duplicates", lambda *args: None)
    with pytest.raises(ValidationError, match="moment ago"):
        create("另一个组织", uscc=USCC, tier="registered")


def test_a_typing_error_of_the_caller_is_told(create):
    with pytest.raises(TypeError, match="colour"):
        create(colour="red")


def test_an_edit_changes_what_is_given_and_records_before_and_after(world, officer, create):
    organization = create(place="六联社区中心")
    RollupMark.objects.all().delete()
    edited = edit_organization(
        organization=organization, version=1, by=officer, place="坪环文化站", targets=["老年人"], note="搬家"
    )
    assert (edited.version, edited.place, edited.targets) == (2, "坪环文化站", ["老年人"])
    event = AuditEvent.objects.first()
    assert event.before == {"place": "六联社区中心", "targets": []}
    assert event.after == {"place": "坪环文化站", "targets": ["老年人"], "version": 2}
    assert event.note == "搬家"
    assert list(RollupMark.objects.values_list("division", flat=True)) == [world.community.pk]


def test_an_edit_that_changes_nothing_leaves_no_trace(officer, create):
    organization = create(place="中心")
    assert edit_organization(organization=organization, version=1, by=officer, place="中心").version == 1
    assert AuditEvent.objects.count() == 1


def test_the_second_of_two_edits_is_refused_and_told_what_changed(officer, create):
    organization = create()
    edit_organization(organization=organization, version=1, by=officer, place="坪环文化站")
    edit_organization(organization=organization, version=2, by=officer, remark="常年活动")
    with pytest.raises(StaleRecordError) as refusal:
        edit_organization(organization=organization, version=1, by=officer, place="别处")
    assert refusal.value.changed == {"place": "坪环文化站", "remark": "常年活动"}
    assert refusal.value.actor == officer.username


def test_a_stale_page_without_events_is_refused_as_well(officer, create):
    organization = create()
    Organization.objects.update(version=5)
    with pytest.raises(StaleRecordError, match="Somebody"):
        edit_organization(organization=organization, version=1, by=officer, place="别处")


def test_an_edit_outside_the_place_changes_nothing(world, clerk, create):
    organization = create(division=world.other_community)
    with pytest.raises(PermissionDenied):
        edit_organization(organization=organization, version=1, by=clerk, place="别处")
    organization.refresh_from_db()
    assert organization.place == ""


def test_a_new_name_is_compared_again_and_the_decision_kept(officer, create):
    one, other = create("夕阳红舞蹈队"), create("太极拳协会")
    with pytest.raises(DuplicateFoundError):
        edit_organization(organization=other, version=1, by=officer, name="夕阳红舞队")
    edited = edit_organization(
        organization=other, version=1, by=officer, name="夕阳红舞队", distinct={one.pk: "同名两队"}
    )
    assert edited.name_key == "夕阳红舞队"
    assert DistinctPair.objects.count() == 1
    assert edit_organization(organization=other, version=2, by=officer, name="夕阳红舞蹈队").version == 3


def test_a_corrected_founding_date_moves_the_first_period(officer, create):
    organization = create()
    edit_organization(organization=organization, version=1, by=officer, founded=date(2018, 3, 1))
    assert organization.periods.get().starts == date(2018, 3, 1)
    edit_organization(organization=organization, version=2, by=officer, founded=None)
    assert organization.periods.get().starts == date(2018, 3, 1)


def test_a_founding_date_after_the_first_change_is_refused(officer, create):
    organization = create()
    change_standing(organization=organization, version=1, effective=date(2022, 1, 1), by=officer, tier="group")
    with pytest.raises(ValidationError, match="2022-01-01"):
        edit_organization(organization=organization, version=2, by=officer, founded=date(2023, 1, 1))


def test_the_leader_is_replaced_and_the_old_one_forgotten(officer, create):
    organization = create(leader={"name": "王小明", "phone": "13812345678"})
    edited = edit_organization(
        organization=organization, version=1, by=officer, leader={"name": "李芳", "phone": "13912345678"}
    )
    assert edited.leader.name == "李芳"
    assert Person.objects.get() == edited.leader
    event = AuditEvent.objects.first()
    assert event.before == {"leader": "王*", "phone": "138****5678"}
    assert event.after == {"leader": "李*", "phone": "139****5678", "version": 2}


def test_an_empty_number_keeps_the_leaders_known_one(officer, create):
    organization = create(leader={"name": "王小明", "phone": "13812345678"})
    edited = edit_organization(
        organization=organization,
        version=1,
        by=officer,
        leader={"name": "王小明", "phone": "", "id_number": "11010519491231002X"},
    )
    assert edited.leader.phone_hash
    assert edited.leader.id_hash
    assert edit_organization(organization=edited, version=2, by=officer, leader={"name": "王小明"}).version == 2
    assert edit_organization(organization=edited, version=2, by=officer, leader={"name": ""}).leader is None
