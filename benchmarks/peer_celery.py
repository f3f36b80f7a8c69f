"""Tasks per second that Celery takes from Redis and acknowledges late: the peer of dispatch_speed, by its own Python.

    python -m benchmarks.peer_celery WORKERS MESSAGES

Redis is Debian's, started for this alone, on a socket in a temporary folder. Timed from the first task that has left
the queue to the last that has been acknowledged, so that starting counts for nothing.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager

from celery import Celery  # type: ignore[import-not-found]
from redis import Redis  # type: ignore[import-not-found]

SOCKET = "PEER_REDIS_SOCKET"
app = Celery("peer", broker=f"redis+socket://{os.environ.get(SOCKET, '')}")
app.conf.update(
    task_acks_late=True, task_ignore_result=True, worker_prefetch_multiplier=64,
    broker_connection_retry_on_startup=True,
)  # fmt: skip


@app.task(name="send")  # type: ignore[untyped-decorator]
def send(message: int, to: str, text: str) -> int:
    """Do nothing with a message."""
    return message


@contextmanager
def redis() -> Iterator[str]:
    """A server of our own; the path of its socket. It flushes each second, as Debian's would with appendonly."""
    with tempfile.TemporaryDirectory(prefix="planner-redis-") as folder:
        socket = f"{folder}/redis.sock"
        command = ["redis-server", "--port", "0", "--unixsocket", socket, "--dir", folder, "--appendonly", "yes"]
        server = subprocess.Popen([*command, "--save", ""], stdout=subprocess.DEVNULL)
        try:
            while not os.path.exists(socket):  # noqa: PTH110
                time.sleep(0.05)
            yield socket
        finally:
            server.terminate()
            server.wait(30)


def measured(workers: int, messages: int) -> float:
    """Seconds for all of them."""
    with redis() as socket:
        environment = {**os.environ, SOCKET: socket}
        subprocess.run(
            [sys.executable, "-m", "benchmarks.peer_celery", "fill", str(messages)], env=environment, check=True
        )
        command = [sys.executable, "-m", "celery", "-A", "benchmarks.peer_celery", "worker", "-P", "prefork"]
        options = ["-c", str(workers), "--without-gossip", "--without-mingle", "--without-heartbeat", "-l", "ERROR"]
        worker = subprocess.Popen([*command, *options], env={**environment, "C_FORCE_ROOT": "1"})
        try:
            return _timed(Redis(unix_socket_path=socket), messages)
        finally:
            worker.terminate()
            worker.wait(60)


def _timed(server: Redis, messages: int) -> float:
    began = None
    while True:
        waiting, taken = server.llen("celery"), server.hlen("unacked")
        if began is None and waiting < messages:
            began = time.perf_counter()
        if began is not None and not waiting and not taken:
            return time.perf_counter() - began
        time.sleep(0.002 if began is None else 0.02)


def main() -> None:
    if sys.argv[1] == "fill":
        for number in range(int(sys.argv[2])):
            send.delay(
                number, f"+1212{number:07}", "Elm clinic: you have an appointment on Monday, March 9, 2026 at 10 AM."
            )
        return
    workers, messages = int(sys.argv[1]), int(sys.argv[2])
    print(json.dumps({"rate": messages / measured(workers, messages)}))


if __name__ == "__main__":
    main()
