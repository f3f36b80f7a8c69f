"""Which texts there are, what each may tell, what it must, and how long it may be."""

from __future__ import annotations

from dataclasses import dataclass

from notifications.segments import Encoding

#: what each variable stands for
VARIABLES = {
    "place": "what the clinic is called towards those who get the messages",
    "phone": "the number to call back",
    "day": "the day of the appointment, with its day of the week and its year",
    "time": "the hour of the appointment; empty where none is known, so it stands inside {% if time %} … {% endif %}",
    "urgent_phone": "the number that answers day and night",
    "code": "a one-time code of six digits",
    "emergency_phone": "the number for emergencies, such as 112",
    "page": "the address of their own page; empty where they have none: it stands inside {% if page %} … {% endif %}",
}
#: The most segments of a text with long values. Four of UTF-16 hold about as many characters as two of GSM-7: that a
#: clinic's name or a language has an accent must not be what a text is refused for.
BUDGET = {Encoding.GSM_7: 2, Encoding.UCS_2: 4}


@dataclass(frozen=True, slots=True)
class Template:
    """One kind of text. Variables in ``must`` have to be in it, those in ``may`` can be."""

    meaning: str
    must: frozenset[str]
    may: frozenset[str] = frozenset()

    @property
    def variables(self) -> frozenset[str]:
        """All that it can tell."""
        return self.must | self.may


_CALL = frozenset({"place", "phone"})
_WHEN = frozenset({"day", "time"})
_PAGE = frozenset({"page"})
_UNWELL = frozenset({"urgent_phone", "emergency_phone"})
KINDS = {
    "reminder": Template("before an appointment", _CALL | _WHEN),
    "moved": Template("an appointment has another day, hour or place", _CALL | _WHEN),
    "cancelled": Template("an appointment will not take place", _CALL | {"day"}, _WHEN),
    "missed": Template("somebody did not come; sent only if the study asks for it", _CALL, _WHEN),
    "test": Template("a test message", frozenset({"place"}), _CALL),
    "diary": Template("what is to be noted down at home", _CALL),
    "not-watched": Template("the answer to anything that is no answer", _UNWELL, _CALL | _UNWELL),
    "confirmed": Template("the answer to 1", _CALL | _WHEN),
    "move-asked": Template("the answer to 2: nothing has moved yet", _CALL, _WHEN),
    "which-one": Template("the answer where it is not clear which appointment is meant", _CALL),
    "stopped": Template("the answer to STOP", frozenset({"place"}), _CALL),
    "started": Template("the answer to START", frozenset({"place"}), _CALL),
    "code": Template(
        "the code that lets a new phone or computer in to somebody's own page", frozenset({"place", "code"}), _CALL
    ),
    "help": Template("the answer to HELP", _CALL | _UNWELL),
    "reminder-mail": Template("before an appointment, by e-mail, which nobody can answer", _CALL | _WHEN, _PAGE),
    "moved-mail": Template("an appointment has another day, hour or place, by e-mail", _CALL | _WHEN, _PAGE),
    "diary-mail": Template("what is to be noted down at home, by e-mail", _CALL, _PAGE),
}
#: how a text is worded by e-mail that asks for an answer where it goes to a phone
MAILED_AS = {name: f"{name}-mail" for name in ("reminder", "moved", "diary")}
#: what each text may tell, by its name
TEMPLATES = {name: kind.variables for name, kind in KINDS.items()}
