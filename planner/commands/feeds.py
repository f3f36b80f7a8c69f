"""What an operator does about calendar feeds."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from notifications.calendars.lint import Severity, lint
from planner import clock
from planner.commands.installation import OPERATOR, Installation, installation
from planner.commands.output import write
from planner.persistence.paging import Asked
from planner.persistence.unit_of_work import Actor
from planner.persistence.users import user_by_email
from planner.presenting.plan_json import to_json
from planner.problems import InputProblem, NotFound, shown, visible
from planner.services import feeds as service
from planner.services.access import EVERYTHING, Scope
from planner.services.feed_scope import owner_scope

_PAGE = 500
_NOT_SEEN = " (has not seen the newest change)"


def create(email: str | None, said: dict[str, Any]) -> None:
    """Make a feed and print its link."""
    alarms = said.pop("alarms")
    command = service.MakeFeed(**said, alarm_minutes=alarms)
    with installation() as planner:
        actor, scope = _whose(planner, email)
        linked = planner.store.write(
            actor, clock.now(), lambda uow: service.make_feed(uow, planner.designs, scope, command)
        )
        _say(planner, linked)


def _whose(planner: Installation, email: str | None) -> tuple[Actor, Scope]:
    """Who acts, and within which scope: the operator, or the operator for somebody."""
    if email is None:
        return OPERATOR, EVERYTHING

    def look(session: Any) -> tuple[Actor, Scope]:
        user = user_by_email(session, email)
        if user is None:
            raise NotFound([InputProblem("--for", f"nobody signs in as {shown(email)}", "check the address")])
        return Actor(f"operator for user:{user.id}", user.id), owner_scope(session, user.id)

    return planner.store.read(look)


def _say(planner: Installation, linked: service.Linked) -> None:
    page = f"{planner.settings.public_url or 'https://…'}/calendars/{linked.token}"
    click.echo(f"Feed {linked.feed.id}. Its link, which cannot be shown again:\n{page}.ics")
    click.echo(f"A page for people, with a code for phones:\n{page}")


def list_all(states: tuple[str, ...], form: str) -> None:
    """List the feeds."""
    unknown = [state for state in states if state not in service.STATES]
    if unknown:
        raise click.UsageError(f"there is no status {unknown[0]}; choose from {', '.join(service.STATES)}")
    with installation() as planner:
        now, rows, cursor = clock.now(), [], None
        while True:
            found = planner.store.read(lambda session, cursor=cursor: _page_of(planner, session, states, now, cursor))  # type: ignore[misc]
            rows += found[0]
            cursor = found[1]
            if cursor is None:
                break
    write(to_json([_data(*row) for row in rows]) if form == "json" else "".join(f"{_line(*row)}\n" for row in rows))


def _page_of(
    planner: Installation, session: Any, states: tuple[str, ...], now: datetime, cursor: str | None
) -> tuple[list[tuple[service.Listed, int]], str | None]:
    """A page of feeds, each with how many visits it has no room for."""
    found = service.list_feeds(session, EVERYTHING, None, states, now, Asked(_PAGE, cursor))
    return [(row, service.left_out_of(session, planner.keys, row.feed, now)) for row in found.rows], found.next


def _data(row: service.Listed, left_out: int) -> dict[str, Any]:
    feed = row.feed
    return {
        "id": feed.id, "audience": feed.audience, "study": row.study, "site": row.site,
        "participant": row.participant, "owner": row.owner, "label": feed.label, "state": row.state,
        "revision": feed.revision, "changed_at": feed.changed_at.isoformat(), "visits_left_out": left_out,
        "fetches": [
            {"app": one.app, "last_at": one.last_at.isoformat(), "count": one.count, "revision": one.revision}
            for one in row.fetches
        ],
    }  # fmt: skip


def _line(row: service.Listed, left_out: int) -> str:
    about = " ".join(name for name in (row.study, row.site, row.participant) if name)
    behind = {one.app for one in row.behind}
    apps = [
        f"{one.app} on {one.last_at:%Y-%m-%d %H:%M} UTC{_NOT_SEEN if one.app in behind else ''}" for one in row.fetches
    ]
    fetched = "; ".join(apps) or "never fetched"
    said = [f"{row.feed.id:>5}", f"{row.feed.audience:11}", f"{row.state:9}", about, row.feed.label, fetched]
    said += [f"full: {left_out} visits are not shown"] if left_out else []
    return "  ".join(part for part in said if part)


def revoke(number: int) -> None:
    """Withdraw a link."""
    with installation() as planner:
        planner.store.write(
            OPERATOR,
            clock.now(),
            lambda uow: service.revoke_feed(
                uow, service.find_feed(uow.session, EVERYTHING, None, number, lock=True)
            ),
        )  # fmt: skip
    click.echo(f"The link of feed {number} is withdrawn; its calendar says so for 30 days.")


def rotate(number: int) -> None:
    """Give a feed another link."""
    with installation() as planner:
        linked = planner.store.write(
            OPERATOR,
            clock.now(),
            lambda uow: service.rotate_feed(
                uow, service.find_feed(uow.session, EVERYTHING, None, number, lock=True)
            ),
        )  # fmt: skip
        _say(planner, linked)


def lint_file(file: Path) -> None:
    """Check a calendar file."""
    octets = sys.stdin.buffer.read() if str(file) == "-" else file.read_bytes()
    findings = lint(octets, clock.now())
    name = "-" if str(file) == "-" else str(file)
    for one in findings:
        click.echo(visible(f"{name}:{one.line}: {one.severity}: {one.wrong}; {one.remedy}"))
    if any(one.severity is Severity.ERROR for one in findings):
        raise SystemExit(1)
