"""Scalars that TensorBoard has exported as csv, a file a run: Wall time, Step, Value."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from bandits.curves import Goal
from bandits.errors import SettingError
from bandits.objectives.csv_cells import plain_name
from bandits.objectives.csv_file import read_csv
from bandits.studies.readers.runs import Run, study_of_runs
from bandits.studies.study import Study

__all__ = ["is_tensorboard", "study_of_tensorboard", "study_of_tensorboard_folder"]

_COLUMNS = ("walltime", "step", "value")
_DOWNLOADED = re.compile(r"run-(?P<run>.+)-tag-(?P<tag>.+)")  # how TensorBoard names the file


def is_tensorboard(header: Sequence[str]) -> bool:
    """Whether a header is one of TensorBoard's."""
    return tuple(map(plain_name, header)) == _COLUMNS


def study_of_tensorboard(
    source: str, files: Sequence[Path], goal: Goal | None, *, tag: str = "", argument: str = "`warm_start`"
) -> Study:
    """Read some files, each of which is a run.

    Args:
        source: as the user wrote it.
        files: each with TensorBoard's columns. Runs go by the time of their first report.
        goal: taken where neither the tag nor the shape of the curves tells which way is better.
        tag: the scalar to read, where files that TensorBoard has named are of several.
        argument: how messages call the source.

    Raises:
        SettingError: the files are of several tags, and none of them is asked for.
        CurveTableError: a file cannot be read.
    """
    named = [(file, *_run_and_tag(file)) for file in files]
    tags = sorted({found for _, _, found in named})
    if tag not in tags and (tag or len(tags) > 1):
        listed = ", ".join(filter(None, tags)) or "no file is named after one"
        raise SettingError.broken(argument, f"must end with # and one of its tags ({listed})", source)
    runs = [_read(file, name) for file, name, found in named if found == (tag or tags[0])]
    return study_of_runs(source, sorted(runs, key=_began), (tag or tags[0]).replace("_", " "), goal)


def study_of_tensorboard_folder(
    source: str, folder: Path, goal: Goal | None, *, tag: str = "", argument: str = "`warm_start`"
) -> Study:
    """Read all .csv files of a folder and of those in it.

    Raises:
        SettingError: there is none, or one of them is no export of TensorBoard; and see `study_of_tensorboard`.
    """
    files = sorted(folder.rglob("*.csv"))
    rule = "must be a folder of TensorBoard's csv exports (Wall time, Step, Value), a run a file"
    if not files:
        raise SettingError.broken(argument, f"{rule}; it holds no .csv file", source)
    for file in files:
        header = read_csv(file).header
        if not is_tensorboard(header):
            found = ", ".join(header) or "nothing"
            raise SettingError.broken(argument, f"{rule}; {file.relative_to(folder)} has the columns {found}", source)
    return study_of_tensorboard(source, files, goal, tag=tag, argument=argument)


def _run_and_tag(file: Path) -> tuple[str, str]:
    """Which run and which scalar a file is of, by its name; without one of TensorBoard's names it is all run."""
    match = _DOWNLOADED.fullmatch(file.stem)
    return (match["run"], match["tag"]) if match else (file.stem, "")


def _read(path: Path, name: str) -> Run:
    file, run = read_csv(path), Run(name)
    for row in range(len(file.rows)):
        clock, step, value = (file.number(row, column) for column in range(3))
        run.report(step, value, clock)
    return run


def _began(run: Run) -> float:
    return run.clock[0] if run.clock else 0.0
