"""A journal as an Optuna study."""

from __future__ import annotations

import math
import os
from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import optuna
import pytest
from optuna.distributions import FloatDistribution, IntDistribution
from optuna.storages import BaseStorage, InMemoryStorage
from optuna.trial import TrialState

from bandits import Metric, RandomSearch, run
from bandits.errors import JournalError, SettingError
from bandits.integrations.optuna import PredictivePruner
from bandits.objectives import CurveTable
from bandits.predictors import LastSeenValue
from bandits.runtime import records
from bandits.runtime.journal import SqliteJournal
from bandits.schedulers import State
from bandits.studies.writers import export_journal
from tests.unit.studies.journals import LOSS, SPACE, arm, hyperband, write

pytestmark = pytest.mark.usefixtures("quiet_optuna")

STATES = {
    State.COMPLETED: TrialState.COMPLETE,
    State.DROPPED: TrialState.PRUNED,
    State.CUT: TrialState.PRUNED,
    State.FAILED: TrialState.FAIL,
}


@pytest.fixture
def storage() -> BaseStorage:
    return InMemoryStorage()


# A whole run


def test_an_exported_study_has_the_curves_and_ends_of_its_run(tmp_path: Path, storage: BaseStorage) -> None:
    """Epochs are steps from 1; completed, dropped, cut and failed arms are complete, pruned, pruned and failed."""
    result = hyperband(tmp_path / "run.journal")
    study = export_journal(tmp_path / "run.journal", storage)
    arms = [result.scheduler.arms[i] for i in sorted(result.trials)]
    curves: dict[int, dict[int, float]] = {}
    for record in _epochs(tmp_path / "run.journal"):
        curves.setdefault(record.trial, {})[record.epoch] = record.value

    assert {arm.state for arm in arms} == set(STATES)
    assert [trial.state for trial in study.trials] == [STATES[arm.state] for arm in arms]
    assert [trial.number for trial in study.trials] == [arm.id for arm in arms]
    assert [trial.intermediate_values for trial in study.trials] == [curves[arm.id] for arm in arms]
    assert [trial.params for trial in study.trials] == [dict(result.trials[arm.id].config) for arm in arms]
    assert study.best_value == result.best_value
    assert study.best_trial.params == result.best_config


def _epochs(path: Path) -> list[records.Epoch]:
    with SqliteJournal.open(path) as journal:
        return [record for record in journal.records() if isinstance(record, records.Epoch)]


def test_the_study_says_what_the_run_was(tmp_path: Path, storage: BaseStorage) -> None:
    """Its name, metric and direction, and the settings as attributes."""
    result = hyperband(tmp_path / "run.journal", seed=3)
    study = export_journal(tmp_path / "run.journal", storage)
    said = study.user_attrs

    assert (study.study_name, study.metric_names, study.direction.name) == ("run", [LOSS.name], "MINIMIZE")
    assert (said["bandits:algorithm"], said["bandits:objective"], said["bandits:seed"]) == ("hyperband", "train", 3)
    assert said["bandits:settings"]["max_epochs"] == 9
    assert said["bandits:stopper"]["predictor"] == "LastSeenValue"
    assert (said["bandits:epochs"], said["bandits:ended"]) == (result.epochs_trained, "done")


def test_every_verdict_is_an_attribute(tmp_path: Path, storage: BaseStorage) -> None:
    """All of them in a list; of the last forecast, each number by itself; and the reason in words."""
    hyperband(tmp_path / "run.journal")
    study = export_journal(tmp_path / "run.journal", storage)
    dropped = [trial for trial in study.trials if trial.user_attrs["bandits:state"] == "dropped"]
    with SqliteJournal.open(tmp_path / "run.journal") as journal:
        said = [r for r in journal.records(dropped[0].number) if isinstance(r, records.VerdictGiven)]
    attributes = dropped[0].user_attrs

    assert len(attributes["bandits:verdicts"]) == len(said)
    assert attributes["bandits:verdicts"][-1]["drop"] is True
    assert attributes["bandits:reason"] == said[-1].reason == attributes["bandits:verdicts"][-1]["reason"]
    for name in ("forecast", "horizon", "bar", "probability"):
        assert attributes[f"bandits:{name}"] == getattr(said[-1], name) is not None
    assert attributes["bandits:features"].keys() == {"lr", "units", "kind=a", "kind=b"}
    assert attributes["bandits:trial"] == dropped[0].number


