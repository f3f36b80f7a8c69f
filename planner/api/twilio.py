"""What Twilio tells us by itself: how a message fares, and what somebody wrote. No session, only a signature.

Nothing of a callback is read before its signature is checked, against the public address of the settings.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from flask import Blueprint, Response, abort, current_app, request

from notifications.channels.twilio_callbacks import (
    INBOUND_PATH,
    SIGNATURE_HEADER,
    STATUS_PATH,
    CallbackNotUnderstood,
    CallbackRefused,
    check_signature,
    incoming,
    status_report,
)
from notifications.inbox import take_in
from notifications.statuses import take_status
from planner import clock
from planner.persistence.unit_of_work import SYSTEM, UnitOfWork
from planner.request_log import log
from planner.services.address_book import ContactBook
from planner.services.installation import Installation
from planner.services.tasks import sealed

callbacks = Blueprint("callbacks", __name__)
#: much more than Twilio ever sends
LARGEST = 1_000_000
#: an answer to Twilio that has it do nothing
_NOTHING = '<?xml version="1.0" encoding="UTF-8"?><Response></Response>'


@callbacks.post(STATUS_PATH)
def status() -> Response:
    """Take how a message fares. One that nobody knows is answered like any other: sending it again would not help."""
    planner, form = _believed()
    report = _understood(lambda: status_report(form, request.args.get("token")))
    if report is not None:
        planner.store.write(SYSTEM, clock.now(), lambda uow: take_status(uow.session, report, uow.now))
    return Response(status=204)


@callbacks.post(INBOUND_PATH)
def inbound() -> Response:
    """Take what somebody wrote; the answer to them is a message of its own, with every check of one."""
    planner, form = _believed()
    wrote = _understood(lambda: incoming(form))
    if wrote is not None:
        book = ContactBook(planner.keys)

        def work(uow: UnitOfWork) -> None:
            take_in(uow.session, wrote, book, lambda text: sealed(planner.keys, text), uow.now)

        planner.store.write(SYSTEM, clock.now(), work)
    return Response(_NOTHING, content_type="text/xml; charset=utf-8")


def _believed() -> tuple[Installation, dict[str, list[str]]]:
    """The form that Twilio has sent. Answers 404 where Twilio is not in use, 403 to others, 413 to what is too long."""
    planner = cast(Installation, current_app.extensions["installation"])
    settings = planner.settings
    if settings.channel != "twilio" or settings.twilio_token is None:
        abort(404)
    planner.require_schema()
    request.max_content_length = request.max_form_memory_size = LARGEST
    form = request.form.to_dict(flat=False)
    query = request.query_string.decode("ascii", "replace")
    address = f"{settings.public_url}{request.path}" + (f"?{query}" if query else "")
    try:
        check_signature(settings.twilio_token.get_secret_value(), address, form, request.headers.get(SIGNATURE_HEADER))
    except CallbackRefused as refused:
        log().warning("callback refused", reason=str(refused))
        abort(403)
    return planner, form


def _understood(read: Callable[[], Any]) -> Any:
    """What a callback says; None for one that says nothing, which is logged: no answer of ours would mend it."""
    try:
        return read()
    except CallbackNotUnderstood as error:
        log().warning("callback not understood", reason=str(error))
        return None
