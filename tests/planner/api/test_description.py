"""The API does what its description says, whatever is sent to it: no failure, no answer that is not described."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from contextlib import suppress
from http import HTTPStatus
from typing import Any

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from planner.persistence.unit_of_work import Store
from planner.services.users import Role
from tests.planner.api.callers import Caller, Clock, app, at, caller
from tests.studies import NORTH, STUDY, trial

__all__ = ["app", "at"]

#: names that exist: half of all requests are about them
KNOWN = {"study": STUDY, "number": "01-001", "site": NORTH, "visit": "induction.c1.d8", "version": "1.0", "item": "edc"}
SOAK = os.environ.get("HYPOTHESIS_PROFILE") == "soak"
EXAMPLES = 100 if SOAK else 2
_PARTS = {"sqlite": 3, "postgresql": 5}
EXCLUDED = {
    # The description cannot say all that the study's rules ask for.
    positive_data_acceptance,
}


@pytest.fixture
def study(store: Store, at: Clock) -> Store:
    trial(store).enrol()
    return store


def asked(api: Any, mode: GenerationMode, who: Caller, sample: slice) -> Iterator[Any]:
    """Every operation of the sample, asked many things."""
    for operation in [found.ok() for found in api.get_all_operations()][sample]:

        @settings(
            max_examples=EXAMPLES, derandomize=not SOAK, deadline=None, database=None, phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )  # fmt: skip
        @given(case=operation.as_strategy(generation_mode=mode))
        def ask(case: Any) -> None:
            known = random.Random(str(case.path_parameters)).random() < 0.5
            if known and mode is GenerationMode.POSITIVE and case.path_parameters:
                case.path_parameters.update({k: v for k, v in KNOWN.items() if k in case.path_parameters})
            headers = {**(case.headers or {}), "Authorization": f"Bearer {who.token}"}
            answer = case.call(headers=headers)
            assert answer.status_code < 500, (case.as_curl_command(), answer.text)
            if answer.status_code == HTTPStatus.REQUEST_URI_TOO_LONG:
                return  # refused before anything was read; schemathesis wants another refusal
            case.validate_response(answer, excluded_checks=list(EXCLUDED), headers=headers)

        yield operation.label, ask


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize("role", Role)
def test_no_role_meets_a_failure_or_an_answer_that_is_not_described(
    app: Flask, study: Store, role: Role, mode: GenerationMode
) -> None:
    api = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    who = caller(app, study, role)
    tried = 0
    # Without soak each role asks for a part of it, and all together for all of it.
    parts = 1 if SOAK else _PARTS[study.database.engine.dialect.name]
    sample = slice(list(Role).index(role) % parts, None, parts)
    for _, ask in asked(api, mode, who, sample):
        with suppress(Unsatisfiable):  # there is nothing wrong that could be sent
            ask()
            tried += 1
    assert tried > 40 // parts
