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
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from planner.config import Settings
from planner.persistence.feeds import FeedFetch
from planner.persistence.unit_of_work import Store
from planner.services.keyring import keys_of
from tests.planner.api.callers import Clock, at
from tests.subscribed import Subscribed, subscribed

__all__ = ["at"]

ROOT = Path(__file__).resolve().parents[3]
SERVERS = {
    "gunicorn": ["gunicorn", "--worker-class", "gthread", "--threads", "4", "--access-logfile", "-",
                 "--bind", "127.0.0.1:{port}", "--chdir", str(ROOT), "wsgi:app"],
    "granian": ["granian", "--interface", "wsgi", "--access-log", "--host", "127.0.0.1", "--port", "{port}",
                "--working-dir", str(ROOT), "wsgi:app"],
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
    url = store.database.engine.url.render_as_string(hide_password=False)
    settings = Settings(data_folder=tmp_path, database_url=f"sqlite:///{tmp_path}/none.db")
    keys_of(settings)
    import json

    kept = json.loads((tmp_path / "keys.json").read_text("utf-8"))
    known = {
        "DATABASE_URL": url, "PLANNER_DATA_FOLDER": str(tmp_path), "PLANNER_CONTACT_KEYS": ",".join(kept["contact"]),
        "PLANNER_INDEX_KEY": kept["index"],
    }  # fmt: skip
    with subscribed(store, tmp_path, at) as life:
        link, port, log = made(life), a_port(), tmp_path / "log"
        with serving(server, port, known, log):
            body = get(f"http://127.0.0.1:{port}/calendars/{link}.ics")
            get(f"http://127.0.0.1:{port}/calendars/{link}")
    said = log.read_text("utf-8", "replace")
    assert body.startswith(b"BEGIN:VCALENDAR")
    assert "/calendars/…" in said
    assert link not in said
    rows = store.read(lambda session: list(session.query(FeedFetch)))
    assert [(row.app, row.count) for row in rows] == [("a program (Python)", 1)]


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
