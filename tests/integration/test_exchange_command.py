"""`bandits export` and `bandits import`, as a user meets them."""

import json
import re
import sqlite3
import subprocess
import sys
import time
from contextlib import ExitStack, closing

import optuna
import pytest

from bandits import Hyperband, run
from bandits.objectives import CurveTable
from bandits.runtime.journal import SqliteJournal
from bandits.studies.writers import export_journal
from tests.integration.optuna.postgres_server import NoServer, postgres_server

pytestmark = pytest.mark.usefixtures("quiet_optuna")

RUN = ("run", "hyperband", "--predictor", "srm-ridge", "--objective", "table:metaqnn_cifar10")


def test_a_journal_becomes_a_study_and_a_table(bandits):
    """Each command says what it wrote and what to do next; the table has the run's curves."""
    bandits(*RUN, "--journal", "run.journal")
    exported = bandits("export", "run.journal", "--optuna", "study.log")
    imported = bandits("import", "study.log", "--out", "curves.csv")
    table = CurveTable("curves.csv")

    assert (exported[0], exported[2], imported[0], imported[2]) == (0, "", 0, "")
    assert exported[1].splitlines() == [
        "wrote  study 'run' in study.log: 17 trials (12 PRUNED, 5 COMPLETE), 154 epochs",
        "look   optuna-dashboard study.log",
    ]
    assert imported[1].splitlines() == [
        "wrote  curves.csv: 17 curves (validation_accuracy, maximize) of up to 20 epochs, 5 of them complete",
        "next   bandits predict curves.csv   or   bandits run random --objective table:curves.csv",
    ]
    assert (len(table), table.max_epochs) == (17, 20)
    assert round(table.best_possible((20,)), 4) == 0.834


def test_a_warm_start_from_an_export_is_one_from_the_journal(bandits):
    """The same decisions, whether the curves come from the journal, the study, or the table made of the study."""
    bandits(*RUN, "--loops", "4", "--seed", "1", "--journal", "run.journal")
    bandits("export", "run.journal", "--optuna", "study.log")
    bandits("import", "study.log", "--out", "curves.csv")
    told = {}
    for source in ("run.journal", "study.log", "curves.csv"):
        code, out, _ = bandits(*RUN, "--loops", "2", "--warm-start", source, "--json")
        assert code == 0
        told[source] = json.loads(out)
    first, second, third = told.values()

    assert first["warm_start"]["curves"] == second["warm_start"]["curves"] == 68
    assert first["dropped"] > 0
    for told_elsewhere in (second, third):
        for what in ("epochs_trained", "best_trial", "dropped", "brackets"):
            assert told_elsewhere[what] == first[what]


def test_partial_curves_of_a_study_are_forecast(bandits):
    """The complete trials teach, the pruned ones are forecast."""
    bandits(*RUN, "--loops", "3", "--journal", "run.journal")
    bandits("export", "run.journal", "--optuna", "study.log", "--study", "nets")
    bandits("import", "study.log#nets", "--out", "curves.csv")
    code, out, _ = bandits("predict", "curves.csv", "--predictor", "srm-ridge", "--json")

    assert code == 0
    assert len(json.loads(out)["forecasts"]) > 20


def test_gaps_and_the_last_epochs_are_told(bandits):
    """A study that reports every second epoch; --epochs cuts it."""
    study = optuna.create_study(storage="sqlite:///study.db")
    for start in (3.0, 4.0):
        trial = study.ask()
        for epoch in (2, 4, 6):
            trial.report(start / epoch, epoch)
        study.tell(trial, start / 6)
    code, out, _ = bandits("import", "sqlite:///study.db", "--out", "curves.csv", "--epochs", "4")

    assert code == 0
    assert "2 curves (loss, minimize) of up to 4 epochs, 2 of them complete" in out
    assert "note   4 epochs without a finite report: filled from the reports before and after" in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("export", "none.journal", "--optuna", "s.db"), "journal must be an existing file, got 'none.journal'"),
        (("export", "notes.txt", "--optuna", "s.db"), "journal must be a journal of a run, got 'notes.txt'"),
        (
            ("export", "run.journal", "--optuna", "notes.txt"),
            "the Optuna storage must be new, or hold Optuna's studies",
        ),
        (("export", "run.journal", "--optuna", "run.journal"), "the Optuna storage must be new, or hold Optuna's"),
        (("export", "run.journal", "--optuna", "study.log"), "name of the study must be new in this storage, or be"),
        (("export", "run.journal"), "Missing option '--optuna'"),
        (("import", "nothing.db", "--out", "c.csv"), "the study must be a file that exists"),
        (("import", "notes.txt", "--out", "c.csv"), "the study must be"),
        (("import", "study.log", "--out", "notes.txt"), "`out` must end in .csv, got 'notes.txt'"),
        (("import", "study.log#other", "--out", "c.csv"), "one of its studies (run)"),
        (
            ("import", "study.log", "--out", "c.csv", "--goal", "up"),
            "`goal` must be one of 'maximize', 'minimize', or None, got 'up'",
        ),
        (("import", "study.log", "--out", "c.csv", "--epochs", "0"), "`epochs` must be an integer >= 2, got 0"),
    ],
)
def test_wrong_usage(bandits, tmp_path, arguments, message):
    """Exit code 2 and one line."""
    with SqliteJournal.create(tmp_path / "run.journal") as journal:
        run(Hyperband(max_epochs=3), CurveTable("metaqnn_cifar10"), journal=journal)
    export_journal(tmp_path / "run.journal", str(tmp_path / "study.log"))
    (tmp_path / "notes.txt").write_text("remember the milk")
    code, out, err = bandits(*arguments)

    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1


