"""Commands that train real networks: run, record, and what they say where that cannot be."""

import csv
import json

import pytest

from bandits.objectives import CurveTable

pytest.importorskip("torch")

TABLE = "table (source, goal, duplicates, incomplete, untrained_first)"
SMALL = ("--objective", "cnn:digits", "--space", "convnet", "--set", "batch_size=256")


def test_hyperband_trains_networks(bandits):
    """R = 3, eta 3: 3 arms of one epoch, one of which goes on to 3, and 2 arms of 3 epochs; no table tells a regret."""
    code, out, err = bandits("run", "hyperband", *SMALL, "--max-epochs", "3", "--json")
    said = json.loads(out)

    assert (0, "") == (code, err)
    assert (5, 3 + 2 + 2 * 3) == (said["trials"], said["epochs_trained"])
    assert 0.0 <= said["best_value"] <= 1.0
    assert said["seconds"] > 0
    assert (None, None) == (said["regret"], said["epochs_without_predictor"])


def test_the_same_seed_trains_the_same_networks(bandits):
    """The best value repeats to the last bit."""
    arguments = ("run", "random", *SMALL, "--trials", "2", "--max-epochs", "2", "--seed", "5", "--json")
    first, second = (json.loads(bandits(*arguments)[1]) for _ in range(2))

    assert first["best_value"] == second["best_value"]
    assert first["best_config"] == second["best_config"]


def test_worker_processes_train_the_same_networks(bandits):
    """In a fixed order two processes end with the very best of one."""
    arguments = ("run", "hyperband", *SMALL, "--max-epochs", "3", "--json")
    alone = json.loads(bandits(*arguments)[1])
    code, out, _ = bandits(*arguments, "--workers", "2", "--fixed-order")
    together = json.loads(out)

    assert (0, 2) == (code, together["workers"])
    assert (alone["best_value"], alone["best_trial"]) == (together["best_value"], together["best_trial"])


def test_a_language_model_is_trained(bandits):
    """Perplexity falls below that of guessing among 200 words."""
    text = ("--objective", "lstm:shakespeare", "--set", "level=word", "--set", "max_vocabulary=200")
    size = ("--set", "epoch_tokens=8000", "--set", "validation_tokens=1000")
    code, out, _ = bandits("run", "random", *text, *size, "--trials", "1", "--max-epochs", "2", "--json")
    said = json.loads(out)

    assert (0, "minimize") == (code, said["goal"])
    assert 1.0 < said["best_value"] < 200.0


def test_a_recording_becomes_a_table(bandits, tmp_path):
    """`record` writes curves that `run` replays, and the settings and the environment beside them."""
    out = tmp_path / "digits.csv"
    code, shown, err = bandits("record", *SMALL, "--trials", "3", "--epochs", "2", "--seed", "1", "--out", str(out))
    with out.open(newline="") as file:
        rows = list(csv.DictReader(file))
    about = json.loads(out.with_suffix(".json").read_text())

    assert (0, "") == (code, err)
    assert "3 of up to 2 epochs, 0 failed" in shown
    assert 3 == len(rows)
    assert {"lr", "seed", "validation_accuracy_2", "train_loss_2", "seconds_2"} <= set(rows[0])
    assert ("cnn:digits (convnet)", 1, 2) == (about["objective"], about["seed"], about["epochs"])
    assert about["environment"]["torch"]
    assert CurveTable(out).metric.goal == "maximize"
    code, _, _ = bandits("run", "random", "--objective", f"table:{out}")
    assert 0 == code


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (
            ("--objective", "cnn:imagenet"),
            "image data set must be one of digits, mnist, fashion-mnist, cifar10, svhn, got 'imagenet'",
        ),
        (
            ("--objective", "cnn:digits", "--space", "vgg"),
            "space of nets must be one of metaqnn, resnet, resnet-cifar, convnet, got 'vgg'",
        ),
        (
            ("--objective", "cnn:digits", "--set", "batch_sze=3"),
            "`batch_sze` must be a setting of cnn (data, space, max_epochs, device, data_dir, threads, batch_size,"
            " restarts), got 3 (did you mean 'batch_size'?)",
        ),
        (
            ("--objective", "cnn:digits", "--set", "batch_size"),
            "`set` must be NAME=VALUE, such as batch_size=64, got 'batch_size'",
        ),
        (
            ("--space", "resnet"),
            f"`space` must be a setting of {TABLE}, got 'resnet'",
        ),
        (
            ("--threads", "2"),
            f"`threads` must be a setting of {TABLE}, got 2",
        ),
    ],
)
def test_bad_usage_is_one_sentence(bandits, arguments, sentence):
    """It names the argument, the rule and the value; the exit code is 2."""
    assert (2, "", f"bandits: {sentence}\n") == bandits("run", "hyperband", *arguments)


def test_a_learning_rate_of_metaqnn_is_refused_elsewhere(bandits):
    """Settings of one algorithm's sampler are an error with another."""
    sentence = "`q_learning_rate` must be left out with hyperband, got 0.1"

    assert (2, "", f"bandits: {sentence}\n") == bandits("run", "hyperband", "--q-learning-rate", "0.1")


def test_a_gpu_that_is_not_there_is_refused(bandits, monkeypatch):
    """Before anything is trained."""
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)
    code, _, err = bandits("run", "hyperband", "--objective", "cnn:digits", "--device", "cuda")

    assert 2 == code
    assert err.startswith("bandits: `device` must be ")
    assert err.count("\n") == 1
