"""What the planner does by itself, and when: APScheduler calls one service for each job, and nothing else.

Several workers may run at once: every piece of work locks what it changes, and finds it done if another was first.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from queue import SimpleQueue
from uuid import uuid4

from apscheduler.schedulers.background import BackgroundScheduler  # type: ignore[import-untyped]
from apscheduler.triggers.base import BaseTrigger  # type: ignore[import-untyped]
from apscheduler.triggers.cron import CronTrigger  # type: ignore[import-untyped]
from apscheduler.triggers.interval import IntervalTrigger  # type: ignore[import-untyped]
from sqlalchemy import select

from notifications.message import Figures
from planner.auth.long_work import scope_of
from planner.auth.report_mails import reading_scope
from planner.persistence.sites import SiteRow
from planner.persistence.unit_of_work import SYSTEM, Store
from planner.reports.mailing import Mailing
from planner.services.amendments import apply_due_amendments
from planner.services.caregivers import find_caregivers
from planner.services.channels import EMAIL
from planner.services.designs import Designs
from planner.services.dispatching import Sending
from planner.services.long_tasks import TASKS
from planner.services.long_work import tidy_work
from planner.services.long_work_runner import Runner
from planner.services.replanning import replan_all
from planner.services.sign_in_upkeep import tidy_sign_ins
from planner.services.sites import keep_holidays

log = logging.getLogger(__name__)
#: how often it looks for work that somebody has asked for
LOOKS_EVERY = timedelta(seconds=2)


@dataclass(slots=True)
class Worker:
    """The jobs of one installation; ``clock`` says what time it is."""

    store: Store
    clock: Callable[[], datetime]
    designs: Designs = field(default_factory=Designs)
    #: what it sends messages with; without it, it sends none
    sending: Sending | None = None
    #: what came of all its messages so far
    figures: Figures = field(default_factory=Figures)
    #: what it is called in the queue of long work
    name: str = field(default_factory=lambda: f"worker-{uuid4().hex[:12]}")
    #: why it is to end, once it is. A signal may come while the main thread holds any lock, that of an event or of the
    #: log: its handler may neither wait for one nor throw the main thread out of what it does. This queue has no lock.
    _told: SimpleQueue[int] = field(default_factory=SimpleQueue)

    def plan_again(self) -> None:
        """Bring everybody to the date at their site, and to the newest closures and versions of their study."""
        done = replan_all(self.store, self.designs, SYSTEM, self.clock(), stopped=self.is_stopping)
        log.info("%d participants are planned as of today", done.planned)
        if done.waiting:
            log.warning("%d dates would move by a newer engine; see `planner database replan`", len(done.waiting))
        for name, why in done.failed:
            log.error("participant %s could not be planned: %s", name, why)

    def keep_holidays(self) -> None:
        """Store the public holidays of the coming years, of each site for itself."""
        sites = self.store.read(lambda session: list(session.scalars(select(SiteRow.id).order_by(SiteRow.id))))
        for site in sites:
            count = self.store.write(SYSTEM, self.clock(), partial(keep_holidays, site_id=site))
            if count:
                log.info("%d public holidays are stored for site %d", count, site)

    def tidy_sign_ins(self) -> None:
        """End sessions that nobody uses any more."""
        done = self.store.write(SYSTEM, self.clock(), tidy_sign_ins)
        log.info("%d sessions ended, %d removed, %d failed attempts forgotten", done.ended, done.removed, done.attempts)

    def apply_amendments(self) -> None:
        """Bring protocol versions into force where their day has come."""
        for report in apply_due_amendments(self.store, self.designs, SYSTEM, self.clock()):
            log.info("version %s is in force for %d more at %s", report.version, len(report.amended), report.site)
            for failed in report.failed:
                log.error("%s could not be brought to version %s", failed, report.version)

    def do_long_work(self) -> None:
        """Do what somebody has asked for and what takes long: imports, amendments, exports."""
        runner = Runner(self.store, self.designs, self.clock, self.name, TASKS, scope_of, self.is_stopping)
        if count := runner.run():
            log.info("%d pieces of long work were dealt with", count)

    def tidy_long_work(self) -> None:
        """Say of long work whose worker is gone that it was cut off; remove old files."""
        count = self.store.write(SYSTEM, self.clock(), tidy_work)
        if count:
            log.warning("%d pieces of long work were cut off", count)

    def send_messages(self) -> None:
        """Send what is due, settle what nobody knows, and show that this worker lives."""
        if self.sending is not None:
            self._count(self.sending.send())

    def mail_reports(self) -> None:
        """Send the reports that are due by e-mail, each to each reader once."""
        if self.sending is not None:
            channel = self.sending.channels.get(EMAIL)
            mailing = Mailing(self.store, self.designs, self.clock, reading_scope, channel, self.is_stopping)
            figures = mailing.run()
            if figures.counts:
                log.info("report mails: %s", figures_words(figures))

    def forget_texts(self) -> None:
        """Remove the texts of messages, and what people wrote, once they are old enough."""
        if self.sending is not None:
            self._count(self.sending.forget())

    def find_caregivers(self) -> None:
        """Find whoever cares for participants whose details were kept before anybody looked for that."""
        if self.sending is not None:
            found = find_caregivers(self.store, self.sending.keys, self.clock(), self.is_stopping)
            if found:
                log.info("%d caregivers are found by their numbers now", found)

    def _count(self, figures: Figures) -> None:
        for what, count in figures.counts.items():
            self.figures.add(what, count)
        if figures.counts:
            log.info("messages: %s", figures_words(figures))

    def jobs(self) -> tuple[tuple[str, BaseTrigger, Callable[[], None]], ...]:
        """Every job with the times at which it runs. Midnight comes to one site after the other: hence every hour."""
        return (
            ("plan-again", CronTrigger(minute=1, timezone=UTC), self.plan_again),
            ("keep-holidays", CronTrigger(hour=3, minute=20, timezone=UTC), self.keep_holidays),
            ("apply-amendments", CronTrigger(minute=2, timezone=UTC), self.apply_amendments),
            ("tidy-sign-ins", CronTrigger(minute=40, timezone=UTC), self.tidy_sign_ins),
            ("tidy-long-work", CronTrigger(minute="*/5", timezone=UTC), self.tidy_long_work),
            ("long-work", IntervalTrigger(seconds=int(LOOKS_EVERY.total_seconds()), timezone=UTC), self.do_long_work),
            *self._sending_jobs(),
        )

    def _sending_jobs(self) -> tuple[tuple[str, BaseTrigger, Callable[[], None]], ...]:
        if self.sending is None:
            return ()
        every = IntervalTrigger(seconds=int(self.sending.every.total_seconds()), timezone=UTC)
        return (
            ("send-messages", every, self.send_messages),
            ("mail-reports", CronTrigger(second=30, timezone=UTC), self.mail_reports),
            ("find-caregivers", CronTrigger(minute=45, timezone=UTC), self.find_caregivers),
            ("forget-texts", CronTrigger(minute=50, timezone=UTC), self.forget_texts),
        )

    def once(self) -> bool:
        """Do every job once, one after the other; whether all went well."""
        went = [self.attempt(name, job) for name, _, job in self.jobs()]  # also those after one that failed
        return all(went)

    def attempt(self, name: str, job: Callable[[], None]) -> bool:
        """Run a job. What goes wrong is logged, and tried again at its next time: the others go on. Whether it ran."""
        if self.is_stopping():
            return False
        try:
            job()
        except Exception:
            log.exception("the job %s failed; it runs again at its next time", name)
            return False
        return True

    def run(self) -> int:
        """Do every job once now and then at its times, until told to stop; the signal that told it, or 0."""
        scheduler = BackgroundScheduler(
            timezone=UTC, job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None}
        )
        for name, trigger, job in self.jobs():
            work = partial(self.attempt, name, job)
            scheduler.add_job(work, trigger, id=name, name=name, next_run_time=self.clock())
        try:
            scheduler.start()
            log.info("the worker has begun")
            told = self._told.get()
        finally:
            self.stop()
            if scheduler.running:
                scheduler.shutdown(wait=True)
            log.info("the worker has ended")
        return told

    def stop(self, signal: int = 0) -> None:
        """Begin nothing any more; what is being done ends with the participant it is at. Handlers may call it."""
        self._told.put(signal)

    def is_stopping(self) -> bool:
        """Whether it is to end."""
        return not self._told.empty()


def figures_words(figures: Figures) -> str:
    """What came of messages, in words: ``3 accepted, 1 expired``."""
    return ", ".join(f"{count} {what}" for what, count in sorted(figures.counts.items())) or "nothing"
