"""Reads and writes sigstreamd checkpoints (.safetensors with __metadata__) from and to the PyTorch module.

    python3 checkpoint.py model.safetensors      # shows the metadata and checks that the module takes the tensors
"""

import json
import struct
import sys
from dataclasses import dataclass, field, fields
from pathlib import Path

import torch
from safetensors import safe_open
from safetensors.torch import save

from sigstream_model import Architecture, SigstreamModel, parameter_count

FORMAT, VERSION = "sigstreamd-model", 1

# Keys of the JSON → fields of Architecture.
ARCHITECTURE_KEYS = {
    "inputChannels": "input_channels",
    "channels": "channels",
    "blocks": "blocks",
    "dim": "dim",
    "heads": "heads",
    "layers": "layers",
    "feedForward": "feed_forward",
    "classes": "classes",
    "convolution": "convolution",
}
assert set(ARCHITECTURE_KEYS.values()) == {f.name for f in fields(Architecture)}


@dataclass
class Checkpoint:
    """`input`: {"sampleRate", "window", "normalisation": "none"|"window"|"fixed", "mean": [C], "std": [C]}."""

    architecture: Architecture
    tensors: dict[str, torch.Tensor]
    labels: list[str]
    input: dict
    training: dict = field(default_factory=dict)

    def module(self, dropout: float = 0.0) -> SigstreamModel:
        """The module with these weights. Tensors the module does not know belong to later features and stay out."""
        module = SigstreamModel(self.architecture, dropout)
        known = module.state_dict().keys()
        module.load_state_dict({k: v for k, v in self.tensors.items() if k in known}, strict=True)
        return module


def write_checkpoint(path, module: SigstreamModel, labels: list[str], input: dict, training: dict | None = None):
    architecture = {key: getattr(module.architecture, name) for key, name in ARCHITECTURE_KEYS.items()}
    metadata = {
        "format": FORMAT,
        "version": str(VERSION),
        "architecture": json.dumps(architecture),
        "labels": json.dumps(labels),
        "input": json.dumps(input),
        "training": json.dumps(training or {}),
    }
    data = save({k: v.contiguous() for k, v in module.state_dict().items()}, metadata)
    Path(path).write_bytes(with_ordered_metadata(data))


def with_ordered_metadata(data: bytes) -> bytes:
    """The library writes metadata in random order; sorted keys make the same model the same bytes."""
    (size,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8 : 8 + size])
    header["__metadata__"] = dict(sorted(header["__metadata__"].items()))
    text = json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data[8 + size :]


def read_checkpoint(path) -> Checkpoint:
    with safe_open(str(path), "pt") as file:
        metadata = file.metadata() or {}
        tensors = dequantised({key: file.get_tensor(key) for key in file.keys()})
    if metadata.get("format") != FORMAT or int(metadata.get("version", 0)) > VERSION:
        raise ValueError(f"{path}: not a {FORMAT} file of version {VERSION} or older")
    numbers = json.loads(metadata["architecture"])
    values = {name: numbers[key] for key, name in ARCHITECTURE_KEYS.items()}
    values["channels"], values["blocks"] = tuple(values["channels"]), tuple(values["blocks"])
    return Checkpoint(
        Architecture(**values),
        tensors,
        json.loads(metadata["labels"]),
        json.loads(metadata["input"]),
        json.loads(metadata["training"]),
    )


def dequantised(tensors: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """8-bit weights as the float32 numbers that they stand for: each row times its scale."""
    scales = {key.removesuffix("_scale"): tensors.pop(key) for key in list(tensors) if key.endswith(".weight_scale")}
    for name, scale in scales.items():
        tensors[name] = tensors[name].float() * scale.reshape(-1, *[1] * (tensors[name].dim() - 1))
    return tensors


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: checkpoint.py model.safetensors")
    checkpoint = read_checkpoint(sys.argv[1])
    module = checkpoint.module()
    print(f"{checkpoint.architecture}\n{parameter_count(module)} parameters")
    print(f"labels {checkpoint.labels}\ninput {checkpoint.input}\ntraining {checkpoint.training}")


if __name__ == "__main__":
    main()
