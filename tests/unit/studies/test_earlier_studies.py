"""Journals, tables and Optuna studies as curves for a new study."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path

import optuna
import pytest
from optuna.distributions import CategoricalDistribution, FloatDistribution
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import TrialState, create_trial

from bandits import run
from bandits.curves import Goal, History, Metric
from bandits.errors import CurveTableError, JournalError, SettingError, UnknownPlugin
from bandits.objectives import CurveTable, FunctionObjective
from bandits.runtime.journal import SqliteJournal
from bandits.schedulers import RandomSearch
from bandits.studies import Study, earlier_curves, read_curves, read_study
from tests.unit.studies.journals import arm, write

pytestmark = pytest.mark.usefixtures("quiet_optuna")

LOSS = Metric("loss", goal="minimize")
NAN = math.nan
TABLE = "lr,wd,loss_1,loss_2,loss_3\n" + "0.1,1,3,2,1\n0.2,2,3.5,,1.5\n0.4,4,,2,1\n0.8,8,5,4,3\n"


def read(source: object, goal: Goal = "minimize") -> Study:
    return read_study(str(source), goal=goal)


def scores(study: Study, last: int | None = None) -> list[list[float]]:
    return [curve.scores.tolist() for _, curve in read_curves(study, last=last).pairs()]


def features(study: Study) -> list[Mapping[str, float]]:
    return [trial.features for trial in study.trials]


def losses(max_epochs: int = 3, *, names: Iterable[str] = ("lr",)) -> FunctionObjective:
    """A new objective."""

    def train(config: Mapping[str, float]) -> Iterator[float]:
        yield from (config["lr"] / epoch for epoch in range(1, 100))

    space = {name: FloatDistribution(0.1, 1.0) for name in names}
    return FunctionObjective(train, space=space, metric=LOSS, max_epochs=max_epochs)


def made_study(storage: object, name: str = "first", direction: str = "minimize") -> optuna.Study:
    """A study with a complete, a pruned, a broken, a silent and a strided trial, steps from 0."""
    study = optuna.create_study(storage=storage, study_name=name, direction=direction)  # type: ignore[arg-type]
    lr, kind = FloatDistribution(0.1, 1.0), CategoricalDistribution(["a", "b"])
    for state, rate, choice, reports in (
        (TrialState.COMPLETE, 0.1, "a", {0: 3.0, 1: 2.0, 2: 1.0}),
        (TrialState.PRUNED, 0.2, "b", {0: 4.0, 1: 3.0}),
        (TrialState.PRUNED, 0.3, "a", {0: 5.0, 1: NAN, 2: 4.0}),
        (TrialState.FAIL, 0.4, "a", {}),
        (TrialState.COMPLETE, 0.5, "b", {0: 6.0, 2: 4.0}),
    ):
        study.add_trial(
            create_trial(
                state=state,
                value=1.0 if state == TrialState.COMPLETE else None,
                params={"lr": rate, "kind": choice},
                distributions={"lr": lr, "kind": kind},
                intermediate_values=reports,
            )
        )
    return study


CURVES_OF_STUDY = [[-3.0, -2.0, -1.0], [-4.0, -3.0], [-5.0, -4.5, -4.0], [-6.0, -5.0, -4.0]]


# tables


def test_a_table_gives_each_row_with_its_gaps_filled(tmp_path: Path) -> None:
    """Losses become scores; what was filled is said."""
    file = tmp_path / "runs.csv"
    file.write_text(TABLE)

    for source in (file, f"table:{file}"):
        study = read(source)
        assert study.metric == Metric("loss", "minimize")
        assert scores(study) == [[-3.0, -2.0, -1.0], [-3.5, -2.5, -1.5], [-2.0, -2.0, -1.0], [-5.0, -4.0, -3.0]]
        assert read_curves(study).account.filled == 2
        assert features(study)[1] == {"lr": 0.2, "wd": 2.0}


def test_a_table_that_does_not_tell_takes_the_new_goal(tmp_path: Path) -> None:
    """Curves called x that rise and fall by halves are what the new study maximizes."""
    file = tmp_path / "runs.csv"
    file.write_text("lr,x_1,x_2\n0.1,1,2\n0.2,2,1\n")

    assert read(file, "maximize").metric.goal == "maximize"


def test_shipped_tables_go_by_their_name() -> None:
    """`table:NAME`, as for objectives."""
    assert len(read("table:metaqnn_svhn", "maximize").trials) > 1000
    with pytest.raises(UnknownPlugin, match="table must be one of"):
        read("table:nothing")


def test_a_bad_table_is_an_error(tmp_path: Path) -> None:
    """The table's own sentence."""
    file = tmp_path / "runs.csv"
    file.write_text("lr\n0.1\n")

    with pytest.raises(CurveTableError):
        read(file)


# journals


