"""Journals: what goes in comes out, nothing is changed, and files can be read while they are written."""

import json
import shutil
import sqlite3
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest

from bandits import Hyperband, run
from bandits.errors import JournalError
from bandits.runtime import Journal, MemoryJournal, SqliteJournal
from bandits.runtime.records import (
    Changed,
    Ended,
    Epoch,
    EpochsAgain,
    JobStarted,
    Record,
    RunStarted,
    TrialFailed,
    TrialStarted,
    VerdictGiven,
    WorkerLost,
)
from bandits.schedulers import State
from bandits.stopping import EarlyStopper, ProbabilityRule
from bandits.testing import OraclePredictor, ReplayObjective

SETTINGS = {"max_epochs": 9, "kappa": None, "sizes": "ceil"}
RECORDS: list[Record] = [
    RunStarted("hyperband", SETTINGS, {"predictor": "SRM", "rule": {"keep": 1}}, "table", "loss", "minimize", 7, 2),
    RunStarted("random", {"trials": 3}, None, "table", "accuracy", "maximize", 0, 1),
    TrialStarted(0, {"lr": 0.1, "layers": [1, 2], "name": "é ü", "none": None}, {"lr": -1.0}, 2**32 - 1),
    JobStarted(0, 0, 3, 0.0),
    Epoch(0, 1, 0.1 + 0.2, 1.5, 1.5),
    Epoch(0, 2, 1e-300, 0.0, 1.5),
    TrialFailed(0, 1, 'ValueError: it\'s "quoted"', 2.5),
    VerdictGiven(1, 2, False, "no bar yet"),
    VerdictGiven(1, 3, True, "P(loss at epoch 9 >= 2) = 1", forecast=2.5, std=0.1, horizon=9, bar=2.0, probability=1.0),
    *(Changed(2, state, 3, f"it is {state.value}") for state in State),
    EpochsAgain(2, 3, 11.0),
    WorkerLost(2, 4, "was killed by signal 9", 12.0),
    WorkerLost(None, 0, "ended with exit code 1", 12.0),
    Ended("done", 12.5),
]


def test_memory_gives_back_what_it_was_given() -> None:
    """All records in order, or those about one trial."""
    journal = MemoryJournal()
    for record in RECORDS:
        journal.append(record)

    assert RECORDS == list(journal.records())
    assert RECORDS[2:7] == list(journal.records(trial=0))
    assert list(journal.records(trial=99)) == []


def test_a_file_gives_back_what_it_was_given(tmp_path: Path) -> None:
    """Every kind of record comes back equal, from the same connection and from a new one."""
    path = tmp_path / "run.journal"
    with SqliteJournal.create(path) as journal:
        for record in RECORDS:
            journal.append(record)
        assert RECORDS == list(journal.records())
    with SqliteJournal.open(path) as journal:
        assert RECORDS == list(journal.records())
        assert RECORDS[2:7] == list(journal.records(trial=0))
        assert RECORDS[7:9] == list(journal.records(trial=1))
        assert list(journal.records(trial=99)) == []


def test_what_json_cannot_say_is_said_plainly(tmp_path: Path) -> None:
    """Numbers and arrays of other libraries become numbers and lists, mappings dictionaries, other things text."""
    config = {
        "f": np.float32(0.5),
        "i": np.int64(3),
        "b": np.bool_(True),
        "a": np.array([1.0, 2.0]),
        "m": MappingProxyType({"x": 1}),
        "t": (1, 2),
        "p": Path("a") / "b",
    }
    with SqliteJournal.create(tmp_path / "run.journal") as journal:
        journal.append(TrialStarted(0, MappingProxyType(config), {}, 0))
        (record,) = journal.records()

    expected = {"f": 0.5, "i": 3, "b": True, "a": [1.0, 2.0], "m": {"x": 1}, "t": [1, 2], "p": str(Path("a") / "b")}
    assert TrialStarted(0, expected, {}, 0) == record


def test_a_record_that_cannot_be_written_is_a_journal_error(tmp_path: Path) -> None:
    """A dictionary with keys that are no words, for one."""
    with SqliteJournal.create(tmp_path / "run.journal") as journal:
        with pytest.raises(JournalError, match="cannot be written: keys must be str"):
            journal.append(TrialStarted(0, {"table": {(1, 2): 3}}, {}, 0))
        assert list(journal.records()) == []


def test_a_file_is_append_only(tmp_path: Path) -> None:
    """SQLite itself refuses to change or delete a record, whoever asks."""
    path = tmp_path / "run.journal"
    with SqliteJournal.create(path) as journal:
        journal.append(RECORDS[3])
    connection = sqlite3.connect(path)
    for statement in ("UPDATE records SET body = '{}'", "DELETE FROM records"):
        with pytest.raises(sqlite3.IntegrityError, match="a journal is append-only"):
            connection.execute(statement)
    connection.close()
    with SqliteJournal.open(path) as journal:
        assert list(journal.records()) == [RECORDS[3]]


