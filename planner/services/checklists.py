"""A visit's checklist: suggested from its activities, added to by people, ticked by one of them."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy.orm import Session

from planner.persistence.checklists import ChecklistItem, checklist_of
from planner.persistence.participants import Participant
from planner.persistence.unit_of_work import UnitOfWork
from planner.persistence.visits import VisitRow
from planner.problems import Conflict, InputProblem, InvalidInput, NotFound, shown
from planner.services.access import Scope, find_participant, find_study, find_visit
from planner.services.designs import Designs, StudyDesign
from planner.services.texts import missing_or_too_long
from schedules.protocol import Activity, ActivityKind

#: what each kind of activity suggests: the kind of the item, and what people read
_SUGGESTED = {
    ActivityKind.SAMPLE: (("kit", "Kit ready"), ("sample", "Taken and processed")),
    ActivityKind.QUESTIONNAIRE: (("questionnaire", "Filled in"),),
}
EDC = ("edc", "Entered in EDC")
#: of visits at which a study drug is given: ticked when the participant is there, before anything is known of doses
ARRIVED = ("arrived", "Arrived")
MOST_ITEMS = 100
_WORDS = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class Item:
    """One line of a checklist. ``suggested``: the visit's activities still call for it."""

    item: str
    kind: str
    label: str
    suggested: bool
    ticked_at: datetime | None = None
    ticked_by: int | None = None
    unticked_why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VisitAddress:
    """One visit of one participant, as addresses name it."""

    study: str
    participant: str
    visit: str


def checklist_for(session: Session, designs: Designs, scope: Scope, address: VisitAddress) -> list[Item]:
    """A visit's checklist: what its activities suggest, and what people added or ticked. Raises NotFound."""
    study = find_study(session, scope, address.study)
    participant = find_participant(session, scope, study, address.participant)
    visit = find_visit(session, participant, address.visit)
    return list(_checklist(session, designs.of(session, study), participant, visit).values())


def _name_of(label: str) -> str:
    """A name for an address: of the label's Latin letters and digits, or of its digest where it has none."""
    plain = _WORDS.sub("-", label.lower()).strip("-")[:100]
    return plain or hashlib.sha256(label.strip().encode()).hexdigest()[:16]


def add_item(uow: UnitOfWork, designs: Designs, scope: Scope, address: VisitAddress, label: str) -> Item:
    """Add something of one's own to a visit's checklist. Raises InvalidInput, or Conflict if it is there."""
    study, participant, visit = _locked(uow, designs, scope, address)
    problems = list(missing_or_too_long("label", label, "write what is to be done", 300))
    name = f"own.{_name_of(label)}"
    if not problems and not any(character.isalnum() for character in label):
        problems.append(InputProblem("label", "the label has no letter or digit", "write what is to be done"))
    if problems:
        raise InvalidInput(problems)
    known = _checklist(uow.session, study, participant, visit)
    if name in known:
        raise Conflict([InputProblem("label", "the checklist has this item already", "tick that one")])
    if len(known) >= MOST_ITEMS:
        raise InvalidInput([InputProblem("label", f"a checklist has at most {MOST_ITEMS} items", "tick these first")])
    added = Item(name, "own", label.strip(), suggested=False)
    _keep(uow, participant, visit, added)
    _audit(uow, "checklist.added", participant, visit, added)
    return added


def tick(uow: UnitOfWork, designs: Designs, scope: Scope, address: VisitAddress, item: str) -> Item:
    """Tick an item: done, by whoever acts, now. Raises Conflict if it is ticked already."""
    study, participant, visit = _locked(uow, designs, scope, address)
    found = _item(_checklist(uow.session, study, participant, visit), item)
    if found.ticked_at is not None:
        raise Conflict([InputProblem("item", "somebody has ticked it already", "look at the checklist again")])
    ticked = replace(found, ticked_at=uow.now, ticked_by=uow.actor.user_id, unticked_why="")
    _keep(uow, participant, visit, ticked)
    _audit(uow, "checklist.ticked", participant, visit, ticked)
    return ticked


