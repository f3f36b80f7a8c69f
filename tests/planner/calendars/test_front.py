"""What calendar apps get over HTTP, on both databases: the same bytes for the same facts, and nothing needless."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from planner.app import create_app
from planner.persistence.database import Database
from planner.persistence.feeds import Feed
from planner.persistence.unit_of_work import SYSTEM, Store
from planner.services.feeds import revoke_feed, rotate_feed
from tests.databases import new_database
from tests.planner.api.callers import Clock, at, settings_for
from tests.subscribed import DAY_8, Subscribed, subscribed

__all__ = ["at"]


@pytest.fixture
def life(store: Store, tmp_path: Path, at: Clock) -> Iterator[Subscribed]:
    with subscribed(store, tmp_path, at) as made:
        yield made


def test_two_fetches_are_the_same_bytes_with_the_same_tag(life: Subscribed) -> None:
    link = life.make("study")
    first, second = life.fetch(link), life.fetch(link)
    assert (first.data, first.headers["ETag"]) == (second.data, second.headers["ETag"])
    assert first.data.startswith(b"BEGIN:VCALENDAR\r\n")
    assert first.headers["Content-Type"] == "text/calendar; charset=utf-8"


def test_another_process_gives_the_same_bytes_with_the_same_tag(life: Subscribed, store: Store, tmp_path: Path) -> None:
    link = life.make("study")
    one = life.fetch(link)
    planner = life.app.extensions["installation"]
    other = create_app({"TESTING": True}, planner.settings)
    two = other.test_client().get(f"/calendars/{link.token}.ics")
    other.extensions["calendars"].close()
    other.extensions["installation"].close()
    assert (one.data, one.headers["ETag"]) == (two.data, two.headers["ETag"])


def test_an_answer_is_private_and_says_so(life: Subscribed) -> None:
    headers = life.fetch(life.make("study")).headers
    assert headers["Cache-Control"] == "private, no-cache"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Vary"] == "Accept-Encoding"


def test_the_link_is_shorter_than_256_characters_and_its_secret_has_at_least_128_bits(life: Subscribed) -> None:
    link = life.make("study")
    assert len(link.token) * 6 >= 128
    assert len(f"https://{'x' * 180}/calendars/{link.token}.ics") < 256


def test_what_an_app_has_already_is_not_sent_again(life: Subscribed) -> None:
    link = life.make("study")
    tag = life.fetch(link).headers["ETag"]
    for known in (tag, f"W/{tag}", f'"other", {tag}', f'"a","b",W/{tag}', "*", " * "):
        answer = life.fetch(link, If_None_Match=known)
        assert (answer.status_code, answer.data) == (304, b""), known
        assert answer.headers["ETag"] == tag


@pytest.mark.parametrize("known", ['"other"', "garbage", '"', "W/", '"a" "b"', "", "é", '"x", garbage'])
def test_what_names_no_tag_of_ours_gets_everything(life: Subscribed, known: str) -> None:
    assert life.fetch(life.make("study"), If_None_Match=known.encode().decode("latin-1")).status_code == 200


def test_a_date_serves_where_there_is_no_tag_and_a_tag_wins_over_it(life: Subscribed) -> None:
    link = life.make("study")
    life.wait(life.at.now + timedelta(seconds=5))
    whole = life.fetch(link)
    since = whole.headers["Last-Modified"]
    later = (parsedate_to_datetime(since) + timedelta(hours=1)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    earlier = (parsedate_to_datetime(since) - timedelta(seconds=1)).strftime("%a, %d %b %Y %H:%M:%S GMT")
    assert life.fetch(link, If_Modified_Since=since).status_code == 304
    assert life.fetch(link, If_Modified_Since=later).status_code == 304
    assert life.fetch(link, If_Modified_Since=earlier).status_code == 200
    assert life.fetch(link, If_Modified_Since=later, If_None_Match='"other"').status_code == 200
    assert life.fetch(link, If_Modified_Since=earlier, If_None_Match=whole.headers["ETag"]).status_code == 304
    for garbage in ("yesterday", "0", "Thu, 99 Foo 2026 25:00:00 GMT", ""):
        assert life.fetch(link, If_Modified_Since=garbage).status_code == 200


def test_two_changes_within_a_second_are_never_taken_for_one(life: Subscribed) -> None:
    link = life.make("study")
    life.wait(datetime(2026, 1, 5, 20, 0, 0, 100_000, tzinfo=UTC))
    life.record(DAY_8)
    first = life.fetch(link)
    assert "Last-Modified" not in first.headers
    life.record({**DAY_8, "fact": "rebooked", "id": "moved", "instead_of": "2026-01-12", "date": "2026-01-13"})
    life.wait(life.at.now + timedelta(seconds=10))
    assert life.fetch(link, If_Modified_Since="Mon, 05 Jan 2026 20:00:00 GMT").status_code == 200


def test_it_is_compressed_only_for_who_asks_with_a_tag_of_its_own(life: Subscribed) -> None:
    link = life.make("study")
    plain, packed = life.fetch(link), life.fetch(link, Accept_Encoding="br, gzip;q=0.5")
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert gzip.decompress(packed.data) == plain.data
    assert packed.headers["ETag"] != plain.headers["ETag"]
    for asked in ("gzip;q=0", "identity", "*", "", "br", "gzipped"):
        assert "Content-Encoding" not in life.fetch(link, Accept_Encoding=asked).headers, asked
    known = packed.headers["ETag"]
    assert life.fetch(link, Accept_Encoding="gzip", If_None_Match=known).status_code == 304
    assert life.fetch(link, If_None_Match=known).status_code == 200


def test_head_says_what_get_would_and_sends_nothing(life: Subscribed) -> None:
    link = life.make("study")
    whole, head = life.fetch(link), life.fetch(link, "HEAD")
    assert head.data == b""
    assert head.headers["Content-Length"] == whole.headers["Content-Length"] == str(len(whole.data))
    assert head.headers["ETag"] == whole.headers["ETag"]


def test_a_calendar_can_only_be_read(life: Subscribed) -> None:
    link = life.make("study")
    for method in ("POST", "PUT", "DELETE", "PROPFIND", "OPTIONS"):
        answer = life.fetch(link, method)
        assert (answer.status_code, answer.headers["Allow"]) == (405, "GET, HEAD")


def test_a_link_that_nobody_has_is_not_there(life: Subscribed) -> None:
    client = life.app.test_client()
    for token in ("x" * 32, "short", "a/b", "%00" * 24, "é" * 30, "x" * 500):
        assert client.get(f"/calendars/{token}.ics").status_code == 404, token


def test_a_withdrawn_link_says_so_for_30_days_and_then_is_gone(life: Subscribed) -> None:
    link = life.make("study", windows=True)
    life.fetch(link)
    life.store.write(SYSTEM, life.at(), lambda uow: revoke_feed(uow, uow.session.get_one(Feed, link.feed.id)))
    assert [*life.events(link)] == ["This calendar link was withdrawn"]
    first = life.fetch(link)
    life.wait(life.at.now + timedelta(days=29))
    again = life.fetch(link, If_None_Match=first.headers["ETag"])
    assert again.status_code == 304
    life.wait(life.at.now + timedelta(days=1, minutes=1))
    assert life.fetch(link).status_code == 410


def test_a_link_that_has_expired_is_like_one_that_was_withdrawn(life: Subscribed) -> None:
    link = life.make("study", days=10)
    assert len(life.events(link)) > 1
    life.wait(life.at.now + timedelta(days=10, minutes=1))
    assert [*life.events(link)] == ["This calendar link was withdrawn"]
    life.wait(life.at.now + timedelta(days=31))
    assert life.fetch(link).status_code == 410


def test_another_link_of_the_same_calendar_keeps_its_uids_and_ends_the_old_one(life: Subscribed) -> None:
    old = life.make("study")
    before = life.events(old)
    new = life.store.write(SYSTEM, life.at(), lambda uow: rotate_feed(uow, uow.session.get_one(Feed, old.feed.id)))
    assert {name: event["UID"] for name, event in life.events(new).items()} == {
        name: event["UID"] for name, event in before.items()
    }
    assert [*life.events(old)] == ["This calendar link was withdrawn"]


def test_a_database_that_is_gone_answers_503_and_when_to_come_back(life: Subscribed, tmp_path: Path) -> None:
    away = settings_for(life.store, tmp_path).model_copy(update={"database_url": f"sqlite:///{tmp_path}/away/no.db"})
    app = create_app({"TESTING": True}, away)
    answer = app.test_client().get(f"/calendars/{'x' * 32}.ics")
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert "try again" in answer.text
    app.extensions["calendars"].close()
    app.extensions["installation"].close()


def test_a_database_that_comes_back_is_used_again(life: Subscribed) -> None:
    link = life.make("study")
    life.fetch(link)
    finder = life.app.extensions["calendars"]._find
    finder._connection().close()
    assert life.fetch(link).status_code == 200


def test_a_postgresql_that_lets_nobody_in_is_503_and_the_calendar_is_there_once_it_does(
    request: pytest.FixtureRequest, tmp_path: Path, at: Clock
) -> None:
    with new_database(request, "postgresql") as url:
        database = Database(url)
        with subscribed(Store(database), tmp_path, at) as life:
            link = life.make("study")
            before = life.fetch(link)
            with shut(request.getfixturevalue("postgresql_server"), url):
                answer = life.fetch(link, If_None_Match=before.headers["ETag"])
                assert (answer.status_code, answer.headers["Retry-After"]) == (503, "60")
                assert b"VCALENDAR" not in answer.data
            after = life.fetch(link)
            assert (after.status_code, after.data) == (200, before.data)
        database.dispose()


@contextmanager
def shut(server: str, url: str) -> Iterator[None]:
    """A database to which nobody is let in, and out of which everybody is thrown."""
    name = make_url(url).database
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false"))
        connection.execute(
            text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :it"), {"it": name}
        )
        yield
        connection.execute(text(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true"))
    engine.dispose()


def test_without_keys_the_planner_is_not_ready(life: Subscribed, tmp_path: Path) -> None:
    without = settings_for(life.store, tmp_path).model_copy(update={"index_key": None})
    app = create_app({"TESTING": True}, without)
    answer = app.test_client().get("/readyz")
    assert (answer.status_code, life.app.test_client().get("/readyz").status_code) == (503, 200)
    app.extensions["calendars"].close()
    app.extensions["installation"].close()


def test_the_calendar_is_another_one_on_another_day(life: Subscribed) -> None:
    link = life.make("study")
    tag = life.fetch(link).headers["ETag"]
    life.wait(datetime(2026, 1, 6, 4, 59, tzinfo=UTC))  # still the 5th in New York
    assert life.fetch(link, If_None_Match=tag).status_code == 304
    life.wait(datetime(2026, 1, 6, 5, 1, tzinfo=UTC))
    assert life.fetch(link, If_None_Match=tag).status_code == 200


def test_a_304_costs_one_look_up_and_makes_nothing(life: Subscribed, monkeypatch: pytest.MonkeyPatch) -> None:
    link = life.make("study")
    tag = life.fetch(link).headers["ETag"]
    asked: list[str] = []
    finder = life.app.extensions["calendars"]._find
    ask = finder._ask

    def noting(digest: str) -> object:
        asked.append(digest)
        return ask(digest)

    monkeypatch.setattr(finder, "_ask", noting)
    made: list[int] = []
    monkeypatch.setattr(life.app.extensions["calendars"], "_made", lambda *_: made.append(1))
    assert life.fetch(link, If_None_Match=tag).status_code == 304
    assert (len(asked), made) == (1, [])


def test_what_is_no_calendar_is_answered_by_the_pages(life: Subscribed) -> None:
    assert life.app.test_client().get("/").status_code == 200
    assert life.app.test_client().get("/calendars").status_code == 404
