#!/usr/bin/env python3
"""Writes the fixtures of the readers of other formats: the folder recordings/ beside this file.

    pip install wfdb==4.3.1 numpy==2.4.6 pandas==3.1.1 scipy==1.17.1 h5py==3.16.0 soundfile==0.14.0 pyEDFlib==0.1.42 \
        pyslow5==1.5.0 && python3 make_recordings.py

All numbers are synthetic (seeded). NAME.expected.npy beside a file NAME is what the library named here reads back, float32.
"""

import os
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pyedflib
import pyslow5
import scipy.io
import soundfile
import wfdb

folder = Path(__file__).resolve().parent / "recordings"
folder.mkdir(exist_ok=True)
os.chdir(folder)
for old in folder.iterdir():
    old.unlink()
rng = np.random.default_rng(6)


def expect(name, samples):
    samples = np.asarray(samples)
    np.save(name + ".expected.npy", samples.reshape(len(samples), -1).astype("<f4"))


def wfdb_formats():
    """Formats that wfdb reads and does not write, packed here from their definition in signal(5)."""
    n = 50

    def packed(code, data, values):
        Path(f"format{code}.dat").write_bytes(data)
        Path(f"format{code}.hea").write_text(
            f"format{code} 1 100 {n}\nformat{code}.dat {code} 10/mV 16 0 {values[0]} {int(values.sum()) % 65536} 0 a\n")
        expect(f"format{code}.hea", wfdb.rdrecord(f"format{code}").p_signal)

    values = rng.integers(-500, 500, n)
    packed(160, (values + 32768).astype("<u2").tobytes(), values)
    steps = rng.integers(-100, 100, n)
    steps[0] = 0
    packed(8, steps.astype("i1").tobytes(), 7 + np.cumsum(steps))
    padded = (np.concatenate([values, [0]]) & 0x3FF).reshape(-1, 3)
    first = padded[:, 0] << 1 | (padded[:, 2] & 0x1F) << 11
    second = padded[:, 1] << 1 | padded[:, 2] >> 5 << 11
    packed(310, np.stack([first, second], 1).astype("<u2").tobytes(), values)
    packed(311, (padded[:, 0] | padded[:, 1] << 10 | padded[:, 2] << 20).astype("<u4").tobytes(), values)


def wfdb_structures():
    def signals(rows, columns):
        return rng.integers(-1000, 1000, (rows, columns), dtype=np.int64)

    common = dict(fs=100, adc_gain=[100.0, 50.0], baseline=[0, 3], units=["mV", "uV"], fmt=["16", "16"])
    for name, rows in (("part_1", 30), ("part_2", 20)):
        wfdb.wrsamp(name, d_signal=signals(rows, 2), sig_name=["a", "b"], **common)
    wfdb.wrsamp("part_3", d_signal=signals(25, 1), sig_name=["b"], fs=100, adc_gain=[10.0], baseline=[0], units=["uV"], fmt=["212"])
    Path("fixed.hea").write_text("fixed/2 2 100 50 10:20:30.5 01/02/2003\npart_1 30\npart_2 20\n")
    expect("fixed.hea", wfdb.rdrecord("fixed").p_signal)
    Path("layout.hea").write_text("layout 2 100 0\n~ 0 100(0)/mV 16 0 0 0 0 a\n~ 0 50(3)/uV 16 0 0 0 0 b\n")
    Path("variable.hea").write_text("variable/5 2 100 90\nlayout 0\npart_1 30\n~ 15\npart_3 25\npart_2 20\n")
    expect("variable.hea", wfdb.rdrecord("variable").p_signal)

    # Two rates: a has 1 sample a frame, b 3. wfdb reads each at its own rate; here each sample is held.
    fast, slow = signals(60, 1)[:, 0], signals(20, 1)[:, 0]
    wfdb.wrsamp("rates", e_d_signal=[slow, fast], samps_per_frame=[1, 3], sig_name=["a", "b"], **common)
    record = wfdb.rdrecord("rates", smooth_frames=False)
    expect("rates.hea", np.stack([np.repeat(record.e_p_signal[0], 3), record.e_p_signal[1]], 1))
    wfdb.wrann("rates", "atr", np.array([5, 11]), symbol=["N", "V"])


