"""Names with settings on the command line, and what it says of them."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.shell_completion import ShellComplete

from bandits import cli
from bandits.config import choose
from bandits.config.entry import KINDS

OBJECTIVE = """
from optuna.distributions import FloatDistribution
from bandits.curves import Metric
from bandits.objectives import objective

@objective(space={"x": FloatDistribution(0, 1)}, metric=Metric("loss", goal="minimize"), max_epochs=9)
def train(config):
    for epoch in range(1, 10):
        yield (config["x"] - 0.5) ** 2 + 1 / epoch
"""


@pytest.mark.parametrize("module", [[], ["-m", "bandits"]])
def test_without_arguments_the_help_is_shown(bandits, module):
    """`bandits` and `python -m bandits` print all of it and exit with 0."""
    if module:
        done = subprocess.run([sys.executable, *module], capture_output=True, text=True, check=False)
        code, out, err = done.returncode, done.stdout, done.stderr
    else:
        code, out, err = bandits()

    assert (0, "") == (code, err)
    for words in ("Usage:", "--version", "what-if", "record"):
        assert words in out


def test_a_line_with_settings_everywhere(bandits):
    """Algorithm, predictor, rule, sampler and objective are all named with settings of their own."""
    code, out, err = bandits(
        "run", "hyperband:loops=2", "--predictor", "srm:min_curves=5", "--rule", "risk:risk=0.2,from_epoch=3",
        "--sampler", "tpe:n_startup_trials=5", "--objective", "table:metaqnn_cifar10,duplicates=keep", "--json",
    )  # fmt: skip

    told = json.loads(out)
    assert (0, "") == (code, err)
    assert 2 == told["settings"]["loops"]
    assert {"min_curves": 5} == told["stopper"]["predictor_settings"]
    assert (0.2, 3) == (told["stopper"]["rule"]["risk"], told["stopper"]["rule"]["from_epoch"])


def test_no_arm_is_dropped_before_the_epoch_that_is_asked_for(bandits):
    """`--from-epoch` is a floor for forecasts."""
    run = ("run", "random", "--predictor", "srm", "--trials", "60", "--confidence", "0.9", "--journal")
    for name, words in (("plain.journal", ()), ("floor.journal", ("--from-epoch", "7"))):
        assert 0 == bandits(*run, name, *words)[0]

    assert min(epochs_of_drops("plain.journal")) < 7 <= min(epochs_of_drops("floor.journal"))


def epochs_of_drops(path: str) -> list[int]:
    """How long arms trained that a forecast dropped."""
    from bandits.runtime import SqliteJournal

    with SqliteJournal.open(path) as journal:
        return [record.epoch for record in journal.records() if getattr(record, "drop", False)]


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_file_is_an_objective(bandits, workers):
    """`folder/file.py:function` works like a module, in worker processes as well."""
    Path("sub").mkdir()
    Path(f"sub/own_{workers}.py").write_text(OBJECTIVE)
    code, out, _ = bandits(
        "run", "halving", "--objective", f"sub/own_{workers}.py:train", "--workers", workers, "--json"
    )

    assert (0, 0) == (code, json.loads(out)["failed"])


BAD = {
    "raising.py": "raise RuntimeError('not today')",
    "missing.py": "import no_such_library",
    "ending.py": "raise SystemExit(3)",
    "wrong.py": "def train(:",
    "json.py": "train = 1",
}


@pytest.mark.parametrize(
    ("objective", "words"),
    [
        ("raising.py:train", "must be importable, but raising.py raised RuntimeError: not today"),
        ("raising:train", "must be importable, but raising raised RuntimeError: not today"),
        ("missing.py:train", "must be importable, but missing.py raised ModuleNotFoundError: No module named 'no_such"),
        ("missing:train", "must be importable, but missing raised ModuleNotFoundError"),
        ("ending.py:train", "must be importable, but ending.py raised SystemExit: 3"),
        ("wrong.py:train", "must be importable, but wrong.py raised SyntaxError"),
        ("json.py:train", "must be in a file with another name: 'json' is already the module"),
        ("nofile.py:x", "must name a Python file that exists, got 'nofile.py:x'"),
        ("a.b.py:x", "must be in a file whose name has no dot"),
        ("mod:", "must have a setting or an argument after its colon"),
        ("tabel:lstm_ptb", "objective must be one of table:..., cnn:..., lstm:..., your_module:your_function"),
        ("own:tran", "must name an attribute of own, got 'tran'"),
        ("own:train,x=1", "`x` must be left out for own:train, whose settings are in its own code, got 1"),
        ("table", "objective must be one of table:..."),
        ("table:lstm_ptb,goal=up", "`goal` of table must be one of 'maximize', 'minimize' or none, got 'up'"),
        ("table:a,b", "must give every setting as key=value, and quote a value that holds a comma"),
    ],
)
def test_an_objective_that_cannot_be_had_is_one_sentence(bandits, objective, words):
    """Whatever the user's file does when it is imported."""
    for name, text in {**BAD, "own.py": OBJECTIVE, "a.b.py": OBJECTIVE}.items():
        Path(name).write_text(text)
    for name in ("own", "raising", "missing", "ending", "wrong"):
        sys.modules.pop(name, None)

    code, out, err = bandits("run", "random", "--objective", objective)
    assert (2, "", 1) == (code, out, err.count("\n"))
    assert words in err


