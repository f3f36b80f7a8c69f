"""What each measure means. The report prints these sentences next to its figures."""

from __future__ import annotations

from planner.reports.report import Definition

TITLES = {
    "attendance": "Visit attendance",
    "window": "Window compliance",
    "lateness": "Lateness in days",
    "activities": "Activities done",
    "relative-dose": "Relative dose",
    "dose-intensity": "Relative dose intensity",
    "home": "Adherence at home: days covered",
    "pill-counts": "Adherence at home: counts of returned doses",
    "retention": "Retention",
    "deviations": "Deviations by kind",
    "deviations-by-site": "Deviations by site",
    "deviations-by-month": "Deviations by month",
    "contact": "From missed to reached, in days",
    "reminders": "Reminders and what followed",
    "enrolment": "Enrolment",
    "observation": "Observation for dose-limiting toxicity",
}

DEFINITIONS = {
    "attendance": Definition(
        "How many of the visits that were due took place.",
        "visits that took place, on whatever day, also those set aside later as too old by Day 1",
        "visits that took place, were recorded as missed, or whose window closed without a record",
        "visits still to come or with an open window, visits after the end of treatment, a withdrawal, a loss to "
        "follow-up or a death, visits left out by a recorded decision, visits that wait for a decision or the end"
        " of a hold, and visits outside the schedule",
    ),
    "window": Definition(
        "How many of the visits that took place did so within their window, its first and last day included. "
        "After a recorded hold the window is the moved one.",
        "visits whose actual day lies within the window of the protocol version in force on that day",
        "visits that took place and have a window",
        "visits that did not take place, visits outside the schedule, and visits set aside as too old by Day 1",
    ),
    "lateness": Definition(
        "By how many days visits were later (or, below 0, earlier) than the day on which they were due: the protocol's "
        "day, or, where a recorded hold moved the window, the nearest day of the window. The first dose is Day 1 on "
        "whatever day it is given, so that it is never late.",
        "visits that took place so many days late",
        "visits that took place and have a window",
        "the same as for window compliance",
    ),
    "activities": Definition(
        "How many of the activities that were planned at visits which took place were done.",
        "activities not said to be left out, or done later all the same; of a drug that staff give only those "
        "with a dose recorded",
        "activities that the protocol version in force plans at visits that took place",
        "activities of visits that did not take place, and those outside the schedule",
    ),
    "relative-dose": Definition(
        "How much of each study drug that staff give was given of what was planned by now: counted in doses, and "
        "in the unit of the dose level where level and amounts are recorded in the same unit. A partial dose "
        "counts as a dose.",
        "doses given at the visits that plan them; amounts as recorded, else the level of a dose that was whole",
        "doses planned at visits that took place, were missed or left out; amounts by the level at enrolment",
        "visits still to come and visits after discontinuation; doses of which nothing is recorded; for amounts "
        "also doses without an amount in the unit of the level",
    ),
    "dose-intensity": Definition(
        "Dose given per time by dose planned per time, for each drug, in the cycles that began. The time planned is "
        "the length of the cycles that began; the time taken runs from the first Day 1 to the end of the last cycle "
        "that began. All participants together; the median and the quartiles are of participants.",
        "doses (or amounts) given, as for the relative dose, multiplied by the days planned",
        "doses (or amounts) planned, multiplied by the days taken",
        "participants of whom no cycle began, and cycles whose length the protocol does not say",
    ),
    "home": Definition(
        "Proportion of days covered: on how many of the days on which a dose at home was expected one is recorded.",
        "days with a dose recorded",
        "days up to the day before the report on which the plan expects a dose at home",
        "days on which a prescribed hold says to take none, days in hospital, tentative days, and participants of"
        " whom no dose at home is recorded, neither as taken nor as left out",
    ),
    "pill-counts": Definition(
        "Doses taken by the count of what came back, by doses expected since the count before. Over 100 % is "
        "flagged: doses lost, or taken twice.",
        "doses dispensed less doses returned",
        "days on which a dose was expected from the count before (the first day at first) to the day before the count",
        "results of counts that do not say how much was dispensed and how much returned; days held or in hospital",
    ),
    "retention": Definition(
        "Who is still in the study, by days since enrolment. Kaplan-Meier counts leaving and death as the end; "
        "Aalen-Johansen parts it into leaving (withdrawn from visits or contact, lost to follow-up and not found "
        "again) and death, which compete. A transplant is a transition: who had one stays in the study, and the "
        "curve says how many had one before anything else happened. With a period, who enrolled before it is at "
        "risk from its first day on.",
        "participants in the study at the moment of the report, or on the period's last day",
        "participants enrolled by then",
        "participants not enrolled; the end of treatment and a withdrawal from treatment alone end no retention",
    ),
    "deviations": Definition(
        "Deviations by kind: candidates, confirmed ones (classified, reported and closed ones too), and how many "
        "are important. Queries are visits or doses without a record that are not late enough for a candidate.",
        "candidates and confirmed deviations",
        "",
        "queries (shown beside), dismissed deviations, and those that a later fact has made untrue",
    ),
    "deviations-by-site": Definition(
        "The same by the site of the visit, else the site that sees the participant.",
        "candidates and confirmed deviations",
        "",
        "as above",
    ),
    "deviations-by-month": Definition(
        "The same by the month of the day that they are about.",
        "candidates and confirmed deviations",
        "",
        "as above; those without a day stand under none",
    ),
    "contact": Definition(
        "How long after a visit recorded as missed the participant, or somebody who knows of them, was reached.",
        "visits recorded as missed after which somebody was reached, on the same day or later",
        "visits recorded as missed",
        "attempts that reached nobody, and attempts struck as mistakes",
    ),
    "reminders": Definition(
        "Of the appointments that are over and of which somebody was reminded: was a reminder delivered, was the "
        "appointment confirmed, and did the visit take place on that day. What follows a reminder need not come "
        "from it.",
        "appointments of which that is so",
        "appointments with at least one reminder that the provider of messages took; below, those of that sort",
        "appointments cancelled or still to come, and those of which no reminder was taken by the provider",
    ),
    "enrolment": Definition(
        "Participants enrolled by month, and by cohort against the number planned where the study has cohorts.",
        "participants enrolled",
        "participants planned for the cohort",
        "participants in screening, and screen failures",
    ),
    "observation": Definition(
        "How the participants of each cohort stand in the observation for dose-limiting toxicity. Shown, never "
        "applied.",
        "participants who are evaluable",
        "participants enrolled whom the protocol observes",
        "participants whom the protocol does not observe",
    ),
}

#: what each measure is made of
NEEDS = {
    "attendance": "visits", "window": "visits", "lateness": "visits", "activities": "care", "relative-dose": "care",
    "dose-intensity": "care", "home": "care", "pill-counts": "care", "retention": "", "deviations": "deviations",
    "deviations-by-site": "deviations", "deviations-by-month": "deviations", "contact": "contacts",
    "reminders": "reminders", "enrolment": "", "observation": "observation",
}  # fmt: skip
#: every measure, in the order of the report
MEASURES = tuple(TITLES)
