"""Inference against OpenVINO, ONNX Runtime and PyTorch: a table over precisions, batch sizes and threads.

Each engine runs at its best setting for the cell, found in a short trial: one call with all threads against one thread
for each of several calls, ways to write the graph, what the engine itself offers. See `peers/`.
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

import agreement
import calibration
import machine
import sigstreamd
from peers import MODULES, PACKAGES, Job
from peers.worker import Worker

PRECISIONS = ["float32", "bf16", "int8"]
OPSETS = [17, 18]  # mish spelt out, and as a node
CALIBRATION_WINDOWS, CHECKED_WINDOWS = 304, 64
OURS = "sigstreamd"
UNAVAILABLE = 69  # sysexits.h


def add_options(parser: argparse.ArgumentParser):
    parser.add_argument("--model", type=Path, default=sigstreamd.REPOSITORY / "examples/ecg/ecg.safetensors")
    parser.add_argument("--precision", nargs="+", default=["float32"], choices=PRECISIONS)
    parser.add_argument("--batch", nargs="+", type=int, default=[1, 8, 32])
    parser.add_argument("--threads", nargs="+", type=int, default=[1, 2])
    parser.add_argument("--peers", nargs="+", default=list(MODULES), choices=list(MODULES), metavar="NAME")
    parser.add_argument("--seconds", type=float, default=3.0, help="each engine's share of a round")
    parser.add_argument("--trial-seconds", type=float, default=1.0, help="for each setting that is tried")
    parser.add_argument("--calibrate", nargs="+", type=Path, default=[],
                        help="recordings to calibrate int8 on, WFDB or .npy; default: the example's ECG")  # fmt: skip
    parser.add_argument("--int8-model", type=Path,
                        help="default: what 'sigstreamd model quantize' makes of the recordings")  # fmt: skip
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all that was measured here")


def compare(options, busy: float):
    cores = machine.physical_cores()
    if max(options.threads) > len(cores):
        sys.exit(f"--threads {max(options.threads)}: there are {len(cores)} cores")
    result = {"machine": machine.description(), "versions": machine.versions(*PACKAGES), "busyBefore": round(busy, 3)}
    with tempfile.TemporaryDirectory() as scratch:
        inputs = Inputs(options, Path(scratch))
        result |= inputs.description | {"unit": "windows/s", "rounds": options.rounds, "cells": []}
        for precision in options.precision:
            for batch in options.batch:
                for threads in options.threads:
                    result["cells"].append(Cell(options, inputs, precision, batch, cores[:threads]).measure())
                    if options.json:
                        options.json.write_text(json.dumps(result, indent=1) + "\n")
    print(table(result))


class Inputs:
    """What all engines are given: the checkpoint, its graphs, windows, and the logits that are right."""

    def __init__(self, options, scratch: Path):
        self.scratch = scratch
        self.checkpoint = options.model
        facts = json.loads(sigstreamd.run(options, "model", "inspect", self.checkpoint, "--json"))
        self.channels, self.length = facts["architecture"]["inputChannels"], facts["input"]["window"]
        self.onnx = {opset: scratch / f"model-opset{opset}.onnx" for opset in OPSETS}
        for opset, path in self.onnx.items():
            sigstreamd.run(options, "model", "export", self.checkpoint, path, "--opset", opset)
        recordings = calibration.recordings(options.calibrate, self.channels)
        if not recordings and "int8" in options.precision:
            sys.exit("--calibrate is needed for int8: recordings like those that the model was trained on")
        self.calibration, real = None, None
        if recordings:
            real = calibration.cut_windows(recordings, self.channels, self.length, CALIBRATION_WINDOWS)
            self.calibration = self.save("calibration", real)
        self.windows = self.save("windows", self.some_windows(real, max(CHECKED_WINDOWS, *options.batch)))
        self.reference = self.classify(options, self.checkpoint, "float32")
        self.int8_model = options.int8_model
        if "int8" in options.precision and not self.int8_model:
            self.int8_model = self.quantise(options, recordings)
        self.description = {"model": str(options.model), "windowSamples": self.length, "channels": self.channels}

    def some_windows(self, real: np.ndarray | None, count: int) -> np.ndarray:
        """Windows to measure and to compare answers on: real ones where there are some, else noise."""
        if real is None:
            return np.random.default_rng(0).standard_normal((count, self.channels, self.length), np.float32)
        return real[np.linspace(0, len(real) - 1, count).astype(int)]

    def quantise(self, options, recordings: list[Path]) -> Path:
        path = self.scratch / "int8.safetensors"
        sigstreamd.run(options, "model", "quantize", self.checkpoint, path, "--calibrate", *recordings,
                       "--channels", ",".join(map(str, range(self.channels))))  # fmt: skip
        return path

    def classify(self, options, model: Path, precision: str) -> Path:
        """This program's logits for the windows."""
        output = self.scratch / f"logits-{precision}.npy"
        sigstreamd.run(options, "classify", "--model", model, "--precision", precision,
                       "--windows", self.windows, "--logits", output)  # fmt: skip
        return output

    def save(self, name: str, windows: np.ndarray) -> Path:
        np.save(path := self.scratch / f"{name}.npy", windows)
        return path


