"""`bandits what-if`, as a user with finished runs meets it."""

import csv
import json
import math
import random
import re
import shlex
import sqlite3
from pathlib import Path

import optuna
import pytest
from optuna.distributions import FloatDistribution
from optuna.trial import TrialState, create_trial

pytestmark = pytest.mark.usefixtures("quiet_optuna")

EPOCHS = 8
FAST = ("--predictor", "last-seen-value", "--confidence", "0.95")


@pytest.fixture
def ask(bandits):
    """Ask with a fast predictor: the JSON object."""

    def call(*arguments: str, orders: int = 3) -> dict:
        code, out, err = bandits("what-if", *arguments, "--orders", str(orders), "--json")
        assert (0, "") == (code, err)
        return json.loads(out)

    return call


def curves(rows=40):
    """Pairs of lr and an accuracy an epoch, which saturates where lr is good."""
    dice = random.Random(0)  # noqa: S311 - not for secrets
    found = []
    for _ in range(rows):
        lr = 10 ** dice.uniform(-4, 0)
        end = 0.9 - 0.1 * abs(math.log10(lr) + 2)
        found.append((lr, [end * (1 - math.exp(-epoch / 2)) + dice.gauss(0, 0.002) for epoch in range(1, EPOCHS + 1)]))
    return found


def table(file="runs.csv", rows=40, name="acc"):
    """A curve table; the seconds of an epoch are 90."""
    with Path(file).open("w", newline="") as target:
        writer = csv.writer(target)
        epochs = range(1, EPOCHS + 1)
        writer.writerow(["lr", *(f"{name}_{epoch}" for epoch in epochs), *(f"seconds_{epoch}" for epoch in epochs)])
        writer.writerows([lr, *values, *[90] * EPOCHS] for lr, values in curves(rows))
    return file


def optuna_study(url="sqlite:///study.db", name="mine", rows=40, direction="maximize", reports=True):
    """A finished study, written at once."""
    study = optuna.create_study(storage=url, study_name=name, direction=direction)
    study.add_trials(
        create_trial(
            value=values[-1],
            params={"lr": lr},
            distributions={"lr": FloatDistribution(1e-5, 1.0, log=True)},
            intermediate_values=dict(enumerate(values)) if reports else {},
        )
        for lr, values in curves(rows)
    )
    return study


def test_json_holds_the_whole_answer(ask):
    """The promised keys, and numbers that agree with each other."""
    answer = ask(table(), *FAST)

    assert ["source", "kind", "metric", "goal", "predictor", "settings", "verdict", "notes", "enough", "completed",
            "completed_to_max_epochs", "needed", "trials", "top", "epochs", "hours", "timed_trials", "own_order",
            "random_orders", "switch_on"] == list(answer)  # fmt: skip
    own = answer["own_order"]
    assert (40, 40, 320) == (answer["completed"], len(answer["trials"]), answer["epochs"])
    assert pytest.approx(8.0) == answer["hours"]
    assert answer["epochs"] == own["epochs_trained"] + own["epochs_saved"]
    assert sum(row["epochs"] - row["dropped_after"] for row in own["dropped"]) == own["epochs_saved"]
    assert pytest.approx(own["share_saved"]) == own["hours_saved"] / answer["hours"]
    assert 0.2 < own["share_saved"] < 0.9
    assert own["best_survives"] and own["regret"] == 0.0
    assert all(0 < row["dropped_after"] < EPOCHS and "P(acc at epoch 8" in row["reason"] for row in own["dropped"])
    others = answer["random_orders"]
    assert (3, 3) == (others["orders"], len(others["replays"]))
    low, high = others["best_survives_interval"]
    assert low <= others["best_survives"] / 3 <= high
    best = max(answer["trials"], key=lambda trial: trial["value"])
    assert answer["top"][0] == best["trial"]


def test_the_terminal_says_it_in_a_paragraph_and_rows(bandits):
    """A verdict with its numbers, what was dropped first, and the lines that switch it on."""
    code, out, err = bandits("what-if", table(), *FAST, "--orders", "3")

    assert (0, "") == (code, err)
    assert re.search(
        r"Of 40 trials, \d+ would have been dropped early, which saves \d+% of the epochs \(.* of 8 hours\)", out
    )
    assert "would have survived, as in 3 of 3 random orders (95% interval 44% to 100%)" in re.sub(r"\s+", " ", out)
    assert "3 random orders" in out
    assert "more, which --json prints as well" in out
    assert "pruner=PredictivePruner(LastSeenValue(), max_epochs=8, confidence=0.95)" in out
    assert "bandits run" not in out


def test_an_optuna_study_is_replayed_with_the_default_pruner(ask):
    """File, URL and name; the lines are those of Optuna, with these settings."""
    optuna_study()
    answers = [ask(source, orders=0) for source in ("study.db", "sqlite:///study.db#mine")]

    assert answers[0]["own_order"] == answers[1]["own_order"]
    assert 10 < len(answers[0]["own_order"]["dropped"]) < 40
    assert "PredictivePruner(SRM(), max_epochs=8, risk=0.1)" in answers[0]["switch_on"][-1]
    assert "create_study(direction='maximize'" in answers[0]["switch_on"][-1]
    assert any("TPE" in note for note in answers[0]["notes"])


