"""Worker processes: what they report, how they are stopped, and what happens when they die."""

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from bandits.curves import Trial
from bandits.errors import BanditsError, ObjectiveError, SettingError
from bandits.runtime.executors import Crash, Report, WorkerLost
from bandits.runtime.inline_executor import InlineExecutor
from bandits.runtime.process_executor import ProcessExecutor
from bandits.schedulers import Job
from tests.unit.runtime.worker_toys import BAD_DEVICE, Unreadable, Unwilling, Walk

Start = Callable[..., ProcessExecutor]


@pytest.fixture
def start() -> Iterator[Start]:
    """Make executors that are closed at the end, whose processes are all gone then."""
    executors: list[ProcessExecutor] = []

    def make(*arguments: object, **settings: object) -> ProcessExecutor:
        executors.append(ProcessExecutor(*arguments, **settings))  # type: ignore[arg-type]
        return executors[-1]

    yield make
    for executor in executors:
        pids = executor.pids
        executor.close()
        assert not [pid for pid in pids if is_there(pid)]


def is_there(pid: int) -> bool:
    """True while a process lives, or is a zombie."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def rest(executor: ProcessExecutor | InlineExecutor) -> list[Report | Crash | WorkerLost]:
    """All events until no worker is busy."""
    events = []
    while executor.busy:
        events.append(executor.next_event())
    return events


def reports(events: list[Report | Crash | WorkerLost]) -> list[tuple[int, int, float]]:
    """The epochs among events: (trial, epoch, value)."""
    return [(e.trial.id, e.measurement.epoch, e.measurement.value) for e in events if isinstance(e, Report)]


def test_one_worker_reports_what_the_inline_executor_does(start: Start, tmp_path: Path) -> None:
    """The same epochs with the same values in the same order, a pause included; the clock is the wall's."""
    found = []
    for make in (InlineExecutor, start):
        executor = make(Walk(tmp_path), 1)
        events = []
        for trial, job in (
            (Trial(0, seed=4), Job(0, 0, 3)),
            (Trial(1), Job(1, 0, 2)),
            (Trial(0, seed=4), Job(0, 3, 5)),
        ):
            executor.submit(trial, job)
            events += rest(executor)
        found.append(reports(events))
        clocks = [event.clock for event in events]
        assert clocks == sorted(clocks)

    assert found[0] == found[1]
    assert [(0, 1), (0, 2), (0, 3), (1, 1), (1, 2), (0, 4), (0, 5)] == [entry[:2] for entry in found[1]]
    assert clocks[-1] <= executor.clock < 60.0


def test_a_worker_is_at_most_one_epoch_ahead_and_hears_a_stop_within_one(start: Start, tmp_path: Path) -> None:
    """Until epoch 1 is judged, epoch 2 may be trained, but not 3. What comes after a stop is discarded."""
    walk = Walk(tmp_path)
    executor = start(walk, 1)
    executor.submit(Trial(0), Job(0, 0, 9))
    executor.next_event()
    walk.wait_for("begun 0 2")
    time.sleep(0.1)  # for an epoch 3 that should not begin
    assert [1, 2] == [epoch for _, epoch, _ in walk.log("begun")]
    executor.next_event()  # epoch 1 was not stopped, so 3 may begin
    executor.stop(0)
    assert (executor.busy, executor.idle) == (0, 1)
    executor.submit(Trial(1), Job(1, 0, 2))

    assert [(1, 1), (1, 2)] == [entry[:2] for entry in reports(rest(executor))]
    assert {(0, 1), (0, 2), (1, 1), (1, 2)} <= {entry[:2] for entry in walk.log("begun")}
    assert max(epoch for trial, epoch, _ in walk.log("begun") if trial == 0) <= 3


