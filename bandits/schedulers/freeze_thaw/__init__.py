"""Freeze-thaw: forecasts decide who trains next."""

from bandits.schedulers.freeze_thaw.scheduler import FreezeThaw

__all__ = ["FreezeThaw"]
