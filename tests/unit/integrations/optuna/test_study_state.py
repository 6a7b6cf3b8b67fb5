"""The state of a study: its table of periods, its training set and its bar, against their definitions."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bandits.errors import ProtocolError
from bandits.integrations.optuna import study
from bandits.integrations.optuna.study.censoring import TRANSITIONS, Censoring, Period, Transition
from bandits.integrations.optuna.study.finished_trial import FinishedTrial
from bandits.integrations.optuna.study.policy import TeachingPolicy
from bandits.integrations.optuna.study.state import StudyState
from bandits.integrations.optuna.study.teaching import TrainingSet, training_size

MIDNIGHT = datetime(2026, 1, 1)

# When forecasts could prune


@pytest.mark.parametrize("period", Period)
@pytest.mark.parametrize("transition", Transition)
def test_every_period_allows_what_the_table_says(period: Period, transition: Transition) -> None:
    """A transition that the table lacks raises and names both; the others lead where it says."""
    if transition in TRANSITIONS[period]:
        assert Censoring(period).after(transition, MIDNIGHT).period is TRANSITIONS[period][transition]
    else:
        with pytest.raises(ProtocolError, match=f"cannot {transition.value} while {period.value}"):
            Censoring(period).after(transition, MIDNIGHT)


def test_every_period_can_be_reached_and_left() -> None:
    """From the first one, each of the three; none is the end."""
    reached = {Period.UNCENSORED}
    for _ in Period:
        reached |= {after for period in reached for after in TRANSITIONS[period].values()}
    assert reached == set(Period)
    assert all(TRANSITIONS[period] for period in Period)


@pytest.mark.parametrize(
    ("transitions", "started", "retried", "censored"),
    [
        ([], 0, True, False),  # no trial had been pruned yet
        (["prune"], 9, False, True),
        (["prune", "fall silent"], 4, False, True),  # it began before the silence
        (["prune", "fall silent"], 5, False, False),
        (["prune", "fall silent"], None, False, False),
        (["prune", "fall silent"], 5, True, True),  # it may have begun at any time
        (["prune", "fall silent", "prune"], 9, False, True),
    ],
)
def test_whom_a_forecast_censors(transitions: list[str], started: int | None, retried: bool, censored: bool) -> None:
    """Trials that were running while forecasts pruned, and none else; the rule falls silent in minute 5."""
    censoring = Censoring()
    for name in transitions:
        censoring = censoring.after(Transition(name), MIDNIGHT + timedelta(minutes=5))
    assert censoring.censors(finished(number=0, started=started, retried=retried)) == censored


# Who teaches


@given(start=st.integers(1, 20), growth=st.floats(1.0, 3.0), available=st.integers(0, 200))
def test_training_set_grows_in_jumps(start: int, growth: float, available: int) -> None:
    """It holds all trials until the first fit, never shrinks after it, and grows as soon as, and as far as, it may."""
    sizes = [training_size(n, start, growth) for n in range(available + 1)]
    assert sizes[: start + 1] == list(range(min(start, available) + 1))
    for n, (size, following) in enumerate(pairwise(sizes)):
        assert size <= n
        assert following in (size, n + 1)
        if following > size >= start:
            assert following >= growth * size
    if available > start:
        assert math.ceil(sizes[-1] * growth) > available or sizes[-1] + 1 > available


def finished(
    number: int,
    minute: int = 0,
    started: int | None = 0,
    complete: bool = True,
    retried: bool = False,
    begins: int = 1,
    stride: int = 1,
    has_curve: bool = True,
    score: float | None = 0.5,
) -> FinishedTrial:
    """A trial that finished and started in these minutes."""
    return FinishedTrial(
        moment=(MIDNIGHT + timedelta(minutes=minute), number),
        started=None if started is None else MIDNIGHT + timedelta(minutes=started),
        complete=complete,
        retried=complete and retried,
        reported=True,
        reached=10,
        longer=False,
        begins=begins,
        resumed_at=begins if complete and retried and begins > stride + 1 else 1,
        has_curve=complete and has_curve,
        score=score if complete else None,
    )


def story(rng: random.Random) -> list[FinishedTrial]:
    """Trials in the order in which they finished, two in a minute, numbered in another order."""
    numbers = rng.sample(range(48), 48)
    trials = [
        finished(
            number=number,
            minute=i // 2,
            started=rng.choice([None, i // 2 - rng.randrange(12)]),
            complete=rng.random() < 0.75,
            retried=rng.random() < 0.2,
            begins=rng.choice([1, 1, 1, 4, 6]),
            stride=rng.choice([1, 3]),
            has_curve=rng.random() < 0.8,
            score=rng.choice([None, rng.random()]),
        )
        for i, number in enumerate(numbers)
    ]
    return sorted(trials, key=lambda trial: trial.moment)


@dataclass(frozen=True)
class Rule:
    """Audits some trials, and has a threshold after some training sets: at random, but always the same ones."""

    audited: frozenset[int]
    seed: int

    def has_threshold(self, teaching: TrainingSet, bar: float | None) -> bool:
        assert bar is not None
        return random.Random(f"{self.seed} {teaching}").random() < 0.7  # noqa: S311 - chance, no secret

    def state(self, policy: TeachingPolicy) -> StudyState:
        return StudyState(policy, is_audited=self.audited.__contains__, has_threshold=self.has_threshold)


def drawn(seed: int) -> tuple[list[FinishedTrial], TeachingPolicy, Rule]:
    """A random study, policy and rule."""
    rng = random.Random(seed)  # noqa: S311
    policy = TeachingPolicy(
        learns=rng.random() < 0.8,
        keep=rng.randint(1, 3),
        needed=rng.randint(1, 4),
        n_startup_trials=rng.randint(0, 15),
        growth=rng.choice([1.0, 1.25, 2.0]),
        most=rng.randint(4, 20),
    )
    return story(rng), policy, Rule(frozenset(rng.sample(range(48), rng.randint(0, 24))), seed)


class Plain:
    """The same by definition: everything after the first `i` trials, each time from the start.

    Args:
        trials: in the order in which they finished.
        policy: who may teach.
        rule: audits some of them.
    """

    def __init__(self, trials: Sequence[FinishedTrial], policy: TeachingPolicy, rule: Rule) -> None:
        self.trials, self.policy, self.rule = trials, policy, rule
        self.teaches, self.prunes, self.had_threshold = (
            cache(self._teaches),
            cache(self._prunes),
            cache(self._had_threshold),
        )

    def bar(self, i: int) -> float | None:
        scores = sorted((trial.score for trial in self.trials[:i] if trial.score is not None), reverse=True)
        return scores[self.policy.keep - 1] if len(scores) >= self.policy.keep else None

    def teaching(self, i: int) -> list[FinishedTrial]:
        return [trial for j, trial in enumerate(self.trials[:i]) if self.teaches(j)]

    def start(self, i: int) -> int | None:
        """With how many trials the first fit is made, if that is known after `i` trials."""
        if not self.policy.learns:
            return self.policy.needed
        for k in range(1, i + 1):
            complete = sum(trial.complete for trial in self.trials[:k])
            enough = len(self.teaching(k)) >= self.policy.needed and complete >= self.policy.n_startup_trials
            if self.trials[k - 1].complete and enough and self.bar(k) is not None:
                return len(self.teaching(k))
        return None

    def size(self, i: int) -> int:
        return training_size(len(self.teaching(i)), self.start(i), self.policy.growth)

    def training_set(self, i: int) -> TrainingSet:
        numbers = [trial.number for trial in self.teaching(i)][: self.size(i)]
        first_prune = next((k for k in range(i) if self.prunes(k)), None)
        audits_from = len(numbers) if first_prune is None else self.size(first_prune)
        left_out = max(0, len(numbers) - self.policy.most)
        return TrainingSet(tuple(numbers[left_out:]), max(0, audits_from - left_out))

    def _had_threshold(self, i: int) -> bool:
        return self.start(i) is not None and self.rule.has_threshold(self.training_set(i), self.bar(i))

    def _prunes(self, j: int) -> bool:
        """Whether the end of trial `j` tells that forecasts prune."""
        return self.policy.learns and not self.trials[j].complete and self.had_threshold(j)

    def _teaches(self, j: int) -> bool:
        trial = self.trials[j]
        usual = max((other.begins for other in self.teaching(j) if not other.retried), default=1)
        if not trial.has_curve or trial.resumed_at > usual:
            return False
        audited = trial.number in self.rule.audited and not trial.retried
        return not self.policy.learns or audited or not self.is_censored(j)

    def is_censored(self, j: int) -> bool:
        """Whether trial `j` was running while forecasts pruned, or when the first was pruned."""
        pruned = [k for k in range(j) if self.prunes(k)]
        if not pruned:
            return False
        silence = next((k for k in range(pruned[-1] + 1, j + 1) if not self.had_threshold(k)), None)
        if silence is None or self.trials[j].retried:
            return True
        last = max(k for k in range(pruned[-1], silence) if k == pruned[-1] or self.teaches(k))
        started = self.trials[j].started
        return started is not None and started < self.trials[last].moment[0]


@pytest.mark.parametrize("seed", range(40))
def test_state_is_what_its_definition_says(seed: int) -> None:
    """After each trial of any study: the same trials teach, of which the same are audits, and the bar is the same."""
    trials, policy, rule = drawn(seed)
    plain, state = Plain(trials, policy, rule), rule.state(policy)
    for i, trial in enumerate(trials, start=1):
        state.take_in(trial)
        assert state.bar.score == plain.bar(i)
        assert list(state.teaching.numbers) == [teacher.number for teacher in plain.teaching(i)]
        assert state.teaching.training_set() == plain.training_set(i)


def test_random_studies_come_to_every_period() -> None:
    """What the tests of random studies see: rules that prune, fall silent, and prune again."""
    seen = set()
    for seed in range(40):
        trials, policy, rule = drawn(seed)
        state, before = rule.state(policy), Period.UNCENSORED
        for trial in trials:
            state.take_in(trial)
            seen.add((before, state.censoring.period))
            before = state.censoring.period
    assert seen >= {(before, after) for before in Period for after in TRANSITIONS[before].values()}


@pytest.mark.parametrize("seed", range(40))
def test_trials_that_are_heard_of_late_change_nothing_or_the_state_says_so(seed: int) -> None:
    """A late trial on which nothing depends is taken in as if it had come in time."""
    trials, policy, rule = drawn(seed)
    for late in range(len(trials)):
        in_time, too_late = rule.state(policy), rule.state(policy)
        heard = trials[: late + 6]
        for trial in heard:
            in_time.take_in(trial)
        for trial in heard[:late] + heard[late + 1 :]:
            too_late.take_in(trial)
        if not too_late.depends_on(trials[late].moment):
            too_late.take_in(trials[late])
            assert too_late.teaching.training_set() == in_time.teaching.training_set()
            assert (too_late.bar.score, too_late.counts) == (in_time.bar.score, in_time.counts)


def test_state_knows_nothing_of_optuna() -> None:
    """What a study's state depends on are plain values; three files turn trials of Optuna into them."""
    files = Path(study.__file__).parent.glob("*.py")
    assert {file.name for file in files if "optuna.trial" in file.read_text(encoding="utf-8")} == {
        "known_study.py",
        "reading.py",
        "training_data.py",
    }
