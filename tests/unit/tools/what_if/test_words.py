"""What is said of an answer, and what is drawn of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from bandits.curves import Metric
from bandits.errors import SettingError
from bandits.stopping import ProbabilityRule, RiskControlledRule, StoppingRule
from bandits.studies import Reports, Study, StudyTrial
from bandits.studies.study import Kind
from bandits.tools.what_if import WhatIf, what_if
from bandits.tools.what_if.code import lines_of_code
from bandits.tools.what_if.plot import save_plot
from bandits.tools.what_if.report import WhatIfReport
from bandits.tools.what_if.words import amount, notes, percent, verdict
from tests.integration.optuna.made_studies import Notebook

TEN = [np.full(4, float(value)) for value in range(10, 0, -1)]
LATE = np.array([1.0, 1.0, 1.0, 12.0])


def trial_of(values: NDArray[np.float64], seconds: float | None = None) -> StudyTrial:
    return StudyTrial({}, {}, Reports.of(range(1, len(values) + 1), values), seconds=seconds)


def ask(
    *scores: object, goal: str = "maximize", seconds: float | None = None, kind: Kind = "table", **options: object
) -> WhatIf:
    """What the rule of the paper would have done, with a predictor that takes the last score for the end."""
    sign = 1.0 if goal == "maximize" else -1.0
    trials = tuple(trial_of(sign * np.asarray(row), seconds) for row in scores)
    study = Study("runs", Metric("", goal), trials, kind)  # type: ignore[arg-type]
    settings = {"rule": ProbabilityRule(), "orders": 0} | options
    return what_if(study, Notebook(), **settings)  # type: ignore[arg-type]


def test_a_best_trial_that_would_have_been_lost_is_said_first() -> None:
    """When, by how much, how often in random orders, and what would protect it."""
    answer = ask(*TEN, LATE, np.full(4, 11.0), orders=4)
    kept = sum(map(answer.best_survives, answer.others))
    said = verdict(answer)

    assert "Of 12 trials, 1 would have been dropped early" in said
    assert "(10, value 12) would have been lost after epoch 1: the best of the others is worse by 1." in said
    assert f"It survives in {kept} of 4 random orders" in said
    assert "A smaller --risk, or a larger --keep, protects it better" in said
    assert "Of the best 5, 4 would have been completed." in said


@pytest.mark.parametrize(
    ("noise", "lost", "said"),
    [
        (0.0, 1.0, "did not hold: the best trial that is left is worse in 6 of 6 random orders, by 1 at most."),
        (
            2.0,
            1.0,
            "held: the best trial that is left is worse by more than the noise of one measurement (2) in 0",
        ),
        (0.5, 1.0, "did not hold: the best trial that is left is worse by more than the noise of one measurement (0.5"),
        (0.0, 0.0, ""),
    ],
)
def test_the_stated_risk_is_held_against_what_was_lost(
    noise: float, lost: float, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A best trial that is lost to one within the noise is no error, and where nothing is lost nothing is said."""
    answer = ask(*TEN, LATE, rule=RiskControlledRule(), orders=6)
    monkeypatch.setattr(WhatIf, "noise", noise)
    monkeypatch.setattr(WhatIf, "regret", lambda _, __: lost)

    assert (f"The stated risk of 0.1 {said}" in verdict(answer)) == bool(said)
    assert ("stated risk" in verdict(answer)) == bool(said)


def test_a_risk_that_few_orders_contradict_may_have_held(monkeypatch: pytest.MonkeyPatch) -> None:
    """One loss in five is more than one in ten, but too little to tell."""
    answer = ask(*TEN, LATE, rule=RiskControlledRule(), orders=5)
    losses = iter([0.5, 0.0, 0.0, 0.0, 0.0] * 2)
    monkeypatch.setattr(WhatIf, "noise", 0.0)
    monkeypatch.setattr(WhatIf, "regret", lambda _, __: next(losses))

    assert "The stated risk of 0.1 may have held: the best trial that is left is worse in 1 of 5" in verdict(answer)


def test_noise_is_that_of_the_best_complete_curves() -> None:
    """It is unknown where the reports measure something else than what was returned."""
    zigzag = [np.array([value, value + 0.1, value, value + 0.1]) for value in range(10)]
    answer = ask(*zigzag)

    assert answer.noise == pytest.approx(0.2 / 6**0.5)
    study = replace(answer.study, returned=Metric("loss", "minimize"))
    assert replace(answer, read=replace(answer.read, study=study)).noise == 0.0


def test_a_replay_that_there_is_not_is_an_error() -> None:
    """One sentence says how many trials it takes."""
    answer = ask(*TEN[:3])

    with pytest.raises(SettingError, match=r"^runs must hold 10 trials that were completed, .*, got 3$"):
        assert answer.own


