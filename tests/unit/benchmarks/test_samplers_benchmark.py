"""What the benchmark of samplers searches: formulas whose best configuration is known."""

from typing import Any

import numpy as np
import pytest

from bandits.curves import Trial
from benchmarks.samplers import problems

HARTMANN = (0.20169, 0.150011, 0.476874, 0.275332, 0.311652, 0.6573)  # where it is largest


def best_config(name: str, formula: Any) -> dict[str, Any]:
    """Where a formula is best, as far as its choices allow."""
    if name == "hartmann":
        return {f"x{place}": HARTMANN[i] for i, place in enumerate(formula.order)}
    places = formula.optimum
    config = {}
    for (parameter, distribution), place in zip(formula.space.items(), places, strict=True):
        if parameter == "batch":
            config[parameter] = distribution.choices[round(place * 4)]
        elif distribution.log:
            config[parameter] = distribution.low * (distribution.high / distribution.low) ** place
        else:
            config[parameter] = distribution.low + place * (distribution.high - distribution.low)
    return config


@pytest.mark.parametrize("name", ["training", "hartmann", "crossing"])
@pytest.mark.parametrize("seed", [0, 1])
def test_the_best_configuration_is_the_best(name: str, seed: int) -> None:
    """It has (nearly) no regret, and none of a thousand others has less; a median one has 100 %."""
    problem = problems.problem_of(name, seed)
    best = problem.regret(problem.end(best_config(name, problems.FORMULAS[name](seed))))
    sampler = problem.objective.sampler(1)
    regrets = [problem.regret(problem.end(sampler.propose(trial_id))) for trial_id in range(1000)]

    assert -0.01 <= best < 3
    assert min(regrets) > best
    assert 0.4 < np.mean(np.array(regrets) == 100) < 0.6


@pytest.mark.parametrize("name", ["training", "hartmann", "crossing"])
def test_curves_repeat(name: str) -> None:
    """The same trial has the same noise, and another seed another optimum."""
    curves = []
    for seed in (0, 0, 1):
        objective = problems.problem_of(name, seed).objective
        config = objective.sampler(0).propose(0)
        curves.append([m.value for m in objective.train(Trial(0, config, {}, 7), 0, objective.max_epochs)])

    assert curves[0] == curves[1] != curves[2]


def test_early_epochs_mislead_where_curves_cross() -> None:
    """At epoch 1 the best are among the worst."""
    formula = problems.FORMULAS["crossing"](0)
    sampler = problems.problem_of("crossing", 0).objective.sampler(0)
    curves = np.array([formula.curve(sampler.propose(trial_id)) for trial_id in range(200)])

    assert np.corrcoef(curves[:, 0], curves[:, -1])[0, 1] < -0.3


def test_tables_have_enough_parameters() -> None:
    """Three at least."""
    for name in problems.TABLES:
        assert len(problems.problem_of(name, 0).objective.space) >= 3
