#!/usr/bin/env python3
"""Compares the speed of sigstreamd and of PyTorch (eager) on the same machine, network and weights.

    swift build -c release --product sigstreamd
    pip install "torch==2.13.0+cpu" safetensors numpy --extra-index-url https://download.pytorch.org/whl/cpu
    python3 tools/bench/compare.py inference                          # batch 8, one thread, 1024 samples
    python3 tools/bench/compare.py training                           # batch 32, two threads, 1024 samples

The two take turns, round by round, so that what else the machine does falls on both. Medians of the rounds are
compared; a ratio above 1 says that sigstreamd is the faster. Before inference is timed, both must give the same logits.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

REPOSITORY = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPOSITORY / "tools/reference"))
from checkpoint import read_checkpoint, write_checkpoint  # noqa: E402
from sigstream_model import Architecture, SigstreamModel, decay_groups  # noqa: E402

LOGIT_TOLERANCE = 1e-4


def sigstreamd(options, *arguments) -> str:
    command = [str(options.sigstreamd), *map(str, arguments)]
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit code {result.returncode}\n{result.stderr.strip()}")
    return result.stdout


def rate(step, windows_per_step: int, seconds: float) -> float:
    """Windows a second of `step`, repeated for at least `seconds`."""
    start, steps = time.perf_counter(), 0
    while (elapsed := time.perf_counter() - start) < seconds:
        step()
        steps += 1
    return steps * windows_per_step / elapsed


def busy_share(seconds: float = 1.0) -> float:
    """The share of the processors' time that others take now. PyTorch's threads wait for one another and suffer most."""
    read = lambda: list(map(int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]))
    before = read()
    time.sleep(seconds)
    spent = [b - a for a, b in zip(before, read())]
    return 1 - (spent[3] + spent[4]) / max(1, sum(spent))  # idle and waiting for input


# ---- PyTorch -----------------------------------------------------------------------------------------------------


def inference_step(model: SigstreamModel, batch: int, window: int):
    x = torch.randn(batch, model.architecture.input_channels, window)
    model.eval()

    def step():
        with torch.inference_mode():
            model(x)

    return step


def training_step(model: SigstreamModel, batch: int, window: int):
    x = torch.randn(batch, model.architecture.input_channels, window)
    labels = torch.randint(0, model.architecture.classes, (batch,))
    optimiser = torch.optim.AdamW(decay_groups(model, 0.01), lr=3e-4)
    model.train()

    def step():
        optimiser.zero_grad()
        F.cross_entropy(model(x)[0], labels).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()

    return step


# ---- The comparison ----------------------------------------------------------------------------------------------


def untrained_checkpoint(path: Path, options):
    """Speed does not depend on what the weights have learnt."""
    torch.manual_seed(0)
    module = SigstreamModel(Architecture.preset(options.preset))
    scaling = dict(sampleRate=360.0, window=options.window, normalisation="none", mean=[], std=[])
    write_checkpoint(path, module, [f"class{k}" for k in range(10)], scaling)


def check_same_logits(options, model_path: Path, checkpoint, scratch: Path) -> float:
    """The largest difference of the logits on random windows; leaves with a message when it is too large."""
    module, window = checkpoint.module(), checkpoint.input["window"]
    windows = np.random.default_rng(0).standard_normal((4, module.architecture.input_channels, window), np.float32)
    np.save(scratch / "w.npy", windows)
    sigstreamd(options, "classify", "--model", model_path,
               "--windows", scratch / "w.npy", "--logits", scratch / "logits.npy")  # fmt: skip
    with torch.inference_mode():
        expected = module.eval()(scaled(torch.from_numpy(windows), checkpoint.input))[0].numpy()
    difference = float(np.abs(np.load(scratch / "logits.npy") - expected).max())
    if not difference <= LOGIT_TOLERANCE:
        sys.exit(f"the logits differ by {difference:g}: not the same computation, nothing to compare")
    return difference


def scaled(windows: torch.Tensor, specification: dict) -> torch.Tensor:
    """A checkpoint's input scaling, of windows [B, C, L]."""
    if specification["normalisation"] == "window":
        deviation, mean = torch.std_mean(windows, dim=2, correction=0, keepdim=True)
        return (windows - mean) / (deviation + 1e-6)
    if specification["normalisation"] == "fixed":
        column = lambda key: torch.tensor(specification[key])[:, None]
        return (windows - column("mean")) / column("std")
    return windows


