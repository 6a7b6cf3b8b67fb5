"""A PostgreSQL server of one's own, where the machine has the programs for one."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

__all__ = ["NoServer", "postgres_server"]

FAST = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off"  # its data is thrown away


class NoServer(Exception):
    """No server can be started here; says why."""


@contextmanager
def postgres_server() -> Iterator[str]:
    """Run a server in a temporary folder, on a socket in there, and give the URL of its database.

    PostgreSQL does not run as root: for root, the server runs as the user postgres, else nobody.

    Raises:
        NoServer: none can be started.
    """
    programs = _programs()
    # The path of a socket must be short, and another user must be able to get there.
    folder = Path(tempfile.mkdtemp(prefix="pg", dir="/tmp"))
    try:
        account = _account()
        if account is not None:
            os.chown(folder, account.pw_uid, account.pw_gid)
        data = str(folder / "data")
        where = f"-c listen_addresses='' -c unix_socket_directories={folder}"
        _run(folder, account, programs / "initdb", "-D", data, "-U", "tests", "-A", "trust", "--no-sync")
        _run(folder, account, programs / "pg_ctl", "start", "-w", "-D", data, "-l", "log", "-o", f"{where} {FAST}")
        try:
            yield f"postgresql+psycopg2://tests@/postgres?host={folder}"
        finally:
            _run(folder, account, programs / "pg_ctl", "stop", "-w", "-D", data, "-m", "immediate")
    finally:
        shutil.rmtree(folder)


def _programs() -> Path:
    """The folder of initdb and pg_ctl."""
    if find_spec("psycopg2") is None:
        raise NoServer("psycopg2 is not installed")
    on_path = shutil.which("initdb")
    folders = [Path(on_path).resolve().parent] if on_path else []
    folders += Path("/usr/lib/postgresql").glob("*/bin")  # where Debian keeps them off the PATH
    for folder in folders:
        if (folder / "initdb").exists() and (folder / "pg_ctl").exists():
            return folder
    raise NoServer("there is no initdb on the PATH, nor in /usr/lib/postgresql/*/bin")


def _account() -> pwd.struct_passwd | None:
    """Whose the server is; None for whoever runs this."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise NoServer("root may not run a server, and there is neither a user postgres nor nobody")


def _run(folder: Path, account: pwd.struct_passwd | None, program: Path, *arguments: str) -> None:
    """Run one of PostgreSQL's programs to its end, in a folder, as a user."""
    said = folder / f"{program.name}.txt"
    with said.open("w") as output:  # a pipe would be held open by the server
        ended = subprocess.run(
            [program, *arguments],
            cwd=folder,
            env={"PATH": os.environ.get("PATH", ""), "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            user=account.pw_uid if account else None,
            group=account.pw_gid if account else None,
        )
    if ended.returncode:
        raise NoServer(f"{program.name} failed: {said.read_text().strip()}")
