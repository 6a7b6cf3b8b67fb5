"""The command line, as a user meets it."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from bandits import cli
from bandits.runtime import SqliteJournal
from bandits.runtime.records import JobStarted, VerdictGiven

KEYS = [
    "algorithm",
    "predictor",
    "objective",
    "metric",
    "goal",
    "seed",
    "workers",
    "max_epochs",
    "trials",
    "completed",
    "dropped",
    "cut",
    "failed",
    "epochs_trained",
    "epochs_without_predictor",
    "best_value",
    "best_trial",
    "best_config",
    "table_best",
    "regret",
    "seconds",
    "seconds_without_predictor",
]


def test_json_holds_every_promised_key(bandits):
    """`--json` prints one object with all keys of the contract and nothing else."""
    code, out, err = bandits("run", "hyperband", "--predictor", "srm", "--json")

    report = json.loads(out)
    assert (0, "") == (code, err)
    assert [] == [key for key in KEYS if key not in report]


def test_one_loop_on_the_default_table(bandits):
    """R = 20, eta 3 is 9 + 5 + 3 arms and 154 epochs, with or without a predictor that has nothing to say."""
    _, out, _ = bandits("run", "hyperband", "--predictor", "srm", "--json")

    report = json.loads(out)
    assert (17, 154, 154, 0) == tuple(
        report[key] for key in ("trials", "epochs_trained", "epochs_without_predictor", "dropped")
    )


def test_the_main_job_saves_epochs_and_keeps_the_best(bandits):
    """Twenty loops with srm train fewer epochs than plain Hyperband and end with its best value."""
    _, out, _ = bandits("run", "hyperband", "--predictor", "srm", "--loops", "20", "--json")

    report = json.loads(out)
    assert report["epochs_trained"] < 0.75 * report["epochs_without_predictor"]
    assert report["best_value"] == report["best_value_without_predictor"]
    assert report["dropped"] > 50


def test_same_seed_same_bytes(bandits):
    """Two runs with one seed print the same bytes; another seed prints others."""
    first, second, other = (
        bandits("run", "random", "--predictor", "srm", "--trials", "60", "--json", "--seed", seed) for seed in "001"
    )

    assert first == second
    assert first != other


def test_a_sampler_of_optuna_chooses_the_configurations(bandits):
    """Any sampler by name; the same seed gives the same run, and another one than random sampling."""
    words = ("run", "random", "--trials", "40", "--predictor", "last-seen-value", "--json")

    first, second, plain = (
        json.loads(bandits(*words, *sampler)[1])
        for sampler in (("--sampler", "TPE"), ("--sampler", "tpe"), ("--sampler", "random"))
    )

    assert ("tpe", "tpe", "random") == tuple(report.pop("sampler") for report in (first, second, plain))
    assert first == second
    assert first["trials"] == plain["trials"]
    assert first["best_config"] != plain["best_config"] or first["epochs_trained"] != plain["epochs_trained"]


def test_states_add_up(bandits):
    """Every trial is completed, dropped, cut or failed."""
    _, out, _ = bandits(
        "run", "hyperband", "--predictor", "last-seen-value", "--objective", "table:nas_bench_nlp_wikitext2",
        "--loops", "3", "--json", "--workers", "4",
    )  # fmt: skip

    report = json.loads(out)
    assert report["trials"] == sum(report[key] for key in ("completed", "dropped", "cut", "failed"))
    assert "minimize" == report["goal"]
    assert report["regret"] >= 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["run", "hyperbnd"], ["algorithm must be one of", "hyperband", "'hyperbnd'"]),
        (["run", "hyperband", "--predictor", "svm"], ["predictor must be one of", "srm", "'svm'"]),
        (["run", "hyperband", "--objective", "nothing"], ["objective must be one of", "'nothing'"]),
        (["run", "hyperband", "--objective", "table:nothing"], ["table must be one of", "metaqnn_svhn", "'nothing'"]),
        (["run", "hyperband", "--objective", "table:none.csv"], ["none.csv"]),
        (["run", "hyperband", "--objective", "no_module:f"], ["objective must be one of", "'no_module:f'"]),
        (["run", "hyperband", "--max-epochs", "0"], ["`max_epochs` must be", ">= 1", "got 0"]),
        (["run", "hyperband", "--max-epochs", "81"], ["`max_epochs` must be <= 20", "metaqnn_cifar10", "got 81"]),
        (["run", "hyperband", "--eta", "1"], ["`eta` must be", ">= 2", "got 1"]),
        (["run", "hyperband", "--loops", "0"], ["`loops`", "from 1 to 1000000", "got 0"]),
        (["run", "hyperband", "--sizes", "round"], ["`sizes` of hyperband must be one of 'ceil', 'floor'", "'round'"]),
        (
            ["run", "random", "--loops", "2"],
            ["`loops` must be a setting of random (trials, max_epochs, burn_in)", "got 2"],
        ),
        (["run", "random", "--trials", "0"], ["`trials`", ">= 1", "got 0"]),
        (["run", "hyperband", "--predictor", "srm", "--confidence", "1"], ["`confidence` must be in (0, 1)", "1.0"]),
        (["run", "hyperband", "--predictor", "srm", "--margin", "-1"], ["`margin`", ">= 0", "-1.0"]),
        (["run", "hyperband", "--predictor", "srm", "--keep", "0"], ["`keep`", ">= 1", "got 0"]),
        (["run", "hyperband", "--predictor", "srm", "--kappa", "0"], ["`kappa` must be in (0, 1]", "0.0"]),
        (["run", "hyperband", "--confidence", "0.9"], ["`confidence` must come with a predictor", "0.9"]),
        (["run", "hyperband", "--look-ahead"], ["`look_ahead` must come with a predictor", "got True"]),
        (
            ["run", "halving", "--predictor", "srm", "--look-ahead"],
            ["`look_ahead` must be a setting of halving (max_epochs, eta, trials, kappa, loops)", "got True"],
        ),
        (["run", "hyperband", "--risk", "0.2"], ["`risk` must come with a predictor", "0.2"]),
        (["run", "hyperband", "--audit", "0.2"], ["`audit` must come with a predictor", "0.2"]),
        (["run", "hyperband", "--predictor", "srm", "--risk", "0.6"], ["`risk` must be in (0, 0.5]", "0.6"]),
        (["run", "hyperband", "--predictor", "srm", "--risk", "0"], ["`risk` must be in (0, 0.5]", "0.0"]),
        (["run", "hyperband", "--predictor", "srm", "--audit", "1.5"], ["`audit` must be in [0, 1]", "1.5"]),
        (
            ["run", "hyperband", "--predictor", "srm", "--risk", "0.1", "--confidence", "0.9"],
            ["`risk` must be left out with `confidence`", "got 0.1"],
        ),
        (
            ["run", "hyperband", "--predictor", "srm", "--audit", "0.1", "--confidence", "0.9"],
            ["`audit` must be left out with `confidence`", "got 0.1"],
        ),
        (["run", "hyperband", "--sampler", "tree"], ["sampler must be one of random, tpe", "'tree'"]),
        (["run", "dehb", "--sampler", "tpe"], ["`sampler` must be left out with dehb", "'tpe'"]),
        (["run", "hyperband", "--sampler", "differential-evolution"], ["`sampler` must be left out with hyperband"]),
        (
            ["run", "dehb", "--objective", "cnn:digits"],
            ["`objective` must have parameters that differential evolution can choose"],
        ),
        (["run", "metaqnn", "--sampler", "tpe"], ["`sampler` must be left out with metaqnn", "'tpe'"]),
        (
            ["run", "random", "--sampler", "tpe", "--objective", "cnn:digits"],
            ["`sampler` must be left out for cnn:digits", "no parameters that it could choose", "'tpe'"],
        ),
        (["run", "hyperband", "--workers", "0"], ["`workers`", ">= 1", "got 0"]),
        (["run", "hyperband", "--seed", "-1"], ["`seed`", ">= 0", "got -1"]),
        (["run", "hyperband", "--seed", "x"], ["--seed", "'x'"]),
        (["run", "--eta", "3"], ["`eta` must be a setting of freeze-thaw", "got 3"]),
        (["list", "tables"], ["'tables'"]),
        (["explain", "none.journal", "0"], ["journal must be an existing file", "none.journal"]),
    ],
)
def test_wrong_usage_is_one_sentence_and_exit_code_2(bandits, arguments, words):
    """A wrong argument ends with code 2 and one line on stderr that names argument, rule and value."""
    code, out, err = bandits(*arguments)

    assert (2, "") == (code, out)
    assert 1 == err.count("\n")
    assert [] == [word for word in words if word not in err]


def test_list_names_everything_with_its_purpose(bandits):
    """`bandits list` shows algorithms, predictors and objectives, one a line."""
    code, out, _ = bandits("list")

    assert 0 == code
    algorithms = ("hyperband", "asha-stopping", "pasha", "median", "top-k")
    for name in (*algorithms, "srm", "last-seen-value", "table:lstm_ptb", "your_module:your_function"):
        assert any(line.startswith(name) and len(line) > len(name) + 5 for line in out.splitlines())


def test_list_predictors_says_what_each_needs_costs_and_is_for(bandits):
    """`bandits list predictors` is a table with a column for each."""
    code, out, _ = bandits("list", "predictors")

    assert 0 == code
    header = next(line for line in out.splitlines() if line.startswith("name"))
    assert ["name", "what it is", "needs", "costs", "pick it"] == re.split(r"  +", header.strip())
    for words in ("10 complete curves", "no other curve", "milliseconds a forecast", "the baseline"):
        assert words in out


def test_explain_tells_a_dropped_trials_story(bandits):
    """A journal holds the forecast, bar, probability and reason of the verdict that dropped an arm, by either rule."""
    run = ("run", "random", "--predictor", "srm-ridge", "--trials", "70", "--json", "--journal")
    words = {
        ("risk.journal",): r"DROP: validation accuracy 0\.\d+ ± 0\.\d+ is forecast for epoch 20; "
        r"P\(forecast this poor at any check \| ends at 0\.\d+\) = 0\.\d+ <= 0\.1",
        (
            "paper.journal",
            "--confidence",
            "0.95",
        ): r"DROP: P\(validation accuracy at epoch 20 <= 0\.\d+\) = \S+ >= 0\.95",
    }
    for arguments, pattern in words.items():
        bandits(*run, *arguments)
        with SqliteJournal.open(arguments[0]) as journal:
            dropped = next(record.trial for record in journal.records() if getattr(record, "drop", False))

        code, out, _ = bandits("explain", arguments[0], str(dropped))
        assert 0 == code
        assert re.search(pattern, " ".join(out.split())), out


def test_explain_tells_of_an_arm_that_was_spared(bandits):
    """An audited arm that a forecast spoke against goes on, and its story says why."""
    bandits(
        *("run", "random", "--predictor", "srm-ridge", "--trials", "60", "--audit", "1", "--json"),
        *("--journal", "run.journal"),
    )
    with SqliteJournal.open("run.journal") as journal:
        spared = next(
            record.trial for record in journal.records() if "to check the rule" in getattr(record, "reason", "")
        )

    code, out, _ = bandits("explain", "run.journal", str(spared))
    assert 0 == code
    assert "carried on nevertheless, to check the rule" in " ".join(out.split())


def test_a_larger_risk_saves_more(bandits):
    """`--risk` and `--audit` go to the rule: more risk and fewer audits leave fewer epochs to train; and where every
    arm is audited, none is dropped."""

    def report(*settings: str) -> dict:
        code, out, _ = bandits("run", "random", "--predictor", "srm-ridge", "--trials", "60", "--json", *settings)
        assert 0 == code
        return json.loads(out)

    usual = report()
    assert report("--risk", "0.1", "--audit", "0.02") == usual
    bold, careful, audited = report("--risk", "0.4"), report("--risk", "0.03"), report("--audit", "1")
    assert bold["epochs_trained"] < usual["epochs_trained"] < careful["epochs_trained"]
    assert (audited["dropped"], audited["epochs_trained"]) == (0, audited["epochs_without_predictor"])
    assert report("--audit", "0")["epochs_trained"] < usual["epochs_trained"]


def test_looking_ahead_saves_more(bandits):
    """`--look-ahead` drops arms on their way to rungs below the last, for what is forecast for R."""

    def report(*settings: str) -> dict:
        words = ("--predictor", "srm-ridge", "--confidence", "0.9", "--loops", "5", "--json", *settings)
        code, out, _ = bandits("run", "hyperband", *words)
        assert 0 == code
        return json.loads(out)

    within_rungs, looking_ahead = report(), report("--look-ahead", "--journal", "run.journal")
    assert looking_ahead["epochs_trained"] < within_rungs["epochs_trained"]
    assert looking_ahead["epochs_without_predictor"] == within_rungs["epochs_without_predictor"]
    with SqliteJournal.open("run.journal") as journal:
        records = list(journal.records())
    stops: dict[int, int] = {}
    ahead = 0
    for record in records:
        if isinstance(record, JobStarted):
            stops[record.trial] = record.stop
        if isinstance(record, VerdictGiven) and record.drop:
            ahead += record.horizon == 20 > stops[record.trial]
    assert ahead > 0


def test_explain_names_the_trials_there_are(bandits):
    """An unknown trial is refused with the range of known ones."""
    bandits("run", "halving", "--journal", "run.journal", "--json")

    code, _, err = bandits("explain", "run.journal", "99")
    assert 2 == code
    assert "trial must be one of the 9 trials of this journal (0 to 8), got 99" in err


def test_a_journal_is_never_overwritten(bandits):
    """A second run refuses the file of the first."""
    bandits("run", "halving", "--journal", "run.journal", "--json")

    code, _, err = bandits("run", "halving", "--journal", "run.journal", "--json")
    assert 2 == code
    assert "journal must be a new file" in err


OBJECTIVE = """
from optuna.distributions import FloatDistribution
from bandits.curves import Metric
from bandits.objectives import objective