class Cell:
    """One precision, batch size and number of threads."""

    def __init__(self, options, inputs: Inputs, precision: str, batch: int, cores: list[int]):
        self.options, self.inputs, self.cores = options, inputs, cores
        self.key = {"precision": precision, "batch": batch, "threads": len(cores)}
        self.job = Job(
            **self.key, cores=cores, checkpoint=inputs.checkpoint, onnx=inputs.onnx, windows=inputs.windows,
            reference=inputs.reference, calibration=inputs.calibration, scratch=inputs.scratch)  # fmt: skip

    def measure(self) -> dict:
        log(f"{self.key['precision']}, batch {self.key['batch']}, {self.key['threads']} thread(s)")
        unavailable, settings, workers = {}, {}, {}
        try:
            for name in self.options.peers:
                worker = workers[name] = Worker(name, self.job, self.options.trial_seconds)
                if worker.unavailable:
                    unavailable[name] = worker.unavailable
                    workers.pop(name).close()
                else:
                    settings[name] = worker.description
                log(f"  {name}: {worker.unavailable or worker.description['setting']}")
            if refusal := self.ours_unavailable():
                unavailable[OURS] = refusal
            else:
                settings[OURS] = {"difference": self.difference()}
            rates = self.rounds(workers, with_ours=not refusal)
        finally:
            for worker in workers.values():
                worker.close()
        return self.key | summary(rates) | {"rates": rates, "settings": settings, "unavailable": unavailable}

    def rounds(self, workers: dict[str, Worker], with_ours: bool) -> dict[str, list[float]]:
        """Windows a second in each round; who begins changes from round to round."""
        turns = {name: worker.rate for name, worker in workers.items()}
        turns = ({OURS: self.ours} if with_ours else {}) | turns
        rates = {name: [] for name in turns}
        for number in range(self.options.rounds):
            order = list(turns)[number % len(turns) :] + list(turns)[: number % len(turns)]
            for name in order:
                rates[name].append(turns[name](self.options.seconds))
                time.sleep(0.1)  # for what still spins
            log(f"  round {number + 1}: " + ", ".join(f"{name} {values[-1]:.1f}" for name, values in rates.items()))
        return rates

    def ours(self, seconds: float) -> float:
        return json.loads(sigstreamd.run(self.options, *self.arguments(seconds), cores=self.cores))["windowsPerSecond"]

    def ours_unavailable(self) -> str | None:
        """Why this program can't do the precision; a probe tells, for it depends on the processor."""
        probe: subprocess.CompletedProcess = sigstreamd.attempt(self.options, *self.arguments(0.1), cores=self.cores)
        if probe.returncode == UNAVAILABLE:
            return probe.stderr.strip().removeprefix("sigstreamd: ")
        if probe.returncode != 0:
            sys.exit(f"{' '.join(probe.args)}: exit code {probe.returncode}\n{probe.stderr.strip()}")
        return None

    def difference(self) -> dict:
        """How far this program's logits at the precision are from its own in float32."""
        precision = self.key["precision"]
        logits = np.load(self.inputs.classify(self.options, self.model, precision))
        return agreement.difference(logits, np.load(self.job.reference), precision)

    @property
    def model(self) -> Path:
        return self.inputs.int8_model if self.key["precision"] == "int8" else self.inputs.checkpoint

    def arguments(self, seconds: float) -> list:
        return ["bench", "inference", "--model", self.model, "--precision", self.key["precision"], "--batch",
                self.key["batch"], "--threads", self.key["threads"], "--seconds", seconds, "--json"]  # fmt: skip


def summary(rates: dict[str, list[float]]) -> dict:
    """Medians, and this program's against the best other one's, with the least and the largest ratio of a round."""
    medians = {name: statistics.median(values) for name, values in rates.items()}
    best = max((name for name in medians if name != OURS), key=medians.get, default=None)
    result = {"medians": medians, "bestPeer": best}
    if best and OURS in rates:
        ratios = [a / b for a, b in zip(rates[OURS], rates[best])]
        result |= {"ratio": medians[OURS] / medians[best], "ratioRange": [min(ratios), max(ratios)]}
    return result


def table(result: dict) -> str:
    names = [OURS, *(name for name in MODULES if any(name in cell["rates"] for cell in result["cells"]))]
    lines = [
        f"{result['machine']['processor']}, {result['machine']['cores']} cores, "
        f"{', '.join(result['machine']['extensions'])}; others took {result['busyBefore']:.0%} before",
        ", ".join(f"{name} {version}" for name, version in result["versions"].items()),
        f"{result['model']}: windows of {result['windowSamples']} samples, {result['channels']} channel(s); "
        f"windows/s, medians of {result['rounds']} rounds",
        "",
        f"{'':10}{'batch':>6}{'threads':>8}" + "".join(f"{name:>14}" for name in names) + "   ratio to the best peer",
    ]
    for cell in result["cells"]:
        line = f"{cell['precision']:10}{cell['batch']:6}{cell['threads']:8}"
        for name in names:
            line += f"{cell['medians'][name]:14.1f}" if name in cell["medians"] else f"{'–':>14}"
        if "ratio" in cell:
            least, largest = cell["ratioRange"]
            line += f"{cell['ratio']:8.2f} ({least:.2f} to {largest:.2f}) {cell['bestPeer']}"
        lines.append(line)
    errors = {}
    for cell in result["cells"]:
        named = {name: setting["difference"]["relative"] for name, setting in cell["settings"].items()}
        errors[cell["precision"]] = ", ".join(f"{name} {named[name]:.2%}" for name in names if name in named)
    lines += [""] + [f"{p}: error of the logits, of their spread: {e}" for p, e in errors.items() if p != "float32"]
    reasons = {f"{name}, {c['precision']}: {why}" for c in result["cells"] for name, why in c["unavailable"].items()}
    return "\n".join(lines + [f"– {reason}" for reason in sorted(reasons)])


def log(text: str):
    print(text, file=sys.stderr, flush=True)
