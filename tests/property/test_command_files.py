"""Whatever the files hold that a command is given, it ends with exit code 0, 1 or 2, and says in one sentence what is
wrong. Most of the command lines make sense, so that the commands go all the way."""

from __future__ import annotations

import io
import json
import os
import random
import shutil
import sqlite3
import sys
import warnings
from collections.abc import Iterator
from contextlib import chdir, redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bandits import RandomSearch, run
from bandits.cli import main
from bandits.objectives import CurveTable
from bandits.runtime import SqliteJournal
from bandits.studies.writers import export_journal

STRANGE_NAME = "a$\\bad{b$é[red]<b>.csv"
FILES = [
    *("good.csv", "partial.csv", "long.csv", "good.journal", "study.db", "study.log", STRANGE_NAME, "huge.csv"),
    *("nan.csv", "empty.csv", "empty.db", "binary.csv", "binary.db", "truncated.db", "truncated.journal"),
    *("other.db", "text.log", "folder", "folder/", "missing.csv", "missing/x.csv", "plain.py", "table:good.csv"),
    *("table:digits", "table:", "table:missing.csv", "sqlite:///study.db", "sqlite:///missing.db", "sqlite://"),
    *("mysql://x", "http://x", "wandb:x", "", " ", ".", "\0", "-", "~", "study.db#good", "study.db#a#b"),
    *("good.csv#acc", "good.csv#", "good.csv#nothing", "study.db#", "\udcff.csv"),
]
OBJECTIVES = [
    *("plain.py:bad", "table:" + STRANGE_NAME),
    *("table:good.csv", "table:partial.csv", "plain.py:train", "plain.py:train", "plain.py:bad", "plain.py:number"),
    *("plain.py:none", "plain.py:", "broken.py:train", "missing.py:train", "no.such.module:f", "os:getcwd", "json:"),
    *("cnn:nothing", "cnn:", "lstm:nothing", "table:good.csv,goal=minimize", "table:good.csv,goal=up", "table"),
]
ALGORITHMS = [
    *("random", "halving", "hyperband", "dehb", "asha", "asha-stopping", "pasha", "median", "top-k", "metaqnn")
]
PREDICTORS = ["srm", "srm-ols", "pow3", "last-seen-value", "gaussian-process", "no-such-predictor"]
RULES = ["risk-controlled", "probability", "risk", "no-such-rule"]
SAMPLERS = ["random", "tpe", "q-learning", "differential-evolution", "qmc", "no-such-sampler"]
NUMBERS = [
    *("-1", "0", "1", "2", "3", "7", "0.1", "0.5", "0.99", "1e-300", "1e300", "1e999", "nan", "-inf"),
    *("x", "", " ", "None", "true", "[1,2]", "1,2", '"', "1_0", "½", "٣", "25%"),
]
SETTINGS = [
    "trials",
    "eta",
    "loops",
    "kappa",
    "sizes",
    "min_curves",
    "seed",
    "risk",
    "confidence",
    "from_epoch",
    "max_epochs",
    "burn_in",
    "look_ahead",
    "link",
    "n_startup_trials",
    "keep",
    "stopper",
    "self",
    "no_such",
    "é",
    "0",
]
RULE_OPTIONS = ["--risk", "--audit", "--confidence", "--margin", "--keep", "--from-epoch"]
RUN_NUMBERS = [
    *[
        "--max-epochs",
        "--trials",
        "--eta",
        "--loops",
        "--kappa",
        "--sizes",
        "--burn-in",
        "--min-epochs",
        "--percentile",
        "--warm-up",
        "--min-arms",
        "--interval",
        "--k",
        "--first-epochs",
        "--epsilon",
        "--q-learning-rate",
        "--discount",
        "--initial-value",
        "--replay",
        "--threads",
        "--restarts",
        "--seed",
    ],
    *RULE_OPTIONS,
]
NEW = ["new.csv", "new.journal", "new.png", "new.html", "new.db", "new.svg", "good.csv", "folder", "missing/new.csv"]
NEW += ["", "new", "/dev/full", "new\udcff.csv", "plain.py/x.csv", "n" * 300 + ".csv", "new.txt"]
GOOD = ["good.csv", "partial.csv", "long.csv", "good.journal", "study.db", "study.log", STRANGE_NAME, "nan.csv"]
CHANGED = ["good.csv", "long.csv", "good.journal", "study.db", "study.log"]
TEXT = st.text(max_size=8) | st.sampled_from(NUMBERS)


