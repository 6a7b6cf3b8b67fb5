"""Whole runs in worker processes: their decisions, their deaths, and how they end."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from bandits import ASHA, EarlyStopper, Hyperband, ProbabilityRule, RandomSearch, Result, run
from bandits.errors import ObjectiveError, SettingError
from bandits.objectives import CurveTable
from bandits.predictors import LastSeenValue
from bandits.rng import rng_for
from bandits.runtime import InlineExecutor, SqliteJournal, executor_for
from bandits.runtime.process_executor import ProcessExecutor
from bandits.runtime.records import (
    Changed,
    Ended,
    Epoch,
    EpochsAgain,
    JobStarted,
    Record,
    TrialFailed,
    TrialStarted,
    WorkerLost,
)
from bandits.schedulers import Done, Failed, Job, Measured, Scheduler, State
from tests.unit.runtime.worker_toys import Unwilling, Walk


def timeless(result: Result) -> list[Record]:
    """A journal without its times, the processes that trained, and those that were lost."""
    records: list[Record] = []
    for record in result.journal.records():
        match record:
            case Epoch():
                records.append(replace(record, clock=0.0, seconds=0.0, details={}))
            case JobStarted() | TrialFailed() | Ended():
                records.append(replace(record, clock=0.0))
            case WorkerLost() | EpochsAgain():
                pass
            case _:
                records.append(record)
    return records


def retold(scheduler: Scheduler, result: Result) -> list[tuple[int, State, int]]:
    """Every change of state that a fresh scheduler makes when it is told a journal, which must hold its jobs too."""
    machine = scheduler.fresh(stopper=scheduler.stopper)
    trials = {}
    changes = []
    for record in result.journal.records():
        match record:
            case TrialStarted():
                trials[record.trial] = result.trials[record.trial]
            case JobStarted():
                assert machine.ask() == Job(record.trial, record.start, record.stop)
            case Epoch():
                score = result.metric.orient(record.value)
                machine.tell(Measured(trials[record.trial], record.epoch, score))
            case TrialFailed():
                machine.tell(Failed(trials[record.trial], record.reason))
            case Ended():
                assert machine.ask() == Done()
            case _:
                pass
        changes += [(change.trial_id, change.state, change.epoch) for change in machine.take_changes()]
    return changes


def changes_of(result: Result) -> list[tuple[int, State, int]]:
    """Every change of state that a journal holds."""
    return [(each.trial, each.state, each.epoch) for each in result.journal.records() if isinstance(each, Changed)]


def stopper() -> EarlyStopper:
    """Forecasts that err, from few curves."""
    return EarlyStopper(LastSeenValue(min_curves=2), ProbabilityRule(0.6))


@pytest.mark.parametrize(
    "scheduler",
    [Hyperband(max_epochs=9, stopper=stopper()), ASHA(max_epochs=9, trials=15, stopper=stopper())],
    ids=lambda scheduler: f"{scheduler.name}",
)
def test_the_journal_is_in_the_order_of_the_decisions(scheduler: Scheduler, tmp_path: Path) -> None:
    """Telling a fresh scheduler what three workers reported, in that order, gives the decisions of the run."""
    walk = Walk(tmp_path, {(2, 1): "raise"}, seconds=(0.0, 0.003, 0.001))
    result = run(scheduler, walk, workers=3)

    assert retold(scheduler, result) == changes_of(result)
    assert result.workers == 3
    assert result.count(State.FAILED) == 1
    assert not result.count(State.RUNNING)


def test_a_fixed_order_gives_the_decisions_of_simulated_workers(tmp_path: Path) -> None:
    """The journal is that of a replay whose epochs all take the same time, but for times."""
    simulated = Walk(tmp_path)
    simulated.virtual_time = True
    scheduler = Hyperband(max_epochs=9, stopper=stopper())
    expected = run(scheduler, simulated, workers=2)
    walk = Walk(tmp_path, seconds=(0.004, 0.0, 0.001))
    actual = run(scheduler, walk, executor=executor_for(walk, 2, order="fixed"))

    assert timeless(expected) == timeless(actual)
    assert expected.count(State.DROPPED) > 0


def test_twenty_random_kills_change_nothing_but_times(tmp_path: Path) -> None:
    """In a fixed order the decisions, the arms that finish and the best are those of an undisturbed run."""
    (tmp_path / "calm").mkdir()
    (tmp_path / "wild").mkdir()
    calm = Walk(tmp_path / "calm")
    scheduler = Hyperband(max_epochs=9, stopper=stopper())
    expected = run(scheduler, calm, executor=executor_for(calm, 2, order="fixed"))
    epochs = sorted((record.trial, record.epoch) for record in timeless(expected) if isinstance(record, Epoch))
    rng = rng_for(5, "kills")
    deeds = {
        epochs[i]: str(rng.choice(["kill", "kill late", "exit"])) for i in rng.choice(len(epochs), 20, replace=False)
    }
    wild = Walk(tmp_path / "wild", deeds)
    actual = run(scheduler, wild, executor=executor_for(wild, 2, order="fixed"))

    assert sum(isinstance(record, WorkerLost) for record in actual.journal.records()) == 20
    assert expected.count(State.DROPPED) > 0
    assert timeless(expected) == timeless(actual)
    assert expected.best == actual.best
    assert expected.rows() == actual.rows()


def test_lost_workers_are_in_the_journal(tmp_path: Path, bandits: Callable[..., tuple[int, str, str]]) -> None:
    """A file says which epoch was trained again, and `bandits explain` shows it."""
    path = tmp_path / "run.journal"
    with SqliteJournal.create(path) as journal:
        walk = Walk(tmp_path, {(1, 2): "kill"})
        run(RandomSearch(trials=2, max_epochs=3), walk, executor=ProcessExecutor(walk, 1), journal=journal)
        lost = [record for record in journal.records() if isinstance(record, WorkerLost)]
    code, out, _ = bandits("explain", str(path), "1")

    assert [(1, 2, "was killed by signal 9")] == [(record.trial, record.epoch, record.reason) for record in lost]
    assert code == 0
    assert "its worker process was killed by signal 9; another one trains epoch 2 again" in out


def test_workers_that_cannot_start_leave_a_failed_run(tmp_path: Path) -> None:
    """One sentence, and a journal that says that the run has ended."""
    with SqliteJournal.create(tmp_path / "run.journal") as journal:
        with pytest.raises(ObjectiveError, match="walk must get ready in worker processes, got OSError: no disk"):
            run(
                RandomSearch(trials=2, max_epochs=3),
                Unwilling(tmp_path, OSError("no disk")),
                workers=2,
                journal=journal,
            )
        assert [record.how for record in journal.records() if isinstance(record, Ended)] == ["failed"]


def test_where_an_objective_trains(tmp_path: Path) -> None:
    """Replays and single workers inline, unless checkpoints ask for a process; the rest in processes."""
    table, walk = CurveTable("metaqnn_cifar10"), Walk(tmp_path)
    for objective, workers, settings, kind in (
        (table, 4, {}, InlineExecutor),
        (table, 4, {"order": "fixed"}, InlineExecutor),
        (walk, 1, {"order": "fixed"}, InlineExecutor),
        (walk, 2, {}, ProcessExecutor),
        (walk, 1, {"checkpoints": tmp_path / "checkpoints"}, ProcessExecutor),
    ):
        executor = executor_for(objective, workers, **settings)  # type: ignore[arg-type]
        assert isinstance(executor, kind)
        assert executor.workers == workers
        executor.close()
    with pytest.raises(SettingError, match="`checkpoints` must be left out for metaqnn_cifar10, a replay, got 'here'"):
        executor_for(table, checkpoints="here")
    with pytest.raises(SettingError, match="`order` must be one of 'arrival', 'fixed', got 'any'"):
        executor_for(table, order="any")  # type: ignore[arg-type]


def test_workers_are_the_executors(tmp_path: Path) -> None:
    """A number beside an executor must be its own."""
    walk = Walk(tmp_path)
    with pytest.raises(SettingError, match="`workers` must be left out, the executor has 1, got 3"):
        run(RandomSearch(trials=1, max_epochs=1), walk, workers=3, executor=InlineExecutor(walk))


# Scripts: what only shows in processes of their own

SCRIPT = """
import os, sys, time
from optuna.distributions import FloatDistribution
from bandits import RandomSearch, run
from bandits.curves import Metric
from bandits.objectives import objective

