"""`bandits predict`, as a user with a file of curves meets it."""

import csv
import json
import math
import random
import re
from pathlib import Path

import pytest

from bandits.tools.plots import files

EPOCHS = 12


@pytest.fixture
def predict(bandits):
    """Predict with a fast predictor: the JSON object."""

    def call(*arguments: str, predictor: str = "srm-ridge") -> dict:
        code, out, err = bandits("predict", *arguments, "--predictor", predictor, "--json")
        assert (0, "") == (code, err)
        return json.loads(out)

    return call


def curves(rows=40, loss=False):
    """Saturating curves whose end depends on lr: pairs of lr and `EPOCHS` values."""
    dice = random.Random(0)  # noqa: S311 - not for secrets
    found = []
    for _ in range(rows):
        lr = 10 ** dice.uniform(-4, 0)
        end = 0.9 - 0.1 * abs(math.log10(lr) + 2) + dice.gauss(0, 0.01)
        values = [end * (1 - math.exp(-epoch / 3)) + dice.gauss(0, 0.003) for epoch in range(1, EPOCHS + 1)]
        found.append((lr, [math.exp(3 - 3 * value) for value in values] if loss else values))
    return found


def write(table, file="runs.csv", name="acc", cut=None, **columns):
    """Write a table; rows in `cut` end after so many epochs, `columns` stand beside lr."""
    with Path(file).open("w", newline="") as target:
        writer = csv.writer(target)
        writer.writerow(["lr", *columns, *(f"{name}_{epoch}" for epoch in range(1, EPOCHS + 1))])
        for row, (lr, values) in enumerate(table):
            end = (cut or {}).get(row, EPOCHS)
            known = [*values[:end], *[""] * (EPOCHS - end)]
            writer.writerow([lr, *(column[row] for column in columns.values()), *known])


CUT = {row: 3 + row % 5 for row in range(10)}


def test_json_holds_a_forecast_for_every_partial_row(predict):
    """The object has the promised keys, and a row's forecast lies in its interval and near the row's end."""
    table = curves()
    write(table, cut=CUT)

    report = predict("runs.csv")
    assert ["predictor", "file", "metric", "goal", "horizon", "at", "coverage", "training_curves", "best", "forecasts",
            "check", "notes"] == list(report)  # fmt: skip
    assert ("srm-ridge", "runs.csv", "acc", "maximize", 12, None, 30, None) == tuple(
        report[key] for key in ("predictor", "file", "metric", "goal", "horizon", "at", "training_curves", "check")
    )
    assert max(values[-1] for _, values in table[10:]) == report["best"]
    assert list(CUT.items()) == [(row["row"], row["epochs"]) for row in report["forecasts"]]
    for row in report["forecasts"]:
        assert ["row", "epochs", "last", "mean", "low", "high", "probability_best", "abstained", "cause"] == list(row)
        assert table[row["row"]][1][row["epochs"] - 1] == row["last"]
        assert row["low"] < row["mean"] < row["high"]
        assert abs(row["mean"] - table[row["row"]][1][-1]) < 0.03
        assert 0.0 <= row["probability_best"] <= 1.0
        assert row["abstained"] is None


def test_losses_stay_in_their_own_units(predict):
    """A loss is best where it is smallest, and its interval still goes from low to high."""
    table = curves(loss=True)
    write(table, name="loss", cut=CUT)

    report = predict("runs.csv")
    assert "minimize" == report["goal"]
    assert min(values[-1] for _, values in table[10:]) == report["best"]
    for row in report["forecasts"]:
        assert 0 < row["low"] < row["mean"] < row["high"]
        assert abs(math.log(row["mean"] / table[row["row"]][1][-1])) < 0.1
    best = min(report["forecasts"], key=lambda row: row["mean"])
    assert best["probability_best"] == max(row["probability_best"] for row in report["forecasts"])


