"""What an app that makes one-time codes is given: the address that its camera reads."""

from __future__ import annotations

import pyotp

#: what the app shows beside the code
ISSUER = "Visit planner"


def address_for_app(secret: str, email: str) -> str:
    """The address (otpauth://) with which an app makes the codes of that secret."""
    return str(pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=ISSUER))
