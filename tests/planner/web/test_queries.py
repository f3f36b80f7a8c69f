"""A page costs as many queries for a thousand participants as for ten."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, insert, select

from notifications.tasks import NewTask, ask
from planner.persistence.deviations import DeviationRow
from planner.persistence.participants import Participant
from planner.persistence.unit_of_work import SYSTEM, Store, UnitOfWork
from planner.persistence.visits import GateRow, VisitRow
from planner.services.access import EVERYTHING
from planner.services.feeds import MakeFeed, make_feed
from planner.web.desk.today import LONG, SHORT
from tests.desk import Desk, desk_of
from tests.planner.api.callers import Clock
from tests.reminded import DAY_8, DOSED
from tests.studies import NORTH, STUDY, Trial

PAGES = {
    "the day": "/today",
    "one list": "/today?list=coming",
    "a later page of it": "/today?list=overdue&page=2",
    "what is watched": "/watch",
    "a month": "/calendar/north?day=2026-01-05",
    "a week": "/calendar/north?view=week&day=2026-01-05",
    "contact": f"/studies/{STUDY}/participants/01-001/contact",
    "participants": "/participants",
    "somebody new": f"/studies/{STUDY}/newcomer",
    "by next visit": "/participants?sort=next",
    "a participant": f"/studies/{STUDY}/participants/01-001",
    "what happened": f"/studies/{STUDY}/participants/01-001/facts",
    "messages": f"/studies/{STUDY}/participants/01-001/messages",
    "a form": f"/studies/{STUDY}/participants/01-001/record?kind=cycle_delayed",
    "a visit": f"/studies/{STUDY}/participants/01-001/visits/induction.c1.d15",
    "all deviations": "/deviations?queue=all",
    "the choice of a calendar": "/calendar",
    "an audit": f"/studies/{STUDY}/participants/01-001/audit",
    "wishes": f"/studies/{STUDY}/participants/01-001/wishes",
    "an own page": f"/studies/{STUDY}/participants/01-001/page",
    "what can be recorded": f"/studies/{STUDY}/participants/01-001/record",
    "telling": f"/studies/{STUDY}/participants/01-001/visits/induction.c1.d15/telling",
    "deviations": "/deviations",
    "a deviation": f"/studies/{STUDY}/participants/01-001/deviations/1",
    "a calendar": "/watch/feeds/1",
    "a reply": f"/studies/{STUDY}/tasks/1",
    "a message of nobody known": "/tasks/2",
}


@contextmanager
def counted(app: Flask) -> Iterator[list[str]]:
    """The statements that the application sends meanwhile."""
    engine, sent = app.extensions["installation"].database.engine, []

    def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
        sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)


def copies(study: Trial, first: int, last: int) -> None:
    """So many participants who stand as the first one does."""

    def work(uow: UnitOfWork) -> None:
        for table, key in ((Participant, "id"), (VisitRow, ""), (GateRow, ""), (DeviationRow, "id")):
            of = table.id if table is Participant else table.participant_id  # type: ignore[union-attr]
            rows = uow.session.execute(select(table.__table__).where(of == 1)).mappings().all()
            plain = [{name: value for name, value in row.items() if name != key} for row in rows]
            made = [_copied(table, row, number) for number in range(first, last + 1) for row in plain]
            for start in range(0, len(made), 5_000):
                uow.session.execute(insert(table), made[start : start + 5_000])

    study.store.write(SYSTEM, study.now, work)


def _copied(table: type[Any], row: dict[str, Any], number: int) -> dict[str, Any]:
    if table is Participant:
        return {**row, "id": number, "number": f"01-{number:04}"}
    return {**row, "participant_id": number}


def cost(app: Flask, desk: Desk, path: str) -> int:
    desk.html(path)
    with counted(app) as sent:
        desk.html(path)
    return len(sent)


@pytest.fixture
def begun(study: Trial, at: Clock) -> Trial:
    study.enrol()
    study.record("01-001", *DOSED)
    late = [{**dose, "date": "2026-01-20", "visit": "induction.c1.d8"} for dose in DOSED]
    study.record("01-001", *late)
    study.store.write(SYSTEM, study.now, lambda uow: _unseen(study, uow))
    at.now = study.now
    return study


def _unseen(study: Trial, uow: UnitOfWork) -> None:
    """A calendar that nobody has fetched, a reply that nobody has read, and a message of a stranger."""
    make_feed(uow, study.designs, EVERYTHING, MakeFeed(audience="centre", site=NORTH))
    words = "Somebody wrote: read it."
    ask(uow.session, NewTask(study_id=1, site_id=1, kind="reply", occasion="reply.1", words=words), uow.now)
    ask(uow.session, NewTask(study_id=None, site_id=None, kind="reply", occasion="reply.2", words=words), uow.now)


def test_of_very_many_the_first_are_shown_with_the_true_count_and_all_are_reached_page_by_page(
    app: Flask, store: Store, begun: Trial
) -> None:
    desk = desk_of(app, store)
    people = 41
    copies(begun, 2, people)
    total = 3 * people  # each has three
    shown = desk.html("/today").partition(">Deviations to confirm <")[2].partition("</section>")[0]
    assert f'class="count">{total}</small>' in shown
    assert shown.count('<li class="entry') == SHORT
    assert f"All {total}" in shown
    pages = [desk.html(f"/today?list=deviations&page={number}") for number in (1, 2)]
    assert [page.count('<li class="entry') for page in pages] == [LONG, total - LONG]
    links = [re.findall(r'href="[^"]*/deviations/(\d+)"', page) for page in pages]
    assert len({*links[0], *links[1]}) == total
    assert f"{LONG + 1} to {total} of {total}." in pages[1]
    assert [">More<" in page for page in pages] == [True, False]
    assert "none of them on this page" in desk.html("/today?list=deviations&page=9")
    desk.html("/today?list=deviations&page=0", 404)


def test_every_page_costs_the_same_for_ten_and_for_a_thousand(app: Flask, store: Store, begun: Trial) -> None:
    begun.record("01-001", {**DAY_8, "date": "2026-01-26", "visit": "induction.c1.d15"}, booking_reason="late")
    desk = desk_of(app, store)
    copies(begun, 2, 10)
    ten = {name: cost(app, desk, path) for name, path in PAGES.items()}
    copies(begun, 11, 1_000)
    thousand = {name: cost(app, desk, path) for name, path in PAGES.items()}
    assert thousand == ten
    assert max(ten.values()) < 40
