"""Lists of problems that come to an end, and say so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import islice

from schedules.errors import Problem
from schedules.yaml_text import MOST_PROBLEMS


def bounded(problems: Iterable[Problem]) -> list[Problem]:
    """The first thousand problems; if there are more, a last one says so. The others are not even looked for."""
    found = list(islice(problems, MOST_PROBLEMS + 1))
    if len(found) > MOST_PROBLEMS:
        wrong = f"there are more problems than the {MOST_PROBLEMS:,} that are listed"
        found[-1] = replace(max(found), wrong=wrong, right="mend these first, then read the file again")
    return found
