"""What no text of a study may say is looked for once more as a text is written; what has it goes to a person."""

from datetime import timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from notifications.outbox import MessageRow, replay
from notifications.recipients import AddressRow
from notifications.rules import WordingRow
from notifications.tasks import TaskRow
from tests.clinic import DUE, ONCE, STUDY, Clinic, digest_of

TOLD = "Zorbex visit: {{ day }}{% if time %}, {{ time }}{% endif %} at {{ place }}, {{ phone }}. 1 or 2. STOP ends."


def says_zorbex(clinic: Clinic) -> None:
    """A wording was signed off before its study gave somebody that drug."""
    clinic.do(lambda s: s.execute(update(WordingRow).where(WordingRow.template == "reminder").values(source=TOLD)))


def tick(clinic: Clinic, *words: str) -> None:
    clinic.dispatcher(own_words=lambda session, study: words if study == STUDY else ()).tick()


def test_a_text_with_a_word_of_its_study_does_not_go_out_and_is_shown_once(clinic: Clinic) -> None:
    says_zorbex(clinic)
    clinic.book_visits(clinic.recipient("p2", "+12125550112"), ONCE)
    clinic.do(lambda s: s.execute(update(MessageRow).values(due_at=DUE)))
    tick(clinic, "zorbex")
    assert clinic.provider.outgoing == []
    assert [row.state for row in clinic.messages()] == ["held", "held"]
    [task] = clinic.tasks()
    assert (task.kind, "'zorbex'" in task.words) == ("held", True)


def test_without_that_word_it_goes_out(clinic: Clinic) -> None:
    says_zorbex(clinic)
    tick(clinic, "another")
    assert clinic.state() == "accepted"


def test_what_was_looked_at_and_comes_again_is_shown_again(clinic: Clinic) -> None:
    says_zorbex(clinic)
    for times in (1, 2, 3):
        tick(clinic, "zorbex")
        assert len(clinic.tasks("held")) == 1
        clinic.do(lambda s: s.execute(update(TaskRow).values(done_at=clinic.now)))
        clinic.do(lambda s: replay(s, [MessageRow.study_id == STUDY], clinic.now))
        with clinic.database.reading() as session:
            assert session.query(TaskRow).count() == times


def test_what_was_written_before_a_worker_stood_still_is_written_anew_before_it_is_claimed(clinic: Clinic) -> None:
    says_zorbex(clinic)
    asked: list[int] = []

    def words(session: Session, study: int) -> tuple[str, ...]:
        asked.append(study)
        if len(asked) > 1:
            return ("zorbex",)
        clinic.now += clinic.pace.lease + timedelta(seconds=1)
        return ()

    clinic.dispatcher(own_words=words).tick()
    assert (clinic.state(), clinic.provider.outgoing, len(asked)) == ("held", [], 2)


# -- a number that is another one than they agreed to --------------------------------------------


def another_digest(clinic: Clinic) -> None:
    clinic.do(lambda s: s.execute(update(AddressRow).values(digest="0" * 64)))


def test_a_number_that_they_did_not_agree_to_gets_nothing_and_a_person_looks(clinic: Clinic) -> None:
    another_digest(clinic)
    clinic.tick()
    assert (clinic.state(), clinic.messages()[0].due_at, clinic.tasks()) == ("planned", DUE + timedelta(seconds=5), [])
    clinic.wait(seconds=5)
    clinic.tick()
    assert (clinic.state(), [task.kind for task in clinic.tasks()]) == ("held", ["unreachable"])
    assert clinic.provider.outgoing == []


def test_a_number_that_is_changed_just_now_is_waited_for(clinic: Clinic) -> None:
    another_digest(clinic)
    clinic.tick()
    clinic.do(lambda s: s.execute(update(AddressRow).values(digest=digest_of("+12125550111"))))
    clinic.wait(seconds=5)
    clinic.tick()
    assert (clinic.state(), clinic.tasks()) == ("accepted", [])


def test_once_the_right_number_is_kept_what_was_held_goes_there(clinic: Clinic) -> None:
    another_digest(clinic)
    clinic.tick()
    clinic.wait(seconds=5)
    clinic.tick()
    clinic.recipient(number="+12125550177")
    clinic.tick()
    assert (clinic.state(), clinic.provider.outgoing[0].to) == ("accepted", "+12125550177")
