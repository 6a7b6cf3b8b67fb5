"""Where the files of a data set are looked for, in which order, and under which names."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from bandits.data import catalogue, folders, load_images
from bandits.data.catalogue import IMAGE_FILES, IMAGE_SETS, TEXT_FILES, TEXT_SETS, DataFiles
from bandits.errors import DataError, MissingDependency

FILES = DataFiles((("a", "b"), ("packed.tar.gz",)), ())


@pytest.fixture(autouse=True)
def no_web(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is downloaded here, and the environment names no folder."""

    def download(name: str, files: object, folder: Path) -> None:
        raise DataError(f"download of {name} to {folder}")

    monkeypatch.setattr(folders, "download", download)
    monkeypatch.delenv("BANDITS_DATA", raising=False)


def put(folder: Path, *names: str) -> list[Path]:
    """Make empty files."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).touch()
    return [folder / name for name in names]


def test_the_folder_of_the_data_set_comes_first(tmp_path: Path) -> None:
    """`<folder>/<name>` before `<folder>`."""
    outer = put(tmp_path, "a", "b")
    assert folders.obtain("kind", FILES, tmp_path) == tuple(outer)

    inner = put(tmp_path / "kind", "a", "b")
    assert folders.obtain("kind", FILES, tmp_path) == tuple(inner)


def test_gzipped_files_will_do(tmp_path: Path) -> None:
    """Each file by itself, and the plain one wins."""
    put(tmp_path, "a", "a.gz", "b.gz")

    assert folders.obtain("kind", FILES, tmp_path) == (tmp_path / "a", tmp_path / "b.gz")


def test_a_layout_must_be_complete(tmp_path: Path) -> None:
    """Half of one is passed over for another; half of one alone is downloaded."""
    put(tmp_path, "a")
    with pytest.raises(DataError, match=f"^download of kind to {tmp_path / 'kind'}$"):
        folders.obtain("kind", FILES, tmp_path)

    put(tmp_path, "packed.tar.gz")
    assert folders.obtain("kind", FILES, tmp_path) == (tmp_path / "packed.tar.gz",)


def test_the_environment_names_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """BANDITS_DATA, where no folder is given; an empty one counts as none."""
    first, second = tmp_path / "first", tmp_path / "second"
    put(first, "a", "b")
    put(second, "a", "b")

    monkeypatch.setenv("BANDITS_DATA", str(first))
    assert folders.obtain("kind", FILES, None)[0].parent == first
    assert folders.obtain("kind", FILES, second)[0].parent == second

    monkeypatch.setenv("BANDITS_DATA", "")
    monkeypatch.setattr(folders, "cache_folder", lambda name: second)
    assert folders.obtain("kind", FILES, None)[0].parent == second


def test_a_named_folder_must_exist(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A slip of the pen is no reason to download; the sentence says where the name came from."""
    absent = tmp_path / "absent"

    with pytest.raises(DataError, match=f"^`folder` must be a folder that exists, got '{re.escape(str(absent))}'$"):
        folders.obtain("kind", FILES, absent)
    monkeypatch.setenv("BANDITS_DATA", str(absent))
    with pytest.raises(DataError, match=f"^BANDITS_DATA must be a folder that exists, got '{re.escape(str(absent))}'$"):
        folders.obtain("kind", FILES, None)


def test_without_pooch_only_named_folders_work(mnist_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files in a named folder are read; the cache needs the library, and the sentence says how to get it."""
    monkeypatch.setitem(sys.modules, "pooch", None)

    assert load_images("mnist", folder=mnist_folder).classes == 10
    with pytest.raises(
        MissingDependency, match=r"^downloading mnist needs an optional library: pip install 'pooch>=.*'$"
    ):
        load_images("mnist")


def test_torchvision_folders_will_do(tmp_path: Path, mnist_folder: Path) -> None:
    """Where torchvision has put its files, they are found."""
    target = tmp_path / "torchvision" / "FashionMNIST" / "raw"
    target.mkdir(parents=True)
    for path in mnist_folder.glob("*.gz"):
        shutil.move(path, target)

    assert load_images("fashion-mnist", folder=tmp_path / "torchvision").classes == 10


def test_every_set_is_at_hand_or_can_be_downloaded() -> None:
    """Those that are downloaded have files; each download is one of the layouts, has an md5 and an address."""
    assert IMAGE_SETS.keys() == {"digits", *IMAGE_FILES}
    assert TEXT_SETS.keys() == {"shakespeare", *TEXT_FILES}
    for files in (*IMAGE_FILES.values(), *TEXT_FILES.values()):
        names = tuple(file.name for file in files.downloads)
        assert names in files.layouts or tuple(name.removesuffix(".gz") for name in names) in files.layouts
        for file in files.downloads:
            assert re.fullmatch("[0-9a-f]{32}", file.md5)
            assert file.urls and all(url.endswith(f"/{file.name}") for url in file.urls)
            assert not re.search("test|t10k", file.name)


def test_names_cost_nothing() -> None:
    """Listing the data sets loads no library, NumPy included."""
    heavy = ("numpy", "scipy", "sklearn", "torch", "pooch", "requests", "tqdm")
    code = (
        "import sys; from bandits.data import IMAGE_SETS, TEXT_SETS; "
        f"print([name for name in {heavy!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"


def test_licences_are_stated() -> None:
    """Every set has its line in the catalogue."""
    for name in (*IMAGE_SETS, *TEXT_SETS):
        assert f"\n- {name}: " in (catalogue.__doc__ or "")
