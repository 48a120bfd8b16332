"""Filters and resamples with SciPy and compares with what sigstreamd made of the same signal.

    check_conditioning.py FOLDER: there, signal.npy [N] at 360 Hz, an array for each filter below, and RATE.npy for each rate.
"""

import sys
from fractions import Fraction
from pathlib import Path

import numpy as np
from scipy import signal as sp

folder = Path(sys.argv[1])
rate = 360
signal = np.load(folder / "signal.npy").astype(float)


def same(name, expected, tolerance, part=slice(None)):
    got = np.load(folder / f"{name}.npy")
    assert got.shape == expected.shape, f"{name}: {got.shape}, expected {expected.shape}"
    error = np.abs(got[part] - expected[part]).max()
    assert error <= tolerance, f"{name}: off by {error}"
    print(f"{name}: within {error:.1e}")


filters = {
    "highpass": [sp.butter(2, 0.5, "highpass", fs=rate, output="sos")],
    "lowpass": [sp.butter(5, 40, "lowpass", fs=rate, output="sos")],
    "bandpass": [sp.butter(3, [0.5, 40], "bandpass", fs=rate, output="sos")],
    "wide": [sp.butter(1, [0.05, 150], "bandpass", fs=rate, output="sos")],
    "steep": [sp.butter(8, [20, 30], "bandpass", fs=rate, output="sos")],
    "notch": [sp.tf2sos(*sp.iirnotch(50, 30, fs=rate))],
}
filters["several"] = filters["highpass"] + filters["notch"] + filters["lowpass"]
scale = np.abs(signal).max()
for name, chain in filters.items():
    filtered = signal
    for sos in chain:
        filtered, _ = sp.sosfilt(sos, filtered, zi=sp.sosfilt_zi(sos) * filtered[0])
    same(name, filtered, 1e-6 * scale)

# The resampler's taps, made anew from its description: Kaiser's window for 86 dB, from 0.9 to 1 of the lower Nyquist frequency.
for target in [250, 500, 128, 90]:
    ratio = Fraction(target, rate)
    up, down = ratio.numerator, ratio.denominator
    nyquist = min(1, target / rate) / 2
    width = int(np.ceil((86 - 7.95) / (2 * 2.285 * 2 * np.pi * nyquist * 0.1) / 8)) * 8
    times = np.arange(-width * up, width * up + 1) / up
    taps = np.sinc(2 * nyquist * 0.95 * times) * np.kaiser(len(times), 0.1102 * (86 - 8.7))
    taps[0] = taps[-1] = 0
    for phase in range(up):
        taps[phase:-1:up] /= taps[phase:-1:up].sum()
    # SciPy's gain is `up`; it takes zeros for what is beyond the ends.
    expected = sp.resample_poly(signal, up, down, window=taps / up)
    margin = int(np.ceil(width * up / down)) + 1
    same(str(target), expected, 1e-6 * scale, slice(margin, -margin))
