"""Studies as tables of learning curves."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution
from optuna.trial import TrialState, create_trial

from bandits.curves import Goal
from bandits.errors import CurveTableError, JournalError, SettingError
from bandits.objectives import CurveTable
from bandits.studies import read_curves, read_study
from bandits.studies.writers import export_journal, import_study
from tests.unit.studies.journals import arm, hyperband, write

pytestmark = pytest.mark.usefixtures("quiet_optuna")

LR = FloatDistribution(0.0, 10.0)


def study(
    folder: Path,
    *trials: tuple[Mapping[str, Any], Mapping[int, float]],
    direction: Goal = "minimize",
    metric: str = "",
    distributions: Mapping[str, Any] | None = None,
) -> str:
    """The address of a study of complete trials: parameters, and reports by step."""
    file = folder / "study.log"
    storage = optuna.storages.JournalStorage(optuna.storages.journal.JournalFileBackend(str(file)))
    made = optuna.create_study(storage=storage, direction=direction)
    if metric:
        made.set_metric_names([metric])
    for params, reports in trials:
        made.add_trial(
            create_trial(
                value=0.5,
                params=dict(params),
                distributions={name: (distributions or {}).get(name, LR) for name in params},
                intermediate_values=dict(reports),
            )
        )
    return str(file)


def steps(*values: float, first: int = 1) -> dict[int, float]:
    return dict(enumerate(values, start=first))


def header(path: Path) -> list[str]:
    return path.read_text().splitlines()[0].split(",")


# Round trips


@pytest.mark.parametrize("storage", ["study.log", "study.db", "run.journal"])
def test_curves_come_back_as_they_were(tmp_path: Path, storage: str) -> None:
    """Journal to Optuna to a table, and a journal to a table: the same numbers, and empty cells after a stop."""
    hyperband(tmp_path / "run.journal", loops=1 if storage == "study.db" else 4)
    if storage != "run.journal":
        export_journal(tmp_path / "run.journal", str(tmp_path / storage))
    told = import_study(str(tmp_path / storage), tmp_path / "curves.csv")
    table = CurveTable(tmp_path / "curves.csv")
    pairs = read_curves(read_study(str(tmp_path / "run.journal"))).pairs()
    pairs.sort(key=lambda pair: pair[0].number or 0)
    order = np.argsort([config["trial"] for config in table.configs])  # type: ignore[arg-type]

    assert (told.rows, told.epochs, told.account.filled, told.timed) == (len(pairs), 9, 0, True)
    assert told.complete == sum(curve.tau == 9 for _, curve in pairs)
    assert (told.metric, told.metric.name, told.metric.goal) == (table.metric, "validation_loss", "minimize")
    for row, (trial, curve) in zip(order, pairs, strict=True):
        scores = table.scores[row]
        assert scores[: curve.tau].tolist() == curve.scores.tolist()
        assert np.isnan(scores[curve.tau :]).all()
        assert {name: table.configs[row][name] for name in trial.config} == trial.config
        assert table.seconds is not None and trial.seconds is not None
        assert math.isclose(np.nansum(table.seconds[row]), trial.seconds, abs_tol=1e-12)


@pytest.mark.parametrize("storage", ["study.log", "curves.csv"])
def test_what_is_exported_teaches_as_its_journal_does(tmp_path: Path, storage: str) -> None:
    """The same features under the same names, also those that are no parameter; the same configurations."""
    arms = [
        arm(i, [3.0 - i, 2.0], config={"lr": 0.1 + i, "net": f"[C({i})]"}, features={"lr": 0.1 + i, "depth": 3.0 + i})
        for i in range(4)
    ]
    path = write(tmp_path / "run.journal", *(entry for one in arms for entry in one))
    export_journal(path, str(tmp_path / "study.log"))
    import_study(str(tmp_path / "study.log"), tmp_path / "curves.csv")
    first, second = read_study(str(path)), read_study(str(tmp_path / storage))

    assert second.metric.goal == first.metric.goal
    assert [trial.features for trial in second.trials] == [trial.features for trial in first.trials]
    assert [curve for _, curve in read_curves(second).pairs()] == [curve for _, curve in read_curves(first).pairs()]
    assert all(
        one.config.items() <= other.config.items() for one, other in zip(first.trials, second.trials, strict=True)
    )


def test_a_study_that_went_on_elsewhere_is_seen_by_its_parameters(tmp_path: Path) -> None:
    """Its new trials do not have the run's features."""
    path = write(tmp_path / "run.journal", *arm(0, [2.0], features={"x": 1.0}), *arm(1, [1.0], features={"x": 2.0}))
    exported = export_journal(path, str(tmp_path / "study.log"))
    trial = exported.ask({"lr": FloatDistribution(0.1, 0.2)})
    trial.report(1.5, 1)
    exported.tell(trial, 1.5)

    assert [set(each.features) for each in read_study(str(tmp_path / "study.log")).trials] == [{"lr"}] * 3


