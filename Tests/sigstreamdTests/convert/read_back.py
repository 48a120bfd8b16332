"""Reads what `sigstreamd convert` wrote with other libraries and compares it with the array it was made of.

    read_back.py FOLDER: there, expected.npy [N, 2] and out.hea, out.npy, out.csv, out.edf, out.wav, segments/.
"""

import struct
import sys
import zlib
from pathlib import Path

import numpy as np
import pyedflib
import soundfile
import wfdb

folder = Path(sys.argv[1])
expected = np.load(folder / "expected.npy")


def same(name, samples, tolerance):
    samples = np.asarray(samples)
    assert samples.shape == expected.shape, f"{name}: {samples.shape}"
    error = np.abs(samples - expected).max()
    assert error <= tolerance, f"{name}: off by {error}"


peak = np.abs(expected).max()
record = wfdb.rdrecord(str(folder / "out"))
same("WFDB", record.p_signal, peak * 2**-23)
assert record.fs == 20 and record.sig_name == ["EEG Fpz-Cz", "Resp"] and record.units == ["uV", "uV"]
assert str(record.base_datetime) == "2021-03-04 05:06:07"
annotations = wfdb.rdann(str(folder / "out"), "atr")
assert annotations.sample.tolist() == [10, 60] and annotations.symbol == ['"', '"']
assert [text.rstrip("\0") for text in annotations.aux_note] == ["Sleep stage W", "\xb5-arousal"]

same("NumPy", np.load(folder / "out.npy"), 0)
table = np.genfromtxt(folder / "out.csv", delimiter=",", skip_header=1)
same("CSV", table[:, 1:].astype("f4"), 0)
assert np.allclose(table[:, 0], np.arange(len(expected)) / 20)
samples, rate = soundfile.read(folder / "out.wav", dtype="float32")
same("WAV", samples, 0)
assert rate == 20

with pyedflib.EdfReader(str(folder / "out.edf")) as reader:
    same("EDF", np.stack([reader.readSignal(0), reader.readSignal(1)], 1), 360 / 65535)
    assert reader.getSignalLabels() == ["EEG Fpz-Cz", "Resp"] and reader.getSampleFrequency(0) == 20
    assert str(reader.getStartdatetime()) == "2021-03-04 05:06:07"
    onsets, durations, texts = reader.readAnnotations()
    assert onsets.tolist() == [0.5, 3] and durations[0] == 1.25 and texts.tolist() == ["Sleep stage W", "µ-arousal"]
# Segments, which no other program knows, by the table of docs/learning.md.
(segment,) = (folder / "segments").glob("*.segment")
data, samples, start = segment.read_bytes(), [], 1614834367000000
while data:
    mark, head_sum, content_sum, size = struct.unpack_from("<4sIII", data)
    run, first, time, rate, epoch, channels, name, units, zero = struct.unpack_from("<qqqdIHHHH", data, 16)
    end = 60 + name + units
    assert mark == b"SEGB" and data[60:end] == b"twouV"
    assert zlib.crc32(data[8:end]) == head_sum and zlib.crc32(data[end : end + size]) == content_sum
    assert (rate, epoch, channels, zero) == (20, 0, 2, 0)
    assert first == len(samples) and time == start + first * 50000
    samples += np.frombuffer(data[end : end + size], "<f4").reshape(-1, 2).tolist()
    data = data[end + size :]
same("segments", samples, 0)
print("the same")
