"""What messages say: templates in every language, checked, signed off by somebody, and rendered without surprises."""

from notifications.forbidden import told
from notifications.wording.checks import check_wording, takes_at_most
from notifications.wording.render import render, shipped, shipped_languages, spoken, subject, unread
from notifications.wording.signed_off import (
    adopt_shipped,
    approve,
    approved_wording,
    missing,
    newest_signed_off,
    publish,
    text_of,
    withdraw,
)
from notifications.wording.templates import KINDS, MAILED_AS, TEMPLATES, VARIABLES
from notifications.wording.values import Values

__all__ = [
    "KINDS",
    "MAILED_AS",
    "TEMPLATES",
    "VARIABLES",
    "Values",
    "adopt_shipped",
    "approve",
    "approved_wording",
    "check_wording",
    "missing",
    "newest_signed_off",
    "publish",
    "render",
    "shipped",
    "shipped_languages",
    "spoken",
    "subject",
    "takes_at_most",
    "text_of",
    "told",
    "unread",
    "withdraw",
]