# The form


def test_parameters_of_every_kind_become_columns(tmp_path: Path) -> None:
    """Choices, booleans, numbers; columns of features say what cells cannot: that two texts are choices, and which
    trial has a parameter."""
    kinds = {
        "kind": CategoricalDistribution(["a", "b"]),
        "bias": CategoricalDistribution([True, False]),
        "units": IntDistribution(1, 64),
    }
    source = study(
        tmp_path,
        ({"kind": "a", "bias": True, "lr": 0.5}, steps(3, 2, 1)),
        ({"kind": "b", "bias": False, "lr": 0.25, "units": 8}, steps(4, 2)),
        distributions=kinds,
    )
    import_study(source, tmp_path / "curves.csv")
    table = CurveTable(tmp_path / "curves.csv")

    assert header(tmp_path / "curves.csv") == [
        *("trial", "kind", "kind=a", "kind=b", "bias", "lr", "units", "has units", "loss_1", "loss_2", "loss_3")
    ]
    assert [dict(config) for config in table.configs] == [
        {"row": 0, "trial": 0, "kind": "a", "bias": True, "lr": 0.5},
        {"row": 1, "trial": 1, "kind": "b", "bias": False, "lr": 0.25, "units": 8},
    ]
    assert "trial" not in table.feature_names


def test_settings_that_are_mappings_or_lists_are_words(tmp_path: Path) -> None:
    """As `bandits record` writes them."""
    arms = [
        *arm(0, [2.0, 1.0], config={"opt": {"lr": 1}, "sizes": [3, 4]}),
        *arm(1, [1.0, 0.5], config={"opt": {"lr": 2}}),
    ]
    import_study(str(write(tmp_path / "run.journal", *arms)), tmp_path / "curves.csv")
    configs = CurveTable(tmp_path / "curves.csv").configs

    assert [config["opt"] for config in configs] == ["lr=1", "lr=2"]
    assert [config["sizes"] for config in configs] == ["[3, 4]", None]


@pytest.mark.parametrize(
    ("metric", "goal", "family"),
    [
        ("", "minimize", "loss"),
        ("", "maximize", "score"),
        ("validation accuracy", "maximize", "validation_accuracy"),
        ("fairness", "maximize", "fairness_score"),
        ("energy", "minimize", "energy_loss"),
        ("loss", "maximize", "score"),
        ("accuracy", "minimize", "loss"),
        ("time", "minimize", "time_loss"),
        ("cost", "minimize", "cost_loss"),
        ("value", "minimize", "value_loss"),
    ],
)
@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
def test_the_epoch_columns_say_which_way_is_better(tmp_path: Path, metric: str, goal: Goal, family: str) -> None:
    """Whatever the metric is called, and whatever way the curves go."""
    source = study(
        tmp_path, ({"lr": 1.0}, steps(1, 2, 3)), ({"lr": 2.0}, steps(3, 2, 1)), direction=goal, metric=metric
    )
    told = import_study(source, tmp_path / "curves.csv")

    assert header(tmp_path / "curves.csv")[2:5] == [f"{family}_{epoch}" for epoch in (1, 2, 3)]
    assert told.metric.goal == goal == CurveTable(tmp_path / "curves.csv").metric.goal


