"""The texts that ship, by language: one file each in ``notifications/texts``; another file is another language."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

TEXTS = Path(__file__).parent / "texts"
#: taken where there is nothing in a recipient's own language
FALLBACK = "en"
_DRUGS = "drugs"


@dataclass(frozen=True, slots=True)
class Language:
    """What ships in one language. ``code`` is its BCP 47 tag."""

    code: str
    #: of an e-mail; it tells nothing
    subject: str
    #: what ends an e-mail: answers to it go nowhere
    unread: str
    #: what stands in place of a clinic's name that would tell too much
    clinic: str
    #: the texts, by template
    templates: dict[str, str]
    #: what people answer, by meaning; polite words and words for "not" beside it
    answers: dict[str, tuple[str, ...]]
    #: what stands before a word that is asked for as an answer
    ask: tuple[str, ...]
    #: what no text may say
    never: tuple[str, ...]


@cache
def languages() -> dict[str, Language]:
    """Every language that ships, by its code."""
    codes = sorted(file.stem for file in TEXTS.glob("*.yaml") if file.stem != _DRUGS)
    return {code: _language(code) for code in codes}


@cache
def drugs() -> tuple[str, ...]:
    """Names of drugs that no text may have in any language."""
    return tuple(_read(_DRUGS)["never"])


@lru_cache(maxsize=256)
def language_of(tag: str) -> Language:
    """The language that ships for a BCP 47 tag: the nearest one, else English."""
    known = languages()
    return next((known[each] for each in lookup(tag) if each in known), known[FALLBACK])


@lru_cache(maxsize=256)
def lookup(tag: str) -> tuple[str, ...]:
    """A tag and all that it is a kind of, nearest first: es-419-MX, es-419, es. Source: RFC 4647, 3.4."""
    parts = tag.replace("_", "-").split("-")
    return tuple("-".join(parts[:length]) for length in range(len(parts), 0, -1))


def _language(code: str) -> Language:
    read = _read(code)
    answers = {str(meaning): tuple(map(str, words)) for meaning, words in read["answers"].items()}
    texts = {name: text.strip() for name, text in read["templates"].items()}
    lines = (read["subject"], read["unread"], read["clinic"])
    return Language(code, *lines, texts, answers, tuple(read["ask"]), tuple(read["never"]))


def _read(name: str) -> dict[str, Any]:
    data: dict[str, Any] = YAML(typ="safe", pure=True).load((TEXTS / f"{name}.yaml").read_text("utf-8"))
    return data