@pytest.mark.parametrize(
    ("kind", "name", "words"),
    [
        ("algorithms", "hyperband", ["eta", "an integer", "3", "1 in eta arms goes on"]),
        ("algorithms", "random", ["trials", "(a table's rows, else 100)", "max_epochs", "(the objective's)"]),
        ("algorithms", "metaqnn", ["trials", "(that of --epsilon)"]),
        ("predictors", "srm", ["min_curves", "10", "srm:VALUE stands for srm:model=VALUE", "'svr_rbf'"]),
        ("rules", "risk", ["tolerance", "a number or 'noise'", "from_epoch"]),
        ("samplers", "tpe", ["n_startup_trials", "min_arms", "an integer or none"]),
        ("samplers", "random", ["seed", "(that of --seed)"]),
        ("objectives", "cnn", ["data", "(must be given)"]),
        ("objectives", "table", ["duplicates", "one of 'drop', 'keep'"]),
    ],
)
def test_list_shows_the_settings_of_one_thing(bandits, kind, name, words):
    """Name, type, default and meaning of each."""
    code, out, _ = bandits("list", kind, name)

    assert 0 == code
    assert [] == [word for word in words if word not in out]


@pytest.mark.parametrize("words", [[], ["predictors"], ["algorithms", "hyperband"]])
def test_lists_in_a_pipe_have_no_blanks_at_the_ends_of_lines(bandits, words):
    """Nor a line that is broken."""
    lines = bandits("list", *words)[1].splitlines()

    assert len(lines) > 5
    assert [] == [line for line in lines if line != line.rstrip()]


def test_list_refuses_what_there_is_not(bandits):
    """An unknown name is answered with the nearest."""
    code, _, err = bandits("list", "algorithms", "hyperbnd")

    assert 2 == code
    assert "(did you mean 'hyperband'?)" in err


def test_the_help_groups_options_by_whose_they_are(bandits):
    """Meanings, owners and defaults come from the constructors."""
    _, out, _ = bandits("run", "--help")

    said = " ".join(out.split())
    titles = ["Options:", "Settings of the algorithm:", "Settings of the rule that drops arms:",
              "Settings of the sampler of metaqnn:", "Settings of the objective:", "Running:"]  # fmt: skip
    assert sorted(titles, key=said.index) == titles
    assert (
        "--eta N 1 in eta arms goes on at each rung, >= 2. (halving, hyperband, dehb, asha, asha-stopping, pasha)"
        in said
    )
    assert "or what the stopper's rule asks for. (random, median, metaqnn)" in said
    assert "--min-epochs N Epochs of the lowest rung" in said
    assert "No forecast drops an arm earlier, unless --from-epoch allows it." in said


def completed(*words: str) -> list[str]:
    """What the shell is offered after some words, the last of which has been begun."""
    complete = ShellComplete(cli.command, {}, "bandits", "_BANDITS_COMPLETE")
    return [item.value for item in complete.get_completions(list(words[:-1]), words[-1])]


