"""Read scalars that TensorBoard exported as csv, one file for each run: Wall time, Step, Value."""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from bandits.curves import Goal
from bandits.errors import SettingError
from bandits.objectives.curve_files.csv_file import CsvFile, read_csv
from bandits.objectives.curve_files.csv_forms import form_of
from bandits.studies.readers.choices import choose_metric, keep_one_phase, listed
from bandits.studies.readers.runs import Run, study_of_runs
from bandits.studies.study import Study

__all__ = ["study_of_tensorboard", "study_of_tensorboard_folder"]

_MOST_FOLDERS = 10_000
_DOWNLOADED = re.compile(r"run-(?P<run>.+)-tag-(?P<tag>.+)")  # how TensorBoard names the file


def study_of_tensorboard(
    source: str, files: Sequence[CsvFile], goal: Goal | None, *, tag: str = "", argument: str = "`warm_start`"
) -> Study:
    """Read files, each of which holds one run.

    If a training has two runs, such as exp0/train and exp0/validation, the validation run is read.

    Args:
        source: as the user wrote it.
        files: files with TensorBoard's columns. Runs are ordered by the time of their first report.
        goal: used if neither the tag nor the shape of the curves tells which way is better.
        tag: the scalar to read, if the names of the files tell several.
        argument: name of the argument that holds the source, for messages.

    Raises:
        SettingError: the files hold several tags, and none was requested.
        CurveTableError: a cell cannot be read.
    """
    tags = sorted({_tag_of(file.path) for file in files})
    label, guessed = choose_metric(tags, tag, kind="tags", source=source, argument=argument)
    named = _by_run([file for file in files if _tag_of(file.path) == label])
    kept, left_out = keep_one_phase(list(named), "runs")
    runs = [_run(named[name], name) for name in kept]
    notes = dict.fromkeys(note for name in kept for note in named[name].notes)
    return study_of_runs(source, sorted(runs, key=_began), label, goal, notes=(*notes, *guessed, *left_out))


def study_of_tensorboard_folder(
    source: str, folder: Path, goal: Goal | None, *, tag: str = "", argument: str = "`warm_start`"
) -> Study:
    """Read all .csv files of a folder and its subfolders.

    Raises:
        SettingError: there is no .csv file, or one is no export of TensorBoard; and see `study_of_tensorboard`.
    """
    rule = "must be a folder of TensorBoard's csv exports (Wall time, Step, Value), one file for each run"
    paths: list[Path] = []
    for count, (place, _, names) in enumerate(os.walk(folder), start=1):
        if count > _MOST_FOLDERS:
            raise SettingError.broken(argument, f"{rule}; it holds more than {_MOST_FOLDERS:,} folders", source)
        paths += [Path(place, name) for name in names if name.endswith(".csv")]
    if not paths:
        raise SettingError.broken(argument, f"{rule}; it holds no .csv file", source)
    files: list[CsvFile] = []
    for path in sorted(paths):
        file = read_csv(path)
        if form_of(file) != "tensorboard":  # the first one ends it: a folder of other files may be very large
            found = listed(file.header, most=10) or "nothing"
            where = file.path.relative_to(folder)
            raise SettingError.broken(argument, f"{rule}; {where} has the columns {found}", source)
        files.append(file)
    return study_of_tensorboard(source, files, goal, tag=tag, argument=argument)


def _tag_of(path: Path) -> str:
    """The scalar of a file, read from its name; None if TensorBoard did not name the file."""
    match = _DOWNLOADED.fullmatch(path.stem)
    return match["tag"] if match else ""


def _by_run(files: Sequence[CsvFile]) -> dict[str, CsvFile]:
    """Files by the name of their run: TensorBoard's, else the file's name, with folders if names repeat."""
    names = [match["run"] if (match := _DOWNLOADED.fullmatch(f.path.stem)) else f.path.stem for f in files]
    repeated = {name for name, count in Counter(names).items() if count > 1}
    base = os.path.commonpath([file.path.parent for file in files])
    paths = (os.path.relpath(file.path.with_suffix(""), base) for file in files)
    return {path if name in repeated else name: file for name, path, file in zip(names, paths, files, strict=True)}


def _run(file: CsvFile, name: str) -> Run:
    run = Run(name)
    clock, step, value = (place for place in range(len(file.header)) if place not in file.unnamed)
    for row in range(len(file.rows)):
        run.report(file.number(row, step), file.measured(row, value), file.number(row, clock))
    return run


def _began(run: Run) -> float:
    return run.clock[0] if run.clock else 0.0
