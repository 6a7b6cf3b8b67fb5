"""Image sets: what is loaded, how it is split, and that the test part stays out of sight."""

import gzip
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.io import savemat
from sklearn.datasets import load_digits

from bandits.data import IMAGE_SETS, Images, load_images
from bandits.data.splits import hold_out
from bandits.errors import DataError, SettingError, UnknownPlugin

Idx = Callable[[NDArray[np.uint8]], bytes]
IMAGES, LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"


def seen(images: Images) -> list[bytes]:
    """Every image of both parts."""
    return [image.tobytes() for part in (images.train_images, images.validation_images) for image in part]


def test_digits() -> None:
    """Shapes, types, range and statistics, as documented."""
    digits = load_images("digits")

    assert (digits.name, digits.classes) == ("digits", 10)
    assert digits.train_images.shape == (1150, 8, 8, 1)
    assert digits.validation_images.shape == (287, 8, 8, 1)
    assert digits.train_images.dtype == digits.validation_images.dtype == np.uint8
    assert digits.train_labels.dtype == digits.validation_labels.dtype == np.int64
    assert set(np.unique(digits.train_images)) == {round(grey * 255 / 16) for grey in range(17)}
    np.testing.assert_allclose(digits.mean, (digits.train_images / 255).mean(axis=(0, 1, 2)), rtol=1e-12)
    np.testing.assert_allclose(digits.std, (digits.train_images / 255).std(axis=(0, 1, 2)), rtol=1e-12)


def test_the_test_part_of_digits_is_never_seen() -> None:
    """Whatever the seed, the same 1437 of the 1797 images are used; 360, some of every class, are not."""
    everything = load_digits()
    names = [np.rint(image * 255 / 16).astype(np.uint8).tobytes() for image in everything.images]
    assert len(set(names)) == 1797

    used = {frozenset(seen(load_images("digits", seed=seed))) for seed in range(5)}

    assert len(used) == 1
    hidden = np.array([name not in next(iter(used)) for name in names])
    assert hidden.sum() == 360
    assert min(np.bincount(everything.target[hidden])) >= 34


def test_splits_are_fixed_by_the_seed() -> None:
    """The same seed gives the same split, another seed another; no image is in both parts, and none is lost."""
    first, again, other = (load_images("digits", seed=seed) for seed in (3, 3, 4))

    np.testing.assert_array_equal(first.train_images, again.train_images)
    np.testing.assert_array_equal(first.validation_labels, again.validation_labels)
    assert sorted(seen(first)) == sorted(seen(other))
    assert len(set(seen(first))) == 1437
    assert first.validation_images.tobytes() != other.validation_images.tobytes()


def test_the_split_of_digits_stays_what_it_is() -> None:
    """Recorded curves depend on it."""
    digits = load_images("digits", seed=0)

    assert digits.validation_labels[:12].tolist() == [1, 4, 5, 0, 9, 4, 7, 3, 1, 2, 3, 4]
    assert int(digits.train_images.sum()) == 5721699


@pytest.mark.parametrize("size", [0, 1, 7, 33, 100])
def test_splits_are_stratified(size: int) -> None:
    """Each class is held out in proportion, within one image, and the sizes add up."""
    labels = np.repeat(np.arange(4), [10, 20, 30, 40])

    kept, held = hold_out(labels, size, np.random.default_rng(0))

    assert len(held) == size
    np.testing.assert_array_equal(np.sort(np.concatenate([kept, held])), np.arange(100))
    assert (np.abs(np.bincount(labels[held], minlength=4) - size * np.array([0.1, 0.2, 0.3, 0.4])) < 1).all()
    assert (np.diff(kept) > 0).all() and (np.diff(held) > 0).all()


@pytest.mark.parametrize("name", ["mnist", "fashion-mnist"])
def test_mnist_and_its_kin(mnist_folder: Path, pixels: NDArray[np.uint8], labels: NDArray[np.uint8], name: str) -> None:
    """A twelfth is held out; the parts keep the order of the files, and each image its label."""
    images = load_images(name, folder=mnist_folder)

    assert images.train_images.shape == (220, 28, 28, 1)
    assert images.validation_images.shape == (20, 28, 28, 1)
    np.testing.assert_array_equal(np.bincount(images.validation_labels), [2] * 10)
    where = {image.tobytes(): place for place, image in enumerate(pixels)}
    places = [where[image.tobytes()] for image in images.train_images]
    assert places == sorted(places)
    np.testing.assert_array_equal(images.train_labels, labels[places])
    np.testing.assert_allclose(images.mean, (images.train_images / 255).mean(), rtol=1e-12)
    np.testing.assert_allclose(images.std, (images.train_images / 255).std(), rtol=1e-12)


