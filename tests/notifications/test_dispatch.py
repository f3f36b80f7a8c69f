"""What is due goes out once, and what the last check reads again stops it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, update

from notifications.appointments import AppointmentRow
from notifications.attempts import Pace
from notifications.dispatch import Dispatcher
from notifications.health import Heartbeat
from notifications.message import Outgoing
from notifications.opt_outs import stop
from notifications.outbox import MessageRow
from notifications.recipients import AddressRow, RecipientRow
from notifications.rules import ALL, RulesRow, SwitchRow
from tests.clinic import DUE, ONCE, STUDY, Clinic, digest_of
from tests.fakes import FakeProvider


def test_what_is_due_is_handed_over_once_with_its_text_and_recorded(clinic: Clinic) -> None:
    figures = clinic.tick()
    assert (figures["claimed"], figures["accepted"]) == (1, 1)
    [outgoing] = clinic.provider.outgoing
    assert "Elm clinic" in outgoing.text
    assert outgoing.to == "+12125550111"
    [row] = clinic.messages()
    assert (row.state, row.text, row.provider_id) == ("accepted", outgoing.text, clinic.provider.taken[0].provider_id)
    assert (row.digest, row.token, row.attempts) == (digest_of("+12125550111"), outgoing.token, 1)
    assert (row.accepted_at, row.lease_until, row.owner) == (DUE, None, None)
    assert row.wording == "reminder/en/1"
    assert clinic.events(row.id) == ["planned", "sending", "accepted"]
    assert clinic.tick() == {}
    assert len(clinic.provider.outgoing) == 1


def test_an_e_mail_asks_for_no_answer_and_says_that_nobody_reads_one(clinic: Clinic) -> None:
    clinic.book_visits(clinic.recipient("p2", "p2@example.org", channels=("email",)), ONCE)
    mail = FakeProvider(clinic.clock, name="email")
    Dispatcher(clinic.database, {"email": mail, "sms": clinic.provider}, clinic.book, "worker-1", clinic.clock).tick()
    [by_mail], [by_text] = mail.outgoing, clinic.provider.outgoing
    assert "Reply 1 to confirm" in by_text.text
    assert by_mail.text.startswith(by_text.text.partition(" Reply 1")[0])
    assert by_mail.text.endswith("Nobody reads answers to this e-mail. Please call instead.")
    assert not any(word in by_mail.text for word in ("Reply", "reply", "STOP"))


def test_nothing_is_sent_before_it_is_due(clinic: Clinic) -> None:
    clinic.now = DUE - timedelta(microseconds=1)
    assert clinic.tick() == {}


def test_a_text_may_not_arrive_at_night_nor_when_it_is_of_no_use(clinic: Clinic) -> None:
    clinic.tick()
    assert clinic.provider.outgoing[0].valid_for == timedelta(hours=11)  # until eight in the evening


def test_what_is_sent_is_kept_before_the_request_begins(clinic: Clinic) -> None:
    seen: list[tuple[Any, ...]] = []

    def look(outgoing: Outgoing) -> None:
        [row] = clinic.messages()
        seen.append((row.state, row.text == outgoing.text, row.token == outgoing.token, row.digest is not None))

    clinic.provider.meanwhile = look
    clinic.tick()
    assert seen == [("sending", True, True, True)]


def test_what_is_claimed_is_held_for_as_long_as_the_lease_lasts(clinic: Clinic) -> None:
    seen: list[datetime | None] = []
    clinic.provider.meanwhile = lambda _: seen.append(clinic.messages()[0].lease_until)
    clinic.tick()
    assert seen == [DUE + clinic.pace.lease]


def test_the_heart_beats_with_each_tick(clinic: Clinic) -> None:
    for _ in range(2):
        clinic.tick()
        clinic.wait(minutes=1)
    with clinic.database.reading() as session:
        row = session.get_one(Heartbeat, "worker-1")
        assert (row.begun_at, row.ticked_at) == (DUE, DUE + timedelta(minutes=1))


def test_a_lease_must_leave_room_for_three_requests(clinic: Clinic) -> None:
    with pytest.raises(ValueError, match="three times the timeout"):
        clinic.dispatcher(pace=Pace(lease=timedelta(seconds=30)))


# -- the last check -----------------------------------------------------------------------------

Change = Callable[[Any], object]


def a_row(model: Any, **values: Any) -> Change:
    return lambda session: session.execute(update(model).values(values))


def a_switch(study: int) -> Change:
    return lambda session: session.add(SwitchRow(study_id=study, off=True, why="made up", changed_at=DUE))


REFUSALS: list[tuple[str, Change, str, str]] = [
    ("stopped", a_row(RecipientRow, may_be_contacted=False), "cancelled", "not to be contacted"),
    ("another version", a_row(AppointmentRow, version=2), "cancelled", "has changed"),
    ("cancelled", a_row(AppointmentRow, cancelled=True), "cancelled", "has changed"),
    ("withheld", a_row(AppointmentRow, withheld=True), "cancelled", "no reminders"),
    ("no address", lambda session: session.execute(delete(AddressRow)), "cancelled", "no consent"),
    ("consent ended", a_row(AddressRow, until=DUE), "cancelled", "no consent"),
    ("consent to come", a_row(AddressRow, since=DUE + timedelta(seconds=1)), "planned", "not-yet"),
    ("suspended", a_row(AddressRow, suspended_at=DUE), "held", "suspended"),
    ("another number", a_row(AddressRow, digest="0" * 64), "planned", "again"),
    ("another language", a_row(RecipientRow, language="es"), "planned", "again"),
    ("another zone", a_row(RecipientRow, zone="America/Chicago"), "planned", "again"),
    ("other rules", a_row(RulesRow, changed_at=DUE), "planned", "again"),
    ("opted out", lambda session: stop(session, "sms", digest_of("+12125550111"), "reply", DUE), "suppressed", "stop"),
    ("switched off", a_switch(STUDY), "held", "switched off"),
    ("all switched off", a_switch(ALL), "held", "switched off"),
    ("not enabled", a_row(RulesRow, enabled=False), "held", "sends nothing"),
    ("no rules", lambda session: session.execute(delete(RulesRow)), "held", "sends nothing"),
    ("expired", a_row(MessageRow, expires_at=DUE), "expired", "no use"),
    ("hardly any lease", a_row(MessageRow, lease_until=DUE + timedelta(seconds=11)), "planned", "lease"),
]


@pytest.mark.parametrize(("change", "state", "reason"), [each[1:] for each in REFUSALS], ids=[r[0] for r in REFUSALS])
def test_whatever_changed_since_the_claim_stops_it(clinic: Clinic, change: Change, state: str, reason: str) -> None:
    """Two messages are claimed at once; while the first is being sent something changes for the second."""
    other = replace(ONCE, reference="other")
    clinic.now = DUE - timedelta(days=3)
    clinic.book_visits(clinic.recipient("p0", "+12125550110"), other)
    clinic.now = DUE
    [_, second] = clinic.messages()
    clinic.do(
        lambda s: s.execute(update(MessageRow).where(MessageRow.id == second.id).values(due_at=DUE - timedelta(1)))
    )

    def meanwhile(outgoing: Outgoing) -> None:
        clinic.provider.meanwhile = lambda _: None
        clinic.do(change)

    clinic.provider.meanwhile = meanwhile
    clinic.tick()
    assert len(clinic.provider.outgoing) == 1
    row = next(row for row in clinic.messages() if row.id != second.id)
    assert row.state == state
    assert reason in row.reason
    assert row.attempts == 0


@pytest.mark.parametrize(
    "change",
    [
        a_row(AddressRow, until=DUE + timedelta(seconds=1)),
        a_row(AddressRow, since=DUE),
        a_row(MessageRow, expires_at=DUE + timedelta(seconds=1)),
        lambda session: session.add(SwitchRow(study_id=2, off=True, changed_at=DUE)),
        lambda session: session.add(SwitchRow(study_id=STUDY, off=False, changed_at=DUE)),
        lambda session: stop(session, "email", digest_of("+12125550111"), "reply", DUE),
        lambda session: stop(session, "sms", digest_of("+12125550112"), "reply", DUE),
    ],
    ids=["until later", "since now", "of use", "another study", "on again", "another channel", "another number"],
)
def test_what_does_not_concern_it_stops_nothing(clinic: Clinic, change: Change) -> None:
    clinic.do(change)
    clinic.tick()
    assert len(clinic.provider.outgoing) == 1


def test_a_claim_that_has_become_another_workers_is_left_alone(clinic: Clinic) -> None:
    clinic.provider.meanwhile = lambda _: None
    other = clinic.dispatcher("worker-2")
    batch, _ = clinic.dispatcher()._claim("sms", 50)
    clinic.wait(seconds=61)
    other.tick()
    clinic.wait(seconds=61)
    other.tick()
    clinic.wait(seconds=61)
    other.tick()
    assert clinic.stand() == {"v1.reminder.3d.sms": "accepted"}
    assert batch is not None
    from notifications.dispatch import _Lane, _Results
    from notifications.last_check import last_check
    from notifications.message import Figures

    with last_check(clinic.database, timedelta(minutes=3)) as check:
        clinic.dispatcher()._send_all(_Lane("sms", check, Figures(), 50), batch.attempts, _Results())
    assert len(clinic.provider.outgoing) == 1


# -- hours, caps, what is held ------------------------------------------------------------------


def test_in_quiet_hours_it_waits_until_they_end_and_no_attempt_counts(clinic: Clinic) -> None:
    clinic.now = datetime(2026, 3, 7, 2, 0, tzinfo=UTC)  # nine in the evening
    assert clinic.tick()["planned"] == 1
    [row] = clinic.messages()
    assert (row.due_at, row.attempts, row.reason) == (datetime(2026, 3, 7, 13, 0, tzinfo=UTC), 0, "quiet hours")