def test_parameters_have_ranges(tmp_path: Path, storage: BaseStorage) -> None:
    """Read off the configurations; every trial has the same ones, so that samplers and plots know the space."""
    hyperband(tmp_path / "run.journal")
    study = export_journal(tmp_path / "run.journal", storage)
    space = study.trials[0].distributions

    assert all(trial.distributions == space for trial in study.trials)
    assert {name: type(distribution) for name, distribution in space.items()} == {
        name: type(distribution) for name, distribution in SPACE.items()
    }
    assert isinstance(space["lr"], FloatDistribution) and space["lr"].log
    assert optuna.search_space.IntersectionSearchSpace().calculate(study) == space


@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
def test_optunas_plots_take_the_study(tmp_path: Path, storage: BaseStorage) -> None:
    """All of those for one objective, without a warning."""
    pytest.importorskip("plotly")
    hyperband(tmp_path / "run.journal")
    study = export_journal(tmp_path / "run.journal", storage)
    shown = optuna.visualization
    complete = [trial.number for trial in study.trials if trial.state == TrialState.COMPLETE]

    assert len(shown.plot_intermediate_values(study).data) > 50
    assert list(shown.plot_optimization_history(study).data[0].x) == complete
    assert set(shown.plot_param_importances(study).data[0].y) == set(SPACE)
    assert len(shown.plot_slice(study).data) == len(SPACE)
    for plot in (
        shown.plot_parallel_coordinate,
        shown.plot_contour,
        shown.plot_timeline,
        shown.plot_edf,
        shown.plot_rank,
    ):
        assert plot(study).data


def test_a_study_goes_on_where_the_run_ended(tmp_path: Path) -> None:
    """Samplers draw from its space, and its curves teach the pruner from the first new trial on."""
    hyperband(tmp_path / "run.journal", loops=8)
    exported = export_journal(tmp_path / "run.journal", f"{tmp_path}/study.log")
    before = len(exported.trials)
    pruner = PredictivePruner(LastSeenValue(min_curves=5), max_epochs=9, confidence=0.9, n_startup_trials=5)
    study = optuna.load_study(
        study_name="run", storage=exported._storage, sampler=optuna.samplers.TPESampler(seed=0), pruner=pruner
    )

    def objective(trial: optuna.Trial) -> float:
        rate = trial.suggest_float("lr", 1e-4, 1.0, log=True)
        for epoch in range(1, 10):
            trial.report(5.0 + rate, epoch)
            if trial.should_prune():
                raise optuna.TrialPruned
        return 5.0 + rate

    study.optimize(objective, n_trials=3)

    assert [(t.state, t.last_step) for t in study.trials[before:]] == [(TrialState.PRUNED, 1)] * 3


# States, times, values


def test_arms_that_have_not_ended_run_while_the_run_does(tmp_path: Path, storage: BaseStorage) -> None:
    """A paused arm and one in training; the second without an epoch yet. Its journal is open."""
    with SqliteJournal.create(tmp_path / "run.journal") as journal:
        journal.append(records.RunStarted("asha", {}, None, "f", "loss", "minimize", 0, 1))
        for record in (*arm(0, [3.0, 2.0], State.PAUSED), *arm(1, [], None, clock=2.0)):
            journal.append(record)
        study = export_journal(tmp_path / "run.journal", storage)

    assert [trial.state for trial in study.trials] == [TrialState.RUNNING] * 2
    assert [trial.datetime_complete for trial in study.trials] == [None, None]
    assert [trial.value for trial in study.trials] == [None, None]
    assert [trial.user_attrs["bandits:state"] for trial in study.trials] == ["paused", "running"]
    assert study.user_attrs["bandits:ended"] == "not yet"


