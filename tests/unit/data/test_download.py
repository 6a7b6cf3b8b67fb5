"""Downloads, from a server on this machine: hashes, mirrors, and one sentence where nothing helps."""

import hashlib
import logging
import re
import socket
import sys
from pathlib import Path
from typing import Any

import pytest

from bandits.data import download as module
from bandits.data import folders, load_text
from bandits.data.catalogue import DataFiles, RemoteFile
from bandits.data.download import cache_folder, download
from bandits.errors import DataError, MissingDependency

pytest.importorskip("pooch", reason="downloads need the optional extra: pip install 'bandits-hpo[torch]'")


def md5(raw: bytes) -> str:
    """The hash that a publisher would state."""
    return hashlib.md5(raw, usedforsecurity=False).hexdigest()


def left_in(folder: Path) -> list[str]:
    """Names of all files under a folder."""
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_files_are_downloaded_once(web: Any, tmp_path: Path) -> None:
    """Into the folder of the data set; afterwards they are found there."""
    web.files = {"a.txt": b"first", "b.txt": b"second"}
    remotes = tuple(RemoteFile(name, md5(raw), (web.address + name,)) for name, raw in web.files.items())
    files = DataFiles((("a.txt", "b.txt"),), remotes)

    paths = folders.obtain("kind", files, tmp_path)

    assert paths == (tmp_path / "kind" / "a.txt", tmp_path / "kind" / "b.txt")
    assert [path.read_bytes() for path in paths] == [b"first", b"second"]
    assert left_in(tmp_path) == ["a.txt", "b.txt"]
    assert folders.obtain("kind", files, tmp_path) == paths
    assert web.asked == ["a.txt", "b.txt"]


def test_a_text_from_the_web(web: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole way, into the user's cache."""
    web.files = {"ptb.train.txt": b" a b \n", "ptb.valid.txt": b" b \n"}
    remotes = tuple(RemoteFile(name, md5(raw), (web.address + name,)) for name, raw in web.files.items())
    monkeypatch.setattr("bandits.data.texts.TEXT_FILES", {"ptb": DataFiles((tuple(web.files),), remotes)})
    monkeypatch.setattr(folders, "cache_folder", lambda name: tmp_path / "cache")
    monkeypatch.delenv("BANDITS_DATA", raising=False)

    assert load_text("ptb").vocabulary == ("<eos>", "a", "b")
    assert left_in(tmp_path / "cache" / "ptb") == ["ptb.train.txt", "ptb.valid.txt"]


def test_mirrors_are_tried_in_turn(web: Any, tmp_path: Path) -> None:
    """A missing file and one with another hash are passed over."""
    web.files = {"changed": b"something else", "good": b"the file", "later": b"the file"}
    urls = tuple(web.address + name for name in ("absent", "changed", "good", "later"))

    download("kind", [RemoteFile("x", md5(b"the file"), urls)], tmp_path)

    assert web.asked == ["absent", "changed", "good"]
    assert (tmp_path / "x").read_bytes() == b"the file"
    assert left_in(tmp_path) == ["x"]


def test_a_wrong_hash_leaves_nothing_behind(web: Any, tmp_path: Path) -> None:
    """One sentence that says what to put where, and why the download failed."""
    web.files = {"x": b"something else"}
    expected = md5(b"the file")

    message = (
        f"kind needs x and y in {tmp_path}; "
        f"the download from {web.address}x failed: what came does not have the md5 {expected}"
    )
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        download("kind", [RemoteFile("x", expected, (f"{web.address}x",)), RemoteFile("y", expected, ())], tmp_path)
    assert left_in(tmp_path) == []


def test_every_address_that_failed_is_named(web: Any, tmp_path: Path) -> None:
    """Nobody there, and no such file."""
    dead = "http://127.0.0.1:9/x"  # the discard port: nothing listens

    message = (
        f"kind needs x in {tmp_path}; "
        f"the download from {dead} failed: the server cannot be reached; "
        f"the download from {web.address}x failed: the server answered 404 Not Found"
    )
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        download("kind", [RemoteFile("x", "0" * 32, (dead, f"{web.address}x"))], tmp_path)


def test_a_download_that_breaks_off_leaves_nothing_behind(web: Any, tmp_path: Path) -> None:
    """Half a file is no file."""
    web.files, web.cut_off = {"x": b"the file"}, {"x"}

    message = f"kind needs x in {tmp_path}; the download from {web.address}x failed: the connection broke off"
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        download("kind", [RemoteFile("x", md5(b"the file"), (f"{web.address}x",))], tmp_path)
    assert left_in(tmp_path) == []


def test_a_silent_server_is_left(web: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a while without an answer."""
    monkeypatch.setattr(module, "_TIMEOUT", 0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/x"
        with pytest.raises(DataError, match=rf"the download from {url} failed: the server did not answer in time$"):
            download("kind", [RemoteFile("x", "0" * 32, (url,))], tmp_path)


def test_a_folder_that_cannot_be_made(web: Any, tmp_path: Path) -> None:
    """The sentence says so."""
    web.files = {"x": b"the file"}
    (tmp_path / "kind").write_text("a file stands in the way")

    message = f"the download from {web.address}x failed: {tmp_path / 'kind'} cannot be written ("
    with pytest.raises(DataError, match=re.escape(message)):
        download("kind", [RemoteFile("x", md5(b"the file"), (f"{web.address}x",))], tmp_path / "kind")


def test_servers_are_told_who_asks(web: Any, tmp_path: Path) -> None:
    """By this library's own name; a host that admits browsers alone may refuse, and the sentence says so."""
    web.files = {"x": b"the file"}

    download("kind", [RemoteFile("x", md5(b"the file"), (f"{web.address}x",))], tmp_path)

    assert web.agents == {"bandits-hpo"}


@pytest.mark.parametrize("terminal", [False, True])
def test_progress_is_for_terminals(
    web: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], terminal: bool
) -> None:
    """A bar on the standard error of a terminal; nowhere else a word, and pooch's own log stays as it was."""
    web.files = {"x": b"the file"}
    logger = logging.getLogger("pooch")
    level = logger.level
    monkeypatch.setattr(sys.stderr, "isatty", lambda: terminal, raising=False)

    download("kind", [RemoteFile("x", md5(b"the file"), (f"{web.address}x",))], tmp_path)

    shown = capsys.readouterr()
    assert shown.out == ""
    assert ("100%" in shown.err) is terminal
    assert (shown.err == "") is not terminal
    assert logger.level == level


def test_the_cache_has_a_folder_of_this_library() -> None:
    """Where it lies is the system's custom."""
    assert cache_folder("kind").name == "bandits"


def test_downloads_need_pooch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The sentence says which files would do without."""
    monkeypatch.setitem(sys.modules, "pooch", None)

    message = f"kind needs x in {tmp_path}; the download needs an optional library: "
    with pytest.raises(MissingDependency, match=f"^{re.escape(message)}pip install"):
        download("kind", [RemoteFile("x", "0" * 32, ())], tmp_path)
