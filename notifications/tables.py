"""Every table of notifications, imported: what migrations and new databases are made of."""

from __future__ import annotations

from notifications import appointments, health, inbox, opt_outs, outbox, recipients, rules, tasks
from notifications.channels import handset
from notifications.columns import METADATA

__all__ = ["METADATA", "MODULES"]

MODULES = (appointments, handset, health, inbox, opt_outs, outbox, recipients, rules, tasks)
