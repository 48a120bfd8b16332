#!/usr/bin/env python3
"""Writes the fixtures of the recording and array readers: folders wfdb/ and numpy/ beside this file.

Made with Python 3.11, wfdb 4.3.1 and numpy 2.4.6:  pip install wfdb==4.3.1 numpy==2.4.6 && python3 make_fixtures.py
All numbers are synthetic (seeded); expected values are what these two libraries read back.
"""

import json
import os
import zipfile
from pathlib import Path

import numpy as np
import wfdb

HERE = Path(__file__).resolve().parent
SYMBOLS = 'NLRaVFJASEj/Q~|sT*D"=pB^t+u?![]en@xf()r'


def clean_folder(name):
    """An empty folder of that name, to be the working directory."""
    folder = HERE / name
    folder.mkdir(exist_ok=True)
    for file in folder.iterdir():
        file.unlink()
    os.chdir(folder)


def save_expected(record):
    """What wfdb reads: float32 physical values, and the annotations where there are any."""
    np.save(record + ".expected.npy", wfdb.rdrecord(record).p_signal.astype("<f4"))
    if Path(record + ".atr").exists():
        a = wfdb.rdann(record, "atr")
        rows = zip(a.sample, a.symbol, a.subtype, a.chan, a.num, a.aux_note)
        keys = ("sample", "symbol", "subtype", "channel", "number", "auxiliary")
        rows = [dict(zip(keys, (int(s), y, int(t), int(c), int(n), x.rstrip("\0")))) for s, y, t, c, n, x in rows]
        Path(record + ".expected.json").write_text(json.dumps(rows, indent=0))


def wfdb_records():
    rng = np.random.default_rng(20)
    clean_folder("wfdb")

    # One record a format: extreme values, missing ones, an odd number of samples.
    for fmt, bits in {"80": 8, "212": 12, "16": 16, "24": 24, "32": 32}.items():
        low = -(2 ** (bits - 1))
        digital = rng.integers(low, -low, (101, 3), dtype=np.int64)
        digital[0] = [low + 1, -low - 1, 0]
        digital[7, 1] = digital[50, 0] = low
        wfdb.wrsamp(
            "format" + fmt, fs=250.5, units=["mV", "NU", "mmHg"], sig_name=["II", "a name", "ABP"], fmt=[fmt] * 3,
            d_signal=digital, adc_gain=[200.0, 12.34, 1052.0], baseline=[-3, 1024, 0], comments=["synthetic"])
        save_expected("format" + fmt)

    # Several formats and files in one record, with an offset, and no length in the header (wfdb can't write these).
    frames = 64
    first = rng.integers(-30000, 30000, (frames, 2)).astype(">i2")
    second = rng.integers(-30000, 30000, (frames, 1)).astype("<i2")
    Path("mixed.a").write_bytes(first.tobytes())
    Path("mixed.b").write_bytes(b"twenty-four other bytes." + second.tobytes())
    header = "mixed 3 360/720(100.5){}\nmixed.a 61 1.5e2(7)/uV 16 0\nmixed.a 61\nmixed.b 16+24 0/NU 16 12\n# a comment\n"
    Path("mixed.hea").write_text(header.format(" 64 17:27:45 15/08/1994"))
    save_expected("mixed")
    Path("unsized.hea").write_text(header.format("").replace("mixed 3", "unsized 3"))

    # Annotations of every type, with every field, near and far; a time resolution and types of the file's own.
    # (annotated.atr belongs to no signals that matter: the record is format 80's.)
    n = 40
    sample = np.unique(np.concatenate([rng.integers(1, 5000, n), rng.integers(5000, 10**8, n)]))
    n = len(sample)
    fields = dict(
        symbol=[SYMBOLS[i % len(SYMBOLS)] for i in range(n)], subtype=rng.integers(-128, 128, n),
        chan=rng.integers(0, 256, n), num=rng.integers(0, 128, n),
        aux_note=["" if i % 3 else "(" + "x" * int(rng.integers(0, 20)) for i in range(n)])
    Path("annotated.hea").write_text(Path("format80.hea").read_text().replace("format80 3", "annotated 3"))
    wfdb.wrann("annotated", "atr", sample, **fields)
    save_expected("annotated")
    Path("custom.hea").write_text(Path("format80.hea").read_text().replace("format80 3", "custom 3"))
    wfdb.wrann(
        "custom", "atr", np.array([3, 5, 90]), symbol=["N", "X", "+"], custom_labels=[(42, "X", "my own")], fs=501)


def numpy_files():
    clean_folder("numpy")
    for code in ["b1", "i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8"]:
        # Element k of 24 is 5k, less 60 where the type is signed: tests derive it so.
        values = np.arange(24).reshape(2, 3, 4) * 5 - (60 if code[0] in "if" else 0)
        for order, letter in (("<", "little"), (">", "big")):
            for layout in "CF":
                np.save(f"{code}-{letter}-{layout}.npy", np.asarray(values, dtype=order + code, order=layout))
    small = np.arange(6, dtype="<f4").reshape(3, 2)
    for version in (1, 2, 3):
        with open(f"version{version}.npy", "wb") as file:
            np.lib.format.write_array(file, small, version=(version, 0))
    np.save("scalar.npy", np.float64(2.5))
    np.save("empty.npy", np.zeros((0, 3), "<i4"))
    np.save("line.npy", np.array([1.5, np.nan, -np.inf]))
    np.save("complex.npy", np.zeros(2, "<c8"))
    np.save("text.npy", np.array(["a", "b"]))
    np.save("fields.npy", np.zeros(2, [("a", "<i4"), ("b", "<f4")]))
    np.save("objects.npy", np.array([None]), allow_pickle=True)

    arrays = dict(x=np.arange(400, dtype="<i2").reshape(20, 20), y=np.linspace(0, 1, 11), empty=np.zeros(0, "<f4"))
    np.savez("stored.npz", **arrays)
    np.savez_compressed("deflated.npz", **arrays)
    # As montages are saved beside their names.
    np.savez("named.npz", data=np.arange(8, dtype="<f4").reshape(4, 2), ch_names=np.array(["Fp1", "Fp2"]), fs=250)
    # numpy streams its members with zip64 fields in the local headers; here the directory has them as well.
    with zipfile.ZipFile("zip64.npz", "w") as archive:
        with archive.open("x.npy", "w", force_zip64=True) as file:
            np.lib.format.write_array(file, arrays["x"])
    with zipfile.ZipFile("bzip2.npz", "w", zipfile.ZIP_BZIP2) as archive:
        archive.write("scalar.npy")


wfdb_records()
numpy_files()
print(sum(file.stat().st_size for file in HERE.rglob("*") if file.is_file()), "bytes")
