"""Headers as apps and people send them: in whatever form, none of them is an error."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.calendars.apps import OTHER, app_of
from planner.calendars.conditions import http_date, is_not_after, names_tag, takes_gzip

TAG = '"1-20260105-2"'
NOW = datetime(2026, 1, 5, 14, 0, tzinfo=UTC)


@given(st.text(max_size=60))
def test_no_header_is_an_error(header: str) -> None:
    assert names_tag(header, TAG) in (True, False)
    assert takes_gzip(header) in (True, False)
    assert is_not_after(NOW, header) in (True, False)
    assert app_of(header)


@given(
    st.lists(st.from_regex(r'(W/)?"[!#-~]{0,8}"', fullmatch=True), max_size=5), st.sampled_from(["", "W/"]), st.data()
)
def test_a_tag_is_found_wherever_it_stands_in_a_list(others: list[str], weak: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(others)))
    listed = [*others[:at], f"{weak}{TAG}", *others[at:]]
    assert names_tag(", ".join(listed), TAG)
    assert names_tag(",".join(listed), TAG)
    assert not names_tag(", ".join(others), TAG)


def test_a_date_is_read_back_as_it_was_written() -> None:
    assert http_date(NOW) == "Mon, 05 Jan 2026 14:00:00 GMT"
    assert is_not_after(NOW, http_date(NOW))
    assert is_not_after(NOW, "Monday, 05-Jan-26 14:00:00 GMT")
    assert is_not_after(NOW, "Mon Jan  5 14:00:00 2026")
    assert not is_not_after(NOW, "Mon, 05 Jan 2026 13:59:59 GMT")


@pytest.mark.parametrize(
    ("agent", "app"),
    [
        ("Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17)", "Outlook"),
        ("Google-Calendar-Importer", "Google Calendar"),
        ("iOS/18.1 (22B83) dataaccessd/1.0", "Apple (iPhone, iPad)"),
        ("macOS/15.1 (24B83) CalendarAgent/1195", "Apple (Mac)"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Thunderbird/128.5.0", "Thunderbird"),
        ("Evolution/3.46.4", "Evolution"),
        ("vdirsyncer/0.19.3", "vdirsyncer"),
        ("ICSx5/2.2 (Android)", "ICSx5"),
        ("", OTHER),
        ("made up by somebody 123456", OTHER),
    ],
)
def test_an_app_is_known_by_what_it_calls_itself(agent: str, app: str) -> None:
    assert app_of(agent) == app
