"""A random sample of an objective's configurations, trained in full, becomes a table of learning curves."""

from bandits.tools.record.curve_file import CurveFileJournal
from bandits.tools.record.record import Recording, record

__all__ = ["CurveFileJournal", "Recording", "record"]
