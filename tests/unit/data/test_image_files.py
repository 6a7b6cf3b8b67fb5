"""Readers of image files: the published formats, and one sentence for whatever is not in them."""

import gzip
import io
import pickle
import re
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.io import savemat

from bandits.data.cifar import read_cifar10
from bandits.data.compressed import read_bytes
from bandits.data.idx import read_idx
from bandits.data.svhn import read_svhn
from bandits.errors import DataError

Idx = Callable[[NDArray[np.uint8]], bytes]
BATCHES = [f"data_batch_{number}" for number in range(1, 6)]


def says(message: str) -> str:
    """A pattern that is the whole message."""
    return f"^{re.escape(message)}$"


@pytest.mark.parametrize("packed", [False, True])
def test_idx_files(tmp_path: Path, idx: Idx, packed: bool) -> None:
    """Values come back in their shape, gzipped or not, whatever the file is called; they are read-only."""
    array = np.arange(24, dtype=np.uint8).reshape(2, 3, 4)
    path = tmp_path / "file"
    path.write_bytes(gzip.compress(idx(array)) if packed else idx(array))

    found = read_idx(path, dimensions=3)

    np.testing.assert_array_equal(found, array)
    assert not found.flags.writeable


@pytest.mark.parametrize(
    ("raw", "dimensions", "complaint"),
    [
        (b"", 1, "must begin with the idx magic number 0x00000801 and 1 sizes, got an empty file"),
        (b"\0\0\x08\x01\0\0", 1, "must begin with the idx magic number 0x00000801 and 1 sizes, got 00000801"),
        (b"\0\0\x08\x01\0\0\0\0", 3, "must begin with the idx magic number 0x00000803 and 3 sizes, got 00000801"),
        (b"\0\0\x0d\x01\0\0\0\0", 1, "must begin with the idx magic number 0x00000801 and 1 sizes, got 00000d01"),
        (b"\0\0\x08\x01\0\0\0\x03ab", 1, "must hold 3 bytes after its idx header, got 2"),
        (b"\0\0\x08\x01\0\0\0\x03abcd", 1, "must hold 3 bytes after its idx header, got 4"),
        (
            b"\0\0\x08\x02\xff\xff\xff\xff\xff\xff\xff\xffx",
            2,
            "must hold 4294967295 x 4294967295 bytes after its idx header, got 1",
        ),
    ],
)
def test_files_that_are_not_idx(tmp_path: Path, raw: bytes, dimensions: int, complaint: str) -> None:
    """Wrong magic numbers and wrong lengths are told from each other."""
    path = tmp_path / "labels"
    path.write_bytes(raw)

    with pytest.raises(DataError, match=says(f"{path} {complaint}")):
        read_idx(path, dimensions)


@pytest.mark.parametrize("keep", [3, 20, -1])
def test_damaged_gzip(tmp_path: Path, keep: int) -> None:
    """A file that is cut off anywhere is named."""
    path = tmp_path / "a.gz"
    path.write_bytes(gzip.compress(b"some text" * 9)[:keep])

    with pytest.raises(DataError, match=says(f"{path} must be a sound gzip file, but it is damaged or cut off")):
        read_bytes(path)


def test_unreadable_files(tmp_path: Path) -> None:
    """The system's reason is passed on."""
    with pytest.raises(DataError, match=says(f"{tmp_path} must be readable, got Is a directory")):
        read_bytes(tmp_path)


# CIFAR-10: image i of batch b has red i, green 100, blue b at its first pixel, and label i.


def planes(batch: int) -> NDArray[np.uint8]:
    """Ten images as the files hold them: [10, 3072], one colour plane after the other."""
    images = np.zeros((10, 3, 32, 32), dtype=np.uint8)
    images[:, 0, 0, 0] = range(10)
    images[:, 1, 0, 0] = 100
    images[:, 2, 0, 0] = batch
    images[:, :, 0, 1] = 7
    return images.reshape(10, -1)


