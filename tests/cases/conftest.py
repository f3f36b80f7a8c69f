"""Runs the example histories through the command line, exactly as their ``# run:`` line says."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from planner.cli import cli
from tests.case_plans import CASES, ROOT, CasePlan, Run, arguments_of


@pytest.fixture
def case(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Plan a case of docs/examples/cases by its name, with further options."""
    monkeypatch.chdir(ROOT)

    def run(name: str, *options: str) -> CasePlan:
        result = CliRunner().invoke(cli, [*arguments_of(CASES / f"{name}.yaml"), "--format", "json", *options])
        assert result.exit_code == 0, result.output
        return CasePlan(json.loads(result.stdout))

    return run
