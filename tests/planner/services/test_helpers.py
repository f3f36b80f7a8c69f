"""Helpers answer like this process would, keep nothing of it open, and end with it."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from planner.services.helpers import Helpers, helpers_of_machine

OWNER = """
import os, signal
from planner.services.helpers import Helpers
helpers = Helpers(lambda _: os.getpid(), 2)
print(*(helpers.ask(None).result() for _ in range(2)), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
PATIENCE = 20


@contextmanager
def asking(helpers: Helpers[int, tuple[int, int]]) -> Iterator[Helpers[int, tuple[int, int]]]:
    try:
        yield helpers
    finally:
        helpers.close()


def square(number: int) -> tuple[int, int]:
    """The square, and who worked it out."""
    return number * number, os.getpid()


@pytest.mark.parametrize("count", [0, 1, 3])
def test_every_question_gets_its_own_answer_by_as_many_processes_as_there_are_helpers(count: int) -> None:
    with asking(Helpers(square, count)) as helpers:
        answers = [answer.result() for answer in [helpers.ask(number) for number in range(20)]]
    assert [squared for squared, _ in answers] == [number * number for number in range(20)]
    workers = {worker for _, worker in answers}
    assert len(workers) == max(count, 1)
    assert (os.getpid() in workers) is (count == 0)


def test_what_was_asked_of_a_helper_that_is_killed_is_answered_here() -> None:
    with asking(Helpers(square, 1)) as helpers:
        _, worker = helpers.ask(1).result()
        os.kill(worker, signal.SIGKILL)
        assert [helpers.ask(number).result() for number in (2, 3)] == [(4, os.getpid()), (9, os.getpid())]


def fail(number: int) -> tuple[int, int]:
    raise ZeroDivisionError(f"{number} cannot be done")


def test_an_error_of_the_work_is_raised_for_who_asks() -> None:
    with asking(Helpers(fail, 1)) as helpers, pytest.raises(ZeroDivisionError, match="7 cannot be done"):
        helpers.ask(7).result()


def test_a_helper_keeps_no_file_of_this_process_open(tmp_path: Path) -> None:
    def is_open(number: int) -> tuple[int, int]:
        try:
            os.fstat(number)
        except OSError:
            return 0, os.getpid()
        return 1, os.getpid()

    with (tmp_path / "database").open("w") as kept, asking(Helpers(is_open, 1)) as helpers:
        assert is_open(kept.fileno()) == (1, os.getpid())
        found, worker = helpers.ask(kept.fileno()).result()
    assert found == 0
    assert worker != os.getpid()


def is_gone(process: int) -> bool:
    """Whether a process has ended; nobody may have taken note of it yet."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for processes in /proc")
def test_helpers_end_when_their_owner_is_killed() -> None:
    owner = subprocess.run([sys.executable, "-c", OWNER], stdout=subprocess.PIPE, text=True, timeout=60, check=False)
    assert owner.returncode == -signal.SIGKILL
    helpers = [int(word) for word in owner.stdout.split()]
    assert len(set(helpers)) == 2
    until = time.monotonic() + PATIENCE
    while not all(map(is_gone, helpers)) and time.monotonic() < until:
        time.sleep(0.05)
    assert all(map(is_gone, helpers))


def test_a_machine_has_no_more_helpers_than_processors() -> None:
    assert helpers_of_machine() <= (os.cpu_count() or 1)
    assert helpers_of_machine() != 1
