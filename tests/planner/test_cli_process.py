"""The command as other programs run it: the same bytes everywhere, quick help, quiet ends."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.architecture.source import ROOT

PLAN = ("plan", "vsli-ino", "--start", "2026-01-05", "--holidays", "DE-BY", "--closed", "2026-01-12")
SURROUNDINGS: tuple[Mapping[str, str], ...] = (
    {"TZ": "Pacific/Auckland", "PYTHONHASHSEED": "0"},
    {"TZ": "Pacific/Midway", "PYTHONHASHSEED": "1", "LC_ALL": "de_DE.UTF-8", "LANGUAGE": "de"},
    {"PYTHONHASHSEED": "2", "LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
    {"PYTHONHASHSEED": "3", "LC_ALL": "C", "PYTHONIOENCODING": "latin-1"},
)


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "planner.cli", *words]


def run(*words: str, **environment: str) -> "subprocess.CompletedProcess[bytes]":
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    around = {**kept, **environment}
    return subprocess.run(
        command(*words), cwd=ROOT, env=around, check=False, stdin=subprocess.DEVNULL, capture_output=True
    )


@pytest.mark.parametrize("form", ["table", "json", "csv", "ics"])
def test_the_same_input_gives_the_same_bytes_in_any_zone_locale_and_hash_seed(form: str) -> None:
    runs = [run(*PLAN, "--format", form, **surroundings) for surroundings in SURROUNDINGS]
    assert [done.returncode for done in runs] == [0] * len(SURROUNDINGS), runs[0].stderr
    assert len({done.stdout for done in runs}) == 1
    runs[0].stdout.decode("utf-8")


@pytest.mark.parametrize(
    "words", [("protocol", "show", "vsli-ino"), ("why", "vsli-ino", "C1D8", "--start", "2026-01-05")]
)
def test_what_people_read_is_utf_8_in_any_locale(words: tuple[str, ...]) -> None:
    runs = [run(*words, **surroundings) for surroundings in SURROUNDINGS]
    assert len({done.stdout for done in runs}) == 1
    assert "–" in runs[0].stdout.decode() or "−" in runs[0].stdout.decode()


def test_problems_are_utf_8_in_any_locale(tmp_path: Path) -> None:
    path = tmp_path / "p.yaml"
    path.write_text("protocol: ÄÖ\n", encoding="utf-8")
    for surroundings in SURROUNDINGS:
        done = run("protocol", "check", str(path), **surroundings)
        assert done.returncode == 2
        assert "ÄÖ is not an identifier" in done.stderr.decode()


def test_output_that_is_no_terminal_has_no_colours_and_no_trailing_spaces() -> None:
    for words in (PLAN, ("protocol", "show", "ven-ino")):
        text = run(*words).stdout.decode()
        assert "\x1b" not in text
        assert not [line for line in text.splitlines() if line != line.rstrip()]
        assert max(map(len, text.splitlines())) <= 80


def test_a_reader_that_stops_reading_ends_it_quietly() -> None:
    for form in ("json", "table", "csv"):
        shell = ["sh", "-c", f'"$@" --format {form} | head -1', "sh", *command(*PLAN)]
        done = subprocess.run(shell, cwd=ROOT, check=False, capture_output=True)
        assert done.stderr == b""
        assert len(done.stdout.splitlines()) == 1


def test_a_full_disk_is_said_and_no_traceback() -> None:
    with open("/dev/full", "wb") as full:  # noqa: PTH123 - a device
        for form in ("json", "table"):
            done = subprocess.run(
                command(*PLAN, "--format", form), cwd=ROOT, check=False, stdout=full, stderr=subprocess.PIPE
            )
            assert done.returncode == 2
            assert b"cannot be written: No space left on device" in done.stderr
            assert b"Traceback" not in done.stderr


def test_a_closed_standard_output_is_said_and_not_passed_over() -> None:
    shell = ["sh", "-c", '"$@" >&-', "sh", *command(*PLAN)]
    done = subprocess.run(shell, cwd=ROOT, check=False, capture_output=True)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr == b"Error: the answer cannot be written: standard output is closed\n"


def test_ctrl_c_ends_it_quietly(tmp_path: Path) -> None:
    slow = tmp_path / "pipe"
    os.mkfifo(slow)
    running = subprocess.Popen(
        command("plan", str(slow), "--start", "2026-01-05"), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        # What runs in a shell's background ignores Ctrl-C, and so would what it starts.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip
    writer = os.open(slow, os.O_WRONLY)  # waits until the command has begun to read
    time.sleep(0.5)  # and this until it waits in reading: a signal just before that is noticed only afterwards
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=90)
    os.close(writer)
    assert (running.returncode, out, err) == (130, b"", b"")


@pytest.mark.parametrize("words", [("--help",), ("plan", "--help"), ("protocol", "--help"), ("nonsense",)])
def test_help_comes_without_loading_the_engine(words: tuple[str, ...]) -> None:
    listing = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "planner.cli", *words],
        cwd=ROOT, check=False, capture_output=True, text=True,
    )  # fmt: skip
    loaded = {line.rpartition("|")[2].strip() for line in listing.stderr.splitlines()}
    assert "click" in loaded
    assert not loaded & {"pydantic", "flask", "rich", "holidays", "ruamel.yaml", "schedules.plan"}


def test_no_colour_is_honoured_in_a_terminal() -> None:
    assert b"\x1b[31m" not in run(*PLAN, FORCE_COLOR="1", NO_COLOR="1", TERM="xterm").stdout
    assert b"\x1b[" in run(*PLAN, FORCE_COLOR="1", TERM="xterm").stdout


def test_a_demo_on_a_port_that_is_taken_or_none_says_so_at_once() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        for given, said in ((str(port), f"port {port} is taken; choose another: make demo PORT="), ("x", "'x' is no")):
            demo = [ROOT / "scripts/demo"]
            run = subprocess.run(demo, env={**os.environ, "PORT": given}, capture_output=True, text=True, timeout=60)
            assert run.returncode == 2
            assert run.stderr.startswith(said)
            assert run.stderr.count("\n") == 1
