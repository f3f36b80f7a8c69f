"""The structural rules of SV, TV and DV, written down from the standard (SDTMIG 3.4) and from nothing of the planner.

Each rule yields a sentence for what breaks it. The datasets are read from their Dataset-JSON.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from tests.planner.reports.sdtm.schema import schema_errors

Record = dict[str, Any]
ORDER = {
    "SV": [
        "STUDYID", "DOMAIN", "USUBJID", "VISITNUM", "VISIT", "SVPRESP", "SVOCCUR", "SVREASOC", "SVCNTMOD", "SVEPCHGI",
        "VISITDY", "SVSTDTC", "SVENDTC", "SVSTDY", "SVENDY", "SVUPDES",
    ],
    "TV": ["STUDYID", "DOMAIN", "VISITNUM", "VISIT", "VISITDY", "ARMCD", "ARM", "TVSTRL", "TVENRL"],
    "DV": [
        "STUDYID", "DOMAIN", "USUBJID", "DVSEQ", "DVREFID", "DVSPID", "DVTERM", "DVDECOD", "DVCAT", "DVSCAT", "TAETORD",
        "EPOCH", "DVSTDTC", "DVENDTC", "DVSTDY", "DVENDY",
    ],
}  # fmt: skip
EXPECTED = {
    "SV": {"STUDYID", "DOMAIN", "USUBJID", "VISITNUM", "VISIT", "SVPRESP", "SVOCCUR", "SVSTDTC", "SVENDTC"},
    "TV": {"STUDYID", "DOMAIN", "VISITNUM", "VISIT", "ARMCD", "TVSTRL"},
    "DV": {"STUDYID", "DOMAIN", "USUBJID", "DVSEQ", "DVTERM"},
}
NUMBERS = {"VISITNUM", "VISITDY", "SVSTDY", "SVENDY", "DVSEQ", "DVSTDY"}
EPOCHS = {"SCREENING", "TREATMENT", "FOLLOW-UP"}
_KEY = re.compile(r"\b[a-z][a-z0-9-]*(?:#\d+)?\.(?:c\d+\b|[a-z])")


@dataclass(frozen=True)
class Taker:
    """What is known of a participant from elsewhere: the first day of treatment, the last day on which anything was
    planned for them, and the days of the deviations that somebody confirmed."""

    arm: str = ""
    reference: date | None = None
    over: date = date.max
    confirmed: tuple[date | None, ...] = ()


@dataclass
class Read:
    """Datasets as they were read, by name; ``takers`` by USUBJID."""

    columns: dict[str, list[Record]] = field(default_factory=dict)
    #: what the schema of Dataset-JSON says against them
    invalid: list[str] = field(default_factory=list)
    records: dict[str, list[Record]] = field(default_factory=dict)
    takers: Mapping[str, Taker] = field(default_factory=dict)


def read(texts: Iterable[str], takers: Mapping[str, Taker]) -> Read:
    """Datasets from the text of their Dataset-JSON."""
    found = Read(takers=takers)
    for text in texts:
        data = json.loads(text)
        found.invalid += schema_errors(data)
        names = [column["name"] for column in data["columns"]]
        found.columns[data["name"]] = data["columns"]
        found.records[data["name"]] = [dict(zip(names, row, strict=True)) for row in data["rows"]]
    return found


def broken(found: Read) -> list[str]:
    """Everything that breaks a rule."""
    sv, tv, dv = (found.records[name] for name in ("SV", "TV", "DV"))
    wrong = list(found.invalid)
    for name in ("SV", "TV", "DV"):
        wrong += variables(name, found.columns[name])
        wrong += values(name, found.records[name])
    wrong += one_name_a_number([*sv, *tv])
    wrong += trial_visits(tv)
    wrong += one_record_a_visit(sv)
    for record in sv:
        wrong += visit(record, found.takers[record["USUBJID"]], tv)
    wrong += unplanned_after_planned(sv)
    wrong += deviations(dv, found.takers)
    return wrong


def variables(name: str, columns: list[Record]) -> Iterator[str]:
    """Names of at most 8 letters, labels of at most 40, in the standard's order; what is required is there."""
    names = [column["name"] for column in columns]
    known = [each for each in ORDER[name] if each in names]
    if names != known:
        yield f"{name}: the variables are {names}, not in the standard's order {known}"
    for missing in EXPECTED[name] - set(names):
        yield f"{name}: {missing} is missing"
    for column in columns:
        if not re.fullmatch(r"[A-Z][A-Z0-9]{0,7}", column["name"]) or not 1 <= len(column["label"]) <= 40:
            yield f"{name}: {column['name']}, {column['label']}: name or label too long"


