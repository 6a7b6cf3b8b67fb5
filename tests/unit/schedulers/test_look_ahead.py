"""Looking ahead: at every rung of Hyperband, how an arm would end at R is asked as well."""

import pytest

from bandits.curves import Curve, History, Trial
from bandits.errors import SettingError
from bandits.forecasts import Forecast
from bandits.schedulers import Hyperband, Measured, State, SuccessiveHalving
from bandits.stopping import EarlyStopper, ProbabilityRule
from bandits.testing import OraclePredictor, play
from bandits.verdicts import Drop, Evidence, Keep, Verdict

EVIDENCE = Evidence(Forecast(0.5, 0.1, 9), bar=0.6, probability=0.8, confidence=0.9)
GOOD = Keep("good", EVIDENCE, censored=True)
BAD = Drop("bad", EVIDENCE, censored=True)
SILENT = Keep("no forecast")


class Scripted:
    """A stopper that answers by trial, epoch and horizon, and otherwise knows nothing; it notes what it is asked."""

    burn_in = None
    needs_whole_trainings = False

    def __init__(self, verdicts: dict[tuple[int, int, int], Verdict] | None = None, keep: int = 1) -> None:
        self.keep = keep
        self.verdicts = verdicts or {}
        self.asked: dict[tuple[int, int], list[tuple[int, float | None]]] = {}

    def settings(self) -> dict:
        return {}

    def advise(self, trial: Trial, curve: Curve, history: History, *, horizon: int, bar: float | None) -> Verdict:
        self.asked.setdefault((trial.id, curve.tau), []).append((horizon, bar))
        return self.verdicts.get((trial.id, curve.tau, horizon), SILENT)


def rising(trial_id: int, epoch: int) -> float:
    """The larger the id, the better, at every epoch."""
    return trial_id + epoch / 100


def test_what_is_asked_in_hyperband_of_nine() -> None:
    """Arms 0 to 8 train 1, 3 and 9 epochs, 9 to 13 train 3 and 9, 14 to 16 train 9; the first to reach 9 is 8, and the
    next 13. Below the last rung, two questions after every epoch, the second without a bar until 8 is there."""
    stopper = Scripted()
    play(Hyperband(max_epochs=9, stopper=stopper, look_ahead=True), rising)

    assert stopper.asked[6, 2] == [(3, pytest.approx(8.03)), (9, None)]  # third of its rung, of which one is promoted
    assert stopper.asked[8, 5] == [(9, None)]  # the last rung
    assert stopper.asked[9, 1] == [(3, None), (9, 8.09)]
    assert stopper.asked[12, 2] == [(3, 11.03), (9, 8.09)]
    assert stopper.asked[13, 4] == [(9, 8.09)]
    assert stopper.asked[14, 4] == [(9, 13.09)]


def test_without_looking_ahead_one_question_is_asked() -> None:
    """About the end of the rung."""
    stopper = Scripted()
    play(Hyperband(max_epochs=9, stopper=stopper), rising)

    assert stopper.asked[12, 2] == [(3, 11.03)]
    assert {len(questions) for questions in stopper.asked.values()} == {1}


def test_the_bar_at_the_end_is_the_keep_th_best_of_the_run() -> None:
    """With `keep` = 2 there is none before two arms have reached R."""
    stopper = Scripted(keep=2)
    play(Hyperband(max_epochs=9, loops=2, stopper=stopper, look_ahead=True), rising)

    assert stopper.asked[9, 1] == [(3, None), (9, None)]
    assert stopper.asked[26, 1] == [(3, None), (9, 16.09)]  # the second loop's first arm that trains 3 epochs


def test_kappa_holds_for_both_questions() -> None:
    """Before the share kappa of a rung has finished, no forecast drops an arm there, whatever the horizon."""
    stopper = Scripted()
    play(Hyperband(max_epochs=9, kappa=0.6, stopper=stopper, look_ahead=True), rising)

    assert [stopper.asked[i, 2] for i in (11, 12)] == [[(3, None), (9, None)], [(3, 11.03), (9, 8.09)]]


def told(verdicts: dict[tuple[int, int, int], Verdict]) -> tuple[Hyperband, list[Verdict]]:
    """Hyperband and what it says after epochs 1 and 2 of arm 10, which trains towards epoch 3."""
    scheduler = Hyperband(max_epochs=9, stopper=Scripted(verdicts), look_ahead=True)
    said: list[Verdict] = []
    tell = scheduler.tell

    def listen(event: Measured) -> Verdict:
        verdict = tell(event)
        if event.trial.id == 10 and event.epoch < 3:
            said.append(verdict)
        return verdict

    scheduler.tell = listen  # type: ignore[method-assign]
    play(scheduler, rising)
    return scheduler, said


def test_the_second_answer_drops_too() -> None:
    """For its reason; the arm has left its rung, and a place there is another's."""
    scheduler, said = told({(10, 1, 3): GOOD, (10, 1, 9): BAD})

    assert said == [BAD]
    assert scheduler.arms[10].state is State.DROPPED
    assert scheduler.arms[10].epochs == 1
    assert (scheduler.brackets[1].rungs[0].dropped, scheduler.brackets[1].rungs[0].finished) == (1, 4)


