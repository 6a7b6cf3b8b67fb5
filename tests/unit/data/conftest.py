"""Files of every format, small, and a server on this machine that pretends to be the web."""

from __future__ import annotations

import gzip
import http.server
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"


def idx_bytes(array: NDArray[np.uint8]) -> bytes:
    """An array in the idx format."""
    sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
    return bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes()


@pytest.fixture
def idx() -> Callable[[NDArray[np.uint8]], bytes]:
    """The writer of idx files."""
    return idx_bytes


@pytest.fixture
def pixels() -> NDArray[np.uint8]:
    """240 images of 28 x 28."""
    return np.random.default_rng(0).integers(0, 256, (240, 28, 28), dtype=np.uint8)


@pytest.fixture
def labels() -> NDArray[np.uint8]:
    """24 labels of each of ten classes, in turn."""
    return np.tile(np.arange(10, dtype=np.uint8), 24)


@pytest.fixture
def mnist_folder(tmp_path: Path, pixels: NDArray[np.uint8], labels: NDArray[np.uint8]) -> Path:
    """A folder with the two training files, gzipped."""
    for name, array in ((IMAGES, pixels), (LABELS, labels)):
        (tmp_path / f"{name}.gz").write_bytes(gzip.compress(idx_bytes(array), mtime=0))
    return tmp_path


class Web:
    """A server on this machine.

    Attributes:
        address: how its urls begin.
        files: what it serves, by path; any other path is a 404.
        cut_off: paths of which it sends half, and hangs up.
        asked: the paths that were asked for, in order.
        agents: the user agents that asked.
    """

    def __init__(self, address: str) -> None:
        self.address = address
        self.files: dict[str, bytes] = {}
        self.cut_off: set[str] = set()
        self.asked: list[str] = []
        self.agents: set[str] = set()


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[Web]:
    """A server that is up for one test; no proxy stands before it."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.removeprefix("/")
            served.asked.append(path)
            served.agents.add(self.headers["User-Agent"])
            body = served.files.get(path)
            self.send_response(200 if body is not None else 404)
            self.send_header("Content-Length", str(len(body or b"")))
            self.end_headers()
            self.wfile.write((body or b"")[: len(body or b"") // 2 if path in served.cut_off else None])

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - as in the base class
            """Say nothing."""

    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        served = Web(f"http://127.0.0.1:{server.server_port}/")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        yield served
        server.shutdown()
        thread.join()
