"""What an operator does with the database: bring it to this version, check it, back it up, restore it."""

from __future__ import annotations

from pathlib import Path

import click

from planner import clock
from planner.commands.installation import OPERATOR, Installation, installation
from planner.config import ConfigurationError
from planner.persistence import backup, schema
from planner.services.audit import ChainReport, verify
from planner.services.keyring import add_key
from planner.services.replanning import replan_all
from planner.services.rotation import is_anything_sealed, rotate_keys, verify_keys
from planner.services.verification import verify_facts, verify_visits


def migrate(to: str, may_lose: bool) -> None:
    """Bring the database to a version and say which one it was and is; to an older one only if data may be lost."""
    with installation(of_this_version=False) as planner:
        before = schema.current(planner.database)
        schema.migrate(planner.database, to, may_lose)
        after = schema.current(planner.database)
    click.echo(f"The database was {_version(before)} and is {_version(after)}.")


def _version(name: str | None) -> str:
    return f"of version {name}" if name else "empty"


def check() -> None:
    """Say whether the stored visits are those of the facts and whether the audit is whole; exit code 1 if not."""
    with installation() as planner:
        wrong = _wrong(planner)
    for problem in wrong:
        click.echo(problem)
    if wrong:
        raise SystemExit(1)


def _wrong(planner: Installation) -> list[str]:
    with planner.database.reading() as session:
        wrong = list(verify_visits(session, planner.designs))
    with planner.database.reading() as session:
        reports = verify(session)
    wrong += [f"audit chain {report.chain}: {problem}" for report in reports for problem in report.wrong]
    wrong += _unlike_the_audit(planner, reports)
    wrong += _unreadable(planner)
    if not wrong:
        entries = sum(report.entries for report in reports)
        click.echo(f"Every stored visit is as the facts have it; the audit is whole ({entries} entries).")
    return wrong


def _unreadable(planner: Installation) -> list[str]:
    """What none of the keys opens. Without anything encrypted no keys are needed."""
    with planner.database.reading() as session:
        if not is_anything_sealed(session):
            return []
        try:
            return list(verify_keys(session, planner.keys))
        except ConfigurationError as error:
            return [str(error)]


def _unlike_the_audit(planner: Installation, reports: list[ChainReport]) -> list[str]:
    """Facts that are not as the audit has them; none are looked for while the audit itself is not whole."""
    if any(report.wrong for report in reports):
        return []
    with planner.database.reading() as session:
        return list(verify_facts(session))


def verify_audit() -> None:
    """Follow every chain of the audit, and compare the facts with it; exit code 1 if anything is wrong."""
    with installation() as planner:
        with planner.database.reading() as session:
            reports = verify(session)
        changed = _unlike_the_audit(planner, reports)
    for report in reports:
        name = f"study {report.chain}" if report.chain else "installation"
        state = "; ".join(report.wrong) or "whole"
        click.echo(f"{name}: {report.entries} entries, head {report.head[:12]}: {state}")
    for problem in changed:
        click.echo(problem)
    if changed or any(report.wrong for report in reports):
        raise SystemExit(1)


def take(file: Path) -> None:
    """Write a backup."""
    with installation() as planner:
        counts = backup.take_backup(planner.database, file, clock.now())
    click.echo(f"{file}: {sum(counts.values())} rows of {sum(map(bool, counts.values()))} tables.")


def restore(file: Path) -> None:
    """Restore a backup into an empty database, and check what came of it."""
    with installation(of_this_version=False) as planner:
        counts = backup.restore_backup(planner.database, file)
        click.echo(f"{sum(counts.values())} rows restored.")
        wrong = _wrong(planner)
    for problem in wrong:
        click.echo(problem)
    if wrong:
        raise SystemExit(1)


def replan(agreed: bool) -> None:
    """Plan everybody again who may stand otherwise than stored."""
    with installation() as planner:
        done = replan_all(planner.store, planner.designs, OPERATOR, clock.now(), agreed)
    click.echo(f"{done.planned} participants are up to date.")
    for moved in done.waiting:
        click.echo(f"{moved.participant}: {moved.visit} would move from {moved.before} to {moved.after}")
    if done.waiting:
        click.echo("These dates wait: the planner's engine is newer. Agree with --agree-to-moved-dates.")
    for name, why in done.failed:
        click.echo(f"{name} could not be planned: {why}", err=True)
    if done.failed:
        raise SystemExit(1)


def rotate() -> None:
    """Encrypt everything anew with the newest key."""
    with installation() as planner:
        made = add_key(planner.settings)
        counts = planner.store.write(OPERATOR, clock.now(), lambda uow: rotate_keys(uow, planner.keys))
    click.echo(", ".join(f"{count} of {table}" for table, count in counts.items()) + ": encrypted with the newest key.")
    click.echo(
        "Restart the other processes: they read keys at their start. Older keys are still needed for older backups."
        if made
        else "The older keys can be taken out of PLANNER_CONTACT_KEYS; older backups still need them."
    )
