"""Leaders and contacts: found again by phone hash and name, sealed when stored, revealed only for a stated purpose."""

import uuid

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from casework import audit
from registry.models import Need, Person
from registry.sealing import is_newest, lookup_hash, mask_id, mask_name, mask_phone, seal, unseal
from registry.services.guards import require_right

PURPOSE_LENGTH = 4
SEALED = {"phone": "phone_sealed", "id": "id_sealed"}
MASKS = {"phone": mask_phone, "id": mask_id}


def person_for(*, name, phone="", id_number=""):
    """The stored person with this name and phone, else a new one; None without a name. Numbers are already checked.

    Without a phone nobody is recognised again: two 王芳 are two people. An ID number is added where it was missing; a
    different one means a different person.
    """
    if not name:
        return None
    known = Person.objects.filter(phone_hash=lookup_hash(phone, "phone"), name=name) if phone else Person.objects.none()
    id_hash = lookup_hash(id_number, "id")
    for person in known.order_by("id"):
        if not id_hash or person.id_hash in ("", id_hash):
            return with_id(person, id_number)
    return Person.objects.create(**sealed_fields(name=name, phone=phone, id_number=id_number))


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


def with_id(person, id_number):
    if id_number and not person.id_hash:
        person.id_sealed = seal(id_number, row_uid=person.uid, field="id")
        person.id_hash = lookup_hash(id_number, "id")
        person.save(update_fields=["id_sealed", "id_hash"])
    return person


def forget_if_unused(person):
    """Deletes a person nobody refers to any more: personal data is kept no longer than it is needed (PIPL art. 19)."""
    if person and not person.led.exists() and not Need.objects.filter(contact=person).exists():
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


def reseal(*, slice_size=2000, by):
    """Seals every number again that is not sealed with the newest key and cipher, in slices; returns how many rows.

    A second run finds nothing to do. Writes one audit event when anything changed.
    """
    done, last = 0, 0
    while slice_ := list(Person.objects.filter(pk__gt=last).order_by("pk")[:slice_size]):
        last = slice_[-1].pk
        done += reseal_slice([person.pk for person in slice_ if needs_resealing(person)])
    if done:
        audit.record("reseal", by=by, after={"people": done})
    return done


def needs_resealing(person):
    return not (is_newest(person.phone_sealed) and is_newest(person.id_sealed))


@transaction.atomic
def reseal_slice(pks):
    people = list(Person.objects.select_for_update().filter(pk__in=pks))
    for person in people:
        for field, column in SEALED.items():
            setattr(person, column, seal(clear(person, field), row_uid=person.uid, field=field))
    Person.objects.bulk_update(people, list(SEALED.values()))
    return len(people)
