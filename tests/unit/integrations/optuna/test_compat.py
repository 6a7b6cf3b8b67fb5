"""What the library knows of Optuna beside its public interface."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import optuna
import pytest
from optuna.trial import TrialState

import bandits
from bandits.integrations.optuna import compat
from tests.integration.optuna.made_studies import (
    finished,
    line,
    running,
)

pytestmark = pytest.mark.usefixtures("quiet_optuna")

PACKAGE = Path(bandits.__file__).parent
COMPAT = Path(compat.__file__)


def uses_optuna(tree: ast.Module) -> bool:
    """Whether a module imports Optuna, at its top or anywhere inside."""
    modules = [name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names]
    modules += [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    return any(module.split(".")[0] == "optuna" for module in modules)


def private_names_of_others(tree: ast.Module) -> Iterator[str]:
    """Private names that a module imports from Optuna, or takes from objects and does not define itself."""
    own = {node.name for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id in ("self", "cls"):
            own.add(node.attr)
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "optuna":
            names = [*(node.module or "").split("."), *(name.name for name in node.names)]
        elif isinstance(node, ast.Import):
            names = [part for name in node.names if name.name.startswith("optuna") for part in name.name.split(".")]
        elif isinstance(node, ast.Attribute) and node.attr not in own:
            names = [node.attr]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "getattr":
            names = [arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
        yield from (name for name in names if name.startswith("_") and not name.endswith("__"))


def test_private_names_of_optuna_stand_in_one_file() -> None:
    """Every file that imports Optuna keeps to its public names, but for the one that is there for the others."""
    texts = {path: path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py")}
    trees = {path: ast.parse(text) for path, text in texts.items() if "optuna" in text}
    found = {path: set(private_names_of_others(tree)) for path, tree in trees.items() if uses_optuna(tree)}
    assert len(found) > 10
    assert {path for path, names in found.items() if names} == {COMPAT}


def test_study_objects_of_one_database_share_their_storage(tmp_path: Path) -> None:
    """The cache that each `Study` object may have of its own is passed over; the key is that of the study."""
    storage = optuna.storages.RDBStorage(f"sqlite:///{tmp_path}/s.db")
    first = optuna.create_study(study_name="a", storage=storage)
    again, other = optuna.load_study(study_name="a", storage=storage), optuna.create_study(storage=storage)
    assert compat.storage_of(first) is compat.storage_of(again) is compat.storage_of(other) is storage
    assert compat.study_key(first) == compat.study_key(again) != compat.study_key(other)


def test_attributes_are_written_to_running_trials_only() -> None:
    """A trial that has finished keeps its attributes as they are, and nothing is raised."""
    study = optuna.create_study()
    trial = running(study, {1: 0.5})
    compat.set_attribute(study, trial, "note", "first")
    study.tell(trial.number, state=TrialState.PRUNED)
    compat.set_attribute(study, trial, "note", "second")
    assert study.trials[0].user_attrs == {"note": "first"}


def test_other_errors_of_a_storage_are_raised() -> None:
    """Whoever writes an attribute hears of a trial that the storage does not know."""
    study = optuna.create_study()
    unknown = finished(line(0.5))
    with pytest.raises(KeyError):
        compat.set_attribute(study, unknown, "note", "x")