def test_the_first_drop_ends_the_questions() -> None:
    """Once the rung's end is out of reach, nobody asks about R."""
    scheduler, said = told({(10, 1, 3): BAD, (10, 1, 9): GOOD})

    assert said == [BAD]
    assert [horizon for horizon, _ in scheduler.stopper.asked[10, 1]] == [3]
    assert scheduler.training.is_uncensored(10, 9)


def test_of_two_answers_the_first_with_a_forecast_is_told() -> None:
    """Else the first one."""
    other = Keep("good at the end", EVIDENCE)

    assert told({(10, 1, 3): GOOD, (10, 1, 9): other})[1] == [GOOD, SILENT]
    assert told({(10, 2, 9): other})[1] == [SILENT, other]
    assert told({(10, 2, 3): Keep("never asked")})[1] == [SILENT, Keep("never asked")]


def test_exposure_is_noted_by_horizon() -> None:
    """A forecast of the rung's end censors an arm there, one of R at R."""
    towards_rung, _ = told({(10, 1, 3): GOOD})
    towards_end, _ = told({(10, 1, 9): GOOD})

    assert [towards_rung.training.is_uncensored(10, horizon) for horizon in (3, 9)] == [False, True]
    assert [towards_end.training.is_uncensored(10, horizon) for horizon in (3, 9)] == [True, False]


def test_an_audit_knows_its_horizon() -> None:
    """The first time that an arm was spared counts, whichever question it was."""
    spared = Keep("bad, but audited", EVIDENCE, spared=True)
    scheduler, _ = told({(10, 1, 9): spared, (10, 2, 3): spared})

    assert set(scheduler.audits) == {10}
    assert (scheduler.audits[10].epoch, scheduler.audits[10].horizon, scheduler.audits[10].bar) == (1, 9, 8.09)


def oracle(scores: list[list[float]]) -> EarlyStopper:
    """Forecasts without error."""
    return EarlyStopper(OraclePredictor(scores), ProbabilityRule())


def test_a_perfect_forecast_drops_all_that_would_not_be_the_best() -> None:
    """Hyperband of two loops, R = 3: arms 0 to 2 train 1 epoch and the best of them 3, arms 3 and 4 train 3; so do 5 to
    9. Arm 0 ends at 0.9; every later one that would do worse is dropped after 1 epoch where it has 3 to train."""
    ends = [0.9, 0.1, 0.2, 0.5, 0.95, 0.3, 0.4, 0.2, 0.96, 0.1]
    scores = [[0.1, 0.2, end] for end in ends]
    scheduler = Hyperband(max_epochs=3, loops=2, stopper=oracle(scores), look_ahead=True)
    play(scheduler, lambda i, epoch: scores[i][epoch - 1])

    assert {i: arm.epochs for i, arm in sorted(scheduler.arms.items()) if arm.state is State.DROPPED} == {
        3: 1,
        5: 2,
        9: 1,
    }
    assert [i for i, arm in sorted(scheduler.arms.items()) if arm.state is State.COMPLETED] == [0, 4, 8]


# Scores of arms 8 to 13 at epochs 2, 4 and 8, where the best 3 and then the best one of them go on.
SIX = {
    8: (0.9, 0.3, 0.2),
    9: (0.8, 0.4, 0.9),  # would win
    10: (0.7, 0.2, 0.6),
    11: (0.6, 0.5, 0.55),  # better than arm 9 at epoch 4 only
    12: (0.1, 0.1, 0.1),
    13: (0.1, 0.1, 0.1),
}


def test_a_place_that_becomes_free_can_cost_the_winner() -> None:
    """When arm 7 has ended at 0.5, arm 8 is dropped: it would not end better. Arm 11 has its place at epoch 2, so it
    comes before arm 9 at epoch 4, and ends better than arm 7, but worse than arm 9 would."""
    scores = [[i / 100] * 7 + [0.5 if i == 7 else 0.0] for i in range(22)]
    for i, (two, four, eight) in SIX.items():
        scores[i] = [two, two, four, four, eight, eight, eight, eight]
    plain, ahead = (
        Hyperband(max_epochs=8, eta=2, stopper=oracle(scores), look_ahead=look_ahead) for look_ahead in (False, True)
    )
    for scheduler in (plain, ahead):
        play(scheduler, lambda i, epoch: scores[i][epoch - 1])

    assert [(plain.brackets[i].best, plain.brackets[i].best_score) for i in (0, 1)] == [(7, 0.5), (9, 0.9)]
    assert [(ahead.brackets[i].best, ahead.brackets[i].best_score) for i in (0, 1)] == [(7, 0.5), (11, 0.55)]
    assert (ahead.arms[8].state, ahead.arms[9].state) == (State.DROPPED, State.CUT)


def test_a_setting_that_is_no_truth_value_is_refused() -> None:
    """By name and value."""
    with pytest.raises(SettingError, match="`look_ahead` must be True or False, got 1"):
        Hyperband(max_epochs=9, look_ahead=1)  # type: ignore[arg-type]


def test_settings_say_whether_it_looks_ahead() -> None:
    """So a journal does, and a fresh scheduler looks ahead too."""
    scheduler = Hyperband(max_epochs=9, look_ahead=True)

    assert scheduler.settings()["look_ahead"] is True
    assert scheduler.fresh(stopper=None).look_ahead
    assert not Hyperband(max_epochs=9).look_ahead
    assert not SuccessiveHalving(max_epochs=9).look_ahead
