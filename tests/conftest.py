"""How the tests run: the same examples every time, and contract classes whose failed asserts show their values."""

import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import settings

pytest.register_assert_rewrite("bandits.testing")
settings.register_profile("repeatable", derandomize=True, deadline=None, max_examples=20, database=None)
settings.load_profile("repeatable")

TRAINS = ["unit/training/*", "unit/objectives/test_cnn_*", "unit/objectives/test_lstm_*", "unit/predictors/test_bnn*"]
HAS_TORCH = bool(find_spec("torch") and find_spec("safetensors"))
collect_ignore_glob = [] if HAS_TORCH else TRAINS


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say which tests are left out."""
    if not HAS_TORCH:
        terminalreporter.write_line("Tests that train are left out: torch and safetensors are not both installed.")


@pytest.fixture
def quiet_optuna() -> Iterator[None]:
    """Optuna logs each study and trial to stderr unless told not to."""
    from bandits.samplers import optuna_log

    with optuna_log.quiet_optuna(warnings=False):
        yield


# Where coverage is asked for, it is measured in these tests: they cover all that must be covered, and measuring more
# would double the time of the rest.
MEASURED = (
    *(f"contract/test_{role}_contract.py" for role in ("objective", "rule", "sampler", "scheduler")),
    *("contract/test_contracts_catch.py", "golden", "unit/config", "unit/objectives", "unit/schedulers"),
    *("unit/stopping", "unit/test_curves.py", "unit/test_constructors.py", "unit/runtime/test_budgeted_jobs.py"),
    "unit/runtime/test_epochs_again.py",
)


@pytest.hookimpl(trylast=True)
def pytest_sessionstart(session: pytest.Session) -> None:
    """Leave one measurement of coverage in each process of pytest-xdist.

    pytest-cov starts two there, one on top of the other, and `no_cover` pauses only the upper one: the lower one then
    goes on, and tests that compute much take three times as long.
    """
    if not hasattr(session.config, "workerinput") or "coverage" not in sys.modules:
        return
    from coverage import Coverage

    upper = Coverage.current()
    if upper is not None:
        upper.stop()
        while (lower := Coverage.current()) is not None:
            lower.stop()
        upper.start()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs torch, and leave most tests out of the measurement of coverage."""
    folder = Path(__file__).parent
    measured = [folder / name for name in MEASURED]
    for item in items:
        if any(item.path.match(name) for name in TRAINS):
            item.add_marker(pytest.mark.torch)
        if not any(item.path.is_relative_to(place) for place in measured):
            item.add_marker(pytest.mark.no_cover)
