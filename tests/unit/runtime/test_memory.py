"""How much memory there is for worker processes."""

from pathlib import Path

import pytest

from bandits.errors import SettingError
from bandits.runtime import memory


def test_free_memory_is_a_plausible_number() -> None:
    """More than nothing, less than a petabyte; None only where the system does not tell."""
    free = memory.free_memory()

    assert free is None or 0 < free < 2**50


def test_the_smaller_of_machine_and_container_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whichever is known."""
    for machine, container, free in ((8, 5, 5), (8, 9, 8), (8, None, 8), (None, 5, 5), (8, -1, 0), (None, None, None)):
        monkeypatch.setattr(memory, "_available", lambda machine=machine: machine)
        monkeypatch.setattr(memory, "_left_in_container", lambda container=container: container)
        assert free == memory.free_memory()


@pytest.mark.parametrize(
    "names", [("memory.max", "memory.current"), ("memory.limit_in_bytes", "memory.usage_in_bytes")]
)
def test_what_a_container_leaves(names: tuple[str, str], tmp_path: Path) -> None:
    """Its limit less what is used; caches that it can give up count as free."""
    (tmp_path / names[0]).write_text("1000\n")
    (tmp_path / names[1]).write_text("700\n")
    (tmp_path / "memory.stat").write_text("anon 500\ninactive_file 150\nactive_file 50\n")
    assert memory.left_in(tmp_path, *names) == 450
    (tmp_path / names[0]).write_text("max\n")
    assert memory.left_in(tmp_path, *names) is None
    assert memory.left_in(tmp_path / "nowhere", *names) is None


def test_nothing_is_refused_where_nothing_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither without the size of a worker, nor without that of the machine."""
    monkeypatch.setattr(memory, "free_memory", lambda: 100)
    memory.check_memory(1000, 0)
    memory.check_memory(4, 25)
    with pytest.raises(SettingError, match=r"`workers` must be <= 4: 0\.0 GiB"):
        memory.check_memory(5, 25)
    monkeypatch.setattr(memory, "free_memory", lambda: None)
    memory.check_memory(1000, 2**60)
