"""Every example runs, in small, and prunes."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import optuna
import pytest
from optuna.trial import TrialState

from bandits.schedulers import State

EXAMPLES = Path(__file__).parents[2] / "examples"
NEEDS = {  # what an example needs beyond what the package does
    "pytorch_loop": ("torch",),
    "lightgbm_callback": ("lightgbm", "optuna_integration"),
    "lightning_callback": ("torch", "lightning", "optuna_integration"),
}


@pytest.fixture
def example(monkeypatch: pytest.MonkeyPatch, quiet_optuna: None) -> Callable[..., Any]:
    """Run an example's `main`, unless it needs a library that is not there."""

    def run(name: str, **smaller: Any) -> Any:
        for module in NEEDS.get(name, ()):
            pytest.importorskip(module, reason=f"examples/{name}.py needs {module}: pip install '.[examples]'")
        monkeypatch.syspath_prepend(EXAMPLES)
        return import_module(name).main(**smaller)

    return run


def pruned(study: optuna.Study) -> list[optuna.trial.FrozenTrial]:
    return study.get_trials(deepcopy=False, states=(TrialState.PRUNED,))


def trained(study: optuna.Study) -> int:
    """Epochs that all trials reported."""
    return sum(len(trial.intermediate_values) for trial in study.trials)


def saves_epochs(study: optuna.Study, trials: int, epochs: int) -> bool:
    """Whether all trials ended well, some were pruned, and one of those that were trained in full is the best."""
    assert len(study.trials) == trials
    assert {trial.state for trial in study.trials} == {TrialState.COMPLETE, TrialState.PRUNED}
    assert len(study.best_trial.intermediate_values) == epochs
    return trained(study) < trials * epochs


def test_pytorch_loop(example: Callable[..., optuna.Study], capsys: pytest.CaptureFixture[str]) -> None:
    """A plain loop reports each epoch; the number of weights is a feature; the summary says what was saved."""
    study = example("pytorch_loop", n_trials=20, epochs=6)
    assert saves_epochs(study, 20, 6)
    assert all(trial.user_attrs["num_params"] > 0 for trial in study.trials)
    assert f"20 trials, {len(pruned(study))} pruned; {trained(study)} epochs of 120" in capsys.readouterr().out


def test_sklearn_partial_fit(example: Callable[..., optuna.Study]) -> None:
    """Choices, conditional parameters and steps from 0 on are taken as they are."""
    study = example("sklearn_partial_fit", n_trials=24, epochs=6)
    assert saves_epochs(study, 24, 6)
    assert {"power_t" in trial.params for trial in study.trials} == {True, False}


def test_lightgbm_callback(example: Callable[..., optuna.Study]) -> None:
    """Optuna's callback for LightGBM reports every boosting round; only every fifth is looked at."""
    study = example("lightgbm_callback", n_trials=24, epochs=20)
    assert saves_epochs(study, 24, 20)
    assert {trial.last_step % 5 for trial in pruned(study)} == {0}


@pytest.mark.filterwarnings("ignore:`isinstance\\(treespec, LeafSpec\\)` is deprecated:FutureWarning:lightning")
def test_lightning_callback(example: Callable[..., optuna.Study]) -> None:
    """Optuna's callback for PyTorch Lightning works as with Optuna's own pruners."""
    study = example("lightning_callback", n_trials=20, epochs=4)
    assert saves_epochs(study, 20, 4)


def test_hyperband_with_forecasts(example: Callable[..., dict[str, optuna.Study]]) -> None:
    """Forecasts save epochs on top of Hyperband's pruning; patience gives some of them back."""
    studies = example("hyperband_with_forecasts", n_trials=32, epochs=9)
    assert all(saves_epochs(study, 32, 9) for study in studies.values())
    assert trained(studies["with forecasts"]) < trained(studies["Hyperband"]) < trained(studies["with patience"])


def test_several_processes(
    example: Callable[..., optuna.Study], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Processes share one journal file, and what each of them pruned has its reason in the study."""
    study = example("several_processes", n_trials=36, epochs=5, processes=2, folder=tmp_path)
    assert saves_epochs(study, 36, 5)
    assert all("bandits:verdict" in trial.user_attrs for trial in pruned(study))
    assert "stopped after epoch" in capsys.readouterr().out


def test_bohb(example: Callable[..., Any]) -> None:
    """TPE chooses and Hyperband halves; forecasts drop arms on top, with either sampler."""
    results = example("bohb", loops=3, epochs=9)
    for result in results.values():
        assert result.count(State.FAILED) == 0
        assert result.count(State.DROPPED) > 0
        assert result.epochs_trained < result.scheduler.planned_epochs
    assert results["tpe"].trials[50].config != results["random"].trials[50].config


def test_each_example_is_tested_and_says_how_to_run_it() -> None:
    """No example without a test, an install line and a run line."""
    for file in EXAMPLES.glob("*.py"):
        text = file.read_text(encoding="utf-8")
        assert f"test_{file.stem}" in globals()
        assert "    pip install " in text
        assert f"    python examples/{file.name}\n" in text
