"""The GPU benchmark where there is no GPU: all of it runs in small, and what it counts is what it says."""

import csv
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bandits.architectures import Grammar, multiply_adds
from bandits.data import load_images
from bandits.objectives import CurveTable
from bandits.runtime.records import Epoch

pytest.importorskip("torch")

from benchmarks.gpu import budget, command, epochs, floor, mps, nets, recording, report, samplers, settings, sharing

PARTS = ("checks", "epochs", "sharing", "hyperband", "record")


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a run in small, on digits, leaves behind."""
    out = tmp_path_factory.mktemp("gpu") / "results"
    few = ["--small", "--workers", "1", "--arms", "1", "--trials", "2", "--heaviest", "5e4"]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sharing, "_PATIENCE", 300.0)  # a worker process may start slowly on a busy machine
        code = command.main([*few, "--seconds", "epochs=0.2,sharing=0.1", "--commit", "abc", "--out", str(out)])
    assert code == 0
    return out


def result_of(part: str, results: Path) -> dict[str, Any]:
    """One part's results."""
    loaded: dict[str, Any] = json.loads((results / f"{part}.json").read_text(encoding="utf-8"))
    return loaded


@pytest.mark.parametrize("part", PARTS)
def test_every_part_says_where_and_on_what_it_ran(results: Path, part: str) -> None:
    """Device, versions, commit, data and seed stand in every file, and a table can be made of it."""
    result = result_of(part, results)

    assert result["benchmark"] == f"gpu/{part}"
    assert result["device"].keys() >= {"name", "torch"}
    assert (result["machine"]["commit"], result["data"], result["seed"], result["small"]) == ("abc", "digits", 0, True)
    assert "commit abc" in report.table_of(part, result)


def test_on_a_cpu_seeds_repeat_pauses_change_nothing_and_one_trial_fails_alone(results: Path) -> None:
    """The tolerance is zero there; lack of memory is rehearsed."""
    checks = result_of("checks", results)["checks"]

    assert [checks[name]["ok"] for name in ("repeat", "resume", "out_of_memory")] == [True, True, True]
    assert checks["resume"]["value"] == checks["resume"]["train_loss"] == 0
    assert checks["out_of_memory"]["states"] == ["failed", "completed"]


def test_epochs_are_timed_on_every_side(results: Path) -> None:
    """The engine, and a DataLoader loop for each number of workers; at least two epochs after a warm-up."""
    result = result_of("epochs", results)

    assert [(row["size"], row["side"]) for row in result["rows"]] == [
        ("small", "engine"),
        ("small", "DataLoader, 0 workers"),
    ]
    assert all(row["epochs"] >= 2 and row["seconds"] > row["floor_seconds"] > 0 for row in result["rows"])


def test_sharing_counts_epochs_of_worker_processes(results: Path) -> None:
    """One arm alone is what others are compared with."""
    result = result_of("sharing", results)

    assert [(row["arms"], row["mps"], row["times_alone"]) for row in result["rows"]] == [(1, False, 1.0)]
    assert result["mps_unavailable"] == "a CPU needs none"


def test_hyperband_runs_on_both_sides(results: Path) -> None:
    """Plain and with the predictor; the same trials."""
    rows = result_of("hyperband", results)["rows"]

    assert [row["side"] for row in rows] == ["plain", "srm"]
    assert rows[0]["trials"] == rows[1]["trials"] == 5
    assert not any(row["interrupted"] for row in rows)
    assert all(0 <= row["best"] <= 1 and row["wall_seconds"] > 0 for row in rows)


def test_the_recording_is_a_curve_table(results: Path) -> None:
    """What is put together from the parts can be replayed."""
    result = result_of("record", results)
    table = CurveTable(results / result["table"])

    assert (result["rows"], result["trials"], result["done"]) == (2, 2, True)
    assert (len(table), table.max_epochs) == (2, 2)


def test_the_readme_has_a_place_for_every_part() -> None:
    """Between two marks, which `report.py` looks for."""
    readme = (report.HERE / "README.md").read_text(encoding="utf-8")

    assert all(f"<!-- {part} -->" in readme for part in PARTS)
    assert readme.count("<!-- end -->") == len(PARTS)


