"""Find columns with one value for each epoch by their numbers, and choose those that are the curves.

A family is a prefix and numbers that run without a gap from 0 or 1: acc_1, acc_2, ... or 1, 2, ....

1. A requested family is the curves.
2. Without a request, families of seconds, of settings (units_1, n_units_l0) and of words are excluded. A family named
   after a metric comes before others, validation before training, then the longest.
3. If two families are equally good, the file is refused with both names.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bandits.errors import CurveTableError
from bandits.objectives.curve_files.csv_cells import number_in, shortened
from bandits.objectives.curve_files.csv_file import CsvFile
from bandits.objectives.curve_files.feature_names import is_a_feature_of_another
from bandits.objectives.curve_files.metric_words import is_nameless, names_a_metric, names_a_setting
from bandits.objectives.curve_files.phases import differ_by_phase, phase_of

__all__ = ["MOST_DIGITS", "NUMBERED", "SECONDS", "Families", "Family", "choose_curves", "families_in"]

SECONDS = frozenset({"seconds", "secs", "sec", "time", "times", "wall_time", "duration", "cost"})
"""Names of columns with the seconds of each epoch, in lower case, without the number."""
NUMBERED = re.compile(r"(?!.*=(?![0-9]{1,9}$))(.*?)([0-9]+)")
"""Matches a name that ends in a number: its prefix and the number. The end of lr=0.01 is a value, not a number."""
MOST_DIGITS = 9
"""The most digits that the number of an epoch may have."""


@dataclass(frozen=True, slots=True)
class Family:
    """Columns with one value for each epoch.

    Args:
        prefix: the common prefix of their names.
        first: number of the first column.
        last: number of the last column.
        places: index of each column in the header, in the order of the numbers.
    """

    prefix: str
    first: int
    last: int
    places: tuple[int, ...]

    @property
    def label(self) -> str:
        """The prefix without the separator before the number: "acc" for "acc_"."""
        return self.prefix.rstrip(" _-.:@")

    @property
    def seconds(self) -> bool:
        """Whether its name is one of time."""
        return self.label.lower() in SECONDS

    def __str__(self) -> str:
        return f"{self.prefix}{self.first} to {self.prefix}{self.last}"


@dataclass(frozen=True, slots=True)
class Families:
    """The families of a header.

    Args:
        whole: families without a gap, in the file's order.
        gaps: families whose numbers have a gap, or do not begin at 0 or 1.
    """

    whole: tuple[Family, ...]
    gaps: tuple[Family, ...]


def families_in(file: CsvFile) -> Families:
    """The families of a file's columns; columns without a name belong to none.

    Raises:
        CurveTableError: two columns have the same number, or a number has too many digits.
    """
    numbered: dict[str, dict[int, int]] = {}
    for place, name in enumerate(file.header):
        match = NUMBERED.fullmatch(name)
        if not match or place in file.unnamed or is_a_feature_of_another(name, file.header):
            continue
        if len(match[2]) > MOST_DIGITS:
            rule = f"must end in a number of at most {MOST_DIGITS} digits, or in none"
            raise CurveTableError.broken(f"column {place + 1} of {file.path}", rule, shortened(name, 20))
        places = numbered.setdefault(match[1], {})
        if int(match[2]) in places:
            twice = f"{file.header[places[int(match[2])]]} and {name}"
            raise CurveTableError.broken(f"column names of {file.path}", "must have different numbers", twice)
        places[int(match[2])] = place
    found = [
        Family(prefix, min(places), max(places), tuple(places[number] for number in sorted(places)))
        for prefix, places in numbered.items()
        if len(places) > 1
    ]
    whole = [f for f in found if f.first in (0, 1) and f.last - f.first == len(f.places) - 1]
    return Families(tuple(whole), tuple(family for family in found if family not in whole))


def choose_curves(file: CsvFile, families: Families, asked: str, *, exactly: bool) -> tuple[Family, tuple[str, ...]]:
    """Choose the family that holds the curves.

    Args:
        file: the file.
        families: families of its columns.
        asked: prefix or label of the requested family; empty for none.
        exactly: whether only the requested family may be taken; otherwise a single candidate of another name may be.

    Returns:
        The family, and guesses, in sentences.

    Raises:
        CurveTableError: there is none, or there are several equally good ones.
    """
    for family in families.whole if asked else ():
        if asked in (family.prefix, family.label):
            return family, ()
    candidates = [family for family in families.whole if _may_be_curves(file, family)]
    named = [family for family in candidates if not family.seconds] or candidates
    if asked and (exactly or len(named) > 1):
        raise _not_there(file, named or families.whole, asked)
    if not named:
        raise _no_curves(file, families)
    best = [family for family in named if names_a_metric(family.label)] or named
    validation = [family for family in best if phase_of(family.label) == "validation"]
    best = validation or [family for family in best if family.label not in differ_by_phase(f.label for f in best)]
    longest = max(len(family.places) for family in best)
    best = [family for family in best if len(family.places) == longest]
    if len(best) > 1:
        rule = "must have one family of columns that may be the curves, or the name of one must follow the file"
        found = shortened("; ".join(map(str, best)))
        raise CurveTableError(f"{file.path} {rule} ({_asking_for(file, best[0])}), got {found}")
    curves = best[0]
    if names_a_metric(curves.label) or is_nameless(curves.label) or asked:
        return curves, ()
    return curves, (f"columns {curves} are taken as the curves, although they are not named after a metric",)


def _may_be_curves(file: CsvFile, family: Family) -> bool:
    """Whether a family may be the curves: it is named after a metric, or holds numbers and no settings."""
    if names_a_metric(family.label):
        return True
    if names_a_setting(family.label):
        return False
    cells = [row[place] for row in file.rows for place in family.places[:1]]
    return 2 * sum(number_in(cell) is None for cell in cells) < len(cells) + 1


def _not_there(file: CsvFile, found: Sequence[Family], asked: str) -> CurveTableError:
    labels = ", ".join(family.label or family.prefix or str(family) for family in found) or "none"
    rule = f"must be the name of columns with one value for each epoch ({shortened(labels)})"
    return CurveTableError.broken(f"the metric of {file.path}", rule, asked)


def _asking_for(file: CsvFile, family: Family) -> str:
    """How to request a family, for messages."""
    return f"such as {file.path.name}#{family.label or family.prefix}"


def _no_curves(file: CsvFile, families: Families) -> CurveTableError:
    rule = "must have a column for every epoch, numbered from 0 or 1 without a gap, such as acc_1, acc_2, ..."
    found = ", ".join(file.header)
    if families.whole:
        rule += f"; numbered settings are curves only on request ({_asking_for(file, families.whole[0])})"
        found = "; ".join(map(str, families.whole))
    elif families.gaps:
        found = "; ".join(map(str, families.gaps))
    hint = "" if len(file.header) > 1 else " (cells must be separated by commas, semicolons or tabs)"
    return CurveTableError(f"{file.path} {rule}{hint}, got {shortened(found)}")
