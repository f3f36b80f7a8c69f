"""Processes that mail reports and are killed: at one step, or at any moment.

What counts is what a mail server has taken.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from multiprocessing.process import BaseProcess

from sqlalchemy import func, select

from notifications.channels.smtp_email import MailServer, Security, SmtpEmail
from notifications.message import Channel, Outgoing, Receipt
from planner.auth.report_mails import reading_scope
from planner.persistence.database import Database
from planner.persistence.report_mails import ReportMail, ReportSchedule
from planner.persistence.unit_of_work import SYSTEM, Store
from planner.persistence.users import User
from planner.reports.mail_schedules import MOST_SCHEDULES, SetUp, send_again, set_up
from planner.reports.mail_times import WEEK
from planner.reports.mailing import Mailing
from planner.services.access import EVERYTHING
from planner.services.designs import Designs
from planner.services.users import Role
from tests.planner.api.callers import user
from tests.provider.mail import Mail
from tests.reported import small_study
from tests.studies import STUDY

LEASE = timedelta(seconds=4)
WORKERS, READERS = 2, (Role.MONITOR, Role.INVESTIGATOR, Role.COORDINATOR)
OPEN = ("waiting", "making", "sending")
#: nothing takes so long, in seconds, unless something is wrong
MOST_SECONDS = 600
#: workers come from a process without threads, where everything that they import is there already
_SERVER = multiprocessing.get_context("forkserver")
_SERVER.set_forkserver_preload(["tests.soak.report_mails"])


def mailer(
    store: Store, port: int, owner: str, clock: Callable[[], datetime], channel: Channel | None = None
) -> Mailing:
    """What one process mails with."""
    server = MailServer(host="127.0.0.1", port=port, security=Security.NONE, sender="reports@clinic.example")
    return Mailing(
        store, Designs(), clock, reading_scope, channel or SmtpEmail(server), lease=LEASE, owner=owner
    )  # fmt: skip


# -- at one step ----------------------------------------------------------------------------------


def die() -> None:
    """End this process as the machine's failure would: nothing is tidied."""
    os.kill(os.getpid(), signal.SIGKILL)


@dataclass(slots=True)
class Watch:
    """The clock, which every step looks at; at the given look it is over."""

    now: datetime
    last: int
    looks: int = 0

    def __call__(self) -> datetime:
        """This instant."""
        self.looks += 1
        if self.looks == self.last:
            die()
        return self.now


@dataclass(slots=True)
class Breaking:
    """A channel with which it is over before the mail server has the mail, or when it has it."""

    inner: SmtpEmail
    when: str
    name: str = "email"
    timeout: timedelta = timedelta(seconds=10)

    def send(self, outgoing: Outgoing) -> Receipt:
        """Hand a mail over, if it comes to that."""
        if self.when == "before":
            die()
        receipt = self.inner.send(outgoing)
        die()
        return receipt

    def find(self, to: str, since: datetime) -> None:
        """Nobody knows."""

    def redact(self, provider_id: str) -> bool:
        """Nothing is kept."""
        return True


def die_at(url: str, port: int, now: datetime, step: int | str) -> None:
    """Mail what is due, and be killed at that look at the clock, or before or after the mail server has a mail."""
    if isinstance(step, int):
        mailer(Store(Database(url)), port, "first", Watch(now, step)).run()
        return
    server = MailServer(host="127.0.0.1", port=port, security=Security.NONE, sender="reports@clinic.example")
    mailer(Store(Database(url)), port, "first", lambda: now, Breaking(SmtpEmail(server), step)).run()


def killed_at(url: str, port: int, now: datetime, step: int | str) -> bool:
    """Whether a process was killed at that step; False where it came to its end before."""
    process = _SERVER.Process(target=die_at, args=(url, port, now, step))
    process.start()
    process.join(MOST_SECONDS)
    return process.exitcode == -signal.SIGKILL


# -- at any moment --------------------------------------------------------------------------------


@dataclass(slots=True)
class Result:
    """What came of a run; ``lost`` and ``doubled`` are counted at the mail server."""

    database: str
    mails: int = 0
    kills: int = 0
    #: of which nobody knew whether they had gone; of these so many had
    unknown: int = 0
    had_gone: int = 0
    lost: int = 0
    doubled: int = 0
    unfinished: int = 0

    @property
    def is_right(self) -> bool:
        """Whether nothing was lost or doubled."""
        return not (self.lost or self.doubled or self.unfinished)

    def line(self) -> str:
        """All of it in one line."""
        return " ".join(f"{name}={value}" for name, value in asdict(self).items())


def work(url: str, port: int, owner: str) -> None:
    """What a worker process does until it is killed."""
    logging.disable(logging.CRITICAL)
    made = mailer(Store(Database(url)), port, owner, lambda: datetime.now(UTC))
    while True:
        with suppress(Exception):
            made.run()
        time.sleep(0.02)