def test_two_workers_train_at_the_same_time(start: Start, tmp_path: Path) -> None:
    """Arm 1 waits in its first epoch for arm 0 to begin its third, which another process trains meanwhile."""
    executor = start(Walk(tmp_path, {(1, 1): "wait for begun 0 3"}), 2)
    executor.submit(Trial(0), Job(0, 0, 4))
    executor.submit(Trial(1), Job(1, 0, 1))
    events = rest(executor)

    assert [(0, 1), (0, 2), (0, 3), (0, 4), (1, 1)] == sorted(entry[:2] for entry in reports(events))
    assert len({event.measurement.details["pid"] for event in events if isinstance(event, Report)}) == 2


def test_a_fixed_order_is_that_of_simulated_workers_with_equal_epochs(start: Start, tmp_path: Path) -> None:
    """However long the epochs take: the order is that of a replay in which each lasts a second."""
    found = []
    for virtual in (True, False):
        walk = Walk(tmp_path, seconds=(0.0,) if virtual else (0.03, 0.0, 0.01))
        walk.virtual_time = virtual
        executor = InlineExecutor(walk, 2) if virtual else start(walk, 2, order="fixed")
        waiting = [Job(0, 0, 3), Job(1, 0, 5), Job(2, 0, 2), Job(3, 0, 4)]
        events = []
        while waiting or executor.busy:
            while executor.idle and waiting:
                job = waiting.pop(0)
                executor.submit(Trial(job.trial_id), job)
            events.append(executor.next_event())
            if reports(events)[-1][:2] == (1, 3):
                executor.stop(1)
        found.append(reports(events))

    assert found[0] == found[1]


@pytest.mark.parametrize(
    ("deed", "died"),
    [("kill", "was killed by signal 9"), ("exit", "ended with exit code 3"), ("kill late", "was killed by signal 9")],
)
def test_a_lost_worker_loses_the_current_epoch_only(start: Start, tmp_path: Path, deed: str, died: str) -> None:
    """Another process goes on from the last checkpoint; the values are those of an undisturbed training."""
    trial = Trial(3, seed=11)
    walk = Walk(tmp_path, {(3, 4): deed})
    executor = start(walk, 1)
    executor.submit(trial, Job(3, 0, 6))
    events = rest(executor)

    assert [(3, epoch, walk.value(trial, epoch)) for epoch in range(1, 7)] == reports(events)
    losses = [(e.trial, e.epoch, e.reason) for e in events if isinstance(e, WorkerLost)]
    assert [(trial.id, 4, died)] == losses
    assert [1, 2, 3, 4, 4, 5, 6] == [epoch for _, epoch, _ in walk.log("begun")]
    assert [0, 0, 0, 1, 0, 0] == [event.again for event in events if isinstance(event, Report)]


def test_an_arm_that_kills_five_workers_is_a_crash(start: Start, tmp_path: Path) -> None:
    """With the reason; another arm is unharmed."""
    executor = start(Walk(tmp_path, {(0, 2): "always kill"}), 2)
    executor.submit(Trial(0), Job(0, 0, 3))
    executor.submit(Trial(1), Job(1, 0, 3))
    events = rest(executor)

    reasons = [event.reason for event in events if isinstance(event, Crash)]
    assert ["the worker process was killed by signal 9 five times at epoch 2"] == reasons
    assert [4] == [event.again for event in events if isinstance(event, Crash)]
    assert sum(isinstance(event, WorkerLost) for event in events) == 5
    assert {(0, 1), (1, 1), (1, 2), (1, 3)} == {entry[:2] for entry in reports(events)}


def test_a_failing_arm_fails_alone(start: Start, tmp_path: Path) -> None:
    """An exception and a NaN crash their arms, in the same worker that then trains another one."""
    executor = start(Walk(tmp_path, {(0, 2): "raise", (1, 1): "nan"}), 1)
    events = []
    for trial_id in range(3):
        executor.submit(Trial(trial_id), Job(trial_id, 0, 2))
        events += rest(executor)

    expected = ["ValueError: out of luck", "the value of epoch 1 must be a finite number, got nan"]
    assert expected == [event.reason for event in events if isinstance(event, Crash)]
    assert [(0, 1), (2, 1), (2, 2)] == [entry[:2] for entry in reports(events)]
    assert len(executor.pids) == 1