def test_arms_that_an_interrupt_stopped_are_pruned(tmp_path: Path, storage: BaseStorage) -> None:
    """The run is over: they will not go on."""
    path = write(
        tmp_path / "run.journal", *arm(0, [3.0], State.PAUSED), *arm(1, [2.0]), records.Ended("interrupted", 2)
    )
    study = export_journal(path, storage)

    assert [trial.state for trial in study.trials] == [TrialState.PRUNED, TrialState.COMPLETE]
    assert [trial.value for trial in study.trials] == [3.0, 2.0]
    assert study.user_attrs["bandits:ended"] == "interrupted"


@pytest.mark.parametrize("values", [[3.0, math.nan], [math.inf], []])
def test_a_failed_arm_keeps_its_curve_and_has_no_value(tmp_path: Path, values: list[float]) -> None:
    """Whatever the curve holds; the reason is there."""
    path = write(tmp_path / "run.journal", *arm(0, values, State.FAILED), *arm(1, [1.0, 2.0]))
    export_journal(path, f"sqlite:///{tmp_path}/study.db")
    trial = optuna.load_study(study_name="run", storage=f"sqlite:///{tmp_path}/study.db").trials[0]

    assert (trial.state, trial.value) == (TrialState.FAIL, None)
    assert list(map(str, trial.intermediate_values.values())) == list(map(str, values))
    assert trial.user_attrs["bandits:reason"] == "it is failed"


def test_times_are_those_of_the_clock(tmp_path: Path, storage: BaseStorage) -> None:
    """The run ended when its journal was last written; a pause is part of a trial's time, not of its training."""
    path = write(
        tmp_path / "run.journal",
        *arm(0, [3.0], State.PAUSED, clock=10.0),
        *arm(1, [2.0, 1.0], clock=11.0),
        records.JobStarted(0, 1, 2, 13.0),
        records.Epoch(0, 2, 1.5, 4.0, 17.0),
        records.Changed(0, State.COMPLETED, 2, "done"),
        records.Ended("done", 20.0),
    )
    written = datetime(2024, 5, 17, 12, 0, 20)
    os.utime(path, (written.timestamp(), written.timestamp()))
    first, second = export_journal(path, storage).trials
    start = written - timedelta(seconds=20)

    assert (first.datetime_start, first.datetime_complete) == (start.replace(second=10), start.replace(second=17))
    assert (second.datetime_start, second.datetime_complete) == (start.replace(second=11), start.replace(second=13))
    assert (first.user_attrs["bandits:seconds"], second.user_attrs["bandits:seconds"]) == (5.0, 2.0)


def test_a_virtual_clock_may_run_for_ages(tmp_path: Path, storage: BaseStorage) -> None:
    """No calendar goes so far: the start is 30 years ago at most."""
    path = write(tmp_path / "run.journal", *arm(0, [3.0]), *arm(1, [2.0], clock=1e15))
    trial = export_journal(path, storage).trials[0]

    assert trial.datetime_start is not None and trial.datetime_start.year > 1980


def test_ids_need_not_be_without_gaps(tmp_path: Path, storage: BaseStorage) -> None:
    """Arms of a bracket that starts later have smaller ids: trials are numbered in the order of the ids."""
    study = export_journal(write(tmp_path / "run.journal", *arm(7, [1.0]), *arm(2, [2.0])), storage)

    assert [trial.user_attrs["bandits:trial"] for trial in study.trials] == [2, 7]
    assert [trial.intermediate_values for trial in study.trials] == [{1: 2.0}, {1: 1.0}]


def test_a_lost_worker_changes_nothing(tmp_path: Path, storage: BaseStorage) -> None:
    """Nor does a change of an arm that never started."""
    others = (records.WorkerLost(None, 0, "killed", 0.5), records.Changed(5, State.QUEUED, 0, ""))
    study = export_journal(write(tmp_path / "run.journal", *others, *arm(0, [1.0])), storage)

    assert len(study.trials) == 1


# What is no parameter


def test_what_is_no_parameter_is_an_attribute(tmp_path: Path, storage: BaseStorage) -> None:
    """The words of a net, a constant, a list; a parameter that only some arms have is missing from the others."""
    arms = [
        arm(i, [1.0], config={"lr": 0.1 + i, "net": f"[C({i})]", "data": "digits", "sizes": [i, 2]} | more)
        for i, more in enumerate(({}, {"momentum": 0.8}, {"momentum": 0.9}, {}))
    ]
    study = export_journal(write(tmp_path / "run.journal", *(entry for one in arms for entry in one)), storage)
    first, second = study.trials[:2]
    plain = {name: value for name, value in second.user_attrs.items() if not name.startswith("bandits:")}

    assert first.params == {"lr": 0.1}
    assert second.params == {"lr": 1.1, "momentum": 0.8}
    assert plain == {"net": "[C(1)]", "data": "digits", "sizes": [1, 2]}


