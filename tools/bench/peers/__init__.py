"""The engines that sigstreamd is compared with: each in a module with a class of the name `Peer`.

A peer is made from a `Job`, names the `settings()` that may be its best, and makes a runner of one of them, which has
`rate(seconds)`, windows a second, and `logits(windows)`.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

# Names for people → modules of this package.
MODULES = {"OpenVINO": "openvino_peer", "ONNX Runtime": "onnxruntime_peer", "PyTorch": "pytorch_peer"}
PACKAGES = ["openvino", "nncf", "onnxruntime", "onnx", "torch", "numpy"]


@dataclass(frozen=True)
class Job:
    """One cell of the table, for one peer."""

    precision: str
    batch: int
    threads: int
    cores: list[int]
    checkpoint: Path
    onnx: dict[int, Path]  # by opset, for any number of windows
    windows: Path  # .npy [N, C, L]
    reference: Path  # .npy [N, K]: the logits in float32
    calibration: Path | None  # .npy [N, C, L]
    scratch: Path  # for what later jobs can use again


class Unavailable(Exception):
    """The engine can't do this, for the reason given."""


def batches(windows: np.ndarray, size: int):
    """[size, C, L] at a time; what is left over in the end stays away."""
    for start in range(0, len(windows) // size * size, size):
        yield windows[start : start + size]
