"""The kinds of facts as people record them: what each is called, what it asks for, in which group it stands."""

from __future__ import annotations

from dataclasses import dataclass

#: not a kind of fact but several at once: a visit with its doses, as it is recorded nearly always
CAME = "came"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of fact as a form: ``fields`` in their order besides the date, ``required`` of them."""

    name: str
    title: str
    about: str
    fields: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    date_label: str = "Date"


def _k(name: str, title: str, about: str, *fields: str, date: str = "Date") -> Kind:
    """A kind; a field that has to be there is written with a star."""
    names = tuple(field.rstrip("*") for field in fields)
    return Kind(name, title, about, names, tuple(field[:-1] for field in fields if field.endswith("*")), date)


GROUPS: dict[str, tuple[Kind, ...]] = {
    "Visits and doses": (
        _k(CAME, "A visit took place", "The participant came: the day, and what was given and done.",
           "visit*", "given", "done", "reason", "note", date="Day of the visit"),
        _k("visit_missed", "The participant did not come", "The visit will not be made up.", "visit*", "reason", "note",
           date="Day on which it was known"),
        _k("omitted", "Something is left out for good", "One activity of a visit, or all of it.",
           "visit*", "activity", "reason*", "note"),
        _k("given", "One dose was given", "With its amount and its hours; also at home, or outside any visit.",
           "activity*", "visit", "amount", "level", "start", "stop", "partial", "again", "outside_plan", "note",
           date="Day of the dose"),
        _k("assessed", "Something was done or measured", "A marrow, a scan, a blood test, with its result.",
           "activity*", "visit", "result", "note"),
        _k("unscheduled_visit", "A visit outside the schedule", "They came, or are to come, at another time.",
           "activities", "reason", "note"),
    ),
    "Delays, holds, reductions": (
        _k("cycle_delayed", "A cycle begins later", "For a reason outside the protocol: a holiday, no chair.",
           "cycle*", "to*", "reason*", "note", date="Day on which it was decided"),
        _k("cycle_held", "A cycle does not begin", "By the protocol’s rules: counts, toxicity.",
           "cycle*", "reason*", "resume", "recheck", "note", date="Day on which it was decided"),
        _k("held", "A dose waits", "The doses of a visit, or a drug that is taken at home.",
           "visit", "activity", "reason*", "resume", "recheck", "note", date="Since"),
        _k("reduced", "A dose is reduced", "From a visit on a drug is given at a lower level.",
           "visit*", "activity*", "to_level*", "reason*", "note"),
    ),
    "Decisions": (
        _k("gate_decided", "A decision was made", "A gate was answered: how the treatment goes on.",
           "gate*", "outcome*", "note", date="Day of the decision"),
        _k("told", "The participant was told", "Of an appointment, a decision or a hold.", "about*", "note"),
    ),
    "Appointments": (
        _k("booking_cancelled", "An appointment is given back", "The visit is to come, on another day or none.",
           "visit*", "reason", "note", date="Day of the appointment"),
    ),
    "Where they are": (
        _k("away", "The participant cannot come", "Some days on which nobody should expect them.",
           "until*", "note", date="First day"),
        _k("admitted", "They went into hospital", "Closed days do not matter there.", "note"),
        _k("discharged", "They left hospital", "The day itself counts as in hospital.", "note"),
        _k("transferred", "They are seen at another site", "From a day on.", "site*", "note", date="From"),
        _k("lost_to_follow_up", "Nobody can reach them", "After as many attempts as the study asks for.",
           "attempts*", "note"),
        _k("found_again", "They are back in touch", "After they were lost to follow-up.", "note"),
    ),
    "The course of the study": (
        _k("consented", "They signed the consent form", "For the study, or for a new version.", "version", "note"),
        _k("enrolled", "They joined the study", "With the day that is planned as Day 1.",
           "day_1", "arm", "cohort", "note"),
        _k("amendment_applied", "Another protocol version holds", "For this participant, from a day on.",
           "version*", "note", date="From"),
        _k("event_occurred", "Something happened that visits count from", "An event that the protocol names.",
           "event*", "note"),
        _k("progressed", "The disease progressed or came back", "The month alone will do.", "kind", "note"),
        _k("transplanted", "Stem cells were transplanted", "Or are to be; conditioning ends the treatment.",
           "conditioning", "note", date="Day of the transplant"),
        _k("new_therapy", "Another treatment began", "Outside the study. The month alone will do.", "note"),
        _k("treatment_ended", "Study treatment ends", "It was decided to stop.", "end_reason*", "note"),
        _k("withdrew", "They withdrew", "From treatment, from visits, or from all contact.",
           "scope*", "remains", "note"),
        _k("died", "They died", "Nothing is planned after it. The month alone will do.", "note"),
    ),
}  # fmt: skip
VOID = _k("void", "It was a mistake", "It counts no more, and stays on record.", "of*", "note*", date="Today")
BOOKED = _k("booked", "An appointment", "A day and an hour on which the visit is to be.",
            "visit*", "time", "minutes", "chair", "note", date="Day")  # fmt: skip
BY_NAME: dict[str, Kind] = {kind.name: kind for group in GROUPS.values() for kind in group} | {VOID.name: VOID}
#: of which perhaps only the month is known
PARTLY_DATED = frozenset({"progressed", "new_therapy", "died"})
#: fields of forms that are another one in the fact: two kinds have fields of one name and different sorts
OTHER_NAMES = {"to_level": "to", "end_reason": "reason"}
_BESIDES = {"attended": "A visit took place", "booked": "Appointment", "rebooked": "Appointment moved",
            "void": "Taken back"}  # fmt: skip


def title_of(name: str) -> str:
    """What a kind of fact is called in a list of what happened."""
    return _BESIDES.get(name) or BY_NAME[name].title