def test_a_configuration_that_no_process_can_load_fails_its_arm(start: Start, tmp_path: Path) -> None:
    """The reason names what cannot be sent."""
    executor = start(Walk(tmp_path), 1)
    executor.submit(Trial(0, {"activation": lambda x: x}), Job(0, 0, 2))
    (crash,) = rest(executor)

    assert isinstance(crash, Crash)
    assert crash.reason.startswith("the configuration must be one that worker processes can load, got ")


def test_an_arm_goes_back_to_the_worker_that_holds_it(start: Start, tmp_path: Path) -> None:
    """Where that one is idle."""
    executor = start(Walk(tmp_path), 2)
    pids: dict[int, set[float]] = {0: set(), 1: set()}
    for begin, end, order in ((0, 2, (0, 1)), (2, 4, (1, 0))):
        for trial_id in order:
            executor.submit(Trial(trial_id), Job(trial_id, begin, end))
        for event in rest(executor):
            assert isinstance(event, Report)
            pids[event.trial.id].add(event.measurement.details["pid"])

    assert [1, 1] == [len(each) for each in pids.values()]
    assert pids[0] != pids[1]


def test_released_trials_leave_nothing_behind(start: Start, tmp_path: Path) -> None:
    """Not in the folder, nor in the worker; paused ones stay until the end, and the folder that was given too."""
    walk, folder = Walk(tmp_path, seconds=(0.02,)), tmp_path / "checkpoints"
    executor = start(walk, 1, checkpoints=folder)
    for trial_id in (0, 1, 2):
        executor.submit(Trial(trial_id), Job(trial_id, 0, 2))
        rest(executor)
    executor.release(Trial(0))
    assert ["trial-1", "trial-2"] == sorted(path.name for path in folder.iterdir())
    executor.submit(Trial(3), Job(3, 0, 9))
    executor.next_event()
    executor.stop(3)
    executor.release(Trial(3))  # while the worker is still in epoch 2
    executor.submit(Trial(4), Job(4, 0, 1))
    rest(executor)
    assert [(0,), (3,)] == walk.log("released")
    assert ["trial-1", "trial-2", "trial-4"] == sorted(path.name for path in folder.iterdir())
    executor.close()

    assert folder.is_dir()


@pytest.mark.parametrize(
    ("objective", "error", "message"),
    [
        (lambda folder: Unwilling(folder, BAD_DEVICE), SettingError, r"`device` must be one that this machine has"),
        (
            lambda folder: Unwilling(folder, OSError("disk is full")),
            ObjectiveError,
            "walk must get ready in worker processes, got OSError: disk is full",
        ),
        (
            lambda folder: Unwilling(folder, None),
            ObjectiveError,
            "in worker processes: 3 in a row could not, the last ended with exit code 5 while it started",
        ),
        (
            Unreadable,
            SettingError,
            "the objective must be one that worker processes can import, it gave ModuleNotFoundError: No module named",
        ),
    ],
    ids=["a wrong setting", "an exception", "a crash", "what cannot be imported"],
)
def test_workers_that_cannot_start_end_the_run(
    start: Start, tmp_path: Path, objective: Callable[[Path], Walk], error: type[BanditsError], message: str
) -> None:
    """In one sentence."""
    executor = start(objective(tmp_path), 1)
    executor.submit(Trial(0), Job(0, 0, 1))
    with pytest.raises(error, match=message):
        rest(executor)


