import os
import subprocess
import sys
from urllib.parse import unquote, urlsplit

import psycopg2
import pytest
import redis

from config import embedded
from tests.setup.processes import ROOT, becomes, environment, keep, kill, left_over, release

AS_ORDINARY_USER = ("unshare", "--user", "--map-user=1000", "--map-group=1000", "--")


@pytest.fixture
def folder(tmp_path):
    yield tmp_path / "var"
    assert left_over(tmp_path) == []


def database_answers(folder, sql="SELECT 1"):
    parts = urlsplit(embedded.database_url(folder))
    try:
        connection = psycopg2.connect(host=unquote(parts.hostname or ""), user=parts.username, dbname=parts.path[1:])
    except psycopg2.OperationalError:
        return None
    with connection.cursor() as cursor:
        cursor.execute(sql)
        value = cursor.fetchone()[0]
    connection.close()
    return value


def test_both_servers_answer_and_are_gone_afterwards(folder):
    process, line = keep(folder)
    assert line.startswith("up")
    assert database_answers(folder) == 1
    assert redis.Redis.from_url(embedded.cache_url(embedded.redis_url(folder))).ping()
    assert release(process) == 0
    assert database_answers(folder) is None


def test_data_outlives_the_server_and_the_text_is_utf8_without_a_port(folder):
    process, _ = keep(folder)
    database_answers(folder, "CREATE TABLE kept AS SELECT '𬱖㙟社区' AS name; COMMIT; SELECT 1")
    release(process)
    process, _ = keep(folder)
    assert database_answers(folder, "SELECT name FROM kept") == "𬱖㙟社区"
    assert database_answers(folder, "SHOW server_encoding") == "UTF8"
    assert database_answers(folder, "SHOW listen_addresses") == ""
    release(process)


def test_a_second_process_joins_and_the_first_waits_for_it(folder):
    first, _ = keep(folder)
    second, line = keep(folder)
    assert line.startswith("up")
    first.stdin.close()
    assert database_answers(folder) == 1
    assert first.poll() is None
    release(second)
    assert release(first) == 0


def test_a_run_of_its_own_refuses_a_folder_in_use_and_names_the_process(folder):
    first, _ = keep(folder)
    second, line = keep(folder, "own")
    assert f"in use by process {first.pid}" in line
    assert "VAR_DIR" in line
    release(second)
    release(first)


def test_kill_9_leaves_no_process_and_the_next_start_is_clean(folder):
    process, _ = keep(folder)
    kill(process)
    assert becomes(lambda: not left_over(folder))
    process, line = keep(folder)
    assert line.startswith("up")
    release(process)


def test_kill_9_and_an_immediate_start_do_not_meet(folder):
    process, _ = keep(folder)
    kill(process)
    process, line = keep(folder)
    assert line.startswith("up")
    release(process)


def test_a_long_path_with_blanks_works(folder):
    long = folder.joinpath(*["a long name of a folder 社区" * 3] * 4)
    assert len(os.fsencode(long)) > 300
    process, line = keep(long)
    assert line.startswith("up")
    release(process)


def test_two_copies_run_side_by_side(folder):
    one, _ = keep(folder / "one")
    two, line = keep(folder / "two")
    assert line.startswith("up")
    folders = {database_answers(folder / name, "SHOW data_directory") for name in ("one", "two")}
    assert len(folders) == 2
    release(two)
    release(one)


def test_an_ordinary_user_needs_nothing(folder):
    process, line = keep(folder, wrapper=AS_ORDINARY_USER)
    assert line == "up 1000"
    release(process)


def test_without_user_namespaces_the_database_still_starts(folder, tmp_path):
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "unshare").write_text("#!/bin/sh\nexit 1\n")
    (programs / "unshare").chmod(0o755)
    process, line = keep(folder, PATH=f"{programs}:{os.environ['PATH']}")
    assert line.startswith("up")
    # Root needs another user then; an ordinary user never asks for a namespace.
    assert (folder / "postgres").stat().st_uid == (embedded.NOBODY if os.getuid() == 0 else os.getuid())
    kill(process)
    assert becomes(lambda: not left_over(folder))
    process, line = keep(folder)
    assert line.startswith("up")
    release(process)


def test_a_start_that_fails_shows_the_end_of_the_log(folder):
    process, _ = keep(folder)
    release(process)
    (folder / "postgres" / "PG_VERSION").write_text("9.6\n")
    process, line = keep(folder)
    assert line.startswith("postgres did not start")
    assert str(folder / "log" / "postgres.log") in line
    release(process)


def test_a_folder_of_somebody_else_is_named(folder):
    process, _ = keep(folder)
    release(process)
    (folder / "owner.lock").chmod(0)
    command = ("unshare", "--user", "--map-user=1000", "--map-group=1000", "--", "setpriv", "--inh-caps=-all", "--")
    process, line = keep(folder, wrapper=command)
    assert "belongs to another user" in line
    release(process)


def test_real_servers_are_used_when_they_are_named(folder):
    process, line = keep(folder, DATABASE_URL="postgresql://db.example/portal", REDIS_URL="redis://redis.example/0")
    assert line.startswith("up")
    release(process)
    assert not folder.exists()


@pytest.mark.parametrize(
    ("url", "broker", "cache"),
    [
        ("unix:///tmp/r.sock", "redis+socket:///tmp/r.sock?virtual_host=0", "unix:///tmp/r.sock?db=2"),
        ("redis://:pw@host:6379/0", "redis://:pw@host:6379/0", "redis://:pw@host:6379/2"),
    ],
)
def test_queue_and_cache_use_different_databases(url, broker, cache):
    assert embedded.broker_url(url) == broker
    assert embedded.cache_url(url) == cache


def test_the_socket_path_stays_short(folder):
    assert len(str(embedded.socket_dir(folder / ("x" * 200)))) < 60


def test_manage_py_starts_the_servers_for_the_time_it_needs(folder):
    code = "from django.db import connection; print(connection.cursor().connection.closed)"
    command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", code]
    result = subprocess.run(command, cwd=ROOT, env=environment(VAR_DIR=str(folder)), capture_output=True, check=False)
    assert result.stdout.decode().strip() == "0", result.stderr.decode()
