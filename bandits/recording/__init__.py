"""A random sample of an objective's configurations, trained in full, becomes a table of learning curves."""

from bandits.recording.curve_file import CurveFileJournal
from bandits.recording.record import Recording, record

__all__ = ["CurveFileJournal", "Recording", "record"]
