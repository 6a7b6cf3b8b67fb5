"""Benchmarks are a package: what their pages tell a reader to run is there, and nothing depends on the folder."""

import importlib.util
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
NAMED = re.compile(r"python -m (benchmarks[\w.]*\w)")
PAGES = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), *ROOT.glob("benchmarks/*/*.md"), *ROOT.glob("benchmarks/*/*.py")]
COMMANDS = sorted({name for page in PAGES for name in NAMED.findall(page.read_text(encoding="utf-8"))})


def source_of(name: str) -> Path:
    """The file that `python -m NAME` runs."""
    spec = importlib.util.find_spec(name)
    assert spec is not None, f"there is no {name}"
    if spec.submodule_search_locations is not None:
        return source_of(f"{name}.__main__")
    assert spec.origin is not None
    return Path(spec.origin)


def test_pages_name_the_commands() -> None:
    """Each folder with a command has one that its pages name."""
    named = {name.split(".")[1] for name in COMMANDS if "." in name}
    folders = {path.parent.name for path in ROOT.glob("benchmarks/*/__main__.py")}
    assert folders <= named


@pytest.mark.parametrize("name", [name for name in COMMANDS if name != "benchmarks.NAME"])
def test_a_command_that_a_page_names_is_there_and_starts(name: str) -> None:
    """The module exists, and calls its `main` when it is run."""
    assert '__name__ == "__main__"' in source_of(name).read_text(encoding="utf-8")


def test_no_benchmark_changes_where_modules_are_found() -> None:
    """None touches `sys.path`: they import each other by their full names."""
    files = [*ROOT.glob("benchmarks/**/*.py"), *ROOT.glob("tests/unit/benchmarks/*.py")]
    assert [path.name for path in files if re.search(r"\bsys\.path\b(?!`)", path.read_text(encoding="utf-8"))] == []
