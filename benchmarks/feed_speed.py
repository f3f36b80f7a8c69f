"""A calendar feed of some 200 visits fetched over HTTP, beside Radicale with the same events and nginx with the file.

    python -m benchmarks.feed_speed [--rounds 3] [--many 10000] [--servers granian,gunicorn] [--radicale PYTHON]

wrk (Debian's) keeps 8 connections open from one thread; every server has one process. Each round measures all of them,
one after the other, so that what is compared was measured within a minute or so. First: a new process's first answer to
who asks for the feed, when nothing is kept yet; then the body and the 304 in requests per second. At the end a process
is asked for many feeds, each of one participant.
"""

from __future__ import annotations

import argparse
import base64
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import urllib3

from benchmarks.feeds import Served, databases, environment, fill

ROOT = Path(__file__).resolve().parents[1]
HERE = "127.0.0.1"
PATIENCE = 30.0
#: Radicale takes seconds for a calendar of 200 events where others use the machine too
SLOW = 120.0
#: threads of each process, as the how-to has it
THREADS = 4


def _granian(threads: int) -> tuple[str, ...]:
    return ("--interface", "wsgi", "--workers", "1", "--blocking-threads", str(threads), "--host", HERE, "--port")


#: with one process; a number is that of granian's threads, where they are others than are recommended
_SERVERS = {
    "granian": _granian(THREADS),
    **{f"granian-{threads}": _granian(threads) for threads in (1, 2, 8)},
    "gunicorn": ("--worker-class", "gthread", "--threads", "8", "--bind"),
}
_NGINX = """
worker_processes 1; daemon off; pid {folder}/nginx.pid; error_log {folder}/nginx.log;
events {{ worker_connections 256; }}
http {{
  access_log off; types {{ text/calendar ics; }} sendfile on; tcp_nopush on; keepalive_requests 100000000;
  client_body_temp_path {folder}/t1; proxy_temp_path {folder}/t2; fastcgi_temp_path {folder}/t3;
  uwsgi_temp_path {folder}/t4; scgi_temp_path {folder}/t5;
  server {{ listen 127.0.0.1:{port}; root {folder}/files; }}
}}
"""
_RADICALE = """
[server]
hosts = 127.0.0.1:{port}
[auth]
type = none
[storage]
filesystem_folder = {folder}/radicale
[logging]
level = error
"""
_MADE_UP = "Authorization: Basic " + base64.b64encode(b"made-up:made-up").decode()


