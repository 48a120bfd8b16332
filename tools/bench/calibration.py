"""Real windows: what int8 is calibrated on, and what the engines' answers are compared for."""

import re
import sys
from pathlib import Path

import numpy as np

from sigstreamd import REPOSITORY

EXAMPLE = REPOSITORY / "examples/ecg/119"


def recordings(paths: list[Path], channels: int) -> list[Path]:
    """The recordings given, or the example's where there are none and the model takes one channel."""
    return paths or ([EXAMPLE] if channels == 1 else [])


def cut_windows(recordings: list[Path], channels: int, length: int, most: int) -> np.ndarray:
    """At most `most` windows [N, C, L] from all of the recordings alike, without overlap."""
    windows = np.concatenate([cut(path, channels, length) for path in recordings])
    return windows[np.linspace(0, len(windows) - 1, min(most, len(windows))).astype(int)]


def cut(path: Path, channels: int, length: int) -> np.ndarray:
    """All windows of a recording's first channels."""
    signals = read_npy(path) if path.suffix == ".npy" else read_wfdb(path)
    count = len(signals) // length
    if signals.shape[1] < channels or count == 0:
        has = f"{signals.shape[1]} channel(s) of {len(signals)} samples"
        sys.exit(f"{path}: has {has}, the model needs {channels} of at least {length}")
    return signals[: count * length, :channels].reshape(count, length, channels).transpose(0, 2, 1).copy()


def read_npy(path: Path) -> np.ndarray:
    """(n,) or (n, C) samples → [n, C]."""
    signals = np.load(path).astype(np.float32)
    if signals.ndim not in (1, 2):
        sys.exit(f"{path}: has the shape {signals.shape}, expected a recording (n,) or (n, channels)")
    return signals.reshape(len(signals), -1)


def read_wfdb(path: Path) -> np.ndarray:
    """Physical values [frames, channels] of a WFDB record whose signals are in one file of format 16 or 212."""
    header = path.with_suffix(".hea")
    lines = [line.split() for line in header.read_text().splitlines() if line.strip() and not line.startswith("#")]
    count = int(lines[0][1])
    signals = lines[1 : 1 + count]
    files, formats = {fields[0] for fields in signals}, {fields[1] for fields in signals}
    if len(files) != 1 or not formats < {"16", "212"} or len(formats) != 1:
        sys.exit(f"{header}: signals in the files {files} of the formats {formats}: save the samples as .npy instead")
    data = header.with_name(files.pop()).read_bytes()
    values = np.frombuffer(data, "<i2") if formats == {"16"} else unpack_212(np.frombuffer(data, np.uint8))
    frames = values[: len(values) // count * count].reshape(-1, count)
    scales = [scale(fields) for fields in signals]
    gains, baselines = np.array([gain for gain, _ in scales]), np.array([baseline for _, baseline in scales])
    return ((frames - baselines) / gains).astype(np.float32)


def unpack_212(data: np.ndarray) -> np.ndarray:
    """Pairs of 12-bit two's complement numbers in three bytes."""
    a, middle, b = data[: len(data) // 3 * 3].astype(np.int16).reshape(-1, 3).T
    pairs = np.stack([a | (middle & 0x0F) << 8, b | (middle & 0xF0) << 4], axis=1).ravel()
    return np.where(pairs > 2047, pairs - 4096, pairs)


def scale(fields: list[str]) -> tuple[float, float]:
    """Counts per unit and the count of 0, from a header's line: file, format, gain(baseline)/unit, bits, zero, …"""
    gain, baseline = re.match(r"([\d.eE+-]+)(?:\((-?\d+)\))?", fields[2]).groups()
    zero = fields[4] if len(fields) > 4 else "0"
    return float(gain) or 200.0, float(baseline if baseline is not None else zero)
