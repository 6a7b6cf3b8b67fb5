"""One predictor on one table in one order: its forecasts, made once, and every rule and level replayed on them."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import numpy as np

from bandits.curves import Curve, History, Trial
from bandits.forecasts import Link
from bandits.objectives import CurveTable
from bandits.predictors import Predictor
from bandits.predictors.features import choose_link
from bandits.rng import rng_for
from bandits.stopping import ProbabilityRule, RiskControlledRule, StoppingRule
from bandits.stopping.auditing import is_audited
from bandits.stopping.calibration_set import leave_one_out, noise_of
from bandits.verdicts import Keep
from benchmarks.early_stopping.judging import Forecasts, RiskJudge, check, constant, probability
from benchmarks.early_stopping.replaying import Arms, Bools, DroppedAt, Ints, Outcome, oracle_spends, replay
from benchmarks.early_stopping.sides import CONFIDENCES, CONSTANTS, DEFAULT_RISK, KEEPS, RISKS, SIDES
from benchmarks.early_stopping.tables import load, order, variant_of

__all__ = ["BOUND_BURN_IN", "SPLITS", "Task", "Yardstick", "arms_of", "measure", "yardstick"]

HALVES = 3  # random half-tables of each ordering
BOUND_BURN_IN = 40
SPLITS = 2  # of a table into halves, of which one teaches the other's forecasts
_AUDIT = RiskControlledRule().audit


@dataclass(frozen=True)
class Task:
    """A name in `SIDES`, a table, a burn-in, and the number of an ordering (0, 1, ...)."""

    side: str
    table: str
    burn_in: int
    ordering: int


@dataclass(frozen=True)
class Yardstick:
    """What is near on a table.

    Args:
        link: the scale on which noise is told, as `SRM` would choose it for all curves.
        noise: the standard deviation of one measurement near the end of good curves, on that scale.
        spread: from the median end to the best, score units.
    """

    link: Link
    noise: float
    spread: float

    def near(self, best: float, returned: float) -> bool:
        """Whether what was returned lies within the noise of the best."""
        return self.link.apply(best) - self.link.apply(returned) <= self.noise


@lru_cache(maxsize=2)
def yardstick(name: str, variant: int) -> Yardstick:
    scores = load(name, variant).scores
    complete = scores[np.isfinite(scores).all(axis=1)]
    link = choose_link(complete)
    linked = np.array([[link.apply(score) for score in curve] for curve in complete.tolist()])
    return Yardstick(link, noise_of(linked), float(complete[:, -1].max() - np.median(complete[:, -1])))


def arms_of(table: CurveTable, rows: Sequence[int], burn_in: int) -> Arms:
    """The arms of a search that draws these rows."""
    finite = np.isfinite(table.scores[rows])
    lengths = np.where(finite.all(axis=1), table.max_epochs, finite.argmin(axis=1))
    ends = np.where(finite.all(axis=1), table.scores[rows, -1], np.nan)
    return Arms(ends, lengths, burn_in)


def measure(task: Task) -> dict[str, Any]:
    """Make the forecasts and replay everything; JSON values."""
    began = time.process_time()
    side = SIDES[task.side]
    variant = variant_of(task.table, task.ordering)
    table, stick = load(task.table, variant), yardstick(task.table, variant)
    rows = order(task.table, table, task.ordering)
    rows = rows if side.arms is None else rows[: task.burn_in + side.arms]
    arms = arms_of(table, rows, task.burn_in)
    replays: dict[str, Any] = {}
    if side.curves is None:
        forecasts, judges = _judges(task, table, rows, arms, side.predictor())
        halves = _halves(arms, task.ordering)
        for key, (dropped_at, keep, audit) in judges.items():
            audited = _audited(len(arms), task.ordering) if audit else np.zeros(len(arms), dtype=np.bool_)
            told = _told(arms, replay(arms, dropped_at, audited, keep=keep), keep, stick)
            told["halves"] = [_half(arms, half, dropped_at, audited, stick) for half in halves] if keep == 1 else []
            replays[key] = told
    else:
        forecasts = _learnt_elsewhere(task.side, task.table, task.ordering % SPLITS).of(np.array(rows))
    bound = []
    if side.bound and task.burn_in == BOUND_BURN_IN:
        nobody = np.zeros(len(arms), dtype=np.bool_)
        for c in CONSTANTS:
            outcome = replay(arms, constant(forecasts, c), nobody)
            kept, near = _kept(arms, outcome, stick)
            bound.append([outcome.spent, int(kept), int(near)])
    return {
        "side": task.side,
        "table": task.table,
        "burn_in": task.burn_in,
        "ordering": task.ordering,
        "arms": len(arms),
        "full": arms.full,
        "oracle": oracle_spends(arms),
        "at_risk": bool(arms.best >= arms.burn_in),
        "noise": stick.noise,
        "replays": replays,
        "bound": bound,
        "cpu_seconds": round(time.process_time() - began, 3),
    }


def _judges(
    task: Task, table: CurveTable, rows: Sequence[int], arms: Arms, predictor: Predictor
) -> tuple[Forecasts, Mapping[str, tuple[DroppedAt, int, bool]]]:
    """The forecasts; by rule, level and keep, when arms are dropped, their keep, and whether there are audits."""
    side, horizon = SIDES[task.side], table.max_epochs
    epochs = side.check_epochs(horizon)
    pairs = [(_trial(table, row, arm), table.scores[row]) for arm, row in enumerate(rows)]
    complete = [arm for arm in range(task.burn_in) if arms.lengths[arm] == horizon]
    history = History.from_curves((pairs[arm][0], Curve(pairs[arm][1])) for arm in complete)
    rng = rng_for(task.ordering, "fit", horizon, len(complete))  # as `EarlyStopper` would
    forecaster = predictor.fit(history, horizon=horizon, rng=rng)
    forecasts = Forecasts.make(forecaster, pairs, arms.lengths, epochs, skip=task.burn_in)
    found: dict[str, tuple[DroppedAt, int, bool]] = {}
    rules: Mapping[int, StoppingRule] | Keep | ProbabilityRule
    bars = [float(np.nanmax(arms.ends[: task.burn_in])), float(np.nanmax(arms.ends))]
    rng = rng_for(task.ordering, "checked")
    if "risk" in side.rules:
        record = leave_one_out(
            predictor, forecaster, history, history, horizon=horizon, epochs=epochs, seed=task.ordering
        )
        judge = RiskJudge(forecasts, record)
        for risk in RISKS:
            dropped_at, rules = judge.at(risk)
            check(forecasts, dropped_at, rules, bars, rng)
            found[f"risk {risk:g}"] = (dropped_at, 1, True)
        for keep in KEEPS:
            found[f"risk {DEFAULT_RISK:g} keep {keep}"] = (
                RiskJudge(forecasts, record, keep).at(DEFAULT_RISK)[0],
                keep,
                True,
            )
    if "probability" in side.rules:
        for confidence in CONFIDENCES:
            dropped_at = probability(forecasts, confidence)
            check(forecasts, dropped_at, ProbabilityRule(confidence), bars, rng)
            found[f"probability {confidence:g}"] = (dropped_at, 1, False)
    return forecasts, found


def _trial(table: CurveTable, row: int, number: int) -> Trial:
    return Trial(number, table.configs[row], table.features(table.configs[row]))


@lru_cache(maxsize=SPLITS)
def _learnt_elsewhere(side_name: str, name: str, split: int) -> Forecasts:
    """Forecasts of every row of a table by the curves of the half in which the row is not; in the order of the rows."""
    side, table = SIDES[side_name], load(name)
    n, horizon = len(table), table.max_epochs
    epochs = side.check_epochs(horizon)
    shuffled = rng_for(split, "halves of a table").permutation(n)
    arms = arms_of(table, range(n), 0)
    pairs = [(_trial(table, row, row), table.scores[row]) for row in range(n)]
    parts = []
    for own, other in ((shuffled[: n // 2], shuffled[n // 2 :]), (shuffled[n // 2 :], shuffled[: n // 2])):
        complete = [row for row in other.tolist() if arms.lengths[row] == horizon][: side.curves]
        history = History.from_curves((pairs[row][0], Curve(pairs[row][1])) for row in complete)
        forecaster = side.predictor().fit(history, horizon=horizon, rng=rng_for(split, "fit", len(complete)))
        asked = [pairs[row] for row in own.tolist()]
        parts.append(Forecasts.make(forecaster, asked, arms.lengths[own], epochs, skip=0))
    means, stds = np.concatenate([p.means for p in parts]), np.concatenate([p.stds for p in parts])
    answers = [[*one, *two] for one, two in zip(*(p.answers for p in parts), strict=True)]
    together = Forecasts(parts[0].epochs, means, stds, parts[0].link, answers)
    return together.of(np.argsort(shuffled))


@cache
def _audited(arms: int, seed: int) -> Bools:
    return np.array([is_audited(arm, _AUDIT, seed) for arm in range(arms)])


def _halves(arms: Arms, ordering: int) -> list[Ints]:
    """The burn-in and a random half of the others, in their order."""
    rng = rng_for(ordering, "half-tables", arms.burn_in)
    others = len(arms) - arms.burn_in
    chosen = [np.sort(rng.permutation(others)[: others // 2]) + arms.burn_in for _ in range(HALVES)]
    return [np.concatenate([np.arange(arms.burn_in), half]) for half in chosen]


def _half(arms: Arms, half: Ints, dropped_at: DroppedAt, audited: Bools, stick: Yardstick) -> list[int] | None:
    """Of the half's best arm: whether it was dropped, and whether what was returned is worse by more than noise.

    None if it is in the burn-in, where nothing is dropped.
    """
    part = arms.of(half)
    if part.best < part.burn_in:
        return None
    outcome = replay(part, lambda bar: dropped_at(bar)[half], audited[: len(part)])
    return [int(outcome.dropped[part.best]), int(not _kept(part, outcome, stick)[1])]


def _kept(arms: Arms, outcome: Outcome, stick: Yardstick) -> tuple[bool, bool]:
    """Whether the best was returned, and whether something within its noise was."""
    best = float(arms.ends[arms.best])
    if math.isnan(outcome.returned):
        return False, False
    return outcome.returned >= best, stick.near(best, outcome.returned)


def _told(arms: Arms, outcome: Outcome, keep: int, stick: Yardstick) -> dict[str, Any]:
    kept, near = _kept(arms, outcome, stick)
    top = arms.top(keep)
    at_risk = top[top >= arms.burn_in]
    regret = float(arms.ends[arms.best] - outcome.returned)
    return {
        "spent": outcome.spent,
        "dropped": int(outcome.dropped.sum()),
        "kept": int(kept),
        "near": int(near),
        "best_dropped": int(outcome.dropped[arms.best]),
        "top_dropped": int(outcome.dropped[at_risk].sum()),
        "top_at_risk": len(at_risk),
        "top": len(top),
        "regret": regret,
        "regret_percent": 100.0 * regret / stick.spread if stick.spread > 0 else 0.0,
    }