def test_a_worker_that_is_killed_while_it_starts_is_replaced(start: Start, tmp_path: Path) -> None:
    """That does not count against its arm."""
    executor = start(Walk(tmp_path), 1)
    executor.submit(Trial(0), Job(0, 0, 1))
    os.kill(executor.pids[0], 9)
    lost, report = rest(executor)

    assert isinstance(lost, WorkerLost)
    assert (lost.trial, lost.epoch, lost.reason) == (0, 1, "was killed by signal 9 while it started")
    assert isinstance(report, Report)


def test_an_idle_worker_that_is_killed_is_replaced_when_it_is_needed(start: Start, tmp_path: Path) -> None:
    """Its paused arm goes on from the checkpoint, whether or not its death has been noticed."""
    executor = start(Walk(tmp_path), 1)
    executor.submit(Trial(0), Job(0, 0, 2))
    rest(executor)
    os.kill(executor.pids[0], 9)
    executor.submit(Trial(0), Job(0, 2, 4))
    events = rest(executor)

    assert [(0, 3), (0, 4)] == [entry[:2] for entry in reports(events)]
    assert ["was killed by signal 9"] == [event.reason for event in events if isinstance(event, WorkerLost)]


def test_workers_are_told_where_to_train(start: Start, tmp_path: Path) -> None:
    """Devices are shared out in turn; threads are set for the libraries too."""
    walk = Walk(tmp_path)
    walk.devices = ("cuda:0", "cuda:1")
    executor = start(walk, 3, threads=2)
    sites = [worker.site for worker in executor._workers]

    assert ["cuda:0", "cuda:1", "cuda:0"] == [site.device for site in sites]
    assert [2, 2, 2] == [site.threads for site in sites]
    assert all(site.folder is not None and site.folder.is_dir() for site in sites)


def test_more_workers_than_memory_allows_are_refused(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With how many there may be; one is always allowed, and nothing is said where nothing is known."""
    monkeypatch.setattr("bandits.runtime.memory.free_memory", lambda: int(22.5 * 2**30))
    walk = Walk(tmp_path)
    start(walk, 100)
    walk.memory_per_worker = int(0.6 * 2**30)
    message = r"`workers` must be <= 37: 22.5 GiB of memory are free, and each worker takes 0.6 GiB, got 100"
    with pytest.raises(SettingError, match=message):
        start(walk, 100)
    walk.memory_per_worker = 2**40
    start(walk, 1)
    with pytest.raises(SettingError, match=r"`workers` must be <= 1: 22.5 GiB"):
        start(walk, 2)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"workers": 0}, "`workers` must be an integer >= 1, got 0"),
        ({"threads": 0}, "`threads` must be an integer >= 1, got 0"),
        ({"order": "random"}, "`order` must be one of 'arrival', 'fixed', got 'random'"),
        (
            {"checkpoints": "{folder}/used"},
            "`checkpoints` must be a folder that holds no checkpoints of another run, got '.*trial-3'",
        ),
        ({"checkpoints": "{folder}/file"}, "`checkpoints` must be a folder that can be written, got '.*file'"),
    ],
)
def test_arguments_have_rules(tmp_path: Path, settings: dict[str, object], message: str) -> None:
    """A broken argument is refused with its name, its rule and its value."""
    (tmp_path / "used" / "trial-3").mkdir(parents=True)
    (tmp_path / "file").touch()
    if "checkpoints" in settings:
        settings = {"checkpoints": str(settings["checkpoints"]).format(folder=tmp_path)}
    with pytest.raises(SettingError, match=message):
        ProcessExecutor(Walk(tmp_path), **{"workers": 1, **settings})  # type: ignore[arg-type]


def test_an_objective_that_cannot_be_pickled_is_refused(tmp_path: Path) -> None:
    """Before anything starts, with the reason."""
    walk = Walk(tmp_path)
    walk.callback = lambda: None  # type: ignore[attr-defined]
    with pytest.raises(SettingError, match=r"`objective` must be an objective that can be pickled, .* got walk"):
        ProcessExecutor(walk, 1)