def values(name: str, records: list[Record]) -> Iterator[str]:
    """The domain's own name in each record; texts are texts, numbers numbers; nothing longer than 200."""
    for record in records:
        if record["DOMAIN"] != name:
            yield f"{name}: a record of {record['DOMAIN']}"
        for variable, value in record.items():
            right = int | float | None if variable in NUMBERS else str | None
            if not isinstance(value, right) or (isinstance(value, str) and len(value) > 200):
                yield f"{name}: {variable} is {value!r}"


def one_name_a_number(records: list[Record]) -> Iterator[str]:
    """VISITNUM and VISIT belong to each other, one to one, in all datasets."""
    for one, other in (("VISITNUM", "VISIT"), ("VISIT", "VISITNUM")):
        seen: dict[Any, set[Any]] = defaultdict(set)
        for record in records:
            seen[record[one]].add(record[other])
        yield from (f"{one} {value} has {other} {others}" for value, others in seen.items() if len(others) > 1)


def trial_visits(tv: list[Record]) -> Iterator[str]:
    """One record for each planned visit and arm; whole numbers; no day 0; an arm in all records or in none."""
    for key, count in Counter((record["ARMCD"], record["VISITNUM"]) for record in tv).items():
        if count > 1:
            yield f"TV: {count} records of {key}"
    if len({bool(record["ARMCD"]) for record in tv}) > 1:
        yield "TV: some records have an arm, and some none"
    if [(each["ARMCD"], each["VISITNUM"]) for each in tv] != sorted((e["ARMCD"], e["VISITNUM"]) for e in tv):
        yield "TV: not sorted by its key"
    for record in tv:
        if record["VISITNUM"] != int(record["VISITNUM"]) or record["VISITDY"] == 0 or not record["TVSTRL"]:
            yield f"TV: {record}"
        if len(record["ARMCD"]) > 20 or bool(record["ARMCD"]) != bool(record["ARM"]):
            yield f"TV: arm {record['ARMCD']!r}, {record['ARM']!r}"


def one_record_a_visit(sv: list[Record]) -> Iterator[str]:
    """A participant has one record for each VISITNUM, and they are in order."""
    keys = [(record["USUBJID"], record["VISITNUM"]) for record in sv]
    yield from (f"SV: {count} records of {key}" for key, count in Counter(keys).items() if count > 1)
    if keys != sorted(keys):
        yield "SV: not sorted by its key"


def visit(record: Record, taker: Taker, tv: list[Record]) -> Iterator[str]:
    """One record of SV."""
    about = f"SV {record['USUBJID']} {record['VISITNUM']}"
    match record["SVPRESP"], record["SVOCCUR"]:
        case "Y", "Y" | "N":
            yield from (f"{about}: {each}" for each in planned(record, taker, tv))
        case "", "":
            if record["VISITDY"] is not None or record["VISITNUM"] == int(record["VISITNUM"]) or record["SVREASOC"]:
                yield f"{about}: an unplanned visit with VISITDY, a whole number or a reason for not occurring"
        case other:
            yield f"{about}: SVPRESP and SVOCCUR are {other}"
    if record["SVOCCUR"] == "N":
        if any(record[each] is not None for each in ("SVSTDTC", "SVENDTC", "SVSTDY", "SVENDY")):
            yield f"{about}: it did not occur, and has days"
    else:
        yield from (f"{about}: {each}" for each in days_of(record, taker))


