"""How the simulated provider is told what to do, and asked what it has taken, by other processes.

GET  /control/taken       {"messages": [{"to", "text", "sid", "at", "status"}, …], "requests": {…}}
GET  /control/account     how to sign in: account, key, secret, token, number
POST /control/faults      shares and seconds, by the names of ``faults.Faults``; those left out are none
POST /control/next        {"fates": ["silent-after", …], "reading": false}
POST /control/refuse      {"number": "+…", "code": 21211}
POST /control/end         {"number": "+…", "path": ["sent", "undelivered"], "error_code": 30003}
POST /control/callbacks   {"to": "http://127.0.0.1:…", "inbound_url": "https://…"}
POST /control/say         {"number": "+…", "text": "STOP"}
POST /control/settle      {} waits until all callbacks were sent
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from tests.provider.faults import Faults

if TYPE_CHECKING:
    from tests.provider.server import Provider

Told = dict[str, Any]


def answer(provider: Provider, method: str, what: str, body: str) -> tuple[int, Any]:
    """Do what was asked for: the status and the answer."""
    known = {"GET": READ, "POST": TELL}.get(method, {})
    if what not in known:
        return 404, {"message": f"nothing called {what}"}
    try:
        done = known[what](provider, json.loads(body or "{}"))
    except (KeyError, TypeError, ValueError) as wrong:
        return 400, {"message": repr(wrong)}
    return 200, {} if done is None else done


def _taken(provider: Provider, _: Told) -> Told:
    messages = [
        {"to": one.to, "text": one.said, "sid": one.sid, "at": one.at.isoformat(), "status": one.status}
        for one in provider.ledger.taken()
    ]
    return {"messages": messages, "requests": dict(provider.requests)}


def _account(provider: Provider, _: Told) -> Told:
    return {
        "account": provider.account, "key": provider.key, "secret": provider.secret, "token": provider.token,
        "number": provider.number,
    }  # fmt: skip


def _faults(provider: Provider, told: Told) -> None:
    provider.faults = Faults.of(told)


def _next(provider: Provider, told: Told) -> None:
    provider.next(*told["fates"], reading=told.get("reading", False))


def _callbacks(provider: Provider, told: Told) -> None:
    provider.sender.base = told.get("to", "")
    provider.inbound_url = told.get("inbound_url", "")


def _say(provider: Provider, told: Told) -> Told:
    callback = provider.say(told["number"], told["text"])
    return {"url": callback.url, "form": callback.form, "signature": callback.signature}


READ: dict[str, Callable[[Provider, Told], Told | None]] = {"taken": _taken, "account": _account}
TELL: dict[str, Callable[[Provider, Told], Told | None]] = {
    "faults": _faults,
    "next": _next,
    "refuse": lambda provider, told: provider.refuse(told["number"], told["code"]),
    "end": lambda provider, told: provider.end(told["number"], *told["path"], error_code=told.get("error_code")),
    "callbacks": _callbacks,
    "say": _say,
    "settle": lambda provider, _: provider.settle(),
}