@st.composite
def described(draw: st.DrawFn, names: list[str]) -> str:
    """A name, some with settings."""
    name = draw(st.sampled_from(names))
    if draw(st.integers(0, 2)):
        return name
    pairs = draw(st.lists(st.tuples(st.sampled_from(SETTINGS), st.sampled_from(NUMBERS)), max_size=2))
    text = ",".join(f"{setting}={value}" for setting, value in pairs)
    return name + (draw(st.sampled_from([":", ":", ",", "::"])) + text if text else "")


@st.composite
def command_lines(draw: st.DrawFn) -> list[str]:
    """The words of a command, most of which make sense."""
    command = draw(st.sampled_from(sorted(COMMANDS)))
    words = [command, *(draw(places) for places in POSITIONAL[command]), *USUAL[command]]
    some = st.lists(st.sampled_from(COMMANDS[command]), max_size=3, unique_by=lambda pair: pair[0])
    for option, values in draw(some):
        words += [option] if values is None else [option, draw(values)]
    if draw(st.integers(0, 15)) == 0:
        words.insert(draw(st.integers(0, len(words))), draw(TEXT))
    return words


mutated = st.builds("changed{}_{}".format, st.integers(0, 9999), st.sampled_from(CHANGED))
file = st.sampled_from(GOOD) | mutated | st.sampled_from(FILES)
number = st.sampled_from(["1", "2", "3", "5"]) | st.sampled_from(NUMBERS)
new = st.sampled_from(["new.csv", "new.db"]) | st.sampled_from(NEW)
objective = st.sampled_from(OBJECTIVES)
USUAL = {
    "run": ["--objective", "table:good.csv"],
    "record": ["--objective", "plain.py:train", "--trials", "3", "--out", "new.csv"],
    "predict": ["--check", "3"],
    "what-if": ["--orders", "1"],
    "export": ["--optuna", "new.db"],
    "import": ["--out", "new.csv"],
    "explain": [],
    "list": [],
}
POSITIONAL: dict[str, list[st.SearchStrategy[str]]] = {
    "run": [described(ALGORITHMS)],
    "record": [],
    "predict": [file],
    "what-if": [file],
    "explain": [file, st.sampled_from(["0", "1", "-1", "x", "9" * 30])],
    "export": [file],
    "import": [file],
    "list": [
        st.sampled_from(["algorithms", "predictors", "rules", "objectives", "samplers", "x"]),
        described(ALGORITHMS),
    ],
}
GOAL = ("--goal", st.sampled_from(["maximize", "minimize", "up", ""]))
PREDICTOR = ("--predictor", described(PREDICTORS))
RULE = ("--rule", described(RULES))
SET = ("--set", st.sampled_from(["goal=maximize", "x=1", "=", "", "conditional=[a]"]))
COMMANDS: dict[str, list[tuple[str, st.SearchStrategy[str] | None]]] = {
    "run": [
        *((option, number) for option in RUN_NUMBERS),
        *[("--objective", objective)] * 9,
        *[PREDICTOR, RULE, ("--sampler", described(SAMPLERS)), ("--warm-start", file), SET, GOAL] * 2,
        *[("--journal", new), ("--workers", st.sampled_from(["1", "2", "0", "-1", "x"])), ("--json", None)],
        *[("--look-ahead", None), ("--fixed-order", None), ("--checkpoints", st.sampled_from(["folder", "plain.py"]))],
    ],
    "record": [
        *[("--objective", objective), ("--trials", number), ("--out", new)] * 3,
        *[("--epochs", number), ("--seed", number), SET, GOAL, ("--journal", new)],
    ],
    "predict": [
        *[PREDICTOR, ("--at", number), ("--horizon", number), ("--coverage", number), ("--check", number), GOAL],
        *[("--seed", number), ("--plot", new), ("--json", None)],
    ],
    "what-if": [
        *[
            PREDICTOR,
            RULE,
            ("--top", number),
            ("--max-epochs", number),
            ("--orders", st.sampled_from(["0", "1", "-1"])),
        ],
        *[GOAL, ("--seed", number), ("--plot", new), ("--json", None), *((option, number) for option in RULE_OPTIONS)],
    ],
    "explain": [("--help", None)],
    "export": [*[("--optuna", new)] * 4, ("--study", TEXT), ("--replace", None), ("--optuna", file)],
    "import": [*[("--out", new)] * 4, GOAL, ("--epochs", number)],
    "list": [("--help", None)],
}


