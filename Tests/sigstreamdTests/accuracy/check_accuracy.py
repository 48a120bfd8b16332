"""Runs `tools/accuracy` on small made-up recordings of each kind, laid out as the real ones are.

    check_accuracy.py --sigstreamd PATH --folder FOLDER

The rows it prints are compared with what the recordings were made of, and its dataset files with the splits it promises.
"""

import argparse
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import wfdb

REPOSITORY = Path(__file__).resolve().parents[3]
DS2 = "100 103 105 111 113 117 121 123 200 202 210 212 213 214 219 221 222 228 231 232 233 234".split()
random = np.random.default_rng(1)


def tone(samples: int, period: float) -> np.ndarray:
    """A sine of a random phase in a little noise."""
    phase = random.uniform(0, 2 * np.pi)
    return np.sin(2 * np.pi * np.arange(samples) / period + phase) + 0.1 * random.standard_normal(samples)


def accuracy(*arguments, epochs: int) -> subprocess.CompletedProcess:
    command = [sys.executable, str(REPOSITORY / "tools" / "accuracy"), *map(str, arguments)]
    return subprocess.run(command + ["--sigstreamd", options.sigstreamd, "--epochs", str(epochs)],
                          capture_output=True, text=True)  # fmt: skip


def row(result: subprocess.CompletedProcess) -> list[str]:
    """The cells of the only row."""
    assert result.returncode == 0, result.stdout + result.stderr
    lines = result.stdout.splitlines()
    assert lines[0].startswith("| data |") and len(lines) == 3, result.stdout
    return [cell.strip() for cell in lines[2].strip("|").split("|")]


def percent(cell: str) -> float:
    return float(cell.removesuffix(" %"))


def check_ucr(folder: Path):
    """Two classes of series that differ by their period, one with gaps, one shorter than the others."""
    place = folder / "ucr" / "Tones"
    place.mkdir(parents=True)
    for part, count in (("TRAIN", 12), ("TEST", 8)):
        series = np.array([tone(30, 6 if label else 15) for label in np.arange(count) % 2])
        series[0, 25:] = np.nan
        series[1, :4] = [np.nan, 1, np.nan, 3]
        lines = ["\t".join([str(1 - 2 * (index % 2)), *map(str, values)]) for index, values in enumerate(series)]
        (place / f"Tones_{part}.tsv").write_text("\n".join(lines) + "\n")
    output = folder / "ucr-output"
    cells = row(accuracy("ucr", folder / "ucr", "--sets", "Tones", "--output", output, epochs=60))
    assert cells[:4] == ["Tones", "2", "12", "8"], cells
    assert percent(cells[4]) > 80, cells
    filled = (output / "Tones" / "Tones_TRAIN.tsv").read_text().splitlines()
    assert filled[1].split("\t")[:5] == ["-1", "1.0", "1.0", "2.0", "3.0"], filled[1]
    assert filled[0].split("\t")[26:] == ["nan"] * 5, filled[0]
    for kind in ("yaml", "safetensors", "html", "log"):
        assert (output / f"Tones.{kind}").is_file(), kind


def check_multivariate(folder: Path):
    """Series of two dimensions, of which the second one tells the classes apart."""
    place = folder / "multivariate" / "Pairs"
    place.mkdir(parents=True)
    for part, count in (("TRAIN", 10), ("TEST", 6)):
        lines = ["#made up", "@problemName Pairs", "@univariate false", "@classLabel true fast slow", "@data"]
        for index in range(count):
            length = 20 + index
            pair = [tone(length, 10), tone(length, 5 if index % 2 else 20)]
            values = [",".join(f"{value:.6f}" for value in dimension) for dimension in pair]
            lines.append(":".join([*values, "fast" if index % 2 else "slow"]))
        (place / f"Pairs_{part}.ts").write_text("\n".join(lines) + "\n")
    output = folder / "multivariate-output"
    cells = row(accuracy("multivariate", folder / "multivariate", "--sets", "Pairs", "--output", output, epochs=2))
    assert cells[:4] == ["Pairs", "2", "10", "6"], cells
    assert "length: 32," in (output / "Pairs.yaml").read_text()


