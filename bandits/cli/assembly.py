"""Build the objects of a run from a command line: objective, scheduler, stopper and sampler."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bandits.cli.long_enough import long_enough
from bandits.config import Choice, choose, choose_objective, entry_settings, registry
from bandits.config.entry import Entry, Kind
from bandits.config.values import untyped
from bandits.errors import SettingError
from bandits.objectives.base import Objective
from bandits.runtime.event_order import Order
from bandits.runtime.executor_choice import executor_for
from bandits.runtime.executors import Executor
from bandits.samplers.base import Sampler
from bandits.samplers.epsilon_schedule import EpsilonSchedule
from bandits.schedulers.base import Scheduler
from bandits.schedulers.budgets import Budget
from bandits.stopping import EarlyStopper, RiskControlledRule
from bandits.stopping.rule_choice import rule_with

__all__ = ["AskedRun", "Short", "Training", "assemble", "chosen_rule", "filled_in", "training"]

Short = Mapping[Kind, Mapping[str, str]]

_TRIALS_WITHOUT_TABLE = 100
_FOR_FORECASTS = ("kappa", "look_ahead")  # settings of algorithms that have no effect without a predictor


@dataclass(frozen=True, slots=True)
class Training:
    """An objective, and the number of threads of its trainings.

    Args:
        objective: the objective.
        threads: CPU threads of each training.
    """

    objective: Objective
    threads: int

    def executor(self, workers: int, *, fixed_order: bool, checkpoints: str | None) -> Executor:
        """Where it trains; the arguments are the options of a command."""
        order: Order = "fixed" if fixed_order else "arrival"
        return executor_for(self.objective, workers, order=order, checkpoints=checkpoints, threads=self.threads)


@dataclass(frozen=True, slots=True)
class AskedRun:
    """The objects of a run that a command line asks for.

    Args:
        scheduler: the algorithm, sized for the objective.
        sampler: makes the sampler of a run; gives None for the objective's own. Every run needs a new one, since a
            sampler may learn.
        sampler_name: its name in the registry; None if the user named none.
        budget: the budget at which the loop ends the run; None if the scheduler ends it, or nothing does.
    """

    scheduler: Scheduler
    sampler: Callable[[], Sampler | None]
    sampler_name: str | None
    budget: Budget | None = None


def training(objective: str, short: Short, max_epochs: int | None, usual: Mapping[str, Any] | None = None) -> Training:
    """Build the objective of a command line.

    Args:
        objective: as `bandits.config.choose_objective` takes it.
        short: settings that were given as options.
        max_epochs: the longest training, for an objective whose length can be chosen.
        usual: default settings that the command has for objectives; used where an objective has such a setting.

    Raises:
        SettingError, UnknownPlugin, MissingDependency: there is no such objective, or a setting is wrong.
    """
    chosen = choose_objective(objective, short["objectives"])
    if not isinstance(chosen, Choice):
        return Training(chosen, 1)
    chosen = chosen.unless_given(**(usual or {}), max_epochs=max_epochs)
    return Training(chosen.build(), chosen.settings.get("threads", 1))


def assemble(
    algorithm: Choice,
    objective: Objective,
    short: Short,
    *,
    predictor: str | None,
    rule: str | None,
    sampler: str | None,
    max_epochs: int | None,
    warm_start: Sequence[str],
    seed: int,
    budget: str | None = None,
) -> AskedRun:
    """Build what a run needs besides its objective.

    Args:
        algorithm: the algorithm and its settings.
        objective: what the run trains.
        short: settings that were given as options.
        predictor, rule, sampler: names with settings. None means the rule's own predictor or none, the rule that the
            options imply, and the default sampler.
        max_epochs: R; None for the objective's length.
        warm_start: earlier studies, each as `bandits.studies.earlier_curves` takes it.
        seed: of everything random.
        budget: as `bandits.schedulers.budgets.Budget.of` takes it; None for the algorithm's own end.

    Raises:
        SettingError, UnknownPlugin, MissingDependency, JournalError: an argument is wrong, or contradicts another.
    """
    name = None if sampler is None else choose("samplers", sampler).entry.name
    longest = objective.max_epochs if max_epochs is None else max_epochs
    algorithm = algorithm.unless_given(max_epochs=longest)
    judging = None if rule is None else choose("rules", rule, short["rules"])
    if judging is not None and judging.accepts("budget"):
        budget = _one_budget(judging, budget)
        predictor = judging.entry.predictor or None if predictor is None else predictor
    spending = None if budget is None else Budget.of(budget)
    if algorithm.accepts("budget"):
        algorithm, spending = _with_budget(algorithm, budget), None
    elif spending is not None:
        algorithm = long_enough(algorithm, objective, spending.at_least_one_training(algorithm.settings["max_epochs"]))
    proposing = _sampler(algorithm, objective, short, sampler)
    algorithm = _with_trials(algorithm, objective, proposing)
    own = algorithm.entry.predictor
    if own:
        forecasting = choose("predictors", own if predictor is None else predictor).build()
        algorithm, predictor = algorithm.unless_given(predictor=forecasting), None
    stopper = _stopper(algorithm, objective, short, predictor, rule, spending, warm_start, seed)
    scheduler: Scheduler = algorithm.build(stopper=stopper, seed=seed)

    def make_sampler() -> Sampler | None:
        return None if proposing is None else proposing.build(process=objective.grammar, seed=seed)

    make_sampler()  # so that its errors are raised before anything is trained
    return AskedRun(scheduler, make_sampler, name, spending)


def _with_budget(algorithm: Choice, budget: str | None) -> Choice:
    """Give a budget to an algorithm that has its own; it may be given only once."""
    if budget is not None and "budget" in algorithm.settings:
        rule = f"of {algorithm.entry.name} must be given once"
        raise SettingError.broken("`budget`", rule, [str(algorithm.settings["budget"]), budget])
    return algorithm.unless_given(budget=budget)


def _one_budget(rule: Choice, budget: str | None) -> str | None:
    """The budget of a run whose rule has one: its own, or that of the run; it may be given only once."""
    own = rule.settings.get("budget")
    if own is not None and budget is not None:
        raise SettingError.broken("`budget`", f"of {rule.entry.name} must be given once", [f"{own:g}", budget])
    return budget if own is None else f"{own:.12g}"


def _stopper(
    algorithm: Choice,
    objective: Objective,
    short: Short,
    predictor: str | None,
    rule: str | None,
    spending: Budget | None,
    warm_start: Sequence[str],
    seed: int,
) -> EarlyStopper | None:
    """Join predictor, rule and earlier curves; None without a predictor, which the others need."""
    if predictor is None:
        lost = {**({} if rule is None else {"rule": rule}), **_values(short["rules"])}
        lost |= {name: algorithm.settings[name] for name in _FOR_FORECASTS if algorithm.settings.get(name)}
        lost |= {"warm_start": warm_start} if warm_start else {}
        for name, value in lost.items():
            own = algorithm.entry.predictor and f"must be left out with {algorithm.entry.name}, which drops no arm"
            raise SettingError.broken(f"`{name}`", own or "must come with a predictor", value)
        return None
    judging = chosen_rule(rule, short, algorithm.entry.rule)
    judging = judging.unless_given(from_epoch=algorithm.settings.get("min_epochs"))
    if spending is not None:
        longest = algorithm.settings["max_epochs"]
        judging = judging.unless_given(budget=spending.epochs(longest) / longest)
    earlier = None
    if warm_start:
        from bandits.studies import earlier_curves  # others need not wait for its readers

        earlier = earlier_curves(warm_start, objective, seed=seed)
    return EarlyStopper(choose("predictors", predictor).build(), judging.build(), earlier=earlier, seed=seed)


def chosen_rule(rule: str | None, short: Short, usual: str = "") -> Choice:
    """Build the rule with the given name; without a name, the rule that has the given settings.

    Args:
        rule: its name and settings; None for none.
        short: settings that were given as options.
        usual: name of the rule to take if it has all of these settings; empty for the default rule.

    Raises:
        SettingError, UnknownPlugin: there is no such rule, or a setting is wrong.
    """
    if rule is None:
        kind: Any = registry.load("rules", usual) if usual else RiskControlledRule
        rule = rule_with(_values(short["rules"]), kind).__name__
    return choose("rules", rule, short["rules"])


def filled_in(kind: Kind, entry: Entry) -> Mapping[str, str]:
    """What `bandits run` gives for settings that have no default, in words, by the setting's name."""
    if kind == "algorithms":
        trials = "(that of --epsilon)" if entry.sampler else f"(a table's rows, else {_TRIALS_WITHOUT_TABLE})"
        return {"max_epochs": "(the objective's)", "trials": trials}
    return {"seed": "(that of --seed)"} if kind == "samplers" else {}


