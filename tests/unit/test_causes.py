"""Causes: code decides by values, and never reads a sentence."""

import ast
from pathlib import Path

import pytest

import bandits
from bandits.causes import Cause
from bandits.forecasts import Abstain
from bandits.verdicts import KEEP, Drop, Keep

PACKAGE = Path(bandits.__file__).parent
SENTENCES = {"reason", "reasons", "sentence"}
READERS = {
    "startswith", "endswith", "partition", "rpartition", "split", "rsplit", "find", "rfind", "index", "count",
    "removeprefix", "removesuffix", "casefold", "lower", "match", "search", "fullmatch",
}  # fmt: skip


def test_a_plug_in_that_names_no_cause_has_one() -> None:
    """A verdict without a cause says that it is unstated, an abstention that there is no forecast."""
    assert Keep("why").cause is Cause.UNSTATED
    assert Drop("why").cause is Cause.UNSTATED
    assert Abstain("why").cause is Cause.NO_FORECAST
    assert KEEP.cause is Cause.NOT_ASKED


def test_verdicts_of_different_causes_differ() -> None:
    """The cause is part of the value."""
    assert Keep("why", cause=Cause.NO_BAR) != Keep("why")
    assert Abstain("why", Cause.TOO_FEW_CURVES) != Abstain("why")


@pytest.mark.parametrize("cause", Cause, ids=lambda cause: cause.name)
def test_causes_are_written_by_name_and_read_again(cause: Cause) -> None:
    """A file holds the name in small letters."""
    assert cause.value == cause.name.lower()
    assert Cause.named(cause.value) is cause


@pytest.mark.parametrize("name", [None, "", "of a later version", 3, ["no_bar"]])
def test_a_cause_that_is_not_known_is_unstated(name: object) -> None:
    """Files of other versions, and of other hands, are read."""
    assert Cause.named(name) is Cause.UNSTATED


def test_causes_are_told_apart_by_what_follows_from_them() -> None:
    """A rule that waits has nothing to judge by; an arm without a bar has."""
    assert all(cause.nothing_to_judge_by for cause in Cause if cause.rule_waits or cause.about_features)
    assert not any(cause.rule_waits and cause.about_features for cause in Cause)
    assert not Cause.NO_BAR.nothing_to_judge_by
    assert not Cause.MAY_WIN.nothing_to_judge_by


def spoken(node: ast.expr) -> bool:
    """Whether an expression is a sentence of a verdict or an abstention."""
    if isinstance(node, ast.Call):
        node = node.func
    if isinstance(node, ast.Attribute):
        return node.attr in SENTENCES | {"words"}
    return isinstance(node, ast.Name) and node.id in SENTENCES


def readings(tree: ast.AST) -> list[int]:
    """The lines where a sentence is searched, cut or compared with text."""
    lines = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in READERS:
            if spoken(node.func.value) or any(spoken(argument) for argument in node.args):
                lines.append(node.lineno)
        elif isinstance(node, ast.Compare):
            texts = [each for each in (node.left, *node.comparators) if isinstance(each, ast.Constant) and each.value]
            if any(spoken(each) for each in (node.left, *node.comparators)) and texts:
                lines.append(node.lineno)
    return lines


@pytest.mark.parametrize(
    "line",
    [
        'verdict.reason.startswith("no")',
        '"feature" in reason',
        'record.reason.partition(", ")',
        'verdict.words(metric) == "a"',
        're.match("no", abstain.reason)',
    ],
)
def test_a_line_that_reads_a_sentence_is_found(line: str) -> None:
    """The next test can fail."""
    assert readings(ast.parse(line)) == [1]


@pytest.mark.parametrize("module", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_code_reads_a_sentence(module: Path) -> None:
    """Sentences are for people: what follows from a verdict follows from its cause."""
    assert readings(ast.parse(module.read_text(encoding="utf-8"))) == []
