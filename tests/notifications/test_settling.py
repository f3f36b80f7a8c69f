"""An outcome that nobody knows is looked up, twice, and never simply resent."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from notifications.message import Outgoing, Receipt, Verdict
from notifications.opt_outs import has_stopped
from notifications.outbox import MessageRow
from notifications.recipients import AddressRow
from tests.clinic import DUE, ONCE, Clinic, digest_of
from tests.fakes import LOST_AFTER, LOST_BEFORE

# -- looking it up ------------------------------------------------------------------------------


def test_what_the_provider_lists_is_taken_over_and_not_sent_again(clinic: Clinic) -> None:
    clinic.provider.plan = [LOST_AFTER]
    clinic.tick()
    assert clinic.state() == "unknown"
    clinic.wait(seconds=59)
    clinic.tick()
    assert clinic.state() == "unknown"
    clinic.tick_on(1)
    [row] = clinic.messages()
    assert (row.state, row.provider_id, row.accepted_at) == ("accepted", clinic.provider.taken[0].provider_id, DUE)
    assert len(clinic.provider.taken) == 1
    assert clinic.events(row.id) == ["planned", "sending", "unknown", "accepted"]


def test_what_the_provider_does_not_list_at_two_looks_is_sent_again_by_another_token(clinic: Clinic) -> None:
    clinic.provider.plan = [LOST_BEFORE]
    clinic.tick()
    first = clinic.messages()[0].token
    clinic.tick_on(1)
    assert (clinic.state(), len(clinic.provider.outgoing)) == ("unknown", 1)
    clinic.tick_on(1)
    [row] = clinic.messages()
    assert (row.state, row.attempts, row.token == first) == ("accepted", 2, False)
    assert len(clinic.provider.taken) == 1


def test_a_list_that_lags_behind_is_looked_at_again(clinic: Clinic) -> None:
    clinic.provider.plan, clinic.provider.lag = [LOST_AFTER], timedelta(seconds=90)
    clinic.tick()
    clinic.tick_on(3)
    assert (clinic.state(), len(clinic.provider.taken)) == ("accepted", 1)


def test_a_list_that_cannot_be_had_settles_nothing_until_a_person_has_to_look(clinic: Clinic) -> None:
    clinic.provider.plan, clinic.provider.lag = [LOST_BEFORE], None
    clinic.tick()
    clinic.tick_on(30)
    assert (clinic.state(), clinic.messages()[0].looks) == ("unknown", 0)
    clinic.now = clinic.messages()[0].expires_at
    clinic.tick()
    assert (clinic.state(), [task.kind for task in clinic.tasks()]) == ("held", ["unsettled"])
    assert len(clinic.provider.outgoing) == 1


def test_a_number_that_has_changed_meanwhile_is_not_asked_about(clinic: Clinic) -> None:
    clinic.provider.plan = [LOST_AFTER]
    clinic.tick()
    clinic.recipient(number="+12125550199")
    clinic.tick_on(3)
    assert (clinic.state(), len(clinic.provider.outgoing)) == ("unknown", 1)


def test_another_text_or_an_older_one_is_not_taken_for_it(clinic: Clinic) -> None:
    clinic.provider.plan = [LOST_BEFORE]
    clinic.tick()
    [outgoing] = clinic.provider.outgoing
    clinic.provider._take(replace(outgoing, text="another"))
    clinic.now -= clinic.pace.skew + timedelta(seconds=1)
    clinic.provider._take(outgoing)
    clinic.now = DUE
    clinic.tick_on(2)
    assert clinic.messages()[0].provider_id == clinic.provider.taken[2].provider_id


def test_two_equal_texts_to_a_shared_phone_do_not_both_take_over_one(clinic: Clinic) -> None:
    clinic.now = DUE - timedelta(days=4)
    clinic.book_visits(clinic.recipient("p2"), ONCE)
    clinic.now = DUE
    clinic.provider.plan = [LOST_AFTER, LOST_BEFORE]
    clinic.tick()
    clinic.tick_on(2)
    assert [row.state for row in clinic.messages()] == ["accepted", "accepted"]
    assert len({row.provider_id for row in clinic.messages()}) == len(clinic.provider.taken) == 2
    assert len(set(clinic.provider.texts())) == 1


def test_one_of_equal_texts_that_is_being_sent_keeps_its_own(clinic: Clinic) -> None:
    """What the list has may be the one whose sender has not recorded it yet: nothing is settled before it has."""
    clinic.now = DUE - timedelta(days=4)
    clinic.book_visits(clinic.recipient("p2"), ONCE)
    clinic.now = DUE
    first, second = (row.id for row in clinic.messages())
    clinic.do(lambda s: s.execute(update(MessageRow).where(MessageRow.id == second).values(due_at=DUE + timedelta(1))))
    clinic.provider.plan = [LOST_BEFORE]
    clinic.tick()
    clinic.do(lambda s: s.execute(update(MessageRow).where(MessageRow.id == second).values(due_at=DUE)))
    clinic.wait(seconds=30)

    def meanwhile(_: Outgoing) -> None:
        clinic.provider.meanwhile = lambda _: None
        clinic.now = DUE + timedelta(seconds=61)
        clinic.provider._take(clinic.provider.outgoing[-1])
        clinic.dispatcher("worker-2").tick()
        [look] = [row for row in clinic.messages() if row.id == first]
        assert (look.state, look.looks) == ("unknown", 0)
        clinic.provider.taken.pop()

    clinic.provider.meanwhile = meanwhile
    clinic.tick()
    clinic.tick_on(3)
    assert [row.state for row in clinic.messages()] == ["accepted", "accepted"]
    assert len({row.provider_id for row in clinic.messages()}) == len(clinic.provider.taken) == 2


def test_a_worker_that_died_after_its_request_has_sent_it(clinic: Clinic) -> None:
    def die(_: Outgoing) -> None:
        raise KeyboardInterrupt

    clinic.provider.meanwhile = die
    with pytest.raises(KeyboardInterrupt):
        clinic.tick()
    clinic.provider._take(clinic.provider.outgoing[0])
    clinic.provider.meanwhile = lambda _: None
    assert clinic.state() == "sending"
    clinic.tick_on(2)
    assert (clinic.state(), len(clinic.provider.taken)) == ("accepted", 1)


def test_an_error_of_a_channel_counts_as_unknown(clinic: Clinic) -> None:
    def fail(_: Outgoing) -> None:
        raise RuntimeError

    clinic.provider.meanwhile = fail
    clinic.tick()
    assert clinic.state() == "unknown"


# -- verdicts -----------------------------------------------------------------------------------


def test_what_was_not_taken_is_tried_again_later_each_time(clinic: Clinic) -> None:
    clinic.provider.plan = [Verdict.NOT_TAKEN] * 3
    waits = []
    for _ in range(3):
        clinic.tick()
        [row] = clinic.messages()
        waits.append((row.due_at - clinic.now).total_seconds())
        clinic.now = row.due_at
    clinic.tick()
    assert clinic.state() == "accepted"
    assert all(
        least <= wait <= most for wait, (least, most) in zip(waits, [(2.5, 7.5), (5, 15), (10, 30)], strict=True)
    )


def test_a_provider_that_says_when_is_not_asked_before(clinic: Clinic) -> None:
    clinic.provider.plan = [Receipt(verdict=Verdict.NOT_TAKEN, retry_after=timedelta(minutes=20))]
    clinic.tick()
    assert clinic.messages()[0].due_at == DUE + timedelta(minutes=20)


def test_what_was_never_taken_expires_when_it_is_of_no_use(clinic: Clinic) -> None:
    clinic.provider.plan = [Verdict.NOT_TAKEN]
    clinic.tick()
    clinic.now = clinic.messages()[0].expires_at
    clinic.do(lambda s: s.execute(update(MessageRow).values(due_at=clinic.now)))
    clinic.tick()
    assert (clinic.state(), len(clinic.provider.outgoing), clinic.tasks()) == ("expired", 1, [])


def test_a_notice_that_could_not_be_sent_in_time_is_told_to_a_person(clinic: Clinic) -> None:
    clinic.book_visits(clinic.messages()[0].recipient_id, replace(ONCE, starts=12 * 60, wants=()))
    clinic.now = clinic.appointment().starts_at
    clinic.tick()
    assert clinic.stand() == {"v1.reminder.3d.sms": "cancelled", "v2.moved.change.sms": "expired"}
    assert [task.kind for task in clinic.tasks()] == ["untold"]


@pytest.mark.parametrize(
    ("code", "suspended"), [("21211", True), ("21614", True), ("30006", True), ("21408", False), ("30007", False)]
)
def test_what_is_refused_has_failed_and_a_number_that_is_none_is_suspended(
    clinic: Clinic, code: str, suspended: bool
) -> None:
    clinic.provider.plan = [Receipt(verdict=Verdict.REFUSED, error_code=code, words="made up")]
    clinic.tick()
    assert (clinic.state(), [task.kind for task in clinic.tasks()]) == ("failed", ["unreachable"])
    with clinic.database.reading() as session:
        assert (session.scalars(select(AddressRow)).one().suspended_at is not None) == suspended


def test_what_the_provider_has_been_told_to_stop_stands_in_our_own_ledger(clinic: Clinic) -> None:
    clinic.provider.plan = [Verdict.OPTED_OUT]
    clinic.tick()
    assert (clinic.state(), [task.kind for task in clinic.tasks()]) == ("suppressed", ["opted-out"])
    with clinic.database.reading() as session:
        assert has_stopped(session, "sms", digest_of("+12125550111"), clinic.now)