@objective(space={"x": FloatDistribution(0, 1)}, metric=Metric("loss", goal="minimize"), max_epochs=9)
def train(config):
    for epoch in range(1, 10):
        BODY

def plain(config):
    yield 1.0
"""


@pytest.mark.parametrize(
    ("body", "code", "completed"),
    [
        ("yield (config['x'] - 0.5) ** 2 + 1 / epoch", 0, 5),
        ("yield float('nan') if config['x'] < 0.5 else 1 / epoch", 0, None),
        ("raise RuntimeError('out of memory')", 1, 0),
        ("yield 'text'", 1, 0),
        ("raise KeyboardInterrupt", 1, 0),
    ],
)
def test_a_users_function_runs_and_may_fail(bandits, body, code, completed):
    """Values are taken an epoch at a time; failing trials are counted; a run without any value exits with 1."""
    name = f"objective_{abs(hash(body))}"
    Path(f"{name}.py").write_text(OBJECTIVE.replace("BODY", body))

    got, out, err = bandits("run", "hyperband", "--objective", f"{name}:train", "--json")

    report = json.loads(out)
    assert code == got
    assert completed is None or completed == report["completed"]
    assert code == 0 or err.startswith("bandits: ")
    assert None is report["epochs_without_predictor"]


def test_a_function_that_is_no_objective_is_refused(bandits):
    """A plain function lacks a space, a metric and a length; the message says how to give them."""
    Path("objective_plain.py").write_text(OBJECTIVE.replace("BODY", "yield 1.0"))

    code, _, err = bandits("run", "hyperband", "--objective", "objective_plain:plain")
    assert 2 == code
    assert "bandits.objectives.objective" in err


def test_a_users_table_runs(bandits):
    """A csv file with a column an epoch is an objective."""
    rows = [f"{0.01 * i},{','.join(str(0.1 + 0.01 * i * t) for t in range(1, 10))}" for i in range(1, 31)]
    Path("runs.csv").write_text("\n".join(["lr," + ",".join(f"acc_{t}" for t in range(1, 10)), *rows]))

    code, out, _ = bandits("run", "hyperband", "--objective", "table:runs.csv", "--json")
    assert 0 == code
    assert 9 == json.loads(out)["max_epochs"]


def test_the_summary_is_for_people(bandits):
    """Without `--json` the summary names the best configuration, the cost, and what happened in each bracket."""
    code, out, _ = bandits("run", "hyperband", "--predictor", "srm", "--loops", "4")

    assert 0 == code
    for words in ("validation accuracy", "without the predictor", "dropped by a forecast", "s = 2"):
        assert words in " ".join(out.split())


@pytest.mark.parametrize(
    ("arguments", "trials", "expected"),
    [
        (["top-k", "--k", "5", "--first-epochs", "2"], 1000, {"epochs_trained": 1000 * 2 + 5 * 18, "completed": 5}),
        (["top-k", "--trials", "40"], 40, {"epochs_trained": 40 + 3 * 19, "completed": 3}),
        (["median", "--trials", "40", "--warm-up", "19"], 40, {"epochs_trained": 40 * 20, "cut": 0}),
        (["median", "--trials", "40", "--min-arms", "40", "--interval", "3"], 40, {"epochs_trained": 40 * 20}),
        (["pasha", "--trials", "9", "--percentile", "50", "--max-epochs", "3"], 9, {"epochs_trained": 9 + 3 * 2}),
    ],
)
def test_baselines_run(bandits, arguments, trials, expected):
    """Each has its own settings; what they train is known."""
    code, out, _ = bandits("run", *arguments, "--json")

    report = json.loads(out)
    assert (0, trials) == (code, report["trials"])
    assert expected == {key: report[key] for key in expected}


def test_the_summary_says_who_cut_an_arm(bandits):
    """Halving cuts arms, and so does the median."""
    _, halving, _ = bandits("run", "halving")
    _, median, _ = bandits("run", "median", "--trials", "40")

    assert "cut by halving" in halving
    assert "cut by the median" in median


def test_python_m_bandits_is_the_command():
    """`python -m bandits --version` works in a process of its own."""
    done = subprocess.run([sys.executable, "-m", "bandits", "--version"], capture_output=True, text=True, check=True)

    assert done.stdout.startswith("bandits, version ")


def test_help_names_every_option():
    """`bandits run --help` documents every option of the contract."""
    shown = CliRunner().invoke(cli.command, ["run", "--help"]).output

    for option in ("predictor", "objective", "max-epochs", "eta", "loops", "trials", "risk", "audit", "confidence",
                   "margin", "keep", "kappa", "percentile", "warm-up", "min-arms", "interval", "k", "first-epochs",
                   "look-ahead", "workers", "seed", "journal", "json"):  # fmt: skip
        assert f"--{option}" in shown
