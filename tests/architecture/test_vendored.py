"""What is served and was written by others: exactly as its package has it, with its licence beside it."""

import hashlib

import pytest

from tests.architecture.source import ROOT

VENDOR = ROOT / "planner" / "web" / "static" / "vendor"
#: each file by the SHA-256 that its package has it with
FILES = {
    "pico/pico-2.1.1.min.css": "fbc9a63fc9fc9f72d12fd7fc9806e11fa9f77ae4f9cad146b27003a1119ba3db",
    "htmx/htmx-2.0.11.min.js": "d6fdc75f204e6bdefa99b69bf1e6d4ac69b8a364f77929f45c13476b4000f717",
    "event-calendar/event-calendar-5.10.1.min.js": "dd9806e839c10232b8f740ef59899c853b4ca2653719f858206c16c76c2a80f6",
    "event-calendar/event-calendar-5.10.1.min.css": "14abac982c42d2cdd42721fedc4a95d4f9e2f4d03e78bd4b167c2e803f870c73",
}


@pytest.mark.parametrize("name", FILES)
def test_a_vendored_file_is_what_its_package_has(name: str) -> None:
    assert hashlib.sha256((VENDOR / name).read_bytes()).hexdigest() == FILES[name]


def test_everything_vendored_is_listed_and_has_its_licence() -> None:
    found = {path.relative_to(VENDOR).as_posix() for path in VENDOR.rglob("*") if path.is_file()}
    licences = {name for name in found if name.rpartition("/")[2].startswith("LICENSE")}
    assert found - licences == set(FILES)
    assert {name.partition("/")[0] for name in licences} == {name.partition("/")[0] for name in FILES}
