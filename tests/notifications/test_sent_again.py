"""What could not be delivered for a reason that passes is sent again later, while it is of use; nothing else is."""

from dataclasses import replace
from datetime import timedelta

import pytest

from notifications.message import StatusReport
from notifications.recipients import stop_recipient
from notifications.statuses import take_status
from tests.clinic import DUE, ONCE, Clinic

AGAIN = "v1.reminder.3d.sms.again1"


def says(clinic: Clinic, word: str, code: str = "", place: int = -1) -> None:
    """The provider says something of a message that it has taken, the newest one unless another is meant."""
    number = clinic.provider.taken[place].provider_id
    report = StatusReport(channel="sms", provider_id=number, token="", state=word, status=word, error_code=code)
    clinic.do(lambda session: take_status(session, report, clinic.now))


@pytest.mark.parametrize(("word", "code"), [("undelivered", "30003"), ("undelivered", "30008"), ("failed", "30001")])
def test_a_phone_that_was_off_gets_it_an_hour_later_and_nobody_has_to_look(
    clinic: Clinic, word: str, code: str
) -> None:
    clinic.tick()
    says(clinic, word, code)
    assert (clinic.stand()[AGAIN], clinic.messages("planned")[0].due_at) == ("planned", DUE + timedelta(hours=1))
    assert clinic.tasks() == []
    clinic.wait(minutes=59)
    clinic.tick()
    assert len(clinic.provider.taken) == 1
    clinic.wait(minutes=1)
    clinic.tick()
    says(clinic, "delivered")
    assert (len(clinic.provider.taken), clinic.stand()[AGAIN]) == (2, "delivered")
    assert len(set(clinic.provider.texts())) == 1


@pytest.mark.parametrize("code", ["30004", "30005", "30006", "30007", "", "12345"])
def test_what_does_not_pass_is_for_a_person_at_once(clinic: Clinic, code: str) -> None:
    clinic.tick()
    says(clinic, "undelivered", code)
    assert (len(clinic.messages()), [task.kind for task in clinic.tasks()]) == (1, ["unreachable"])


def test_each_further_one_waits_twice_as_long_until_it_is_of_no_use_and_a_person_looks(clinic: Clinic) -> None:
    clinic.change_rules(hours={"opens": 0, "closes": 0})
    waits = []
    for _ in range(20):
        clinic.tick()
        says(clinic, "undelivered", "30003")
        waiting = clinic.messages("planned")
        if not waiting:
            break
        assert clinic.tasks() == []
        waits.append((waiting[0].due_at - clinic.now) / timedelta(hours=1))
        clinic.now = waiting[0].due_at
    assert waits == [1, 2, 4, 8, 16, 32]  # 63 hours; the visit is in 67
    assert [task.kind for task in clinic.tasks()] == ["unreachable"]
    assert {row.state for row in clinic.messages()} == {"undelivered"}


def test_what_has_arrived_after_all_is_not_sent_again(clinic: Clinic) -> None:
    clinic.tick()
    says(clinic, "undelivered", "30008")
    says(clinic, "delivered")
    clinic.wait(hours=2)
    clinic.tick()
    assert (clinic.stand()[AGAIN], len(clinic.provider.taken)) == ("cancelled", 1)


def test_a_word_that_comes_twice_plans_one(clinic: Clinic) -> None:
    clinic.tick()
    for _ in range(2):
        says(clinic, "undelivered", "30003")
    assert len(clinic.messages()) == 2


def test_a_late_word_on_the_first_says_nothing_of_the_second(clinic: Clinic) -> None:
    clinic.tick()
    says(clinic, "undelivered", "30003")
    says(clinic, "sent", place=0)
    clinic.wait(hours=1)
    clinic.tick()
    assert [row.state for row in clinic.messages()] == ["undelivered", "accepted"]


def test_it_goes_with_its_appointment_and_its_recipient(clinic: Clinic) -> None:
    clinic.tick()
    says(clinic, "undelivered", "30003")
    clinic.book_visits(1, ONCE)  # planned anew without any change: it stays
    assert clinic.stand()[AGAIN] == "planned"
    clinic.book_visits(1, replace(ONCE, wants=()))
    assert clinic.stand()[AGAIN] == "cancelled"


def test_a_notice_that_did_not_arrive_stays_news(clinic: Clinic) -> None:
    moved = replace(ONCE, starts=15 * 60, wants=())
    clinic.book_visits(1, moved)
    clinic.tick()
    says(clinic, "undelivered", "30003")
    assert [task.kind for task in clinic.tasks()] == ["unreachable"]  # of a change somebody may call at once
    clinic.book_visits(1, moved)
    assert clinic.stand()["v2.moved.change.sms.again1"] == "planned"
    clinic.wait(hours=1)
    clinic.tick()
    assert clinic.stand()["v2.moved.change.sms.again1"] == "accepted"
    says(clinic, "delivered")
    assert clinic.tasks() == []
    clinic.book_visits(1, replace(moved, starts=16 * 60))
    assert clinic.stand()["v3.moved.change.sms"] == "planned"


def test_nothing_is_sent_again_to_the_dead_nor_in_quiet_hours(clinic: Clinic) -> None:
    clinic.wait(hours=10, minutes=30)  # half past seven in the evening
    clinic.tick()
    says(clinic, "undelivered", "30003")
    clinic.wait(hours=1)
    clinic.tick()
    [row] = clinic.messages("planned")
    assert (row.reason, len(clinic.provider.taken)) == ("quiet hours", 1)
    clinic.do(lambda session: stop_recipient(session, "p1", "died", clinic.now))
    assert clinic.stand()[AGAIN] == "cancelled"
    says(clinic, "failed", "30003")
    assert clinic.messages("planned") == []


def test_what_did_not_arrive_takes_nobodys_place_under_the_caps(clinic: Clinic) -> None:
    clinic.change_rules(per_day=1, per_week=1)
    clinic.tick()
    says(clinic, "undelivered", "30003")
    clinic.wait(hours=1)
    clinic.tick()
    assert clinic.stand()[AGAIN] == "accepted"
