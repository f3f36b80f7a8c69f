"""What an operator does about sending: the switches, what is held, and sending it after all."""

from __future__ import annotations

from collections.abc import Iterator

import click

from planner import clock
from planner.commands.installation import OPERATOR, installation
from planner.persistence.unit_of_work import UnitOfWork
from planner.services.access import EVERYTHING, find_study
from planner.services.sending import (
    StudySending,
    Switch,
    replay_held,
    set_study_switch,
    set_whole_switch,
    studies_sending,
    study_switch,
    whole_switch,
)


def switch(study: str | None, everywhere: bool, off: bool, why: str) -> None:
    """Switch sending off or on, in one study or everywhere."""
    if (study is None) != everywhere:
        raise click.UsageError("name a STUDY, or give --everywhere")

    def work(uow: UnitOfWork) -> None:
        if study is None:
            set_whole_switch(uow, EVERYTHING, off, why)
        else:
            set_study_switch(uow, find_study(uow.session, EVERYTHING, study), off, why)

    with installation() as planner:
        planner.store.write(OPERATOR, clock.now(), work)
    status()


def status() -> None:
    """Say what is switched off, and how much is held and to come."""
    with installation() as planner:
        whole, studies = planner.store.read(lambda session: (whole_switch(session), studies_sending(session)))
    click.echo(f"everywhere: {_switched(whole)}")
    for one in studies:
        click.echo(f"{one.code}: {', '.join(_words(one))}")


def _words(one: StudySending) -> Iterator[str]:
    yield _sends(one)
    yield f"{one.held} held"
    yield f"{one.planned} still to come"


def _sends(one: StudySending) -> str:
    if not one.enabled:
        return "sends nothing by its rules"
    return "switched off everywhere" if one.switch.everywhere and not one.switch.off else _switched(one.switch)


def _switched(switch: Switch) -> str:
    if not switch.off or switch.changed_at is None:
        return "on"
    return f"switched off since {switch.changed_at:%Y-%m-%d %H:%M} UTC ({switch.why})"


def replay(study: str) -> None:
    """Send after all what was held in a study."""
    with installation() as planner:
        count = planner.store.write(OPERATOR, clock.now(), lambda uow: replay_held(uow, EVERYTHING, study))
        switch = planner.store.read(lambda session: study_switch(session, EVERYTHING, study))
    click.echo(f"{count} planned again; what was of no use any more has expired.")
    if count and (switch.off or switch.everywhere):
        click.echo("Sending is still switched off there: what is due is held again.")