def edf():
    for name, kind, bits in (("two.edf", pyedflib.FILETYPE_EDFPLUS, 16), ("two.bdf", pyedflib.FILETYPE_BDFPLUS, 24)):
        writer = pyedflib.EdfWriter(name, 2, kind)
        limit = 2 ** (bits - 1)
        for index, (label, rate) in enumerate((("EEG Fpz-Cz", 20), ("Resp", 4))):
            writer.setSignalHeader(index, dict(
                label=label, dimension="uV", sample_frequency=rate, physical_max=150.0 + index, physical_min=-200.0,
                digital_max=limit - 1, digital_min=-limit, transducer="", prefilter=""))
        writer.setStartdatetime(__import__("datetime").datetime(2021, 3, 4, 5, 6, 7))
        writer.writeSamples([rng.uniform(-200, 150, 100), rng.uniform(-200, 150, 20)])
        writer.writeAnnotation(0.5, 1.25, "Sleep stage W")
        writer.writeAnnotation(3, -1, "µ-arousal")
        writer.close()
        reader = pyedflib.EdfReader(name)
        expect(name, np.stack([reader.readSignal(0), np.repeat(reader.readSignal(1), 5)], 1))
        reader.close()
    # The same with a gap of two seconds after the first: pyedflib reads no such file.
    data = Path("two.edf").read_bytes().replace(b"EDF+C", b"EDF+D")
    for second in (4, 3, 2, 1):
        assert data.count(f"+{second}\x14\x14".encode()) == 1
        data = data.replace(f"+{second}\x14\x14".encode(), f"+{second + 2}\x14\x14".encode())
    Path("gap.edf").write_bytes(data)
    whole = np.load("two.edf.expected.npy")
    expect("gap.edf", np.concatenate([whole[:20], np.full((40, 2), np.nan), whole[20:]]))


def tables():
    table = pd.DataFrame({
        "time (s)": np.arange(30) / 125, "ECG (mV)": rng.normal(size=30) * 10.0 ** rng.integers(-12, 12, 30),
        "state": ["rest"] * 10 + ["walk"] * 20, "count": rng.integers(-10**6, 10**6, 30).astype(float)})
    table.loc[4, "count"] = np.nan
    expected = table[["ECG (mV)", "count"]].to_numpy()
    table.to_csv("comma.csv", index=False)
    table.to_csv("semicolon.csv", index=False, sep=";", decimal=",", lineterminator="\r\n")
    table.to_csv("tab.txt", index=False, sep="\t", quoting=2)
    for name in ("comma.csv", "semicolon.csv", "tab.txt"):
        expect(name, expected)
    np.savetxt("blanks.txt", expected, header="two columns", fmt="%18.9e")
    expect("blanks.txt", np.loadtxt("blanks.txt"))
    dates = pd.DataFrame({"timestamp": pd.date_range("2014-04-01", periods=20, freq="5min"), "value": np.arange(20) / 4})
    dates.to_csv("dates.csv", index=False)
    expect("dates.csv", dates["value"])


def audio():
    signal = rng.uniform(-1, 1, (200, 2))
    for name, subtype in (("pcm16.wav", "PCM_16"), ("pcm24.wav", "PCM_24"), ("float.wav", "FLOAT"), ("pcm16.flac", "PCM_16")):
        soundfile.write(name, signal, 8000, subtype)
        expect(name, soundfile.read(name, dtype="float32")[0])


def matlab_and_hdf5():
    signal = rng.normal(size=(40, 1))
    scipy.io.savemat("plain.mat", dict(X1_DE_time=signal, RPM=1797, note="text"))
    scipy.io.savemat("compressed.mat", dict(X1_DE_time=signal, X1_FE_time=-signal), do_compression=True)
    expect("plain.mat", signal)
    counts = rng.integers(-100, 100, (3, 50)).astype("<i2")
    scipy.io.savemat("matrix.mat", dict(counts=counts))
    expect("matrix.mat", counts.T)
    # Structs as of the bearings of MFPT, and with an array of structs as of those of Paderborn.
    ramp = np.arange(6.0)[:, np.newaxis]
    channels = np.array([[("force", ramp.T), ("current", 10 + ramp.T)]], [("Name", "O"), ("Data", "O")])
    structs = dict(bearing=dict(sr=97656.0, gs=ramp, load=270), N09=dict(Info=dict(x=1.0), Y=channels), fs=3.0)
    scipy.io.savemat("structs.mat", structs)
    scipy.io.savemat("compressed_structs.mat", structs, do_compression=True)
    # As MATLAB's save -v7.3 does it: HDF5 behind 512 bytes, dimensions turned round, the class in an attribute.
    with h5py.File("version73.mat", "w", userblock_size=512, libver="earliest") as file:
        data = file.create_dataset("signal", data=rng.normal(size=(2, 60)))
        data.attrs["MATLAB_class"] = np.bytes_("double")
        expect("version73.mat", data[()].T)
    mark = b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(124) + b"\x00\x02IM"
    with open("version73.mat", "r+b") as file:
        file.write(mark)
    with h5py.File("groups.h5", "w") as file:
        data = file.create_dataset("run/signal", data=counts, chunks=(3, 16), compression="gzip")
        data.attrs["fs"] = 250.0
        file.create_dataset("run/other", data=np.arange(7.0))
        file["version"] = 3
    expect("groups.h5", counts.T)


