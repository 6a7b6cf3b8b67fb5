"""What the comparison of pruners at equal epochs counts: rows, epochs, regrets, and seeds that all have run."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bandits.curves import Metric
from bandits.objectives import CurveTable
from benchmarks.optuna_pruner import quality, quality_report, quality_sides, quality_study, quick_wilcoxon

pytest.importorskip("optuna")


CURVES = [[0.1, 0.5, 0.4], [0.3, 0.3, 0.6], [0.2, 0.5, 0.5], [0.2, 0.1, np.nan], [0.1, 0.2, 0.3]]


@pytest.fixture
def table() -> CurveTable:
    """Four complete accuracies and one that diverges in its last epoch."""
    configs = [{"lr": 0.1 * (i + 1), "units": 2**i} for i in range(5)]
    return CurveTable.from_arrays(CURVES, configs, metric=Metric("accuracy", "maximize"))


def order_of(table: CurveTable, seed: int) -> list[object]:
    """The rows of a table in the order of its own sampler."""
    sampler = table.sampler(seed)
    return [sampler.propose(i)["row"] for i in range(len(table))]


class Notes:
    """Makes a pruner that prunes at epoch 2 and notes what it is shown."""

    def __new__(cls) -> Any:
        """A pruner of Optuna, which is imported late."""
        from optuna.pruners import BasePruner

        class Noting(BasePruner):
            def __init__(self) -> None:
                self.params: dict[int, dict[str, Any]] = {}
                self.steps: list[int] = []

            def prune(self, study: Any, trial: Any) -> bool:
                self.params[trial.number] = trial.params
                self.steps.append(trial.last_step)
                return bool(trial.last_step == 2)

        return Noting()


def test_without_a_pruner_a_study_trains_the_rows_in_the_order_of_the_tables_sampler(table: CurveTable) -> None:
    """Each row once, all epochs, and the one without a value costs nothing."""
    from optuna.pruners import NopPruner

    ended = quality_study.spend(table, NopPruner(), "random", budget=100, seed=4)
    assert [trial.row for trial in ended] == order_of(table, 4)
    assert ended[-1].spent == 14
    assert {trial.row: trial.state.name for trial in ended} == {i: "FAIL" if i == 3 else "COMPLETE" for i in range(5)}


def test_every_pruner_is_shown_the_same_rows_with_their_own_parameters_in_the_same_order(table: CurveTable) -> None:
    """Epochs count from 1, and the last one doesn't prune."""
    pruner = Notes()
    ended = quality_study.spend(table, pruner, "random", budget=100, seed=4)
    assert [trial.row for trial in ended] == order_of(table, 4)
    assert {trial.state.name for trial in ended} == {"PRUNED"}
    assert pruner.steps == [1, 2] * 5
    own = [{key: table.configs[trial.row][key] for key in ("lr", "units")} for trial in ended]
    assert [pruner.params[i] for i in range(5)] == own


def test_the_epochs_end_the_study_and_the_trial_that_is_running_then_is_not_complete(table: CurveTable) -> None:
    """A full training and two epochs of the next one, whichever rows they are."""
    from optuna.pruners import NopPruner

    seed = next(s for s in range(50) if order_of(table, s)[:2] == [1, 0])
    ended = quality_study.spend(table, NopPruner(), "random", budget=5, seed=seed)
    assert [(trial.spent, trial.row, trial.state.name) for trial in ended] == [(3, 1, "COMPLETE"), (5, 0, "FAIL")]
    exact = quality_study.spend(table, NopPruner(), "random", budget=3, seed=seed)
    assert [(trial.spent, trial.state.name) for trial in exact] == [(3, "COMPLETE")]


def test_tpe_takes_each_row_once_and_the_same_ones_under_the_same_seed() -> None:
    """Twenty rows, of which the sampler proposes the last ten itself."""
    from optuna.pruners import NopPruner

    rng = np.random.default_rng(0)
    rates = rng.uniform(0.0, 1.0, 20)
    curves = np.outer(1 - rates, [0.5, 1.0])
    table = CurveTable.from_arrays(curves, [{"lr": rate} for rate in rates], metric=Metric("accuracy", "maximize"))
    ended = [quality_study.spend(table, NopPruner(), "tpe", budget=40, seed=1) for _ in range(2)]
    rows = [trial.row for trial in ended[0]]
    assert sorted(rows) == list(range(20))
    assert rows == [trial.row for trial in ended[1]]
    assert np.mean(curves[rows[10:15], -1]) > np.mean(curves[rows[15:], -1])


def test_what_a_study_has_come_to_is_told_at_any_budget_up_to_its_end(table: CurveTable) -> None:
    """By hand; the best row ends at 0.6 and a median one at 0.45."""
    from optuna.trial import TrialState

    ended_of, told = quality_study.Ended, quality_report.told
    ended = [
        ended_of(3, 0, TrialState.COMPLETE),  # 0.4
        ended_of(4, 1, TrialState.PRUNED),  # the best row
        ended_of(7, 2, TrialState.COMPLETE),  # 0.5
        ended_of(9, 3, TrialState.FAIL),
        ended_of(10, 4, TrialState.FAIL),  # still running when the epochs are spent
    ]
    late = told(ended, table, 10)
    assert late.pop("regret") == pytest.approx((0.6 - 0.5) / 0.15)
    assert late == {"found": False, "tried": 5, "completed": 2, "pruned": 1, "lost": 1, "spent": 10}
    early = told(ended, table, 5)
    assert early == {"regret": 1.0, "found": False, "tried": 3, "completed": 1, "pruned": 1, "lost": 1, "spent": 5}
    nothing = told(ended, table, 2)
    assert (nothing["regret"], nothing["completed"], nothing["tried"], nothing["spent"]) == (1.0, 0, 1, 2)


