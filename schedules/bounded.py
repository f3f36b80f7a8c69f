"""Lists of problems that come to an end, and say so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import islice

from schedules.errors import Problem
from schedules.yaml_text import MOST_PROBLEMS

LONGEST_WORDS = 1_000


def bounded(problems: Iterable[Problem]) -> list[Problem]:
    """The first thousand problems, in not too many words; if there are more, a last one says so.

    The others are not even looked for.
    """
    found = [_in_few_words(problem) for problem in islice(problems, MOST_PROBLEMS + 1)]
    if len(found) > MOST_PROBLEMS:
        wrong = f"there are more problems than the {MOST_PROBLEMS:,} that are listed"
        found[-1] = replace(max(found), wrong=wrong, right="mend these first, then read the file again")
    return found


def _in_few_words(problem: Problem) -> Problem:
    """Some messages show what was written, however long it is."""
    if len(problem.wrong) <= LONGEST_WORDS and len(problem.right) <= LONGEST_WORDS:
        return problem
    wrong, right = (
        text if len(text) <= LONGEST_WORDS else f"{text[:LONGEST_WORDS]}…" for text in (problem.wrong, problem.right)
    )
    return replace(problem, wrong=wrong, right=right)
