"""Whether a wording may be published: everything that is wrong with it at once, each with what would be right."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator
from datetime import date, timedelta
from functools import cache

from babel import Locale

from notifications.errors import WordingRefused
from notifications.forbidden import told
from notifications.languages import languages
from notifications.rules import LONGEST_ALIAS
from notifications.segments import BASIC, Segments, count
from notifications.wording.render import render
from notifications.wording.sandbox import bare, filled, parsed, variables
from notifications.wording.templates import BUDGET, KINDS, MAILED_AS, VARIABLES
from notifications.wording.values import Values, day_words, locale_of, time_words

#: a name without an accent and one with, both as long as one may be; and a number as long as numbers are
_PLACES = ("Example Outpatient Centre West", "Centro Médico Ejemplo de Norte")
_NUMBER = "+999 9999 999 9999"
_LINK = re.compile(
    r"[a-z][a-z0-9+.-]*://[!-~]*|www\.\S+|[^\s@]+@\S+|(?<![\w.])(?:[^\W_][\w-]*\.)+[^\W\d_]{2,}(?:/\S*)?", re.IGNORECASE
)
_CARRIERS = "yes|cancel|end|quit|revoke|opt-?out|unsubscribe|stopall|unstop"
_YES = "s[ií]|oui|نعم"
_SHOUTED = re.compile(rf"(?<![^\W_])(?:{_CARRIERS.upper()})(?![^\W_])")
_QUOTED = re.compile(rf"[\"'“”«»‹›„‘’「『]\s*(?:{_CARRIERS}|{_YES}|是)\s*[\"'“”«»‹›„‘’」』]", re.IGNORECASE)
_TELLS = "{word!r} tells too much to a stranger who reads it; say nothing of an illness, a drug or a study"
_MAIL_WOULD_BE = "name their own page, {{ page }}, or whom to call"
_ANSWERS_WOULD_BE = "ask for 1 to confirm and 2 for another time, and name STOP as the way out"


def check_wording(
    template: str, language: str, source: str, forbidden: Collection[str] = (), links: Collection[str] = ()
) -> tuple[str, ...]:
    """What keeps a wording from being published; nothing if it may be.

    ``forbidden`` are words of the study that no text may have (its name, its drugs), beside those that ship; ``links``
    the addresses on the web that the study's texts may name.
    """
    try:
        locale_of(language)
        names, tree = _names(template), parsed(source)
    except WordingRefused as refused:
        return refused.problems
    problems = [*_variable_problems(template, names, variables(tree)), *_character_problems(source)]
    if "time" in names and bare(tree, "time"):
        problems.append("time is not known for every appointment; write {% if time %}{{ time }}{% endif %}")
    if "page" in names and bare(tree, "page"):
        problems.append("not everybody has a page; write {% if page %}{{ page }}{% endif %}")
    by_mail = template in MAILED_AS.values()
    if by_mail and (asked := _answers().search(_filled(source, " … "))):
        problems.append(f"{asked[0]!r}: nobody reads what is answered to an e-mail; {_MAIL_WOULD_BE}")
    own = tuple(forbidden)
    problems += _text_problems(source, own, tuple(links))
    problems = problems or list(_always(template, source, own))
    return tuple(problems or ([] if by_mail else _long_problems(source, language)))


def takes_at_most(source: str, language: str) -> tuple[Segments, ...]:
    """What a wording takes with long values, in each encoding that it may come to be sent in. Raises WordingRefused."""
    locale = locale_of(language)
    values = [_long(place, day, locale) for place in _PLACES for day in _long_days(locale)]
    found = [count(render(source, language, each)) for each in values]
    most = {each.encoding: each for each in sorted(found, key=lambda each: each.units)}
    return tuple(most.values())


def _names(template: str) -> frozenset[str]:
    if template not in KINDS:
        raise WordingRefused((f"there is no text {template!r}; there are {', '.join(KINDS)}",))
    return KINDS[template].variables


def _variable_problems(template: str, known: frozenset[str], used: set[str]) -> Iterator[str]:
    for name in sorted(used - known):
        other = "is no variable" if name not in VARIABLES else "is nothing that this text can tell"
        yield f"{name} {other}; {template} may tell {', '.join(sorted(known))}"
    for name in sorted(KINDS[template].must - used):
        yield f"{name} is missing; {template} has to tell {VARIABLES[name].split(';')[0]}: {{{{ {name} }}}}"


def _always(template: str, source: str, forbidden: tuple[str, ...]) -> Iterator[str]:
    """What is wrong only with an hour, or only without one."""
    marks = {name: f" {chr(0xE000 + number)} " for number, name in enumerate(sorted(KINDS[template].variables))}
    with_hour, without = filled(source, marks), filled(source, {**marks, "time": ""})
    for name in sorted(KINDS[template].must):
        if marks[name] not in with_hour or (name != "time" and marks[name] not in without):
            yield f"{name} is not always told; write {{{{ {name} }}}} outside {{% if %}}"
    if word := told(with_hour, forbidden) or told(without, forbidden):
        yield _TELLS.format(word=word)


def _character_problems(source: str) -> Iterator[str]:
    strange = {each for each in source if unicodedata.category(each)[0] == "C" and each not in "\n\u200c\u200d"}
    if strange:
        points = ", ".join(f"U+{ord(each):04X}" for each in sorted(strange))
        yield f"{points}: characters that nobody sees; leave them out, values are set in their direction anyway"
    if not source.strip():
        yield "there is no text"


def _text_problems(source: str, forbidden: tuple[str, ...], links: tuple[str, ...]) -> Iterator[str]:
    """What is wrong with what it says, whatever it is filled with."""
    text = _filled(source, "0")
    if word := told(_filled(source, " … "), forbidden):
        yield _TELLS.format(word=word)
    for link in sorted({found[0].rstrip(".,;:!?)，。；：！？）") for found in _LINK.finditer(text)} - set(links)):
        yield f"{link!r} is no address that the study has agreed to; leave it out, or put a space behind a full stop"
    if answer := _asked_for(text):
        yield f"{answer!r}: carriers take words such as yes, cancel or end as answers to them; {_ANSWERS_WOULD_BE}"


def _filled(source: str, value: str) -> str:
    """A wording with every variable the same and every part of it there, on one line."""
    return " ".join(re.sub(r"\{%.*?%\}|\{#.*?#\}", "", re.sub(r"\{\{.*?\}\}", value, source)).split())


def _asked_for(text: str) -> str | None:
    asked = _SHOUTED.search(text) or _QUOTED.search(text) or _asking().search(text)
    return asked[0] if asked else None


@cache
def _answers() -> re.Pattern[str]:
    """What asks for an answer in a text to a phone: 1, 2, STOP, START."""
    return re.compile(rf"(?:{_verbs()})[\s:,“\"']*(?:[12]|STOP|START)(?![^\W_])", re.IGNORECASE)


def _verbs() -> str:
    verbs = sorted({verb for each in languages().values() for verb in each.ask}, key=len, reverse=True)
    return "|".join(map(re.escape, verbs))


@cache
def _asking() -> re.Pattern[str]:
    return re.compile(rf"(?:{_verbs()})[\s:,“\"']*(?:{_CARRIERS}|{_YES})(?![^\W_])", re.IGNORECASE)


def _long_problems(source: str, language: str) -> Iterator[str]:
    for each in takes_at_most(source, language):
        if each.segments > (most := BUDGET[each.encoding]):
            words = f"{each.segments} segments of {each.encoding} with long values"
            yield f"it takes {words} ({each.units} units), {most} are the most; make it shorter"


def _long(place: str, day: date, locale: Locale) -> Values:
    numbers = {"phone": _NUMBER, "urgent_phone": _NUMBER, "emergency_phone": "999", "code": "888888"}
    return Values(place=place, day=day, starts=_long_time(locale), **numbers)


@cache
def _long_days(locale: Locale) -> tuple[date, ...]:
    """The longest day to write of those in GSM-7 alone and of the others, within a year."""
    days = [date(2026, 1, 1) + timedelta(days=number) for number in range(365)]
    kinds: dict[bool, date] = {}
    for day in sorted(days, key=lambda day: len(day_words(day, locale))):
        kinds[set(day_words(day, locale)) <= BASIC] = day
    return tuple(kinds.values())


@cache
def _long_time(locale: Locale) -> int:
    return max(range(0, 24 * 60, 30), key=lambda minutes: len(time_words(minutes, locale)))


assert all(len(place) == LONGEST_ALIAS for place in _PLACES)  # noqa: S101