def test_a_journal_gives_the_curves_of_its_run(tmp_path: Path) -> None:
    """With the configurations and features that the run had."""
    path = tmp_path / "run.db"
    with SqliteJournal.create(path) as journal:
        result = run(RandomSearch(max_epochs=3, trials=4), losses(), journal=journal)
    study = read(path)

    assert study.metric == LOSS
    assert [trial.config for trial in study.trials] == [result.trials[i].config for i in range(4)]
    assert features(study) == [result.trials[i].features for i in range(4)]
    assert scores(study)[0] == [-result.trials[0].features["lr"] / epoch for epoch in (1, 2, 3)]


def test_a_journal_that_broke_off_gives_what_it_has(tmp_path: Path) -> None:
    """A trial without an epoch has no curve; a value that is no number is a gap."""
    arms = [arm(trial, values, None) for trial, values in enumerate(([3.0, 2.0], [], [4.0, NAN, 3.0], [NAN]))]
    path = write(tmp_path / "run.db", *chain(*arms))

    assert scores(read(path)) == [[-3.0, -2.0], [-4.0, -3.5, -3.0]]


def test_a_journal_of_a_later_version_notes_what_was_left_out(tmp_path: Path) -> None:
    """Reports say it, wherever the study is read."""
    path = tmp_path / "run.db"
    with SqliteJournal.create(path) as journal:
        run(RandomSearch(max_epochs=3, trials=4), losses(), journal=journal)
    connection = sqlite3.connect(path)
    connection.execute("INSERT INTO records (kind, trial, body) VALUES ('Rumour', 0, '{}')")
    connection.execute("PRAGMA user_version=99")
    connection.commit()
    connection.close()
    study = read(path)

    assert len(study.trials) == 4
    (note,) = study.notes
    assert note.startswith("the journal has format 99 and this version of bandits knows formats up to ")
    assert note.endswith(": left out Rumour (1)")
    assert note in " ".join(read_curves(study).account.sentences())


def test_a_journal_without_a_beginning_is_an_error(tmp_path: Path) -> None:
    """Nobody knows which way its metric is better."""
    SqliteJournal.create(tmp_path / "run.db").close()

    with pytest.raises(JournalError, match="journal must hold the record of its run's start"):
        read(tmp_path / "run.db")


# Optuna


@pytest.mark.parametrize("written", ["file", "url", "file and name", "url and name"])
def test_an_optuna_study_gives_what_its_trials_reported(tmp_path: Path, written: str) -> None:
    """Pruned trials too; a report that is no number is filled, and so is a step that is left out."""
    file = tmp_path / "study.db"
    made_study(f"sqlite:///{file}")
    source = (f"sqlite:///{file}" if "url" in written else f"{file}") + ("#first" if "name" in written else "")
    study = read(source)

    assert (study.metric.goal, study.metric.name) == ("minimize", "")
    assert scores(study) == CURVES_OF_STUDY
    assert features(study)[1] == {"lr": 0.2, "kind=a": 0.0, "kind=b": 1.0}


@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
def test_optunas_own_journal_is_told_by_its_first_line(tmp_path: Path) -> None:
    """Steps count from 1 where no trial reports step 0; a metric name is taken over."""
    storage = JournalStorage(JournalFileBackend(str(tmp_path / "journal.log")))
    study = optuna.create_study(storage=storage, study_name="one", direction="maximize")
    study.set_metric_names(["accuracy"])
    study.add_trial(create_trial(value=0.5, intermediate_values={1: 0.1, 2: 0.4, 3: 0.5}))
    found = read(tmp_path / "journal.log")

    with pytest.raises(SettingError, match=r"one of its studies \(one\)"):
        read(f"{tmp_path / 'journal.log'}#two")
    assert found.metric == Metric("accuracy", "maximize")
    assert scores(found, last=2) == [[0.1, 0.4]]


def test_of_several_studies_one_must_be_named(tmp_path: Path) -> None:
    """The message lists them."""
    url = f"sqlite:///{tmp_path / 'study.db'}"
    made_study(url, "first")
    made_study(url, "second")

    assert scores(read(f"{url}#second")) == CURVES_OF_STUDY
    for source in (url, f"{url}#third"):
        with pytest.raises(SettingError, match=r"must end with # and one of its studies \(first, second\), got"):
            read(source)


def test_a_storage_without_a_study(tmp_path: Path) -> None:
    """It says so."""
    file = tmp_path / "study.db"
    optuna.storages.RDBStorage(f"sqlite:///{file}")

    with pytest.raises(SettingError, match=r"one of its studies \(it has none\)"):
        read(file)


def test_a_study_of_two_objectives_has_no_curve(tmp_path: Path) -> None:
    """It cannot say which value is better."""
    url = f"sqlite:///{tmp_path / 'study.db'}"
    optuna.create_study(storage=url, directions=["minimize", "maximize"])

    with pytest.raises(SettingError, match="must be a study of one objective"):
        read(url)


