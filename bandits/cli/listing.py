"""`bandits list`: the names that commands accept."""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem

from bandits.cli.built_in_objectives import built_in_objectives
from bandits.cli.completion import names_of
from bandits.cli.output import show
from bandits.config import entry_settings, registry
from bandits.config.entry import KINDS, Kind
from bandits.errors import SettingError
from bandits.report.listings import listing, predictor_listing, settings_listing

__all__ = ["list_"]


def _names(ctx: click.Context, parameter: click.Parameter, begun: str) -> list[CompletionItem]:
    """Names of the kind that the command line gives before."""
    kind = ctx.params.get("kind")
    return names_of(kind)(ctx, parameter, begun) if kind in KINDS else []


@click.command("list")
@click.argument("kind", required=False, type=click.Choice(KINDS))
@click.argument("name", required=False, shell_complete=_names)
def list_(kind: Kind | None, name: str | None) -> None:
    """List the names of a kind, plug-ins included; or the settings of one name.

    KIND is algorithms, predictors, rules, objectives or samplers. With NAME, the list shows its settings, which are
    written NAME:key=value,...
    """
    if kind is not None and name is not None:
        from bandits.cli.assembly import filled_in  # it takes seconds to load, which a list of names need not wait for

        entry = registry.find(kind, name.partition(":")[0])
        if name != entry.name and ":" in name:
            raise SettingError.broken("`NAME`", f"must be a name alone, such as {entry.name}", name)
        show(settings_listing(entry, entry_settings(entry).values(), filled_in(kind, entry)))
        return
    for each in KINDS if kind is None else (kind,):
        if kind == "predictors":
            show(predictor_listing(registry.entries(kind)))
            continue
        rows = [(entry.name, entry.purpose) for entry in registry.entries(each)]
        if each == "objectives":
            plugins = [(entry.name, entry.purpose) for entry in registry.entries(each) if entry.plugin]
            rows = [*built_in_objectives(), *plugins]
            rows.append(
                ("your_module:your_function", "your own training function, which yields a value after each epoch")
            )
            rows.append(("your_file.py:your_function", "the same, from a file"))
        show(listing(each, rows), soft_wrap=True)