def check_bearing(folder: Path):
    """By the faults' diameter where there are several, by time where there is one."""
    periods = {"IR": 4, "B": 9, "OR@6": 20}
    place = folder / "bearing" / "1797 RPM"
    place.mkdir(parents=True)
    for name, period in periods.items():
        for diameter in (7, 14):
            np.savez(place / f"1797_{name}_{diameter}_DE12.npz", DE=tone(6144, period), FE=tone(6144, 5))
    output = folder / "bearing-output"
    cells = row(accuracy("bearing", place, "--output", output, epochs=3))
    assert cells[:4] == ["bearing", "3", "33", "33"], cells  # (6144 - 1024) / 512 + 1 windows of each file
    links = {str(path.relative_to(output / "recordings")) for path in (output / "recordings").rglob("*.npz")}
    assert links == {
        f"{kind}/{diameter:03}_1797_{name}_{diameter}_DE12.npz"
        for kind, name in (("inner", "IR"), ("ball", "B"), ("outer", "OR@6")) for diameter in (7, 14)
    }, links  # fmt: skip

    place = folder / "one-diameter"
    place.mkdir()
    for name, period in (("IR", 4), ("B", 20)):
        np.savez(place / f"1797_{name}_28_DE12.npz", DE=tone(120_000, period))
    result = accuracy("bearing", place, "--output", folder / "one-diameter-output", epochs=1)
    cells = row(result)
    assert cells[:4] == ["bearing", "2", "326", "90"], cells  # of 84000 and of 24000 samples
    assert "the end of the recordings that are trained on" in result.stderr, result.stderr


def write_record(folder: Path, name: str):
    """Ten seconds with a beat each second, of which the last but one is ventricular."""
    samples = np.stack([tone(3600, 300), tone(3600, 200)], axis=1)
    wfdb.wrsamp(name, fs=360, units=["mV", "mV"], sig_name=["MLII", "V5"], p_signal=samples, fmt=["16", "16"], write_dir=str(folder))
    wfdb.wrann(name, "atr", 360 * np.arange(1, 10), symbol=["N"] * 4 + ["A"] + ["N"] * 2 + ["V", "N"], write_dir=str(folder))


def check_mitbih(folder: Path):
    """The patients of DS1 alone, then the published split."""
    place = folder / "mitdb"
    place.mkdir(parents=True)
    held_out = ["114", "201", "203", "106", "118", "119", "124", "220", "223"]
    for name in ["101", "108", "109", *held_out, "100", "102"]:
        write_record(place, name)
    output = folder / "mitdb-output"
    cells = row(accuracy("mitbih", place, "--output", output, epochs=1))
    # A beat's window begins 352 samples before it and ends 160 after it: all nine beats have one.
    assert cells[:4] == ["mitbih", "3", "27", "54"], cells
    for name in DS2:
        if name != "100":
            write_record(place, name)
    cells = row(accuracy("mitbih", place, "--output", output, epochs=1))
    assert cells[:4] == ["mitbih", "3", str(9 * 9), str(22 * 9)], cells
    dataset = (output / "mitbih.yaml").read_text()
    assert 'exclude: [ "102" ]' in dataset and "test: [ " + ", ".join(f'"{name}"' for name in DS2) + " ]" in dataset


def check_failures(folder: Path):
    empty = folder / "empty"
    empty.mkdir()
    for arguments, message in [
        (["ucr", folder / "nowhere"], "docs/accuracy.md says where"),
        (["ucr", empty], "CBF_TRAIN.tsv is missing"),
        (["mitbih", empty], "no .hea file"),
        (["bearing", empty], "such as 105.mat"),
        (["ucr", folder / "ucr", "--sets", "Tones", "--output", empty / "a file"], "a file"),
    ]:
        (empty / "a file").write_text("")
        result = accuracy(*arguments, epochs=1)
        assert result.returncode == 65, result
        assert message in result.stderr and "Traceback" not in result.stderr, result.stderr
        (empty / "a file").unlink()


parser = argparse.ArgumentParser()
parser.add_argument("--sigstreamd", required=True)
parser.add_argument("--folder", type=Path, required=True)
options = parser.parse_args()
for check in (check_ucr, check_multivariate, check_bearing, check_mitbih, check_failures):
    check(options.folder)
