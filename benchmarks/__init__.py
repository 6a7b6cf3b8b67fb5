"""Benchmarks, one folder for each claim: `python -m benchmarks.NAME`, from the root of a checkout."""

import os

os.environ.setdefault("OMP_NUM_THREADS", "1")  # one thread a process, told before numpy is imported
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
