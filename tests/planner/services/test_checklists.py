"""A visit's checklist: suggested by its activities, ticked by somebody, and still there when the visit moves."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import update

from planner.persistence.unit_of_work import SYSTEM, Actor, Store
from planner.persistence.visits import VisitRow
from planner.problems import Conflict, InvalidInput, NotFound
from planner.services.access import EVERYTHING, Scope
from planner.services.checklists import Item, VisitAddress, add_item, checklist_for, tick, untick
from tests.studies import NOW, STUDY, Trial, a_user, audited, trial

D8 = VisitAddress(study=STUDY, participant="01-001", visit="induction.c1.d8")
MARROW = VisitAddress(study=STUDY, participant="01-001", visit="induction.c1.marrow")
BASELINE = VisitAddress(study=STUDY, participant="01-001", visit="screening.baseline")


@pytest.fixture
def study(store: Store) -> Trial:
    made = trial(store)
    made.enrol()
    return made


def items(study: Trial, address: VisitAddress = D8) -> dict[str, Item]:
    found = study.store.read(lambda session: checklist_for(session, study.designs, EVERYTHING, address))
    return {item.item: item for item in found}


def do_tick(study: Trial, item: str, address: VisitAddress = D8, actor: Actor = SYSTEM) -> Item:
    return study.store.write(actor, NOW, lambda uow: tick(uow, study.designs, EVERYTHING, address, item))


def do_untick(study: Trial, item: str, why: str) -> Item:
    return study.store.write(SYSTEM, NOW, lambda uow: untick(uow, study.designs, EVERYTHING, D8, item, why))


def do_add(study: Trial, label: str) -> Item:
    return study.store.write(SYSTEM, NOW, lambda uow: add_item(uow, study.designs, EVERYTHING, D8, label))


def test_kits_samples_questionnaires_and_the_entry_in_edc_are_suggested(study: Trial) -> None:
    assert {name: item.label for name, item in items(study).items()} == {
        "arrived": "Arrived",
        "kit.bloods": "Blood counts and liver tests: Kit ready",
        "sample.bloods": "Blood counts and liver tests: Taken and processed",
        "edc": "Entered in EDC",
    }
    assert set(items(study, MARROW)) == {"kit.mrd", "sample.mrd", "kit.biomarkers", "sample.biomarkers", "edc"}
    assert "questionnaire.qol" in items(study, BASELINE)


def test_a_tick_says_who_and_when(study: Trial) -> None:
    who = a_user(study.store)
    do_tick(study, "edc", actor=who)
    found = items(study)["edc"]
    assert (found.ticked_at, found.ticked_by) == (NOW, who.user_id)
    assert items(study)["kit.bloods"].ticked_at is None
    (entry,) = audited(study, "checklist.ticked")
    assert (entry.actor, entry.subject) == (who.name, "participant:01-001/visit:induction.c1.d8")


def test_a_tick_is_taken_back_with_a_reason_which_the_next_tick_takes_away(study: Trial) -> None:
    do_tick(study, "edc")
    with pytest.raises(InvalidInput, match="why is missing"):
        do_untick(study, "edc", " ")
    do_untick(study, "edc", "of another participant")
    found = items(study)["edc"]
    assert (found.ticked_at, found.ticked_by, found.unticked_why) == (None, None, "of another participant")
    do_tick(study, "edc")
    assert (items(study)["edc"].ticked_at, items(study)["edc"].unticked_why) == (NOW, "")
    assert [entry.why for entry in audited(study, "checklist.unticked")] == ["of another participant"]


def test_nothing_is_ticked_or_unticked_twice(study: Trial) -> None:
    with pytest.raises(Conflict, match="not ticked"):
        do_untick(study, "edc", "why")
    do_tick(study, "edc")
    with pytest.raises(Conflict, match="already"):
        do_tick(study, "edc")


def test_what_is_ticked_stays_when_the_visit_moves(study: Trial) -> None:
    drugs = [
        {"fact": "given", "date": "2026-01-05", "visit": "induction.c1.d1", "activity": d} for d in ("vsli", "ino")
    ]
    study.record("01-001", *drugs)
    do_tick(study, "kit.bloods")
    study.record("01-001", {"fact": "held", "date": "2026-01-12", "visit": D8.visit, "reason": "toxicity",
                            "resume": "2026-01-15"})  # fmt: skip
    with study.store.database.reading() as session:
        row = session.get_one(VisitRow, (1, D8.visit))
        assert row.target == date(2026, 1, 15)
    assert items(study)["kit.bloods"].ticked_at == NOW


def test_what_an_amendment_takes_out_of_a_visit_stays_if_it_was_ticked(study: Trial) -> None:
    do_tick(study, "kit.bloods")
    with study.store.database.writing() as session:
        session.execute(update(VisitRow).where(VisitRow.key == D8.visit).values(activities=["vsli", "ino"]))
    found = items(study)
    assert {name: item.suggested for name, item in found.items()} == {"arrived": True, "edc": True, "kit.bloods": False}
    assert found["kit.bloods"].label == "Blood counts and liver tests: Kit ready"


def test_people_add_items_of_their_own(study: Trial) -> None:
    added = do_add(study, " Parking permit! ")
    assert (added.item, added.label, added.suggested) == ("own.parking-permit", "Parking permit!", False)
    do_tick(study, added.item)
    assert items(study)[added.item].ticked_at == NOW
    assert added.item not in items(study, MARROW)
    with pytest.raises(Conflict, match="has this item"):
        do_add(study, "parking permit")


@pytest.mark.parametrize("label", ["", "?!", "n" * 301])
def test_an_item_needs_a_label_that_can_be_read(study: Trial, label: str) -> None:
    with pytest.raises(InvalidInput, match="label"):
        do_add(study, label)


def test_an_item_may_be_in_any_script(study: Trial) -> None:
    one, other = do_add(study, "रक्त का नमूना"), do_add(study, "採血")
    assert one.item != other.item
    assert {items(study)[one.item].label, items(study)[other.item].label} == {"रक्त का नमूना", "採血"}
    with pytest.raises(Conflict):
        do_add(study, "採血")


def test_a_checklist_has_an_end(study: Trial) -> None:
    for number in range(96):
        do_add(study, f"item {number}")
    with pytest.raises(InvalidInput, match="at most 100"):
        do_add(study, "one more")


NOBODY = VisitAddress(study=STUDY, participant="01-001", visit="induction.c9.d1")
MISSING: dict[str, Callable[[Trial], Any]] = {
    "a visit that never was": lambda study: items(study, NOBODY),
    "an item that never was": lambda study: do_tick(study, "sample.marrow"),
    "another site: look": lambda study: study.store.read(
        lambda session: checklist_for(session, study.designs, Scope(((1, 2),)), D8)
    ),
    "another site: tick": lambda study: study.store.write(
        SYSTEM, NOW, lambda uow: tick(uow, study.designs, Scope(((1, 2),)), D8, "edc")
    ),
    "another site: untick": lambda study: study.store.write(
        SYSTEM, NOW, lambda uow: untick(uow, study.designs, Scope(((1, 2),)), D8, "edc", "why")
    ),
    "another site: add": lambda study: study.store.write(
        SYSTEM, NOW, lambda uow: add_item(uow, study.designs, Scope(((1, 2),)), D8, "more")
    ),
}


@pytest.mark.parametrize("what", MISSING)
def test_what_is_not_there_or_of_another_site_is_not_found(study: Trial, what: str) -> None:
    with pytest.raises(NotFound):
        MISSING[what](study)
