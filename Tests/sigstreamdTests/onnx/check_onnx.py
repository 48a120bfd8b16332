#!/usr/bin/env python3
"""Exported models against ONNX's own checker and ONNX Runtime, an implementation that shares no code with this one.

Each folder holds `model.onnx`, `windows.npy` [N, C, L], and what sigstreamd makes of these: `logits.npy` and
`embeddings.npy`.

    python3 check_onnx.py FOLDER...
"""

import json
import sys
from pathlib import Path

import numpy as np
import onnx
import onnxruntime

TOLERANCE = 1e-4


def softmax(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def run(session, windows: np.ndarray, batch: int) -> dict[str, np.ndarray]:
    """The outputs for all windows, `batch` at a time."""
    names = [output.name for output in session.get_outputs()]
    parts = [session.run(names, {"windows": windows[n : n + batch]}) for n in range(0, len(windows), batch)]
    return {name: np.concatenate(values) for name, values in zip(names, zip(*parts))}


def check(folder: Path):
    path = folder / "model.onnx"
    model = onnx.load(path)
    onnx.checker.check_model(model, full_check=True)
    properties = {entry.key: entry.value for entry in model.metadata_props}
    windows, logits = np.load(folder / "windows.npy"), np.load(folder / "logits.npy")
    assert len(json.loads(properties["labels"])) == logits.shape[1], properties
    assert int(properties["window"]) == windows.shape[2] and len(properties["identity"]) == 64, properties

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    (batch,) = {value.shape[0] for value in session.get_inputs() + session.get_outputs()}
    expected = {"logits": logits, "embedding": np.load(folder / "embeddings.npy"), "probabilities": softmax(logits)}
    for size in [1, 3, len(windows)] if batch == "batch" else [batch]:
        outputs = run(session, windows, size)
        assert outputs.keys() == expected.keys(), outputs.keys()
        for name, values in expected.items():
            difference = np.abs(outputs[name] - values).max()
            assert difference <= TOLERANCE, f"{folder.name}: {name} differ by {difference:g} in batches of {size}"
            print(f"{folder.name}, batches of {size}: {name} differ by at most {difference:.1e}")


for argument in sys.argv[1:]:
    check(Path(argument))