def test_labels_of_a_table_are_no_parameters(tmp_path: Path, storage: BaseStorage) -> None:
    """The number of a row least of all; the columns that its table takes for features are."""
    table = CurveTable("metaqnn_cifar10")
    with SqliteJournal.create(tmp_path / "run.journal") as journal:
        result = run(RandomSearch(max_epochs=20, trials=30), table, journal=journal)
    trial = export_journal(tmp_path / "run.journal", storage).trials[0]
    config = result.trials[0].config

    assert trial.params.keys() == {"num_params", "depth", "lr"}
    assert isinstance(trial.distributions["depth"], IntDistribution)
    assert (trial.user_attrs["row"], trial.user_attrs["net"]) == (config["row"], config["net"])


def test_the_oldest_verdicts_make_room(tmp_path: Path) -> None:
    """MySQL keeps 65,535 bytes of an attribute: the latest verdicts are those that count."""
    says = [records.VerdictGiven(0, epoch, False, "because " * 50) for epoch in range(1, 401)]
    study = export_journal(write(tmp_path / "run.journal", *arm(0, [1.0]), *says), f"{tmp_path}/study.log")
    kept = [verdict["epoch"] for verdict in study.trials[0].user_attrs["bandits:verdicts"]]

    assert 100 < len(kept) < 150
    assert kept == list(range(401 - len(kept), 401))


# Again, and wrongly


def test_trials_that_were_not_exported_are_never_deleted(tmp_path: Path, storage: BaseStorage) -> None:
    """A study of one's own, and an export that has gone on since, are not replaced."""
    hyperband(tmp_path / "run.journal")
    optuna.create_study(study_name="mine", storage=storage)
    export_journal(tmp_path / "run.journal", storage, name="went on").optimize(lambda trial: 0.0, n_trials=1)

    for name, own in (("mine", 0), ("went on", 1)):
        with pytest.raises(SettingError, match=f"must be that of an export, .* has {own} other trials"):
            export_journal(tmp_path / "run.journal", storage, name=name, replace=True)
        assert name in optuna.get_all_study_names(storage)


def test_a_study_of_that_name_stays_unless_it_is_to_be_replaced(tmp_path: Path) -> None:
    """One sentence says how; then the new one is there alone."""
    path = write(tmp_path / "run.journal", *arm(0, [1.0]))
    url = f"sqlite:///{tmp_path}/study.db"
    export_journal(path, url)
    export_journal(path, url, name="another")
    with pytest.raises(SettingError, match=r"name of the study must be new in this storage, or be replaced .* 'run'"):
        export_journal(path, url)
    export_journal(path, url, replace=True)

    assert sorted(optuna.get_all_study_names(url)) == ["another", "run"]
    assert len(optuna.load_study(study_name="run", storage=url).trials) == 1


def test_nothing_is_written_where_nothing_was_measured(tmp_path: Path) -> None:
    """Nor where there is no journal."""
    started = records.TrialStarted(0, {}, {}, 0)
    bare = tmp_path / "bare.journal"
    SqliteJournal.create(bare).close()
    for path, message in (
        (write(tmp_path / "run.journal", started), "journal must hold a measured epoch"),
        (bare, "journal must hold the record of its run's start"),
        (write(tmp_path / "odd.journal", metric=_metric("up")), "journal must hold the record of its run's start"),
        (tmp_path / "none.journal", "journal must be an existing file"),
    ):
        with pytest.raises(JournalError, match=message):
            export_journal(path, f"{tmp_path}/study.db")
    assert not (tmp_path / "study.db").exists()


def _metric(goal: str) -> Metric:
    """A metric whose goal is none."""
    metric = Metric("loss", "minimize")
    object.__setattr__(metric, "goal", goal)
    return metric


# Storages


