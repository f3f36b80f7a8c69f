"""What the project's files may hold, and where they may be."""

import re

from tests.architecture.source import ROOT, project_files, relative

# Put together from pieces, so that this file does not find itself.
MACHINE_PATH = re.compile(rb"(?<![\w.~-])/(?:%s)/" % b"|".join([b"wo" + b"rk", b"fa" + b"rm"]))


def test_no_file_names_a_path_of_the_machine_it_was_written_on() -> None:
    found = [
        f"{relative(path)}:{number}: {line.decode(errors='replace').strip()}"
        for path in project_files()
        for number, line in enumerate(path.read_bytes().splitlines(), start=1)
        if MACHINE_PATH.search(line)
    ]
    assert not found, "\n".join(found)


def test_the_test_folders_are_not_packages() -> None:
    """``tests/schedules/__init__.py`` would make ``import schedules`` find the tests."""
    assert not list((ROOT / "tests").rglob("__init__.py"))
