"""`bandits list`: what there is."""

from __future__ import annotations

import click

from bandits import registry
from bandits.cli.output import stdout
from bandits.report.listings import listing, predictor_listing

__all__ = ["list_"]


@click.command("list")
@click.argument("kind", required=False, type=click.Choice(registry.KINDS))
def list_(kind: registry.Kind | None) -> None:
    """Show what there is, plug-ins too: algorithms, predictors, objectives or samplers."""
    console = stdout()
    for each in registry.KINDS if kind is None else (kind,):
        if kind == "predictors":
            console.print(predictor_listing(registry.entries(kind)))
            continue
        rows = [(entry.name, entry.purpose) for entry in registry.entries(each)]
        if each == "objectives":
            plugins = [(entry.name, entry.purpose) for entry in registry.entries(each) if entry.plugin]
            rows = [*_built_in_objectives(), *plugins]
            rows.append(("your_module:your_function", "your own training function, a value an epoch"))
        console.print(listing(each, rows), soft_wrap=True)


def _built_in_objectives() -> list[tuple[str, str]]:
    from bandits.data import IMAGE_SETS, TEXT_SETS
    from bandits.objectives import shipped_titles

    return [
        *((f"table:{name}", title) for name, title in shipped_titles().items()),
        ("table:FILE.csv", "your own table: a row a configuration, a column an epoch"),
        *((f"cnn:{name}", f"trains convolutional networks on {title}") for name, title in IMAGE_SETS.items()),
        *((f"lstm:{name}", f"trains LSTM language models on {title}") for name, title in TEXT_SETS.items()),
    ]