def test_results_go_into_the_readme(results: Path, tmp_path: Path) -> None:
    """Each part's table stands in its place; a part without results stays as it is."""
    readme = tmp_path / "README.md"
    readme.write_text((report.HERE / "README.md").read_text(encoding="utf-8"), encoding="utf-8")
    only = tmp_path / "only"
    only.mkdir()
    (only / "epochs.json").write_bytes((results / "epochs.json").read_bytes())

    report.put_into(readme, only)

    text = readme.read_text(encoding="utf-8")
    assert report.table_of("epochs", result_of("epochs", results)) in text
    assert text.count("No figures yet.") == len(PARTS) - 1


def test_a_recording_goes_on_in_a_second_call(tmp_path: Path) -> None:
    """What a call leaves undone the next one trains; nets and their order are those of a single call."""
    setting = settings.Setting("digits", None, "cpu", workers=1, seed=0)
    sizes = settings.SMALL
    spent = budget.Budget(1.0, iter([0.0, *[0.0] * 4, *[9.0] * 99]).__next__)
    first = recording.measure_recording(setting, sizes, spent, "not wanted", tmp_path)
    second = recording.measure_recording(setting, sizes, budget.Budget(60), "not wanted", tmp_path)

    assert 0 < first["rows"] < sizes.trials
    assert (second["rows_before"], second["part"], second["done"]) == (first["rows"], 1, True)
    nets = samplers.LightNets(setting.objective(max_epochs=2), 0, sizes.heaviest)
    with (tmp_path / second["table"]).open(encoding="utf-8", newline="") as file:
        assert [row["net"] for row in csv.DictReader(file)] == [nets.propose(i)["net"] for i in range(sizes.trials)]


def test_merging_keeps_whole_and_failed_rows(tmp_path: Path) -> None:
    """Rows are ordered by trial; one that was cut short is left out, for it will be trained again."""
    (tmp_path / "t.part0.csv").write_text("net,acc_1,acc_2\nC,0.1,0.2\nB,0.3,\nA,0.4,\n", encoding="utf-8")
    (tmp_path / "t.part0.json").write_text('{"failed": {"2": "diverged"}}', encoding="utf-8")
    (tmp_path / "t.part1.csv").write_text("net,acc_1,acc_2\nD,0.5,0.6\nE,0.7,\n", encoding="utf-8")
    numbers = {net: number for number, net in enumerate("ABCDE")}

    rows = recording.merge(tmp_path, "t", numbers, metric="acc", epochs=2)

    assert list(rows) == [0, 2, 3]
    assert (tmp_path / "t.csv").read_text(encoding="utf-8") == "net,acc_1,acc_2\nA,0.4,\nC,0.1,0.2\nD,0.5,0.6\n"


def test_throughput_counts_while_all_arms_train() -> None:
    """Arm 1 reports first at 4 s; from then on arm 0 takes 1 s an epoch and arm 1 takes 2 s."""
    clocks = {0: [1, 2, 3, 4, 5, 6, 7], 1: [4, 6, 8]}
    epochs = [Epoch(arm, k + 1, 0.5, 1.0, clock) for arm, times in clocks.items() for k, clock in enumerate(times)]

    assert sharing.together(epochs, 2) == pytest.approx(1.0 + 0.5)
    assert sharing.together(epochs, 3) is None
    assert sharing.together(epochs[:8], 2) is None


def test_the_service_is_left_alone_where_it_does_not_pay() -> None:
    """The best rate with it must beat the best one without; a measurement that failed counts as nothing."""

    def rows(*rates: tuple[bool, float | None]) -> dict[str, Any]:
        return {"rows": [{"mps": served, "epochs_per_second": rate} for served, rate in rates]}

    assert sharing.why_not_worth_it(rows((False, 2.0), (False, 3.0), (True, 4.0), (True, None))) is None
    assert sharing.why_not_worth_it(rows((False, 2.0), (True, None))) == "arms trained no faster with it"
    assert sharing.why_not_worth_it(rows((False, 2.0))) == "arms trained no faster with it"


def test_the_floor_is_three_passes_a_training_image() -> None:
    """And one a validation image; a multiply-add is two operations."""
    assert floor.floor_seconds(10, training=100, validation=20, flops=1000) == 10 * 2 * 320 / 1000


