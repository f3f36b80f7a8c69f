"""Runs the demo: fills a database, and serves it with a web server and a worker until somebody stops it."""

from __future__ import annotations

import json
import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from pathlib import Path
from types import FrameType

import click

from planner import clock
from planner.commands.children import Children
from planner.commands.ports import free_port
from planner.config import ConfigurationError, Settings, read_settings
from planner.demo.filling import Demo, fill, open_again
from planner.persistence import schema
from planner.persistence.database import Database
from planner.persistence.unit_of_work import Store
from planner.services.keyring import kept_keys, keys_of

KEPT = Path("demo-data")


def run_demo(keep: bool) -> None:
    """Fill, serve, and say where; until SIGTERM (exit code 0) or Ctrl-C (130)."""
    port = free_port(os.environ.get("PORT", "8000"))
    for name in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, _end)
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs begin without it
    with _folder(keep) as folder:
        settings = _settings(folder)
        demo = _filled(settings)
        with Children(port, _environment(settings)) as children:
            children.wait_until_it_answers()
            _say(children.address, demo)
            children.wait()


def _end(_signal: int, _frame: FrameType | None) -> None:
    for name in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(name, signal.SIG_IGN)
    raise SystemExit(0)


@contextmanager
def _folder(keep: bool) -> Iterator[Path]:
    """Where the data and the keys are: a folder that is kept, or one for this time only."""
    named = os.environ.get("PLANNER_DATA_FOLDER")
    if named or keep or any(os.environ.get(name) for name in ("DATABASE_URL", "PLANNER_DATABASE_URL")):
        folder = Path(named).absolute() if named else KEPT.absolute()
        folder.mkdir(parents=True, exist_ok=True)
        yield folder
        return
    with tempfile.TemporaryDirectory(prefix="planner-demo-", ignore_cleanup_errors=True) as made:
        yield Path(made)


def _settings(folder: Path) -> Settings:
    """The environment's settings; keys that it does not give are made, and kept in the folder."""
    settings = read_settings({"data_folder": folder})
    if settings.contact_keys or settings.index_key:
        return settings
    kept = kept_keys(folder)
    return read_settings({"data_folder": folder, "contact_keys": ",".join(kept["contact"]), "index_key": kept["index"]})


def _environment(settings: Settings) -> dict[str, str]:
    """What the children are told."""
    given = {
        "PLANNER_DATA_FOLDER": str(settings.data_folder), "DATABASE_URL": settings.database,
        "PLANNER_CONTACT_KEYS": ",".join(key.get_secret_value() for key in settings.contact_keys),
        "PLANNER_INDEX_KEY": settings.index_key.get_secret_value() if settings.index_key else "",
        "PLANNER_CHANNEL": "handset", "PLANNER_SHOW_PHONES": "yes", "PLANNER_SEND_EVERY_SECONDS": "1",
    }  # fmt: skip
    return {**os.environ, **given}


def _filled(settings: Settings) -> Demo:
    """The demo in this database: filled now, or found there. Raises ConfigurationError for one with something else."""
    keys, now = keys_of(settings), clock.now()
    database = Database(settings.database, settings.database_pool)
    try:
        if schema.current(database) is None:
            schema.migrate(database)
        schema.check(database)
        store = Store(database)
        if schema.is_empty(database):
            if "DEMO_JSON" not in os.environ:
                click.echo("Making a demo; this takes some seconds …", err=True)
            return fill(store, keys, now)
        demo = open_again(store, keys, now)
    finally:
        database.dispose()
    if demo is None:
        raise ConfigurationError("DATABASE_URL: this database holds something else; give the demo an empty one")
    return demo


def _say(address: str, demo: Demo) -> None:
    if os.environ.get("DEMO_JSON") == "1":
        said = {
            "url": address, "users": [asdict(user) for user in demo.users], "token": demo.token,
            "calendars": {name: f"{address}/calendars/{link}" for name, link in demo.links.items()},
            "pages": [{**asdict(page), "link": f"{address}/home/{page.link}"} for page in demo.pages],
        }  # fmt: skip
        click.echo(json.dumps(said))
        return
    widest = max(len(user.role) for user in demo.users)
    lines = [f"The visit planner: {address}", "", "Everything in it is made up. Sign in as"]
    lines += [f"  {user.role:{widest}}  {user.email}  {user.password}" for user in demo.users]
    lines += ["", f"API token: {demo.token}", "", "Calendars to subscribe to:"]
    lines += [f"  {name:{widest}}  {address}/calendars/{link}" for name, link in demo.links.items()]
    lines += ["", "Participants' own pages; a code comes to the simulated phone:"]
    for page in demo.pages:
        phone = f"{address}/phones/{page.study}/{page.number}"
        lines += [f"  {page.language:{widest}}  {address}/home/{page.link}", f"  {'':{widest}}  {phone}"]
    lines += ["", "Ctrl-C stops it."]
    with suppress(BrokenPipeError):
        click.echo("\n".join(lines))
