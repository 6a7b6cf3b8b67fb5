"""What commands do when no one reads them, when what they write finds no place, and when they are interrupted."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bandits import __main__, cli

FAILING = """
from optuna.distributions import FloatDistribution
from bandits.curves import Metric
from bandits.objectives import objective

@objective(space={"x": FloatDistribution(0, 1)}, metric=Metric("[/loss]", goal="minimize"), max_epochs=2)
def train(config):
    yield 1.0
    if config["x"] > 0.5:
        raise ValueError("[/b] :x: " + chr(0xDCFF))
    yield 2.0
"""


def in_a_shell(line: str) -> tuple[int, str, str]:
    """Run a line of the shell in which $bandits is the command."""
    environment = {**os.environ, "bandits": f"{sys.executable} -m bandits"}
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, check=False, env=environment)
    return done.returncode, done.stdout, done.stderr


def test_a_reader_that_has_gone_is_no_error(tmp_path):
    """Nothing is said, and the exit code tells that not all was written."""
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        [sys.executable, "-m", "bandits", "list"], stdout=writer, stderr=subprocess.PIPE, text=True, check=False
    )
    os.close(writer)
    assert (1, "") == (done.returncode, done.stderr)


def test_streams_that_the_shell_has_closed():
    """The work is done all the same, and exit codes are as ever."""
    assert (0, "", "") == in_a_shell("$bandits list >&-")
    assert (2, "", "") == in_a_shell("$bandits no-such-command >&- 2>&-")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no full device here")
def test_a_full_disk_is_a_sentence():
    """Where the output finds no place, one line says so."""
    said = "bandits: the output cannot be used: No space left on device\n"
    assert (1, "", said) == in_a_shell("$bandits list rules >/dev/full")


def test_square_brackets_are_text(bandits):
    """Metrics, reasons and names are shown as they are, never taken for styles or pictures."""
    Path("own.py").write_text(FAILING)
    code, out, err = bandits("run", "random", "--objective", "own.py:train", "--trials", "4", "--journal", "j")
    assert (0, "") == (code, err)
    assert "[/loss]" in out
    shown = [bandits("explain", "j", str(trial)) for trial in range(4)]
    assert all((0, "") == (code, err) and "[/loss]" in out for code, out, err in shown)
    assert any(r"ValueError: [/b] :x: \udcff" in out for _, out, _ in shown)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes with names here")
def test_a_pipe_with_a_name_is_refused(bandits):
    """Nothing waits for someone to write into it, or to read it."""
    os.mkfifo("pipe")
    os.mkfifo("pipe.csv")
    Path("runs.csv").write_text("lr,acc_1,acc_2\n0.1,0.2,0.3\n0.2,0.3,0.5\n")
    bandits("run", "random", "--objective", "table:runs.csv", "--journal", "j")
    for line in (
        *("predict pipe", "predict pipe.csv", "what-if pipe", "what-if pipe.csv", "import pipe.csv --out new.csv"),
        *("explain pipe 0", "export pipe --optuna new.db", "export j --optuna pipe", "import j --out pipe.csv"),
        *("run random --objective table:pipe.csv", "run random --objective table:runs.csv --journal pipe"),
        *("run random --predictor srm --objective table:runs.csv --warm-start pipe.csv",),
    ):
        code, out, err = bandits(*line.split())
        assert (2, "", 1) == (code, out, err.count("\n")), line


def test_a_number_that_no_journal_has(bandits):
    """A trial's number may be larger than SQLite's integers."""
    Path("runs.csv").write_text("lr,acc_1,acc_2\n0.1,0.2,0.3\n0.2,0.3,0.5\n")
    bandits("run", "random", "--objective", "table:runs.csv", "--journal", "j")
    said = f"bandits: trial must be one of the 2 trials of this journal (0 to 1), got {10**30}\n"
    assert (2, "", said) == bandits("explain", "j", str(10**30))


HELD_BACK = """
import multiprocessing.util as util
from signal import SIG_BLOCK, SIGINT, pthread_sigmask

from bandits.objectives.base import WorkerSite
from bandits.runtime.worker_process import WorkerProcess

if __name__ == "__main__":
    spawn, held = util.spawnv_passfds, []

    def watched(*arguments):
        held.append(SIGINT in pthread_sigmask(SIG_BLOCK, []))
        return spawn(*arguments)

    util.spawnv_passfds = watched
    workers = [WorkerProcess(b"", WorkerSite("", 1, None)) for _ in range(2)]
    for worker in workers:
        worker.start()
    WorkerProcess.end_all(workers)
    print(held)
"""


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="signals cannot be held back here")
def test_an_interrupt_while_workers_start(tmp_path):
    """No process begins its life with an interrupt that it would answer with a traceback, the first ones included."""
    (tmp_path / "held.py").write_text(HELD_BACK)
    done = subprocess.run([sys.executable, tmp_path / "held.py"], capture_output=True, text=True, check=False)
    assert "[True, True, True]\n" == done.stdout  # what tracks resources, and two workers


def test_an_interrupt_while_the_command_loads(monkeypatch):
    """One line, whenever it comes; after that, another one ends the process at once."""

    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "main", interrupted)
    before = signal.getsignal(signal.SIGINT)
    try:
        with pytest.raises(SystemExit, match=r"^bandits: interrupted$"):
            __main__.main()
        assert signal.SIG_DFL == signal.getsignal(signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)
