"""After a change of keys nothing is left under a former one, whichever table holds it."""

import base64

import orjson
import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection, models

from casework import sealing
from casework.models import AuditEvent, NoticeChoice
from casework.models.sealed import Sealed
from casework.notices import sealed_message, text_to
from casework.services import publicity, reach
from casework.services.resealing import reseal, sealed_columns
from registry.imports.sealed import opened, sealed
from registry.models import Applicant, ExportJob, ExportPiece, ImportBatch, ImportRow, Person
from registry.services import exports, imports
from registry.services.filing_people import clear as clear_of_filing
from registry.services.people import clear, person_for
from registry.services.phone_sign_in import user_of
from tests import cases, worlds

pytestmark = pytest.mark.django_db
PHONE, ID = "13812345678", "11010519491231002X"
NEW = "next:" + base64.b64encode(b"n" * 32).decode()


made_world, world = worlds.shared(worlds.with_people)


@pytest.fixture
def everything(world):
    """One value in every sealed column, each put there by the service that seals it."""
    world.case = cases.make_filing(world, "community_notice").case
    world.person = person_for(name="王小明", phone=PHONE, id_number=ID)
    row = publicity.current(world.case)
    world.objection = publicity.raise_objection(
        publicity=row, name="赵志刚", contact="六联路3号", text="负责人不住本社区"
    )
    reach.choose(user=world.clerk, email=True, sms=True, daily=False, phone=PHONE, by=world.clerk)
    world.message = text_to(PHONE, "code", params={"code": "123456"})
    world.resident = user_of(PHONE, sealing.lookup_hash(PHONE, "phone"))
    world.batch = ImportBatch(owner=world.officer, division=world.district, year=2026, size=4)
    world.batch.content = imports.sealed_content(world.batch, b"book")
    world.batch.save()
    line = sealed({"phone": PHONE, "id_number": ID})
    world.line = ImportRow.objects.create(batch=world.batch, kind="org", sheet="1", row=2, sealed=line)
    world.job = ExportJob.objects.create(owner=world.officer, layout="list", language="zh-hans", attempts=2)
    content = exports.sealed(world.job, 0, b"piece")
    world.piece = ExportPiece.objects.create(job=world.job, attempt=2, number=0, content=content)
    return world


def texts_under(key_id):
    """Every table and column with a value sealed under that key, looked for in all columns of all tables."""
    mark, found = f":{key_id}:", []
    for model in apps.get_models():
        for field in model._meta.local_concrete_fields:
            if isinstance(field, models.TextField | models.CharField | models.JSONField | models.BinaryField):
                column = connection.ops.quote_name(field.column)
                text = f"encode({column}, 'escape')" if isinstance(field, models.BinaryField) else f"{column}::text"
                with connection.cursor() as cursor:
                    table = connection.ops.quote_name(model._meta.db_table)
                    cursor.execute(f"SELECT count(*) FROM {table} WHERE {text} LIKE %s", [f"%-gcm{mark}%"])
                    if cursor.fetchone()[0]:
                        found.append((model._meta.label, field.name))
    return set(found)


def covered():
    return {(model._meta.label, column.name) for model, columns in sealed_columns().items() for column in columns}


def test_every_sealed_column_is_known(everything):
    """A new sealed column fails here until it is a sealed field, and until `everything` has a value in it."""
    assert texts_under("dev") == covered()


def test_a_column_called_sealed_is_a_sealed_field():
    called = [
        field for model in apps.get_models() for field in model._meta.local_fields if field.name.endswith("sealed")
    ]
    assert len(called) > 8
    assert [str(field) for field in called if not isinstance(field, Sealed)] == []


@pytest.mark.parametrize("cipher", ["aes-gcm", "sm4-gcm"])
def test_the_old_key_can_go(everything, settings, cipher):
    settings.FIELD_KEYS, settings.FIELD_CIPHER = [NEW, *settings.FIELD_KEYS], cipher
    for phone in ("13900001111", PHONE):  # one of two numbers was typed anew meanwhile
        person_for(name="王小明", phone=phone, id_number=ID)
    assert reseal(slice_size=2, by="reseal") >= len(sealed_columns())
    assert texts_under("dev") == set()
    settings.FIELD_KEYS = [NEW]
    assert everything_opens(everything)
    assert reseal(by="reseal") == 0
    event = AuditEvent.objects.get(action="reseal")
    assert set(event.after["rows"]) == {label for label, _column in covered()}
    assert PHONE not in orjson.dumps(event.after).decode()


def everything_opens(world):
    for row in (world.person, world.objection, world.message, world.batch, world.line, world.piece):
        row.refresh_from_db()
    leader = world.case.filing.people.get(role="leader")
    choice = NoticeChoice.objects.get(user=world.clerk)
    applicant = Applicant.objects.get(user=world.resident)
    return (
        (clear(world.person, "phone"), clear(world.person, "id")) == (PHONE, ID)
        and clear_of_filing(leader, "id_number") == cases.LEADER["id_number"]
        and publicity.person_of(world.objection) == ("赵志刚", "六联路3号")
        and sealing.unseal(choice.phone_sealed, row_uid=choice.uid, field="phone") == PHONE
        and sealing.unseal(applicant.phone_sealed, row_uid=applicant.uid, field="phone") == PHONE
        and sealed_message(world.message)[0] == PHONE
        and bytes(imports.content_of(world.batch)) == b"book"
        and opened(world.line) == {"phone": PHONE, "id_number": ID}
        and bytes(exports.opened(world.job, 0, world.piece.content)) == b"piece"
    )


def test_after_a_change_of_the_look_up_key_people_are_known_again(everything, settings, capsys):
    settings.LOOKUP_KEY = "the next key"
    assert reseal(by="reseal") == 0
    call_command("reseal", "--look-ups", "--slice", "2")
    assert not capsys.readouterr().out.startswith("0 ")
    assert person_for(name="王小明", phone=PHONE) == everything.person
    assert user_of(PHONE, sealing.lookup_hash(PHONE, "phone")) == everything.resident
    everything.line.refresh_from_db()
    assert sealing.lookup_hash(ID, "id") in everything.line.sealed
    hashes = set(everything.case.filing.people.values_list("phone_hash", flat=True))
    assert sealing.lookup_hash(cases.LEADER["phone"], "phone") in hashes
    assert everything_opens(everything)
    call_command("reseal", "--look-ups")
    assert capsys.readouterr().out.startswith("0 ")


def test_rows_without_a_number_stay_as_they_are(settings):
    nobody = Person.objects.create(name="无号码")
    settings.FIELD_KEYS = [NEW, *settings.FIELD_KEYS]
    assert reseal(look_ups=True, by="reseal") == 0
    nobody.refresh_from_db()
    assert nobody.phone_sealed == ""
    assert not AuditEvent.objects.filter(action="reseal").exists()