def test_at_cuts_rows_and_checks_the_predictor_on_complete_ones(predict):
    """Rows that were measured far enough are forecast from their start; complete ones show how good that is."""
    write(curves(), cut=CUT)

    report = predict("runs.csv", "--at", "5")
    assert 5 == report["at"]
    assert {5} == {row["epochs"] for row in report["forecasts"] if row["abstained"] is None}
    short = {row["row"]: row["abstained"] for row in report["forecasts"] if row["abstained"] is not None}
    assert [0, 1, 5, 6] == list(short)
    assert "it has been measured up to epoch 3, not to 5" == short[0]
    check = report["check"]
    assert ["rows", "abstained", "folds", "r2", "rank_correlation", "median_error", "coverage", "forecasts"] == list(
        check
    )
    assert (30, 0, 5) == (check["rows"], check["abstained"], check["folds"])
    assert check["r2"] > 0.9 and check["rank_correlation"] > 0.9
    assert 0.6 < check["coverage"] <= 1.0
    assert 0.0 < check["median_error"] < 0.02


def test_the_check_has_not_seen_what_it_is_tested_on(predict):
    """How a complete row goes on after the cut changes nothing in its own forecast."""
    table = curves()
    write(table, cut=CUT)
    before = predict("runs.csv", "--at", "5")["check"]["forecasts"][0]
    lr, values = table[10]
    table[10] = (lr, [*values[:5], *(0.1 for _ in values[5:])])
    write(table, cut=CUT)

    after = predict("runs.csv", "--at", "5")["check"]["forecasts"][0]
    assert 10 == before["row"] == after["row"]
    assert before["mean"] == after["mean"]
    assert (values[-1], 0.1) == (before["truth"], after["truth"])


def test_nothing_after_the_cut_is_seen(predict):
    """What a partial row did after `--at` changes nothing."""
    table = curves()
    write(table, cut={0: 9})
    before = predict("runs.csv", "--at", "4", "--check", "0")
    table[0] = (table[0][0], [*table[0][1][:4], *(0.1 for _ in range(8))])
    write(table, cut={0: 9})

    assert before["check"] is None
    assert before == predict("runs.csv", "--at", "4", "--check", "0")


def test_a_share_of_the_horizon_is_an_epoch(predict):
    """A quarter of 12 epochs is 3; of a horizon of 10 it is 2, rounded down."""
    write(curves(), cut=CUT)

    assert 3 == predict("runs.csv", "--at", "25%")["at"]
    assert (2, 10) == tuple(predict("runs.csv", "--at", "25%", "--horizon", "10")[key] for key in ("at", "horizon"))


def test_an_earlier_horizon_makes_more_rows_complete(predict):
    """Rows that reach the horizon teach, whatever comes after."""
    write(curves(), cut=CUT)

    report = predict("runs.csv", "--horizon", "6")
    assert 34 == report["training_curves"]
    assert [row for row, epochs in CUT.items() if epochs < 6] == [row["row"] for row in report["forecasts"]]


def test_a_shipped_table_is_checked(predict):
    """`table:NAME` works; where all rows are complete, there is only the check, on 200 of them."""
    report = predict("table:metaqnn_cifar10", "--at", "25%")

    assert ([], 5, 1000) == (report["forecasts"], report["at"], report["training_curves"])
    assert 200 == report["check"]["rows"] == len(report["check"]["forecasts"])
    assert report["check"]["r2"] > 0.85
    assert ["the check is on 200 of the 1,000 complete rows, drawn at random"] == report["notes"]


def test_same_seed_same_bytes(bandits):
    """Two calls with one seed print the same bytes; another seed draws other folds."""
    write(curves(), cut=CUT)

    first, second, other = (
        bandits("predict", "runs.csv", "--predictor", "srm-ridge", "--at", "3", "--json", "--seed", seed)
        for seed in "001"
    )
    assert first == second
    assert first != other


