"""Whatever is typed, files and settings included, ends with a sentence."""

import io
import sys
from contextlib import redirect_stderr, redirect_stdout
from importlib import import_module
from itertools import chain

import click
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bandits import cli
from bandits.config import registry
from bandits.config.entry import KINDS
from bandits.errors import SettingError
from bandits.runtime import SqliteJournal

NAMES = [entry.name for kind in KINDS for entry in registry.entries(kind)]
FILES = ["runs.csv", "notes.txt", "empty.csv", "none.csv", "run.journal", "cut.journal", "own.py", "broken.py", "."]
ODD = [
    "",
    " ",
    "-1",
    "0",
    "1",
    "2",
    "0.5",
    "nan",
    "inf",
    "1e999",
    "9" * 5000,
    "none",
    "true",
    "'",
    "[",
    "a=b",
    "é",
    "#",
    ":",
]
KEYS = ["risk", "eta", "trials", "min_curves", "link", "seed", "goal", "n_startup_trials", "from_epoch", "model", "x"]
BEFORE_COLONS = [*NAMES, "own.py", "broken.py", "own", "a$\\b{c"]
WORDS = st.one_of(
    st.sampled_from(NAMES),
    st.sampled_from(FILES),
    st.sampled_from(ODD),
    st.builds("{}:{}".format, st.sampled_from(BEFORE_COLONS), st.sampled_from([*FILES, *ODD, "train"])),
    st.builds("{}:{}={}".format, st.sampled_from(NAMES), st.sampled_from(KEYS), st.sampled_from(ODD)),
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=6),
)
OWN = """
from optuna.distributions import FloatDistribution
from bandits.curves import Metric
from bandits.objectives import objective

@objective(space={"x": FloatDistribution(0, 1)}, metric=Metric("loss", goal="minimize"), max_epochs=3)
def train(config):
    yield from (config["x"],) * 3
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Files of many kinds."""
    folder = tmp_path_factory.mktemp("files")
    rows = "\n".join(f"{i / 20},{i / 30},{i / 20},{i / 10}" for i in range(12))
    (folder / "runs.csv").write_text(f"lr,acc_1,acc_2,acc_3\n{rows}\n")
    (folder / "notes.txt").write_text("nothing\n")
    (folder / "empty.csv").write_text("")
    (folder / "own.py").write_text(OWN)
    (folder / "broken.py").write_text("def train(:")
    with SqliteJournal.create(folder / "run.journal"):
        pass
    (folder / "cut.journal").write_bytes((folder / "run.journal").read_bytes()[:900])
    return folder


def lines(command: click.Command, name: str) -> st.SearchStrategy[list[str]]:
    """Arguments and options of a command with any words for values; no worker processes."""
    needed = [parameter for parameter in command.params if isinstance(parameter, click.Argument)]
    arguments = st.tuples(*(WORDS for _ in needed)).map(list) | st.lists(WORDS, max_size=3)
    options = [option for option in command.params if isinstance(option, click.Option) and option.name != "workers"]
    pairs = {
        option: st.just([option.opts[0]]) if option.is_flag else st.tuples(st.just(option.opts[0]), WORDS).map(list)
        for option in options
    }
    required = st.tuples(*(pairs[option] for option in options if option.required)).map(list)
    others = st.lists(st.one_of(*pairs.values()), max_size=3) if pairs else st.just([])
    return st.builds(
        lambda first, must, may: [name, *first, *chain.from_iterable([*must, *may])], arguments, required, others
    )


@pytest.mark.parametrize("name", cli.command.list_commands(click.Context(cli.command)))
def test_any_line_ends_with_a_sentence(name, folder, monkeypatch):
    """Exit code 0, 1 or 2; one line of trouble for 2; no traceback, and nothing that should not happen."""

    def no_run(*_: object, **__: object) -> None:
        raise SettingError("a run was asked for")

    monkeypatch.chdir(folder)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.setattr("bandits.cli.running.run_loop", no_run)
    monkeypatch.setattr(import_module("bandits.tools.record.record"), "run", no_run)
    command = cli.command.get_command(click.Context(cli.command), name)

    @settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow])
    @given(lines(command, name))
    def ends_well(words: list[str]) -> None:
        out, err = io.StringIO(), io.StringIO()
        monkeypatch.setattr(sys, "argv", ["bandits", *words])
        with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as stop:
            cli.main()
        trouble = err.getvalue()
        assert stop.value.code in (0, 1, 2), words
        assert "should not happen" not in trouble, words
        assert "Traceback" not in trouble, words
        assert stop.value.code != 2 or (trouble.startswith("bandits: ") and trouble.count("\n") == 1), words

    ends_well()