def run_of(side: str, table: str, seed: int, regret: float, completed: int = 2) -> dict[str, Any]:
    """A finished study of 4 full trainings of 5 epochs."""
    told = {"regret": regret, "found": regret == 0, "tried": 9, "completed": completed, "pruned": 3, "lost": 1}
    return {
        "sampling": "random",
        "table": table,
        "side": side,
        "seed": seed,
        "budget": 4,
        "epochs": 5,
        "told": [told | {"spent": 10}, told | {"spent": 20}],
    }


def test_rows_hold_means_errors_differences_to_ours_and_wins_of_the_seeds_that_all_have_run() -> None:
    """By hand: two tables, two seeds, and a third that one side lacks."""
    regrets = {("none", "a"): (0.4, 0.2), ("none", "b"): (0.0, 0.0), ("srm", "a"): (0.2, 0.2), ("srm", "b"): (0.0, 0.1)}
    runs = [run_of(*key, seed, regret) for key, both in regrets.items() for seed, regret in enumerate(both)]
    runs.append(run_of("none", "a", 2, 1.0))
    report = quality_report
    assert report.complete_seeds(runs, "random") == [0, 1]
    rows = {(row["side"], row["table"]): row for row in report.summarise(runs, (2, 4)) if row["budget"] == 4}
    plain = rows["none", "a"]
    assert (plain["regret"], plain["error"]) == (pytest.approx(0.3), pytest.approx(0.1))
    assert (plain["against"], plain["against_error"]) == (pytest.approx(0.1), pytest.approx(0.1))
    assert (plain["spent"], plain["per_completed"], plain["seeds"]) == (4.0, 2.0, 2)
    assert rows["none", "b"]["found"] == 1.0
    assert (rows["none", ""]["wins"], rows["srm", ""]["wins"]) == (1, 1)
    assert rows["none", ""]["regret"] == pytest.approx(0.15)
    assert rows["none", ""]["error"] == pytest.approx(0.05)
    text = report.markdown(list(rows.values()))
    assert "| no pruner | 15.0 ± 5.0 | +2.5 ± 5.6 | 1 | 9 | 2.0 | 50 | 1.00 |" in text


def test_the_quick_wilcoxon_test_has_scipys_p_values() -> None:
    """With ties, zeros and neither, short and long."""
    from scipy import stats

    rng = np.random.default_rng(0)
    cases = [rng.integers(-3, 4, n) / 10 for n in (2, 3, 5, 6)] + [rng.normal(size=n) for n in (4, 20, 60)]
    for differences in cases:
        for alternative in ("less", "greater"):
            quick = quick_wilcoxon.wilcoxon(differences, alternative=alternative, zero_method="zsplit")
            slow = stats.wilcoxon(differences, alternative=alternative, zero_method="zsplit")
            assert quick.pvalue == slow.pvalue


@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
def test_the_quick_wilcoxon_pruner_decides_as_optunas() -> None:
    """On rounded curves, which have ties."""
    from optuna.pruners import WilcoxonPruner

    rng = np.random.default_rng(0)
    curves = (rng.uniform(size=(12, 1)) + rng.normal(0, 0.1, (12, 6)).cumsum(axis=1)).round(1)
    table = CurveTable.from_arrays(curves, [{"lr": float(i)} for i in range(12)], metric=Metric("accuracy", "maximize"))
    spend = quality_study.spend
    quick = spend(table, quick_wilcoxon.QuickWilcoxonPruner(), "random", budget=99, seed=0)
    assert quick == spend(table, WilcoxonPruner(), "random", budget=99, seed=0)
    assert len({trial.state for trial in quick}) == 2


@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
def test_the_runner_keeps_what_is_done_and_goes_on_with_the_rest(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every side on a shipped table for two full trainings; then one more seed; then only the report."""
    out = tmp_path / "quality.json"
    small = ["--tables", "lstm_shakespeare", "--budget", "2", "--out", str(out), "--samplings"]
    sides = list(quality_sides.SIDES)
    quality.main([*small, "random", "tpe", "--seeds", "1", "--sides", *sides])
    kept = out.with_suffix(".runs.jsonl")
    assert len(kept.read_text().splitlines()) == 2 * len(sides)
    rows = json.loads(out.read_text())["rows"]
    assert [row["side"] for row in rows if (row["sampling"], row["budget"], row["table"]) == ("tpe", 2, "")] == sides
    with kept.open("a") as file:
        file.write('{"cut short')
    capsys.readouterr()
    quality.main([*small, "random", "--seeds", "2", "--sides", "none", "median", "--resume"])
    assert [line.split()[:4] for line in capsys.readouterr().err.splitlines()] == [
        ["random", "lstm_shakespeare", "none", "1"],
        ["random", "lstm_shakespeare", "median", "1"],
    ]
    before = kept.read_text()
    monkeypatch.setattr(quality, "measure", None)
    quality.main([*small, "random", "--report-only"])
    assert kept.read_text() == before
    assert json.loads(out.read_text())["settings"]["seeds"] == {"random": 1, "tpe": 1}


def test_a_run_that_is_out_of_time_begins_no_study(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And says where it stopped."""
    tasks = quality.tasks_of(["random"], ["lstm_shakespeare"], ["none"], 1)
    gather = quality.gather
    assert gather(tasks, tmp_path / "x.runs.jsonl", 2, resume=False, redo=(), minutes=-1) == []
    assert "out of time before" in capsys.readouterr().err
