"""Everything that a journal holds on one trial, as text for a terminal."""

from __future__ import annotations

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bandits.errors import SettingError
from bandits.report.values import value_text
from bandits.runtime.journal import Journal
from bandits.runtime.records import (
    Changed,
    Epoch,
    EpochsAgain,
    JobStarted,
    RunStarted,
    TrialFailed,
    TrialStarted,
    VerdictGiven,
    WorkerLost,
)
from bandits.schedulers.lifecycle import State

__all__ = ["story"]


def story(journal: Journal, trial: int) -> RenderableType:
    """Everything that a journal holds on one trial, epoch by epoch, with every verdict.

    Raises:
        SettingError: the journal has no such trial.
    """
    records = list(journal.records(trial))
    if not records:
        ids = [record.trial for record in journal.records() if isinstance(record, TrialStarted)]
        rule = f"must be one of the {len(ids)} trials of this journal"
        raise SettingError.broken("trial", rule + (f" ({min(ids)} to {max(ids)})" if ids else ""), trial)
    started = next((record for record in journal.records() if isinstance(record, RunStarted)), None)
    lines = [Text(f"trial {trial}", style="bold")]
    table = Table(box=None, pad_edge=False, header_style="bold")
    name = "value" if started is None else started.metric
    for column in ("epoch", name, "forecast", "at epoch", "bar", "confidence", "what happened"):
        table.add_column(column, justify="left" if column == "what happened" else "right")
    for record in records:
        match record:
            case TrialStarted():
                config = ", ".join(f"{key}={value_text(value)}" for key, value in record.config.items())
                lines.append(Text(config))
            case JobStarted():
                why = "" if record.why is None else f": {record.why}"
                table.add_row("", "", "", "", "", "", f"trains from epoch {record.start} to {record.stop}{why}")
            case Epoch():
                table.add_row(str(record.epoch), f"{record.value:.6g}", "", "", "", "", "")
            case VerdictGiven():
                table.add_row("", *_numbers(record), f"{'DROP' if record.drop else 'keep'}: {record.reason}")
            case Changed(state=State.DROPPED):
                pass  # the verdict's row says so
            case Changed():
                table.add_row("", "", "", "", "", "", f"{record.state.value}: {record.reason}")
            case TrialFailed():
                table.add_row("", "", "", "", "", "", f"cannot go on: {record.reason}")
            case EpochsAgain():
                epochs = "epoch" if record.epochs == 1 else "epochs"
                table.add_row("", "", "", "", "", "", f"its model was lost: {record.epochs} {epochs} trained again")
            case WorkerLost():
                again = f"its worker process {record.reason}; another one trains epoch {record.epoch} again"
                table.add_row("", "", "", "", "", "", again)
            case _:
                pass
    return Group(*lines, Text(), table)


def _numbers(record: VerdictGiven) -> tuple[str, str, str, str, str]:
    if record.forecast is None or record.std is None or record.bar is None or record.probability is None:
        return "", "", "", "", ""
    forecast = f"{record.forecast:.4g} ± {record.std:.2g}"
    return "", forecast, str(record.horizon), f"{record.bar:.6g}", f"{record.probability:.4g}"
