"""What the words of a name tell about its numbers: a metric and its goal, or a setting."""

from __future__ import annotations

from bandits.curves import Goal
from bandits.objectives.curve_files.csv_cells import words_of
from bandits.objectives.curve_files.phases import PHASE_WORDS, phase_of

__all__ = ["goals_in", "is_nameless", "names_a_metric", "names_a_result", "names_a_setting"]

_MORE_IS_BETTER = frozenset(
    {"acc", "accuracy", "auc", "auroc", "bleu", "dice", "f1", "iou", "map", "miou", "ndcg", "prec", "precision"}
    | {"psnr", "r2", "recall", "reward", "score", "ssim", "top"}
)
_LESS_IS_BETTER = frozenset(
    {"bpb", "bpc", "cer", "cost", "err", "error", "fid", "loss", "mae", "mse", "nll", "perplexity", "ppl", "rmse"}
    | {"wer"}
)
_GOALS: dict[Goal, frozenset[str]] = {"maximize": _MORE_IS_BETTER, "minimize": _LESS_IS_BETTER}
_NAMELESS = frozenset({"", "e", "ep", "epoch", "epochs", "it", "iter", "iteration", "step", "t", "value", "y"})
# A name with one of these words is that of a setting, even if it names a metric: loss_weight.
_TIMES = frozenset({"duration", "elapsed", "runtime", "sec", "seconds", "secs", "time"})
_MEASURED = _MORE_IS_BETTER | _LESS_IS_BETTER | _TIMES
_WHICH = frozenset({"best", "end", "final", "last", "max", "mean", "min", "total"})
_BESIDE = _WHICH | _MEASURED | PHASE_WORDS
_SETTINGS_AS_WELL = frozenset({"cost", "map", "prec", "precision", "time", "top"})
_SETTINGS = frozenset(
    {"alpha", "beta", "coef", "dim", "feature", "filter", "filters", "gamma", "kernel", "lambda", "learning", "lr"}
    | {"momentum", "size", "sizes", "threshold", "weight", "weights"}
)
# A name with one of these words is that of a setting if it names no metric.
_PERHAPS_SETTINGS = frozenset(
    {"act", "activation", "batch", "channels", "conv", "cv", "decay", "dense", "depth", "dims", "drop", "dropout"}
    | {"fc", "features", "fold", "heads", "hidden", "kernels", "l", "layer", "layers", "n", "neurons", "node"}
    | {"nodes", "num", "op", "ops", "param", "params", "pool", "seed", "stage", "stride", "unit", "units", "width"}
)


def goals_in(name: str) -> list[Goal]:
    """Which way is better, by the words of a name: no goal, one, or both if the words disagree.

    More is better: acc, accuracy, auc, auroc, bleu, dice, f1, iou, map, miou, ndcg, prec, precision, psnr, r2, recall,
    reward, score, ssim, top. Less: bpb, bpc, cer, cost, err, error, fid, loss, mae, mse, nll, perplexity, ppl, rmse,
    wer. Each may be followed by a number: top1, map50.
    """
    words = _words(name)
    return [goal for goal, known in _GOALS.items() if words & known]


def names_a_metric(name: str) -> bool:
    """Whether a name tells that its numbers were measured, as val_acc does and loss_weight does not."""
    return bool(goals_in(name)) and not names_a_setting(name)


def names_a_setting(name: str) -> bool:
    """Whether a name tells that its numbers were chosen before the training: units, layer_size, lr."""
    words = _words(name)
    return bool(words & _SETTINGS) or (bool(words & _PERHAPS_SETTINGS) and not goals_in(name))


def names_a_result(name: str) -> bool:
    """Whether a name is only that of a result: a metric or a time, perhaps with a phase, "best" or "last".

    Example:
        >>> [names_a_result(name) for name in ("best_acc", "train_seconds", "top_k", "precision", "loss_cap")]
        [True, True, False, False, False]
    """
    words = _words(name)
    measured = [word for word in words if word in _MEASURED]
    others = [word for word in words_of(name) if word not in _BESIDE and word.rstrip("0123456789") not in _MEASURED]
    sure = phase_of(name) is not None or bool(words & _WHICH) or not set(measured) <= _SETTINGS_AS_WELL
    return bool(measured) and not others and sure


def is_nameless(name: str) -> bool:
    """Whether a name does not tell what was measured, such as "epoch"."""
    return name.lower() in _NAMELESS


def _words(name: str) -> set[str]:
    """The words of a name, and each without the number at its end."""
    words = words_of(name)
    return words | {word.rstrip("0123456789") for word in words}
