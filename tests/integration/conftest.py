"""What tests of the command line share."""

import math
import sys

import pytest

from bandits.cli import main


@pytest.fixture
def bandits(monkeypatch, capsys, tmp_path):
    """Run the command in an empty folder: exit code, stdout, stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("bandits.cli.progress._SECONDS", 1e9)  # a slow machine is no reason to say how far it is
    monkeypatch.setattr(sys, "path", [*sys.path])  # objectives are looked for in the folder
    monkeypatch.setattr("bandits.cli.progress._SECONDS", math.inf)  # a slow machine says no more than a quick one

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["bandits", *arguments])
        with pytest.raises(SystemExit) as stop:
            main()
        captured = capsys.readouterr()
        return int(stop.value.code or 0), captured.out, captured.err

    return call