@dataclass(slots=True)
class Figures:
    """What was measured of a server, a number for each round: milliseconds, then requests per second."""

    first: list[float] = field(default_factory=list)
    body: list[float] = field(default_factory=list)
    unchanged: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Running:
    """A server that answers."""

    process: subprocess.Popen[bytes]
    address: str

    def megabytes(self) -> float:
        """The memory of all its processes that no other process shares with it, and its part of what they share."""
        listed = subprocess.run(["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True, check=False)
        pids = [str(self.process.pid), *listed.stdout.split()]
        texts = [Path(f"/proc/{pid}/smaps_rollup").read_text("ascii") for pid in pids]
        found = (kilobytes for text in texts for kilobytes in re.findall(r"^Pss:\s+(\d+)", text, re.MULTILINE))
        return sum(map(int, found)) / 1000


@contextmanager
def running(command: Callable[[int], list[str]], env: dict[str, str] | None = None) -> Iterator[Running]:
    """A server on a free port, once it answers anything at all; ``command`` makes its command of the port."""
    with socket.socket() as taken:
        taken.bind((HERE, 0))
        port = taken.getsockname()[1]
    process = subprocess.Popen(command(port), cwd=ROOT, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        _wait_for(port, process)
        yield Running(process, f"http://{HERE}:{port}")
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        try:
            urllib3.request("GET", f"http://{HERE}:{port}/healthz", retries=False, timeout=PATIENCE)
        except urllib3.exceptions.HTTPError:
            time.sleep(0.02)
        else:
            return
    raise SystemExit(f"{process.args!r} does not answer")


def our_command(name: str) -> Callable[[int], list[str]]:
    """How ours is started under a server."""

    def command(port: int) -> list[str]:
        where = f"{HERE}:{port}" if name == "gunicorn" else str(port)
        return [str(Path(sys.executable).parent / name.partition("-")[0]), *_SERVERS[name], where, "wsgi:app"]

    return command


def nginx_command(folder: Path) -> Callable[[int], list[str]]:
    """How nginx is started with the file in ``folder``/files."""

    def command(port: int) -> list[str]:
        (folder / "nginx.conf").write_text(_NGINX.format(folder=folder, port=port), "utf-8")
        return ["nginx", "-c", str(folder / "nginx.conf"), "-p", str(folder)]

    return command


def radicale_command(python: str, folder: Path) -> Callable[[int], list[str]]:
    """How Radicale is started, with its calendars in ``folder``."""

    def command(port: int) -> list[str]:
        (folder / "radicale.conf").write_text(_RADICALE.format(folder=folder, port=port), "utf-8")
        return [python, "-m", "radicale", "--config", str(folder / "radicale.conf")]

    return command


def requests_per_second(url: str, seconds: float, *headers: str, expect: int) -> float:
    """What wrk counts; every answer must have that status."""
    before = urllib3.request("GET", url, headers=dict(header.split(": ", 1) for header in headers), timeout=SLOW)
    assert before.status == expect, (url, before.status)
    said = [word for header in headers for word in ("-H", header)]
    command = ["wrk", "-t1", "-c8", f"-d{seconds:g}s", *said, url]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "Non-2xx" not in out, out
    found = re.search(r"Requests/sec:\s+([\d.]+)", out)
    assert found, out
    return float(found[1])


def measured(figures: Figures, url: str, seconds: float, *headers: str, conditional: bool = True) -> bytes:
    """Measure a server that has answered nothing yet; the body that it gives."""
    began = time.perf_counter()
    answer = urllib3.request("GET", url, headers=dict(header.split(": ", 1) for header in headers), timeout=SLOW)
    figures.first.append((time.perf_counter() - began) * 1000)
    assert answer.status == 200, (url, answer.status)
    figures.body.append(requests_per_second(url, seconds, *headers, expect=200))
    if conditional:
        tag = f"If-None-Match: {answer.headers['ETag']}"
        figures.unchanged.append(requests_per_second(url, seconds, *headers, tag, expect=304))
    return answer.data


def upload(address: str, body: bytes) -> str:
    """Give Radicale the calendar; its address there."""
    url = f"{address}/made-up/feed/"
    header, value = _MADE_UP.split(": ", 1)
    answer = urllib3.request(
        "PUT", url, body=body, headers={header: value, "Content-Type": "text/calendar"}, timeout=SLOW
    )
    assert answer.status == 201, (answer.status, answer.data[:500])
    return url


def one_round(
    results: dict[str, Figures], served: Served, folder: Path, servers: list[str], seconds: float, radicale: str
) -> None:
    """Measure everybody once."""
    body = b""
    for name in servers:
        with running(our_command(name), environment(served.url, folder)) as server:
            body = measured(results[name], f"{server.address}/calendars/{served.token}.ics", seconds)
    (folder / "files").mkdir(exist_ok=True)
    (folder / "files" / "feed.ics").write_bytes(body)
    folder.chmod(0o755)
    if shutil.which("nginx"):
        with running(nginx_command(folder)) as server:
            measured(results["nginx"], f"{server.address}/feed.ics", seconds)
    if radicale:
        shutil.rmtree(folder / "radicale", ignore_errors=True)
        with running(radicale_command(radicale, folder)) as server:
            upload(server.address, body)
        with running(radicale_command(radicale, folder)) as server:
            measured(results["Radicale"], f"{server.address}/made-up/feed/", seconds, _MADE_UP, conditional=False)


def memory(name: str, served: Served, folder: Path) -> None:
    """Print what a process has before and after many feeds were fetched from it."""
    with running(our_command(name), environment(served.url, folder)) as server:
        pool = urllib3.PoolManager()
        fetched = 0
        for number, token in enumerate((served.token, *served.many)):
            answer = pool.request("GET", f"{server.address}/calendars/{token}.ics")
            assert answer.status == 200
            fetched += len(answer.data)
            if number in (0, 100):
                print(f"memory, {name}: {server.megabytes():.0f} MB after {number + 1} feeds")
        most = f"{len(served.many) + 1:,} feeds, {fetched / 1e6:.0f} MB of text"
        print(f"memory, {name}: {server.megabytes():.0f} MB after {most}")


def _print(results: dict[str, Figures]) -> None:
    print("server      first answer, ms   body, requests/s   304, requests/s")
    for name, figures in results.items():
        unchanged = f"{median(figures.unchanged):12,.0f}" if figures.unchanged else "           -"
        print(f"{name:10} {median(figures.first):17.1f} {median(figures.body):18,.0f} {unchanged:>17}")
    for name in results.keys() & _SERVERS.keys():
        mine = results[name]
        for peer in results.keys() - _SERVERS.keys():
            theirs = results[peer]
            said = f"body {_ratio(mine.body, theirs.body)}"
            if theirs.unchanged:
                said += f", 304 {_ratio(mine.unchanged, theirs.unchanged)}"
            print(f"{name} ÷ {peer}: {said}")


def _ratio(ours: list[float], theirs: list[float]) -> str:
    """Of each round, since what is next to each other was measured on the same machine."""
    ratios = [mine / yours for mine, yours in zip(ours, theirs, strict=True)]
    return f"{median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--many", type=int, default=10_000, help="how many feeds a process is asked for at the end")
    parser.add_argument("--servers", default="granian", help="under which servers ours is measured")
    parser.add_argument("--database", default="sqlite", choices=("sqlite", "postgresql"))
    parser.add_argument("--radicale", default="", help="a Python that has Radicale")
    asked = parser.parse_args()
    results: dict[str, Figures] = defaultdict(Figures)
    servers = asked.servers.split(",")
    with tempfile.TemporaryDirectory(prefix="planner-bench-") as name, databases(asked.database, Path(name)) as url:
        folder = Path(name)
        served = fill(url, asked.many)
        for _ in range(asked.rounds):
            one_round(results, served, folder, servers, asked.seconds, asked.radicale)
        body = (folder / "files" / "feed.ics").read_bytes()
        print(f"{body.count(b'BEGIN:VEVENT')} events, {len(body):,} bytes, {asked.database}")
        _print(results)
        if asked.many:
            memory(servers[0], served, folder)


if __name__ == "__main__":
    main()