def test_epochs_are_timed_until_the_time_is_up() -> None:
    """The first warms up; then at least two, at most twenty."""
    timed, Budget = epochs.timed, budget.Budget

    assert timed(iter([9.0, 1.0, 2.0, 3.0]), Budget(0)) == [1.0, 2.0]
    assert timed(iter([9.0] + [1.0] * 50), Budget(100)) == [1.0] * 20


@pytest.mark.parametrize(
    ("size", "image"), [(name, image) for name in ("small", "middle", "large") for image in (8, 28)]
)
def test_nets_of_every_size_are_legal(size: str, image: int) -> None:
    """On small images too; each is larger than the one before."""
    grammar = Grammar.for_images(image, 1, 10)
    work = {name: multiply_adds(nets.net_named(name, grammar), image, 1) for name in nets.NETS}

    assert grammar.parse(nets.net_named(size, grammar))
    assert work["small"] < work["middle"] < work["large"]


def test_light_nets_are_the_light_ones_of_the_objective() -> None:
    """In their order, whatever id is asked for first."""
    objective = settings.Setting("digits", None, "cpu", 1, 0).objective(max_epochs=1)
    light = samplers.LightNets(objective, 0, 1e5)
    inner = objective.sampler(0)
    expected = [c for c in map(inner.propose, range(60)) if multiply_adds(str(c["net"]), 8, 1) <= 1e5]

    assert light.propose(4) == expected[4]
    assert [light.propose(number) for number in range(4)] == expected[:4]


def test_a_limit_that_leaves_no_nets_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rather than drawing without end."""
    monkeypatch.setattr(samplers, "_TRIES", 20)
    objective = settings.Setting("digits", None, "cpu", 1, 0).objective(max_epochs=1)

    with pytest.raises(ValueError, match="must leave more nets, got 1"):
        samplers.LightNets(objective, 0, 1.0).propose(0)


def test_a_slice_is_the_beginning_of_the_files(tmp_path: Path) -> None:
    """It can be read as the data set that it is cut from."""
    labels = np.resize(np.array([9, 0, 0, 3, 0, 2, 7, 2, 5, 5, 0, 9, 5, 5, 7, 9, 1, 4, 6, 8], dtype=np.uint8), 400)
    pixels = np.arange(400, dtype=np.uint8)[:, None, None] * np.ones((28, 28), dtype=np.uint8)
    for name, array in (("train-images-idx3-ubyte", pixels), ("train-labels-idx1-ubyte", labels)):
        (tmp_path / name).write_bytes(settings._idx(array))

    with settings.slice_of(tmp_path, 120) as folder:
        images = load_images("fashion-mnist", folder=folder)

    assert len(images.train_labels) + len(images.validation_labels) == 120
    assert not folder.exists()


def test_mps_is_started_for_a_block_and_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its pipes are the block's own, and the environment is as before afterwards."""
    log = tmp_path / "log"
    control = tmp_path / "nvidia-cuda-mps-control"
    control.write_text(f'#!/bin/sh\nif [ "$1" = -d ]; then echo start >> {log}; else cat >> {log}; echo 77; fi\n')
    control.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr(mps, "_TRY", "pass")
    monkeypatch.delenv("CUDA_MPS_PIPE_DIRECTORY", raising=False)

    assert mps.why_no_mps("cuda:0") is None
    with mps.mps():
        assert Path(os.environ["CUDA_MPS_PIPE_DIRECTORY"]).is_dir()
    assert "CUDA_MPS_PIPE_DIRECTORY" not in os.environ
    said = ["start", "get_server_list", "quit -t 5", "start", "quit -t 5"]
    assert log.read_text(encoding="utf-8").splitlines() == said


def test_without_mps_the_reason_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Where its program is missing, and where a process cannot train with it."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert mps.why_no_mps("cuda:0") == "nvidia-cuda-mps-control is not installed"

    control = tmp_path / "nvidia-cuda-mps-control"
    control.write_text("#!/bin/sh\n")
    control.chmod(0o755)
    monkeypatch.setattr(mps, "_TRY", "raise OSError('no server')")
    assert mps.why_no_mps("cuda:0") == "a process could not use it: OSError: no server"
