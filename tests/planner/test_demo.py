"""`planner demo` as a process: it says where it is in one line of JSON, answers, and leaves nothing behind."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from planner.commands.children import Children
from planner.persistence.database import Database
from planner.persistence.unit_of_work import SYSTEM, Store
from tests.architecture.source import ROOT
from tests.databases import new_database
from tests.studies import NOW

LONGEST = 180  # seconds; a busy machine fills slowly


def free_port() -> int:
    with socket.socket() as tried:
        tried.bind(("127.0.0.1", 0))
        port: int = tried.getsockname()[1]
    return port


@contextmanager
def demo(folder: Path, **environment: str) -> Iterator["subprocess.Popen[str]"]:
    """A running demo, whose temporary files are in a folder of the test's."""
    kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "PLANNER_DATA_FOLDER")}
    around = {**kept, "TMPDIR": str(folder), "DEMO_JSON": "1", "PORT": str(free_port()), **environment}
    command = [sys.executable, "-m", "planner.cli", "demo"]
    running = subprocess.Popen(
        command, cwd=folder, env={**around, "PYTHONPATH": str(ROOT)}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    try:
        yield running
    finally:
        running.terminate()  # not killed: its children would stay
        with suppress(ValueError):  # its output was read to the end
            running.communicate(timeout=90)


def children_of(pid: int) -> set[int]:
    """The processes that a process has started, and those that these have."""
    listed = subprocess.run(["ps", "-eo", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
    parents = {int(child): int(parent) for child, parent in (line.split() for line in listed.splitlines())}
    found: set[int] = set()
    while new := {child for child, parent in parents.items() if parent in found | {pid}} - found:
        found |= new
    return found


def given(pids: set[int], said: str) -> set[int]:
    """Those of the processes whose environment has the words: a database server of other tests has not."""
    found = set()
    for pid in pids:
        with suppress(OSError):  # it has ended since
            if said.encode() in Path(f"/proc/{pid}/environ").read_bytes():
                found.add(pid)
    return found


def is_running(pid: int) -> bool:
    """Whether there is such a process; what has ended and was not yet asked for its exit code is none."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] not in ("Z", "X")
    return False


def are_gone(pids: set[int]) -> bool:
    """Whether all have ended, within a minute: one that was killed takes a moment."""
    until = time.monotonic() + 60
    while any(is_running(pid) for pid in pids):
        if time.monotonic() > until:
            return False
        time.sleep(0.05)
    return True


def answer(url: str) -> int:
    with urllib.request.urlopen(url, timeout=10) as found:  # noqa: S310 - it is http
        code: int = found.status
    return code


def refused(url: str, size: int) -> tuple[int, str]:
    """What somebody is told who sends so many bytes, all of them, and only then reads."""
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=60)
    connection.request("POST", "/api/v1/sessions", b" " * size, {"Content-Type": "application/json"})
    found = connection.getresponse()
    problem = json.loads(found.read())
    connection.close()
    return found.status, problem["problems"][0]["wrong"]


def test_a_demo_says_where_it_is_answers_and_leaves_nothing_behind_after_ctrl_c(tmp_path: Path) -> None:
    with demo(tmp_path) as running:
        assert running.stdout is not None
        said = json.loads(running.stdout.readline())
        assert answer(f"{said['url']}/healthz") == 200
        assert {tuple(user) for user in said["users"]} == {("role", "email", "password")}
        assert [user["role"] for user in said["users"]] == [
            "administrator", "coordinator", "investigator", "infusion-centre", "monitor",
        ]  # fmt: skip
        assert said["token"].startswith("vp_")
        assert refused(said["url"], 50_000_000) == (413, "the request has too much content")
        assert [path.name[:13] for path in tmp_path.iterdir()] == ["planner-demo-"]
        started = children_of(running.pid)
        assert len(started) >= 3  # the web server with its worker, and the planner's worker
        running.send_signal(signal.SIGINT)
        out, _ = running.communicate(timeout=90)
    assert (running.returncode, out) == (130, "")
    assert are_gone(started)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("kind", ["postgresql"])
def test_a_demo_in_a_database_that_is_kept_is_opened_again(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    tokens = []
    with new_database(request, kind) as url:
        for _ in range(2):
            with demo(tmp_path, DATABASE_URL=url) as running:
                assert running.stdout is not None
                said = json.loads(running.stdout.readline())
                assert answer(f"{said['url']}/healthz") == 200
                started = children_of(running.pid)
                running.send_signal(signal.SIGTERM)
                running.communicate(timeout=90)
            assert running.returncode == 0
            assert are_gone(started)
            tokens.append(said["token"])
    assert len(set(tokens)) == 2
    assert [path.name for path in (tmp_path / "demo-data").iterdir()] == ["keys.json"]


def test_a_database_with_something_else_is_left_alone(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    with new_database(request, "sqlite") as url:
        store = Store(Database(url))
        store.write(SYSTEM, NOW, lambda uow: uow.audit("something.done", "installation"))
        store.database.dispose()
        with demo(tmp_path, DATABASE_URL=url) as running:
            _, said = running.communicate(timeout=LONGEST)
    assert running.returncode == 2
    assert "holds something else; give the demo an empty one" in said


def test_a_child_that_ends_is_told_and_the_other_is_ended(tmp_path: Path) -> None:
    """Without tables the worker refuses to begin."""
    environment = {**os.environ, "DATABASE_URL": f"sqlite:///{tmp_path / 'empty.db'}"}
    handlers = {name: signal.getsignal(name) for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        with pytest.raises(SystemExit, match="the worker has ended with exit code 2"):  # noqa: SIM117, PT012
            with Children(free_port(), environment) as children:
                started = given(children_of(os.getpid()), environment["DATABASE_URL"])
                children.wait_until_it_answers()
                children.wait()
    finally:
        for name, handler in handlers.items():
            signal.signal(name, handler)
    assert len(started) >= 2
    assert are_gone(started)
