"""The page of docs/reference about texts, made of the texts that ship: every one in every language, as it is read."""

from __future__ import annotations

from datetime import date

from babel import Locale

from notifications.segments import Encoding, Segments, count
from notifications.wording import KINDS, VARIABLES, Values, render, shipped, shipped_languages, takes_at_most
from notifications.wording.templates import BUDGET

_HEAD = f"""# Texts

What messages say. Each text is a template with a few variables; its day and hour are written as its reader's language
and country write them. How to change one, and what is refused: [word a message](../how-to/word-a-message.md).

No native speaker has checked the Arabic, Chinese, French and Spanish texts yet. Have somebody who speaks the language
read them before they are signed off for a study.

An SMS of GSM-7's characters alone holds 160 of them, or 153 in each of several segments; with any other character in
it 70, or 67. With long values a text may take {BUDGET[Encoding.GSM_7]} segments of GSM-7 or
{BUDGET[Encoding.UCS_2]} of UCS-2: about as many words either way.

| Variable | What it stands for |
| --- | --- |
"""
_VALUES = Values(
    place="North Clinic", phone="+1 212 555 0100", day=date(2026, 9, 30), starts=9 * 60 + 30,
    urgent_phone="+1 212 555 0199", emergency_phone="911", code="123456",
    page="https://planner.example.org/home",
)  # fmt: skip


def texts_page() -> str:
    """Every text that ships, with its variables, a sample in each language, and how many segments it takes."""
    rows = "".join(f"| `{name}` | {meaning} |\n" for name, meaning in VARIABLES.items())
    return _HEAD + rows + "".join(map(_section, KINDS))


def _section(template: str) -> str:
    kind = KINDS[template]
    must, may = (", ".join(f"`{name}`" for name in sorted(names)) for names in (kind.must, kind.may - kind.must))
    tells = f"It has to tell {must}" + (f", and may tell {may}." if may else ".")
    samples = "".join(_sample(template, code) for code in shipped_languages())
    return f"\n## {template}\n\n{kind.meaning[0].upper()}{kind.meaning[1:]}. {tells}\n\n{samples.rstrip()}\n"


def _sample(template: str, code: str) -> str:
    source = shipped(template, code)
    text = render(source, code, _VALUES)
    longest = max(takes_at_most(source, code), key=lambda taken: taken.segments)
    name = Locale.parse(code).get_display_name("en")
    turned = ' dir="rtl"' if Locale.parse(code).text_direction == "rtl" else ""
    return (
        f'{name}: {_taken(count(text))}; with long values {_taken(longest)}.\n\n<p lang="{code}"{turned}>{text}</p>\n\n'
    )


def _taken(taken: Segments) -> str:
    return f"{taken.segments} {'segment' if taken.segments == 1 else 'segments'} ({taken.encoding}, {taken.units})"