@objective(space={"lr": FloatDistribution(0, 1)}, metric=Metric("accuracy", "maximize"), max_epochs=3)
def train(config):
    for epoch in range(3):
        os.write(1, f"epoch {os.getpid()}\\n".encode())
        time.sleep(SECONDS)
        yield epoch + config["lr"]

def main():
    result = run(RandomSearch(trials=4, max_epochs=3), train, workers=2)
    print("result", result.epochs_trained, result.interrupted, flush=True)
"""
GUARD = "if __name__ == '__main__':\n    main()\n"


def _hear_interrupts() -> None:
    """A shell has what it starts in the background ignore Ctrl-C, and so whatever that starts; scripts shall not."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.fixture
def script(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start a script, in a process group of its own and with a folder of its own for temporary files."""
    started: list[subprocess.Popen[str]] = []

    def start(text: str, seconds: float) -> subprocess.Popen[str]:
        path = tmp_path / "script.py"
        path.write_text(textwrap.dedent(text).replace("SECONDS", str(seconds)))
        (tmp_path / "temporary").mkdir()
        started.append(
            subprocess.Popen(
                [sys.executable, str(path)],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                start_new_session=True,
                preexec_fn=_hear_interrupts,
                env={**os.environ, "TMPDIR": str(tmp_path / "temporary")},
            )
        )
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def training(process: subprocess.Popen[str]) -> list[int]:
    """Wait until two workers train: their processes."""
    assert process.stdout is not None
    pids: list[int] = []
    while len(pids) < 2:
        word, pid = process.stdout.readline().split()
        assert word == "epoch"
        pids += [] if int(pid) in pids else [int(pid)]
    return pids


def gone(pids: list[int], seconds: float = 10.0) -> bool:
    """Wait until processes have ended; False if some have not."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not any(Path(f"/proc/{pid}").exists() for pid in pids):
            return True
        time.sleep(0.02)
    return False


def test_a_decorated_function_of_the_script_itself(script: Callable[..., subprocess.Popen[str]]) -> None:
    """Worker processes find it in the script, below the usual guard of which the run stands."""
    out, err = script(SCRIPT + GUARD, 0.0).communicate(timeout=60)

    assert "result 12 False" in out
    assert err == ""


def test_a_script_without_a_guard_is_told_so(script: Callable[..., subprocess.Popen[str]]) -> None:
    """One sentence, once, instead of processes that start processes."""
    process = script(SCRIPT + "main()\n", 0.0)
    out, err = process.communicate(timeout=60)

    assert process.returncode == 1
    assert "result" not in out
    assert err.count("Traceback") == 1
    assert "must start its run under `if __name__ == '__main__':`" in err.splitlines()[-1]


def test_an_interrupt_ends_the_workers_and_keeps_the_result(
    script: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    """Ctrl-C, which reaches every process: the run returns what it has, quickly; nothing is left behind."""
    process = script(SCRIPT + GUARD, 30.0)
    pids = training(process)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=60)

    assert "result 0 True" in out
    assert err == ""
    assert gone(pids)
    assert not list((tmp_path / "temporary").iterdir())


def test_workers_end_with_their_run(script: Callable[..., subprocess.Popen[str]]) -> None:
    """Even where it is killed while they are in the middle of an epoch."""
    process = script(SCRIPT + GUARD, 30.0)
    pids = training(process)
    process.kill()
    process.wait()

    assert gone(pids)
