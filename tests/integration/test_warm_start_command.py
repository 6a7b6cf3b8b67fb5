"""`bandits run --warm-start`: curves of earlier studies from the command line."""

import json
import re

import optuna
import pytest
from optuna.trial import create_trial

RUN = ("run", "random", "--predictor", "srm", "--trials", "30", "--burn-in", "20")


def test_a_journal_is_where_the_next_run_starts(bandits) -> None:
    """The summary says what became of the earlier curves, in one line and as JSON; the same command, the same run."""
    first = bandits(*RUN, "--seed", "1", "--journal", "first.journal")
    shown = bandits(*RUN, "--warm-start", "first.journal")
    told = bandits(*RUN, "--warm-start", "first.journal", "--json")
    again = bandits(*RUN, "--warm-start", "first.journal", "--json")
    warm = json.loads(told[1])["warm_start"]

    assert (first[0], shown[0], told[0]) == (0, 0, 0)
    assert told == again
    assert (warm["curves"], warm["sources"], warm["dropped"]) == (30, ["first.journal"], "")
    assert "of 30 curves of first.journal taught, and agree with" in warm["says"]
    assert re.search(rf"^warm +{re.escape(warm['says'])} *$", shown[1], re.MULTILINE)


def test_without_a_warm_start_nothing_is_said(bandits) -> None:
    """No line, and null."""
    _, shown, _ = bandits(*RUN)
    _, told, _ = bandits(*RUN, "--json")

    assert "warm" not in shown
    assert json.loads(told)["warm_start"] is None


@pytest.mark.usefixtures("quiet_optuna")
def test_several_sources_may_be_named(bandits) -> None:
    """A table and an Optuna study; the journal of the new run says where it started."""
    study = optuna.create_study(storage="sqlite:///study.db", direction="maximize")
    for rate in (0.001, 0.0004):
        space = {"lr": optuna.distributions.FloatDistribution(1e-5, 1e-2)}
        reports = {epoch: 0.3 + 0.01 * epoch for epoch in range(1, 21)}
        study.add_trial(create_trial(value=0.5, params={"lr": rate}, distributions=space, intermediate_values=reports))
    sources = ("--warm-start", "table:metaqnn_svhn", "--warm-start", "sqlite:///study.db")
    code, told, _ = bandits(*RUN, *sources, "--json")
    said = json.loads(told)

    assert code == 0
    assert said["warm_start"]["sources"] == ["table:metaqnn_svhn", "sqlite:///study.db"]
    assert said["stopper"]["earlier"]["curves"] == said["warm_start"]["curves"] > 1000


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("run", "random", "--warm-start", "table:lstm_ptb"), "`warm_start` must come with a predictor"),
        ((*RUN, "--warm-start", "nothing.journal"), "`warm_start` must be a file that exists, or table:NAME"),
        ((*RUN, "--warm-start", "table:nothing"), "table must be one of"),
        ((*RUN, "--warm-start", "table:lstm_ptb"), "`warm_start` must maximize its metric"),
    ],
)
def test_wrong_sources_are_wrong_usage(bandits, arguments: tuple[str, ...], message: str) -> None:
    """Exit code 2 and one line."""
    code, out, err = bandits(*arguments)

    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1