def test_a_journal_is_read_while_it_is_written(tmp_path: Path) -> None:
    """The file is in WAL mode: a reader sees what is committed and holds nobody up."""
    path = tmp_path / "run.journal"
    with SqliteJournal.create(path) as writer, SqliteJournal.open(path) as reader:
        assert list(reader.records()) == []
        for count, record in enumerate(RECORDS, start=1):
            writer.append(record)
            assert RECORDS[:count] == list(reader.records())
        half_read = reader.records()
        next(half_read)
        writer.append(RECORDS[0])  # the reader's open cursor does not lock it
        half_read.close()

    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


def test_a_journal_survives_a_crash(tmp_path: Path) -> None:
    """What was appended is in the files even if the writer never closed them."""
    path, copy = tmp_path / "run.journal", tmp_path / "after" / "run.journal"
    copy.parent.mkdir()
    with SqliteJournal.create(path) as journal:
        for record in RECORDS:
            journal.append(record)
        for file in tmp_path.glob("run.journal*"):  # as they are now: the write-ahead log is not folded in
            shutil.copy(file, copy.parent)
    with SqliteJournal.open(copy) as journal:
        assert RECORDS == list(journal.records())


def test_an_opened_journal_is_for_reading(tmp_path: Path) -> None:
    """Appending to it is refused; so is appending to one that was closed."""
    path = tmp_path / "run.journal"
    with SqliteJournal.create(path) as journal:
        pass
    with pytest.raises(JournalError, match=r"run\.journal' cannot be written"):
        journal.append(RECORDS[3])
    with pytest.raises(JournalError, match=r"run\.journal' cannot be read"):
        list(journal.records())
    with SqliteJournal.open(path) as journal, pytest.raises(JournalError, match=r"cannot be written: .*readonly"):
        journal.append(RECORDS[3])


def test_an_existing_file_is_never_overwritten(tmp_path: Path) -> None:
    """Whatever it holds."""
    path = tmp_path / "notes.txt"
    path.write_text("mine")
    with pytest.raises(JournalError, match=r"journal must be a new file, but '.*notes\.txt' exists already"):
        SqliteJournal.create(path)

    assert path.read_text() == "mine"


def test_a_file_that_cannot_be_made(tmp_path: Path) -> None:
    """A folder that is not there is a journal error."""
    with pytest.raises(JournalError, match=r"journal must be a file that can be written, got '.*run\.journal'"):
        SqliteJournal.create(tmp_path / "nowhere" / "run.journal")


def test_a_file_that_cannot_be_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that SQLite can make but not fill is a journal error too, and is not left open."""
    monkeypatch.setattr("bandits.runtime.journal._SCHEMA", "CREATE nothing at all")
    with pytest.raises(JournalError, match=r"must be a file that can be written, got '.*' \(near \"nothing\""):
        SqliteJournal.create(tmp_path / "run.journal")


def test_a_file_that_cannot_be_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that SQLite may not read is a journal error."""
    path = tmp_path / "run.journal"
    SqliteJournal.create(path).close()

    def refuse(*_: object, **__: object) -> None:
        raise sqlite3.OperationalError("unable to open database file")

    monkeypatch.setattr(sqlite3, "connect", refuse)
    with pytest.raises(JournalError, match=r"must be a journal of a run, got '.*' \(unable to open"):
        SqliteJournal.open(path)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    """Neither missing files nor folders can be opened, and nothing is made on the way."""
    for path in (tmp_path / "missing", tmp_path):
        with pytest.raises(JournalError, match="journal must be an existing file, got"):
            SqliteJournal.open(path)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("content", [b"", b"hello\n", b"not a database " * 1000])
def test_a_file_that_is_no_database(tmp_path: Path, content: bytes) -> None:
    """Text and empty files are told from journals."""
    path = tmp_path / "file"
    path.write_bytes(content)
    with pytest.raises(JournalError, match=r"journal must be a journal of a run, got '.*file'"):
        SqliteJournal.open(path)


def test_a_database_that_is_no_journal(tmp_path: Path) -> None:
    """So are other SQLite files."""
    path = tmp_path / "other.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE records (seq INTEGER)")
    connection.close()
    with pytest.raises(JournalError, match=r"journal must be a journal of a run, got '.*other\.db'"):
        SqliteJournal.open(path)


def insert(path: Path, kind: str, body: str, version: int | None = None) -> None:
    """Write a record as no version of this library would, and a version if one is given."""
    connection = sqlite3.connect(path)
    connection.execute("INSERT INTO records (kind, trial, body) VALUES (?, 0, ?)", (kind, body))
    if version is not None:
        connection.execute(f"PRAGMA user_version={version}")
    connection.commit()
    connection.close()