@pytest.mark.parametrize(
    ("where", "kind"),
    [
        ("sqlite:///{}/study.anything", "RDBStorage"),
        ("{}/study.db", "RDBStorage"),
        ("{}/study.sqlite3", "RDBStorage"),
        ("{}/study.log", "JournalStorage"),
        ("{}/study", "JournalStorage"),
        ("journal:///{}/study.db", "JournalStorage"),
    ],
)
def test_a_storage_is_a_url_or_a_file(tmp_path: Path, where: str, kind: str) -> None:
    """The ending of a new file tells which; one that is there is what it is, whatever it is called."""
    path = write(tmp_path / "run.journal", *arm(0, [1.0]), *arm(1, [2.0]))
    export_journal(path, where.format(tmp_path))
    file = next(file for file in tmp_path.iterdir() if file.name.startswith("study"))
    renamed = file.rename(tmp_path / "renamed.log" if kind == "RDBStorage" else tmp_path / "renamed.db")
    again = export_journal(path, str(renamed), name="again")
    named = again._storage.__class__.__name__

    assert named == {"RDBStorage": "_CachedStorage"}.get(kind, kind)
    assert Counter(optuna.get_all_study_names(again._storage)) == Counter(["run", "again"])


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ("run.journal", "must be new, or hold Optuna's studies and nothing else, got 'run.journal'"),
        ("sqlite:///run.journal", "must be new, or hold Optuna's studies and nothing else"),
        ("notes.txt", "must be new, or hold Optuna's studies and nothing else"),
        ("journal:///notes.txt", "must be new, or hold Optuna's studies and nothing else"),
        ("sqlite:///notes.txt", "must be new, or hold Optuna's studies and nothing else"),
        ("sqlite://", "must be kept in a file"),
        ("sqlite:///:memory:", "must be kept in a file"),
        ("nowhere/study.db", r"must be one that can be written \(.*unable to open database file"),
        ("nowhere/study.log", r"must be one that can be written \(.*No such file or directory"),
        (
            "birds://user:secret@host/study",
            r"must be one that can be written \(.*birds\), got 'birds://user:\*\*\*@host",
        ),
        ("://", r"must be one that can be written \(.*, got '://'"),
    ],
)
def test_what_cannot_be_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str, message: str) -> None:
    """One sentence, without a password; and what is there stays as it is."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "run.journal", *arm(0, [1.0]))
    (tmp_path / "notes.txt").write_text("remember the milk")
    before = (tmp_path / "run.journal").read_bytes()

    with pytest.raises(SettingError, match=f"^the Optuna storage {message}"):
        export_journal("run.journal", where)
    assert (tmp_path / "run.journal").read_bytes() == before
    assert (tmp_path / "notes.txt").read_text() == "remember the milk"
    assert sorted(file.name for file in tmp_path.iterdir()) == ["notes.txt", "run.journal"]


def test_a_storage_that_can_be_read_only(tmp_path: Path) -> None:
    """The driver's reason in one sentence: Optuna's file is damaged."""
    (tmp_path / "study.log").write_text('{"op_code": 0, "worker_id": "x"}\n{"op_code": 99}\n')

    with pytest.raises(
        SettingError, match=r"^the Optuna storage must be one that can be written \(.*\), got '.*study.log"
    ):
        export_journal(write(tmp_path / "run.journal", *arm(0, [1.0])), str(tmp_path / "study.log"))


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
def test_half_a_study_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Whatever ends an export before its last trial, also an interrupt."""
    path = write(tmp_path / "run.journal", *arm(0, [1.0]), *arm(1, [1.0]))
    storage = InMemoryStorage()
    create = storage.create_new_trial

    def once(study_id: int, template_trial: optuna.trial.FrozenTrial | None = None) -> int:
        if storage.get_n_trials(study_id):
            raise error
        return create(study_id, template_trial)

    monkeypatch.setattr(storage, "create_new_trial", once)
    expected = SettingError if isinstance(error, OSError) else KeyboardInterrupt
    with pytest.raises(expected) as caught:
        export_journal(path, storage)
    assert optuna.get_all_study_names(storage) == []
    if isinstance(error, OSError):
        said = "the Optuna storage must be one that can be written (disk full), got 'InMemoryStorage'"
        assert str(caught.value) == said
