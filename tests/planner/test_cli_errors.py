"""Whatever is wrong with the input: every problem with its place, exit code 2, no traceback, nothing on stdout."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from planner.cli import cli
from schedules.protocol_file import library_text

START = ("--start", "2026-01-05")


def run(*words: str | Path) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words])


def refused(*words: str | Path) -> str:
    """What a refused command line says on standard error."""
    result = run(*words)
    assert result.exit_code == 2, result.output
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.stdout == ""
    return result.stderr


def a_file(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("--start", "2026-02-30", "February 2026 has 28 days"),
        ("--start", "0", "write it as YYYY-MM-DD"),
        ("--start", "20260105", "write it as YYYY-MM-DD"),
        ("--as-of", "2026-13-01", "months run from 01 to 12"),
        ("--closed", "1800-01-01", "outside the years 1900 to 2200"),
        ("--known-at", "2026-01-05T10:30:00", "has no time zone"),
        ("--holidays", "XX", "no public holidays are known for XX"),
        ("--holidays", "US-ZZ", "no public holidays are known for US-ZZ"),
        ("--holidays", "narnia", "write an ISO 3166 code"),
    ],
)
def test_a_value_that_cannot_be_says_what_would_be_right(option: str, value: str, said: str) -> None:
    start = () if option == "--start" else START
    message = refused("plan", "vsli-ino", *start, option, value)
    assert said in message
    assert option in message


def test_without_a_start_and_a_history_there_is_nothing_to_plan_from() -> None:
    assert "no Day 1 to plan from; give --start DATE" in refused("plan", "vsli-ino")


def test_a_history_without_an_enrolment_needs_a_start(tmp_path: Path) -> None:
    facts = a_file(tmp_path, "facts.yaml", "- {fact: consented, date: 2025-12-20}\n")
    assert "no Day 1 to plan from" in refused("plan", "vsli-ino", "--history", facts)
    assert run("plan", "vsli-ino", "--history", facts, *START).exit_code == 0


def test_an_unknown_protocol_names_the_one_that_comes_near() -> None:
    message = refused("plan", "vsli-in", *START)
    assert message.startswith("vsli-in:1:1: ")
    assert "did you mean vsli-ino?" in message


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "the file is empty"),
        (b"\x00\xff\xfe\x80", "is not UTF-8"),
        (b"# only a comment\n", "the file is empty"),
        (b"- 1\n- 2\n", "a list"),
        (b"protocol: x\n", '"epochs" is missing'),
        (b"{" * 3000, "write it flatter"),
    ],
)
@pytest.mark.parametrize(
    "command", [("plan", "FILE", *START), ("protocol", "check", "FILE"), ("protocol", "show", "FILE")]
)
def test_a_file_that_is_no_protocol_is_refused_with_its_place(
    tmp_path: Path, content: bytes, said: str, command: tuple[str, ...]
) -> None:
    path = a_file(tmp_path, "p.yaml", content)
    message = refused(*(path if word == "FILE" else word for word in command))
    assert f"{path}:1:" in message
    assert said in message


def test_a_missing_file_a_folder_and_a_name_too_long_are_refused(tmp_path: Path) -> None:
    for option in ("--history", "--parameters", "--site", "--amendment"):
        assert "such file" in refused("plan", "vsli-ino", *START, option, tmp_path / "none.yaml")
        assert "this is a folder" in refused("plan", "vsli-ino", *START, option, tmp_path)
        assert len(refused("plan", "vsli-ino", *START, option, "x" * 5000)) < 600
        assert "such file" in refused("plan", "vsli-ino", *START, option, "a\0b")


def test_a_huge_file_is_refused_by_its_size_without_being_read(tmp_path: Path) -> None:
    path = tmp_path / "huge.yaml"
    with path.open("wb") as huge:
        huge.truncate(50_000_000_000)  # sparse: reading it would take a minute
    assert "50,000,000,000 bytes, more than the 1,000,000" in refused("plan", "vsli-ino", *START, "--history", path)


def test_an_endless_device_is_refused_after_what_a_file_may_have() -> None:
    assert "goes on after the 1,000,000 bytes" in refused("plan", "/dev/zero", *START)


def test_the_problems_of_all_files_come_at_once_each_on_its_own_line(tmp_path: Path) -> None:
    protocol = a_file(tmp_path, "p.yaml", "protocol: X\nversion: 1\n")
    facts = a_file(tmp_path, "f.yaml", "- {fact: givn, date: 2026-02-30}\n- {fact: attended, date: 2026-02-30}\n")
    site = a_file(tmp_path, "s.yaml", "id: a\nname: A\nzone: Mars/Base\n")
    values = a_file(tmp_path, "v.yaml", "- 1\n")
    options = ("--history", facts, "--site", site, "--parameters", values, "--what-if", "what when=now")
    lines = refused("plan", protocol, *options).splitlines()
    assert {line.split(":")[0] for line in lines} == {str(protocol), str(facts), str(site), str(values), "--what-if 1"}
    assert f"{facts}:1:10: there is no fact 'givn'; did you mean given?" in lines
    assert [line for line in lines if line.startswith(f"{facts}:2:") and "February 2026 has 28 days" in line]
    assert [line for line in lines if line.startswith(f"{site}:3:7: Mars/Base is not a time zone")]


def test_a_contradiction_in_the_history_is_refused_at_the_place_of_the_fact(tmp_path: Path) -> None:
    facts = a_file(
        tmp_path,
        "f.yaml",
        "- {fact: enrolled, date: 2025-12-30, day_1: 2026-01-05}\n"
        "- {fact: given, date: 2026-01-05, visit: induction.c1.d1, activity: vslii}\n",
    )
    said = f"{facts}:2:3: there is no activity 'vslii'; did you mean vsli?\n"
    assert refused("plan", "vsli-ino", "--history", facts) == said


def test_a_path_that_leads_nowhere_is_refused_after_planning(tmp_path: Path) -> None:
    facts = a_file(
        tmp_path,
        "f.yaml",
        "- {fact: enrolled, date: 2025-12-30, day_1: 2026-01-05}\n"
        "- {fact: given, date: 2026-01-05, visit: induction.c1.d1, activity: vsli}\n"
        "- {fact: given, date: 2026-02-02, visit: induction.c2.d1, activity: vsli}\n",
    )
    assert f"{facts}:3:3: the path does not lead to induction.c2" in refused("plan", "vsli-ino", "--history", facts)


def test_a_site_excludes_holidays_and_closed_days(tmp_path: Path) -> None:
    site = a_file(tmp_path, "s.yaml", "id: a\nname: A\n")
    for option in (("--holidays", "US"), ("--closed", "2026-01-06")):
        message = refused("plan", "vsli-ino", *START, "--site", site, *option)
        assert f"--site and {option[0]} exclude each other" in message


def test_every_empty_parameter_is_told_with_its_place(tmp_path: Path) -> None:
    values = a_file(tmp_path, "values.yaml", "venetoclax-start:\nnobody-knows: ~\n")
    for command in (("plan", "ven-ino", *START), ("protocol", "show", "ven-ino"), ("protocol", "check", "ven-ino")):
        assert refused(*command, "--parameters", values).splitlines() == [
            f"{values}:1:1: the parameter venetoclax-start is empty; write its value, or leave the line out",
            f"{values}:2:15: the parameter nobody-knows is empty; write its value, or leave the line out",
        ]


def test_every_missing_parameter_has_a_line_with_its_place_and_remedy() -> None:
    lines = refused("plan", "ven-ino", *START).splitlines()
    assert len(lines) > 1
    for line in lines:
        assert line.startswith("ven-ino.yaml:")
        assert "give --parameters FILE with a line such as " in line


def test_a_value_that_no_version_declares_is_named_with_its_place(tmp_path: Path) -> None:
    values = a_file(tmp_path, "v.yaml", "inotuzumab-level: [a]\n")
    message = refused("plan", "vsli-ino", *START, "--parameters", values)
    assert message.startswith(f"{values}:1:1: the protocol has no parameter inotuzumab-level; did you mean")


def test_a_start_beside_an_enrolment_with_another_day_1_is_refused(tmp_path: Path) -> None:
    facts = a_file(tmp_path, "f.yaml", "- {fact: enrolled, date: 2025-12-30, day_1: 2026-01-05}\n")
    message = refused("plan", "vsli-ino", "--history", facts, "--start", "2026-01-06")
    assert f"{facts}:1:3: the enrolment says day_1 2026-01-05, the command line --start 2026-01-06" in message
    assert run("plan", "vsli-ino", "--history", facts, *START).exit_code == 0


def test_an_arm_that_the_protocol_has_not_is_refused() -> None:
    assert "the protocol has no arm 'a'; it has no arms" in refused("plan", "vsli-ino", *START, "--arm", "a")


def test_the_same_version_twice_or_another_study_is_refused_with_its_place() -> None:
    twice = "vsli-ino.yaml:3:10: version 1.0 is already that of vsli-ino.yaml; name each version once"
    other = "ven-ino.yaml:2:11: this is a version of ven-ino, not of vsli-ino; name a file in which"
    for command in (("plan", "--amendment"), ("diff", "--to")):
        assert refused(command[0], "vsli-ino", *START, command[1], "vsli-ino").startswith(twice)
        assert refused(command[0], "vsli-ino", *START, command[1], "ven-ino").startswith(other)


@pytest.mark.parametrize("option", ["--as-of", "--format"])
def test_an_option_given_twice_is_refused_and_one_that_may_be_repeated_is_not(option: str) -> None:
    values = ("json", "csv") if option == "--format" else ("2026-01-05", "2026-01-06")
    message = refused("plan", "vsli-ino", *START, option, values[0], option, values[1])
    assert f"{option} is given twice; keep the one that is meant" in message
    assert "--parameters is given twice" in refused("protocol", "show", "ven-ino", *("--parameters", "x") * 2)
    assert run("plan", "vsli-ino", *START, *("--closed", "2026-01-12", "--closed", "2026-01-13")).exit_code == 0


def test_a_decision_is_no_visit_and_the_message_says_where_it_is_shown() -> None:
    message = refused("why", "vsli-ino", "induction.c1.response", *START)
    assert "induction.c1.response is a decision; `planner plan` shows how it stands" in message


@pytest.mark.parametrize(
    "words",
    [
        ("protocol", "check", ""),
        ("plan", "", *START),
        ("site", "check", ""),
        ("facts", "check", "vsli-ino", ""),
        ("plan", "vsli-ino", *START, "--history", ""),
        ("plan", "vsli-ino", *START, "--site", ""),
        ("plan", "vsli-ino", *START, "--parameters", ""),
        ("diff", "vsli-ino", *START, "--to", ""),
    ],
)
def test_an_empty_name_is_told_as_such(words: tuple[str, ...]) -> None:
    assert " is empty; " in refused(*words)


def test_an_id_that_no_earlier_version_had_is_told_with_its_place(tmp_path: Path) -> None:
    text = (
        library_text("vsli-ino")
        .replace('"1.0"', '"2.0"')
        .replace("label: Day 8\n", "label: Day 8\n        was: d7\n", 1)
    )
    amended = a_file(tmp_path, "2.yaml", text)
    said = refused("plan", "vsli-ino", *START, "--amendment", amended)
    line = text[: text.index("was: d7")].count("\n") + 1
    assert said.startswith(f"{amended}:{line}:14: no earlier version has a visit 'd7' here; ")


@pytest.mark.parametrize("words", ["", "x", "given date", "given 'x", "- [1", "{fact: given", "given date=2026-02-30"])
def test_a_what_if_that_cannot_be_read_is_refused(words: str) -> None:
    assert "--what-if 1:1:" in refused("plan", "vsli-ino", *START, "--what-if", words)


def test_dates_at_the_end_of_time_are_refused_not_broken() -> None:
    for start in ("1900-01-01", "2200-12-31"):
        assert "outside the years 1900 to 2200" in refused("plan", "vsli-ino", "--start", start)


def test_all_that_is_wrong_with_a_history_is_told_at_once_its_form_and_what_it_names(tmp_path: Path) -> None:
    text = (
        "- {fact: attended, date: 2026-02-30, visit: screening.baseline}\n"
        "- {fact: attended, date: 2026-01-05, visit: screning.baseline}\n"
        "- {fact: given, date: 2026-01-05, date: 2026-01-06, visit: induction.c1.d1, activity: nothing}\n"
        "- {fact: gate_decided, date: 2026-01-30, gate: induction.c1.response, outcome: maybe}\n"
    )
    facts = a_file(tmp_path, "facts.yaml", text)
    lines = refused("plan", "vsli-ino", "--history", facts, *START).replace(f"{facts}:", "").splitlines()
    assert [line.split("; ")[0] for line in lines] == [
        "1:26: 2026-02-30 is not a day of the calendar",
        "2:3: there is no epoch 'screning'",
        "3:3: there is no activity 'nothing'",
        '3:35: the key "date" is already on line 3',
        "4:3: there is no outcome 'maybe'",
    ]
    protocol = a_file(tmp_path, "p.yaml", library_text("vsli-ino") + "extra: 1\nprotocol: again\n")
    also = refused("plan", protocol, "--history", facts, *START)
    assert "there is no epoch" not in also, "nothing can be looked up in a protocol that is wrong itself"
    assert [line.split(": ")[1] for line in also.splitlines() if str(protocol) in line] == [
        'unknown key "extra"; known here',
        'the key "protocol" is already on line 2; keep one of the two, or rename one',
    ]


def test_a_site_is_not_said_to_be_unknown_where_its_file_is_wrong(tmp_path: Path) -> None:
    facts = a_file(tmp_path, "facts.yaml", "- {fact: transferred, date: 2026-02-05, site: south}\n- 7\n")
    site = a_file(tmp_path, "south.yaml", "id: south\nname: South\nzone: Mars/Phobos\n")
    lines = refused("plan", "vsli-ino", "--history", facts, "--site", site, *START).splitlines()
    assert [line.split("; ")[0] for line in lines] == [
        f"{facts}:2:3: this is not a fact: it says no fact",
        f"{site}:3:7: Mars/Phobos is not a time zone",
    ]


def test_what_a_history_names_is_not_looked_up_where_the_versions_do_not_go_together(tmp_path: Path) -> None:
    facts = a_file(tmp_path, "facts.yaml", "- {fact: attended, date: 2026-02-30, visit: screning.baseline}\n")
    message = refused("plan", "vsli-ino", "--amendment", "vsli-ino", "--history", facts, *START)
    assert "2026-02-30 is not a day of the calendar" in message