def test_wider_coverage_wider_intervals(predict):
    """`--coverage` sets the probability of the intervals."""
    write(curves(), cut=CUT)

    half, most = (predict("runs.csv", "--coverage", share)["forecasts"][0] for share in ("0.5", "0.99"))
    assert most["low"] < half["low"] < half["mean"] == most["mean"] < half["high"] < most["high"]


def test_gaps_are_filled(predict):
    """A missing value in the middle or at the start is filled, and a note says so; a row of none has no forecast."""
    table = curves()
    table[12] = (table[12][0], [*table[12][1][:4], "", *table[12][1][5:]])
    table[13] = (table[13][0], ["nan", *table[13][1][1:]])
    write(table, cut={0: 3, 13: 4, 14: 0})

    report = predict("runs.csv")
    assert [(0, 3), (13, 4), (14, 0)] == [(row["row"], row["epochs"]) for row in report["forecasts"]]
    assert ["with gaps, filled from the epochs before and after: rows 12, 13"] == report["notes"]
    empty = report["forecasts"][2]
    assert "no epoch of it has been measured" == empty["abstained"]
    assert [None] * 5 == [empty[key] for key in ("last", "mean", "low", "high", "probability_best")]


def test_copies_are_forecast_but_teach_once(predict):
    """Rows keep the numbers that they have in the file, and no row is its own answer in the check."""
    table = curves(30)
    write([*table, table[20], table[20]], cut={0: 3})

    report = predict("runs.csv", "--at", "3")
    assert 29 == report["training_curves"] == report["check"]["rows"]
    assert ["copies of earlier rows, not learned from: rows 30, 31"] == report["notes"]


@pytest.mark.parametrize("predictor", ["srm", "srm-ols", "last-seen-value"])
def test_a_diverged_loss_breaks_nothing(predict, predictor):
    """Losses of 1e34 among the complete and the partial rows: finite numbers or a reason for every row, and a note."""
    table = curves(loss=True)
    table[20] = (table[20][0], [*table[20][1][:6], *[1e34] * 6])
    table[5] = (table[5][0], [1e34] * 12)
    write(table, name="loss", cut=CUT)

    report = predict("runs.csv", "--at", "3", "--plot", "a.png", predictor=predictor)
    for row in [*report["forecasts"], *report["check"]["forecasts"]]:
        assert (row["mean"] is None) == (row["abstained"] is not None)
        assert row["mean"] is None or math.isfinite(row["mean"])
        assert row["low"] is None or row["high"] is None or row["low"] <= row["high"]
    assert ["far worse than all others at the end, but learned from: rows 20"] == report["notes"]


def test_equal_ends_are_a_reason_not_a_number(predict, bandits):
    """Where all complete curves end alike, nothing tells how far off a forecast is, and every row says so."""
    write([(lr, [*values[:-1], 0.5]) for lr, values in curves()], cut=CUT)

    report = predict("runs.csv", "--at", "3")
    assert all("same score at epoch 12" in row["abstained"] for row in report["forecasts"])
    assert (0, 30, None, None) == tuple(report["check"][key] for key in ("rows", "abstained", "r2", "coverage"))
    code, out, _ = bandits("predict", "runs.csv", "--at", "3", "--predictor", "srm-ridge")
    assert 0 == code
    assert "no forecast for 10 of 10 rows" in out
    assert "no forecast for any of 30 complete rows" in out


def test_any_kind_of_hyperparameter_will_do(predict):
    """Texts, booleans, constants, names and missing cells beside the curves break nothing."""
    dice = random.Random(1)  # noqa: S311 - not for secrets
    write(
        curves(), cut=CUT,
        optimizer=[dice.choice(["adam", "sgd", ""]) for _ in range(40)],
        norm=[dice.choice(["true", "false"]) for _ in range(40)],
        depth=[3] * 40,
        momentum=[dice.choice(["", 0.5, 0.9]) for _ in range(40)],
        name=[f"run{row}" for row in range(40)],
    )  # fmt: skip

    report = predict("runs.csv", "--at", "3")
    assert report["check"]["r2"] > 0.9
    assert [] == [row for row in report["forecasts"] if row["abstained"]]