def test_reading_makes_no_file(tmp_path: Path) -> None:
    """A URL of what is not there is an error, and stays nothing."""
    with pytest.raises(SettingError, match="must be the URL of a storage that exists"):
        read(f"sqlite:///{tmp_path / 'study.db'}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("source", ["nothing://here", "https://example.org/study"])
def test_urls_that_no_driver_reads(source: str) -> None:
    """One sentence with the driver's reason."""
    with pytest.raises(SettingError, match=r"`warm_start` must be a storage that Optuna can read \(.*\), got"):
        read(source)


def test_a_damaged_optuna_journal(tmp_path: Path) -> None:
    """One sentence."""
    (tmp_path / "journal.log").write_text('{"op_code": 0, "worker_id": "x"}\n{"op_code": 99}\n')

    with pytest.raises(SettingError, match="must be a storage that Optuna can read"):
        read(tmp_path / "journal.log")


# what is none of these


def test_no_such_file(tmp_path: Path) -> None:
    """The message lists what there may be."""
    for source in (tmp_path / "run.db", "run.db#first", "metaqnn", ""):
        with pytest.raises(SettingError, match=r"`warm_start` must be a file that exists, or table:NAME, .* got"):
            read(source)


def test_files_of_other_kinds(tmp_path: Path) -> None:
    """The message says what was found."""
    (tmp_path / "notes.txt").write_text("nothing")
    (tmp_path / "damaged.db").write_bytes(b"SQLite format 3\x00" + b"?" * 200)
    with sqlite3.connect(tmp_path / "other.db") as connection:
        connection.execute("CREATE TABLE birds (name TEXT)")
    connection.close()

    for name, found in (
        ("notes.txt", "of no known kind"),
        ("damaged.db", "a damaged or cut SQLite file"),
        ("other.db", "an SQLite file with the tables birds"),
    ):
        with pytest.raises(SettingError, match=f"this file is {found}, got"):
            read(tmp_path / name)


def test_a_table_called_records_makes_no_journal(tmp_path: Path) -> None:
    """The journal's own sentence."""
    with sqlite3.connect(tmp_path / "other.db") as connection:
        connection.execute("CREATE TABLE records (name TEXT)")
    connection.close()

    with pytest.raises(JournalError, match="must be a journal of a run"):
        read(tmp_path / "other.db")


# for a new objective


def csv(folder: Path, text: str, name: str = "runs.csv") -> str:
    (folder / name).write_text(text)
    return str(folder / name)


def test_curves_come_with_negative_ids_the_new_names_and_the_new_length(tmp_path: Path) -> None:
    """wd is no feature of the new objective; two sources follow each other."""
    source = csv(tmp_path, TABLE)
    earlier = earlier_curves([source, source], losses(2), seed=3)
    pairs = earlier.training_set(History(), 1).reaching(1)

    assert earlier.names == ("lr",)
    assert [trial.id for trial, _ in pairs] == [-1, -2, -3, -4, -5, -6, -7, -8]
    assert [trial.features for trial, _ in pairs][:2] == [{"lr": 0.1}, {"lr": 0.2}]
    assert earlier.training_set(History(), 2).count_reaching(2) == 8
    assert earlier.training_set(History(), 3).count_reaching(3) == 0
    assert earlier.sources == (source, source)
    assert f"{source}: 2 epochs without a finite report: filled from the reports before and after" in earlier.notes
    assert earlier.seed == 3


def test_a_metric_of_another_name_is_said(tmp_path: Path) -> None:
    """It is used all the same."""
    source = csv(tmp_path, TABLE.replace("loss_", "error_"))

    assert earlier_curves([source], losses()).sources == (f"{source} (error)",)


def test_a_metric_that_is_better_the_other_way_is_an_error(tmp_path: Path) -> None:
    """One sentence, with both."""
    source = csv(tmp_path, TABLE.replace("loss_", "acc_"))

    with pytest.raises(SettingError, match="must minimize its metric, like loss of train; it maximizes, got"):
        earlier_curves([source], losses())


def test_an_empty_source_is_an_error(tmp_path: Path) -> None:
    """A study of nothing is a mistake."""
    with pytest.raises(SettingError, match="must hold a measured epoch"):
        earlier_curves([str(write(tmp_path / "run.db"))], losses())


def test_without_a_shared_feature_there_is_one_sentence(tmp_path: Path) -> None:
    """It names both sides' features; also where two sources share none with each other."""
    one = csv(tmp_path, TABLE.replace("lr", "rate"))
    with pytest.raises(SettingError, match=r"must share a feature with train \(lr\), .* there are rate, wd, got"):
        earlier_curves([one], losses())
    with pytest.raises(SettingError, match="must share a feature"):
        earlier_curves([one, csv(tmp_path, TABLE, "other.csv")], losses())
    with pytest.raises(SettingError, match="there are none"):
        earlier_curves([csv(tmp_path, "loss_1,loss_2\n2,1\n3,2\n", "bare.csv")], losses())


def test_an_objective_without_features_takes_curves_alone(tmp_path: Path) -> None:
    """There is nothing to share."""
    bare = CurveTable.from_arrays([[3.0, 2.0, 1.0]] * 2, [{}, {}], metric=LOSS)

    assert earlier_curves([csv(tmp_path, TABLE)], bare).names == ()
