"""Visits come, move, move back and go, people say stop and die, providers fail: exactly the right texts, each once.

A state machine against a small model of what one recipient must have been told. The model knows nothing of versions,
leases or tokens: it keeps what holds, what they were told last, and what was sent.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field, replace
from datetime import date
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from notifications.message import Appointment, Verdict
from notifications.opt_outs import start, stop
from notifications.recipients import resume_recipient, stop_recipient
from planner.persistence.database import Database
from tests.clinic import VISIT, Clinic, digest_of
from tests.databases import BOTH, new_database
from tests.fakes import LOST_AFTER, LOST_BEFORE

PHONE = "+12125550111"
NAMES = ("a", "b")
#: where a visit may be moved to: days and hours that cannot be mistaken for each other in a text
SLOTS = tuple((date(2026, 4, day), hour * 60) for day, hour in ((7, 9), (8, 11), (9, 13)))
FATES = (LOST_AFTER, LOST_BEFORE, Verdict.NOT_TAKEN)
Slot = tuple[date, int] | None


def visit(name: str, slot: tuple[date, int]) -> Appointment:
    """A visit there, without reminders: these are counted by themselves."""
    return replace(VISIT, reference=name, day=slot[0], starts=slot[1], wants=(), place=f"Clinic {name.upper()}")


@dataclass(slots=True)
class Model:
    """What must be: by visit what holds and what was told last; None is that it does not take place."""

    holds: dict[str, Slot] = field(default_factory=dict)
    told: dict[str, Slot] = field(default_factory=dict)
    heard: int = 0
    may_be_sent: bool = True
    alive: bool = True

    def news(self) -> list[str]:
        """The visits of which they do not know what holds."""
        return [name for name, slot in self.holds.items() if self.told[name] != slot]


class Telling(RuleBasedStateMachine):
    """Whatever happens to two visits of one recipient."""

    #: gives the address of an empty database
    new_url: ClassVar[Callable[[], AbstractContextManager[str]]]

    def __init__(self) -> None:
        super().__init__()
        self.opened = ExitStack()
        self.database = Database(self.opened.enter_context(type(self).new_url()))
        self.clinic = Clinic(self.database)
        self.clinic.change_rules(hours={"opens": 0, "closes": 0})  # quiet hours have tests of their own
        self.recipient = self.clinic.recipient(number=PHONE)
        self.model = Model()

    def teardown(self) -> None:
        """Let everything come to its end, and look once more."""
        self.clinic.provider.plan.clear()
        self.settle()
        self.the_right_texts_went_out_each_once()
        self.database.dispose()
        self.opened.close()

    # -- what happens ---------------------------------------------------------------------------

    def keep(self) -> None:
        visits = [visit(name, slot) for name, slot in self.model.holds.items() if slot is not None]
        self.clinic.book_visits(self.recipient, *visits)

    @rule(name=st.sampled_from(NAMES), slot=st.sampled_from(SLOTS))
    def book_or_move(self, name: str, slot: tuple[date, int]) -> None:
        """A new visit counts as told; another day or hour has to be told."""
        self.model.told.setdefault(name, slot)
        self.model.holds[name] = slot
        self.keep()

    @precondition(lambda self: any(self.model.holds.values()))
    @rule(data=st.data())
    def cancel(self, data: st.DataObject) -> None:
        """A visit does not take place."""
        self.model.holds[data.draw(st.sampled_from([n for n, slot in self.model.holds.items() if slot]))] = None
        self.keep()

    @rule(fate=st.sampled_from(FATES))
    def provider_will_fail(self, fate: str | Verdict) -> None:
        """The next message is not taken, or the answer to it is lost."""
        self.clinic.provider.plan.append(fate)

    @rule()
    def tick(self) -> None:
        """A worker does what is due; what comes of it the model learns when all has settled."""
        self.clinic.wait(seconds=3)
        self.clinic.tick()
        self.hear()

    @rule()
    def settle(self) -> None:
        """Time goes by until nothing is on its way any more."""
        for _ in range(200):
            if not self.clinic.messages("planned", "sending", "unknown"):
                break
            self.clinic.wait(seconds=61)
            self.clinic.tick()
            self.hear()
        assert not self.clinic.messages("planned", "sending", "unknown")
        if self.model.alive and self.model.may_be_sent:
            assert self.model.news() == []

    @rule()
    def they_say_stop(self) -> None:
        """Their number wants nothing more."""
        self.clinic.do(lambda session: stop(session, "sms", digest_of(PHONE), "reply", self.clinic.now))
        self.model.may_be_sent = False

    @precondition(lambda self: not self.model.may_be_sent)
    @rule()
    def they_say_start(self) -> None:
        """Their number wants messages again; what has changed meanwhile is told."""
        self.clinic.do(lambda session: start(session, "sms", digest_of(PHONE), "reply", self.clinic.now))
        self.model.may_be_sent = True
        self.keep()

    @rule()
    def they_may_not_be_contacted(self) -> None:
        """They have died, as far as anybody knows."""
        self.clinic.do(lambda session: stop_recipient(session, "p1", "died", self.clinic.now))
        self.model.alive = False

    @precondition(lambda self: not self.model.alive)
    @rule()
    def that_was_a_mistake(self) -> None:
        """It was somebody else."""
        self.clinic.do(lambda session: resume_recipient(session, "p1", self.clinic.now))
        self.model.alive = True
        self.keep()

    # -- what must be ---------------------------------------------------------------------------

    def hear(self) -> None:
        """What has arrived is what they believe, text by text; none of it is what they knew already."""
        texts = self.clinic.provider.texts()
        for text in texts[self.model.heard :]:
            name, slot = self.read(text)
            assert self.model.told[name] != slot, f"told twice: {text}"
            self.model.told[name] = slot
        self.model.heard = len(texts)

    def read(self, text: str) -> tuple[str, Slot]:
        name = next(name for name in NAMES if f"Clinic {name.upper()}" in text)
        if "cancelled" in text:
            return name, None
        return name, next(slot for slot in SLOTS if f"April {slot[0].day}," in text)

    @invariant()
    def no_more_than_one_message_for_one_thing(self) -> None:
        """Each message of ours is one of the provider's, and the other way round once all is known."""
        adopted = [row.provider_id for row in self.clinic.messages() if row.provider_id]
        assert len(adopted) == len(set(adopted))

    def the_right_texts_went_out_each_once(self) -> None:
        """Whoever may be told believes what holds, and each text of the provider is a message of ours."""
        adopted = {row.provider_id for row in self.clinic.messages() if row.provider_id}
        assert adopted == {sent.provider_id for sent in self.clinic.provider.taken}
        assert [task.kind for task in self.clinic.tasks("sent-twice", "unsettled", "held", "untold")] == []


def runs(new_url: Callable[[], AbstractContextManager[str]], examples: int) -> None:
    """So many runs, each in an empty database."""
    machine = type("TellingThere", (Telling,), {"new_url": staticmethod(new_url)})
    chosen = settings(max_examples=examples, stateful_step_count=25, suppress_health_check=list(HealthCheck))
    run_state_machine_as_test(machine, settings=chosen)


@pytest.mark.parametrize(("kind", "examples"), [("sqlite", 30), ("postgresql", 10)])
def test_the_right_texts_go_out_each_once(kind: str, examples: int, request: pytest.FixtureRequest) -> None:
    runs(lambda: new_database(request, kind), examples)


@pytest.mark.soak
@pytest.mark.parametrize("kind", BOTH)
def test_the_right_texts_go_out_each_once_in_hundreds_of_lives(kind: str, request: pytest.FixtureRequest) -> None:
    runs(lambda: new_database(request, kind), 300)
