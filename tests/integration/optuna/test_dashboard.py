"""An exported run in the real optuna-dashboard: its server, its JSON, and its page in a browser without a window."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import threading
import urllib.request
from collections import Counter
from collections.abc import Iterable, Iterator
from html import unescape
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

import optuna
import pytest

from bandits.samplers.optuna_log import quiet_optuna
from bandits.studies.writers import export_journal
from tests.unit.studies.journals import hyperband

pytestmark = pytest.mark.skipif(
    find_spec("optuna_dashboard") is None, reason="not tested with optuna-dashboard: it is not installed"
)

BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NAME = "eleven nets"


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing of requests."""


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Iterable[optuna.Study]:
    """A run with arms of every end, exported to an SQLite file."""
    folder = tmp_path_factory.mktemp("dashboard")
    hyperband(folder / "run.journal", loops=2)
    with quiet_optuna(warnings=False):
        yield export_journal(folder / "run.journal", f"sqlite:///{folder}/study.db", name=NAME)


@pytest.fixture(scope="module")
def address(study: optuna.Study) -> Iterator[str]:
    """Of a dashboard that serves the study, on a free port of this machine."""
    from optuna_dashboard import wsgi

    with make_server("127.0.0.1", 0, wsgi(study._storage), handler_class=_Quiet) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


def asked(address: str, path: str) -> Any:
    """What the dashboard's JSON says."""
    with urllib.request.urlopen(f"{address}/api/{path}") as reply:  # noqa: S310 - of our own server
        return json.load(reply)


def test_the_dashboard_lists_the_study(address: str) -> None:
    """By its name and direction."""
    (listed,) = asked(address, "studies")["study_summaries"]

    assert (listed["study_name"], listed["directions"]) == (NAME, ["minimize"])


def test_the_dashboard_tells_every_trial(address: str, study: optuna.Study) -> None:
    """States, parameters, curves, attributes; and which parameters matter."""
    told = asked(address, "studies/1")
    states = Counter(trial["state"] for trial in told["trials"])
    attributes = {attribute["key"] for attribute in told["trials"][0]["user_attrs"]}

    assert states == Counter(trial.state.name.title() for trial in study.trials)
    assert states.keys() == {"Complete", "Pruned", "Fail"}
    assert told["has_intermediate_values"]
    assert {"bandits:state", "bandits:reason", "bandits:features"} <= attributes
    assert len(asked(address, "studies/1/param_importances")["param_importances"][0]) == 3


@pytest.mark.parametrize("plot", ["contour", "slice", "parallel_coordinate", "edf", "timeline", "rank"])
@pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning")
def test_the_dashboard_draws_its_plots(address: str, plot: str) -> None:
    """Those that its server draws."""
    assert asked(address, f"studies/1/plot/{plot}")["data"]


@pytest.mark.browser
@pytest.mark.parametrize(
    ("path", "shows"),
    [
        ("studies/1", ("History", "Hyperparameter Importance", "Timeline", "Intermediate values", "Best Trial")),
        ("studies/1/trials?numbers=0", ("Trial 0", "bandits:reason", "bandits:features", "Parameter")),
    ],
    ids=["study", "trial"],
)
def test_the_page_shows_the_study(
    address: str, study: optuna.Study, tmp_path: Path, path: str, shows: tuple[str, ...]
) -> None:
    """A browser runs the page: it has the study's name, its parts and no error. Skipped where there is none."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        pytest.skip("not tested in a browser: this machine has no Chromium")
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=10000", "--dump-dom"]
    done = subprocess.run(
        [*command, f"--user-data-dir={tmp_path}", f"{address}/dashboard/{path}"],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    page = words_of(done.stdout)

    assert f"{NAME} (id=1)" in page
    for words in shows:
        assert words in page
    if path == "studies/1":
        assert str(study.best_value) in page
        assert all(state in page for state in ("Complete", "Pruned", "Fail"))
    else:
        assert f"{len(study.trials)} Trials" in page
    assert not re.search(r"went wrong|failed to|not found|error", page, re.IGNORECASE)


def words_of(page: str) -> str:
    """What a page says, without scripts and styles."""
    bare = re.sub(r"<(script|style)\b.*?</\1>", " ", page, flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", bare)).split())


def test_the_command_that_export_prints_serves_the_study(study: optuna.Study) -> None:
    """`optuna-dashboard sqlite:///study.db` finds it."""
    url = study._storage._backend.url  # type: ignore[attr-defined]
    code = (
        "import sys; from optuna_dashboard._storage_url import get_storage; "
        "print([s.study_name for s in get_storage(sys.argv[1]).get_all_studies()])"
    )
    done = subprocess.run([sys.executable, "-c", code, url], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == f"['{NAME}']"