@pytest.mark.parametrize("known", [range(10, 40), range(40)], ids=["when done", "always"])
def test_what_training_ended_with_is_not_learned_from(predict, known):
    """A column of best values so far is left out, whether partial rows have one or not, and a note says so."""
    table = curves()
    write(table, cut=CUT)
    plain = predict("runs.csv", "--at", "3")
    best = [max(values[: CUT.get(row, EPOCHS)]) if row in known else "" for row, (_, values) in enumerate(table)]
    write(table, cut=CUT, best_acc=best)

    report = predict("runs.csv", "--at", "3")
    assert ["known only after training, not learned from: columns best_acc"] == report["notes"]
    assert plain["forecasts"] == report["forecasts"]


def test_few_complete_rows_leave_none_for_the_check(predict):
    """With as many complete rows as the predictor needs there are forecasts, but no check; with one more there is."""
    for rows, folds in ((20, None), (21, 21), (25, 5)):
        write(curves(rows + 1), cut={0: 5})
        report = predict("runs.csv", "--at", "3", predictor="last-seen-value")

        assert rows == report["training_curves"]
        assert folds == (report["check"] and report["check"]["folds"])
        assert (folds is None) == ("no check on complete rows: the predictor needs all 20 of them" in report["notes"])
    assert report["forecasts"][0]["abstained"] is None


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["none.csv"], ["table must be a csv file that exists", "'none.csv'"]),
        (["nothing"], ["table must be one of", "metaqnn_svhn", "'nothing'"]),
        (["runs.csv", "--predictor", "svm"], ["predictor must be one of", "srm", "'svm'"]),
        (["runs.csv", "--at", "12"], ["`at` must be < 12, the horizon", "got 12"]),
        (["runs.csv", "--at", "0"], ["`at` must be an integer >= 1", "got 0"]),
        (["runs.csv", "--at", "soon"], ["`at` must be an epoch such as 12, or a share such as 25%", "'soon'"]),
        (["runs.csv", "--at", "100%"], ["`at` must be an epoch", "'100%'"]),
        (["runs.csv", "--horizon", "13"], ["`horizon` must be <= 12, the last epoch of runs", "got 13"]),
        (["runs.csv", "--horizon", "1"], ["`horizon` must be an integer >= 2", "got 1"]),
        (["runs.csv", "--coverage", "1"], ["`coverage` must be in (0, 1)", "1.0"]),
        (["runs.csv", "--check", "-1"], ["`check`", ">= 0", "got -1"]),
        (["runs.csv", "--seed", "-1"], ["`seed`", ">= 0", "got -1"]),
        (["runs.csv", "--goal", "up"], ["`goal` must be", "'maximize'", "'minimize'", "'up'"]),
        (["runs.csv", "--plot", "a.gif"], ["`plot` must end in .html, .png, .svg, .pdf", "'a.gif'"]),
        (["runs.csv", "--plot", "none/a.png"], ["`plot` must be a file in a folder that exists", "none/a.png"]),
        (["few.csv"], ["table few must have 10 different rows measured up to epoch 12", "got 9"]),
        (["none_complete.csv"], ["must have 10 different rows measured up to epoch 12", "got 0"]),
        (["complete.csv"], ["table complete must have rows that end before epoch 12, or come with `at`", "got 40"]),
        ([], ["CURVES"]),
    ],
)
def test_wrong_usage_is_one_sentence_and_exit_code_2(bandits, arguments, words):
    """A wrong argument or file ends with code 2 and one line on stderr that names argument, rule and value."""
    write(curves(), cut=CUT)
    write(curves(10), "few.csv", cut={0: 3})
    write(curves(), "none_complete.csv", cut=dict.fromkeys(range(40), 8))
    write(curves(), "complete.csv")

    code, out, err = bandits("predict", *arguments)
    assert (2, "") == (code, out)
    assert 1 == err.count("\n")
    assert [] == [word for word in words if word not in err]


