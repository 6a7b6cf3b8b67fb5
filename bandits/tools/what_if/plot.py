"""A picture of a what-if (matplotlib): the epochs that would have been trained, and those that would be saved."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bandits.errors import MissingDependency, SettingError
from bandits.tools.plot_text import as_it_is
from bandits.tools.what_if import WhatIf
from bandits.tools.what_if.words import metric_name, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["check_plot_file", "save_plot"]

_ENDINGS = (".png", ".svg", ".pdf")
_INK, _GREY, _CUT, _BEST, _LIGHT = "#222222", "#9aa0a8", "#e9a23b", "#1b4fa8", "#eceef1"
_FENCE = 3.0  # quartile distances beyond the quartiles, where ordinary values end
_LOG_SPAN = 10.0  # losses that span this factor or more are drawn on a logarithmic axis
_MARGIN = 0.04  # of the frame's height
_MOST = 400  # curves; more cannot be seen


def check_plot_file(file: str) -> None:
    """Check, before the work begins, that a plot can be written.

    Raises:
        SettingError: the ending is none of .png, .svg and .pdf, or the folder does not exist.
        MissingDependency: matplotlib is not installed.
    """
    path = Path(file)
    if path.suffix.lower() not in _ENDINGS:
        raise SettingError.broken("`plot`", f"must end in {', '.join(_ENDINGS)}", file)
    if path.is_dir() or not path.parent.is_dir():
        raise SettingError.broken("`plot`", "must be a file in a folder that exists", file)
    if find_spec("matplotlib") is None:
        raise MissingDependency(f"A plot as {path.suffix.lower()}", "plot", "matplotlib")


def save_plot(answer: WhatIf, file: str) -> None:
    """Draw every trial's curve: grey where it would have been trained, orange where not, the best one blue.

    Args:
        answer: the what-if; its replay in the study's own order is drawn.
        file: where to write it, .png, .svg or .pdf; overwritten.

    Raises:
        SettingError, MissingDependency: see `check_plot_file`; the file cannot be written.
    """
    check_plot_file(file)
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10.0, 6.0), dpi=150, layout="constrained")
    axes = figure.subplots()
    _draw(axes, answer)
    figure.suptitle(as_it_is(_title(answer)), x=0.01, ha="left", fontsize=12, color=_INK)
    figure.supxlabel(as_it_is(_caption(answer)), x=0.01, ha="left", fontsize=8, color="#555555")
    path = Path(file)
    # No date and no random name in the file, so that the same answer gives the same bytes.
    dates = {".pdf": {"CreationDate": None}, ".svg": {"Date": None}}
    try:
        with rc_context({"svg.hashsalt": "bandits"}):
            figure.savefig(path, metadata=dates.get(path.suffix.lower()))
    except OSError as error:
        raise SettingError.broken("`plot`", f"must be a file that can be written ({error.strerror})", file) from error


def _draw(axes: Axes, answer: WhatIf) -> None:
    from matplotlib.ticker import LogFormatter, MaxNLocator

    curves = [_curve(answer, place) for place in range(len(answer.trials))]
    logarithmic, frame = _frame([values for _, values in curves], falls=answer.metric.goal == "minimize")
    if logarithmic:
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter(LogFormatter())
        axes.yaxis.set_minor_formatter(LogFormatter(labelOnlyBase=False, minor_thresholds=(1.5, 0.5)))
    axes.set_ylim(*frame)  # before anything is drawn, so that far values do not move it
    spent = answer.own.epochs if answer.replays else [trial.epochs for trial in answer.trials]
    best = next(iter(answer.ranked()), None)
    for place in _drawn(answer):
        epochs, values = curves[place]
        trained = epochs <= spent[place]
        bold, colour = place == best, _BEST if place == best else _GREY
        axes.plot(epochs[trained], values[trained], color=colour, lw=2.4 if bold else 0.8, zorder=5 if bold else 2)
        if not trained.all():
            cut = max(int(trained.sum()) - 1, 0)
            axes.plot(epochs[cut:], values[cut:], color=_CUT, lw=2.4 if bold else 0.7, alpha=0.75, zorder=1)
            axes.plot(epochs[cut], values[cut], "o", color=_CUT, markersize=3, zorder=4)
    axes.set_xlim(1, max(answer.settings.max_epochs, 2))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlabel("epoch", fontsize=9, color=_INK)
    axes.set_ylabel(as_it_is(metric_name(answer)), fontsize=9, color=_INK)
    axes.set_axisbelow(True)
    axes.grid(axis="y", color=_LIGHT, linewidth=0.8)
    axes.tick_params(axis="y", colors=_INK, labelsize=8, length=0, which="both")
    axes.tick_params(axis="x", colors=_INK, labelsize=8, length=3)
    for side in ("top", "right", "left", "bottom"):
        axes.spines[side].set_visible(side == "bottom")
        axes.spines[side].set_color(_GREY)


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
    """The trials that are drawn: all, or at most `_MOST` at equal distances, and the best one."""
    count = len(answer.trials)
    if count <= _MOST:
        return list(range(count))
    return sorted({*np.linspace(0, count - 1, _MOST).round().astype(int).tolist(), *answer.ranked()[:1]})


def _frame(curves: Sequence[NDArray[np.float64]], *, falls: bool) -> tuple[bool, tuple[float, float]]:
    """Whether the vertical axis is logarithmic, and its ends: those of ordinary values."""
    values = np.concatenate(curves)
    if falls and values.min() > 0.0:
        low, high = _ordinary(np.log(values))
        if high - low >= np.log(_LOG_SPAN):
            margin = _MARGIN * (high - low)
            return True, (float(np.exp(low - margin)), float(np.exp(high + margin)))
    low, high = _ordinary(values)
    margin = _MARGIN * (high - low) or 0.5
    return False, (low - margin, high + margin)


def _ordinary(values: NDArray[np.float64]) -> tuple[float, float]:
    """The smallest and largest value inside the fences."""
    lower, upper = np.quantile(values, (0.25, 0.75)).tolist()
    reach = _FENCE * (upper - lower)
    inside = values[(values >= lower - reach) & (values <= upper + reach)]
    return float(inside.min()), float(inside.max())
