"""The results of the comparison at equal budgets: their files, means, paired differences, and the report."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from benchmarks.equal_budget import run
from benchmarks.equal_budget.report import markdown
from benchmarks.equal_budget.results_file import Key, Measured, forget, keep, read
from benchmarks.equal_budget.statistics import Results


def measured(regrets: Mapping[tuple[str, int], list[float]]) -> dict[Key, Measured]:
    """Regrets by table and budget, one an order."""
    return {
        Key(table, budget, order): Measured(regret, 7, 0.25)
        for (table, budget), mine in regrets.items()
        for order, regret in enumerate(mine)
    }


@pytest.fixture
def results() -> Results:
    """Freeze-thaw wins on one table, and loses clearly on the other."""
    return Results(
        {
            "freeze-thaw": measured({("lstm_ptb", 10): [1.0, 3.0], ("metaqnn_svhn", 10): [20.0, 22.0]}),
            "hyperband": measured({("lstm_ptb", 10): [5.0, 9.0], ("metaqnn_svhn", 10): [30.0, 28.0]}),
            "optuna median": measured({("metaqnn_svhn", 10): [10.0, 11.0]}),
            "hyperband + oracle": measured({("lstm_ptb", 10): [0.0, 0.0], ("metaqnn_svhn", 10): [0.0, 0.0]}),
        }
    )


def test_means_are_over_tables_and_errors_over_orders(results: Results) -> None:
    """By hand: the means 2 and 21 have the standard errors 1 and 1."""
    mean = results.regret("freeze-thaw", results.tables, 10)
    assert mean == (11.5, pytest.approx(2**0.5 / 2), 2, 2)
    paired = results.difference("freeze-thaw", "hyperband", results.tables, 10)
    assert paired is not None
    assert paired.mean == pytest.approx((-5 - 8) / 2)
    assert paired.error == pytest.approx((1**2 + 2**2) ** 0.5 / 2)
    assert results.difference("freeze-thaw", "optuna median", ["lstm_ptb"], 10) is None


def test_the_best_rival_of_a_table_is_no_bound_and_no_method_of_ours_that_forecasts(results: Results) -> None:
    """On one table it is far behind; on the other it is clearly ahead."""
    rival = results.best_rival("metaqnn_svhn", 10)
    assert rival is not None
    assert (rival.side, rival.difference.mean, rival.ahead, rival.far_ahead) == ("optuna median", 10.5, True, True)
    other = results.best_rival("lstm_ptb", 10)
    assert other is not None
    assert (other.side, other.ahead) == ("hyperband", False)
    assert results.hindsight(results.tables, 10) == (pytest.approx((7 + 10.5) / 2), pytest.approx(4.25**0.5 / 2), 2, 2)


def test_the_report_says_first_where_something_simpler_wins(results: Results) -> None:
    """And a side that was measured on fewer tables is marked."""
    text = markdown(results)
    first = text.index("Better by more than two standard errors on one table: metaqnn_svhn (optuna median, by 10.5")
    assert first < text.index("Mean regret over tables")
    assert "| freeze-thaw | 11.5 ± 0.7 | 0.25 (0.25) |" in text
    assert "| optuna median | 10.5 ± 0.5 (1, 2) |" in text
    assert "| metaqnn_svhn | **+10.5 ± 0.5 (optuna median)** |" in text
    assert "| hyperband + oracle (hyperband) |" in text


def test_files_keep_what_was_measured_and_forget_what_is_measured_anew(tmp_path: Path) -> None:
    """A file a side; the newest measurement of a key counts."""
    keep(tmp_path, "hyperband + srm", measured({("lstm_ptb", 10): [1.0, 2.0], ("heavy tail", 5): [3.0]}))
    keep(tmp_path, "hyperband + srm", {Key("lstm_ptb", 10, 1): Measured(9.0, 4, 0.5)})
    assert [path.name for path in tmp_path.glob("*.json")] == ["hyperband-srm.json"]
    known = read(tmp_path, "hyperband + srm")
    assert [known[Key("lstm_ptb", 10, order)].regret for order in range(2)] == [1.0, 9.0]
    forget(tmp_path, "hyperband + srm", known.keys() - {Key("heavy tail", 5, 0)})
    assert read(tmp_path, "hyperband + srm") == {Key("heavy tail", 5, 0): Measured(3.0, 7, 0.25)}


def test_the_command_measures_what_is_missing_and_draws(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A second call, with one budget more, finds the searches of the first in its folder."""
    pytest.importorskip("matplotlib")
    asked = ["--sides", "random", "halving", "--tables", "metaqnn_svhn", "--orders", "2", "--results", str(tmp_path)]
    run.main([*asked, "--budgets", "2"])
    assert "4 of 4" in capsys.readouterr().err
    run.main([*asked, "--budgets", "2", "3", "--orders", "0-1"])
    shown = capsys.readouterr()
    assert "metaqnn_svhn, order 1: 3:" in shown.err
    assert "2:" not in shown.err
    assert "| random |" in shown.out
    assert (tmp_path / "equal_budget.png").stat().st_size > 10_000
    run.main([*asked, "--budgets", "2", "--again"])
    assert "4 of 4: halving, metaqnn_svhn, order 1: 2:" in capsys.readouterr().err