@pytest.mark.parametrize(
    ("names", "end"),
    [(("n_units_l0", "n_units_l1", "n_units_l2"), ""), (("w1", "w2", "w3"), "_"), (("w1", "w2", "w3", "w4"), "")],
)
def test_numbered_parameters_are_not_taken_for_epochs(tmp_path: Path, names: Sequence[str], end: str) -> None:
    """They get another name only where a reader would take them for curves."""
    trials = [({name: 1.0 + i + j for j, name in enumerate(names)}, steps(3 + i, 2, 1)) for i in range(2)]
    import_study(study(tmp_path, *trials), tmp_path / "curves.csv")
    table = CurveTable(tmp_path / "curves.csv")

    assert table.curves.tolist() == [[3, 2, 1], [4, 2, 1]]
    assert table.feature_names == tuple(f"{name}{end}" for name in names)


def test_other_numbered_parameters_keep_their_names(tmp_path: Path) -> None:
    """Two layers beside three epochs."""
    trials = [({"n_units_l0": 1.0 + i, "n_units_l1": 2.0 - i}, steps(3 + i, 2, 1)) for i in range(2)]
    import_study(study(tmp_path, *trials), tmp_path / "curves.csv")

    assert CurveTable(tmp_path / "curves.csv").feature_names == ("n_units_l0", "n_units_l1")


def test_epochs_between_two_reports_are_filled(tmp_path: Path) -> None:
    """And counted; those after the last report are not."""
    source = study(tmp_path, ({"lr": 1.0}, {2: 3.0, 4: 1.0}), ({"lr": 2.0}, steps(5, 4, 3, 2, 1)))
    told = import_study(source, tmp_path / "curves.csv")
    curves = CurveTable(tmp_path / "curves.csv").curves

    assert curves[0, :4].tolist() == [3.0, 3.0, 2.0, 1.0]
    assert np.isnan(curves[0, 4])
    assert told.account.filled == 2


def test_a_curve_of_one_epoch_is_a_table_too(tmp_path: Path) -> None:
    """Its second epoch is empty."""
    told = import_study(study(tmp_path, ({"lr": 1.0}, {1: 3.0}), ({"lr": 2.0}, {1: 2.0})), tmp_path / "curves.csv")

    assert (told.epochs, told.complete) == (1, 2)
    assert CurveTable(tmp_path / "curves.csv").max_epochs == 2


def test_later_epochs_may_be_left_out(tmp_path: Path) -> None:
    """Then nobody knows how long the others took."""
    path = write(tmp_path / "run.journal", *arm(0, [3.0, 2.0, 1.0]), *arm(1, [4.0, 2.0]))
    told = import_study(str(path), tmp_path / "curves.csv", longest=2)

    assert (told.epochs, told.complete, told.timed) == (2, 2, False)
    assert CurveTable(tmp_path / "curves.csv").curves.tolist() == [[3.0, 2.0], [4.0, 2.0]]


def test_gaps_of_a_long_curve_are_cut_with_it(tmp_path: Path) -> None:
    """What was filled after the last epoch that is kept does not count."""
    table = tmp_path / "strided.csv"
    table.write_text("run_id,step,value\n" + "".join(f"r{i},{s},{9 - s - i}\n" for i in (0, 1) for s in (2, 4, 6)))
    told = import_study(str(table), tmp_path / "curves.csv", longest=4, goal="minimize")

    assert told.epochs <= 4


def test_a_table_is_a_study_too(tmp_path: Path) -> None:
    """Whatever `read_study` takes; a goal is asked for where nothing tells it."""
    (tmp_path / "runs.csv").write_text("lr,x_1,x_2\n0.1,1,2\n0.2,2,1\n")
    with pytest.raises(CurveTableError, match=r"goal of .* must be given"):
        import_study(str(tmp_path / "runs.csv"), tmp_path / "curves.csv")
    told = import_study(str(tmp_path / "runs.csv"), tmp_path / "curves.csv", goal="minimize")

    assert (told.metric.name, told.metric.goal) == ("x_loss", "minimize")


# Errors


