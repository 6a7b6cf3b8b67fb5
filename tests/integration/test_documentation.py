"""The code in the README and in the docstrings runs."""

import doctest
import pkgutil
import re
import shlex
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import optuna
import pytest

import bandits
from bandits.cli import main

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
GUIDE = (ROOT / "docs/optuna.md").read_text(encoding="utf-8")
MODULES = sorted(
    module.name for module in pkgutil.walk_packages(bandits.__path__, "bandits.") if "__main__" not in module.name
)

NEEDS_TORCH = ("bandits.predictors.bnn", "bandits.objectives.cnn", "bandits.objectives.lstm")
SMALLER = {  # of commands that train real networks: what is added to run them in a second
    "hyperband": ["--max-epochs", "3", "--workers", "1"],
    "metaqnn": ["--trials", "12", "--max-epochs", "2", "--burn-in", "10", "--workers", "1"],
    "record": ["--trials", "3", "--epochs", "2", "--workers", "1"],
}
FEWER_LOOPS = {"5": "1", "10": "2", "40": "4"}  # of other runs
SHOWN_TRIAL = "40"  # which `explain` is asked about then


@pytest.mark.parametrize("name", MODULES)
def test_docstrings_are_true(name):
    """Every example in a docstring prints what it says."""
    if name in NEEDS_TORCH or "import torch" in Path(find_spec(name).origin).read_text(encoding="utf-8"):
        pytest.importorskip("torch")
    failed, _ = doctest.testmod(import_module(name), optionflags=doctest.ELLIPSIS)

    assert 0 == failed


def test_readme_python_runs(tmp_path, monkeypatch, capsys):
    """Every Python block of the README runs as it stands, in order; a block that names a file becomes that file."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)

    assert len(blocks) >= 3
    for block in blocks:
        if block.startswith("# "):
            Path(block.splitlines()[0].removeprefix("# ")).write_text(block)
        exec(compile(block, "README.md", "exec"), {"__name__": "readme"})  # noqa: S102 - our own README


@pytest.mark.parametrize("block", re.findall(r"```python\n(.*?)```", GUIDE, flags=re.DOTALL))
def test_guide_to_optuna_runs(block, capsys):
    """Every Python block of the guide runs on its own."""
    exec(compile(block, "optuna.md", "exec"), {"__name__": "guide"})  # noqa: S102 - our own guide


def test_readme_commands_run(tmp_path, monkeypatch, capsys):
    """Every `bandits ...` line of the README ends with exit code 0, in order, in one folder; trainings in small."""
    pytest.importorskip("torch")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    objective = next(block for block in re.findall(r"```python\n(.*?)```", README, re.DOTALL) if "mynet.py" in block)
    Path("mynet.py").write_text(objective)
    header = "lr," + ",".join(f"acc_{t}" for t in range(1, 10))
    rows = [f"{i / 100},{','.join(str(0.1 + i * t / 300) for t in range(1, 10))}" for i in range(1, 31)]
    Path("runs.csv").write_text("\n".join([header, *rows]))
    _finish_a_study("sqlite:///study.db")
    lines = [line.strip() for line in README.splitlines() if re.match(r"    bandits [\w-]+ [a-z]", line)]

    assert len(lines) >= 4
    for line in lines:
        words = shlex.split(line)
        trains = any(word.startswith(("cnn:", "lstm:")) for word in words)
        smaller = next(options for name, options in SMALLER.items() if name in words) if trains else []
        if "--loops" in words:
            smaller = ["--loops", FEWER_LOOPS[words[words.index("--loops") + 1]]]
        if "explain" in words:
            words[-1] = SHOWN_TRIAL
        if "what-if" in words:
            smaller = ["--orders", "1"]
        monkeypatch.setattr(sys, "argv", [*words, *smaller])
        with pytest.raises(SystemExit) as stop:
            main()
        assert 0 == stop.value.code, f"{line}: {capsys.readouterr().err}"


def _finish_a_study(url):
    """A study of Optuna with complete curves, as the README's reader has one."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(storage=url, study_name="mine", direction="maximize")
    for i in range(16):
        curve = {epoch: i % 17 * (1 - 0.8**epoch) for epoch in range(1, 10)}
        params, space = {"lr": i / 30}, {"lr": optuna.distributions.FloatDistribution(0, 1)}
        trial = optuna.trial.create_trial(params=params, distributions=space, intermediate_values=curve, value=curve[9])
        study.add_trial(trial)


def test_readme_start_command_is_the_main_job():
    """The install line ends with the command that the tests run."""
    assert ".venv/bin/bandits run hyperband --predictor srm" in README
