"""What the benchmark of calendar feeds serves: a study whose feed has some 200 visits, each booked at an hour."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import inspect, select

from planner.config import Settings
from planner.persistence import schema
from planner.persistence.database import Database
from planner.persistence.feeds import Feed
from planner.persistence.participants import Participant
from planner.persistence.unit_of_work import SYSTEM, Store, UnitOfWork
from planner.persistence.visits import VisitRow
from planner.services.access import EVERYTHING
from planner.services.feeds import MakeFeed, digest_of, make_feed
from planner.services.keyring import kept_keys
from tests import postgresql
from tests.studies import NORTH, STUDY, Trial, trial

PARTICIPANTS = 8
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Served:
    """A database, the token of the feed of its study, and that of each feed that is there only to be many."""

    url: str
    token: str
    many: tuple[str, ...]


@contextmanager
def databases(kind: str, folder: Path) -> Iterator[str]:
    """The address of an empty database with all tables."""
    if kind == "sqlite":
        yield _migrated(f"sqlite:///{folder / 'bench.db'}")
        return
    with postgresql.server(flushed=True) as address:
        yield _migrated(address)


def _migrated(url: str) -> str:
    database = Database(url)
    schema.migrate(database)
    database.dispose()
    return url


def fill(url: str, many: int) -> Served:
    """A study with its feed, and so many more feeds, each about one participant."""
    database = Database(url)
    study = trial(Store(database), datetime.now(UTC))
    for number in range(1, PARTICIPANTS + 1):
        _take_in(study, f"01-{number:03}", number)
    asked = MakeFeed(audience="study", study=STUDY)
    linked = study.store.write(SYSTEM, study.now, lambda uow: make_feed(uow, study.designs, EVERYTHING, asked))
    tokens = study.store.write(SYSTEM, study.now, lambda uow: tuple(_more(uow, linked.feed, many)))
    database.dispose()
    return Served(url, linked.token, tokens)


def _take_in(study: Trial, name: str, number: int) -> None:
    today = study.now.date()
    # Everybody on a weekday of their own, so that a chair is free.
    day_1 = today + timedelta(days=7 - today.weekday() + number % 5)
    study.screen(name, NORTH)
    study.record(
        name,
        {"fact": "consented", "date": str(today - 20 * _DAY), "version": "1.0"},
        {"fact": "enrolled", "date": str(today - _DAY), "day_1": str(day_1)},
    )
    study.record(name, *study.store.read(lambda session: list(_bookings(session, name, number))))


def _bookings(session: Any, name: str, number: int) -> Iterator[dict[str, str]]:
    """Each visit that has a day of its own, at an hour of the participant's own."""
    query = select(VisitRow).join(Participant, Participant.id == VisitRow.participant_id)
    for visit in session.scalars(query.where(Participant.number == name)):
        if isinstance(visit.target, date) and visit.setting == "clinic" and not visit.gone:
            hour = f"{8 + number % 2 * 6:02}:30"
            yield {"fact": "booked", "date": str(visit.target), "visit": visit.key, "time": hour}


def _more(uow: UnitOfWork, like: Feed, many: int) -> Iterator[str]:
    participants = list(uow.session.scalars(select(Participant.id)))
    same = {
        column.key: getattr(like, column.key) for column in inspect(Feed).columns if column.key not in ("id", "digest")
    }
    for number in range(many):
        token = secrets.token_urlsafe(24)
        about = participants[number % len(participants)]
        uow.session.add(Feed(**{**same, "participant_id": about, "digest": digest_of(token)}))
        yield token


def environment(url: str, folder: Path) -> dict[str, str]:
    """The environment of a server over that database, with its keys: only beside SQLite it makes them itself."""
    assert Settings.model_config.get("env_prefix") == "PLANNER_"
    kept = kept_keys(folder)
    keys = {"PLANNER_CONTACT_KEYS": ",".join(kept["contact"]), "PLANNER_INDEX_KEY": kept["index"]}
    return {**os.environ, **keys, "DATABASE_URL": url, "PLANNER_DATA_FOLDER": str(folder)}
