"""MetaQNN on real training: the same search with and without early stopping."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from statistics import mean
from typing import Any

from bandits.curves import Trial
from bandits.objectives.base import Objective
from bandits.objectives.cnn import CNNObjective
from bandits.predictors import SRM
from bandits.runtime import executor_for, run
from bandits.samplers.epsilon_schedule import EpsilonSchedule
from bandits.samplers.q_learning import QLearning, StageReport
from bandits.schedulers import State
from bandits.schedulers.metaqnn import MetaQNN
from bandits.stopping import EarlyStopper, ProbabilityRule, RiskControlledRule

GROUPS = ((1.0, 1.0), (0.7, 0.9), (0.4, 0.6), (0.1, 0.3))  # of epsilon: single stages of short schedules hold few nets


@dataclass(frozen=True)
class Arm:
    """One way to search.

    Args:
        name: how the tables call it.
        stopping: "none", "confidence .99" or "default rule".
        learning_rate: alpha of the agent.
    """

    name: str
    stopping: str
    learning_rate: float


@dataclass(frozen=True)
class Task:
    """One whole search."""

    arm: Arm
    seed: int
    data: str
    trials: int
    epochs: int
    burn_in: int
    replay: int
    lr: float
    restarts: int
    workers: int
    device: str


def arms(learning_rate: float) -> tuple[Arm, ...]:
    """Those that the benchmark compares, the longest first."""
    return (
        Arm("every net in full", "none", learning_rate),
        Arm("every net in full, the paper's alpha", "none", 0.01),
        Arm("SRM, confidence .99", "confidence .99", learning_rate),
        Arm("SRM, the default rule", "default rule", learning_rate),
    )


def search(task: Task) -> dict[str, Any]:
    """A whole search: what it found, stage by stage, and what it cost."""
    objective = CNNObjective(task.data, max_epochs=task.epochs, device=task.device, restarts=task.restarts)
    grammar = objective.grammar
    assert grammar is not None  # the space of MetaQNN has one
    sampler = QLearning(
        grammar,
        epsilon=EpsilonSchedule.scaled(task.trials),
        learning_rate=task.arm.learning_rate,
        replay=task.replay,
        config={"lr": task.lr},
        seed=task.seed,
    )
    scheduler = MetaQNN(task.trials, task.epochs, stopper=_stopper(task.arm.stopping, task.seed), burn_in=task.burn_in)
    began = time.perf_counter()
    executor = executor_for(objective, task.workers, order="fixed")  # so that it repeats
    result = run(scheduler, objective, sampler=sampler, seed=task.seed, executor=executor)
    stages = sampler.stages()
    best = result.best
    greedy = sampler.greedy_walk()
    planned = result.scheduler.planned_epochs
    assert planned is not None
    return {
        "arm": task.arm.name,
        "seed": task.seed,
        "learning_rate": task.arm.learning_rate,
        "epochs": result.epochs_trained,
        "planned_epochs": planned,
        "saving": planned / result.epochs_trained,
        "saving_after_burn_in": _saving_after(task.burn_in, result.scheduler, task.epochs),
        "completed": result.count(State.COMPLETED),
        "dropped": result.count(State.DROPPED),
        "failed": result.count(State.FAILED),
        "training_seconds": result.seconds,
        "wall_seconds": time.perf_counter() - began,
        "best_accuracy": None if best is None else best.score,
        "best_net": None if best is None else str(best.trial.config["net"]),
        "best_trial": None if best is None else best.trial.id,
        "greedy_net": greedy,
        "greedy_accuracy": _trained(objective, greedy, task),
        "groups": [_group(low, high, stages) for low, high in GROUPS],
        "stages": [asdict(stage) for stage in stages],
    }


def _stopper(stopping: str, seed: int) -> EarlyStopper | None:
    if stopping == "none":
        return None
    rule = ProbabilityRule(0.99) if stopping == "confidence .99" else RiskControlledRule()
    return EarlyStopper(SRM(), rule, seed=seed)


def _saving_after(burn_in: int, scheduler: Any, epochs: int) -> float | None:
    """Epochs of full trainings over those trained, of the arms that a forecast might have dropped."""
    trained = [arm.epochs for arm in scheduler.arms.values() if arm.id >= burn_in]
    return epochs * len(trained) / sum(trained) if sum(trained) else None


def _group(low: float, high: float, stages: tuple[StageReport, ...]) -> dict[str, Any]:
    """Stages taken together."""
    chosen = [stage for stage in stages if low <= stage.epsilon <= high and stage.nets]
    nets, completed = sum(stage.nets for stage in chosen), sum(stage.completed for stage in chosen)
    rewards = sum((stage.mean_reward or 0.0) * stage.nets for stage in chosen)
    in_full = sum((stage.mean_completed or 0.0) * stage.completed for stage in chosen)
    return {
        "epsilon": [low, high],
        "nets": nets,
        "mean_reward": rewards / nets if nets else None,
        "completed": completed,
        "mean_completed": in_full / completed if completed else None,
    }


def _trained(objective: Objective, net: str, task: Task) -> float:
    """The best validation accuracy of a net over a full training."""
    config: Mapping[str, object] = {"net": net, "lr": task.lr}
    trial = Trial(10**6, config, objective.features(config), task.seed)
    value = max(measurement.value for measurement in objective.train(trial, 0, task.epochs))
    objective.release(trial)
    return value


def overall(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Means over the seeds, a row for each arm."""
    rows = []
    for name in dict.fromkeys(one["arm"] for one in runs):
        mine = [one for one in runs if one["arm"] == name]
        row: dict[str, Any] = {"arm": name, "learning_rate": mine[0]["learning_rate"], "seeds": len(mine)}
        numbers = ("epochs", "saving", "saving_after_burn_in", "completed", "dropped", "failed", "training_seconds")
        for number in (*numbers, "best_accuracy", "greedy_accuracy"):
            row[number] = _mean(one[number] for one in mine)
        for i in range(len(GROUPS)):
            row[f"group {i}"] = _mean(one["groups"][i]["mean_reward"] for one in mine)
            row[f"group {i} in full"] = _mean(one["groups"][i]["mean_completed"] for one in mine)
        rows.append(row)
    return rows


def _mean(numbers: Any) -> float | None:
    known = [number for number in numbers if number is not None]
    return mean(known) if known else None
