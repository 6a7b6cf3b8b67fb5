"""The results of the replays of a search, in sentences."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from bandits.tools.what_if import WhatIf
from bandits.tools.what_if.code import for_optuna

__all__ = ["amount", "metric_name", "notes", "percent", "verdict"]

_LITTLE = 0.05  # a share of the epochs that is hardly worth a pruner
_HOUR, _MINUTE = 3600.0, 60.0


def verdict(answer: WhatIf) -> str:
    """The answer in a paragraph, with its numbers; with too few trials, only that."""
    return " ".join(_too_few(answer) if not answer.replays else _sentences(answer))


def notes(answer: WhatIf) -> list[str]:
    """Assumptions behind the answer that a reader may not expect, a sentence each."""
    return list(_notes(answer))


def _sentences(answer: WhatIf) -> Iterable[str]:
    own, count = answer.own, len(answer.trials)
    if not own.dropped:
        yield f"Of {count:,} trials none would have been dropped early in the order of the study."
    else:
        saved, all_of_it = answer.saved_seconds(own), answer.seconds
        time = "" if saved is None or all_of_it is None else f" ({amount(saved, all_of_it)})"
        yield (
            f"Of {count:,} trials, {len(own.dropped):,} would have been dropped early, which saves"
            f" {percent(answer.saved_share(own))} of the epochs{time}."
        )
    in_random_orders = answer.mean_saved(answer.others) if answer.others else 0.0
    if max(answer.saved_share(own), in_random_orders) < _LITTLE:
        needed = answer.settings.needed
        yield f"There is little to save here: the first {needed} trials train in full, so that others can be judged."
    yield from _losses(answer)
    if answer.others:
        shares = [answer.saved_share(replay) for replay in answer.others]
        yield (
            f"In random orders the same trials save {percent(answer.mean_saved(answer.others))} on average, from"
            f" {percent(min(shares))} to {percent(max(shares))}."
        )


def _losses(answer: WhatIf) -> Iterable[str]:
    """Whether the best trials would have been completed."""
    own, best, metric = answer.own, answer.ranked()[0], answer.metric
    trial = answer.trials[best]
    name = f"The best trial ({trial.called}, {metric_name(answer)} {metric.restore(trial.value or 0.0):.6g})"
    if answer.best_survives(own):
        yield f"{name} would have survived{_as_in(answer)}."
    else:
        epoch = next(dropped.epoch for dropped in own.dropped if dropped.trial == best)
        yield (
            f"{name} would have been lost after epoch {epoch}: the best of the others is worse by"
            f" {answer.regret(own):.3g}."
        )
        if answer.others:
            yield f"It survives{_as_in(answer).removeprefix(', as')}."
        yield "A smaller --risk, or a larger --keep, protects it better and saves less."
    yield from _risk(answer)
    others = len(answer.top())
    if others > 1:
        yield f"Of the best {others}, {answer.surviving(own)} would have been completed."


def _as_in(answer: WhatIf) -> str:
    if not answer.others:
        return ""
    kept = sum(map(answer.best_survives, answer.others))
    low, high = answer.interval(kept)
    between = f"95% interval {percent(low)} to {percent(high)}"
    return f", as in {kept} of {len(answer.others)} random orders ({between})"


def _risk(answer: WhatIf) -> Iterable[str]:
    """Whether the random orders lose the best trial more often than the rule's risk allows."""
    risk = answer.settings.rule.settings().get("risk")
    losses = [loss for loss in map(answer.regret, answer.others) if loss > 0.0]
    if risk is None or not losses:
        return
    noise, count = answer.noise, len(answer.others)
    wrong = sum(loss > noise for loss in losses)
    least, _ = answer.interval(wrong)
    held = "held" if wrong <= risk * count else "may have held" if least <= risk else "did not hold"
    more = f" by more than the noise of one measurement ({noise:.2g})" if noise else ""
    yield (
        f"The stated risk of {risk:g} {held}: the best trial that is left is worse{more} in {wrong} of {count} random"
        f" orders, by {max(losses):.2g} at most."
    )


