"""A clock is put forward or back, or was wrong for a while: nothing is lost by that and nothing goes out twice."""

from datetime import timedelta

import pytest
from sqlalchemy import update

from notifications.health import Circuit
from notifications.message import Outgoing, Verdict
from notifications.outbox import MessageRow
from tests.clinic import DUE, Clinic
from tests.fakes import LOST_AFTER, LOST_BEFORE

JUMPS = [timedelta(hours=hours) for hours in (-24 * 400, -25, -1, 1, 5)]


def once(clinic: Clinic) -> None:
    """A worker goes on, by a clock that is right again; the provider has the message once."""
    for minutes in (30, 60, 300):  # it may have to wait until as late as the clock was ahead
        clinic.now = DUE + timedelta(minutes=minutes)
        clinic.tick()
        clinic.tick_on(5)
    assert (clinic.state(), len(clinic.provider.taken)) == ("accepted", 1)


@pytest.mark.parametrize("jump", JUMPS, ids=str)
def test_a_clock_that_jumps_while_a_message_goes_out(clinic: Clinic, jump: timedelta) -> None:
    def meanwhile(_: Outgoing) -> None:
        clinic.now = DUE + jump

    clinic.provider.meanwhile = meanwhile
    clinic.tick()
    clinic.provider.meanwhile = lambda _: None
    clinic.tick()
    once(clinic)


@pytest.mark.parametrize("fate", [LOST_AFTER, LOST_BEFORE])
@pytest.mark.parametrize("jump", JUMPS, ids=str)
def test_a_clock_that_jumps_while_nobody_knows(clinic: Clinic, jump: timedelta, fate: str) -> None:
    clinic.provider.plan = [fate]
    clinic.tick()
    clinic.now = DUE + jump
    for _ in range(3):
        clinic.tick()
    once(clinic)


@pytest.mark.parametrize("column", ["lease_until", "settle_at"])
def test_what_waits_for_an_instant_years_ahead_is_looked_after_at_once(clinic: Clinic, column: str) -> None:
    clinic.provider.plan = [LOST_AFTER]
    clinic.tick()
    state = {"lease_until": "sending", "settle_at": "unknown"}[column]
    years = {"state": state, column: DUE + timedelta(days=900)}
    clinic.do(lambda s: s.execute(update(MessageRow).values(years)))
    once(clinic)


def test_a_provider_that_was_left_alone_for_years_is_tried_again(clinic: Clinic) -> None:
    clinic.do(
        lambda s: s.add(Circuit(channel="sms", failures=10, open_until=DUE + timedelta(days=900), changed_at=DUE))
    )
    clinic.tick()
    assert clinic.state() == "accepted"


def test_a_clock_that_was_minutes_ahead_of_the_providers_takes_over_what_it_sent(clinic: Clinic) -> None:
    def meanwhile(_: Outgoing) -> None:
        clinic.now = DUE - timedelta(minutes=9)  # as the provider sees it

    clinic.provider.plan, clinic.provider.meanwhile = [LOST_AFTER], meanwhile
    clinic.tick()
    once(clinic)


def test_what_was_not_taken_by_a_clock_that_was_ahead_is_still_tried_before_it_is_of_no_use(clinic: Clinic) -> None:
    clinic.provider.plan = [Verdict.NOT_TAKEN]
    clinic.tick()
    clinic.now = DUE - timedelta(hours=1)
    clinic.tick()
    assert (clinic.state(), clinic.provider.taken) == ("planned", [])
    once(clinic)
