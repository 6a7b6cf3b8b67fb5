"""What carries out a run: the loop, its executors, its clock, its journal."""

from bandits.runtime.executor_choice import executor_for
from bandits.runtime.executors import Executor
from bandits.runtime.inline_executor import InlineExecutor
from bandits.runtime.journal import Journal, MemoryJournal, SqliteJournal
from bandits.runtime.loop import run
from bandits.runtime.result import Best, Result

__all__ = [
    "Best",
    "Executor",
    "InlineExecutor",
    "Journal",
    "MemoryJournal",
    "Result",
    "SqliteJournal",
    "executor_for",
    "run",
]
