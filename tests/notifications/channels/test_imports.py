"""What is slow to import is imported when it is used."""

import subprocess
import sys

import pytest

from tests.architecture.source import ROOT

SLOW = ("twilio", "urllib3", "requests", "aiohttp")


CHANNELS = ("console", "handset", "smtp_email", "twilio_callbacks", "twilio_sms")


@pytest.mark.parametrize(
    "statement",
    [
        "import planner.app",
        "import notifications.tables, " + ", ".join(f"notifications.channels.{name}" for name in CHANNELS),
        "import sys, planner.cli; sys.argv = ['planner', '--help']; planner.cli.main()",
    ],
)
def test_twilios_client_is_not_imported_before_a_text_is_sent(statement: str) -> None:
    script = (
        "import atexit, sys\n"
        f"atexit.register(lambda: print('slow:', [name for name in {SLOW} if name in sys.modules]))\n"
        f"{statement}\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.stdout.endswith("slow: []\n"), done.stdout + done.stderr


def test_making_the_channel_imports_nothing_either() -> None:
    script = (
        "import sys\n"
        "from notifications.channels.twilio_sms import TwilioAccount, TwilioSms\n"
        "TwilioSms(TwilioAccount(account='AC', user='SK', secret='x', sender='+15005550006'))\n"
        f"print('slow:', [name for name in {SLOW} if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True, text=True)
    assert done.stdout == "slow: []\n"
