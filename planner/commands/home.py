"""What an operator does about participants' own pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import click

from planner import clock
from planner.commands.installation import OPERATOR, Installation, installation
from planner.persistence.unit_of_work import UnitOfWork
from planner.services import home_links as service
from planner.services.access import EVERYTHING

T = TypeVar("T")


def give(study: str, number: str, bring: str, no_driving: bool) -> None:
    """Give a link and print it."""
    command = service.GiveLink(study=study, participant=number, bring=bring, no_driving=no_driving)
    with installation() as planner:
        _say(
            planner,
            _do(planner, lambda uow: service.give_link(uow, planner.designs, planner.keys, EVERYTHING, command)),
        )


def renew(study: str, number: str) -> None:
    """Give another link and print it."""
    with installation() as planner:
        _say(planner, _do(planner, lambda uow: service.renew_link(uow, EVERYTHING, study, number)))


def code(study: str, number: str) -> None:
    """Print a code that lets a device in."""
    with installation() as planner:
        said = _do(planner, lambda uow: service.let_in(uow, planner.keys, EVERYTHING, study, number))
    click.echo(f"{said}\nIt lets one phone or computer in, within ten minutes. Tell it to the participant alone.")


def end(study: str, number: str) -> None:
    """End a page."""
    with installation() as planner:
        _do(planner, lambda uow: service.take_link_back(uow, EVERYTHING, study, number))
    click.echo("The page has ended: its link, every device, and the calendar.")


def _do(planner: Installation, work: Callable[[UnitOfWork], T]) -> T:
    return planner.store.write(OPERATOR, clock.now(), work)


def _say(planner: Installation, given: service.Given) -> None:
    root = planner.settings.public_url or "https://…"
    click.echo(f"The link to their own page, which cannot be shown again:\n{root}/home/{given.token}")
    click.echo("A phone or computer that opens it is let in by a code: by text, or from `planner home code`.")
