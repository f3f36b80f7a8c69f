"""Callbacks come as they like; what recipients have been told is what was taken; what was on its way is shown."""

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from notifications.message import Outgoing, StatusReport, Verdict
from notifications.outbox import RANK, MessageEvent, State
from notifications.recipients import AddressRow, stop_recipient
from notifications.statuses import take_status
from tests.clinic import DUE, ONCE, Clinic
from tests.fakes import LOST_AFTER, LOST_BEFORE


def report(clinic: Clinic, word: str | None, **changes: str) -> str:
    """The provider says something of the only message."""
    given = {
        "channel": "sms",
        "provider_id": f"SM{0:032x}",
        "token": clinic.messages()[0].token or "",
        "error_code": "",
    }
    said = StatusReport(state=word, status=str(word), **(given | changes))
    return clinic.do(lambda session: take_status(session, said, clinic.now))


# -- callbacks ----------------------------------------------------------------------------------


def test_what_a_provider_says_in_any_order_and_twice_never_goes_back(clinic: Clinic) -> None:
    clinic.tick()
    said = [report(clinic, word) for word in ("sent", "delivered", "sent", "accepted", "delivered", "failed")]
    assert said == ["sent", "delivered", *["no-news"] * 4]
    assert clinic.state() == "delivered"
    assert clinic.messages()[0].accepted_at == DUE


@pytest.mark.parametrize("word", ["undelivered", "failed"])
def test_what_could_not_be_delivered_is_told_to_a_person_and_may_still_arrive(clinic: Clinic, word: str) -> None:
    clinic.tick()
    assert report(clinic, word, error_code="30007") == word
    assert [task.kind for task in clinic.tasks()] == ["unreachable"]
    assert report(clinic, "delivered") == "delivered"


@pytest.mark.parametrize("code", ["30005", "30006"])
def test_a_landline_or_no_number_that_only_a_callback_shows_is_suspended(clinic: Clinic, code: str) -> None:
    clinic.tick()
    report(clinic, "undelivered", error_code=code)
    with clinic.database.reading() as session:
        assert session.scalars(select(AddressRow)).one().suspended_why == f"error {code}"


@pytest.mark.parametrize(
    "changes",
    [
        {"provider_id": "SMother", "token": "0" * 16 + ".1"},
        {"provider_id": "SMother", "token": "nonsense"},
        {"provider_id": "SMother", "token": "x.99999999999999999999"},
        {"provider_id": "SMother", "token": ""},
        {"channel": "email"},
    ],
    ids=["another attempt", "no token", "no number", "empty", "another channel"],
)
def test_a_word_on_a_message_that_nobody_knows_changes_nothing(clinic: Clinic, changes: dict[str, str]) -> None:
    clinic.tick()
    assert report(clinic, "delivered", **changes) == "unknown-message"
    assert clinic.state() == "accepted"


def test_a_status_that_nobody_knows_changes_nothing(clinic: Clinic) -> None:
    clinic.tick()
    assert report(clinic, None) == "unknown-status"
    assert clinic.state() == "accepted"


def test_a_callback_before_the_answer_takes_the_message_over(clinic: Clinic) -> None:
    def meanwhile(outgoing: Outgoing) -> None:
        assert report(clinic, "sent", provider_id=f"SM{0:032x}", token=outgoing.token) == "sent"

    clinic.provider.meanwhile = meanwhile
    assert "sent-twice" not in clinic.tick()
    assert (clinic.state(), len(clinic.messages())) == ("sent", 1)
    assert clinic.tasks() == []


def test_a_callback_settles_what_nobody_knows(clinic: Clinic) -> None:
    clinic.provider.plan = [LOST_AFTER]
    clinic.tick()
    assert report(clinic, "delivered") == "delivered"
    clinic.tick_on(3)
    assert (clinic.state(), len(clinic.provider.outgoing)) == ("delivered", 1)


def test_a_callback_of_an_attempt_that_was_given_up_stops_the_next_one(clinic: Clinic) -> None:
    """The list of the provider was wrong for longer than the pauses."""
    clinic.provider.plan = [LOST_BEFORE]
    clinic.tick()
    old = clinic.messages()[0].token or ""
    clinic.provider.plan = [Verdict.NOT_TAKEN]
    clinic.tick_on(2)
    assert (clinic.state(), clinic.messages()[0].attempts) == ("planned", 2)
    assert report(clinic, "sent", token=old, provider_id="SMlate") == "sent"
    clinic.tick_on(3)
    assert (clinic.state(), len(clinic.provider.outgoing), clinic.tasks()) == ("sent", 2, [])


