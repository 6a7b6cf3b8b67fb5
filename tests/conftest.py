"""How the tests run: the same examples every time, and contract classes whose failed asserts show their values."""

from importlib.util import find_spec

import pytest
from hypothesis import settings

pytest.register_assert_rewrite("bandits.testing")
settings.register_profile("repeatable", derandomize=True, deadline=None, max_examples=20, database=None)
settings.load_profile("repeatable")

# What trains cannot be tested without torch.
collect_ignore_glob = (
    []
    if find_spec("torch") and find_spec("safetensors")
    else ["unit/training/*", "unit/objectives/test_cnn_*", "unit/objectives/test_lstm_*"]
)