def binary_batch(batch: int) -> bytes:
    """A batch of the binary version."""
    return np.hstack([np.arange(10, dtype=np.uint8)[:, np.newaxis], planes(batch)]).tobytes()


def python_batch(batch: int) -> bytes:
    """A batch of the Python version, as Python 3 writes it for Python 2."""
    return pickle.dumps({"data": planes(batch), "labels": list(range(10))}, protocol=2)


def old_python_batch(batch: int) -> bytes:
    """A batch as Python 2 and its NumPy wrote it: byte strings, and the old names of modules; opcode by opcode."""
    data = planes(batch).tobytes()
    array = (
        b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\nK\x00\x85U\x01btR"
        b"(K\x01K\x0aM\x00\x0c\x86cnumpy\ndtype\n(U\x02u1K\x00K\x01tR(K\x03U\x01|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb\x89"
        b"T" + len(data).to_bytes(4, "little") + data + b"tb"
    )
    labels = b"](" + b"".join(b"K" + bytes([label]) for label in range(10)) + b"e"
    return b"\x80\x02}(U\x04data" + array + b"U\x06labels" + labels + b"u."


def archive_of(files: dict[str, bytes]) -> bytes:
    """A gzipped tar archive."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, raw in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(raw)
            archive.addfile(member, io.BytesIO(raw))
    return out.getvalue()


WRITERS = {"bin": (binary_batch, ".bin"), "py": (python_batch, ""), "old-py": (old_python_batch, "")}


@pytest.mark.parametrize("version", WRITERS)
@pytest.mark.parametrize("packed", [False, True])
def test_both_versions_of_cifar10(tmp_path: Path, version: str, packed: bool) -> None:
    """Planes become channels, in the order of the batches; the archive's test batch is not read."""
    write, end = WRITERS[version]
    files = {f"cifar-10-batches/{name}{end}": write(number) for number, name in enumerate(BATCHES, 1)}
    if packed:
        paths = [tmp_path / "cifar-10.tar.gz"]
        shuffled = dict(reversed(files.items()))
        paths[0].write_bytes(
            archive_of({"cifar-10-batches/test_batch": b"no", "cifar-10-batches/test_batch.bin": b"no"} | shuffled)
        )
    else:
        paths = [tmp_path / Path(name).name for name in files]
        for path, raw in zip(paths, files.values(), strict=True):
            path.write_bytes(raw)

    found = read_cifar10(paths)

    assert found.pixels.shape == (50, 32, 32, 3)
    assert found.pixels.dtype == np.uint8
    np.testing.assert_array_equal(found.labels, list(range(10)) * 5)
    np.testing.assert_array_equal(found.pixels[13, 0, 0], [3, 100, 2])
    np.testing.assert_array_equal(found.pixels[:, 0, 1], np.full((50, 3), 7))
    assert found.pixels.sum() == 5 * (45 + 1000 + 210) + 10 * 15


@pytest.mark.parametrize(
    ("name", "raw", "complaint"),
    [
        ("data_batch_1.bin", b"x" * 3072, "must hold records of 3073 bytes, got '3072 bytes'"),
        ("data_batch_1.bin", b"", "must hold records of 3073 bytes, got '0 bytes'"),
        ("data_batch_1", b"nonsense", "must be a pickle of the Python version of CIFAR-10, but it cannot be read"),
        (
            "data_batch_1",
            python_batch(1)[:400],
            "must be a pickle of the Python version of CIFAR-10, but it cannot be read",
        ),
        ("data_batch_1", pickle.dumps([1, 2]), "must hold `data` of shape (n, 3072) and type uint8, and n `labels`"),
        (
            "data_batch_1",
            pickle.dumps({"data": planes(1)[:, :9], "labels": list(range(10))}, protocol=2),
            "must hold `data` of shape (n, 3072) and type uint8, and n `labels`",
        ),
        (
            "data_batch_1",
            pickle.dumps({"data": planes(1), "labels": list(range(9))}, protocol=2),
            "must hold `data` of shape (n, 3072) and type uint8, and n `labels`",
        ),
    ],
)
def test_files_that_are_not_cifar10(tmp_path: Path, name: str, raw: bytes, complaint: str) -> None:
    """Each is named with what it should hold."""
    path = tmp_path / name
    path.write_bytes(raw)

    with pytest.raises(DataError, match=says(f"{path} {complaint}")):
        read_cifar10([path] * 5)


