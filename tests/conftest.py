"""How the tests run: the same examples every time, and contract classes whose failed asserts show their values."""

import pytest
from hypothesis import settings

pytest.register_assert_rewrite("bandits.testing")
settings.register_profile("repeatable", derandomize=True, deadline=None, max_examples=20, database=None)
settings.load_profile("repeatable")
