"""A PostgreSQL server for the tests: started as an unprivileged user, on a socket in a temporary folder.

PostgreSQL refuses to run as root, and machines differ in where its programs are: ``PLANNER_PG_BIN`` names the folder,
else Debian's own is taken. Its data is thrown away, so it need not be flushed to the disk.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, make_url, text

DEBIAN = Path("/usr/lib/postgresql/15/bin")
_UNSAFE_BUT_QUICK = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200")


def programs() -> Path | None:
    """The folder of PostgreSQL's programs, or None where it is not installed."""
    named = os.environ.get("PLANNER_PG_BIN")
    folders = [Path(named)] if named else [DEBIAN]
    return next((folder for folder in folders if (folder / "initdb").exists()), None)


def _drop_to_user() -> Callable[[], None] | None:
    """What a child does first: become nobody in particular, if it would be root."""
    if os.geteuid() != 0:
        return None
    user = next(pwd.getpwnam(name) for name in ("postgres", "nobody") if _exists(name))

    def become() -> None:
        os.setgid(user.pw_gid)
        os.setuid(user.pw_uid)

    return become


def _exists(name: str) -> bool:
    try:
        pwd.getpwnam(name)
    except KeyError:
        return False
    return True


@contextmanager
def server(flushed: bool = False) -> Iterator[str]:
    """A running server; gives the address of its database ``postgres``. ``flushed``: as it would run for real."""
    folder = programs()
    assert folder is not None, "ask programs() first"
    home = Path(tempfile.mkdtemp(prefix="planner-pg-"))
    become = _drop_to_user()
    if become is not None:
        user = next(pwd.getpwnam(name) for name in ("postgres", "nobody") if _exists(name))
        os.chown(home, user.pw_uid, user.pw_gid)
    environment = {"PATH": os.environ.get("PATH", ""), "LC_ALL": "C.UTF-8", "TZ": "UTC"}

    def run(*command: str) -> None:
        done = subprocess.run(
            command, preexec_fn=become, cwd=home, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command[0]}: {done.stderr or done.stdout}"

    data = home / "data"
    try:
        run(str(folder / "initdb"), "-D", str(data), "-U", "planner", "-A", "trust", "-E", "UTF8", "--no-sync")
        chosen = () if flushed else _UNSAFE_BUT_QUICK
        options = " ".join(f"-c {option}" for option in (*chosen, "listen_addresses=''"))
        start = f"{options} -k {home}"
        run(str(folder / "pg_ctl"), "-D", str(data), "-o", start, "-l", str(home / "log"), "-w", "start")
        yield f"postgresql+psycopg://planner@/postgres?host={home}"
    finally:
        if (data / "postmaster.pid").exists():
            run(str(folder / "pg_ctl"), "-D", str(data), "-m", "immediate", "-w", "stop")
        shutil.rmtree(home, ignore_errors=True)


def new_database(address: str, name: str, template: str = "template1") -> str:
    """Make a database on a server; its address."""
    engine = create_engine(address, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
    engine.dispose()
    return make_url(address).set(database=name).render_as_string(hide_password=False)
