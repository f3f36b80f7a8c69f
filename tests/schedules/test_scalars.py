"""The small values that every input shares, and what is said about those that are wrong."""

from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from schedules.errors import DateOutOfRange
from schedules.scalars import Identifier, Instant, IsoDate, PartialDate, Text, WallTime, Zone

DATE: TypeAdapter[date] = TypeAdapter(IsoDate)
PARTIAL: TypeAdapter[PartialDate] = TypeAdapter(PartialDate)
INSTANT: TypeAdapter[datetime] = TypeAdapter(Instant)
WALL_TIME: TypeAdapter[time] = TypeAdapter(WallTime)
IDENTIFIER: TypeAdapter[str] = TypeAdapter(Identifier)
ZONE: TypeAdapter[str] = TypeAdapter(Zone)
TEXT: TypeAdapter[str] = TypeAdapter(Text)
ALL = [DATE, PARTIAL, INSTANT, WALL_TIME, IDENTIFIER, ZONE, TEXT]
study_days = st.dates(min_value=date(1900, 1, 1), max_value=date(2200, 12, 31))


def refusal(adapter: TypeAdapter[Any], written: object) -> str:
    with pytest.raises(ValidationError) as caught:
        adapter.validate_python(written)
    (error,) = caught.value.errors()
    return error["msg"].removeprefix("Value error, ")


# Dates


@given(study_days)
def test_a_date_is_read_back_from_its_json_form(day: date) -> None:
    assert DATE.dump_json(day).decode() == f'"{day.isoformat()}"'
    assert DATE.validate_json(DATE.dump_json(day)) == day
    assert DATE.validate_python(day) == day


@pytest.mark.parametrize(
    "written",
    [
        0, 20260105, True, 2026.5, None, "", "0", "2026", "2026-01", "20260105", "2026-1-5", "05.01.2026",
        "2026-01-05T00:00", " 2026-01-05", "2026-01-05\n", "２０２６-01-05", datetime(2026, 1, 5, tzinfo=UTC),
        ["2026-01-05"], {},
    ],
)  # fmt: skip
def test_a_date_is_refused_in_any_other_form(written: object) -> None:
    assert refusal(DATE, written).endswith(" is not a date; write it as YYYY-MM-DD, e.g. 2026-01-05")


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2026-02-30", "2026-02-30 is not a day of the calendar; February 2026 has 28 days"),
        ("2028-02-30", "2028-02-30 is not a day of the calendar; February 2028 has 29 days"),
        ("2026-04-31", "2026-04-31 is not a day of the calendar; April 2026 has 30 days"),
        ("2026-01-00", "2026-01-00 is not a day of the calendar; January 2026 has 31 days"),
        ("2026-13-01", "2026-13-01 is not in the calendar; its months run from 01 to 12"),
        ("1899-12-31", "1899-12-31 is outside the years 1900 to 2200; write a date of the study"),
        ("2201-01-01", "2201-01-01 is outside the years 1900 to 2200; write a date of the study"),
        (date(1, 1, 1), "0001-01-01 is outside the years 1900 to 2200; write a date of the study"),
    ],
)
def test_a_day_that_no_study_has_is_refused_with_the_reason(written: object, expected: str) -> None:
    assert refusal(DATE, written) == expected


# Dates of which not all is known


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2026-02-03", PartialDate(2026, 2, 3)),
        (date(2026, 2, 3), PartialDate(2026, 2, 3)),
        ("2026-02", PartialDate(2026, 2)),
        ("2026", PartialDate(2026)),
        (2026, PartialDate(2026)),
        (PartialDate(2026, 2), PartialDate(2026, 2)),
    ],
)
def test_a_partial_date_is_a_day_a_month_or_a_year(written: object, expected: PartialDate) -> None:
    assert PARTIAL.validate_python(written) == expected


