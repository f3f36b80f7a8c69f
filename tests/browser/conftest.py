"""A running planner for the browser tests."""

import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conftest import ROOT

STARTS_WITHIN = 60


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
        return port


def _wait_for(port: int, server: subprocess.Popen[bytes]) -> None:
    """Wait until the server takes connections."""
    give_up = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < give_up:
        assert server.poll() is None, "the server ended at its start"
        with socket.socket() as trial:
            if trial.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise AssertionError(f"the server took no connection within {STARTS_WITHIN} seconds")


@pytest.fixture(scope="session")
def base_url() -> Iterator[str]:
    """Address of a planner on a free port of this machine, served as `make demo` serves it: a process of its own."""
    port = _free_port()
    options = ["--bind", f"127.0.0.1:{port}", "--worker-class", "gthread", "--threads", "4", "--log-level", "warning"]
    with subprocess.Popen([sys.executable, "-m", "gunicorn", *options, "wsgi:app"], cwd=ROOT) as server:
        try:
            _wait_for(port, server)
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """Date fields take the month first, wherever the tests run."""
    return {**browser_type_launch_args, "args": [*browser_type_launch_args["args"], "--lang=en-US"]}


@pytest.fixture(scope="session")
def browser_context_args(browser_context_args: dict[str, Any], base_url: str) -> dict[str, Any]:
    """Pages are named by their paths."""
    return {**browser_context_args, "base_url": base_url}
