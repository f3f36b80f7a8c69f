"""What work found about somebody, in words: visits that move, come or go, appointments hit, consents to renew."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from planner.persistence.long_work import WorkLine
from planner.web.words import dated, sentence, short_day
from schedules.wording import days_words

_HEADS = {"moved": "moves", "appeared": "is new", "fell-away": "falls away", "changed": "changes on its day"}


@dataclass(frozen=True, slots=True)
class VisitEffect:
    """A visit that is not as before: what becomes of it, where it stood and stands, and its appointment."""

    label: str
    what: str
    was: str
    now: str
    by: str
    hit: bool


@dataclass(frozen=True, slots=True)
class EffectLine:
    """One thing that was found: about whom, or which line; and, for an amendment, each visit that it touches."""

    kind: str
    about: str
    words: str
    summary: str
    since: str
    reconsent: bool
    visits: tuple[VisitEffect, ...]
    deviations: tuple[str, ...]


def effect_of(line: WorkLine) -> EffectLine:
    """A line of work as it is shown."""
    data = line.data
    visits = tuple(_visit(one) for one in data.get("visits", ()))
    since = dated(date.fromisoformat(data["since"])) if "since" in data else ""
    return EffectLine(
        line.kind, line.about, _words(line), _summary(data) if line.kind in ("moves", "nothing") else "", since,
        bool(data.get("reconsent")), visits, tuple(sentence(text) for text in data.get("deviations", ())),
    )  # fmt: skip


def _words(line: WorkLine) -> str:
    if line.kind == "waits":
        return sentence(f"{line.words}: {_day(line.data['was'])} would be {_day(line.data['now'])}")
    return sentence(line.words) if line.words else ""


def _day(text: str | None) -> str:
    try:
        return dated(date.fromisoformat(text or ""))
    except ValueError:
        return text or "no date"


def _visit(data: dict[str, Any]) -> VisitEffect:
    was, now = data["was"], data["now"]
    by = ""
    if was and now and was != now:
        days = date.fromisoformat(now).toordinal() - date.fromisoformat(was).toordinal()
        by = f"{days_words(abs(days))} {'later' if days > 0 else 'earlier'}"
    what = _HEADS[data["what"]]
    if data["what"] == "moved" and was == now:
        return VisitEffect(data["label"], f"has another window{_window(data)}", "", "", "", bool(data["hit"]))
    return VisitEffect(data["label"], what, _day(was) if was else "", _day(now) if now else "", by, bool(data["hit"]))


def _window(data: dict[str, Any]) -> str:
    if not data["opens"] or not data["closes"]:
        return ""
    opens, closes = (date.fromisoformat(data[name]) for name in ("opens", "closes"))
    return f": {short_day(opens)} to {dated(closes)}, around {_day(data['now'])}"


def _summary(data: dict[str, Any]) -> str:
    """``3 visits move, 1 is new; 1 appointment hit``."""
    visits = data.get("visits", ())
    counted = (
        ("moves", "move", sum(1 for one in visits if one["what"] == "moved" and one["was"] != one["now"])),
        ("has another window", "have another window",
         sum(1 for one in visits if one["what"] == "moved" and one["was"] == one["now"])),
        ("is new", "are new", sum(1 for one in visits if one["what"] == "appeared")),
        ("falls away", "fall away", sum(1 for one in visits if one["what"] == "fell-away")),
        ("changes on its day", "change on their day", sum(1 for one in visits if one["what"] == "changed")),
    )  # fmt: skip
    parts = [f"{count} {'visit' if count == 1 else 'visits'} {single if count == 1 else several}"
             for single, several, count in counted if count]  # fmt: skip
    hit = sum(1 for one in visits if one["hit"])
    if hit:
        parts.append(f"{hit} {'appointment is' if hit == 1 else 'appointments are'} hit")
    return sentence("; ".join(parts) or "no visit changes")