@pytest.mark.parametrize(
    ("partial", "earliest", "latest", "words"),
    [
        (PartialDate(2026, 2, 3), date(2026, 2, 3), date(2026, 2, 3), "2026-02-03"),
        (PartialDate(2028, 2), date(2028, 2, 1), date(2028, 2, 29), "2028-02"),
        (PartialDate(2026), date(2026, 1, 1), date(2026, 12, 31), "2026"),
    ],
)
def test_a_partial_date_has_a_first_and_a_last_day(
    partial: PartialDate, earliest: date, latest: date, words: str
) -> None:
    assert (partial.earliest(), partial.latest(), str(partial)) == (earliest, latest, words)
    assert PARTIAL.dump_python(partial, mode="json") == words


@given(study_days, st.sampled_from([4, 7, 10]))
def test_a_partial_date_is_read_back_from_its_words_and_holds_its_day(day: date, length: int) -> None:
    partial = PARTIAL.validate_python(day.isoformat()[:length])
    assert str(partial) == day.isoformat()[:length]
    assert partial.earliest() <= day <= partial.latest()


@pytest.mark.parametrize(
    "written", [True, 26, 2026.0, "26", "2026-1", "2026-01-", "", None, [2026], datetime(2026, 1, 1, tzinfo=UTC)]
)
def test_what_is_no_partial_date_is_refused(written: object) -> None:
    assert refusal(PARTIAL, written).endswith(" is not a date; write e.g. 2026-01-05, 2026-01 or 2026")


def test_a_partial_date_must_be_in_the_calendar() -> None:
    assert refusal(PARTIAL, "2026-13") == "2026-13 is not in the calendar; its months run from 01 to 12"
    with pytest.raises(DateOutOfRange, match="1899 is outside the years 1900 to 2200"):
        PartialDate(1899)
    with pytest.raises(ValueError, match="day 3 of 2026 has no month; give the month, or leave out the day"):
        PartialDate(2026, None, 3)


# Times


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2026-01-05T10:30:00Z", datetime(2026, 1, 5, 10, 30, tzinfo=UTC)),
        ("2026-01-05T10:30Z", datetime(2026, 1, 5, 10, 30, tzinfo=UTC)),
        ("2026-01-05T00:30:15.25+01:00", datetime(2026, 1, 4, 23, 30, 15, 250_000, tzinfo=UTC)),
        (datetime(2026, 1, 5, 1, tzinfo=timezone(timedelta(hours=1))), datetime(2026, 1, 5, tzinfo=UTC)),
    ],
)
def test_an_instant_is_kept_in_utc(written: object, expected: datetime) -> None:
    instant = INSTANT.validate_python(written)
    assert (instant, instant.tzinfo) == (expected, UTC)
    assert INSTANT.validate_json(INSTANT.dump_json(instant)) == instant


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2026-01-05T10:30", "2026-01-05T10:30 has no time zone; end it with Z or an offset"),
        (datetime(2026, 1, 5, tzinfo=UTC).replace(tzinfo=None), "2026-01-05 00:00:00 has no time zone"),
        ("2026-01-05", "2026-01-05 is not a date with a time; write e.g. 2026-01-05T10:30:00Z"),
        (1767609000, "1767609000 is not a date with a time"),
        ("2026-01-05 10:30Z", "2026-01-05 10:30Z is not a date with a time"),
        ("2026-02-30T10:30Z", "2026-02-30 is not a day of the calendar; February 2026 has 28 days"),
        ("2026-01-05T24:00Z", "2026-01-05T24:00Z has no such time of day or offset"),
        ("2026-01-05T10:30+25:00", "2026-01-05T10:30+25:00 has no such time of day or offset"),
        ("1899-12-31T23:00Z", "1899-12-31 is outside the years 1900 to 2200"),
        (datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))), "0001-01-01 is outside the years 1900 to 2200"),
    ],
)
def test_an_instant_without_a_zone_or_outside_the_calendar_is_refused(written: object, expected: str) -> None:
    assert refusal(INSTANT, written).startswith(expected)


