"""Whether a training that moves to a new process after every epoch has the curve of one that never paused.

    python -m benchmarks.training.resume [--nets 2] [--epochs 3] [--out FILE] [--update-readme]

For each space, random nets on digits: once in one go, once with every epoch trained by a process of its own that has
nothing but the checkpoint files. Values and training losses are compared bit for bit.
"""

from __future__ import annotations

import multiprocessing
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any

from bandits.curves import Trial
from bandits.errors import ObjectiveError
from bandits.objectives.base import WorkerSite
from bandits.objectives.cnn import CNNObjective
from bandits.objectives.spaces import IMAGE_SPACES
from benchmarks.lib.common import argument_parser, command, machine, update_readme, write_results

HERE = Path(__file__).resolve().parent


def train(space: str, number: int, start: int, stop: int, folder: str | None) -> list[tuple[float, float]] | str:
    """Value and training loss of each epoch, or why it failed."""
    objective = CNNObjective("digits", space=space, device="cpu")
    objective.set_up(WorkerSite("cpu", 1, Path(folder) if folder else None))
    config = objective.sampler(0).propose(number)
    trial = Trial(number, config, objective.features(config), seed=number)
    try:
        return [(m.value, m.details["train_loss"]) for m in objective.train(trial, start, stop)]
    except ObjectiveError as error:
        return str(error)


def elsewhere(space: str, number: int, start: int, stop: int, folder: str | None) -> list[tuple[float, float]] | str:
    """The same, in a new process that ends afterwards."""
    with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
        return pool.submit(train, space, number, start, stop, folder).result()


def main() -> None:
    parser = argument_parser(__doc__)
    parser.add_argument("--nets", type=int, default=2, help="of each space")
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--out", type=Path, default=HERE / "results" / "resume.json")
    parser.add_argument("--update-readme", action="store_true")
    arguments = parser.parse_args()
    rows: list[dict[str, Any]] = []
    for space in IMAGE_SPACES:
        for number in range(arguments.nets):
            unbroken = train(space, number, 0, arguments.epochs, None)
            with tempfile.TemporaryDirectory() as folder:
                pieces: list[tuple[float, float]] | str = []
                for epoch in range(arguments.epochs):
                    piece = elsewhere(space, number, epoch, epoch + 1, folder)
                    if isinstance(piece, str) or isinstance(pieces, str):
                        pieces = piece
                        break
                    pieces += piece
            rows.append({"space": space, "trial": number, "equal": pieces == unbroken, "unbroken": unbroken})
            print(f"{space:14} trial {number} equal {rows[-1]['equal']} {unbroken}", flush=True)
    write_results(arguments.out, {"benchmark": "resume", "command": command(), "machine": machine(), "rows": rows})
    if arguments.update_readme:
        equal = sum(row["equal"] for row in rows)
        diverged = sum(isinstance(row["unbroken"], str) for row in rows)
        text = f"{equal} of {len(rows)} trainings of {arguments.epochs} epochs are equal in every bit"
        text += f"; that {diverged} of them diverged, and at which epoch, was the same too." if diverged else "."
        update_readme(HERE / "README.md", "resume", text)


if __name__ == "__main__":
    main()