def test_the_shell_completes_names():
    """Of algorithms, predictors, rules, samplers and objectives, and of what `bandits list` shows."""
    assert ["asha", "asha-stopping"] == completed("run", "ash")
    assert ["srm-forest"] == completed("run", "hyperband", "--predictor", "srm-f")
    assert ["tpe"] == completed("run", "hyperband", "--sampler", "t")
    assert ["probability"] == completed("run", "hyperband", "--rule", "p")
    assert ["table:lstm_ptb"] == completed("run", "hyperband", "--objective", "table:lstm_p")
    assert ["pow3", "pow4"] == completed("predict", "runs.csv", "--predictor", "po")
    assert list(KINDS) == completed("list", "")
    assert ["rules"] == completed("list", "ru")
    assert ["hyperband"] == completed("list", "algorithms", "hyp")
    assert [] == completed("list", "nothing", "hyp")


def in_a_process(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own."""
    done = [sys.executable, "-m", "bandits", *words]
    return subprocess.run(done, capture_output=True, text=True, check=False, env={**os.environ, **environment})


def test_a_stream_of_ascii_is_enough(bandits):
    """Characters that it cannot hold are spelled out."""
    bandits("run", "random", "--predictor", "srm", "--trials", "40", "--confidence", "0.9", "--journal", "r.journal")
    done = in_a_process("explain", "r.journal", "30", PYTHONIOENCODING="ascii")

    assert (0, "") == (done.returncode, done.stderr)
    assert " +- " in done.stdout


def test_a_picture_of_a_file_with_dollars(bandits):
    """A name is drawn as it is, whatever mathematics matplotlib would see in it."""
    pytest.importorskip("matplotlib")
    name = r"a$\bad{b$.csv"
    rows = [f"{i / 20},{','.join(str(0.1 + i * t / 900 + i * i % 7 / 99) for t in range(1, 9))}" for i in range(20)]
    Path(name).write_text("\n".join(["lr," + ",".join(f"acc_{t}" for t in range(1, 9)), *rows]))

    predicted = bandits("predict", name, "--at", "4", "--predictor", "last-seen-value:min_curves=5", "--plot", "p.png")
    asked = bandits("what-if", name, "--predictor", "last-seen-value", "--orders", "0", "--plot", "w.png")
    assert (0, 0) == (predicted[0], asked[0]), predicted[2] + asked[2]
    assert Path("p.png").is_file()
    assert Path("w.png").is_file()


GUIDE = (Path(__file__).parents[2] / "docs/settings.md").read_text(encoding="utf-8")


def test_the_guide_is_true(bandits):
    """Its Python runs, its command ends with 0, and its quotes are what the shell hands over."""
    for block in re.findall(r"```python\n(.*?)```", GUIDE, flags=re.DOTALL):
        exec(compile(block, "settings.md", "exec"), {})  # noqa: S102 - our own guide
    line = next(line for line in GUIDE.splitlines() if line.startswith("    bandits run"))
    code, out, err = bandits(*shlex.split(line)[1:], "--json")
    assert (0, "") == (code, err)
    assert 4 == json.loads(out)["settings"]["eta"]
    quoted = re.search(r'--sampler ("q-learning:.*?")`', GUIDE)[1]
    assert "1.0:150,0.9:10" == str(choose("samplers", shlex.split(quoted)[0]).settings["epsilon"])


def test_what_should_not_happen_is_one_sentence(bandits, monkeypatch):
    """An error of this library ends with code 1; a variable of the environment shows where it happened."""

    def fail(ctx: click.Context) -> None:
        raise ZeroDivisionError("oh")

    monkeypatch.setattr(cli.command, "invoke", fail)
    code, out, err = bandits("list")
    assert (1, "") == (code, out)
    assert "bandits: internal error: ZeroDivisionError: oh (BANDITS_TRACEBACK=1 shows where)\n" == err

    monkeypatch.setenv("BANDITS_TRACEBACK", "1")
    monkeypatch.setattr(sys, "argv", ["bandits", "list"])
    with pytest.raises(ZeroDivisionError):
        cli.main()