def test_a_pickle_cannot_run_code(tmp_path: Path) -> None:
    """Names other than NumPy's arrays are refused before they are looked up."""
    path = tmp_path / "data_batch_1"
    path.write_bytes(b"cos\nsystem\n(S'touch " + str(tmp_path / "harm").encode() + b"'\ntR.")

    with pytest.raises(DataError, match=says(f"{path} must hold NumPy arrays and plain values only, got os.system")):
        read_cifar10([path] * 5)
    assert not (tmp_path / "harm").exists()


def test_archives_that_are_not_cifar10(tmp_path: Path) -> None:
    """Damaged ones and those that lack a batch; a batch inside is named with its archive."""
    path = tmp_path / "cifar-10-binary.tar.gz"
    whole = archive_of({f"{name}.bin": binary_batch(1) for name in BATCHES})

    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(DataError, match=says(f"{path} must be a sound tar.gz archive, but it is damaged or cut off")):
        read_cifar10([path])
    path.write_bytes(archive_of({f"{name}.bin": binary_batch(1) for name in BATCHES[:4]}))
    with pytest.raises(DataError, match=says(f"{path} must hold the 5 training batches, got 4")):
        read_cifar10([path])
    path.write_bytes(archive_of({f"{name}.bin": b"?" for name in BATCHES}))
    with pytest.raises(
        DataError, match=says(f"{path}: data_batch_1.bin must hold records of 3073 bytes, got '1 bytes'")
    ):
        read_cifar10([path])


def test_svhn_files(tmp_path: Path) -> None:
    """The images' axis comes first; the label 10 is the digit 0."""
    pixels = np.random.default_rng(0).integers(0, 256, (32, 32, 3, 4), dtype=np.uint8)
    path = tmp_path / "train_32x32.mat"
    savemat(path, {"X": pixels, "y": np.array([[10], [1], [9], [2]], dtype=np.uint8)})

    found = read_svhn(path)

    np.testing.assert_array_equal(found.labels, [0, 1, 9, 2])
    np.testing.assert_array_equal(found.pixels[2], pixels[..., 2])


def test_files_that_are_not_svhn(tmp_path: Path) -> None:
    """No MATLAB file; one without images; images of another shape; labels for others; labels that are no digits."""
    path = tmp_path / "train_32x32.mat"
    shape = "must hold X of shape (32, 32, 3, n) and type uint8"
    pixels = np.zeros((32, 32, 3, 2), dtype=np.uint8)

    path.write_bytes(b"no MATLAB file")
    with pytest.raises(
        DataError, match=rf"^{re.escape(str(path))} must be a MATLAB file, but it cannot be read as one"
    ):
        read_svhn(path)
    savemat(path, {"y": np.ones((2, 1), dtype=np.uint8)})
    with pytest.raises(DataError, match=says(f"{path} {shape}, got 'float64 (0,)'")):
        read_svhn(path)
    savemat(path, {"X": pixels[:8], "y": np.ones((2, 1), dtype=np.uint8)})
    with pytest.raises(DataError, match=says(f"{path} {shape}, got 'uint8 (8, 32, 3, 2)'")):
        read_svhn(path)
    savemat(path, {"X": pixels, "y": np.ones((3, 1), dtype=np.uint8)})
    with pytest.raises(DataError, match=says(f"{path} must hold a label for each image, got 2 images and 3 labels")):
        read_svhn(path)
    savemat(path, {"X": pixels, "y": np.array([[1], [11]], dtype=np.uint8)})
    with pytest.raises(DataError, match=says(f"{path} must hold labels from 0 to 9, got 11")):
        read_svhn(path)