def test_arrays_are_read_only_and_in_c_order(tmp_path: Path) -> None:
    """Also where a file holds its images in another order of axes; statistics are per channel."""
    pixels = np.random.default_rng(0).integers(0, 256, (32, 32, 3, 50), dtype=np.uint8)
    pixels[:, :, 1] //= 2
    savemat(tmp_path / "train_32x32.mat", {"X": pixels, "y": np.tile(np.arange(1, 11, dtype=np.uint8), 5)[:, None]})

    images = load_images("svhn", folder=tmp_path)

    arrays = (images.train_images, images.train_labels, images.validation_images, images.validation_labels)
    for array in (*arrays, images.mean, images.std):
        assert array.flags.c_contiguous and not array.flags.writeable
    assert images.train_images.shape == (45, 32, 32, 3)
    np.testing.assert_allclose(images.mean, (images.train_images / 255).mean(axis=(0, 1, 2)), rtol=1e-12)
    np.testing.assert_allclose(images.std, (images.train_images / 255).std(axis=(0, 1, 2)), rtol=1e-12)


def test_cifar10_from_the_binary_version(tmp_path: Path) -> None:
    """A tenth is held out, stratified."""
    records = np.zeros((50, 3073), dtype=np.uint8)
    records[:, 0] = np.tile(np.arange(10), 5)
    for number in range(1, 6):
        records[10 * number - 10 : 10 * number].tofile(tmp_path / f"data_batch_{number}.bin")

    images = load_images("cifar10", folder=tmp_path)

    assert images.train_images.shape == (45, 32, 32, 3)
    assert images.validation_images.shape == (5, 32, 32, 3)


def write(folder: Path, images: bytes, labels: bytes) -> None:
    """Two files that claim to be MNIST's."""
    (folder / IMAGES).write_bytes(images)
    (folder / LABELS).write_bytes(labels)


def test_wrong_files_are_named(tmp_path: Path, idx: Idx, pixels: NDArray[np.uint8], labels: NDArray[np.uint8]) -> None:
    """Other counts, other sizes, other classes, too few: a sentence each."""
    cases = [
        (pixels, labels[:9], f"{tmp_path} must hold a label for each image, got 240 images and 9 labels"),
        (pixels[:, :27], labels, f"{tmp_path / IMAGES} must hold images of 28 x 28, got '27 x 28'"),
        (pixels, labels + 1, f"{tmp_path} must hold labels from 0 to 9, got 10"),
        (pixels[:5], labels[:5], f"{tmp_path} must hold enough images to split them, got 5"),
        (pixels[:0], labels[:0], f"{tmp_path} must hold enough images to split them, got 0"),
    ]
    for images, classes, message in cases:
        write(tmp_path, idx(images), idx(classes))
        with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
            load_images("mnist", folder=tmp_path)


def test_mnist_is_not_taken_for_fashion_mnist(tmp_path: Path, idx: Idx, pixels: NDArray[np.uint8]) -> None:
    """Their files have the same names; how MNIST's labels begin is known."""
    begin = [5, 0, 4, 1, 9, 2, 1, 3, 1, 4, 3, 5, 3, 6, 1, 7, 2, 8, 6, 9]
    write(tmp_path, idx(pixels[:20]), idx(np.array(begin, dtype=np.uint8)))

    message = f"{tmp_path / LABELS} must belong to fashion-mnist, got 'mnist'"
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        load_images("fashion-mnist", folder=tmp_path)
    assert load_images("mnist", folder=tmp_path).train_images.shape == (18, 28, 28, 1)


def test_damaged_gzip_is_named(mnist_folder: Path) -> None:
    """The path, and what is wrong with it."""
    path = mnist_folder / f"{IMAGES}.gz"
    path.write_bytes(path.read_bytes()[:1000])

    message = f"{path} must be a sound gzip file, but it is damaged or cut off"
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        load_images("mnist", folder=mnist_folder)
    path.write_bytes(gzip.compress(b"no idx file"))
    with pytest.raises(DataError, match=r"must begin with the idx magic number 0x00000803 and 3 sizes, got 6e6f2069$"):
        load_images("mnist", folder=mnist_folder)


def test_settings() -> None:
    """Unknown names list the known ones; the seed has a rule."""
    message = f"image data set must be one of {', '.join(IMAGE_SETS)}, got 'imagenet'"
    with pytest.raises(UnknownPlugin, match=f"^{re.escape(message)}$"):
        load_images("imagenet")
    with pytest.raises(SettingError, match=r"^`seed` must be an integer >= 0, got -1$"):
        load_images("digits", seed=-1)
