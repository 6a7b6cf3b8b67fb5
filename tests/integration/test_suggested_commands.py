"""What commands suggest to type or to paste next works as it is printed."""

import json
import shlex
import shutil

import numpy as np
import optuna
import pytest
from optuna.distributions import FloatDistribution
from optuna.trial import create_trial

from bandits import RandomSearch, run
from bandits.config import build
from bandits.objectives import CurveTable
from bandits.runtime import SqliteJournal
from bandits.stopping.rule_choice import choose_rule
from bandits.studies.writers import export_journal

TRIALS, EPOCHS = 14, 6
SOURCES = ["my study.db", "it's a study.log", "a run.journal", "long table.csv", "wide table.csv"]
PREDICTORS = ["srm", "srm-ols", "srm:min_curves=5,model=ridge", "last-seen-value:min_curves=5", "pow3"]
RULES = [
    [],
    ["--risk", "0.2", "--audit", "0"],
    ["--keep", "2", "--margin", "0.01"],
    ["--confidence", "0.95"],
    ["--confidence", "0.9", "--from-epoch", "2"],
    ["--from-epoch", "3", "--seed", "7"],
    ["--rule", "probability"],
    ["--rule", "risk:risk=0.05,from_epoch=3"],
]


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder with a source of each kind, all with the same curves."""
    folder = tmp_path_factory.mktemp("sources")
    rng = np.random.default_rng(0)
    ends = rng.random(TRIALS)
    curves = ends[:, None] * (1 - np.exp(-np.arange(1, EPOCHS + 1) / 2)) + rng.normal(0, 0.001, (TRIALS, EPOCHS))
    numbered = ",".join(f"acc_{epoch}" for epoch in range(1, EPOCHS + 1))
    wide = [f"lr,{numbered}", *(f"{end},{','.join(map(str, curve))}" for end, curve in zip(ends, curves, strict=True))]
    long = ["run,step,acc", *(f"{r},{t + 1},{curves[r, t]}" for r in range(TRIALS) for t in range(EPOCHS))]
    for name, lines in (("wide table.csv", wide), ("long table.csv", long)):
        (folder / name).write_text("\n".join(lines), encoding="utf-8")
    with SqliteJournal.create(folder / "a run.journal") as journal:
        run(RandomSearch(TRIALS, EPOCHS), CurveTable(folder / "wide table.csv"), journal=journal)
    storage = optuna.storages.RDBStorage(f"sqlite:///{folder / 'my study.db'}")
    study = optuna.create_study(storage=storage, direction="maximize")
    study.add_trials(
        create_trial(
            value=curve[-1],
            params={"lr": end},
            distributions={"lr": FloatDistribution(0, 1)},
            intermediate_values=dict(enumerate(curve)),
        )
        for end, curve in zip(ends.tolist(), curves.tolist(), strict=True)
    )
    storage.engine.dispose()  # the file is copied from here on
    export_journal(folder / "a run.journal", str(folder / "it's a study.log"))
    return folder


@pytest.fixture(autouse=True)
def sources(bandits, tmp_path, made, quiet_optuna):
    """The sources in the current folder."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)


@pytest.mark.parametrize("source", SOURCES)
def test_what_import_suggests(bandits, source):
    """A table is written, and predicted, replayed, asked about and started with as it is."""
    code, out, err = bandits("import", source, "--out", "my curves.csv")
    assert (0, "") == (code, err)
    suggested = out.splitlines()[-1].removeprefix("next").split("   or   ")
    predict, replay = (shlex.split(line) for line in suggested)
    again = [*replay, "--predictor", "srm", "--warm-start", "my curves.csv", "--json"]
    asked = ["bandits", "what-if", "my curves.csv", "--orders", "0"]
    for words in ([*predict, "--at", "3", "--check", "3"], replay, asked, again):
        code, _, err = bandits(*words[1:])
        assert (0, "") == (code, err), words


@pytest.mark.parametrize("storage", ["new study.db", "new study.log", "sqlite:///new%20study.db"])
def test_what_export_suggests(bandits, storage):
    """The address is one that Optuna's dashboard opens."""
    code, out, err = bandits("export", "a run.journal", "--optuna", storage)
    assert (0, "") == (code, err)
    program, address = shlex.split(out.splitlines()[-1].removeprefix("look"))
    assert "optuna-dashboard" == program
    opened = (
        address
        if "://" in address
        else optuna.storages.JournalStorage(optuna.storages.journal.JournalFileBackend(address))
    )
    assert ["a run"] == optuna.get_all_study_names(opened)


@pytest.mark.parametrize("flags", RULES, ids=" ".join)
@pytest.mark.parametrize("place", range(2))
def test_what_if_suggests_code(bandits, flags, place):
    """The lines run as printed, and make the predictor and the rule that were asked about."""
    predictor = PREDICTORS[(RULES.index(flags) + place) % len(PREDICTORS)]
    source = ["table:cnn_digits", "my study.db"][place]
    code, out, err = bandits("what-if", source, "--predictor", predictor, *flags, "--orders", "0", "--json")
    assert (0, "") == (code, err)
    answer = json.loads(out)
    lines, made = answer["switch_on"], {}
    if place == 0:
        command, lines = lines[0], lines[2:]
        assert bandits(*shlex.split(command)[1:])[0] == 0
    exec("\n".join(lines), made)  # noqa: S102 - the suggestion itself
    if place == 0:
        assert build("predictors", predictor) == made["stopper"].predictor
        assert _rule(flags) == made["stopper"].rule
    else:
        assert isinstance(made["study"], optuna.Study)


def _rule(flags):
    """The rule that the flags mean."""
    given = dict(zip(flags[::2], flags[1::2], strict=True))
    if "--rule" in given:
        return build("rules", given["--rule"])
    numbers = {name[2:].replace("-", "_"): json.loads(text) for name, text in given.items() if name not in ("--seed",)}
    from_epoch = numbers.pop("from_epoch", 1)
    rule = choose_rule(**numbers)
    return type(rule)(**{**rule.settings(), "from_epoch": from_epoch})
