"""The figures about drugs: what was given of what was planned, and what was taken at home."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from statistics import quantiles

from planner.reports.evidence import DrugTally, Evidence, HomeTally
from planner.reports.report import EVERYBODY, Measure, Row
from planner.reports.rows import groups, measure, share


def relative_dose(evidence: Evidence) -> Measure:
    """Doses and amounts given, of those planned."""
    rows = [row for group, label, some in _drugs(evidence) for row in _relative(group, label, some)]
    unknown = sum(tally.unknown for tally in evidence.drugs)
    without = sum(tally.without_amount for tally in evidence.drugs if tally.unit is not None)
    left_out = {
        "doses of which nothing is recorded": unknown,
        "doses without an amount in the unit of the level (left out of amounts alone)": without,
    }
    return measure("relative-dose", "ratio", rows or [_nothing()], left_out)


def _nothing() -> Row:
    return share(EVERYBODY, 0, 0)


def _drugs(evidence: Evidence) -> Iterator[tuple[str, str, list[DrugTally]]]:
    """The tallies of each group and drug, everybody first."""
    for group in groups(tally.group for tally in evidence.drugs):
        theirs = [tally for tally in evidence.drugs if group in (EVERYBODY, tally.group)]
        for drug in sorted({tally.drug for tally in theirs}):
            yield group, drug, [tally for tally in theirs if tally.drug == drug]


def _relative(group: str, drug: str, tallies: list[DrugTally]) -> Iterator[Row]:
    given, planned = sum(t.given for t in tallies), sum(t.planned for t in tallies)
    yield share(group, given, planned, f"{drug}, doses", participants=len(tallies))
    for unit in sorted({tally.unit for tally in tallies if tally.unit is not None}):
        some = [tally for tally in tallies if tally.unit == unit and tally.planned_amount]
        yield _ratio(
            group, f"{drug}, {unit}", sum(t.given_amount for t in some), sum(t.planned_amount for t in some), len(some)
        )


def _ratio(group: str, label: str, n: float, of: float, people: int) -> Row:
    """Amounts are no counts: there is no interval."""
    more = (("participants", float(people)),)
    if not of:
        return Row(group=group, label=label, n=n, of=0, more=more, note="no amount recorded")
    return Row(group=group, label=label, n=n, of=of, share=n / of, more=more)


def dose_intensity(evidence: Evidence) -> Measure:
    """Dose per time given, by dose per time planned."""
    rows = [row for group, label, some in _drugs(evidence) for row in _intensity(group, label, some)]
    left_out = {
        "participants' drugs of which no cycle of known length began": sum(not t.taken_days for t in evidence.drugs)
    }
    return measure("dose-intensity", "ratio", rows or [_nothing()], left_out)


def _intensity(group: str, drug: str, tallies: list[DrugTally]) -> Iterator[Row]:
    begun = [tally for tally in tallies if tally.taken_days and tally.begun_planned]
    doses = [(t.given, t.begun_planned, t.planned_days, t.taken_days) for t in begun]
    yield _intensity_of(group, f"{drug}, doses", doses)
    for unit in sorted({tally.unit for tally in begun if tally.unit is not None and tally.begun_amount}):
        some = [t for t in begun if t.unit == unit and t.begun_amount]
        amounts = [(t.given_amount, t.begun_amount, t.planned_days, t.taken_days) for t in some]
        yield _intensity_of(group, f"{drug}, {unit}", amounts)


def _intensity_of(group: str, label: str, of_each: Sequence[tuple[float, float, int, int]]) -> Row:
    """Of everybody together by sums; of participants the median and the quartiles."""
    if not of_each:
        return Row(group=group, label=label, of=0, note="no cycle began")
    given, planned, due, taken = (sum(each) for each in zip(*of_each, strict=True))
    each = [g / p * d / t for g, p, d, t in of_each]
    low, median, high = quantiles(each, n=4, method="inclusive") if len(each) > 1 else each * 3
    more = {
        "participants": len(each), "lower quartile": low, "upper quartile": high, "days planned": due,
        "days taken": taken,
    }  # fmt: skip
    return Row(
        group=group, label=label, n=given, of=planned, share=given / planned * due / taken, value=median,
        more=tuple((name, float(figure)) for name, figure in more.items()),
    )  # fmt: skip


def home(evidence: Evidence) -> Measure:
    """Days covered, of days with a dose expected at home."""
    rows = []
    for group, drug, some in _at_home(evidence):
        told = [tally for tally in some if tally.covered is not None]
        covered, expected = sum(t.covered or 0 for t in told), sum(t.expected for t in told)
        rows.append(share(group, covered, expected, drug, participants=len(told)))
    left_out = Counter[str]()
    for tally in evidence.home:
        left_out["days on which a hold said to take none"] += tally.held
        left_out["days in hospital"] += tally.in_hospital
        left_out["participants of whom no dose at home is recorded"] += tally.covered is None
    return measure("home", "share", rows or [_nothing()], left_out)


def pill_counts(evidence: Evidence) -> Measure:
    """Doses taken by what came back, by doses expected."""
    rows = []
    for group, drug, some in _at_home(evidence):
        pairs = [pair for tally in some for pair in tally.counts]
        rows.append(_counted(group, drug, pairs))
    left_out = {"counts that do not say what was dispensed and returned": sum(t.unreadable for t in evidence.home)}
    return measure("pill-counts", "ratio", rows or [_nothing()], left_out)


def _counted(group: str, drug: str, pairs: Iterable[tuple[int, int]]) -> Row:
    pairs = list(pairs)
    taken, expected = sum(taken for taken, _ in pairs), sum(expected for _, expected in pairs)
    over = sum(taken > expected for taken, expected in pairs)
    more: dict[str, float | None] = {"counts": len(pairs), "over 100 %": over}
    if 0 <= taken <= expected:
        row = share(group, taken, expected, drug, "none counted", **more)
    else:
        row = Row(group=group, label=drug, n=taken, of=expected, share=taken / expected, more=tuple(more.items()))
    return replace(row, note=f"{over} over 100 %") if over else row


def _at_home(evidence: Evidence) -> Iterator[tuple[str, str, list[HomeTally]]]:
    for group in groups(tally.group for tally in evidence.home):
        theirs = [tally for tally in evidence.home if group in (EVERYBODY, tally.group)]
        for drug in sorted({tally.drug for tally in theirs}):
            yield group, drug, [tally for tally in theirs if tally.drug == drug]
