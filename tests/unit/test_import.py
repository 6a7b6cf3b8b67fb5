"""What `import bandits` costs and offers."""

import subprocess
import sys

import pytest

import bandits

HEAVY = ("numpy", "scipy", "sklearn", "torch", "optuna", "click", "rich", "ray", "matplotlib", "plotly")


def test_importing_the_package_loads_no_heavy_library():
    """Names load their modules when first used, not before."""
    code = f"import sys, bandits; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "[]" == done.stdout.strip()


@pytest.mark.parametrize("name", bandits.__all__)
def test_every_public_name_is_there(name):
    """`__all__` equals what can be imported."""
    assert hasattr(bandits, name)
    assert name in dir(bandits)


def test_run_is_the_function_whatever_was_imported_before():
    """No submodule shadows `bandits.run`."""
    import bandits.runtime
    import bandits.runtime.loop

    assert bandits.run is bandits.runtime.loop.run


def test_an_unknown_name_is_an_attribute_error():
    """As for any module."""
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = bandits.nothing
