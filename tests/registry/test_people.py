import pytest
from django.core.exceptions import PermissionDenied, ValidationError

from casework.models import AuditEvent
from registry.models import Need, Person
from registry.services.organizations import new_leader, require_one_name
from registry.services.people import clear, forget_if_unused, masked, person_for, reveal
from tests import builders, worlds

pytestmark = pytest.mark.django_db
PHONE, ID = "13812345678", "11010519491231002X"


made_world, world = worlds.shared(builders.make_world)


@pytest.fixture
def led(world):
    person = person_for(name="王小明", phone=PHONE, id_number=ID)
    return builders.make_organization(world.community, world.types["culture"], leader=person)


@pytest.fixture
def officer(world):
    return builders.make_user(division=world.street, perms={"registry.view_organization", "registry.reveal_person"})


def test_a_person_is_stored_sealed_and_shown_masked():
    person = person_for(name="王小明", phone=PHONE, id_number=ID)
    row = str(Person.objects.filter(pk=person.pk).values().get())
    assert PHONE not in row
    assert ID not in row
    assert masked(person) == {"name": "王*", "phone": "138****5678", "id": "110***********002X"}
    assert masked(None) == {"name": "", "phone": "", "id": ""}


def test_a_person_is_recognised_by_phone_and_name():
    person = person_for(name="王小明", phone=PHONE)
    assert person_for(name="王小明", phone="138 1234 5678") == person
    assert person_for(name="王小红", phone=PHONE) != person
    assert person_for(name="王小明", phone="13912345678") != person


def test_without_a_phone_nobody_is_recognised():
    assert person_for(name="王芳") != person_for(name="王芳")
    assert person_for(name="", phone=PHONE) is None


def test_a_missing_id_number_is_added_and_a_different_one_is_another_person():
    person = person_for(name="王小明", phone=PHONE)
    assert person_for(name="王小明", phone=PHONE, id_number=ID) == person
    person.refresh_from_db()
    assert clear(person, "id") == ID
    assert person_for(name="王小明", phone=PHONE, id_number="110105194912310021") != person


def test_one_id_number_is_one_person_and_a_page_asks_about_another_name(world, led, officer):
    assert person_for(name="王晓明", phone="13912345678", id_number=ID) == led.leader
    given = {"name": "王晓明", "phone": "", "id_number": ID}
    require_one_name(given, led.leader)  # its own record: the spelling may be mended
    assert new_leader(led.leader, given) == led.leader
    assert Person.objects.get(pk=led.leader_id).name == "王晓明"
    builders.make_organization(world.community, world.types["culture"], name="二队", leader=led.leader)
    for old in (None, led.leader):
        with pytest.raises(ValidationError):
            require_one_name(given | {"name": "王小明"}, old)


def test_a_person_in_use_is_not_forgotten(world, led):
    forget_if_unused(led.leader)
    contact = person_for(name="李芳", phone="13912345678")
    Need.objects.create(division=world.community, content="修路", contact=contact)
    forget_if_unused(contact)
    member = person_for(name="周敏", phone="13612345678")
    led.memberships.create(person=member, role="member", starts="2026-01-05")
    forget_if_unused(member)
    forget_if_unused(person_for(name="无人", phone="13712345678"))
    forget_if_unused(None)
    assert set(Person.objects.all()) == {led.leader, contact, member}


@pytest.mark.parametrize(("field", "number"), [("phone", PHONE), ("id", ID)])
def test_a_number_is_revealed_for_a_purpose_and_the_event_names_it(led, officer, field, number):
    assert reveal(organization=led, field=field, purpose="核实报名信息", by=officer) == number
    event = AuditEvent.objects.get()
    assert (event.action, event.actor, event.note, event.after) == (
        "reveal",
        officer.username,
        "核实报名信息",
        {"shown": field},
    )
    assert number not in str(AuditEvent.objects.values().get())


@pytest.mark.parametrize("purpose", ["", "核实", "   核实   "])
def test_a_purpose_is_required(led, officer, purpose):
    with pytest.raises(ValidationError):
        reveal(organization=led, field="phone", purpose=purpose, by=officer)
    assert not AuditEvent.objects.exists()


def test_the_right_counts_at_the_place_only(world, led):
    other = builders.make_user(division=world.other_street, perms={"registry.reveal_person"})
    reader = builders.make_user(division=world.street, perms={"registry.view_organization"})
    for user in (other, reader):
        with pytest.raises(PermissionDenied):
            reveal(organization=led, field="phone", purpose="核实报名信息", by=user)


def test_nothing_stored_is_said(world, officer):
    nobody = builders.make_organization(world.community, world.types["culture"])
    with_phone = builders.make_organization(
        world.community, world.types["culture"], leader=person_for(name="王小明", phone=PHONE)
    )
    for organization, field in ((nobody, "phone"), (with_phone, "id")):
        with pytest.raises(ValidationError):
            reveal(organization=organization, field=field, purpose="核实报名信息", by=officer)
