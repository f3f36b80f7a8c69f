"""The simulated provider's answers to requests."""

from __future__ import annotations

import json
import random
import re
import socket
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from tests.provider import control
from tests.provider.faults import KEPT, Fate
from tests.provider.ledger import API, E164, Message

if TYPE_CHECKING:
    from tests.provider.server import Provider, Server

PLACES = re.compile(API + r"/Accounts/(?P<account>AC[0-9a-fA-F]{32})/Messages(?:/(?P<message>(?:SM|MM)\w{32}))?\.json")
LONGEST_BODY = 1_600
MOST_SECONDS = 36_000
ERRORS = {
    20003: (401, "Authenticate"),
    20404: (404, "The requested resource was not found"),
    20429: (429, "Too Many Requests"),
    21602: (400, "Message body is required"),
    21603: (400, "A 'From' phone number is required"),
    21604: (400, "A 'To' phone number is required"),
    21609: (400, "The 'StatusCallback' URL is not valid"),
    21617: (400, "The message body exceeds the 1600 character limit"),
    21620: (400, "The validity period is out of range"),
}


class Refused(Exception):
    """A request is answered with an error of that code."""

    def __init__(self, code: int, status: int | None = None) -> None:
        super().__init__(str(code))
        self.code = code
        self.status = status or ERRORS.get(code, (400, ""))[0]


class Handler(BaseHTTPRequestHandler):
    """One connection of a client."""

    protocol_version = "HTTP/1.1"
    server: Server
    wbufsize = -1
    timeout = 60

    @property
    def provider(self) -> Provider:
        """Whose requests these are."""
        return self.server.provider

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name that http.server gives it
        """Nothing on the terminal."""

    def do_GET(self) -> None:
        """Read messages."""
        self._answer("GET")

    def do_POST(self) -> None:
        """Send a message, or change one."""
        self._answer("POST")

    def do_DELETE(self) -> None:
        """Delete a message."""
        self._answer("DELETE")

    def _answer(self, method: str) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode("utf-8", "replace")
        parts = urlsplit(self.path)
        if parts.path.startswith("/control/"):
            self.reply(*control.answer(self.provider, method, parts.path.removeprefix("/control/"), body))
            return
        try:
            self._api(method, parts.path, parts.query, body)
        except Refused as refused:
            self._refuse(refused)

    def _api(self, method: str, path: str, query: str, body: str) -> None:
        place = PLACES.fullmatch(path)
        if place is None:
            raise Refused(20404)
        if not self.provider.knows(self.headers.get("Authorization") or ""):
            raise Refused(20003)
        if place["account"] != self.provider.account:
            raise Refused(20404)
        form = {name: values[-1] for name, values in parse_qs(body, keep_blank_values=True).items()}
        asked = {name: values[-1] for name, values in parse_qs(query, keep_blank_values=True).items()}
        self.provider.requests[f"{method} {'message' if place['message'] else 'messages'}"] += 1
        if method == "POST" and not place["message"]:
            self._send(form)
        elif method == "GET" and not place["message"]:
            self._list(path, asked)
        else:
            self._one(method, self._found(place["message"]), form)

    def _found(self, name: str | None) -> Message:
        found = self.provider.ledger.find(name or "")
        if found is None:
            raise Refused(20404)
        return found

    def _one(self, method: str, message: Message, form: dict[str, str]) -> None:
        if self._spoils(self.provider.chance.draw_reading()):
            return
        if method == "DELETE":
            self.provider.ledger.delete(message.sid)
            self.reply(204, None)
            return
        if method == "POST" and form.get("Body") == "" and not self.provider.faults.stubborn:
            message.body = ""
        self.reply(200, message.as_json())

    # sending

    def _send(self, form: dict[str, str]) -> None:
        message = self._checked(form)
        fate, dice = self.provider.chance.draw(message.to, message.said)
        self.provider.pause(dice)
        if fate in KEPT:
            self._keep(message, dice)
        if not self._spoils(fate):
            self.reply(201, message.as_json() | {"status": "queued"})

    def _keep(self, message: Message, dice: random.Random) -> None:
        self.provider.take(message, dice)

    def _checked(self, form: dict[str, str]) -> Message:
        to, text = form.get("To", ""), form.get("Body", "")
        self._check(form, to, text)
        refused = self.provider.ledger.refused.get(to)
        if refused:
            raise Refused(refused, 429 if refused == 20429 else 400)
        return Message(
            self.provider.account, to, text, sender=form.get("From"), service=form.get("MessagingServiceSid"),
            callback=form.get("StatusCallback", ""), valid_for=int(form.get("ValidityPeriod", MOST_SECONDS)),
        )  # fmt: skip

    @staticmethod
    def _check(form: dict[str, str], to: str, text: str) -> None:
        period = form.get("ValidityPeriod", "1")
        callback = urlsplit(form.get("StatusCallback", "https://example.org"))
        wrong = {
            21604: not to,
            21603: not (form.get("From") or form.get("MessagingServiceSid")),
            21602: not text,
            21617: len(text) > LONGEST_BODY,
            21211: not E164.fullmatch(to),
            21620: not (period.isdecimal() and 1 <= int(period) <= MOST_SECONDS),
            21609: callback.scheme not in ("http", "https") or not callback.hostname,
        }
        for code, applies in wrong.items():
            if applies:
                raise Refused(code)

    # reading

    def _list(self, path: str, asked: dict[str, str]) -> None:
        if self._spoils(self.provider.chance.draw_reading()):
            return
        found = self.provider.ledger.listed(asked.get("To"), asked.get("From"), self.provider.lag)
        found = [one for one in found if _within(one.at, asked)]
        size, page = min(int(asked.get("PageSize", 50)), self.provider.largest_page), int(asked.get("Page", 0))
        self.reply(200, _page(path, asked, found, size, page))

    # answers

    def _spoils(self, fate: Fate) -> bool:
        """Do what a fate asks instead of the answer; whether there is none to be given any more."""
        if fate in (Fate.SILENT_BEFORE, Fate.SILENT_AFTER):
            self.provider.hold()
        if fate in (Fate.SILENT_BEFORE, Fate.SILENT_AFTER, Fate.BROKEN_BEFORE, Fate.BROKEN_AFTER):
            self._break_off()
        elif fate is Fate.THROTTLED:
            self._refuse(Refused(20429))
        elif fate in (Fate.FAILED_BEFORE, Fate.FAILED_AFTER):
            self._refuse(
                Refused(20503 if fate is Fate.FAILED_BEFORE else 20500, 503 if fate is Fate.FAILED_BEFORE else 500)
            )
        elif fate is Fate.GARBLED:
            self.reply(201, None, b"<html>made to be read by nobody</html>")
        return fate is not Fate.TAKEN

    def _break_off(self) -> None:
        self.close_connection = True
        self.connection.shutdown(socket.SHUT_RDWR)

    def _refuse(self, refused: Refused) -> None:
        words = ERRORS.get(refused.code, (400, f"made to be refused, To {self.provider.number}"))[1]
        more = f"https://www.twilio.com/docs/errors/{refused.code}"
        headers = {}
        if refused.status == 429 and self.provider.faults.retry_after >= 0:
            headers["Retry-After"] = str(self.provider.faults.retry_after)
        self.reply(
            refused.status,
            {"code": refused.code, "message": words, "more_info": more, "status": refused.status},
            headers=headers,
        )

    def reply(self, status: int, answer: Any, raw: bytes = b"", headers: dict[str, str] | None = None) -> None:
        """Answer with JSON, or with what is given; in one piece."""
        content = raw or (b"" if answer is None else json.dumps(answer).encode())
        self.send_response(status)
        self.send_header("Content-Type", "text/html" if raw else "application/json")
        if status != 204:
            self.send_header("Content-Length", str(len(content)))
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()