def slow5():
    reads = [rng.integers(300, 700, n).astype(np.int16) for n in (60, 35)]
    write_reads("reads.slow5", reads)
    # For ex-zd: without an exception (a difference beyond a byte), with one, in steps of 4, and with nothing else.
    smooth = 500 + np.cumsum(rng.integers(-3, 4, 50))
    blow5 = [smooth, smooth + 900 * (np.arange(50) >= 20), 4 * rng.integers(-40, 40, 70), rng.integers(-2000, 2000, 90)]
    for record in ("none", "zlib", "zstd"):
        for signal in ("none", "svb_zd", "ex_zd"):
            write_reads(f"{record}_{signal}.blow5", blow5, rec_press=record, sig_press=signal)
    for name in ("reads.slow5", "zlib_svb_zd.blow5"):
        for index, read in enumerate(pyslow5.Open(name, "r").seq_reads(pA=True)):
            expect(f"{name}.{index}", read["signal"])
    for index in Path(".").glob("*.idx"):
        index.unlink()


def write_reads(name, reads, **options):
    file = pyslow5.Open(name, "w", **options)
    header = file.get_empty_header()
    header = {key: "" if value is None else value for key, value in header.items()}
    header.update(run_id="run", asic_id="a", exp_start_time="2022-01-01", flow_cell_id="FC1")
    file.write_header(header)
    for index, raw in enumerate(reads):
        record = file.get_empty_record(aux=False)
        record.update(
            read_id=f"read-{index}", read_group=0, digitisation=2048.0, offset=5.0, range=748.5, sampling_rate=4000.0,
            len_raw_signal=len(raw), signal=raw.astype(np.int16))
        file.write_record(record)
    file.close()


def wfdb_flac():
    """Signals in FLAC; the lowest value is a missing sample. An offset counts samples of the FLAC stream."""
    for bits in (8, 16, 24):
        low = -(2 ** (bits - 1))
        values = rng.integers(low + 1, -low, (120, 3), dtype=np.int64)
        values[[0, 40, 119], [1, 0, 2]] = low
        name = f"flac{500 + bits}"
        wfdb.wrsamp(name, fs=100, d_signal=values, adc_gain=[100.0, 50.0, 3.0], baseline=[0, 3, -7],
                    units=["mV", "uV", "V"], sig_name=["a", "b", "c"], fmt=[str(500 + bits)] * 3)
        expect(f"{name}.hea", wfdb.rdrecord(name).p_signal)
    # 16 bits where the header says 24, from the fifth sample on; no checksums, for they would be those of a part.
    lines = Path("flac516.hea").read_text().replace(" 516 ", " 524+4 ").splitlines()
    lines = [" ".join(line.split(" ")[:3]) for line in lines[1:]]
    Path("flac_offset.hea").write_text("\n".join(["flac_offset 3 100 116", *lines]) + "\n")
    expect("flac_offset.hea", wfdb.rdrecord("flac_offset").p_signal)

    # Two files, of 4 and of 2 samples a frame.
    lines = []
    for name, count, per_frame in (("flac_fast", 2, 4), ("flac_slow", 1, 2)):
        values = [rng.integers(-999, 999, 20 * per_frame) for _ in range(count)]
        wfdb.wrsamp(name, fs=50, e_d_signal=values, samps_per_frame=[per_frame] * count, adc_gain=[100.0] * count,
                    baseline=[0] * count, units=["mV"] * count, sig_name=["a", "b"][:count], fmt=["516"] * count)
        lines += Path(f"{name}.hea").read_text().splitlines()[1:]
        Path(f"{name}.hea").unlink()
    Path("flac_rates.hea").write_text("\n".join(["flac_rates 3 50 20", *lines]) + "\n")
    signals = wfdb.rdrecord("flac_rates", smooth_frames=False).e_p_signal
    expect("flac_rates.hea", np.stack([signals[0], signals[1], np.repeat(signals[2], 2)], 1))


wfdb_formats()
wfdb_structures()
edf()
tables()
audio()
matlab_and_hdf5()
slow5()
wfdb_flac()
print(sum(file.stat().st_size for file in folder.iterdir()), "bytes")
