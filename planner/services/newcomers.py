"""Participants who are new in a table: checked and planned like anybody else, and written by the hundred.

What is stored is, row for row, what taking each of them in and recording their facts would have stored.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from functools import partial

from sqlalchemy.exc import DBAPIError

from planner.persistence.bulk import Bulk
from planner.persistence.site_versions import effective_from, version_among
from planner.persistence.studies import Study
from planner.persistence.unit_of_work import UnitOfWork
from planner.problems import InputProblem
from planner.services.access import Scope
from planner.services.cohort_levels import known_cohorts
from planner.services.designs import Designs
from planner.services.enrolment import ScreeningDesk
from planner.services.helpers import Helpers
from planner.services.newcomer_plans import Arrival, Planned, Planning
from schedules.history import Booked, Fact, LostToFollowUp, Rebooked

#: so many are planned, and written, together; as many again are in memory meanwhile, and twice as many for each helper
TOGETHER = 200


def may_come_with_others(facts: Sequence[Fact]) -> bool:
    """Whether nothing has to be asked of what is stored: chairs that are taken, attempts to reach somebody."""
    return not any(isinstance(fact, Booked | LostToFollowUp | Rebooked) for fact in facts)


class Newcomers:
    """Takes in people who are new, in one transaction: some are planned while the ones before them are being written.

    The transaction is the writer's until ``wait`` returns: nobody else may use the session meanwhile. What is wrong
    with somebody is added to ``problems``, with the line where they begin, by then; once there are any nothing more
    is written. ``helpers`` says how many processes plan beside this one.
    """

    def __init__(
        self, uow: UnitOfWork, designs: Designs, scope: Scope, study: Study, why: str,
        problems: list[tuple[int, InputProblem]], helpers: int,
    ) -> None:  # fmt: skip
        self._uow, self._designs, self._study, self._why = uow, designs, study, why
        self._problems, self._count = problems, helpers
        self._desk = ScreeningDesk(uow.session, scope, study)
        self._bulk = Bulk(uow.session.connection())
        self._bulk.expect_many()
        self._helpers: Helpers[Sequence[Arrival], Planned] | None = None
        self._arrivals: list[Arrival] = []
        self._planned: deque[Future[Planned]] = deque()
        self._writer = ThreadPoolExecutor(max_workers=1)
        self._writing: Future[None] | None = None

    def add(self, line: int, number: str, site_code: str, facts: tuple[Fact, ...]) -> None:
        """Have somebody taken in. Raises what forbids taking them in at that site, or anybody at all."""
        if not self._desk.knows(site_code):
            self._last_written()
        site = self._desk.admit(number, site_code)
        self._helpers = self._helpers or Helpers(self._planning().plan, self._count)
        self._arrivals.append(Arrival(line, number, site.code, site.id, facts))
        if len(self._arrivals) == TOGETHER:
            self._hand_over(self._helpers.ahead)

    def wait(self) -> None:
        """Have everybody planned and written, and wait until it is done."""
        self._hand_over(0)
        self._last_written()

    def close(self) -> None:
        """Write nothing more: the transaction is done with, or is not to be."""
        self._writer.shutdown(wait=True, cancel_futures=True)
        if self._helpers is not None:
            self._helpers.close()
        with suppress(DBAPIError):  # a connection that is gone has nothing in memory
            self._bulk.expect_many(False)

    def _planning(self) -> Planning:
        """What planning needs, all of it looked up before anybody is written. Raises what forbids planning."""
        version_on = partial(version_among, effective_from(self._uow.session, self._study.id))
        design = self._designs.of(self._uow.session, self._study)
        cohorts = known_cohorts(self._uow.session, self._study.id)
        return Planning(self._uow, design, version_on, cohorts, self._why, self._bulk)

    def _hand_over(self, ahead: int) -> None:
        """Have those who are there planned, and what is planned written, but for the newest that is not waited for."""
        if self._helpers is not None and self._arrivals:
            self._planned.append(self._helpers.ask(self._arrivals))
            self._arrivals = []
        while len(self._planned) > ahead:
            self._write(self._planned.popleft().result())

    def _write(self, planned: Planned) -> None:
        self._problems += planned.refused
        self._uow.take_over(planned.notes, planned.places)
        self._last_written()
        if not self._problems:
            self._writing = self._writer.submit(planned.write, self._bulk)

    def _last_written(self) -> None:
        if self._writing is not None:
            self._writing.result()
            self._writing = None