def test_two_attempts_that_both_went_out_are_told_to_a_person(clinic: Clinic) -> None:
    clinic.provider.plan = [LOST_BEFORE]
    clinic.tick()
    old = clinic.messages()[0].token or ""
    clinic.tick_on(2)
    assert report(clinic, "delivered", token=old, provider_id="SMlate") == "sent-twice"
    assert [task.kind for task in clinic.tasks()] == ["sent-twice"]
    assert clinic.messages()[0].provider_id == f"SM{0:032x}"


# -- what recipients have been told, and stops --------------------------------------------------


def test_a_notice_that_turns_out_to_have_been_sent_after_the_visit_moved_back_is_put_right(clinic: Clinic) -> None:
    who = clinic.messages()[0].recipient_id
    moved = replace(ONCE, starts=15 * 60, wants=())
    clinic.book_visits(who, moved)
    clinic.provider.plan = [LOST_AFTER]
    clinic.tick()
    clinic.book_visits(who, replace(ONCE, wants=()))
    assert "v3.moved.change.sms" not in clinic.stand()
    clinic.tick_on(1)
    assert (clinic.appointment().told, clinic.appointment().told_version)[1] == 3
    assert clinic.stand()["v3.moved.change.sms"] == "accepted"
    clinic.tick_on(5)
    assert len(clinic.provider.taken) == 2


def test_a_notice_waits_while_an_older_one_is_on_its_way(clinic: Clinic) -> None:
    who = clinic.messages()[0].recipient_id
    clinic.book_visits(who, replace(ONCE, starts=15 * 60, wants=()))
    clinic.provider.plan = [LOST_AFTER]
    clinic.tick()
    clinic.book_visits(who, replace(ONCE, starts=16 * 60, wants=()))
    clinic.wait(seconds=10)
    clinic.tick()
    assert (clinic.stand()["v3.moved.change.sms"], clinic.messages("planned")[0].reason) == ("planned", "behind")
    clinic.tick_on(2)
    assert [row.state for row in clinic.messages() if row.template == "moved"] == ["accepted", "accepted"]


def test_what_was_told_already_is_not_told_again(clinic: Clinic) -> None:
    """Moved, moved elsewhere and back to there while the first notice is on its way: it has told everything."""
    who = clinic.messages()[0].recipient_id
    there, elsewhere = (replace(ONCE, starts=hour * 60, wants=()) for hour in (15, 16))
    clinic.book_visits(who, there)
    clinic.provider.plan = [LOST_AFTER]
    clinic.tick()
    for visit in (elsewhere, there):
        clinic.book_visits(who, visit)
    clinic.tick_on(5)
    assert len(clinic.provider.taken) == 1
    assert clinic.stand()["v4.moved.change.sms"] == "cancelled"


@pytest.mark.parametrize(
    ("fate", "kinds", "states"),
    [(LOST_AFTER, ["sent-after-stop"], "accepted"), (LOST_BEFORE, [], "cancelled")],
    ids=["sent", "not sent"],
)
def test_what_was_on_its_way_at_a_stop_is_shown_until_it_turns_out_not_to_have_been_sent(
    clinic: Clinic, fate: str, kinds: list[str], states: str
) -> None:
    clinic.provider.plan = [fate]
    clinic.tick()
    clinic.do(lambda session: stop_recipient(session, "p1", "died", clinic.now))
    assert [task.kind for task in clinic.tasks()] == ["sent-after-stop"]
    clinic.tick_on(3)
    assert ([task.kind for task in clinic.tasks()], clinic.state()) == (kinds, states)


def test_a_death_between_the_check_and_the_answer_is_shown(clinic: Clinic) -> None:
    def die(_: Outgoing) -> None:
        clinic.do(lambda session: stop_recipient(session, "p1", "died", clinic.now))

    clinic.provider.meanwhile = die
    clinic.tick()
    assert (clinic.state(), [task.kind for task in clinic.tasks()]) == ("accepted", ["sent-after-stop"])


def test_every_state_has_a_rank_and_every_change_an_event(clinic: Clinic) -> None:
    assert set(RANK) == set(State)
    clinic.tick()
    report(clinic, "delivered")
    with clinic.database.reading() as session:
        assert session.scalar(select(func.count()).select_from(MessageEvent)) == 4
