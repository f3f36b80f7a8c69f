"""Reads the files that a command line names; whatever is wrong with them is collected, not only the first."""

from __future__ import annotations

import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from types import TracebackType
from typing import NoReturn, ParamSpec, TypeVar

from schedules.errors import Problem, SourceError
from schedules.protocol_file import library, library_text
from schedules.yaml_text import MOST_BYTES

LONGEST_NAME = 200  # of a file, in a message
T = TypeVar("T")
P = ParamSpec("P")


@dataclass(slots=True)
class Problems:
    """Collects the problems of several sources; at the end of the block all of them are raised as one error."""

    found: list[Problem] = field(default_factory=list)

    def __enter__(self) -> Problems:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        if error is None and self.found:
            raise SourceError(self.found)

    def of(self, otherwise: T, read: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What ``read`` gives, or ``otherwise`` if it finds problems."""
        try:
            return read(*args, **kwargs)
        except SourceError as error:
            self.found.extend(error.problems)
            return otherwise


def read_source(file: str) -> bytes:
    """The bytes of a file. Raises SourceError if it cannot be read, or is larger than anything that we take."""
    try:
        return _read(Path(file), file)
    except OSError as error:
        wrong = (error.strerror or "it cannot be read").lower()
        _refuse(file, f"the file cannot be read ({wrong})", "check its name and who may read it")


def _read(path: Path, file: str) -> bytes:
    if not file:
        _refuse("FILE", "the name of the file is empty", "write the name of a file")
    if not path.exists():
        _refuse(file, "there is no such file", "check its name and its folder")
    about = path.stat()
    if stat.S_ISDIR(about.st_mode):
        _refuse(file, "this is a folder", "name a file in it")
    if about.st_size > MOST_BYTES:
        _refuse_size(file, f"the file has {about.st_size:,} bytes, more than the {MOST_BYTES:,} that are read")
    with path.open("rb") as source:
        content = source.read(MOST_BYTES + 1)  # a pipe or a device does not say how much it holds
    if len(content) > MOST_BYTES:
        _refuse_size(file, f"the file goes on after the {MOST_BYTES:,} bytes that are read")
    return content


def _refuse_size(file: str, wrong: str) -> NoReturn:
    _refuse(file, wrong, "split it, or remove what does not belong in it")


def _refuse(file: str, wrong: str, right: str) -> NoReturn:
    shown = file if len(file) <= LONGEST_NAME else f"{file[:LONGEST_NAME]}..."
    raise SourceError([Problem(shown, 1, 1, wrong, right)])


def protocol_source(name: str) -> tuple[bytes | str, str]:
    """The text of a protocol and the name of its file; ``name`` is one of the library's, or a file."""
    if not name:
        _refuse("P", "the name of the protocol is empty", f"the library has {', '.join(library())}")
    if name in library():
        return library_text(name), file_of(name)
    if not _exists(name):
        near = get_close_matches(name.removesuffix(".yaml"), library(), n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        right = f"{hint}the library has {', '.join(library())}; else write the name of a file"
        _refuse(name, "there is no such protocol in the library and no such file", right)
    return read_source(name), name


def file_of(name: str) -> str:
    """What messages call the file of a protocol."""
    return f"{name}.yaml" if name in library() else name


def _exists(name: str) -> bool:
    try:
        return Path(name).exists()
    except OSError:
        return True  # let the reader say what is wrong with it
