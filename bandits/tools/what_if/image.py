"""A what-if as an image (matplotlib): .png, .svg or .pdf."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from bandits.tools.plots.axes import epoch_axis, save, style, value_axis, write_texts
from bandits.tools.plots.view import evenly_spread, frame_of
from bandits.tools.what_if import WhatIf
from bandits.tools.what_if.words import metric_name, percent

__all__ = ["write_image"]

_TRAINED, _SAVED, _BEST = "#9aa0a8", "#e9a23b", "#1b4fa8"
_MOST = 400  # curves; more cannot be seen


def write_image(answer: WhatIf, path: Path) -> None:
    """Draw what `save_plot` describes."""
    figure = Figure(figsize=(10.0, 6.0), dpi=150, layout="constrained")
    axes = figure.subplots()
    curves = [_curve(answer, place) for place in range(len(answer.trials))]
    values = np.concatenate([values for _, values in curves])
    value_axis(axes, frame_of([values], falls=answer.metric.goal == "minimize"))
    _draw(axes, answer, curves)
    epoch_axis(axes, max(answer.settings.max_epochs, 2), metric_name(answer))
    style(axes)
    write_texts(figure, _title(answer), _caption(answer))
    save(figure, path)


def _draw(axes: Axes, answer: WhatIf, curves: list[tuple[NDArray[np.int64], NDArray[np.float64]]]) -> None:
    spent = answer.own.epochs if answer.replays else [trial.epochs for trial in answer.trials]
    best = next(iter(answer.ranked()), None)
    for place in _drawn(answer):
        epochs, values = curves[place]
        trained = epochs <= spent[place]
        bold, colour = place == best, _BEST if place == best else _TRAINED
        axes.plot(epochs[trained], values[trained], color=colour, lw=2.4 if bold else 0.8, zorder=5 if bold else 2)
        if not trained.all():
            cut = max(int(trained.sum()) - 1, 0)
            axes.plot(epochs[cut:], values[cut:], color=_SAVED, lw=2.4 if bold else 0.7, alpha=0.75, zorder=1)
            axes.plot(epochs[cut], values[cut], "o", color=_SAVED, markersize=3, zorder=4)


def _title(answer: WhatIf) -> str:
    if not answer.replays:
        return f"{answer.study.source}: too few trials to say what early stopping would have saved"
    share = percent(answer.saved_share(answer.own))
    return f"{len(answer.own.dropped):,} of {len(answer.trials):,} trials dropped early: {share} of the epochs saved"


def _caption(answer: WhatIf) -> str:
    lost = "" if not answer.replays or answer.best_survives(answer.own) else " (it would have been lost)"
    drawn = len(_drawn(answer))
    some = "" if drawn == len(answer.trials) else f"; {drawn:,} of {len(answer.trials):,} drawn"
    return (
        f"{answer.study.source}; grey: trained; orange: would not have been trained; blue: the best trial{lost}{some}"
    )


def _curve(answer: WhatIf, place: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Epochs and raw values of a trial."""
    epochs, scores = zip(*answer.trials[place].reports, strict=True)
    return np.array(epochs), np.array([answer.metric.restore(score) for score in scores])


def _drawn(answer: WhatIf) -> list[int]:
    """The trials that are drawn: all, or `_MOST` of them and the best one."""
    return sorted({*evenly_spread(len(answer.trials), _MOST), *answer.ranked()[:1]})
