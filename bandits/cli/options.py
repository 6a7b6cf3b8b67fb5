"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from bandits.spec import DEFAULT_OBJECTIVE

__all__ = ["objective_options", "objective_spec_option", "running_options"]


def _options(*options: Callable[[Any], Any]) -> Callable[[Any], Any]:
    """Several options as one decorator, for commands that share them."""

    def decorate(function: Any) -> Any:
        for option in reversed(options):
            function = option(function)
        return function

    return decorate


objective_spec_option = click.option(
    "--objective",
    metavar="SPEC",
    default=DEFAULT_OBJECTIVE,
    show_default=True,
    help="What is trained: table:NAME, table:FILE.csv, cnn:DATASET, lstm:CORPUS or your_module:your_function.",
)
objective_options = _options(
    click.option("--goal", metavar="GOAL", help="maximize or minimize, for a file whose metric does not tell."),
    click.option(
        "--space",
        metavar="NAME",
        help="Search space of cnn (metaqnn, resnet, resnet-cifar, convnet) or lstm. [default: the objective's first]",
    ),
    click.option("--device", metavar="NAME", help="Of cnn and lstm: cpu, cuda, cuda:0,1 or auto. [default: auto]"),
    click.option(
        "--data-dir", metavar="DIR", help="Where data sets lie. [default: $BANDITS_DATA, else a cache of your own]"
    ),
    click.option("--threads", metavar="N", type=int, help="CPU threads of each training. [default: 1]"),
    click.option(
        "--restarts",
        metavar="N",
        type=int,
        help="How often a net of cnn begins anew, at 0.4 times the learning rate, if its first epoch ends at chance."
        " [default: 0; 4 for metaqnn]",
    ),
    click.option(
        "--set",
        "arguments",
        metavar="NAME=VALUE",
        multiple=True,
        help="Any other argument of cnn, lstm or a plug-in, such as batch_size=64. Repeatable.",
    ),
)
running_options = _options(
    click.option(
        "--workers",
        metavar="N",
        type=int,
        default=1,
        show_default=True,
        help="Arms that train at a time: processes, or simulated ones for tables.",
    ),
    click.option(
        "--fixed-order",
        is_flag=True,
        help="Take epochs of several processes in an order of their own, not as they end: runs repeat.",
    ),
    click.option(
        "--checkpoints", metavar="DIR", help="Where processes keep paused arms. [default: a temporary folder]"
    ),
    click.option("--seed", metavar="N", type=int, default=0, show_default=True, help="Of everything random."),
    click.option("--journal", metavar="FILE", help="Write every event to a new SQLite file, for `bandits explain`."),
)
