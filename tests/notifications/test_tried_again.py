"""Whatever way a message comes to be tried again, everything that stops a first attempt stops the next one as well."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import delete, update

from notifications.message import StatusReport, Verdict
from notifications.opt_outs import stop
from notifications.recipients import RecipientRow, stop_recipient
from notifications.rules import ALL, RulesRow, SwitchRow
from notifications.statuses import take_status
from tests.clinic import DUE, STUDY, Clinic, digest_of
from tests.fakes import LOST_BEFORE

Step = Callable[[Clinic], object]


def not_taken(clinic: Clinic) -> None:
    """The provider asked to come again."""
    clinic.provider.plan = [Verdict.NOT_TAKEN]
    clinic.tick()


def unknown(clinic: Clinic) -> None:
    """Nobody knows; and looked at twice, the provider does not have it."""
    clinic.provider.plan = [LOST_BEFORE]
    clinic.tick()


def not_delivered(clinic: Clinic) -> None:
    """The phone was off: another one goes out later."""
    clinic.tick()
    number = clinic.provider.taken[0].provider_id
    report = StatusReport(
        channel="sms", provider_id=number, token="", state="undelivered", status="undelivered", error_code="30003"
    )
    clinic.do(lambda session: take_status(session, report, clinic.now))


def lapsed(clinic: Clinic) -> None:
    """A worker died before its request."""
    clinic.dispatcher("dead")._claim("sms", 50)


def switched(study: int) -> Step:
    row = SwitchRow(study_id=study, off=True, why="made up", changed_at=DUE)
    return lambda clinic: clinic.do(lambda session: session.merge(row))


def doing(work: Callable[[Any], object]) -> Step:
    return lambda clinic: clinic.do(work)


STOPS: dict[str, tuple[Step, str]] = {
    "the study is switched off": (switched(STUDY), "held"),
    "all is switched off": (switched(ALL), "held"),
    "the study sends nothing": (doing(lambda s: s.execute(update(RulesRow).values(enabled=False))), "held"),
    "the study has no rules any more": (doing(lambda s: s.execute(delete(RulesRow))), "held"),
    "they died": (doing(lambda s: stop_recipient(s, "p1", "died", DUE)), "cancelled"),
    "they may not be contacted": (
        doing(lambda s: s.execute(update(RecipientRow).values(may_be_contacted=False))), "cancelled",
    ),
    "they said stop": (doing(lambda s: stop(s, "sms", digest_of("+12125550111"), "reply", DUE)), "suppressed"),
}  # fmt: skip


@pytest.mark.parametrize("why", STOPS)
@pytest.mark.parametrize("first", [not_taken, unknown, not_delivered, lapsed])
def test_what_stops_a_message_stops_it_when_it_is_tried_again(clinic: Clinic, first: Step, why: str) -> None:
    change, state = STOPS[why]
    first(clinic)
    asked = len(clinic.provider.outgoing)
    change(clinic)
    clinic.tick_on(5)
    clinic.wait(minutes=60)
    clinic.tick()
    assert len(clinic.provider.outgoing) == asked
    assert [row.state for row in clinic.messages() if row.state != "undelivered"] == [state]


@pytest.mark.parametrize("first", [not_taken, unknown, not_delivered, lapsed])
def test_with_nothing_against_it_it_goes_out_then(clinic: Clinic, first: Step) -> None:
    first(clinic)
    asked = len(clinic.provider.outgoing)
    clinic.tick_on(5)
    clinic.now = max(clinic.now, DUE + timedelta(minutes=61))
    clinic.tick()
    assert len(clinic.provider.outgoing) == asked + 1
    assert clinic.messages()[-1].state == "accepted"