def begin(url: str, port: int, number: int) -> BaseProcess:
    """One more worker."""
    process = _SERVER.Process(target=work, args=(url, port, f"worker-{number}"))
    process.start()
    return process


def run(url: str, kind: str, kills: int, seed: int) -> Result:
    """Have reports fall due while workers are killed so often, and count what the mail server has taken."""
    chance, result = random.Random(seed), Result(kind, kills=kills)
    database = Database(url)
    store = Store(database)
    with Mail() as mail:
        schedules = min(kills, MOST_SCHEDULES)
        _set_up(store, schedules, apart=timedelta(milliseconds=300) * kills / schedules)
        result.mails = schedules * len(READERS)
        _disturb(url, mail.port, store, kills, chance)
        result.unfinished = _left(store)
        _ask_a_person(store, mail, result)
        with suppress(Exception):
            mailer(store, mail.port, "the last", lambda: datetime.now(UTC)).run()
        _count(store, mail, result)
    database.dispose()
    return result


def _set_up(store: Store, schedules: int, apart: timedelta) -> None:
    """As many reports as wanted, each on an hour of its own, that fall due one after the other from now on."""
    study = small_study(store)
    now = datetime.now(UTC)
    readers = [user(store, study.now, role).email for role in READERS]
    for place in range(schedules):
        command = SetUp(
            study=STUDY, recipients=tuple(readers), zone="America/New_York", forms=("csv",), day=place % 7 + 1,
            hour=place // 7 % 24, mask_below=5,
        )  # fmt: skip
        number = store.write(
            SYSTEM,
            now,
            lambda uow, command=command: set_up(uow, study.designs, EVERYTHING, reading_scope, command).id,  # type: ignore[misc]
        )
        due = now + apart * place
        store.write(SYSTEM, now, lambda uow, n=number, due=due: _due(uow.session.get_one(ReportSchedule, n), due))  # type: ignore[misc]


def _due(row: ReportSchedule, moment: datetime) -> None:
    row.next_due = moment


def _disturb(url: str, port: int, store: Store, kills: int, chance: random.Random) -> None:
    alive = [begin(url, port, number) for number in range(WORKERS)]
    give_up = time.monotonic() + MOST_SECONDS
    try:
        for number in range(kills):
            time.sleep(chance.uniform(0.05, 0.6))
            victim = alive.pop(chance.randrange(len(alive)))
            victim.kill()
            victim.join()
            alive.append(begin(url, port, WORKERS + number))
        while _left(store) and time.monotonic() < give_up:
            time.sleep(0.2)
    finally:
        for process in alive:
            process.kill()
            process.join()


def _left(store: Store) -> int:
    """How many mails are still to be dealt with, those that are not put down yet among them."""
    now = datetime.now(UTC)
    mails = select(func.count()).select_from(ReportMail).where(ReportMail.state.in_(OPEN))
    due = select(func.count()).select_from(ReportSchedule).where(ReportSchedule.next_due <= now + timedelta(hours=1))
    return store.read(lambda session: (session.scalar(mails) or 0) + (session.scalar(due) or 0))


def _ask_a_person(store: Store, mail: Mail, result: Result) -> None:
    """Of what nobody knows about a person asks the reader; what has not come is sent again."""
    came = arrived(mail)
    for number, key in rows(store, "unknown").items():
        result.unknown += 1
        result.had_gone += key in came
        if key not in came:
            store.write(
                SYSTEM,
                datetime.now(UTC),
                lambda uow, n=number: send_again(uow, EVERYTHING, STUDY, n),  # type: ignore[misc]
            )


def _count(store: Store, mail: Mail, result: Result) -> None:
    came, wanted = arrived(mail), Counter(rows(store).values())
    result.doubled = sum((came - wanted).values())
    result.lost = sum((wanted - came).values()) + result.mails - wanted.total()


Key = tuple[str, str, str]


def rows(store: Store, *states: str) -> dict[int, Key]:
    """The mails that stand so (or all), each as its letter says it: to whom, when it goes out, what is masked."""
    query = select(ReportMail.id, User.email, ReportSchedule).join(User, User.id == ReportMail.user_id)
    query = query.join(ReportSchedule, ReportSchedule.id == ReportMail.schedule_id)
    query = query.where(ReportMail.state.in_(states)) if states else query
    found = store.read(lambda session: session.execute(query).all())
    return {number: (to, f"{WEEK[row.day - 1]} at {row.hour:02}:00", str(row.mask_below)) for number, to, row in found}


def arrived(mail: Mail) -> Counter[Key]:
    """What the mail server has taken."""
    found: Counter[Key] = Counter()
    for letter in list(mail.letters):
        message = message_from_bytes(letter.content, policy=default)
        assert isinstance(message, EmailMessage)
        body = message.get_body()
        assert body is not None
        text = body.get_content()
        when = text.partition("It goes out every ")[2].partition(" (")[0]
        found[str(message["To"]), when, text.partition("fewer than ")[2].partition(" ")[0]] += 1
    return found
