"""What every calendar app on this machine shows: ``python -m tests.clients``, by ``make clients``.

Prints a page for docs/reference: the start instants of visits in six places where they differ from what zoneinfo tells,
some of them in full, and what apps with a subscription show after a visit was moved, cancelled, dropped, and the link
withdrawn. Ends with 1 if an app that is required shows anything else.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NamedTuple

import click

import planner.clock
from notifications.zone_data import version
from planner.persistence import schema
from planner.persistence.database import Database
from planner.persistence.unit_of_work import Store
from tests.clients.desktop import Desktop, evolution, missing_evolution, missing_thunderbird, thunderbird
from tests.clients.life import DAY_15, FIRST, LATER, MONTH, MOVED, NEVER, NOTHING, OFF, OTHER, WITHDRAWN, Phone, serving
from tests.clients.places import PLACES, feed, truth, visits
from tests.clients.readers import EVERY, KHAL, NODE_ICAL, Reader, Shown
from tests.clients.subscriptions import Subscription, subscribe
from tests.planner.api.callers import Clock
from tests.subscribed import DAY_8, Subscribed, subscribed

_SAMPLES = 3


class App(NamedTuple):
    """A desktop app: its name, why it cannot run, and how it is subscribed to an address."""

    name: str
    missing: Callable[[], str]
    open: Callable[[str], AbstractContextManager[Desktop]]


#: goes by the machine's own time zones for every name that it knows, whatever the calendar says
EVOLUTION = "Evolution's data server"
_SYNCED = "vdirsyncer and khal"
DESKTOP = (
    App("Thunderbird", missing_thunderbird, thunderbird),
    App(EVOLUTION, missing_evolution, evolution),
)


def main() -> int:
    """Everything, in the order in which the page has it."""
    every = [at for place in PLACES for at in visits(place)]
    click.echo("## Start instants\n")
    click.echo(
        f"{len(every)} visits in {', '.join(PLACES)}: summer, winter, and every hour of every clock-change day.\n"
    )
    click.echo(f"Time zones: ours {version()}, the machine's own {_machine_zones()}.\n")
    right = [_instants(name, shows(every), every) for name, shows in _readers()]
    click.echo("\n## After a refresh\n")
    click.echo("An app that has subscribed to a participant's feed, after each change and one refresh of its own.\n")
    right += [_changes(name, opened) for name, opened in _subscribers()]
    return 0 if all(right) else 1


def _readers() -> Iterator[tuple[str, Callable[[list[datetime]], dict[str, date]]]]:
    for reader in EVERY:
        if missing := reader.missing():
            click.echo(f"- {reader}: not run, {missing}")
            continue
        yield reader.name, lambda every, reader=reader: reader.read([feed(every)])[0].starts  # type: ignore[misc]
    for app in DESKTOP:
        if missing := app.missing():
            click.echo(f"- {app.name}: not run, {missing}")
            continue
        yield app.name, lambda every, app=app: _on_the_desktop(app, feed(every))  # type: ignore[misc]


def _on_the_desktop(app: App, text: str) -> dict[str, date]:
    def serve(_environ: Any, start_response: Any) -> list[bytes]:
        start_response("200 OK", [("Content-Type", "text/calendar; charset=utf-8")])
        return [text.encode()]

    with serving(serve) as address, app.open(f"{address}/feed.ics") as desktop:
        desktop.refresh()
        return {uid: event.start for uid, event in desktop.events.items()}


def _instants(name: str, starts: dict[str, date], every: list[datetime]) -> bool:
    wanted = truth(every)
    wrong = [uid for uid, start in wanted.items() if starts.get(uid) != start]
    also = len(starts.keys() - wanted.keys())
    click.echo(f"- {name}: {len(wanted) - len(wrong)} right, {len(wrong)} wrong{f', {also} more' if also else ''}")
    for uid in [*wanted][:: len(wanted) // _SAMPLES]:
        click.echo(f"  - {uid.partition('-A')[0]} shown at {_said(starts.get(uid))}")
    for place in PLACES:
        if some := [uid for uid in wrong if uid.endswith(place)]:
            click.echo(
                f"  - wrong in {place}: {len(some)}, the first at {some[0]}, shown at {_said(starts.get(some[0]))}"
            )
    return not wrong or name == NODE_ICAL.name or (name == EVOLUTION and _machine_zones() != version())


def _machine_zones() -> str:
    """The version of the machine's time zones, such as ``2026f``."""
    file = Path("/usr/share/zoneinfo/tzdata.zi")
    return file.read_text("utf-8").partition("\n")[0].removeprefix("# version ") if file.is_file() else "unknown"


def _said(start: date | None) -> str:
    return "nothing" if start is None else start.isoformat()


def _subscribers() -> Iterator[tuple[str, Callable[[str, Path], AbstractContextManager[Subscription]]]]:
    for reader in EVERY:
        if not reader.missing():
            name = _SYNCED if reader == KHAL else f"{reader}, fetched with If-None-Match"
            yield name, lambda url, folder, reader=reader: _fetching(reader, url, folder)  # type: ignore[misc]
    for app in DESKTOP:
        if not app.missing():
            yield app.name, lambda url, _folder, app=app: app.open(url)  # type: ignore[misc]


@contextmanager
def _fetching(reader: Reader, url: str, folder: Path) -> Iterator[Subscription]:
    yield subscribe(reader, url, folder)


def _changes(name: str, opened: Callable[[str, Path], AbstractContextManager[Subscription]]) -> bool:
    click.echo(f"- {name}")
    with tempfile.TemporaryDirectory(prefix="planner-clients-") as folder, _life(Path(folder)) as life:
        link = life.make("participant")
        with (
            serving(life.app) as address,
            opened(f"{address}/calendars/{link.token}.ics", Path(folder)) as app,
        ):
            right = [_step(*step) for step in _steps(Phone(life, link, app))]
            return all(right)


@contextmanager
def _life(folder: Path) -> Iterator[Subscribed]:
    at = Clock(datetime(2026, 1, 5, 14, 0, tzinfo=UTC))
    real, planner.clock.now = planner.clock.now, at
    database = Database(f"sqlite:///{folder / 'planner.db'}")
    schema.migrate(database)
    try:
        with subscribed(Store(database), folder, at) as life:
            yield life
    finally:
        planner.clock.now = real
        database.dispose()


def _after_death(phone: Phone) -> list[Shown]:
    phone.life.record({"fact": "died", "date": "2026-02-03"})
    return phone.refreshed()


def _steps(phone: Phone) -> Iterator[tuple[str, list[Shown], list[Shown]]]:
    phone.tell(DAY_8)
    phone.tell(DAY_15)
    yield "booked", [FIRST, OTHER], phone.refreshed()
    phone.tell(MOVED)
    yield "moved", [LATER, OTHER], phone.refreshed()
    phone.tell(OFF)
    yield "cancelled", [NEVER, OTHER], phone.refreshed()
    phone.life.wait(phone.life.at.now + MONTH)
    yield "dropped after 30 days", [OTHER], phone.refreshed()
    yield "participant died", [NOTHING], _after_death(phone)
    phone.withdraw()
    shown = phone.refreshed()
    yield "link withdrawn", [Shown(phone.life.at.now.date(), "CONFIRMED", WITHDRAWN)], shown


def _step(what: str, wanted: list[Shown], shown: list[Shown]) -> bool:
    said = "; ".join(f"{_said(event.start)} {event.summary} ({event.status})" for event in shown) or "nothing"
    right = shown == wanted
    click.echo(f"  - {what}: {said}{'' if right else ' — WRONG'}")
    return right


if __name__ == "__main__":
    sys.exit(main())