def test_the_lines_that_switch_it_on_run(bandits, ask):
    """For a user's trainings they make a study of Optuna; for a shipped table a stopper and a search."""
    optuna_study()
    for source in ("study.db", table()):
        names: dict = {}
        lines = ask(source, "--keep", "2", orders=0)["switch_on"]
        exec("\n".join(lines), names)  # noqa: S102 - our own lines
        assert "keep=2" in lines[-1]
        assert isinstance(names["study"], optuna.Study)
    command, _, *python = ask("table:cnn_digits", "--predictor", "srm-ridge", orders=0)["switch_on"]
    exec("\n".join(python), names)  # noqa: S102
    assert names["stopper"].predictor.model == "ridge"
    assert python[-1] == "result = run(RandomSearch(300, 30, stopper, burn_in=10), CurveTable('cnn_digits'))"
    assert command.startswith("bandits run random --predictor srm-ridge --risk 0.1 --max-epochs 30 --burn-in 10")
    code, out, _ = bandits(*shlex.split(command)[1:], "--json")
    told = json.loads(out)
    assert (0, names["result"].best_value, names["result"].epochs_trained) == (
        code,
        told["best_value"],
        told["epochs_trained"],
    )


def test_a_journal_of_a_run_is_replayed(bandits, ask):
    """What `bandits run` wrote, `what-if` reads: every trial, with its epochs."""
    table()
    code, _, _ = bandits(
        "run", "random", "--objective", "table:runs.csv", "--trials", "30", "--journal", "run.db", "--json"
    )
    answer = ask("run.db", *FAST, orders=0)

    assert 0 == code
    assert ("journal", 30, 240) == (answer["kind"], len(answer["trials"]), answer["epochs"])
    assert answer["own_order"]["dropped"]
    assert pytest.approx(6.0) == answer["hours"]


def test_exports_of_other_tools_are_replayed(ask):
    """The same curves from TensorBoard, Weights & Biases and MLflow give the same answer."""
    Path("board").mkdir()
    rows = curves()
    for run, (_, values) in enumerate(rows):
        lines = [f"{1000 * run + 10 * step},{step},{value}" for step, value in enumerate(values)]
        Path("board", f"run-{run:02}-tag-acc.csv").write_text("\n".join(["Wall time,Step,Value", *lines]))
    long = [
        f"r{run:02},acc,{value},{step}" for run, (_, values) in enumerate(rows) for step, value in enumerate(values)
    ]
    Path("metrics.csv").write_text("\n".join(["run_id,key,value,step", *long]))
    head = ",".join(["Step", *(f"r{run} - acc" for run in range(len(rows)))])
    wide = [",".join([str(step), *(str(values[step]) for _, values in rows)]) for step in range(EPOCHS)]
    Path("chart.csv").write_text("\n".join([head, *wide]))
    files = sorted(str(file) for file in Path("board").iterdir())
    answers = [ask(*sources, *FAST, orders=0) for sources in (["board"], files, ["metrics.csv"], ["chart.csv"])]

    drops = [
        [(row["epochs"], row["dropped_after"], row["value"]) for row in a["own_order"]["dropped"]] for a in answers
    ]
    assert len(drops[0]) > 5
    assert all(drop == drops[0] for drop in drops)
    assert ["export"] * 4 == [answer["kind"] for answer in answers]
    assert "PredictivePruner" in answers[0]["switch_on"][-1]


def test_same_seed_same_bytes(bandits):
    """Another seed shuffles otherwise."""
    table()
    first, again, other = (
        bandits("what-if", "runs.csv", "--orders", "2", "--json", "--seed", seed, "--predictor", "srm-ridge")[1]
        for seed in ("0", "0", "1")
    )
    assert first == again
    assert first != other


@pytest.mark.parametrize("ending", ["png", "svg", "pdf"])
def test_a_picture_is_written(bandits, ending):
    """The same answer gives the same bytes."""
    pytest.importorskip("matplotlib")
    table(name="loss")
    pictures = []
    for _ in range(2):
        code, _, err = bandits(
            "what-if", "runs.csv", *FAST, "--goal", "minimize", "--orders", "0", "--plot", f"p.{ending}"
        )
        assert (0, "") == (code, err)
        pictures.append(Path(f"p.{ending}").read_bytes())
    assert pictures[0] == pictures[1]
    assert len(pictures[0]) > 5000


