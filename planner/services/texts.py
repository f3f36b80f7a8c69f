"""What people write in a field of their own words: there or not, and not too long."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from planner.problems import InputProblem, shown

LONGEST_NOTE = 4_000


def missing_or_too_long(place: str, text: str, remedy: str, longest: int = LONGEST_NOTE) -> Iterator[InputProblem]:
    """What is wrong with a text that must be given."""
    if not text.strip():
        yield InputProblem(place, f"{place} is missing", remedy)
    yield from too_long(place, text, longest)


def too_long(place: str, text: str, longest: int = LONGEST_NOTE) -> Iterator[InputProblem]:
    """What is wrong with a text that may be empty."""
    if len(text) > longest:
        yield InputProblem(place, f"{place} is too long", f"write at most {longest} characters")


def not_one_of(place: str, word: str, known: Iterable[str]) -> Iterator[InputProblem]:
    """What is wrong with a word that must be one of a few."""
    known = tuple(known)
    if word not in known:
        yield InputProblem(place, f'"{shown(word)}" is no {place}', f"choose one of {', '.join(known)}")
