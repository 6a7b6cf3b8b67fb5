"""Processes that work on one Optuna study, seen from the test that starts them."""

from __future__ import annotations

import json
import select
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from optuna.storages import GrpcStorageProxy

ROOT = Path(__file__).resolve().parents[3]
PATIENCE = 300.0  # seconds for an answer; they take a few, and many more on a busy machine
PROXY = """
import sys, warnings, optuna
warnings.simplefilter("ignore")
optuna.storages.run_grpc_proxy_server(optuna.storages.get_storage(sys.argv[1]), port=int(sys.argv[2]))
"""


class Worker:
    """A process that does what it is told; see `worker.py`."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.integration.optuna.worker"],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def tell(self, do: str, **job: Any) -> None:
        """Give it a job."""
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"do": do, **job}) + "\n")
        self.process.stdin.flush()

    def answer(self) -> Any:
        """What it says next; an error, with what it wrote to stderr, if it has died or says nothing."""
        assert self.process.stdout is not None
        ready, _, _ = select.select([self.process.stdout], [], [], PATIENCE)
        if ready and (line := self.process.stdout.readline()):
            return json.loads(line)
        self.kill()
        assert self.process.stderr is not None
        raise AssertionError(f"no answer within {PATIENCE:g} s:\n{self.process.stderr.read()}")

    def kill(self) -> None:
        """SIGKILL: it has no chance to tidy up."""
        self.process.kill()
        self.process.wait()

    def close(self) -> None:
        """Kill it and close its pipes."""
        self.kill()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert pipe is not None
            pipe.close()


@contextmanager
def proxy(url: str) -> Iterator[str]:
    """Optuna's gRPC proxy before a storage, as a process; gives its address."""
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-c", PROXY, url, str(port)], stderr=subprocess.DEVNULL)
    try:
        GrpcStorageProxy(host="localhost", port=port).wait_server_ready(timeout=PATIENCE)
        yield f"grpc:{port}"
    finally:
        process.kill()
        process.wait()