def test_too_few_trials_give_a_sentence_and_no_numbers(bandits, ask):
    """In the terminal, as JSON and in the picture's place."""
    table(rows=8)
    code, out, err = bandits("what-if", "runs.csv")

    assert (0, "") == (code, err)
    assert "Nothing can be said: 8 trials were completed after 8 epochs, and before 10 are, SRM with risk 0.1" in out
    assert "To switch it on" not in out
    answer = ask("runs.csv")
    assert (False, None, None) == (answer["enough"], answer["own_order"], answer["random_orders"])


def test_trainings_of_many_lengths_may_be_cut(bandits):
    """Where few reach the longest one, the answer says where enough do."""
    rows = [
        ",".join(["0.1", *("" if epoch > 3 + row // 8 else str(row + epoch) for epoch in range(8))])
        for row in range(20)
    ]
    Path("runs.csv").write_text("\n".join(["lr," + ",".join(f"acc_{epoch}" for epoch in range(1, 9)), *rows]))
    code, out, _ = bandits("what-if", "runs.csv", "--predictor", "srm-ridge")

    assert 0 == code
    assert "no trial was completed after 6 epochs" in out
    assert "With --max-epochs 5, as if every training ended there, 12 would be complete." in re.sub(r"\s+", " ", out)
    assert "would have survived" in bandits("what-if", "runs.csv", *FAST, "--max-epochs", "4", "--orders", "0")[1]


def bad(bandits, *arguments):
    """The one line on stderr of a call that ends with exit code 2."""
    code, out, err = bandits("what-if", *arguments)
    assert (2, "") == (code, out)
    assert 1 == err.count("\n")
    return err


def test_a_study_without_intermediate_values_is_an_error(bandits):
    """One sentence says what is missing."""
    optuna_study(reports=False)

    assert "`SOURCE` must hold a trial that reported values (trial.report in Optuna)" in bad(bandits, "study.db")


def test_a_study_of_two_objectives_is_an_error(bandits):
    """Nothing says which value is better."""
    optuna.create_study(storage="sqlite:///study.db", directions=["minimize", "maximize"])

    assert "`SOURCE` must be a study of one objective, got 'study.db'" in bad(bandits, "study.db")


def test_columns_that_are_not_plain_are_an_error(bandits):
    """The sentence says what is needed, and what there is."""
    Path("log.csv").write_text("step,loss\n1,2\n2,1\n")
    Path("long.csv").write_text("run,step\na,1\na,2\n")
    with sqlite3.connect("birds.db") as connection:
        connection.execute("CREATE TABLE birds (name TEXT)")
    connection.close()

    assert "log.csv must hold several trainings" in bad(bandits, "log.csv")
    assert "`SOURCE` must have columns for the run" in bad(bandits, "long.csv")
    assert "an SQLite file with the tables birds" in bad(bandits, "birds.db")
    assert "`SOURCE` must be a file that exists" in bad(bandits, "nothing.db")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--goal", "up"], "`goal` must be one of 'maximize', 'minimize', or None, got 'up'"),
        (["--goal", "minimize"], "`goal` must be 'maximize' or left out, as runs.csv says"),
        (["--predictor", "tea-leaves"], "predictor must be one of"),
        (["--risk", "0.9"], "`risk` must be in (0, 0.5], got 0.9"),
        (["--orders", "-1"], "`orders` must be an integer >= 0, got -1"),
        (["--plot", "p.html"], "`plot` must end in .png, .svg, .pdf, got 'p.html'"),
        (["--plot", "nowhere/p.png"], "`plot` must be a file in a folder that exists"),
    ],
)
def test_wrong_settings_are_said_in_a_line(bandits, arguments, message):
    """With exit code 2."""
    table()

    assert message in bad(bandits, "runs.csv", *arguments)


def test_a_long_replay_says_how_far_it_is(bandits, monkeypatch):
    """On stderr, in a line now and then, where there is no terminal."""
    monkeypatch.setattr("bandits.cli.progress._SECONDS", 0.0)
    code, _, err = bandits("what-if", table(), *FAST, "--orders", "1")

    said = err.splitlines()
    assert (0, 80) == (code, len(said))
    assert ["bandits: replaying: 1 of 80 trials", "bandits: replaying: 80 of 80 trials"] == [said[0], said[-1]]


def test_a_plot_that_cannot_be_written_is_said(bandits, monkeypatch):
    """Without matplotlib, how to get it."""
    monkeypatch.setattr("bandits.tools.plots.files.find_spec", lambda _: None)

    assert "pip install 'matplotlib>=" in bad(bandits, table(), "--plot", "p.png")


def test_what_the_answer_rests_on_is_noted(ask):
    """Trials that were stopped, still run, have no times, or were cut."""
    study = optuna_study()
    study.add_trial(create_trial(state=TrialState.PRUNED, intermediate_values={0: 0.1, 1: 0.2}))
    study.ask().report(0.5, 0)
    notes = ask("study.db", *FAST, "--max-epochs", "5", orders=0)["notes"]

    assert notes[0] == "one trial still running or interrupted: left out"
    assert notes[1].startswith("one trial had been stopped early already")
    assert notes[2] == "curves are cut at epoch 5, as if every training had ended there"