def test_where_nothing_is_dropped_that_is_said() -> None:
    """And why there is little to save."""
    said = verdict(ask(*reversed(TEN), top=1))

    assert said.startswith("Of 10 trials none would have been dropped early in the order of the study.")
    assert "the first 10 trials train in full" in said
    assert said.endswith("(9, value 10) would have survived.")


def test_hours_are_those_of_the_trials_that_are_known() -> None:
    """A note tells how many these are."""
    study = ask(*TEN, np.full(4, 1.0), seconds=7200.0).study
    trials = (*study.trials, trial_of(np.ones(4)))
    answer = what_if(Study("runs", study.metric, trials), Notebook(), ProbabilityRule(), orders=0)

    assert "(1.5 of 22 hours)" in verdict(answer)
    assert "training times are known for 11 of 12 trials, and summed over these" in notes(answer)
    assert WhatIfReport("notebook", answer).rank(0) == 1


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [(30.0, 60.0, "30 of 60 seconds"), (90.0, 600.0, "1.5 of 10 minutes"), (0.25, 1.0, "0.2 of 1 seconds")],
)
def test_times_have_the_unit_of_the_whole(part: float, whole: float, text: str) -> None:
    """Hours, minutes or seconds."""
    assert amount(part, whole) == text


def test_a_share_below_one_is_not_100_percent() -> None:
    """All is all."""
    assert [percent(share) for share in (0.0, 0.416, 0.999, 1.0)] == ["0%", "42%", "99%", "100%"]


def test_settings_that_are_not_the_default_are_in_the_lines() -> None:
    """Those that are, are not."""
    answer = ask(*TEN, rule=ProbabilityRule(margin=0.5), seed=3, kind="journal")

    assert (
        "--confidence 0.99 --margin 0.5 --max-epochs 4 --burn-in 10 --trials 10 --seed 3"
        in lines_of_code(answer, "srm")[0]
    )
    assert "ProbabilityRule(confidence=0.99, margin=0.5)" in "\n".join(lines_of_code(answer, "srm"))


@pytest.mark.parametrize(
    ("rule", "words", "call"),
    [
        (RiskControlledRule(), "--risk 0.1 ", "RiskControlledRule(risk=0.1)"),
        (RiskControlledRule(from_epoch=3, keep=2), "--risk 0.1 --keep 2 --from-epoch 3 ", "keep=2, from_epoch=3)"),
        (RiskControlledRule(0.2, tolerance=0.5), "--rule risk-controlled:risk=0.2,tolerance=0.5 ", "tolerance=0.5)"),
        (ProbabilityRule(0.9), "--confidence 0.9 ", "ProbabilityRule(confidence=0.9)"),
    ],
)
def test_any_rule_is_in_the_lines(rule: StoppingRule, words: str, call: str) -> None:
    """As options where it has them, else as a rule with its settings; a predictor with settings as well."""
    answer = ask(*TEN, rule=rule, kind="journal")
    lines = lines_of_code(answer, "srm:min_curves=5,model=ridge")

    assert f"--predictor srm:min_curves=5,model=ridge {words}" in lines[0]
    assert call in "\n".join(lines)
    assert "SRM(min_curves=5, model='ridge')" in "\n".join(lines)


# the picture

pytestmark = pytest.mark.filterwarnings("default::PendingDeprecationWarning")


@pytest.fixture
def drawn(tmp_path: Path) -> Path:
    pytest.importorskip("matplotlib")
    return tmp_path / "picture.svg"


def test_losses_of_many_sizes_are_drawn_on_a_logarithmic_axis(drawn: Path) -> None:
    """The best trial, which would have been lost, is said to be."""
    losses = [-np.full(4, 10.0**size) for size in range(5, -5, -1)]
    save_plot(ask(*losses, -np.full(4, 1.0), -np.array([9.0, 9.0, 9.0, 1e-9]), goal="minimize"), str(drawn))

    assert "blue: the best trial (it would have been lost)" in drawn.read_text()


def test_too_few_trials_are_drawn_as_they_were(drawn: Path) -> None:
    """The title says that there is no answer."""
    save_plot(ask(*TEN[:3]), str(drawn))

    assert "too few trials to say" in drawn.read_text()


def test_of_many_curves_some_are_drawn(drawn: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the best one among them."""
    monkeypatch.setattr("bandits.tools.what_if.image._MOST", 3)
    save_plot(ask(*TEN), str(drawn))

    assert "3 of 10 drawn" in drawn.read_text()


def test_a_picture_that_cannot_be_written_is_an_error(drawn: Path) -> None:
    """One sentence."""
    drawn.touch()
    answer = ask(*TEN)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("matplotlib.figure.Figure.savefig", _refuse)
        with pytest.raises(SettingError, match=r"`plot` must be a file that can be written \(no room\)"):
            save_plot(answer, str(drawn))


def _refuse(*_: object, **__: object) -> None:
    raise OSError(28, "no room")
