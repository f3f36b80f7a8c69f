"""Writes answers to standard output: bytes as they are, tables as wide and as colourful as the terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import click
from rich.console import Console, RenderableType

NARROWEST = 40


def write(text: str | bytes) -> None:
    """Write text as UTF-8 with its own line breaks, whatever the machine's locale."""
    click.echo(text.encode("utf-8", "backslashreplace") if isinstance(text, str) else text, nl=False)


def show(render: Callable[[int], Iterable[RenderableType]]) -> None:
    """Print what ``render`` makes for the width that there is; plain text where it is no terminal."""
    # Labels come from people's files: nothing in them is markup or the name of an emoji.
    console = Console(markup=False, emoji=False, highlight=False)
    console.width = max(NARROWEST, console.width)
    if console.is_terminal:
        _print(console, render)
        return
    with console.capture() as captured:
        _print(console, render)
    write("".join(f"{line.rstrip()}\n" for line in captured.get().splitlines()))


def _print(console: Console, render: Callable[[int], Iterable[RenderableType]]) -> None:
    for part in render(console.width):
        console.print(part)
