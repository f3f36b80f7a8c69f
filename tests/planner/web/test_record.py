"""Recording what happened: the form, the preview of every date that moves, what is wrong next to its field, undo."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from planner.persistence.facts import FactRow
from planner.web.desk.fact_fields import FIELDS
from planner.web.desk.fact_form import as_reason
from planner.web.desk.fact_kinds import BY_NAME, CAME, GROUPS, OTHER_NAMES
from schedules.fact_kinds import KINDS
from tests.desk import Desk, text_of
from tests.studies import STUDY, Trial

PERSON = f"/studies/{STUDY}/participants/01-001"
RECORD = f"{PERSON}/record"
C1D1 = "induction.c1.d1"
DELAY = {
    "kind": "cycle_delayed",
    "date": "2026-01-05",
    "cycle": "maintenance.c1",
    "to": "2026-02-09",
    "reason": "No chair",
}


@pytest.fixture
def begun(study: Trial) -> Trial:
    """Somebody who had their first doses."""
    study.enrol()
    doses = [{"fact": "given", "date": "2026-01-05", "visit": C1D1, "activity": drug} for drug in ("vsli", "ino")]
    study.record("01-001", *doses)
    return study


def kinds(study: Trial) -> list[str]:
    return study.store.read(lambda session: list(session.scalars(select(FactRow.kind).order_by(FactRow.id))))


def count(study: Trial) -> int:
    return study.store.read(lambda session: session.scalar(select(func.count()).select_from(FactRow)) or 0)


def seen_and_saved(desk: Desk, **fields: Any) -> TestResponse:
    """Look at what would move, and save exactly that."""
    page = desk.send(RECORD, **fields, do="preview").text
    seen = re.search(r'name="seen" value="(\w+)"', page)
    assert seen is not None, text_of(page)
    expected = re.search(r'name="expected" value="(\d+)"', page)
    assert expected is not None
    return desk.send(RECORD, **{**fields, "seen": seen[1], "expected": expected[1], "do": "save"})


def test_every_kind_of_fact_can_be_recorded_from_the_pages() -> None:
    on_the_visit = {"attended", "booked", "rebooked"}
    assert set(BY_NAME) - {CAME} | on_the_visit == set(KINDS)
    for kind in BY_NAME.values():
        assert set(kind.fields) <= set(FIELDS), kind.name
        if kind.name != CAME:
            names = {OTHER_NAMES.get(name, name) for name in kind.fields}
            assert names <= set(KINDS[kind.name].__dataclass_fields__), kind.name


def test_what_can_be_recorded_is_said_in_groups(desk: Desk, begun: Trial) -> None:
    page = desk.text(RECORD)
    for heading, group in GROUPS.items():
        assert heading in page
        assert all(kind.title in page for kind in group)


@pytest.mark.parametrize("kind", sorted(BY_NAME))
def test_every_form_opens_and_says_what_is_missing(desk: Desk, begun: Trial, kind: str) -> None:
    page = desk.html(f"{RECORD}?kind={kind}")
    assert BY_NAME[kind].title in page
    answer = desk.send(RECORD, kind=kind, date="", do="preview")
    if kind != "void":
        assert answer.status_code == 400
    assert "missing" in text_of(answer.text)


def test_the_preview_says_every_date_that_moves_and_saves_nothing(desk: Desk, begun: Trial) -> None:
    before = count(begun)
    answer = desk.send(RECORD, **DELAY, do="preview")
    assert answer.status_code == 200
    page = text_of(answer.text)
    assert "M1D1 Now Mon 2 Feb 2026 (tentative) Then Mon 9 Feb 2026 (tentative) 7 days later" in page
    assert "M1D8" in page
    assert count(begun) == before


def test_what_was_looked_at_is_saved_and_said_with_a_way_back(desk: Desk, begun: Trial) -> None:
    answer = seen_and_saved(desk, **DELAY)
    assert answer.status_code == 303
    page = desk.html(answer.location)
    words = text_of(page)
    assert "Recorded. A cycle begins later: Maintenance, cycle 1; now Mon 9 Feb; no chair" in words
    assert "Mon 9 Feb 2026" in words
    assert kinds(begun)[-1] == "cycle_delayed"
    assert re.search(rf'href="{RECORD}\?kind=void&amp;of=f\d+"', page)


def test_nothing_is_saved_that_was_not_looked_at(desk: Desk, begun: Trial) -> None:
    before = count(begun)
    assert "has changed since you looked" in desk.send(RECORD, **DELAY, do="save").text
    page = desk.send(RECORD, **DELAY, do="preview").text
    seen = re.findall(r'name="seen" value="(\w+)"', page)[0]
    other = {**DELAY, "to": "2026-02-10"}
    assert "has changed since you looked" in desk.send(RECORD, **other, seen=seen, do="save").text
    assert count(begun) == before


def test_somebody_elses_change_meanwhile_is_said_and_nothing_is_lost(desk: Desk, begun: Trial) -> None:
    page = desk.send(RECORD, **DELAY, do="preview").text
    seen = re.findall(r'name="seen" value="(\w+)"', page)[0]
    expected = re.findall(r'name="expected" value="(\d+)"', page)[0]
    begun.record("01-001", {"fact": "away", "date": "2026-01-20", "until": "2026-01-21"})
    answer = desk.send(RECORD, **DELAY, seen=seen, expected=expected, do="save")
    assert answer.status_code == 409
    words = text_of(answer.text)
    assert "look at what changed" in words
    assert "away, 2026-01-20" in words
    assert 'value="2026-02-09"' in answer.text
    assert seen_and_saved(desk, **DELAY).status_code == 303


def test_a_visit_that_took_place_is_recorded_with_its_doses_in_one_go(desk: Desk, study: Trial) -> None:
    study.enrol()
    page = desk.html(f"{RECORD}?kind=came&visit={C1D1}")
    assert page.count("checked") >= 2
    assert "What would move" in page
    assert 'name="do" value="save"' in page  # complete already: what would move is there, and one click saves it
    fields = {"kind": "came", "date": "2026-01-05", "visit": C1D1, "given": ["vsli", "ino"]}
    fields["done"] = re.findall(r'name="done" value="([\w-]+)"', page)
    assert seen_and_saved(desk, **fields).status_code == 303
    assert kinds(study)[-3:] == ["attended", "given", "given"]


def test_what_is_unticked_is_not_done_and_left_out_where_a_reason_is_given(desk: Desk, study: Trial) -> None:
    study.enrol()
    fields = {"kind": "came", "date": "2026-01-05", "visit": C1D1, "given": ["ino"], "reason": "Neuropathy"}
    assert seen_and_saved(desk, **fields).status_code == 303
    rows = study.store.read(lambda session: list(session.scalars(select(FactRow).order_by(FactRow.id))))[-3:]
    assert [row.kind for row in rows] == ["attended", "given", "omitted"]
    assert "counts" in " ".join(rows[0].content["not_done"]) or rows[0].content["not_done"]
    assert rows[2].content["activity"] == "vsli"
    assert rows[2].content["reason"] == "neuropathy"


def test_another_visit_begins_with_its_own_boxes_all_ticked(desk: Desk, begun: Trial) -> None:
    fields = {"kind": "came", "date": "2026-01-05", "visit": "induction.c1.marrow", "boxes_for": C1D1}
    page = desk.send(RECORD, **fields, given=["vsli"], done=["consent"], do="preview").text
    assert 'name="given"' not in page
    boxes = re.findall(r'name="done" value="([\w-]+)"( checked)?', page)
    assert boxes
    assert all(ticked for _, ticked in boxes)
    assert 'name="boxes_for" value="induction.c1.marrow"' in page
    names = [name for name, _ in boxes]
    again = desk.send(RECORD, **{**fields, "boxes_for": "induction.c1.marrow"}, done=names[:1], do="preview").text
    assert re.findall(r'name="done" value="([\w-]+)" checked', again) == names[:1]


@pytest.mark.parametrize(
    ("fields", "place", "said"),
    [
        ({**DELAY, "to": ""}, "to", "It is missing"),
        ({**DELAY, "date": "yesterday"}, "date", "is not a date"),
        ({**DELAY, "date": "2026-05-01", "kind": "visit_missed", "visit": C1D1}, "date", "has not come yet"),
    ],
)
def test_what_is_wrong_stands_next_to_its_field_and_everything_typed_stays(
    desk: Desk, begun: Trial, fields: dict[str, str], place: str, said: str
) -> None:
    answer = desk.send(RECORD, **fields, note="as the <b>ward</b> said", do="preview")
    assert answer.status_code in (400, 422)
    error = re.search(rf'<p class="field-error" id="{place}-error">(.*?)</p>', answer.text)
    assert error is not None, text_of(answer.text)
    assert said in error[1]
    field = re.search(rf'<input id="{place}"[^>]*>', answer.text)
    assert field is not None
    assert 'aria-invalid="true"' in field[0]
    assert f"{place}-error" in field[0]
    assert fields[place] in field[0]
    assert "as the &lt;b&gt;ward&lt;/b&gt; said" in answer.text
    assert "<title>Error: " in answer.text


def test_a_fact_is_taken_back_with_a_reason_and_stays_on_record(desk: Desk, begun: Trial) -> None:
    assert seen_and_saved(desk, **DELAY).status_code == 303
    fact = re.findall(r"kind=void&amp;of=(f\d+)", desk.html(f"{PERSON}/facts"))[0]
    page = text_of(desk.send(RECORD, kind="void", of=fact, do="preview").text)
    assert "Note" in page
    assert "missing" in page
    assert seen_and_saved(desk, kind="void", of=fact, note="wrong participant").status_code == 303
    facts = desk.text(f"{PERSON}/facts")
    assert "taken back" in facts
    assert "wrong participant" in facts
    assert "M1D1" in desk.text(PERSON)
    assert "Mon 2 Feb 2026" in desk.text(PERSON)


def test_a_decision_is_chosen_among_the_gates_own_outcomes(desk: Desk, begun: Trial) -> None:
    page = desk.html(f"{RECORD}?kind=gate_decided&gate=induction.c1.response")
    assert page.count('type="radio" name="outcome"') >= 2
    outcome = re.findall(r'name="outcome" value="([\w-]+)"', page)[0]
    fields = {"kind": "gate_decided", "date": "2026-01-05", "gate": "induction.c1.response", "outcome": outcome}
    assert seen_and_saved(desk, **fields).status_code == 303
    assert kinds(begun)[-1] == "gate_decided"


def test_what_there_is_not_is_refused_and_no_failure(desk: Desk, begun: Trial) -> None:
    desk.html(f"{RECORD}?kind=nothing", 404)
    assert desk.send(RECORD, kind="nothing").status_code == 404
    for odd in ("\0", "🙂" * 300, "<script>", "induction.c9.d1", "9" * 40, "-1"):
        for kind in ("came", "cycle_delayed", "lost_to_follow_up", "void", "reduced"):
            fields = dict.fromkeys(BY_NAME[kind].fields, odd)
            answer = desk.send(RECORD, kind=kind, date="2026-01-05", expected=odd, do="preview", **fields)
            assert answer.status_code in (200, 400, 409, 422), (kind, odd)
            assert "<script>" not in answer.text
    assert count(begun) == 4


@pytest.mark.parametrize(("typed", "kept"), [("No chair", "no-chair"), ("  Travel ", "travel"), ("!?", "")])
def test_a_reason_is_kept_as_a_word(typed: str, kept: str) -> None:
    assert as_reason(typed) == kept


def test_a_what_if_shows_what_would_move_and_saves_nothing(desk: Desk, study: Trial) -> None:
    study.enrol()
    person = f"/studies/{STUDY}/participants/01-001"
    found = re.search(r'href="([^"]+)">What if the next dose slips by a week\?', desk.html(person))
    assert found is not None
    page = desk.html(html.unescape(found[1]))
    words = text_of(page)
    assert "What if: A cycle begins later" in words
    assert "Mon 12 Jan 2026" in words
    assert 'value="save"' not in page
    fields = {"kind": "cycle_delayed", "cycle": "induction.c1", "to": "2026-01-12", "date": "2026-01-05", "reason": "x"}
    answer = desk.send(f"{person}/record", **fields, do="save", seen="0", what_if="1")
    assert answer.status_code == 200
    assert 'value="save"' not in answer.text
    assert "A cycle begins later" not in desk.text(f"{person}/facts")
    in_earnest = re.search(r'href="([^"]+)">Record it in earnest', page)
    assert in_earnest is not None
    assert "A cycle begins later" in desk.text(html.unescape(in_earnest[1]))


def test_every_visit_says_why_it_is_on_its_day(desk: Desk, study: Trial) -> None:
    study.enrol()
    page = desk.html(f"/studies/{STUDY}/participants/01-001")
    assert page.count("Why this date?") >= page.count('<tr role="row" id=') > 20
