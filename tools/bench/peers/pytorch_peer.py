"""PyTorch: eager and compiled, one call with all threads, or a call of one thread for each."""

import sys

import numpy as np
import torch
import torch._inductor.config

from peers import Job, Unavailable, batches
from peers.worker import concurrent_rate
from sigstreamd import REPOSITORY
sys.path.insert(0, str(REPOSITORY / "tools/reference"))
from checkpoint import read_checkpoint  # noqa: E402


class Peer:
    def __init__(self, job: Job):
        if job.precision == "int8":
            raise Unavailable("its quantisation is in a package of its own, torchao, which is not compared here")
        self.job = job
        self.checkpoint = read_checkpoint(job.checkpoint)
        torch._inductor.config.freezing = True  # weights are constants that the compiler may lay out anew

    def settings(self):
        kinds = {"float32": ["float32"], "bf16": ["autocast", "bfloat16"]}[self.job.precision]
        for calls in sorted({1, self.job.threads}):
            for kind in kinds:
                for mode in ["eager", "compiled"]:
                    yield {"calls": calls, "kind": kind, "mode": mode}

    def runner(self, setting: dict):
        forward = self.forward(setting["kind"], setting["mode"])
        threads = self.job.threads // setting["calls"]
        return Runner(forward, setting["calls"], threads, np.load(self.job.windows)[: self.job.batch])

    def forward(self, kind: str, mode: str):
        """Windows → logits, embedding and probabilities, as the exported graph has it."""
        network = self.checkpoint.module().eval()
        network = network.bfloat16() if kind == "bfloat16" else network
        network = torch.compile(network, dynamic=False) if mode == "compiled" else network

        def forward(windows: torch.Tensor):
            x = scaled(windows, self.checkpoint.input)
            x = x.bfloat16() if kind == "bfloat16" else x
            with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16, enabled=kind == "autocast"):
                logits, embedding = network(x)
            return logits.float(), embedding.float(), logits.float().softmax(dim=1)

        return forward


def scaled(windows: torch.Tensor, specification: dict) -> torch.Tensor:
    """A checkpoint's input scaling, of windows [B, C, L]."""
    if specification["normalisation"] == "window":
        deviation, mean = torch.std_mean(windows, dim=2, correction=0, keepdim=True)
        return (windows - mean) / (deviation + 1e-6)
    if specification["normalisation"] == "fixed":
        column = lambda key: torch.tensor(specification[key])[:, None]
        return (windows - column("mean")) / column("std")
    return windows


class Runner:
    def __init__(self, forward, calls: int, threads: int, windows: np.ndarray):
        self.forward, self.threads, self.batch = forward, threads, len(windows)
        self.windows = [torch.from_numpy(windows.copy()) for _ in range(calls)]
        self.steps = [lambda x=x: self.step(x) for x in self.windows]

    def step(self, windows: torch.Tensor):
        torch.set_num_threads(self.threads)  # OpenMP keeps it for each calling thread
        return self.forward(windows)

    def rate(self, seconds: float) -> float:
        concurrent_rate(self.steps, self.batch, seconds / 4)
        return concurrent_rate(self.steps, self.batch, seconds)

    def logits(self, windows: np.ndarray) -> np.ndarray:
        parts = [self.step(torch.from_numpy(b))[0].numpy() for b in batches(windows, self.batch)]
        return np.concatenate(parts)
