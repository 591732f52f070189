"""Leaders and contacts: found again by phone hash and name, sealed when stored, revealed only for a stated purpose."""

import uuid

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from casework import audit
from casework.sealing import lookup_hash, mask_id, mask_name, mask_phone, seal, unseal
from registry.models import Need, Person
from registry.services.guards import require_right

PURPOSE_LENGTH = 4
SEALED = {"phone": "phone_sealed", "id": "id_sealed"}
MASKS = {"phone": mask_phone, "id": mask_id}


def person_for(*, name, phone="", id_number=""):
    """The stored person with this ID number, else with this name and phone; else a new one. None without a name.

    Numbers are already checked. The ID number decides, however the name is spelt; callers with a page ask about it
    first (`known_otherwise`). Without any number nobody is recognised again: two 王芳 are two people. An ID number is
    added where it was missing, a new phone takes the place of the old one; another ID number means another person.
    """
    if not name:
        return None
    id_hash, phone_hash = lookup_hash(id_number, "id"), lookup_hash(phone, "phone")
    person = holder_of(id_hash, name)
    if person is None and phone_hash:
        same = Person.objects.filter(name=name, phone_hash=phone_hash).order_by("id")
        person = (same.filter(id_hash="") if id_hash else same).first()
    if person is not None:
        return with_numbers(person, phone=phone, id_number=id_number)
    return Person.objects.create(**sealed_fields(name=name, phone=phone, id_number=id_number))


def holder_of(id_hash, name):
    """The person known with the ID number, the one of this name first; None without a number or such a person."""
    holders = Person.objects.filter(id_hash=id_hash).order_by("id") if id_hash else ()
    return min(holders, key=lambda person: person.name != name, default=None)


def known_otherwise(given):
    """The person of another name who is known with the ID number given, if there is one."""
    name = given.get("name") or ""
    holder = holder_of(lookup_hash(given.get("id_number") or "", "id"), name)
    return holder if holder is not None and holder.name != name else None


def sealed_fields(*, name, phone="", id_number="", uid=None):
    """The column values of a new person; imports insert many such rows at once."""
    uid = uid or uuid.uuid4()
    return {
        "uid": uid,
        "name": name,
        "phone_sealed": seal(phone, row_uid=uid, field="phone"),
        "phone_hash": lookup_hash(phone, "phone"),
        "id_sealed": seal(id_number, row_uid=uid, field="id"),
        "id_hash": lookup_hash(id_number, "id"),
    }


def with_numbers(person, *, phone="", id_number=""):
    """The known person with a new phone, and with an ID number where none was known."""
    new = {"phone": phone, "id": "" if person.id_hash else id_number}
    for field, number in new.items():
        if number and lookup_hash(number, field) != getattr(person, f"{field}_hash"):
            setattr(person, SEALED[field], seal(number, row_uid=person.uid, field=field))
            setattr(person, f"{field}_hash", lookup_hash(number, field))
            person.save(update_fields=[SEALED[field], f"{field}_hash"])
    return person


def is_another(person, given):
    """Whether {"name", "id_number"} names another than the person known, if anybody is.

    A new phone does not make another person, a first ID number neither.
    """
    if person is None:
        return False
    number = lookup_hash(given.get("id_number") or "", "id")
    return given.get("name", "") != person.name or bool(number and person.id_hash and number != person.id_hash)


def forget_if_unused(person):
    """Deletes a person nobody refers to any more: personal data is kept no longer than it is needed (PIPL art. 19)."""
    if person is None or person.led.exists() or Need.objects.filter(contact=person).exists():
        return
    if not person.memberships.exists() and not person.filing_entries.exists():
        person.delete()


def masked(person):
    """What every page, export and answer may show: {"name": 王*, "phone": 138****5678, "id": 310***********1234}."""
    if person is None:
        return {"name": "", "phone": "", "id": ""}
    return {"name": mask_name(person.name), **{field: masked_number(person, field) for field in SEALED}}


def masked_number(person, field):
    return MASKS[field](clear(person, field))


def clear(person, field):
    """The number in clear. Only for what masks it, seals it again, or has written the audit event first."""
    return unseal(getattr(person, SEALED[field]), row_uid=person.uid, field=field)


@transaction.atomic
def reveal(*, organization, field, purpose, by):
    """The leader's phone or ID number in clear, once, for a purpose of at least four characters.

    Refuses an actor without registry.reveal_person at the organization's place. The event is written first and names
    the purpose (trust: reads of personal data are events).
    """
    require_right(by, "registry.reveal_person", organization)
    if len(purpose.strip()) < PURPOSE_LENGTH:
        raise ValidationError({"purpose": _("Please say in at least four characters what you need it for.")})
    person = organization.leader
    if person is None or not getattr(person, SEALED[field]):
        raise ValidationError({"field": _("Nothing is stored here.")})
    audit.record("reveal", organization, by=by, after={"shown": field}, note=purpose.strip())
    return clear(person, field)