def rounds(options, run_sigstreamd, step) -> dict:
    torch.set_num_threads(options.threads)
    for _ in range(3):
        step()
    ours, theirs = [], []
    for number in range(options.rounds):
        ours.append(run_sigstreamd())
        theirs.append(rate(step, options.batch, options.seconds))
        if not options.json:
            print(f"round {number + 1}: sigstreamd {ours[-1]:.1f}, PyTorch {theirs[-1]:.1f}", file=sys.stderr)
    return {"sigstreamd": ours, "pytorch": theirs}


def compare_inference(options, scratch: Path) -> dict:
    model_path = options.model
    if model_path is None:
        model_path = scratch / "model.safetensors"
        untrained_checkpoint(model_path, options)
    checkpoint = read_checkpoint(model_path)
    window = checkpoint.input["window"]
    difference = check_same_logits(options, model_path, checkpoint, scratch)
    arguments = ["bench", "inference", "--model", model_path, "--precision", "float32",
                 "--batch", options.batch, "--threads", options.threads, "--json"]  # fmt: skip
    run = lambda: json.loads(sigstreamd(options, *arguments))["windowsPerSecond"]
    rates = rounds(options, run, inference_step(checkpoint.module(), options.batch, window))
    return {"unit": "windows/s", "windowSamples": window, "largestLogitDifference": difference} | rates


def compare_training(options, _: Path) -> dict:
    arguments = ["bench", "training", "--preset", options.preset, "--precision", "float32",
                 "--batch", options.batch, "--threads", options.threads, "--json"]  # fmt: skip
    if options.window != 1024:
        arguments += ["--window", options.window]
    run = lambda: json.loads(sigstreamd(options, *arguments))["sequencesPerSecond"]
    model = SigstreamModel(Architecture.preset(options.preset))
    rates = rounds(options, run, training_step(model, options.batch, options.window))
    return {"unit": "sequences/s", "windowSamples": options.window} | rates


def report(result: dict, options):
    print(f"{options.what}, batch {options.batch}, {options.threads} thread(s), "
          f"{result['windowSamples']} samples, {options.rounds} rounds; {result['unit']}")  # fmt: skip
    print(f"{'':12}{'median':>10}{'min':>10}{'max':>10}")
    for name, label in {"sigstreamd": "sigstreamd", "pytorch": "PyTorch"}.items():
        values = result[name]
        print(f"{label:12}{statistics.median(values):10.1f}{min(values):10.1f}{max(values):10.1f}")
    print(f"ratio of the medians: {result['ratio']:.2f} (PyTorch {torch.__version__})")


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["inference", "training"])
    parser.add_argument("--sigstreamd", type=Path, default=REPOSITORY / ".build/release/sigstreamd")
    parser.add_argument("--model", type=Path, help="inference: this checkpoint; otherwise untrained weights of --preset")
    parser.add_argument("--preset", default="base", choices=["base", "large", "tiny"])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4.0, help="PyTorch's share of a round, at the least")
    parser.add_argument("--batch", type=int, help="default: 8 for inference, 32 for training")
    parser.add_argument("--threads", type=int, help="default: 1 for inference, 2 for training")
    parser.add_argument("--window", type=int, default=1024, help="samples; a checkpoint's own goes first")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    options.batch = options.batch or {"inference": 8, "training": 32}[options.what]
    options.threads = options.threads or {"inference": 1, "training": 2}[options.what]
    if not options.sigstreamd.exists():
        parser.error(f"{options.sigstreamd} is not there: swift build -c release --product sigstreamd")
    return options


def main():
    options = parse_options()
    compare = {"inference": compare_inference, "training": compare_training}[options.what]
    busy = busy_share()
    if busy > 0.05:
        print(f"warning: other programs take {busy:.0%} of the processors; compare on an idle machine", file=sys.stderr)
    with tempfile.TemporaryDirectory() as scratch:
        result = {"busyBefore": round(busy, 3)} | compare(options, Path(scratch))
    result["ratio"] = statistics.median(result["sigstreamd"]) / statistics.median(result["pytorch"])
    if options.json:
        print(json.dumps(result | {"what": options.what, "batch": options.batch, "threads": options.threads,
                                   "torch": torch.__version__}))  # fmt: skip
    else:
        report(result, options)


if __name__ == "__main__":
    main()
