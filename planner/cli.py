"""The `planner` command: what can be written on a command line, and nothing of what it does.

What a command does is in planner/commands, which is imported when the command runs: help comes at once.
"""

from __future__ import annotations

import errno
import sys
from typing import Any

import click

from planner import feed_cli, home_cli, operator_cli, report_cli, report_mail_cli, run_cli, sending_cli, study_cli
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


def _harmless(error: click.UsageError) -> click.UsageError:
    """The words of a command line that cannot be used may hold what commands a terminal."""
    from planner.problems import visible

    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        return error
    return click.UsageError(visible(error.format_message()), error.ctx)


def operator_errors() -> tuple[type[Exception], ...]:
    """What can be wrong with an installation; its parts are looked at only where a command has loaded them."""
    names = {
        "planner.problems": ("PlannerError",),
        "planner.config": ("ConfigurationError",),
        "planner.persistence.schema": ("WrongSchema",),
        "planner.persistence.database": ("DatabaseUnavailable",),
        "planner.persistence.backup": ("BackupError",),
    }
    return tuple(getattr(sys.modules[m], name) for m, found in names.items() if m in sys.modules for name in found)


class Commands(click.Group):
    """Commands of which every option may be given once, unless it says that it may be repeated."""

    command_class = options.Command


class Planner(Commands):
    """The commands, with one way to fail: what is wrong on standard error, and exit code 2."""

    group_class = Commands

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Read the words before the command's own."""
        try:
            return super().make_context(info_name, args, parent, **extra)
        except click.UsageError as error:
            raise _harmless(error) from None

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; what a user can do wrong never ends in a traceback."""
        try:
            return super().invoke(ctx)
        except click.UsageError as error:
            raise _harmless(error) from None
        except ScheduleError as error:
            from planner.problems import visible

            raise Refused(visible(str(error))) from error
        except operator_errors() as error:
            from planner.problems import visible

            raise Refused(visible(str(error))) from error
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
    if sys.stdout is None:
        click.echo("Error: the answer cannot be written: standard output is closed", err=True)
        sys.exit(Refused.exit_code)
    cli(prog_name="planner")


# -- plans --------------------------------------------------------------------------------------


@cli.command(cls=options.WithSeveralDays)
@click.argument("protocol", metavar="P")
@options.planning
@click.option(
    "--participant", type=options.study_code, metavar="CODE",
    help="Whose calendar it is, for --format ics: a study code, never a name. It stands in each event and keeps the"
    " events of two participants apart; give the same one each time.",
)  # fmt: skip
@options.formats("table", "json", "csv", "ics")
def plan(form: str, participant: str | None, **request: Any) -> None:
    """Plan the visits of one participant, or of a start date alone.

    As iCalendar (ics) it has the visits that have a date, and as cancelled those that have lost theirs since
    something was recorded before: take every new file into the same calendar. What only a changed file of the
    protocol, its parameters or a site takes away is not withdrawn.
    """
    from planner.commands.plan import show_plan
    from planner.commands.planning import Request

    show_plan(Request(**request), form, participant)


@cli.command(cls=options.WithSeveralDays)
@click.argument("protocol", metavar="P")
@click.argument("visit", metavar="VISIT")
@options.planning
@options.formats("table", "json")
def why(visit: str, form: str, **request: Any) -> None:
    """Say how the date of a visit came about.

    VISIT is a key such as induction.c2.d8, or a label such as C2D8.
    """
    from planner.commands.planning import Request
    from planner.commands.visits import show_why

    show_why(Request(**request), visit, form)


@cli.command(cls=options.WithSeveralDays)
@click.argument("protocol", metavar="P")
@click.argument("visit", metavar="VISIT")
@options.planning
@options.formats("table", "json")
def feasible(visit: str, form: str, **request: Any) -> None:
    """List the days on which a visit may be booked.

    The best day comes first; of every other day of its window it says why not.
    VISIT is a key such as induction.c2.d8, or a label such as C2D8.
    """
    from planner.commands.planning import Request
    from planner.commands.visits import show_feasible

    show_feasible(Request(**request), visit, form)


@cli.command(cls=options.WithSeveralDays)
@click.argument("protocol", metavar="P")
@options.planning
@click.option("--to", metavar="FILE", help="Another version of the protocol, in force from the day of the plan.")
@options.formats("table", "json")
def diff(to: str | None, form: str, **request: Any) -> None:
    """Show what one more fact, or another version, would move.

    The fact is given with --what-if, the other version of the protocol with --to; or both.
    """
    from planner.commands.diff import show_diff
    from planner.commands.planning import Request

    show_diff(Request(**request), to, form)


# -- protocols ----------------------------------------------------------------------------------


@cli.group()
def protocol() -> None:
    """Look at protocols and check protocol files."""


@protocol.command("list")
@options.formats("table", "json")
def list_protocols(form: str) -> None:
    """List the protocols of the library."""
    from planner.commands import protocol as commands

    commands.list_protocols(form)


@protocol.command("show")
@click.argument("name", metavar="P")
@options.parameters
@options.formats("table", "json", "csv")
def show_protocol(name: str, parameters: str | None, form: str) -> None:
    """Show a protocol's schedule of activities and assumptions.

    Visits across, activities down; then decisions, rules, parameters, advice and assumptions.
    """
    from planner.commands import protocol as commands

    commands.show_protocol(name, parameters, form)


@protocol.command("check")
@click.argument("name", metavar="FILE")
@options.parameters
def check_protocol(name: str, parameters: str | None) -> None:
    """List every problem of a protocol file.

    Each as FILE:LINE:COLUMN: what is wrong; what would be right. The exit code is 2 if there are any.
    Without problems it says what is allowed but hardly meant, such as an activity at no visit; the exit code is 0.
    """
    from planner.commands import protocol as commands

    commands.check_protocol(name, parameters)


@protocol.command("schema")
def write_schema() -> None:
    """Print the JSON Schema of protocol files, for editors."""
    from planner.commands import protocol as commands

    commands.write_schema()


# -- sites and histories ------------------------------------------------------------------------


@cli.group()
def site() -> None:
    """Check site files and get public holidays for them."""


@site.command("holidays")
@click.argument("code", type=options.holiday_code, metavar="CC[-REGION]")
@click.option("--from", "first", type=click.IntRange(1900, 2200), required=True, metavar="YEAR", help="First year.")
@click.option("--to", "last", type=click.IntRange(1900, 2200), required=True, metavar="YEAR", help="Last year.")
def write_holidays(code: tuple[str, str | None], first: int, last: int) -> None:
    """Print public holidays for a SITE.yaml.

    They are its public_holidays: block, with the dates of these years stored in it.
    """
    from planner.commands import site as commands

    commands.write_holidays(code, first, last)


@site.command("check")
@click.argument("file", metavar="FILE")
def check_site(file: str) -> None:
    """List every problem of a site file.

    Each as FILE:LINE:COLUMN: what is wrong; what would be right. The exit code is 2 if there are any.
    """
    from planner.commands import site as commands

    commands.check_site(file)


@cli.group()
def facts() -> None:
    """Check histories."""


@facts.command("check")
@click.argument("protocol", metavar="P")
@click.argument("history", metavar="FACTS.yaml")
@options.parameters
@options.amendments
@options.sites
def check_facts(**request: Any) -> None:
    """List every problem of a history, and its facts with their ids.

    An id is what a void or a told fact names; a fact without one is shown with the id that is made for it.
    Each as FILE:LINE:COLUMN: what is wrong; what would be right. The exit code is 2 if there are any.
    """
    from planner.commands import facts as commands
    from planner.commands.planning import Request

    commands.check_facts(Request(**request))


# -- an installation ----------------------------------------------------------------------------

for group in (operator_cli.audit, operator_cli.database, operator_cli.keys):
    cli.add_command(group)
for group in (study_cli.study, study_cli.participant, study_cli.user):
    cli.add_command(group)
cli.add_command(feed_cli.feed)
cli.add_command(sending_cli.sending)
cli.add_command(home_cli.home)
cli.add_command(report_cli.report)
cli.add_command(report_mail_cli.report_mail)
for running in (run_cli.demo, run_cli.worker):
    cli.add_command(running)
for command in (study_cli.create_site, study_cli.change_site, study_cli.close_site):
    site.add_command(command)


if __name__ == "__main__":
    main()