def test_the_table_is_for_people(bandits):
    """Best forecast first, with what was seen, the interval, the chance of a new best and the configuration."""
    write(curves(), cut=CUT)

    code, out, _ = bandits("predict", "runs.csv", "--at", "4", "--predictor", "srm-ridge")
    lines = out.splitlines()
    assert 0 == code
    assert "acc at epoch 12, from the first 4, by srm-ridge" in lines[0]
    assert "30 complete rows of runs.csv" in lines[1]
    assert re.search(r"check +on 30 complete rows .*: R2 0\.9\d+, rank correlation .*, median error .* 0\.9 inter", out)
    start = next(place for place, line in enumerate(lines) if line.startswith("row "))
    means = [float(line.split()[3]) for line in lines[start + 1 : start + 9]]
    assert sorted(means, reverse=True) == means
    assert "lr=" in lines[start + 1]
    assert "it has been measured up to epoch 3, not to 4" in lines[-2]


def test_a_long_table_is_cut_and_says_so(bandits):
    """Of 60 forecasts the best 50 are shown."""
    write(curves(90), cut=dict.fromkeys(range(60), 5))

    _, out, _ = bandits("predict", "runs.csv", "--predictor", "srm-ridge")
    assert "the 50 best forecasts are shown; --json prints the other 10 as well" in out
    assert 50 == sum(" to " in line and "lr=" in line for line in out.splitlines())


def test_the_guide_is_true(bandits, monkeypatch, capsys):
    """The commands and the Python of docs/how-to-choose.md run as they stand, on a file of curves."""
    write(curves(), cut=dict.fromkeys(range(5), 8))
    guide = (Path(__file__).parents[2] / "docs/how-to-choose.md").read_text(encoding="utf-8")
    commands = re.findall(r"^    bandits (\w+ [a-z].*)$", guide, flags=re.MULTILINE)
    blocks = re.findall(r"```python\n(.*?)```", guide, flags=re.DOTALL)

    assert commands and blocks
    for command in commands:
        assert 0 == bandits(*command.split())[0]
    for block in blocks:
        exec(compile(block, "how-to-choose.md", "exec"), {})  # noqa: S102 - our own guide
    assert 6 == len(capsys.readouterr().out.splitlines())


@pytest.mark.parametrize(("ending", "start"), [("png", b"\x89PNG"), ("svg", b"<?xml"), ("pdf", b"%PDF")])
def test_an_image_is_written(predict, ending, start):
    """`--plot` writes the format that the file's ending says, the same bytes each time."""
    write(curves(), cut=CUT)
    files = [Path(f"{name}.{ending}") for name in "ab"]
    for file in files:
        predict("runs.csv", "--plot", str(file), predictor="last-seen-value")

    first, second = (file.read_bytes() for file in files)
    assert first.startswith(start)
    assert len(first) > 10_000
    assert first == second


def test_a_page_is_written(predict):
    """An .html plot is one page that holds the library, the curves and every row's name."""
    write(curves(), cut=CUT)
    predict("runs.csv", "--at", "3", "--plot", "a.html")

    page = Path("a.html").read_text(encoding="utf-8")
    assert all(f"row {row}," in page for row in CUT)
    assert "plotly" in page
    assert 'src="http' not in page


def test_a_plot_needs_a_library_that_may_be_missing(bandits, monkeypatch):
    """The message holds the command that installs the one that this file needs, before any work is done."""
    write(curves(), cut=CUT)
    monkeypatch.setattr(files, "find_spec", lambda name: None)

    for file, library, other in (("a.png", "matplotlib", "plotly"), ("a.html", "plotly", "matplotlib")):
        code, out, err = bandits("predict", "runs.csv", "--plot", file)
        assert (2, "") == (code, out)
        assert f"pip install '{library}>=" in err
        assert other not in err