def test_what_cannot_be_imported(tmp_path: Path) -> None:
    """One sentence, and no file."""
    two = study(tmp_path, ({"lr": 1.0}, steps(3, 2)), ({"lr": 2.0}, steps(2, 1)))
    out = tmp_path / "curves.csv"
    (tmp_path / "there.csv").write_text("")
    for source, file, more, message in (
        (two, "curves.txt", {}, "`out` must end in .csv, got"),
        (two, "there.csv", {}, "`out` must be a new file, got"),
        (two, "nowhere/curves.csv", {}, "`out` must lie in a folder that exists"),
        (two, "curves.csv", {"longest": 1}, "`epochs` must be an integer >= 2, got 1"),
        (two, "curves.csv", {"longest": True}, "`epochs` must be an integer >= 2, got True"),
        (two, "curves.csv", {"goal": "up"}, "`goal` must be one of 'maximize', 'minimize', or None, got 'up'"),
        (two + "#other", "curves.csv", {}, "the study must end with # and one of its studies"),
        ("nothing.db", "curves.csv", {}, "the study must be a file that exists"),
        (
            str(write(tmp_path / "a", *arm(0, [1.0]))),
            "curves.csv",
            {},
            "the study must hold at least 2 trials .*, but has 1, got",
        ),
        (str(write(tmp_path / "b")), "curves.csv", {}, "the study must hold at least 2 trials .*, but has 0, got"),
        (str(write(tmp_path / "c", *arm(0, [1.0]), *arm(1, [1.0]))), "curves.csv", {}, "must hold values that differ"),
    ):
        with pytest.raises((SettingError, JournalError), match=message):
            import_study(source, tmp_path / file, **more)  # type: ignore[arg-type]
    assert not out.exists()


def test_a_file_that_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The system's reason, in one sentence."""
    source = study(tmp_path, ({"lr": 1.0}, steps(3, 2)), ({"lr": 2.0}, steps(2, 1)))

    def full(*_: object, **__: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(
        SettingError, match=r"`out` must be a file that can be written \(No space left on device\), got"
    ):
        import_study(source, tmp_path / "curves.csv")


def test_a_trial_that_diverged_costs_only_itself(tmp_path: Path) -> None:
    """The table cannot hold values beyond 1e100: they are left out, and that is told."""
    source = study(
        tmp_path, ({"lr": 1.0}, steps(3, 2, 1)), ({"lr": 2.0}, steps(3, 1e300, -1e200)), ({"lr": 3.0}, steps(5, 4, 3))
    )
    imported = import_study(source, tmp_path / "curves.csv")

    table = CurveTable(tmp_path / "curves.csv")
    np.testing.assert_array_equal(table.curves, [[3, 2, 1], [3, math.nan, math.nan], [5, 4, 3]])
    assert "values beyond 1e+100, read as no finite numbers: 2 in 1 trial" in imported.account.sentences()
    assert (3, 2) == (imported.rows, imported.complete)


def test_pruned_and_failed_trials_have_a_row(tmp_path: Path) -> None:
    """A partial one; one that reported nothing has none."""
    file = tmp_path / "study.log"
    made = optuna.create_study(
        storage=optuna.storages.JournalStorage(optuna.storages.journal.JournalFileBackend(str(file)))
    )
    for state, reports in (
        (TrialState.PRUNED, {0: 3.0}),
        (TrialState.FAIL, {0: 4.0, 1: math.nan}),
        (TrialState.FAIL, {}),
        (TrialState.COMPLETE, {0: 3.0, 1: 2.0}),
    ):
        value = 2.0 if state == TrialState.COMPLETE else None
        made.add_trial(create_trial(state=state, value=value, intermediate_values=reports))
    import_study(str(file), tmp_path / "curves.csv")

    assert (tmp_path / "curves.csv").read_text() == "trial,loss_1,loss_2\n0,3.0,\n1,4.0,\n3,3.0,2.0\n"


def test_runs_keep_their_names(tmp_path: Path) -> None:
    """Where each has another one; they are no features."""
    (tmp_path / "log.csv").write_text(
        "run,epoch,val_acc,lr\n" + "".join(f"{r},{e},0.{e},{r}\n" for r in (7, 9) for e in (1, 2))
    )
    import_study(str(tmp_path / "log.csv"), tmp_path / "curves.csv")

    assert (tmp_path / "curves.csv").read_text() == "run,lr,val_acc_1,val_acc_2\n7,7,0.1,0.2\n9,9,0.1,0.2\n"
    assert CurveTable(tmp_path / "curves.csv").feature_names == ("lr",)
