"""Sending: claim, commit, check once more, hand to the provider, record. Any number of workers may do it at once."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Lock

from sqlalchemy.orm import Session

from notifications.acceptances import accept
from notifications.attempts import Attempt, Outcome, Pace
from notifications.claims import claim, expire, lapse
from notifications.health import beat, count_results, is_open, quota
from notifications.last_check import SEND, LastCheck, last_check
from notifications.message import (
    AddressBook,
    Channel,
    Figures,
    Outgoing,
    OwnWords,
    Receipt,
    Transactions,
    Verdict,
    no_words,
)
from notifications.outbox import State
from notifications.preparing import Batch, count_due, prepare
from notifications.recording import OPTED_OUT_CODE, record, report_untold
from notifications.settle import settle

#: what the last check says, where that is the end of a message
_ENDS = {
    "stopped": (State.CANCELLED, "not to be contacted any more"),
    "changed": (State.CANCELLED, "the appointment has changed"),
    "withheld": (State.CANCELLED, "no reminders for now"),
    "no-consent": (State.CANCELLED, "no consent to this channel any more"),
    "capped": (State.CANCELLED, "they have had as many messages as the study allows"),
    "expired": (State.EXPIRED, "it would be of no use any more"),
    "opted-out": (State.SUPPRESSED, "they have said stop"),
    "off": (State.HELD, "sending is switched off"),
    "disabled": (State.HELD, "the study sends nothing"),
    "suspended": (State.HELD, "the address is suspended"),
}
#: what the last check says, where the message waits: for how long
_WAITS = {
    "lease": timedelta(seconds=1),
    "again": timedelta(seconds=5),
    "not-yet": timedelta(minutes=10),
    "behind": timedelta(seconds=5),
    "crowded": timedelta(seconds=5),
}
#: among so many batches of what is due a worker chooses the one that it claims, where there are others
_PLACES = 8
#: so many times a batch is claimed at once where a provider is quick; but no more than so many messages
_GROWTH, _MOST = 16, 800
_FAILURES = frozenset({Verdict.NOT_TAKEN, Verdict.UNKNOWN})


@dataclass(slots=True)
class _Results:
    """What came of a batch so far and is not recorded yet."""

    outcomes: list[Outcome] = field(default_factory=list)
    worked: list[bool] = field(default_factory=list)
    since: float = 0.0
    #: failures of the provider one after the other, the recorded ones included
    failures: int = 0

    def add(self, outcome: Outcome) -> None:
        """Keep an outcome."""
        if not self.outcomes:
            self.since = time.monotonic()
        self.outcomes.append(outcome)

    def fared(self, worked: bool) -> None:
        """Count how the provider fared."""
        self.worked.append(worked)
        self.failures = 0 if worked else self.failures + 1

    def is_due(self, pace: Pace) -> bool:
        """Whether they have to be recorded now."""
        waited = time.monotonic() - self.since
        return len(self.outcomes) >= pace.record_after or waited >= pace.record_within.total_seconds()


@dataclass(slots=True)
class _Lane:
    """One sending thread: it has one request at most on its way. ``size`` is how much it claims at once, just now."""

    name: str
    check: LastCheck
    figures: Figures
    size: int

    def went(self, found: int, seconds: float, pace: Pace) -> None:
        """Claim more at once while a provider is quick: what a claim costs is shared by more messages.

        Where it is not, a worker that dies leaves as few in doubt as a batch has.
        """
        is_quick = found >= self.size and seconds < pace.record_within.total_seconds() / 2
        most = max(pace.batch, min(pace.batch * _GROWTH, _MOST))
        self.size = min(self.size * 2, most) if is_quick else pace.batch


@dataclass(slots=True)
class Dispatcher:
    """One worker's sending. ``channels`` are by the name under which recipients agree to them; ``owner`` names it."""

    transactions: Transactions
    channels: Mapping[str, Channel]
    book: AddressBook
    owner: str
    clock: Callable[[], datetime]
    pace: Pace = field(default_factory=Pace)
    #: spreads retries; what is left of a tick is left when it says so
    chance: random.Random = field(default_factory=random.SystemRandom)
    stopping: Callable[[], bool] = lambda: False
    #: what no text of a study may say
    own_words: OwnWords = no_words
    _claiming: Lock = field(default_factory=Lock, init=False, repr=False)
    #: whether another worker has claimed what this one was writing, since the tick began
    _among_others: bool = field(default=False, init=False, repr=False)

    def __post_init__(self) -> None:
        slow = [name for name, channel in self.channels.items() if 3 * channel.timeout >= self.pace.lease]
        if slow:
            raise ValueError(f"the lease must be more than three times the timeout of {', '.join(slow)}")

    def tick(self) -> Figures:
        """Do all that is due: what has lapsed or expired, outcomes that nobody knows, and everything to be sent."""
        figures, self._among_others = Figures(), False
        self._tidy(figures)
        settle(self.transactions, self.channels, self.book, self.pace, self.clock, figures)
        for name in self.channels:
            self._send_due(name, figures)
        return figures

    def _send_due(self, name: str, figures: Figures) -> None:
        """Send all that is due by a channel: by several threads where it is more than one of them claims at once."""
        if self.pace.threads == 1 or not self._are_many(name):
            figures.include(self._lane(name))
            return
        with ThreadPoolExecutor(self.pace.threads, "sending") as pool:
            for done in pool.map(self._lane, [name] * self.pace.threads):
                figures.include(done)

    def _lane(self, name: str) -> Figures:
        """What one sending thread does."""
        with last_check(self.transactions, self.pace.lease * 3) as check:
            lane = _Lane(name, check, Figures(), self.pace.batch)
            while not self.stopping() and self._send_batch(lane):
                pass
        return lane.figures

    def _are_many(self, name: str) -> bool:
        with self.transactions.reading() as session:
            return count_due(session, name, self.pace.batch + 1, self.clock()) > self.pace.batch

    def _tidy(self, figures: Figures) -> None:
        now = self.clock()

        def work(session: Session) -> tuple[int, int]:
            beat(session, self.owner, now)
            useless = expire(session, now)
            report_untold(session, useless, now)
            return len(lapse(session, self.pace, now)), len(useless)

        lapsed, expired = self.transactions.transact(work)
        figures.add("lapsed", lapsed)
        figures.add("expired", expired)

    def _send_batch(self, lane: _Lane) -> bool:
        """Send what can be claimed at once; whether there may be more."""
        with self._claiming:  # or two would write the same texts, and one of them in vain
            batch, most = self._claim(lane.name, lane.size)
        if batch is None:
            return False
        lane.figures.add("claimed", len(batch.attempts) + len(batch.outcomes))
        lane.figures.add("retried", sum(attempt.attempts > 1 for attempt in batch.attempts))
        began = time.monotonic()
        results = _Results(outcomes=batch.outcomes, since=began)
        try:
            self._send_all(lane, batch.attempts, results)
        finally:
            self._record(lane, results)
        lane.went(batch.found, time.monotonic() - began, self.pace)
        return batch.found >= most and results.failures < self.pace.failures

    def _claim(self, name: str, size: int) -> tuple[Batch | None, int]:
        """What is due and nobody else has, its texts written; and how many it would have been at most.

        What was found may be another's by the time it is claimed: then it is looked for again, and where somebody who
        is slow still has it, behind it. Once that has happened it is looked for elsewhere from the start.
        """
        most, seen = size, frozenset[int]()
        aside = behind = self._aside()
        while not self.stopping():
            now = self.clock()
            with self.transactions.reading() as session:
                if is_open(session, name, now):
                    return None, 0
                found = prepare(session, name, most, behind, self.book, now, self.own_words)
            if aside and found.found < most:  # so many are not due
                aside = behind = 0
                continue
            if not found.found:
                return None, most
            taken, most = self._take(name, found, size, now)
            if taken:
                return found.only(taken), most
            self._among_others = True
            again, seen = found.ids == seen, found.ids
            if not most or (again and found.found < most):
                return None, most
            if again:
                behind += most
            elif aside:
                aside = behind = 0
        return None, 0

    def _aside(self) -> int:
        """Behind how many messages to look first: where others claim too, rather not all of them at the oldest."""
        return self.pace.batch * self.chance.randrange(_PLACES) if self._among_others else 0

    def _take(self, name: str, found: Batch, size: int, looked_at: datetime) -> tuple[set[int], int]:
        """Claim what was found, as many as the channel's circuit allows.

        As of the moment of the claim itself: caps go by who has claimed first, and this process may have stood still
        since it looked, or waited for others who write. After longer than a lease nothing is taken: what was written
        then may be what nobody may say any more.
        """

        def work(session: Session) -> tuple[set[int], int]:
            now = self.clock()
            if now - looked_at > self.pace.lease:
                return set(), size
            most = quota(session, name, size, self.pace.lease, now)
            return (claim(session, found.written(most), self.owner, self.pace, now) if most else set()), most

        return self.transactions.transact(work)

    def _send_all(self, lane: _Lane, attempts: list[Attempt], results: _Results) -> None:
        for place, attempt in enumerate(attempts):
            if self.stopping() or results.failures >= self.pace.failures:
                for left in attempts[place:]:
                    results.add(self._waiting(left, "not begun", timedelta(0), self.clock()))
                return
            for outcome in self._send(self.channels[lane.name], lane.check, attempt, results):
                results.add(outcome)
            if results.is_due(self.pace):
                self._record(lane, results)

    def _send(self, channel: Channel, check: LastCheck, attempt: Attempt, results: _Results) -> Iterator[Outcome]:
        """Check and send one message. Nothing may come between the check and the request."""
        began, now = time.monotonic(), self.clock()
        word = check.ask(attempt, channel.timeout + self.pace.begin_within, now)
        if word == SEND and now < attempt.closes:
            receipt = self._hand_over(channel, attempt, began, now)
            results.fared(receipt.verdict not in _FAILURES)
            yield self._outcome(attempt, receipt, self.clock())
        elif word != "lost":
            yield self._refused(attempt, word, now)

    def _hand_over(self, channel: Channel, attempt: Attempt, began: float, now: datetime) -> Receipt:
        outgoing = Outgoing(
            to=attempt.address, text=attempt.text, token=attempt.token, subject=attempt.subject,
            valid_for=min(attempt.closes, attempt.expires_at) - now, language=attempt.language,
            event=attempt.event, deadline=began + self.pace.begin_within.total_seconds(),
        )  # fmt: skip
        try:
            return channel.send(outgoing)
        except Exception as error:  # noqa: BLE001 - whatever it was: the provider may have the message by now
            return Receipt(verdict=Verdict.UNKNOWN, words=type(error).__name__)

    def _record(self, lane: _Lane, results: _Results) -> None:
        outcomes, worked = results.outcomes, results.worked
        if not outcomes:
            return
        now = self.clock()

        def work(session: Session) -> Figures:
            left = accept(session, outcomes)
            done = record(session, left, now)
            done.add("accepted", len(outcomes) - len(left))
            if worked:
                count_results(session, lane.name, worked, self.pace, now)
            return done

        lane.figures.include(self.transactions.transact(work))
        results.outcomes, results.worked = [], []

    # -- what a word or a receipt means ---------------------------------------------------------

    def _refused(self, attempt: Attempt, word: str, now: datetime) -> Outcome:
        if word in _ENDS:
            state, reason = _ENDS[word]
            return Outcome(id=attempt.id, token=attempt.token, state=state, at=now, reason=reason, counted=False)
        return self._waiting(attempt, "quiet hours" if word == SEND else word, _WAITS.get(word, timedelta(0)), now)

    def _waiting(self, attempt: Attempt, reason: str, pause: timedelta, now: datetime) -> Outcome:
        return Outcome(
            id=attempt.id, token=attempt.token, state=State.PLANNED, at=now, reason=reason, due_at=now + pause,
            counted=False,
        )  # fmt: skip

    def _outcome(self, attempt: Attempt, receipt: Receipt, now: datetime) -> Outcome:
        outcome = Outcome(
            id=attempt.id, token=attempt.token, state=_STATES[receipt.verdict], at=now, reason=receipt.words[:300],
            provider_id=receipt.provider_id, error_code=receipt.error_code,
        )  # fmt: skip
        if receipt.verdict is Verdict.UNKNOWN:
            outcome.settle_at = now + self.pace.settle_after
        elif receipt.verdict is Verdict.NOT_TAKEN:
            outcome.due_at = now + self._pause(attempt.attempts, receipt.retry_after)
        elif receipt.verdict is Verdict.OPTED_OUT:
            outcome.error_code = OPTED_OUT_CODE
        return outcome

    def _pause(self, attempts: int, wanted: timedelta | None) -> timedelta:
        """Twice as long each time, spread by chance so that many do not come back at once."""
        usual = min(self.pace.retry_most, self.pace.retry_after * float(2 ** min(max(attempts - 1, 0), 20)))
        return max(usual * self.chance.uniform(0.5, 1.5), wanted or timedelta(0))


_STATES = {
    Verdict.ACCEPTED: State.ACCEPTED,
    Verdict.NOT_TAKEN: State.PLANNED,
    Verdict.REFUSED: State.FAILED,
    Verdict.OPTED_OUT: State.SUPPRESSED,
    Verdict.UNKNOWN: State.UNKNOWN,
}
