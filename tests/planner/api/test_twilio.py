"""What Twilio tells us over HTTP: believed with its signature only, taken once, and no failure whatever it holds."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from flask import Flask
from pydantic import SecretStr
from sqlalchemy import func, select
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]
from werkzeug.test import TestResponse

from notifications.inbox import InboundRow
from notifications.outbox import MessageRow, State
from notifications.tasks import TaskRow
from planner.app import create_app
from planner.persistence.unit_of_work import Store
from tests import reminded
from tests.planner.api.callers import Clock, at, settings_for
from tests.reminded import DAY_8, TOLD
from tests.studies import Trial

__all__ = ["at"]

TOKEN, URL = "a made-up auth token", "https://visits.example.org"
STATUS, INBOUND = "/callbacks/twilio/status", "/callbacks/twilio/messages"
AT_ONCE = 4
SID, WROTE = f"SM{'1' * 32}", f"SM{'2' * 32}"


@pytest.fixture
def app(store: Store, tmp_path: Path, at: Clock) -> Iterator[Flask]:
    settings = settings_for(
        store, tmp_path, channel="twilio", twilio_account=f"AC{'0' * 32}", twilio_token=SecretStr(TOKEN),
        twilio_from="+15005550006", public_url=URL,
    )  # fmt: skip
    made = create_app({"TESTING": True, "PROPAGATE_EXCEPTIONS": False}, settings)
    made.extensions["installation"]._keys = reminded.KEYS
    yield made
    made.extensions["installation"].close()


@pytest.fixture
def study(store: Store, app: Flask) -> Trial:
    """A participant who has been told of an appointment, and whose first reminder Twilio has taken."""
    made = reminded.reminding(store)
    made.record("01-001", DAY_8)
    made.record("01-001", TOLD)
    with store.database.writing() as session:
        row = session.get_one(MessageRow, 1)
        row.state, row.provider_id, row.token = State.ACCEPTED, SID, "abc.1"
        row.attempted_at = row.accepted_at = datetime(2026, 1, 9, 14, tzinfo=UTC)
        row.digest, row.says = reminded.KEYS.find(reminded.PHONE), {"day": "2026-01-12"}
    return made


def send(app: Flask, path: str, form: dict[str, Any], signature: str | None = None) -> TestResponse:
    """A callback, signed as Twilio would sign it for our public address unless told otherwise."""
    signed = RequestValidator(TOKEN).compute_signature(URL + path, form) if signature is None else signature
    headers = {"X-Twilio-Signature": signed} if signed else {}
    return app.test_client().post(path, data=form, headers=headers)


def state(store: Store) -> str:
    return store.read(lambda session: session.get_one(MessageRow, 1).state)


def count(store: Store, table: Any) -> int:
    return store.read(lambda session: session.scalar(select(func.count()).select_from(table)) or 0)


def fares(status: str, sid: str = SID) -> dict[str, str]:
    return {"MessageSid": sid, "MessageStatus": status, "AccountSid": f"AC{'0' * 32}"}


def wrote(text: str, sender: str = reminded.PHONE, sid: str = WROTE) -> dict[str, str]:
    return {"MessageSid": sid, "From": sender, "To": "+15005550006", "Body": text}


def test_how_a_message_fares_is_taken_in_whatever_order_it_comes(app: Flask, study: Any, store: Store) -> None:
    for status in ("delivered", "sent", "queued", "delivered"):
        assert send(app, f"{STATUS}?token=abc.1", fares(status)).status_code == 204
    assert state(store) == "delivered"


@pytest.mark.parametrize("signature", ["", "bm90IHR3aWxpbydz"])
def test_a_callback_without_twilios_signature_is_refused_and_changes_nothing(
    app: Flask, study: Any, store: Store, signature: str
) -> None:
    assert send(app, STATUS, fares("delivered"), signature).status_code == 403
    assert send(app, INBOUND, wrote("STOP"), signature).status_code == 403
    assert (state(store), count(store, InboundRow)) == ("accepted", 0)


def test_a_signature_for_another_address_or_another_form_is_none(app: Flask, study: Any, store: Store) -> None:
    for_elsewhere = RequestValidator(TOKEN).compute_signature(f"https://evil.example{STATUS}", fares("delivered"))
    for_less = RequestValidator(TOKEN).compute_signature(URL + STATUS, fares("sent"))
    for signature in (for_elsewhere, for_less):
        assert send(app, STATUS, fares("delivered"), signature).status_code == 403
    assert state(store) == "accepted"


def test_a_message_or_a_status_that_nobody_knows_is_answered_and_changes_nothing(
    app: Flask, study: Any, store: Store
) -> None:
    assert send(app, STATUS, fares("delivered", f"SM{'9' * 32}")).status_code == 204
    assert send(app, STATUS, fares("transmogrified")).status_code == 204
    assert send(app, STATUS, {"MessageStatus": "delivered"}).status_code == 204
    assert send(app, INBOUND, {"Body": "1"}).status_code == 200
    assert (state(store), count(store, InboundRow)) == ("accepted", 0)


def test_what_somebody_wrote_is_taken_once_however_often_it_is_handed_in(app: Flask, study: Any, store: Store) -> None:
    for _ in range(3):
        answer = send(app, INBOUND, wrote("2"))
        assert (answer.status_code, answer.mimetype) == (200, "text/xml")
    assert (count(store, InboundRow), count(store, TaskRow)) == (1, 1)
    assert ("move-asked", "once", "planned") in reminded.messages(study)


def test_what_is_handed_in_twice_at_the_same_moment_is_taken_and_answered_once(
    app: Flask, study: Any, store: Store
) -> None:
    ready = Barrier(AT_ONCE)

    def hand_in(_: int) -> int:
        ready.wait()
        return send(app, INBOUND, wrote("2")).status_code

    with ThreadPoolExecutor(AT_ONCE) as many:
        assert list(many.map(hand_in, range(AT_ONCE))) == [200] * AT_ONCE
    assert (count(store, InboundRow), count(store, TaskRow)) == (1, 1)
    assert reminded.messages(study).count(("move-asked", "once", "planned")) == 1


@pytest.mark.parametrize("text", ["", "👍", "Je suis malade", "٢", "x" * 1_600, "a\0b"])
def test_whatever_somebody_wrote_is_kept_and_looked_at(app: Flask, study: Any, store: Store, text: str) -> None:
    assert send(app, INBOUND, wrote(text)).status_code == 200
    assert (count(store, InboundRow), count(store, TaskRow)) == (1, 1)


def test_what_a_stranger_wrote_is_kept_for_a_person_and_not_answered(app: Flask, study: Any, store: Store) -> None:
    before = count(store, MessageRow)
    assert send(app, INBOUND, wrote("who is this?", "+12125550199")).status_code == 200
    assert (count(store, InboundRow), count(store, TaskRow), count(store, MessageRow)) == (1, 1, before)


def test_a_callback_that_is_too_large_is_refused_before_it_is_read(app: Flask, study: Any, store: Store) -> None:
    assert send(app, INBOUND, wrote("x" * 1_100_000)).status_code == 413
    assert send(app, INBOUND, wrote("x" * 900_000)).status_code == 403
    assert count(store, InboundRow) == 0


def test_where_twilio_is_not_in_use_there_are_no_callbacks(store: Store, tmp_path: Path, at: Clock) -> None:
    other = create_app({"TESTING": True}, settings_for(store, tmp_path))
    try:
        assert send(other, STATUS, fares("delivered")).status_code == 404
        assert other.test_client().get(STATUS).status_code == 405
    finally:
        other.extensions["installation"].close()
