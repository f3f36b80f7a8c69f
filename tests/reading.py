"""How hard a text is to read, by the formulas that are in use for its language.

English: the grade of Flesch and Kincaid (1975), years at school in the United States; grade 6 is read at eleven and
twelve years. Spanish: Fernández Huerta (1959), with sentences' length in words as Law (2011) mended it, and the scale
of Szigriszt and INFLESZ (2008). French: Kandel and Moles (1958). The last three say how easy a text is, from 0 to 100
and more: from 70 on it is read at twelve years.

Syllables are counted by rules of spelling. Counted by hand, running texts have a few in a hundred more or fewer.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

_WORD = re.compile(r"[^\W\d_]+(?:[’'-][^\W\d_]+)*")
_END = re.compile(r"[.!?؟。！？:：؛;]+(?:\s|$|(?<=[。！？：]))")
_STRONG, _WEAK = "aeoáéóíúàèâêô", "iuüyï"


@dataclass(frozen=True, slots=True)
class Measured:
    """How many sentences, words and syllables a text has; each at least 1."""

    sentences: int
    words: int
    syllables: int

    @property
    def per_sentence(self) -> float:
        """Words in a sentence."""
        return self.words / self.sentences

    @property
    def per_word(self) -> float:
        """Syllables in a word."""
        return self.syllables / self.words


def words_of(text: str) -> list[str]:
    """The words of a text, as they are written."""
    return _WORD.findall(text)


def sentences_of(text: str) -> list[str]:
    """The sentences of a text; a colon ends one as well, and so does the end of a text."""
    return [found for part in _END.split(text) if (found := part.strip())]


def measured(text: str, syllables: Callable[[str], int]) -> Measured:
    """A text, counted."""
    words = words_of(text)
    counted = sum(syllables(word.lower()) for word in words)
    return Measured(max(1, len(sentences_of(text))), max(1, len(words)), max(1, counted))


def flesch_kincaid(text: str) -> float:
    """The grade at school at which an English text is read."""
    found = measured(text, english_syllables)
    return 0.39 * found.per_sentence + 11.8 * found.per_word - 15.59


def fernandez_huerta(text: str) -> float:
    """How easy a Spanish text is; from 70 on at twelve years."""
    found = measured(text, spanish_syllables)
    return 206.84 - 60 * found.per_word - 1.02 * found.per_sentence


def inflesz(text: str) -> float:
    """How easy a Spanish text is by Szigriszt's formula: above 55 normal, above 65 rather easy, above 80 very easy."""
    found = measured(text, spanish_syllables)
    return 206.835 - 62.3 * found.per_word - found.per_sentence


def kandel_moles(text: str) -> float:
    """How easy a French text is; from 70 on at twelve years."""
    found = measured(text, french_syllables)
    return 207 - 1.015 * found.per_sentence - 73.6 * found.per_word


def english_syllables(word: str) -> int:
    """Groups of vowels, but for an e that nobody says: ``page`` and ``changed`` have one, ``wanted`` has two."""
    plain = re.sub(r"[’'-].*", "", word) if re.search(r"[’'](s|t|re|ll|ve|d|m)$", word) else word
    groups = re.findall(r"[aeiouy]+", plain)
    silent = re.search(r"[^aeioulty]es?$|[^aeiou]les?$|[^aeioudt]ed$|[aeiou][lt]es?$", plain)
    if silent and not re.search(r"[^aeiou]les?$|[sxz]es$|(?:ch|sh|g|c)es$", plain):
        groups = groups[1:]
    return max(1, len(groups) + len(re.findall(r"i(?:a|o(?!us|n)|e[rt]|ent)|ea(?=te|$)|eo(?!u|pl)|ua[lt]", plain)))


def spanish_syllables(word: str) -> int:
    """Vowels that are said apart: two strong ones are, a strong and a weak one are not unless that has an accent."""
    plain = re.sub(r"([qg])u(?=[eiéí])", r"\1", word)
    plain = re.sub(r"y(?=[aeiouáéíóú])", "j", plain)
    count, before = 0, ""
    for letter in plain:
        if letter not in _STRONG + _WEAK:
            before = ""
        elif not before or (letter in _STRONG and before in _STRONG) or letter == before:
            count, before = count + 1, letter
        else:
            before = letter if letter in _STRONG else before
    return max(1, count)


def french_syllables(word: str) -> int:
    """Groups of vowels, without the e at a word's end, or before -s and -nt, that nobody says."""
    parts = [part for part in re.split(r"[’'-]", word) if len(part) > 2]
    return max(1, sum(_french(part) for part in parts))


def _french(part: str) -> int:
    plain = re.sub(r"(?<=[qg])u(?=[eiéèêaoy])", "", part)
    groups = re.findall(r"[aeiouyàâäéèêëîïôöùûüœ]+", plain)
    hiatus = len(re.findall(r"é[aeoi]|[ao]ï|oé|ué|[ao]y(?=[eéos])", plain))
    mute = re.search(r"(?<![aeiouéèêàù])es?$|(?<=[^aeiouéèêàùm])ent$|(?<=[aeiou])ent$(?<=ient)", plain)
    return max(1, len(groups) + hiatus - (1 if mute and len(groups) > 1 else 0))