def _values(texts: Mapping[str, str]) -> dict[str, Any]:
    """Texts as the values that they look like; for messages."""
    return {name: untyped.read(text) for name, text in texts.items()}


def _sampler(algorithm: Choice, objective: Objective, short: Short, sampler: str | None) -> Choice | None:
    """Build the sampler; None for the objective's own."""
    own = algorithm.entry.sampler
    settings = short["samplers"]
    if sampler is None and not own:
        for name, text in settings.items():
            rule = f"must be left out with {algorithm.entry.name}"
            raise SettingError.broken(f"`{_OPTION.get(name, name)}`", rule, untyped.read(text))
        return None
    chosen = choose("samplers", own if sampler is None else sampler, settings)
    if own and chosen.entry.name != own:
        rule = f"must be left out with {algorithm.entry.name}, which has its own"
        raise SettingError.broken("`sampler`", rule, sampler)
    if chosen.accepts("process"):
        if objective.grammar is None:
            who = algorithm.entry.name if own else chosen.entry.name
            rule = f"must be one whose nets {who} can choose layer by layer, such as cnn:digits"
            raise SettingError.broken("`objective`", rule, objective.name)
        trials = algorithm.settings.get("trials")
        usual = EpsilonSchedule.paper() if trials is None else EpsilonSchedule.scaled(trials)
        return chosen.unless_given(epsilon=usual)
    return None if chosen.entry.name == "random" else chosen


_OPTION = {"learning_rate": "q_learning_rate"}  # options whose name is not that of their setting


def _with_trials(algorithm: Choice, objective: Objective, proposing: Choice | None) -> Choice:
    """Give the algorithm a number of trials, if it needs one and the user gave none."""
    setting = entry_settings(algorithm.entry).get("trials")
    if setting is not None and algorithm.entry.predictor:
        return algorithm.unless_given(trials=objective.configurations)
    if setting is None or not setting.required:
        return algorithm
    schedule = None if proposing is None else proposing.settings.get("epsilon")
    if isinstance(schedule, EpsilonSchedule) and algorithm.entry.sampler:
        return algorithm.unless_given(trials=schedule.nets)
    return algorithm.unless_given(trials=objective.configurations or _TRIALS_WITHOUT_TABLE)
