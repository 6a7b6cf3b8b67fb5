"""A run that was exported is replayed as the run itself."""

import pytest

from bandits import RandomSearch, run
from bandits.objectives import CurveTable
from bandits.predictors import LastSeenValue
from bandits.runtime import SqliteJournal
from bandits.studies import read_study
from bandits.studies.writers import export_journal
from bandits.tools.what_if import what_if

pytestmark = pytest.mark.usefixtures("quiet_optuna")


def test_the_journal_and_its_export_give_the_same_answer(tmp_path) -> None:
    """The predictor sees the run's features, and not what only names a row."""
    journal, exported = str(tmp_path / "run.journal"), str(tmp_path / "study.log")
    with SqliteJournal.create(journal) as records:
        run(RandomSearch(40, 60), CurveTable("lstm_ptb"), journal=records)
    export_journal(journal, exported)

    answers = [what_if(read_study(source), LastSeenValue(min_curves=5), orders=2) for source in (journal, exported)]

    assert answers[0].replays == answers[1].replays
    assert [trial.params for trial in answers[0].trials] == [trial.params for trial in answers[1].trials]
