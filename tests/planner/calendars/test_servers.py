"""Under the servers that people run: no line of a log opens a calendar, and fetches are noted at the end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
import urllib3

from planner.persistence.feeds import FeedFetch
from planner.persistence.unit_of_work import SYSTEM, Store
from planner.services.access import EVERYTHING, find_site
from planner.services.keyring import kept_keys
from planner.services.sites import ChangeSite, change_site
from tests.planner.api.callers import Clock, at
from tests.studies import NORTH
from tests.subscribed import Subscribed, subscribed

__all__ = ["at"]

#: how often each of many apps asks
FETCHES = 60
ROOT = Path(__file__).resolve().parents[3]
SERVERS = {
    "gunicorn": ["gunicorn", "--worker-class", "gthread", "--threads", "4", "--access-logfile", "-",
                 "--bind", "127.0.0.1:{port}", "--chdir", str(ROOT), "wsgi:app"],
    "granian": ["granian", "--interface", "wsgi", "--blocking-threads", "4", "--access-log", "--host", "127.0.0.1",
                "--port", "{port}", "--working-dir", str(ROOT), "wsgi:app"],
}  # fmt: skip


def a_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def serving(name: str, port: int, environment: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    words = [word.format(port=port) for word in SERVERS[name]]
    with log.open("wb") as out:
        running = subprocess.Popen(
            [sys.executable, "-m", *words],
            env={**os.environ, **environment},
            stdout=out,
            stderr=subprocess.STDOUT,
            cwd=ROOT,
        )
        try:
            yield running
        finally:
            running.send_signal(signal.SIGTERM)
            try:
                running.wait(20)
            except subprocess.TimeoutExpired:
                running.kill()
                running.wait()


def get(address: str, tries: int = 300) -> bytes:
    for attempt in range(tries):
        try:
            with urllib.request.urlopen(address, timeout=20) as answer:  # noqa: S310 - it is http
                return bytes(answer.read())
        except urllib.error.URLError:
            if attempt == tries - 1:
                raise
            time.sleep(0.1)
    raise AssertionError("not reached")


@pytest.mark.parametrize("server", SERVERS)
def test_a_server_logs_no_link_and_notes_at_its_end_what_was_fetched(
    store: Store, tmp_path: Path, at: Clock, server: str
) -> None:
    with subscribed(store, tmp_path, at) as life:
        link, port, log = made(life), a_port(), tmp_path / "log"
        with serving(server, port, known_to(store, tmp_path), log):
            body = get(f"http://127.0.0.1:{port}/calendars/{link}.ics")
            get(f"http://127.0.0.1:{port}/calendars/{link}")
    said = log.read_text("utf-8", "replace")
    assert body.startswith(b"BEGIN:VCALENDAR")
    assert "/calendars/…" in said
    assert link not in said
    rows = store.read(lambda session: list(session.query(FeedFetch)))
    assert [(row.app, row.count) for row in rows] == [("a program (Python)", 1)]


def known_to(store: Store, folder: Path) -> dict[str, str]:
    """The environment of a server over that database."""
    kept = kept_keys(folder)
    return {
        "DATABASE_URL": store.database.engine.url.render_as_string(hide_password=False),
        "PLANNER_DATA_FOLDER": str(folder), "PLANNER_CONTACT_KEYS": ",".join(kept["contact"]),
        "PLANNER_INDEX_KEY": kept["index"],
    }  # fmt: skip


def test_many_apps_at_once_get_a_calendar_each_while_it_changes(store: Store, tmp_path: Path, at: Clock) -> None:
    with subscribed(store, tmp_path, at) as life:
        links = [made(life) for _ in range(4)]
        port, log = a_port(), tmp_path / "log"
        with serving("granian", port, known_to(store, tmp_path), log):
            get(f"http://127.0.0.1:{port}/healthz")
            with ThreadPoolExecutor(16) as apps:
                tasks = [apps.submit(fetched, port, links[number % 4]) for number in range(16)]
                for number in range(10):
                    rename(life, f"North {number}")
                found = Counter(status for task in tasks for status in task.result())
    assert set(found) <= {200, 304}, (found, log.read_text("utf-8", "replace")[-2000:])
    assert sum(found.values()) == 16 * FETCHES
    assert found[304] > 0


def fetched(port: int, link: str) -> list[int]:
    """The statuses that an app gets which asks again and again with the tag that it has."""
    pool, found, tag = urllib3.PoolManager(), [], ""
    for _ in range(FETCHES):
        answer = pool.request("GET", f"http://127.0.0.1:{port}/calendars/{link}.ics", headers={"If-None-Match": tag})
        found.append(answer.status)
        tag = answer.headers.get("ETag", "")
    return found


def rename(life: Subscribed, name: str) -> None:
    """Give the site in the north another name: each calendar of it changes."""
    life.store.write(
        SYSTEM,
        life.at(),
        lambda uow: change_site(uow, find_site(uow.session, EVERYTHING, NORTH), ChangeSite(name=name)),
    )


def made(life: Subscribed) -> str:
    return life.make("study").token


def test_what_answers_calendar_apps_imports_neither_pages_nor_api() -> None:
    code = "import sys; import planner.calendars.front, planner.calendars.lookup; print(*sys.modules)"
    said = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    heavy = {
        "flask",
        "flask_openapi",
        "pydantic",
        "jinja2",
        "apscheduler",
        "twilio",
        "schedules",
        "planner.web",
        "planner.api",
    }
    assert heavy & set(said) == set()
