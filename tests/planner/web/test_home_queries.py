"""A participant's own pages cost as many queries among a thousand others, and for a long history, as for a short."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from planner.persistence.unit_of_work import Store
from tests.housed import Housed, housed, post, with_pills
from tests.planner.api.callers import Clock, at
from tests.planner.web.test_queries import copies, counted

__all__ = ["at"]
PAGES = ("", "/visits", "/calendar", "/diary", "/diary?day=2026-01-08", "/away", "/settings")


@pytest.fixture
def home(store: Store, tmp_path: Path, at: Clock) -> Iterator[Housed]:
    with housed(store, tmp_path, at, study=with_pills(store)) as made:
        at.now = made.study.now = datetime(2026, 1, 12, 15, 0, tzinfo=UTC)
        yield made


def cost(home: Housed, client: FlaskClient, path: str) -> int:
    address = f"/home{path}"
    assert client.get(address).status_code == 200
    with counted(home.app) as sent:
        assert client.get(address).status_code == 200
    return len(sent)


def test_own_pages_cost_the_same_whatever_was_noted_and_however_many_others_there_are(home: Housed) -> None:
    client = home.open()
    few = {path: cost(home, client, path) for path in PAGES}
    for back in range(8):
        day = (home.study.now - timedelta(days=back)).date().isoformat()
        post(client, "/home/diary", "/home/settings", day=day, medicine="1", answer="missed", why="forgot")
    for first in ("2026-03-02", "2026-03-09", "2026-03-16"):
        post(client, "/home/away", "/home/away", first=first, last=first)
    copies(home.study, 2, 1_000)
    many = {path: cost(home, client, path) for path in PAGES}
    assert many == few
    assert max(few.values()) < 30, few
