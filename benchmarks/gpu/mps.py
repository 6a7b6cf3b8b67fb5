"""CUDA's Multi-Process Service: kernels of several processes run at the same time, where they would take turns.

A server of the user's own, with its pipes and logs in a temporary folder. It changes no setting of the device, and it
is ended afterwards.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

__all__ = ["mps", "why_no_mps"]

_CONTROL = "nvidia-cuda-mps-control"
_SECONDS = 60
_TRY = "import torch; assert torch.ones(8, device='cuda').sum().item() == 8"


@contextmanager
def mps(wanted: bool = True) -> Iterator[None]:
    """Processes that start inside the `with` block share the device through a server; not `wanted`: nothing happens.

    Raises:
        OSError, subprocess.SubprocessError: the server cannot be started.
    """
    if not wanted:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="mps-", ignore_cleanup_errors=True) as folder, _environment(folder):
        # Nothing is captured: the server would keep the pipes open. What it has to say is in its log.
        subprocess.run(
            [_CONTROL, "-d"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=_SECONDS
        )
        try:
            yield
        finally:
            _end(Path(folder))


def why_no_mps(device: str) -> str | None:
    """Why the service cannot be used, in a sentence; None where it can: one process has used it."""
    if device == "cpu":
        return "a CPU needs none"
    if shutil.which(_CONTROL) is None:
        return f"{_CONTROL} is not installed"
    try:
        with mps():
            subprocess.run([sys.executable, "-c", _TRY], check=True, capture_output=True, text=True, timeout=_SECONDS)
            servers = _ask("get_server_list")
    except (OSError, subprocess.SubprocessError) as error:
        words = getattr(error, "stderr", None) or str(error)
        return "a process could not use it: " + str(words).strip().splitlines()[-1][:200]
    return None if servers.strip() else "a process ran beside it: it started no server"


def _ask(command: str) -> str:
    answer = subprocess.run(
        [_CONTROL], input=f"{command}\n", capture_output=True, text=True, timeout=_SECONDS, check=True
    )
    return answer.stdout


def _end(folder: Path) -> None:
    """Ask the server to end; where it does not answer, end the process that was started for it."""
    try:
        _ask("quit -t 5")
    except (OSError, subprocess.SubprocessError):
        with suppress(OSError, ValueError):
            os.kill(int((folder / f"{_CONTROL}.pid").read_text(encoding="ascii")), signal.SIGTERM)


@contextmanager
def _environment(folder: str) -> Iterator[None]:
    names = ("CUDA_MPS_PIPE_DIRECTORY", "CUDA_MPS_LOG_DIRECTORY")
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(dict.fromkeys(names, folder))
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value