EPOCH = {"trial": 0, "epoch": 1, "value": 0.5, "seconds": 1.0, "clock": 1.0}


@pytest.mark.parametrize(
    ("kind", "body", "says"),
    [
        ("Rumour", "{}", "records that this version knows, got Rumour {}"),
        ("Epoch", "[]", "records that this version knows, got Epoch []"),
        ("Epoch", json.dumps(EPOCH | {"mood": 1}), "records that this version knows, got Epoch {"),
        ("Epoch", '{"trial": 0}', "`clock` in each Epoch, got {"),
        ("Epoch", "no json", "records in JSON, got no json"),
        ("Epoch", json.dumps(EPOCH | {"value": "high"}), "a number as `value` of Epoch, got high"),
        ("Epoch", json.dumps(EPOCH | {"clock": None}), "a number as `clock` of Epoch, got None"),
        ("Epoch", json.dumps(EPOCH | {"epoch": 1.5}), "a whole number as `epoch` of Epoch, got 1.5"),
        ("Epoch", json.dumps(EPOCH | {"epoch": True}), "a whole number as `epoch` of Epoch, got True"),
        ("Epoch", json.dumps(EPOCH | {"details": {"a": "b"}}), "names and numbers as `details` of Epoch, got {'a'"),
        ("TrialStarted", '{"trial": 0, "config": [1], "features": {}, "seed": 0}', "names and values as `config` of"),
        ("WorkerLost", '{"trial": "a", "epoch": 1, "reason": "", "clock": 0}', "a whole number or nothing as `trial`"),
        ("Advised", '{"trial": 0, "epoch": 1, "drop": 1, "reason": ""}', "true or false as `drop` of Advised, got 1"),
        ("Changed", '{"trial": 0, "state": "asleep", "epoch": 1, "reason": ""}', "one of queued, running, paused, "),
    ],
)
def test_a_damaged_record_is_named(tmp_path: Path, kind: str, body: str, says: str) -> None:
    """A record that this version cannot have written is a journal error, which shows what is wrong with it."""
    path = tmp_path / "run.journal"
    SqliteJournal.create(path).close()
    insert(path, kind, body)
    with SqliteJournal.open(path) as journal, pytest.raises(JournalError, match=r"^journal must hold ") as raised:
        list(journal.records())
    assert str(raised.value).startswith(f"journal must hold {says}")
    assert len(str(raised.value)) < 200


def test_a_journal_of_a_later_version_is_read_as_far_as_it_is_known(tmp_path: Path) -> None:
    """Kinds and fields that this version does not know stay in the file, and are told."""
    path = tmp_path / "run.journal"
    with SqliteJournal.create(path) as journal:
        journal.append(RECORDS[3])
        assert journal.notes() == ()
    for body in (json.dumps(EPOCH | {"mood": "good", "details": {}}), json.dumps(EPOCH | {"mood": "bad"})):
        insert(path, "Epoch", body, version=7)
    insert(path, "Rumour", '{"trial": 0}')
    with SqliteJournal.open(path) as journal:
        expected = Epoch(**EPOCH)  # type: ignore[arg-type]
        assert list(journal.records()) == [RECORDS[3], expected, expected]
        assert journal.notes() == (
            "the journal has format 7 and this version of bandits knows formats up to 1: left out Epoch.mood (2),"
            " Rumour (1)",
        )


def test_a_journal_says_which_format_it_has(tmp_path: Path) -> None:
    """A new file names the version; files of the first versions name none, and are read."""
    path = tmp_path / "run.journal"
    with SqliteJournal.create(path) as journal:
        journal.append(RECORDS[3])
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA user_version").fetchone() == (1,)
    connection.close()
    insert(path, "Advised", '{"trial": 0, "epoch": 1, "drop": false, "reason": "no bar yet"}', version=0)
    with SqliteJournal.open(path) as journal:
        assert list(journal.records()) == [RECORDS[3], VerdictGiven(0, 1, False, "no bar yet")]
        assert journal.notes() == ()


def test_a_whole_run_reads_the_same_from_memory_and_from_a_file(tmp_path: Path) -> None:
    """The two journals hold equal records of equal runs."""
    curves = [[(7 * i % 11) / 10 + epoch / 100 for epoch in range(9)] for i in range(17)]
    kept: list[Journal] = [MemoryJournal(), SqliteJournal.create(tmp_path / "run.journal")]
    for journal in kept:
        stopper = EarlyStopper(OraclePredictor(curves), ProbabilityRule())
        run(Hyperband(max_epochs=9, stopper=stopper), ReplayObjective(curves), journal=journal)
    memory, file = (list(journal.records()) for journal in kept)
    kept[1].close()  # type: ignore[attr-defined]

    assert memory == file
    assert any(isinstance(record, VerdictGiven) and record.drop for record in file)