@pytest.mark.parametrize("written", ["00:00", "09:30", "23:59"])
def test_a_wall_time_is_hours_and_minutes(written: str) -> None:
    at = WALL_TIME.validate_python(written)
    assert f"{at:%H:%M}" == written
    assert WALL_TIME.dump_json(at).decode() == f'"{written}"'
    assert WALL_TIME.validate_python(at) == at


@pytest.mark.parametrize(
    "written", ["24:00", "9:30", "09:60", "09:30:00", "0930", 630, True, time(9, 30, 1), time(9, 30, tzinfo=UTC), None]
)
def test_a_wall_time_is_refused_in_any_other_form(written: object) -> None:
    assert refusal(WALL_TIME, written).endswith(" is not a time of day; write it as HH:MM, 00:00 to 23:59")


def test_a_zone_has_its_iana_name() -> None:
    assert ZONE.validate_python("Europe/Berlin") == "Europe/Berlin"
    assert refusal(ZONE, "Europe/Berln") == "Europe/Berln is not a time zone; write e.g. Europe/Berlin"
    assert refusal(ZONE, "../../etc/passwd").startswith("../../etc/passwd is not a time zone; write e.g. ")
    assert refusal(ZONE, "europe/berlin").endswith("write e.g. Europe/Berlin")


# Words


@pytest.mark.parametrize("written", ["a", "visit-1", "c1d8", "a-1-b", "x" * 40])
def test_an_identifier_is_lower_case_with_hyphens(written: str) -> None:
    assert IDENTIFIER.validate_python(written) == written


@pytest.mark.parametrize(
    ("written", "example"),
    [
        ("Visit 1", ", e.g. visit-1"),
        ("C1_D8", ", e.g. c1-d8"),
        ("-a-", ", e.g. a"),
        ("x" * 41, f", e.g. {'x' * 40}"),
        ("a\n", ", e.g. a"),
        ("1a", "a letter first"),
        ("", "a letter first"),
        ("é", "a letter first"),
    ],
)
def test_what_is_no_identifier_is_refused_with_one_that_is(written: str, example: str) -> None:
    assert refusal(IDENTIFIER, written).endswith(example)


def test_a_text_is_stripped_and_keeps_its_lines() -> None:
    assert TEXT.validate_python("  one\r\ntwo\n\nthree\n") == "one\ntwo\n\nthree"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (" \n ", "this text is empty; write at least one word"),
        ("x" * 2001, "this text has 2,001 characters; write at most 2,000"),
        ("a\tb", "this text has the invisible character U+0009 in it; remove it"),
        ("a\x00b", "this text has the invisible character U+0000 in it; remove it"),
        ("a\x85b", "this text has the invisible character U+0085 in it; remove it"),
    ],
)
def test_a_text_that_cannot_be_shown_is_refused(written: str, expected: str) -> None:
    assert refusal(TEXT, written) == expected


# All of them


@pytest.mark.parametrize("adapter", ALL)
def test_every_type_tells_editors_what_it_takes(adapter: TypeAdapter[Any]) -> None:
    schema = adapter.json_schema()
    assert schema["description"]
    assert "type" in schema or "anyOf" in schema


@pytest.mark.parametrize("adapter", ALL)
@given(
    st.text()
    | st.integers()
    | st.floats()
    | st.none()
    | st.booleans()
    | st.dates()
    | st.datetimes()
    | st.times()
    | st.lists(st.text())
    | st.dictionaries(st.text(), st.text())
    | st.from_regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(T[0-9]{2}:[0-9]{2}(Z|[+-][0-9]{2}:[0-9]{2})?)?", fullmatch=True)
)
def test_anything_else_is_refused_in_words(adapter: TypeAdapter[Any], written: object) -> None:
    try:
        adapter.validate_python(written)
    except ValidationError as error:
        (only,) = error.errors()
        own_words = only["type"] == "value_error"
        assert own_words == ("; " in only["msg"])
