"""A PostgreSQL of our own for tests: Debian's programs, a fresh cluster, a free loopback port, fsync on."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class PostgresAbsent(Exception):  # noqa: N818
    """There is no PostgreSQL here, or nobody it may run as."""


def find_programs() -> Path:
    """The folder with ``initdb`` and ``pg_ctl``: the newest of Debian's, or the one on the path."""
    debian = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parent.name), reverse=True)
    for folder in debian:
        if (folder / "initdb").exists() and (folder / "pg_ctl").exists():
            return folder
    found = shutil.which("pg_ctl")
    if found and (Path(found).parent / "initdb").exists():
        return Path(found).parent
    raise PostgresAbsent("PostgreSQL is not installed (on Debian: apt install postgresql)")


def _user() -> pwd.struct_passwd | None:
    """Whom to run it as: PostgreSQL refuses root. None: ourselves."""
    if os.geteuid() != 0:
        return None
    for name in ("tieline", "postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise PostgresAbsent("PostgreSQL refuses to run as root, and there is no user to run it as")


def _run(programs: Path, user: pwd.struct_passwd | None, *command: str) -> None:
    identity = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []} if user else {}
    done = subprocess.run(
        [str(programs / command[0]), *command[1:]],
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd="/",
        env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8"},
        timeout=120,
        **identity,
    )
    if done.returncode:
        raise RuntimeError(f"{command[0]} ended with {done.returncode}:\n{done.stdout}")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def start_postgres(folder: Path) -> str:
    """Make a cluster in ``folder`` (which must not exist yet), start it, and return the URL of its first database.

    Raises ``PostgresAbsent`` where it cannot run. ``stop_postgres(folder)`` ends it.
    """
    programs, user = find_programs(), _user()
    folder.mkdir(mode=0o700, parents=True)
    if user:
        os.chown(folder, user.pw_uid, user.pw_gid)
    cluster, port = folder / "cluster", free_port()
    _run(programs, user, "initdb", "-D", str(cluster), "-U", "tieline", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")
    options = f"-c listen_addresses=127.0.0.1 -p {port} -k {folder} -c fsync=on -c max_connections=100"
    log = str(folder / "log")
    _run(programs, user, "pg_ctl", "-D", str(cluster), "-l", log, "-w", "-t", "60", "-o", options, "start")
    return f"postgresql://tieline@127.0.0.1:{port}/postgres"


def stop_postgres(folder: Path) -> None:
    _run(find_programs(), _user(), "pg_ctl", "-D", str(folder / "cluster"), "-m", "immediate", "-w", "stop")
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def postgres() -> Iterator[str]:
    """A running PostgreSQL for the time of the block; gives its URL."""
    above = Path(tempfile.mkdtemp(prefix="tieline-postgres-"))
    above.chmod(0o755)
    folder = above / "server"
    try:
        yield start_postgres(folder)
    finally:
        if (folder / "cluster" / "postmaster.pid").exists():
            stop_postgres(folder)
        shutil.rmtree(above, ignore_errors=True)