def _within(at: datetime, asked: dict[str, str]) -> bool:
    """Whether an instant is on the day, or between the instants, that a list is asked for."""
    day, before, after = (asked.get(name) for name in ("DateSent", "DateSent<", "DateSent>"))
    return (
        (day is None or at.date() == date.fromisoformat(day[:10]))
        and (before is None or at <= _instant(before))
        and (after is None or at >= _instant(after))
    )


def _instant(text: str) -> datetime:
    read = datetime.fromisoformat(text)
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def _page(path: str, asked: dict[str, str], found: list[Message], size: int, page: int) -> dict[str, Any]:
    """One page of a list as the API writes it."""

    kept = {name: value for name, value in asked.items() if name != "PageToken"}

    def address(number: int) -> str:
        return f"{path}?{urlencode({**kept, 'PageSize': size, 'Page': number}, quote_via=quote)}"

    start = page * size
    shown = found[start : start + size]
    more = start + size < len(found)
    return {
        "messages": [one.as_json() for one in shown], "page": page, "page_size": size, "start": start,
        "end": start + max(len(shown) - 1, 0), "uri": address(page), "first_page_uri": address(0),
        "next_page_uri": address(page + 1) + f"&PageToken=PA{shown[-1].sid}" if more else None,
        "previous_page_uri": address(page - 1) if page else None,
    }  # fmt: skip
