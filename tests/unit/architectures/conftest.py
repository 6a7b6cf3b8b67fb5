"""The nets of the two MetaQNN curve tables, as released."""

import csv
import gzip
from pathlib import Path
from typing import NamedTuple

import pytest

import bandits.objectives


class Row(NamedTuple):
    net: str
    num_params: int
    depth: int


def rows_of(table: str) -> list[Row]:
    path = Path(bandits.objectives.__file__).parent / "tables" / table / "curves.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [Row(row["net"], int(row["num_params"]), int(row["depth"])) for row in csv.DictReader(file)]


@pytest.fixture(scope="session")
def cifar10() -> list[Row]:
    return rows_of("metaqnn_cifar10")


@pytest.fixture(scope="session")
def svhn() -> list[Row]:
    return rows_of("metaqnn_svhn")


@pytest.fixture(scope="session")
def released(cifar10: list[Row], svhn: list[Row]) -> list[Row]:
    """All 2300 of them."""
    return [*cifar10, *svhn]
