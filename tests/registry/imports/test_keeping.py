"""What an import carried goes after its time: workbook, sealed numbers, lines nobody stored."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from casework.models import AuditEvent, PolicyValue
from registry.models import ImportBatch, Organization
from registry.services import imports
from registry.services.import_keeping import forget, forget_old_imports
from registry.services.people import clear
from tests.registry.imports.test_services import checked, row, stored, world

__all__ = ["world"]
YEAR_LATER = timezone.localdate() + timedelta(days=365)


def again(batch):
    batch.refresh_from_db()
    return batch


def test_a_stored_import_loses_its_workbook_and_numbers_and_can_no_longer_be_undone(world, client):
    batch = stored(world, row())
    assert batch.rows.exclude(sealed="").exists()
    assert forget_old_imports(YEAR_LATER - timedelta(days=1)) == 0
    assert forget_old_imports(YEAR_LATER) == 1
    assert forget_old_imports(YEAR_LATER) == 0
    assert (again(batch).state, bytes(batch.content)) == ("stored", b"")
    assert not batch.rows.exclude(sealed="").exists()
    assert clear(Organization.objects.get().leader, "phone"), "the register keeps what was stored"
    assert AuditEvent.objects.filter(action="import.forget", actor="system").count() == 1
    with pytest.raises(imports.NotStorableError, match=r"too old|已删除"):
        imports.undo_batch(batch=batch, by=world.officer)
    client.force_login(world.officer)
    shown = client.get(reverse("registry:import", args=[batch.uid])).content.decode()
    assert reverse("registry:import_undo", args=[batch.uid]) not in shown
    assert reverse("registry:import_marked", args=[batch.uid]) not in shown


def test_an_import_nobody_stored_is_dropped(world):
    batch = checked(world, row())
    assert forget_old_imports(YEAR_LATER) == 1
    assert again(batch).state == "cancelled"
    assert not batch.rows.exists()


def test_a_running_import_and_another_district_s_rule_are_left_alone(world):
    running, waiting = checked(world, row(name="甲队")), checked(world, row(name="乙队"))
    ImportBatch.objects.filter(pk=running.pk).update(state="storing")
    PolicyValue.objects.create(
        key="imports.kept_days", division=world.district, value=400, starts=timezone.localdate(), clause="x"
    )
    assert forget_old_imports(YEAR_LATER) == 0
    assert not forget(running), "nor one that was taken up again just before"
    assert forget_old_imports(YEAR_LATER + timedelta(days=35)) == 1
    assert (again(running).state, again(waiting).state) == ("storing", "cancelled")
