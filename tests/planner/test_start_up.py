"""What is not needed to begin is not loaded to begin: counted, not timed."""

import subprocess
import sys

import pytest

#: large packages that only a few commands, a few reports, or nobody but the tests need
LARGE = {
    "hypothesis", "icalendar", "matplotlib", "numpy", "pandas", "playwright", "pytest", "requests",
    "schemathesis", "scipy", "twilio",
}  # fmt: skip
#: what the database and the pages need, and help does not
OF_THE_SERVICE = {
    "alembic", "apscheduler", "argon2", "cryptography", "dateutil", "flask", "holidays", "jinja2", "prometheus_client",
    "psycopg", "pydantic", "pyotp", "rich", "ruamel", "sqlalchemy", "structlog", "werkzeug",
}  # fmt: skip
HELP = "from planner.cli import cli; cli({words!r}, standalone_mode=False)"


def loaded_by(code: str) -> set[str]:
    """The packages that a fresh Python has loaded after some code."""
    ending = "; import sys; print('loaded', *{name.partition('.')[0] for name in sys.modules})"
    run = subprocess.run([sys.executable, "-c", code + ending], check=True, capture_output=True, text=True)
    return set(run.stdout.rpartition("loaded ")[2].split())


def test_the_app_starts_without_what_only_some_need() -> None:
    loaded = loaded_by("import wsgi")
    assert "planner" in loaded
    assert not loaded & LARGE


@pytest.mark.parametrize("words", [["--help"], ["participant", "--help"], ["database", "backup", "--help"]])
def test_help_comes_without_the_database_the_pages_and_the_engine(words: list[str]) -> None:
    loaded = loaded_by(HELP.format(words=words))
    assert {"planner", "click"} <= loaded
    assert not loaded & (LARGE | OF_THE_SERVICE)