def untick(uow: UnitOfWork, designs: Designs, scope: Scope, address: VisitAddress, item: str, why: str) -> Item:
    """Take a tick back, with a reason. Raises Conflict if the item is not ticked."""
    study, participant, visit = _locked(uow, designs, scope, address)
    found = _item(_checklist(uow.session, study, participant, visit), item)
    if found.ticked_at is None:
        raise Conflict([InputProblem("item", "it is not ticked", "look at the checklist again")])
    problems = list(missing_or_too_long("why", why, "say why it is not done after all"))
    if problems:
        raise InvalidInput(problems)
    open_again = replace(found, ticked_at=None, ticked_by=None, unticked_why=why.strip())
    _keep(uow, participant, visit, open_again)
    _audit(uow, "checklist.unticked", participant, visit, open_again, why.strip())
    return open_again


def _locked(
    uow: UnitOfWork, designs: Designs, scope: Scope, address: VisitAddress
) -> tuple[StudyDesign, Participant, VisitRow]:
    study = find_study(uow.session, scope, address.study)
    participant = find_participant(uow.session, scope, study, address.participant, lock=True)
    return designs.of(uow.session, study), participant, find_visit(uow.session, participant, address.visit)


def _checklist(session: Session, study: StudyDesign, participant: Participant, visit: VisitRow) -> dict[str, Item]:
    """All items: the suggested ones in the order of the visit's activities, then the others."""
    found = {item.item: item for item in _suggested(study, participant, visit)}
    for name, row in checklist_of(session, participant.id, visit.key).items():
        label = found[name].label if name in found else row.label
        found[name] = Item(name, row.kind, label, name in found, row.ticked_at, row.ticked_by, row.unticked_why)
    return found


def _suggested(study: StudyDesign, participant: Participant, visit: VisitRow) -> list[Item]:
    found = []
    for name in visit.activities:
        activity = activity_of(study, participant, name)
        for kind, words in _SUGGESTED.get(activity.kind, ()) if activity else ():
            found.append(Item(f"{kind}.{name}", kind, f"{activity.label if activity else name}: {words}", True))
    first = [ARRIVED] if visit.doses else []
    ends = [Item(kind, kind, words, True) for kind, words in (*first, EDC)]
    return [*ends[:-1], *found, ends[-1]]


def activity_of(study: StudyDesign, participant: Participant, name: str) -> Activity | None:
    """The activity by the participant's version, else by the newest that has it."""
    versions = {version.protocol.version: version.protocol for version in study.versions}
    own = versions.get(participant.version or "")
    ordered = [*([own] if own else []), *reversed(versions.values())]
    return next((protocol.activities[name] for protocol in ordered if name in protocol.activities), None)


def _item(known: dict[str, Item], name: str) -> Item:
    if name not in known:
        wrong = f'the checklist has no item "{shown(name)}"'
        raise NotFound([InputProblem("item", wrong, "look at the checklist, or add the item first")])
    return known[name]


def _keep(uow: UnitOfWork, participant: Participant, visit: VisitRow, item: Item) -> None:
    uow.session.merge(
        ChecklistItem(
            participant_id=participant.id, visit_key=visit.key, item=item.item, study_id=participant.study_id,
            kind=item.kind, label=item.label[:300], ticked_at=item.ticked_at, ticked_by=item.ticked_by,
            unticked_why=item.unticked_why,
        )
    )  # fmt: skip


def _audit(uow: UnitOfWork, action: str, participant: Participant, visit: VisitRow, item: Item, why: str = "") -> None:
    subject = f"participant:{participant.number}/visit:{visit.key}"
    uow.audit(action, subject, study_id=participant.study_id, after={"item": item.item, "label": item.label}, why=why)
