"""The `planner` command: what can be written on a command line, and nothing of what it does.

What a command does is in planner/commands, which is imported when the command runs: help comes at once.
"""

from __future__ import annotations

import errno
import sys
from typing import Any

import click

from planner.commands import options
from schedules.errors import ScheduleError, SourceError

_INTERRUPTED = 130


class Refused(click.ClickException):
    """The input cannot be used; nothing was done."""

    exit_code = 2

    def show(self, file: Any = None) -> None:
        """Problems of files stand as they are, one to a line, for editors and programs."""
        prefix = "" if isinstance(self.__cause__, SourceError) else "Error: "
        click.echo(f"{prefix}{self.message}", file=file, err=file is None)


class Planner(click.Group):
    """The commands, with one way to fail: what is wrong on standard error, and exit code 2."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what a user can do wrong never ends in a traceback."""
        try:
            return super().invoke(ctx)
        except ScheduleError as error:
            raise Refused(str(error)) from error
        except OSError as error:
            if error.errno == errno.EPIPE:
                raise  # click ends quietly when nobody reads on
            raise Refused(f"the answer cannot be written: {error.strerror}") from error
        except KeyboardInterrupt:
            ctx.exit(_INTERRUPTED)


@click.group(cls=Planner, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="visit-planner", prog_name="planner")
def cli() -> None:
    """Plan the visits of clinical-trial participants.

    A protocol P is a name from the library (`planner protocol list`) or a file.
    """


def main() -> None:
    """Run the command line, in UTF-8 whatever the locale says."""
    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # type: ignore[union-attr]
    cli(prog_name="planner")


# -- plans --------------------------------------------------------------------------------------


@cli.command(cls=options.WithSeveralDays)
@click.argument("protocol", metavar="P")
@options.planning
@options.formats("table", "json", "csv", "ics")
def plan(form: str, **request: Any) -> None:
    """Plan the visits of one participant, or of a start date alone."""
    from planner.commands.plan import show_plan
    from planner.commands.planning import Request

    show_plan(Request(**request), form)


if __name__ == "__main__":
    main()
