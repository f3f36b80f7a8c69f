"""The commands of docs/how-to/run-the-planner.md, one after the other, as they stand there."""

import json
import re
import shlex
from datetime import UTC, datetime
from pathlib import Path

import pyotp
import pytest
from click.testing import CliRunner, Result

from planner.cli import cli
from planner.config import read_settings
from planner.persistence.unit_of_work import SYSTEM
from planner.persistence.users import User, user_by_email
from planner.services.installation import open_installation
from planner.services.users import hash_that_fits, new_totp_secret, set_up_totp, sign_in, token_user
from schedules.protocol_file import library_text

PAGE = Path(__file__).parents[2] / "docs" / "how-to" / "run-the-planner.md"
FACTS = """
- {fact: consented, date: 2025-12-20, version: "1.0"}
- {fact: enrolled, date: 2025-12-30, day_1: 2026-01-05}
- {fact: given, date: 2026-01-05, visit: induction.c1.d1, activity: vsli}
- {fact: given, date: 2026-01-05, visit: induction.c1.d1, activity: ino}
"""
TABLE = """number,site,fact,date,day_1,visit,activity,version
01-002,north,consented,2025-12-20,,,,1.0
01-002,,enrolled,2025-12-30,2026-01-06,,,
01-002,,given,2026-01-06,,induction.c1.d1,vsli,
01-002,,given,2026-01-06,,induction.c1.d1,ino,
"""
#: day 8 has a wider window, and everybody is asked for consent again
AMENDMENT = (
    library_text("vsli-ino")
    .replace('version: "1.0"', 'version: "2.0"\nreconsent: true')
    .replace("day: 8\n        window: -1/+2", "day: 8\n        window: -1/+4", 1)
)


def lines_of_the_page() -> list[str]:
    blocks = re.findall(r"```sh\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    return [line for block in blocks for line in block.splitlines()]


@pytest.fixture
def installation(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    Path("facts.yaml").write_text(FACTS)
    Path("parameters.yaml").write_text("inotuzumab-levels: [level 1 (made up), level 2 (made up)]\n")
    Path("facts.csv").write_text(TABLE)
    Path("amendment.yaml").write_text(AMENDMENT)
    return tmp_path


def run(line: str) -> Result:
    words = shlex.split(line)
    environment = dict(word.split("=", 1) for word in words[: words.index("planner")])
    return CliRunner().invoke(cli, words[words.index("planner") + 1 :], env=environment)


def set_up() -> None:
    for line in lines_of_the_page():
        if line.startswith("planner participant record"):
            return
        assert run(line).exit_code == 0, line


@pytest.mark.usefixtures("installation")
def test_every_command_of_the_page_works_in_its_order() -> None:
    said = {line: run(line) for line in lines_of_the_page()}
    assert {line: answer.output for line, answer in said.items() if answer.exit_code} == {}
    assert "Recorded: f1, f2, f3, f4." in said["planner participant record vsli-1 01-001 facts.yaml"].output
    assert "Nothing is recorded yet" in said["planner participant record vsli-1 01-001 facts.yaml --preview"].output
    amended = "planner study effective vsli-1 north 2.0 --approved 2026-01-05 --from 2026-01-06"
    for line, words in ((f"{amended} --preview", "would be in effect"), (amended, "is in effect")):
        assert f"Version 2.0 {words} at north from 2026-01-06 on." in said[line].output
        assert "01-001  comes under it on 2026-01-06: C1D8 moved" in said[line].output
        assert "To consent again: 01-001, 01-002" in said[line].output
    assert "the audit is whole" in said["planner database check"].output
    assert "the audit is whole" in said[lines_of_the_page()[-1]].output


@pytest.mark.usefixtures("installation")
def test_the_calendar_is_that_of_the_facts_and_the_sites_closed_days() -> None:
    set_up()
    run("planner participant record vsli-1 01-001 facts.yaml")
    run("planner site close north --from 2026-01-12")
    data = json.loads(run("planner participant calendar vsli-1 01-001 --as-of 2026-01-06 --format json").output)
    targets = {visit["label"]: visit["target"] for visit in data["visits"]}
    assert (targets["C1D8"], targets["C1D15"]) == ("2026-01-13", "2026-01-20")


@pytest.mark.usefixtures("installation")
def test_whoever_lost_their_phone_signs_in_without_a_code_again() -> None:
    set_up()
    email, password = "a@example.org", "some made-up words"
    run(f"planner user create {email} --name A --password {password!r}")
    assert "no one-time code anyway" in run(f"planner user codes-off {email}").output
    opened = open_installation(read_settings())
    try:
        secret = new_totp_secret()
        now = datetime(2026, 1, 5, 12, tzinfo=UTC)
        store, keys = opened.store, opened.keys
        user = store.read(lambda session: user_by_email(session, email))
        assert user is not None
        code = pyotp.TOTP(secret).at(now)
        store.write(SYSTEM, now, lambda uow: set_up_totp(uow, keys, uow.session.get_one(User, user.id), secret, code))
        fitting = store.read(lambda session: hash_that_fits(session, email, password))

        def signed_in() -> bool:
            return store.write(SYSTEM, now, lambda uow: sign_in(uow, keys, email, fitting, "", 5)) is not None

        assert not signed_in()
        assert "all their sessions have ended" in run(f"planner user codes-off {email}").output
        assert signed_in()
    finally:
        opened.close()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("planner user codes-off nobody@example.org", "nobody signs in with this address"),
        ("planner participant screen vsli-1 north 01-001", "there is a participant 01-001 in this study already"),
        ("planner participant screen vsli-1 south 01-002", 'there is no site "south"'),
        ("planner participant screen vsli-2 north 01-002", 'there is no study "vsli-2"'),
        ("planner participant screen vsli-1 north 'Jane Doe'", "never a name"),
        ("planner participant calendar vsli-1 01-009", "there is no participant"),
        ("planner study create vsli-1 --title again", "there is a study vsli-1 already"),
        ("planner study protocol vsli-1 vsli-ino", "versions never change"),
        ("planner study parameters vsli-1 facts.yaml", "a parameter file is a list of names with values"),
        ("planner study effective vsli-1 north 9.0 --approved 2026-01-05 --from 2026-01-06", "has no version"),
        ("planner study effective vsli-1 south 1.0 --approved 2026-01-05 --from 2026-01-06", "there is no site"),
        ("planner study effective vsli-1 north 1.0 --approved 2026-01-05 --from 2026-01-04", "before it is approved"),
        ("planner study effective vsli-1 north 1.0 --approved soon --from 2026-01-04", "soon"),
        ("planner site create Mars --name Mars --zone Mars/Olympus", "there is no such time zone"),
        ("planner site close north --from 2026-02-02 --to 2026-02-01", "the last day lies before the first"),
        ("planner site create east --name East --zone UTC --open 'daily 08:00-17:00'", "says no opening hours"),
        ("planner site change north --open 'friday-monday 08:00-17:00'", "says no opening hours"),
        ("planner site change north --open 'monday 08:00-09:00' --open 'monday 10:00-11:00'", "hours twice"),
        ("planner site change north --open 'monday 17:00-08:00'", "these are no opening hours"),
        ("planner user token a@example.org --label a --scope facts:wirte", "there is no scope facts:wirte"),
        ("planner user grant nobody@example.org monitor", "nobody signs in with this address"),
        ("planner user create a@example.org --name A --password short", "characters"),
        ("planner database upgrade --to 7777", "there is no version 7777"),
        ("planner database backup /no/such/folder/file", "no/such/folder"),
        ("planner database restore facts.yaml", "cannot be read"),
        ("DATABASE_URL=mysql://x planner database check", "mysql is not supported"),
        ("DATABASE_URL=postgresql://127.0.0.1:1/x planner database check", "cannot be used"),
        ("DATABASE_URL=sqlite:///new.db planner database check", "planner database upgrade"),
    ],
)
@pytest.mark.usefixtures("installation")
def test_what_cannot_be_is_said_in_a_line_with_exit_code_2(line: str, said: str) -> None:
    set_up()
    answer = run(line)
    assert (answer.exit_code, said in answer.output) == (2, True), answer.output
    assert "Traceback" not in answer.output


