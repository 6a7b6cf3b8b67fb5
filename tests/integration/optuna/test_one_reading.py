"""The pruner, what-if, import, warm starts, histories and predict read the reports of a study alike, whatever they
are."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import optuna
import pytest
from optuna.distributions import FloatDistribution
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState

from bandits.curves import History, Metric
from bandits.errors import SettingError
from bandits.integrations.optuna import PredictivePruner, PruningWarning
from bandits.objectives import CurveTable, FunctionObjective
from bandits.predictors import LastSeenValue
from bandits.stopping import RiskControlledRule
from bandits.studies import earlier_curves, history_of, read_curves, read_study
from bandits.studies.readers.optuna import study_of_optuna
from bandits.studies.writers import import_study
from bandits.tools.predict import predict_table
from bandits.tools.what_if import what_if
from tests.integration.optuna.made_studies import Notebook

pytestmark = pytest.mark.usefixtures("quiet_optuna")

E, TRIALS = 10, 32  # epochs of a training, trials of a study
RULE = RiskControlledRule(0.2)
NAN = math.nan


@dataclass(frozen=True)
class Pattern:
    """How the trials of a study report.

    Args:
        step: of an epoch, from 1.
        lost: whether the report of an epoch of a trial is NaN.
        left_out: whether there is none.
    """

    step: Callable[[int], int] = lambda epoch: epoch
    lost: Callable[[int, int], bool] = lambda trial, epoch: False
    left_out: Callable[[int, int], bool] = lambda trial, epoch: False

    def reports(self, trial: int) -> Iterator[tuple[int, float]]:
        """Steps and values of a trial, in their order."""
        noise = np.random.default_rng(trial)
        for epoch in range(1, E + 1):
            value = end_of(trial) * (1 - 0.6**epoch) + float(noise.normal(0, 0.001))
            if not self.left_out(trial, epoch):
                yield self.step(epoch), NAN if self.lost(trial, epoch) else value

    @property
    def max_epochs(self) -> int:
        """What a user tells the pruner: the last step, counted from 1."""
        steps = [self.step(epoch) for epoch in range(1, E + 1)]
        return max(steps) + (0 in steps)


def end_of(trial: int) -> float:
    """What a trial returns."""
    return float(np.random.default_rng(1000 + trial).random())


READ = {
    "from 1": Pattern(),
    "from 0": Pattern(step=lambda epoch: epoch - 1),
    "NaN first": Pattern(lost=lambda _, epoch: epoch == 1),
    "NaN in the middle": Pattern(lost=lambda _, epoch: epoch == 3),
    "NaN in the middle of every second trial": Pattern(lost=lambda trial, epoch: epoch == 3 and trial % 2 == 0),
    "NaN at every second epoch": Pattern(lost=lambda _, epoch: epoch % 2 == 1),
    "NaN last": Pattern(lost=lambda _, epoch: epoch == E),
    "infinite": Pattern(lost=lambda trial, epoch: (trial + epoch) % 4 == 0),
    "at intervals": Pattern(step=lambda epoch: 3 * epoch),
    "at intervals, from 0": Pattern(step=lambda epoch: 3 * (epoch - 1)),
    "with gaps": Pattern(left_out=lambda trial, epoch: 1 < epoch < E and (trial + epoch) % 3 == 0),
    "steps of an environment": Pattern(step=lambda epoch: 50_000 * epoch),
    "steps of an environment, with gaps": Pattern(
        step=lambda epoch: 50_000 * epoch,
        lost=lambda _, epoch: epoch == 3,
        left_out=lambda trial, epoch: trial % 2 == 1 and epoch == 5,
    ),
    "up to 1,000,000,000": Pattern(step=lambda epoch: 10**8 * epoch),
    "ever further apart": Pattern(step=lambda epoch: 4**epoch),
}
NOT_PRUNED = {
    "all NaN": Pattern(lost=lambda _, epoch: True),
    "counted down": Pattern(step=lambda epoch: E - epoch),
    "counted down by 7": Pattern(step=lambda epoch: 200 - 7 * epoch),
}
COUNTED_DOWN = ("counted down", "counted down by 7")


def search(pattern: Pattern, pruner: optuna.pruners.BasePruner, storage: object = None) -> optuna.Study:
    """A random search whose trials depend on their numbers alone."""

    def objective(trial: optuna.Trial) -> float:
        trial.suggest_float("lr", 0.0, 1.0)
        for step, value in pattern.reports(trial.number):
            trial.report(value, step)
            if trial.should_prune():
                raise optuna.TrialPruned
        return end_of(trial.number)

    sampler = optuna.samplers.RandomSampler(seed=0)
    study = optuna.create_study(direction="maximize", pruner=pruner, sampler=sampler, storage=storage)  # type: ignore[arg-type]
    study.optimize(objective, n_trials=TRIALS)
    return study


def pruner_for(pattern: Pattern) -> PredictivePruner:
    return PredictivePruner(LastSeenValue(min_curves=10), max_epochs=pattern.max_epochs, rule=RULE)


def pruned(study: optuna.Study) -> dict[int, int]:
    """After how many reports trials were pruned, by number."""
    return {t.number: len(t.intermediate_values) for t in study.get_trials(states=[TrialState.PRUNED])}


def curves(history: History) -> list[list[float]]:
    return [np.round(history.curve(trial.id).scores, 9).tolist() for trial, _ in history.reaching(1)]


def curves_of_pruner(study: optuna.Study, pattern: Pattern) -> list[list[float]]:
    """What a predictor learns from in a pruner."""
    notebook = Notebook(needed=TRIALS)
    pruner = PredictivePruner(notebook, max_epochs=pattern.max_epochs, confidence=0.9, n_startup_trials=TRIALS)
    trial = study.ask({"lr": FloatDistribution(0.0, 1.0)})
    trial.report(0.0, pattern.step(1))
    trial.report(0.0, pattern.step(2))
    pruner.explain(study, trial)
    study.tell(trial, state=TrialState.FAIL)
    return [np.round(curve, 9).tolist() for curve in notebook.curves()]


@pytest.mark.parametrize("pattern", READ.values(), ids=READ)
def test_a_what_if_answers_as_a_real_study_with_the_pruner(pattern: Pattern) -> None:
    """The same trials are dropped, after the same reports."""
    past = search(pattern, optuna.pruners.NopPruner())
    real = pruned(search(pattern, pruner_for(pattern)))
    answer = what_if(study_of_optuna(past), LastSeenValue(min_curves=10), RULE, orders=0)
    ended = {
        answer.trials[drop.trial].number: sum(epoch <= drop.epoch for epoch, _ in answer.trials[drop.trial].reports)
        for drop in answer.own.dropped
    }

    assert len(real) > 5
    assert ended == real
    assert answer.settings.max_epochs == pattern.max_epochs
    assert all(f"epoch {pattern.max_epochs}" in drop.reason for drop in answer.own.dropped)


@pytest.mark.parametrize("pattern", READ.values(), ids=READ)
def test_every_reader_sees_the_curves_that_the_pruner_sees(pattern: Pattern, tmp_path: Path) -> None:
    """In the table that import writes, a warm start, a history and predict; the pruner ends them with what the trial
    returned, where it has a score for that."""
    file = tmp_path / "study.log"
    study = search(pattern, optuna.pruners.NopPruner())
    saved = optuna.create_study(direction="maximize", storage=JournalStorage(JournalFileBackend(str(file))))
    saved.add_trials(study.trials)
    seen = curves_of_pruner(study, pattern)
    read = read_curves(read_study(str(file)))
    expected = [np.round(curve.scores, 9).tolist() for one, curve in read.pairs() if one.end == "completed"]

    assert [one[:-1] for one in seen] == [one[: len(seen[0]) - 1] for one in expected]
    assert [one[-1] for one in seen] == [round(end_of(number), 9) for number in range(TRIALS)]
    assert curves(history_of(study))[:TRIALS] == expected

    told = import_study(str(file), tmp_path / "curves.csv")
    table = CurveTable(tmp_path / "curves.csv", duplicates="keep")
    rows = [row[np.isfinite(row)].round(9).tolist() for row in table.scores][:TRIALS]
    assert rows == expected
    assert told.account == read.account

    new = FunctionObjective(
        lambda config: iter([config["lr"]] * 10_000),
        space={"lr": FloatDistribution(0.0, 1.0)},
        metric=Metric("score", "maximize"),
        max_epochs=table.max_epochs,
    )
    earlier = earlier_curves([str(file)], new)
    taught = earlier.training_set(History(), 1)
    assert curves(taught)[:TRIALS] == [one[:1] for one in expected]
    assert [note.removeprefix(f"{file}: ") for note in earlier.notes] == read.account.sentences()

    longest = max(map(len, expected))
    forecast = predict_table(table, LastSeenValue(min_curves=2), at=1, horizon=longest)
    assert forecast.training.round(9).tolist() == [one for one in expected if len(one) == longest]


@pytest.mark.parametrize("pattern", NOT_PRUNED.values(), ids=NOT_PRUNED)
def test_what_the_pruner_cannot_read_saves_nothing_in_a_what_if(pattern: Pattern, tmp_path: Path) -> None:
    """And both say so."""
    past = search(pattern, optuna.pruners.NopPruner())
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        real = pruned(search(pattern, pruner_for(pattern)))
    counted_down = pattern in [NOT_PRUNED[name] for name in COUNTED_DOWN]

    assert real == {}
    assert counted_down == any("its steps go down" in str(w.message) for w in heard if w.category is PruningWarning)
    if not counted_down:
        with pytest.raises(SettingError, match="must hold a finished trial with a measured epoch"):
            what_if(study_of_optuna(past), LastSeenValue(min_curves=10), orders=0)
        return
    answer = what_if(study_of_optuna(past), LastSeenValue(min_curves=10), RULE, orders=0)
    assert answer.own.dropped == ()
    assert answer.read.counts_down
    assert "steps go down: read as counted down from the first one, which is epoch 1" in answer.read.account.sentences()


@pytest.mark.parametrize("name", ["study.log", "study.db"])
def test_steps_that_go_down_are_imported_in_the_order_of_the_reports(tmp_path: Path, name: str) -> None:
    """Also from SQLite, which hands them out by step."""
    file = tmp_path / name
    storage = JournalStorage(JournalFileBackend(str(file))) if name == "study.log" else f"sqlite:///{file}"
    study = optuna.create_study(storage=storage, direction="maximize")
    for lr in (0.1, 0.2):
        trial = study.ask({"lr": FloatDistribution(0.0, 1.0)})
        for epoch in range(1, E + 1):
            trial.report(lr * epoch, E - epoch)
        study.tell(trial, lr * E)
    told = import_study(str(file), tmp_path / "curves.csv")

    assert told.epochs == E
    assert CurveTable(tmp_path / "curves.csv").scores[0] == pytest.approx([0.1 * epoch for epoch in range(1, E + 1)])
    assert told.account.notes[0].startswith("steps go down")


def test_time_stamps_are_refused_and_warned_of(tmp_path: Path) -> None:
    """One sentence, or one warning."""
    pattern = Pattern(step=lambda epoch: 1_700_000_000 + 60 * epoch)
    past = search(pattern, optuna.pruners.NopPruner())
    with pytest.raises(SettingError, match=r"steps of .* these look like time stamps"):
        what_if(study_of_optuna(past), LastSeenValue(), orders=0)
    with pytest.warns(PruningWarning, match="its steps look like time stamps"):
        assert pruned(search(pattern, PredictivePruner(LastSeenValue(min_curves=10), max_epochs=10))) == {}