def make_files(folder: Path) -> None:
    """One file of each kind that a command may be given."""
    generator = np.random.default_rng(0)
    ends = generator.random(14)
    epochs = np.arange(1, 7)
    curves = ends[:, None] * (1 - np.exp(-epochs / 2)) + generator.normal(0, 0.001, (14, 6))

    def table(name: str, rows: list[list[str]]) -> None:
        header = ["lr", "units", *(f"acc_{epoch}" for epoch in epochs)]
        lines = [
            header,
            *([f"{end:.4f}", str(place % 3), *row] for place, (end, row) in enumerate(zip(ends, rows, strict=True))),
        ]
        (folder / name).write_text("\n".join(",".join(line) for line in lines) + "\n", encoding="utf-8")

    cells = [[f"{value:.5f}" for value in curve] for curve in curves]
    table("good.csv", cells)
    table(STRANGE_NAME, cells)
    table("partial.csv", [*cells[:11], *([*row[:2], "", "", "", ""] for row in cells[11:])])
    table("huge.csv", [[f"{value * 1e150:.5e}" for value in curve] for curve in curves])
    table("nan.csv", [["nan", *row[1:]] for row in cells])
    steps = [f"{run},{epoch},{curves[run, epoch - 1]:.5f}" for run in range(14) for epoch in epochs]
    (folder / "long.csv").write_text("\n".join(["run,step,acc", *steps]), encoding="utf-8")
    with chdir(folder), SqliteJournal.create("good.journal") as journal:
        run(RandomSearch(12, 6), CurveTable("good.csv"), journal=journal)
    with chdir(folder):
        for name in ("study.db", "study.log"):
            export_journal("good.journal", name)
    for name in ("empty.csv", "empty.db"):
        (folder / name).touch()
    for name in ("binary.csv", "binary.db"):
        (folder / name).write_bytes(generator.bytes(4096))
    for source, name in (("study.db", "truncated.db"), ("good.journal", "truncated.journal")):
        whole = (folder / source).read_bytes()
        (folder / name).write_bytes(whole[: len(whole) // 2])
    other = sqlite3.connect(folder / "other.db")
    other.execute("create table numbers (x)")
    other.close()
    (folder / "text.log").write_text("hello\nworld\n")
    (folder / "folder").mkdir()
    (folder / "plain.py").write_text(PLAIN)
    (folder / "broken.py").write_text("import nothing_of_that_name\n")


PLAIN = """
from optuna.distributions import FloatDistribution
from bandits.curves import Metric
from bandits.objectives import objective

number = 1

def made(train):
    made = objective(space={"x": FloatDistribution(0, 1)}, metric=Metric("[/loss]", goal="minimize"), max_epochs=3)
    return made(train)

@made
def train(config):
    yield from (config["x"] / epoch for epoch in range(1, 4))

@made
def bad(config):
    yield 1.0
    if config["x"] > 0.5:
        raise ZeroDivisionError("a [/b] " + chr(10) + chr(0xDCFF))
    yield 1e300
    yield config["x"]

def none():
    pass
"""


ODD_VALUES: list[object] = [
    *(None, True, -1, 0, 1, 2.5, 1e308, 10**30, "", "x", "nan", [], [1, 2], {}, {"a": 1}, float("nan"), float("inf")),
    *(2**62, "2024-01-01", "\ud800", b"\xff", [[]], {"": None}),
]


def change(name: str) -> None:
    """Write the file of that name: another file with one to three things changed, always the same ones."""
    number, _, source = name.removeprefix("changed").partition("_")
    rng = random.Random(int(number))  # noqa: S311 - nothing is secret
    shutil.copy(source, name)
    if rng.random() < 0.2:
        change_bytes(Path(name), rng)
    elif source.endswith(".csv"):
        rows = [line.split(",") for line in Path(name).read_text(encoding="utf-8").splitlines()]
        for _ in range(rng.randint(1, 3)):
            row = rng.choice(rows)
            row[rng.randrange(len(row))] = str(rng.choice([*NUMBERS, *ODD_VALUES])).encode("utf-8", "replace").decode()
        Path(name).write_text("\n".join(",".join(row) for row in rows), encoding="utf-8")
    elif source.endswith(".log"):
        lines = [json.loads(line) for line in Path(name).read_text().splitlines()]
        for _ in range(rng.randint(1, 3)):
            change_json(rng.choice(lines), rng)
        Path(name).write_text("".join(json.dumps(line) + "\n" for line in lines))
    else:
        change_tables(name, rng)


def change_bytes(path: Path, rng: random.Random) -> None:
    """Cut a file, or set some bytes."""
    held = bytearray(path.read_bytes())
    if rng.random() < 0.3:
        held = held[: rng.randrange(len(held))]
    for _ in range(rng.randint(1, 30) if held else 0):
        held[rng.randrange(len(held))] = rng.randrange(256)
    path.write_bytes(held)


def change_json(value: Any, rng: random.Random) -> None:
    """Set, drop or add something in a JSON object."""
    while value and rng.random() < 0.3:
        inner = [each for each in value.values() if isinstance(each, dict) and each]
        if not inner:
            break
        value = rng.choice(inner)
    name = rng.choice([*value, "new"])
    if rng.random() < 0.2:
        value.pop(name, None)
    else:
        value[name] = rng.choice([each for each in ODD_VALUES if not isinstance(each, bytes)])


def change_tables(name: str, rng: random.Random) -> None:
    """Change cells of an SQLite file, among them fields of JSON."""
    connection = sqlite3.connect(name, isolation_level=None)
    for kind, named in connection.execute("select type, name from sqlite_master where type = 'trigger'").fetchall():
        connection.execute(f"drop {kind} {named}")
    tables = [row[0] for row in connection.execute("select name from sqlite_master where type = 'table'")]
    for _ in range(rng.randint(1, 3)):
        table = rng.choice(tables) if tables else ""
        if not table:
            break
        if rng.random() < 0.05:
            connection.execute(f"drop table {table}")
            tables.remove(table)
            continue
        columns = [row[1] for row in connection.execute(f"pragma table_info({table})")]
        rows = [row[0] for row in connection.execute(f"select rowid from {table} order by rowid")]  # noqa: S608
        if not rows:
            continue
        column, row = rng.choice(columns), rng.choice(rows)
        (held,) = connection.execute(f"select {column} from {table} where rowid = ?", (row,)).fetchone()  # noqa: S608
        new: Any = rng.choice(ODD_VALUES)
        if isinstance(held, str) and held.startswith("{"):
            loaded = json.loads(held)
            change_json(loaded, rng)
            new = json.dumps(loaded)
        elif not isinstance(new, int | float | bytes | None):
            new = "x"
        with suppress(sqlite3.Error, OverflowError):
            connection.execute(f"update {table} set {column} = ? where rowid = ?", (new, row))  # noqa: S608
    connection.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with a file of each kind, which is the current one."""
    made = tmp_path_factory.mktemp("files")
    with mock.patch.dict(os.environ, {"HOME": str(made), "BANDITS_DATA": str(made)}):
        make_files(made)
        yield made


def call(words: list[str]) -> tuple[int, str, str, list[str]]:
    """Run a command: exit code, what it has written to both streams, and warnings."""
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    with (
        mock.patch.object(sys, "argv", ["bandits", *words]),
        mock.patch.object(sys, "path", [*sys.path]),
        redirect_stdout(out),
        redirect_stderr(err),
        warnings.catch_warnings(record=True) as warned,
    ):
        warnings.simplefilter("always")
        with pytest.raises(SystemExit) as stop:
            main()
    said, trouble = (stream.buffer.getvalue().decode() for stream in (out, err))  # type: ignore[attr-defined]
    return int(stop.value.code or 0), said, trouble, [str(warning.message) for warning in warned]


def check(words: list[str], folder: Path) -> None:
    """Run a command in the folder; fail unless it ends as commands do."""
    with chdir(folder):
        for name in NEW:
            if name.startswith("new") and Path(name).exists():
                Path(name).unlink()
        for word in words:
            if word.startswith("changed") and not Path(word).exists():
                change(word)
        code, out, err, warned = call(words)
    assert code in (0, 1, 2), (code, out, err)
    assert "Traceback" not in out + err, err
    assert "this should not happen" not in err, err
    assert not warned, warned
    if code == 2:
        assert not out, out
        assert err.startswith("bandits: "), err
        assert err.count("\n") == 1, err
        assert len(err) < 1200, err


@settings(max_examples=100)
@given(words=command_lines())
def test_any_command_line(folder: Path, words: list[str]) -> None:
    """It does what was asked, or says in one sentence why not."""
    check(words, folder)
