"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from bandits.cli.completion import complete_objectives, names_of
from bandits.cli.grouped_help import in_group
from bandits.cli.short_forms import setting_options
from bandits.errors import SettingError

__all__ = ["objective_option", "objective_options", "predictor_option", "rule_options", "running_options", "with_set"]

_DEFAULT_OBJECTIVE = "table:metaqnn_cifar10"

objective_option = click.option(
    "--objective",
    metavar="SPEC",
    default=_DEFAULT_OBJECTIVE,
    show_default=True,
    shell_complete=complete_objectives,
    help="What to train: table:NAME, table:FILE.csv, cnn:DATASET, lstm:CORPUS, your_module:your_function or"
    " your_file.py:your_function.",
)
objective_options = in_group(
    "Settings of the objective",
    *setting_options(
        "objectives",
        "--goal GOAL",
        "--space NAME",
        "--device NAME",
        "--data-dir DIR",
        "--threads N",
        "--restarts N",
    ),
    click.option(
        "--set",
        "assignments",
        metavar="NAME=VALUE",
        multiple=True,
        help="Any other setting of the objective, such as batch_size=64. Repeatable.",
    ),
)
running_options = in_group(
    "Running",
    click.option(
        "--workers",
        metavar="N",
        type=int,
        default=1,
        show_default=True,
        help="How many arms train at the same time, each in a process; for tables this is simulated.",
    ),
    click.option(
        "--fixed-order",
        is_flag=True,
        help="Process the epochs of several workers in a fixed order, so that the same seed repeats the run.",
    ),
    click.option(
        "--checkpoints", metavar="DIR", help="Folder for the saved models of paused arms. [default: a temporary folder]"
    ),
    click.option("--seed", metavar="N", type=int, default=0, show_default=True, help="Seed of all random choices."),
    click.option("--journal", metavar="FILE", help="Write every event to a new SQLite file, for `bandits explain`."),
)
rule_options = in_group(
    "Settings of the rule that drops arms",
    click.option(
        "--rule",
        metavar="NAME",
        shell_complete=names_of("rules"),
        help="risk, confidence, economic, or another of `bandits list rules`. [default: risk, or by the settings]",
    ),
    *setting_options("rules", "--risk P", "--audit P", "--confidence P", "--margin M", "--keep N", "--from-epoch N"),
)


def predictor_option(default: str | None, words: str) -> Callable[[Any], Any]:
    """The option --predictor."""
    return click.option(
        "--predictor",
        metavar="NAME",
        default=default,
        show_default=default is not None,
        shell_complete=names_of("predictors"),
        help=words,
    )


def with_set(assignments: tuple[str, ...], settings: dict[str, str]) -> None:
    """Add the settings given with --set to those of an objective.

    Raises:
        SettingError: a text is not NAME=VALUE, or its setting has been given before.
    """
    for text in assignments:
        name, equals, value = text.partition("=")
        name = name.strip().replace("-", "_")
        if not equals or not name:
            raise SettingError.broken("`set`", "must be NAME=VALUE, such as batch_size=64", text)
        if name in settings:
            raise SettingError.broken(f"`{name}` of the objective", "must be given once", [settings[name], value])
        settings[name] = value.strip()
