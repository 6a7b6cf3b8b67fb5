"""Extrapolation of single curves: families of curves, their fits, and the posterior that `LCE` samples."""
