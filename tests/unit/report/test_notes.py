"""What was guessed about a file of one's own is shown with the run."""

from __future__ import annotations

import io
from pathlib import Path

from rich.console import Console

from bandits import RandomSearch, run
from bandits.objectives import CurveTable
from bandits.report.summary import Summary
from bandits.report.terminal import summary_view


def test_a_run_shows_what_its_table_was_taken_for(tmp_path: Path) -> None:
    """In the terminal and as JSON; a table that comes with the package has nothing to say."""
    (tmp_path / "runs.csv").write_text(",lr,acc_1,acc_2\n0,0.1,0.2,0.3\n1,0.2,0.3,0.4\n")
    words = "without a name, taken for an index: columns column 1"
    said = []
    for source in (tmp_path / "runs.csv", "metaqnn_cifar10"):
        table = CurveTable(source)
        result = run(RandomSearch(max_epochs=2, trials=2), table)
        summary = Summary("table:x", None, result, None, notes=table.notes)
        console = Console(file=io.StringIO(), width=120)
        console.print(summary_view(summary))
        said.append((words in console.file.getvalue(), summary.as_json().get("notes")))  # type: ignore[attr-defined]

    assert [(True, [words]), (False, None)] == said