SLOW = """
import time
from optuna.distributions import FloatDistribution
from bandits import Metric
from bandits.objectives import objective

@objective(space={"lr": FloatDistribution(0, 1)}, metric=Metric("loss", goal="minimize"), max_epochs=4)
def train(config, seed):
    for epoch in range(1, 5):
        time.sleep(0.02)
        yield config["lr"] / epoch
"""


def test_a_run_is_exported_again_and_again_while_it_goes_on(bandits, tmp_path):
    """Each time with --replace the study shows more, and the run is not disturbed."""
    (tmp_path / "slow.py").write_text(SLOW)
    command = ["run", "random", "--objective", "slow:train", "--trials", "200", "--journal", "run.journal"]
    running = subprocess.Popen([sys.executable, "-m", "bandits", *command], cwd=tmp_path, stdout=subprocess.PIPE)
    try:
        seen = []
        while len(seen) < 2 or seen[-1] <= 4:  # a trial has four epochs
            code, out, err = bandits("export", "run.journal", "--optuna", "study.log", "--replace")
            assert running.poll() is None, err
            epochs = int(re.search(r"(\d+) epochs", out)[1]) if code == 0 else 0
            if epochs > max(seen, default=0):
                seen.append(epochs)
            else:
                time.sleep(0.1)  # nothing has been measured, or nothing more
        assert running.poll() is None
        study = optuna.load_study(study_name="run", storage=storage_of(tmp_path / "study.log"))
        assert study.user_attrs["bandits:ended"] == "not yet"
        assert [trial.state.name for trial in study.trials].count("RUNNING") <= 1
        assert len(study.trials) > 1
    finally:
        running.kill()
        running.communicate()


def storage_of(path):
    """Optuna's storage in a file."""
    return optuna.storages.JournalStorage(optuna.storages.journal.JournalFileBackend(str(path)))


@pytest.mark.postgres
def test_a_study_may_live_in_postgresql(bandits):
    """Skipped, with the reason, where no server can be started."""
    bandits(*RUN, "--journal", "run.journal")
    with ExitStack() as stack:
        try:
            url = stack.enter_context(postgres_server())
        except NoServer as why:
            pytest.skip(f"not tested with PostgreSQL: {why}")
        exported = bandits("export", "run.journal", "--optuna", url)
        imported = bandits("import", f"{url}#run", "--out", "curves.csv")

    assert (exported[0], exported[2], imported[0], imported[2]) == (0, "", 0, "")
    assert "17 trials" in exported[1]
    assert "17 curves (validation_accuracy, maximize)" in imported[1]


def test_a_long_export_says_how_far_it_is(bandits, monkeypatch):
    """On stderr, in a line now and then, where there is no terminal."""
    monkeypatch.setattr("bandits.cli.progress._SECONDS", 0.0)
    bandits("run", "random", "--trials", "30", "--max-epochs", "2", "--journal", "run.journal")
    code, _, err = bandits("export", "run.journal", "--optuna", "study.log")

    assert (0, 30) == (code, err.count("\n"))
    assert err.endswith("bandits: writing: 30 of 30 trials\n")


def test_an_export_of_a_later_journal_notes_what_was_left_out(bandits, tmp_path):
    """As import and what-if do."""
    with SqliteJournal.create(tmp_path / "run.journal") as journal:
        run(Hyperband(max_epochs=3, loops=1), CurveTable("metaqnn_cifar10"), journal=journal)
    with closing(sqlite3.connect(tmp_path / "run.journal")) as connection, connection:
        connection.execute("INSERT INTO records (kind, trial, body) VALUES ('Rumour', 0, '{}')")
        connection.execute("PRAGMA user_version=99")
    done = bandits("export", str(tmp_path / "run.journal"), "--optuna", str(tmp_path / "study.log"))

    assert (0, "") == (done[0], done[2])
    assert "note   the journal has format 99" in done[1]
