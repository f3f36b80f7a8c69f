"""`planner home`: links to participants' own pages, given, renewed and ended by whoever has a shell."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from planner.cli import cli
from planner.persistence.unit_of_work import Store
from planner.services.home_doors import linked
from tests.commanded import commanded
from tests.studies import STUDY, trial

LINK = re.compile(r"https://…/home/([A-Za-z0-9_-]{43})\n")


def run(*words: str) -> Result:
    return CliRunner().invoke(cli, ("home", *words))


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    with commanded(tmp_path, monkeypatch) as made:
        trial(made).enrol()
        yield made


def token_of(made: Result) -> str:
    assert made.exit_code == 0, made.output
    found = LINK.search(made.output)
    assert found is not None, made.output
    return found[1]


def leads_somewhere(store: Store, token: str) -> bool:
    return store.read(lambda session: linked(session, token)) is not None


def test_a_link_is_given_renewed_and_ended(store: Store) -> None:
    first = token_of(run("give", STUDY, "01-001", "--bring", "your diary", "--no-driving"))
    assert leads_somewhere(store, first)
    assert run("give", STUDY, "01-001").exit_code != 0
    second = token_of(run("renew", STUDY, "01-001"))
    assert (leads_somewhere(store, first), leads_somewhere(store, second)) == (False, True)
    assert run("end", STUDY, "01-001").exit_code == 0
    assert not leads_somewhere(store, second)


def test_a_code_is_printed_for_whoever_has_a_link(store: Store) -> None:
    assert run("code", STUDY, "01-001").exit_code != 0
    token_of(run("give", STUDY, "01-001"))
    assert re.match(r"\d{6}\n", run("code", STUDY, "01-001").output)


def test_what_would_tell_a_stranger_too_much_is_refused(store: Store) -> None:
    said = run("give", STUDY, "01-001", "--bring", "your chemotherapy card")
    assert said.exit_code != 0
    assert "tells too much" in said.output
