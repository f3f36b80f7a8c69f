"""Nothing that commands a terminal or turns a line round reaches it, however it was handed in."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from planner.cli import cli
from tests.architecture.source import ROOT

START = ("--start", "2026-01-05")
EVIL = "\x1b[31mred\u202e\x9b2J\u200b"
CROSSOVER = ROOT / "docs" / "examples" / "protocols" / "crossover.yaml"


def said(*words: str) -> tuple[int, str]:
    """The exit code, and all that a terminal would get; colours are left in."""
    result = CliRunner().invoke(cli, list(words), color=True)
    return result.exit_code, result.output


def is_harmless(text: str) -> bool:
    return all(line.isprintable() for line in text.splitlines())


@pytest.mark.parametrize(
    "words",
    [
        ("plan", EVIL, *START),
        ("plan", "vsli-ino", f"--{EVIL}", "1"),
        ("plan", "vsli-ino", *START, EVIL),
        ("plan", "vsli-ino", "--start", EVIL),
        ("plan", "vsli-ino", *START, "--arm", EVIL),
        ("plan", "vsli-ino", *START, "--format", EVIL),
        ("plan", "vsli-ino", *START, "--holidays", EVIL),
        ("plan", "vsli-ino", *START, "--known-at", EVIL),
        ("plan", "vsli-ino", *START, "--site", EVIL),
        ("plan", "vsli-ino", *START, "--what-if", EVIL),
        ("plan", "vsli-ino", *START, "--what-if", f"died {EVIL}=1"),
        ("why", "vsli-ino", EVIL, *START),
        ("protocol", "check", EVIL),
        ("protocol", EVIL),
        ("facts", "check", "vsli-ino", EVIL),
        ("site", "check", EVIL),
        (EVIL,),
        (f"--{EVIL}",),
    ],
)
def test_words_of_the_command_line_are_made_visible_in_what_is_said_about_them(words: tuple[str, ...]) -> None:
    code, shown = said(*words)
    assert code == 2
    assert shown.strip()
    assert is_harmless(shown)


def test_so_is_the_name_of_a_file_in_which_nothing_is_wrong(tmp_path: Path) -> None:
    protocol = tmp_path / f"{EVIL}.yaml"
    protocol.write_text(CROSSOVER.read_text("utf-8"), "utf-8")
    facts = tmp_path / f"{EVIL}-facts.yaml"
    facts.write_text("- {fact: enrolled, date: 2026-01-02, day_1: 2026-01-05, arm: ab}\n")
    for words in (
        ("protocol", "check", str(protocol)),
        ("facts", "check", str(protocol), str(facts)),
        ("plan", str(protocol), *START, "--arm", "ab"),
    ):
        code, shown = said(*words)
        assert code == 0, shown
        assert "\N{REPLACEMENT CHARACTER}" in shown
        assert is_harmless(shown)


def test_nor_does_what_stands_in_a_file(tmp_path: Path) -> None:
    file = tmp_path / "p.yaml"
    for text in (f"title: {EVIL}\n", 'title: "\\e[31mred\\u202e"\n', f"{EVIL}: 1\n", "title: \u200d\n"):
        file.write_text(text, "utf-8")
        code, shown = said("protocol", "check", str(file))
        assert code == 2
        assert "U+" in shown
        assert is_harmless(shown)