def planned(record: Record, taker: Taker, tv: list[Record]) -> Iterator[str]:
    """It stands in TV with the same name and day; nothing of an unplanned visit; not after the end."""
    of_number = [each for each in tv if each["VISITNUM"] == record["VISITNUM"]]
    own = [each for each in of_number if each["ARMCD"] in ("", taker.arm) or not taker.arm]
    if not own or own[0]["VISIT"] != record["VISIT"]:
        yield "it is not in TV"
    elif (taker.arm or not own[0]["ARMCD"]) and own[0]["VISITDY"] != record["VISITDY"]:
        yield f"VISITDY is {record['VISITDY']}, in TV {own[0]['VISITDY']}"
    if record["SVUPDES"] or (record["SVREASOC"] and record["SVOCCUR"] == "Y"):
        yield "SVUPDES or SVREASOC says what does not fit"
    if record["SVOCCUR"] == "Y" and date.fromisoformat(record["SVSTDTC"]) > taker.over:
        yield f"planned, and after the participant's part was over on {taker.over}"
    if record["SVOCCUR"] == "N" and taker.reference is not None and record["VISITDY"] is not None:
        number = record["VISITDY"]
        if taker.reference + timedelta(days=number - (1 if number > 0 else 0)) > taker.over:
            yield f"not occurred, and planned after the participant's part was over on {taker.over}"


def days_of(record: Record, taker: Taker) -> Iterator[str]:
    """Days in ISO 8601, the end not before the start; their numbers counted from the reference day, without a day 0."""
    first, last = date.fromisoformat(record["SVSTDTC"]), date.fromisoformat(record["SVENDTC"])
    if last < first:
        yield f"it ends on {last}, before it starts"
    for day, number in ((first, record["SVSTDY"]), (last, record["SVENDY"])):
        if number != number_of(day, taker.reference):
            yield f"{day} is day {number}, by the rule {number_of(day, taker.reference)}"


def number_of(day: date, reference: date | None) -> int | None:
    """The study day: the reference day is 1, the day before it -1."""
    if reference is None:
        return None
    apart = (day - reference).days
    return apart + 1 if day >= reference else apart


def unplanned_after_planned(sv: list[Record]) -> Iterator[str]:
    """Before the point is the number of a planned visit of the same participant that started by then, or nothing."""
    whose = {(each["USUBJID"], each["VISITNUM"]): each for each in sv if each["SVOCCUR"] == "Y"}
    for record in sv:
        base = int(record["VISITNUM"])
        if record["SVPRESP"] == "Y" or base == 0:
            continue
        before = whose.get((record["USUBJID"], base))
        if before is None or before["SVSTDTC"] > record["SVSTDTC"]:
            yield f"SV {record['USUBJID']} {record['VISITNUM']}: no visit {base} before it"


def deviations(dv: list[Record], takers: Mapping[str, Taker]) -> Iterator[str]:
    """Numbered from 1, with a term in words, in an epoch; those that somebody confirmed, all of them and no others."""
    of_each: dict[str, list[Record]] = defaultdict(list)
    for record in dv:
        of_each[record["USUBJID"]].append(record)
    for name in takers.keys() | of_each.keys():
        records = of_each.get(name, [])
        if [record["DVSEQ"] for record in records] != list(range(1, len(records) + 1)):
            yield f"DV {name}: DVSEQ is {[record['DVSEQ'] for record in records]}"
        days = Counter(record["DVSTDTC"] for record in records)
        if days != Counter(day.isoformat() if day else None for day in takers[name].confirmed):
            yield f"DV {name}: of {days}, confirmed are those of {takers[name].confirmed}"
        yield from (f"DV {name}: {each}" for record in records for each in deviation(record, takers[name]))


def deviation(record: Record, taker: Taker) -> Iterator[str]:
    """One record of DV."""
    if not record["DVTERM"] or not record["DVDECOD"] or record["EPOCH"] not in EPOCHS or _KEY.search(record["DVTERM"]):
        yield f"term {record['DVTERM']!r}, {record['DVDECOD']!r}, epoch {record['EPOCH']!r}"
    day = record["DVSTDTC"]
    if record["DVSTDY"] != (number_of(date.fromisoformat(day), taker.reference) if day else None):
        yield f"{day} is day {record['DVSTDY']}"
