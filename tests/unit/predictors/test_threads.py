"""Small matrices on one thread."""

import numpy as np  # noqa: F401 - loads the library whose threads are limited
from threadpoolctl import threadpool_info

from bandits.predictors.threads import one_thread


def blas_threads():
    """How many threads each BLAS library would use now."""
    return [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]


def test_one_thread_inside_and_as_before_outside():
    """The limit holds inside the block, nested blocks included, and is lifted afterwards."""
    before = blas_threads()
    with one_thread(), one_thread():
        inside = blas_threads()

    assert 1 in inside
    assert before == blas_threads()
