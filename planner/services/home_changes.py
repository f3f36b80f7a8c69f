"""What a participant's own page says besides their visits, changed after its link was given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlalchemy.orm import Session

from notifications.forbidden import told
from planner.persistence.feeds import Feed
from planner.persistence.home_links import HomeLink, open_link
from planner.persistence.unit_of_work import UnitOfWork
from planner.problems import InputProblem, InvalidInput, NotFound
from planner.services.access import Scope, find_participant, find_study
from planner.services.designs import Designs
from planner.services.feeds import LONGEST_BRING
from planner.services.home_doses import home_drugs
from planner.services.wordings import words_of_study

#: where a feed keeps by what name a participant knows each drug
NAMES = "medicines"
LONGEST_NAME = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePage:
    """What is to be otherwise; None leaves it as it is.

    ``medicines`` says by what name the participant knows each drug that they take at home, such as the white ones; an
    empty name takes it away.
    """

    study: str
    participant: str
    bring: str | None = None
    no_driving: bool | None = None
    medicines: Mapping[str, str] | None = None


def change_page(uow: UnitOfWork, designs: Designs, scope: Scope, command: ChangePage) -> HomeLink:
    """Change what a page says; the link, the devices and the calendar stay. What to bring is in the calendar at once.

    Raises NotFound where there is no page, and InvalidInput for a text that would tell a stranger too much.
    """
    study = find_study(uow.session, scope, command.study)
    participant = find_participant(uow.session, scope, study, command.participant, lock=True)
    link = open_link(uow.session, participant.id, lock=True)
    feed = uow.session.get(Feed, link.feed_id) if link is not None and link.feed_id is not None else None
    if link is None or feed is None:
        raise NotFound([InputProblem("link", "they have no link to a page of their own", "give them one first")])
    drugs = home_drugs(designs.of(uow.session, study))
    problems = list(_problems(command, drugs, words_of_study(uow.session, designs, study)))
    if problems:
        raise InvalidInput(problems)
    before = _said(link, feed)
    feed.options = _options(feed, command)
    link.no_driving = link.no_driving if command.no_driving is None else command.no_driving
    after = _said(link, feed)
    changed = [name for name in after if after[name] != before[name]]
    if changed:
        uow.tells(participant.id)
        uow.audit(
            "home-link.changed", f"participant:{participant.number}", study_id=study.id,
            before={name: before[name] for name in changed}, after={name: after[name] for name in changed},
        )  # fmt: skip
    return link


def medicine_names(session: Session, link: HomeLink) -> dict[str, str]:
    """By what name a participant knows each drug that they take at home, where that was agreed."""
    feed = session.get(Feed, link.feed_id) if link.feed_id is not None else None
    return dict(feed.options.get(NAMES, {})) if feed is not None else {}


def _problems(command: ChangePage, drugs: list[str], words: tuple[str, ...]) -> Iterator[InputProblem]:
    if command.bring is not None:
        yield from _harmless("bring", command.bring, LONGEST_BRING, words)
    for drug, name in (command.medicines or {}).items():
        if drug not in drugs:
            yield InputProblem(f"medicines/{drug}", "this is no drug that is taken at home", "leave it out")
        yield from _harmless(f"medicines/{drug}", name, LONGEST_NAME, words)


def _harmless(place: str, text: str, longest: int, words: tuple[str, ...]) -> Iterator[InputProblem]:
    """What stands on a participant's phone tells a stranger nothing: no drug, no illness, no study."""
    if len(text) > longest:
        yield InputProblem(place, "it is too long", f"write up to {longest} characters")
    elif word := told(text, words):
        wrong = f"{word!r} tells too much to a stranger who reads it"
        yield InputProblem(place, wrong, "say nothing of an illness, a drug or a study")


def _options(feed: Feed, command: ChangePage) -> dict[str, object]:
    found = dict(feed.options)
    if command.bring is not None:
        found["bring"] = command.bring.strip()
    if command.medicines is not None:
        names = {**found.get(NAMES, {}), **{drug: name.strip() for drug, name in command.medicines.items()}}
        found[NAMES] = {drug: name for drug, name in names.items() if name}
    return {name: value for name, value in found.items() if value or name not in ("bring", NAMES)}


def _said(link: HomeLink, feed: Feed) -> dict[str, object]:
    bring, names = feed.options.get("bring", ""), feed.options.get(NAMES, {})
    return {"bring": bring, "no_driving": link.no_driving, "medicines": names}