def _too_few(answer: WhatIf) -> Iterable[str]:
    settings, there = answer.settings, answer.teachers
    trained = "no trial was" if not there else "one trial was" if there == 1 else f"{there} trials were"
    yield (
        f"Nothing can be said: {trained} completed after {settings.max_epochs} epochs, and before {settings.needed}"
        f" are, {settings.predictor.name} with {settings.rule_words} drops nothing."
    )
    shorter = _shorter(answer)
    if shorter is not None:
        epochs, count = shorter
        yield f"With --max-epochs {epochs}, as if every training ended there, {count} would be complete."


def _shorter(answer: WhatIf) -> tuple[int, int] | None:
    """The last epoch that enough trials reach, and how many; None where there is none."""
    ended = (read for read in answer.read.trials if read.trial.end != "running" and len(read.epochs))
    lengths = sorted((int(read.epochs[-1]) for read in ended), reverse=True)
    needed = answer.settings.needed
    if len(lengths) < needed or not 2 <= lengths[needed - 1] < answer.settings.max_epochs:
        return None
    epochs = lengths[needed - 1]
    return epochs, sum(length >= epochs for length in lengths)


def _notes(answer: WhatIf) -> Iterable[str]:
    ends = Counter(trial.end for trial in answer.trials)
    running = sum(trial.end == "running" for trial in answer.study.trials)
    yield from answer.read.account.sentences()
    if answer.read.counts_down:
        yield "the pruner stops no trial that counts down: report epochs that go up, from 0 or 1"
    if running:
        yield f"{_count(running, 'trial')} still running or interrupted: left out"
    if ends["stopped"]:
        yield (
            f"{_count(ends['stopped'], 'trial')} had been stopped early already: what would have come later is unknown,"
            " and the trials that were not stopped looked good"
        )
    if any(epoch > answer.settings.max_epochs for read in answer.read.trials for epoch in read.epochs[-1:]):
        yield f"curves are cut at epoch {answer.settings.max_epochs}, as if every training had ended there"
    if answer.timed and answer.timed < len(answer.trials):
        yield f"training times are known for {answer.timed:,} of {len(answer.trials):,} trials, and summed over these"
    if answer.replays and not for_optuna(answer):
        yield (
            "trials are replayed as in an Optuna study with PredictivePruner; `bandits run random` has the same"
            " forecasts and rule, but learns only from burn-in and audited arms, so it may save a little more or less"
        )
    if answer.replays and answer.study.kind != "table":
        yield (
            "if the sampler chose configurations by earlier results, as TPE (Optuna's default) does, it might have"
            " chosen others after a drop"
        )


def metric_name(answer: WhatIf) -> str:
    """The name of the metric for sentences."""
    return answer.metric.name or "value"


def percent(share: float) -> str:
    """A share in whole percent; 100 only if it is exactly 1."""
    whole = round(100 * share)
    return f"{99 if whole == 100 and share < 1 else whole}%"


def amount(part: float, whole: float) -> str:
    """A part of a time and the whole time, in hours, minutes or seconds.

    Example:
        >>> amount(5400.0, 36000.0)
        '1.5 of 10 hours'
    """
    units = {"hours": _HOUR, "minutes": _MINUTE, "seconds": 1.0}
    unit, seconds = next((pair for pair in units.items() if whole >= 2 * pair[1]), ("seconds", 1.0))
    return f"{_short(part / seconds)} of {_short(whole / seconds)} {unit}"


def _short(number: float) -> str:
    return f"{number:,.0f}" if number >= 10 or number == round(number) else f"{number:.1f}"


def _count(number: int, what: str) -> str:
    return f"one {what}" if number == 1 else f"{number:,} {what}s"
