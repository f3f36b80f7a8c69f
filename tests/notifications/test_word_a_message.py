"""What docs/how-to/word-a-message.md shows is what happens."""

from __future__ import annotations

import re
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest

from notifications.wording import Values, check_wording, render

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "word-a-message.md"
BLOCKS = re.findall(r"^```text (\w+)(?: ([\w-]+))?\n(.*?)\n```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
VALUES = Values(place="North Clinic", phone="+1 212 555 0100", day=date(2026, 9, 30), starts=570)


def test_every_block_of_the_page_is_of_a_kind_that_is_looked_at() -> None:
    assert [kind for kind, _, _ in BLOCKS] == ["wording", "sample", "wording", "problems"]


@pytest.mark.parametrize(("wording", "shown"), list(pairwise(BLOCKS))[::2], ids=["sample", "problems"])
def test_what_a_wording_is_said_to_become_it_becomes(
    wording: tuple[str, str, str], shown: tuple[str, str, str]
) -> None:
    _, template, source = wording
    problems = "\n".join(check_wording(template, "en", source))
    assert (problems or render(source, shown[1], VALUES)) == shown[2]
    assert bool(problems) is (shown[0] == "problems")