@pytest.mark.usefixtures("installation")
@pytest.mark.parametrize(("option", "good"), [("", False), ("--keep-tokens", True)])
def test_a_fresh_password_ends_tokens_unless_they_are_kept(option: str, good: bool) -> None:
    set_up()
    run("planner user create a@example.org --name A")
    secret = run("planner user token a@example.org --label export --scope facts:read").output.strip()
    run(f"planner user password a@example.org {option}")
    opened = open_installation(read_settings())
    try:
        found = opened.store.read(lambda session: token_user(session, secret, datetime.now(UTC)))
    finally:
        opened.close()
    assert (found is not None) == good


@pytest.mark.usefixtures("installation")
def test_what_is_wrong_with_a_fact_of_a_file_is_told_with_its_line(tmp_path: Path) -> None:
    set_up()
    facts = tmp_path / "wrong.yaml"
    facts.write_text(
        "- {fact: away, date: 2026-01-05, until: 2026-01-06}\n"
        "- {fact: attended, date: 2026-01-05, visit: induction.c9.d1}\n"
    )
    failed = run(f"planner participant record vsli-1 01-001 {facts}")
    assert f"{facts}:2:" in failed.output


@pytest.mark.usefixtures("installation")
def test_a_protocol_that_is_no_utf_8_is_refused_rather_than_kept_with_other_letters(tmp_path: Path) -> None:
    set_up()
    text = library_text("vsli-ino").replace('version: "1.0"', 'version: "1.1"', 1)
    protocol = tmp_path / "latin.yaml"
    protocol.write_bytes(text.encode() + "# caf\u00e9\n".encode("latin-1"))
    failed = run(f"planner study protocol vsli-1 {protocol}")
    assert f"{protocol}:" in failed.output
    assert "is not UTF-8" in failed.output


@pytest.mark.usefixtures("installation")
def test_a_database_that_is_not_there_is_not_made_by_looking_at_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"sqlite:///{tmp_path / 'misspelt.db'}")
    assert "there is no database" in run("planner audit verify").output
    assert not (tmp_path / "misspelt.db").exists()
