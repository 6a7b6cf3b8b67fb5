"""Write the columns of configurations, so that a reader of the table gets the same features as the study has."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from bandits.objectives.curve_files.feature_names import belongs_to, is_a_feature_of_another
from bandits.objectives.curve_table import CurveTable
from bandits.search_space import number_of

__all__ = ["Described", "misread_parameters", "parameter_cells"]


@dataclass(frozen=True, slots=True)
class Described:
    """The configuration and features of a trial, under the names of their columns.

    Args:
        config: the configuration.
        features: the features.
    """

    config: Mapping[str, object]
    features: Mapping[str, float]

    def renamed(self, names: Mapping[str, str]) -> Described:
        """A copy with other names for parts of the configuration and for features without a parameter."""
        return Described(
            {names.get(name, name): value for name, value in self.config.items()},
            {_renamed(name, names): value for name, value in self.features.items()},
        )


def parameter_cells(trials: Sequence[Described], told: Collection[str] = ()) -> dict[str, list[object]]:
    """The cells of every part of the configurations, and of features that do not come from a single part.

    Args:
        trials: `[n]` trials of a study.
        told: names of parameters whose features have columns of their own (see `feature_columns`).

    Returns:
        `[n]` cells for each column name, in order.
    """
    columns: dict[str, list[object]] = {}
    for name, features in _features_of(trials).items():
        cells = [_cell(trial.config.get(name)) for trial in trials]
        numbers = features.get(name, [None] * len(trials))
        has = features.get(f"has {name}", [1.0] * len(trials))
        flags = {other: flag for other, flag in features.items() if other != name and any(flag)}
        none = any(name in trial.config and trial.config[name] is None for trial in trials)
        says_more = f"has {name}" in features or (none and f"{name}=None" in features)  # than cells can
        if name not in told and not says_more and any(name in trial.config for trial in trials):
            columns[name] = cells
            continue
        columns[name] = [_told(cell, number) for cell, number in zip(cells, numbers, strict=True)]
        if None not in numbers and (name in told or says_more):
            flags[f"has {name}"] = has
        columns |= {other: [int(one or 0) for one in flag] for other, flag in flags.items()}
    return columns


def misread_parameters(trials: Sequence[Described], table: CurveTable) -> set[str]:
    """The parameters that have other values or features in a table than in the study from which it was written.

    Args:
        trials: `[n]` trials of the study.
        table: `[n]` rows, in the same order.
    """
    read = [table.features(config) for config in table.configs]
    wrong = set()
    for name, features in _features_of(trials).items():
        right = {feature: numbers for feature, numbers in features.items() if _varies(numbers)}
        own = [feature for feature in table.feature_names if belongs_to(feature, name)]
        values = zip(trials, table.configs, strict=True)
        if right != {feature: [row[feature] for row in read] for feature in own} or (
            features and not all(_same(trial.config.get(name), config.get(name)) for trial, config in values)
        ):
            wrong.add(name)
    return wrong


Features = dict[str, list[float | None]]


def _features_of(trials: Sequence[Described]) -> dict[str, Features]:
    """`[n]` values of every feature, for each part of the configuration; None if a trial has no such feature."""
    config = dict.fromkeys(name for trial in trials for name in trial.config)
    features = dict.fromkeys(name for trial in trials for name in trial.features)
    known = {**config, **features}
    alone = (name for name in features if not is_a_feature_of_another(name, known))
    owners = sorted({*config, *alone}, key=len, reverse=True)
    grouped: dict[str, Features] = {name: {} for name in config}
    for feature in features:
        owner = next((name for name in owners if belongs_to(feature, name)), feature)
        grouped.setdefault(owner, {})[feature] = [trial.features.get(feature) for trial in trials]
    return grouped


def _renamed(feature: str, names: Mapping[str, str]) -> str:
    owner = next((name for name in sorted(names, key=len, reverse=True) if belongs_to(feature, name)), None)
    return feature if owner is None else feature.replace(owner, names[owner], 1)


def _same(value: object, read: object) -> bool:
    """Whether a value was read as it was written: a number as a number, anything else as text."""
    return str(value) == str(read) or (number_of(value) is not None and number_of(value) == number_of(read))


def _varies(numbers: Sequence[float | None]) -> bool:
    return len(set(numbers)) > 1


def _told(cell: object, number: float | None) -> object:
    """A cell that is read as the same number, if the value is a number."""
    is_read_so = number is None or (not isinstance(cell, bool | str) and number_of(cell) == number)
    return cell if is_read_so else number


def _cell(value: object) -> object:
    """A part of a configuration as one cell."""
    if isinstance(value, Mapping):
        return ", ".join(f"{name}={item}" for name, item in value.items())
    return "" if value is None else value
