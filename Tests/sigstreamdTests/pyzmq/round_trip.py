#!/usr/bin/env python3
"""A real pyzmq publisher and subscriber against the daemon: how a signal is cut into messages must not matter.

One signal is sent as several streams: whole in one message, in messages of random sizes in every shape of header the
daemon reads, with a gap, with a restart; bad messages are strewn in. The windows that should come are computed with NumPy,
what the model says of them by `sigstreamd classify`.

    python3 round_trip.py --sigstreamd .build/debug/sigstreamd --model tiny.safetensors
"""

import argparse
import hashlib
import json
import random
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from daemon import Daemon

FEED = "lab"
SCALE = 2.0**-10  # a power of two: int16 · SCALE is exact in float32, so every element type carries the same signal


@dataclass
class Stream:
    """What is sent of one stream, in order, and the runs of samples that follow one another without a break."""

    name: str
    messages: list[list[bytes]] = field(default_factory=list)
    runs: list[tuple[int, int, int]] = field(default_factory=list)  # epoch, first sample, end


class Signal:
    """raw [N, C] int16; raw · SCALE is what the model sees."""

    def __init__(self, frames: int, channels: int, rate: float, seed: int):
        generator = np.random.default_rng(seed)
        walk = generator.standard_normal((frames, channels)).cumsum(axis=0)
        self.raw = np.clip((walk + 3 * generator.standard_normal(walk.shape)) * 200, -32768, 32767).astype(np.int16)
        self.physical = self.raw.astype(np.float32) * np.float32(SCALE)
        self.rate = rate
        self.start_microseconds = time.time_ns() // 1000

    def microseconds(self, sample: int) -> int:
        return self.start_microseconds + round(sample * 1e6 / self.rate)

    def message(self, start: int, end: int, header: dict, payload: np.ndarray | None = None) -> list[bytes]:
        payload = self.physical if payload is None else payload
        header = {"shape": [end - start, payload.shape[1]]} | header
        return [json.dumps(header).encode(), payload[start:end].tobytes()]


def cuts(start: int, end: int, largest: int, rng: random.Random) -> list[tuple[int, int]]:
    """[start, end) in pieces of 1 to `largest` samples."""
    pieces = []
    while start < end:
        size = min(rng.randint(1, largest), end - start)
        pieces.append((start, start + size))
        start += size
    return pieces


def make_streams(signal: Signal, length: int, hop: int, rng: random.Random) -> list[Stream]:
    frames = len(signal.raw)
    largest = 2 * length

    def timed(name, start, **more):
        return {"source": name, "start": start, "t_us": signal.microseconds(start), "sample_rate": signal.rate} | more

    def cut_from(name, first, end, origin=0):
        """Pieces of [first, end), their indices counted from `origin`."""
        header = lambda a: timed(name, a - origin, htype="array-1.0", type="float32")
        return [signal.message(a, b, header(a)) for a, b in cuts(first, end, largest, rng)]

    whole = signal.message(0, frames, timed("whole", 0, htype="array-1.0", type="float32", frame=0))
    everything = [(0, 0, frames)]
    streams = [Stream("whole", [whole], everything), Stream("cut", cut_from("cut", 0, frames), everything)]

    recipe = [[b"recipe", *signal.message(a, b, {"dtype": "float32"})] for a, b in cuts(0, frames, largest, rng)]
    streams.append(Stream("recipe", recipe, everything))  # the topic names it, nothing tells of continuity

    detector = [
        signal.message(a, b, {"htype": "array-1.0", "type": "float32", "frame": number})
        for number, (a, b) in enumerate(cuts(0, frames, largest, rng))
    ]
    streams.append(Stream(FEED, detector, everything))  # neither source nor topic: the feed's name

    big_endian = signal.raw.astype(">i2")
    integers = [
        signal.message(a, b, timed("int16", a, type="int16", endianness="big", scale=SCALE, offset=0.0), big_endian)
        for a, b in cuts(0, frames, largest, rng)
    ]
    streams.append(Stream("int16", integers, everything))

    # On both sides of these the windows are the whole signal's, for both are multiples of the hop.
    last, resumed = frames // 3, (frames // 2) // hop * hop
    gap = cut_from("gap", 0, last) + cut_from("gap", resumed, frames)
    streams.append(Stream("gap", gap, [(0, 0, last), (0, resumed, frames)]))
    restart = cut_from("restart", 0, last) + cut_from("restart", 0, resumed)
    streams.append(Stream("restart", restart, [(0, 0, last), (1, 0, resumed)]))
    return streams


def bad_messages(signal: Signal) -> list[list[bytes]]:
    """Messages that must be refused and counted, and change nothing."""
    ten = np.zeros((10, signal.raw.shape[1]), np.float32)
    good = {"source": "cut", "type": "float32", "shape": list(ten.shape)}
    encode = lambda **changes: json.dumps(good | changes).encode()
    return [
        [b"{not json", ten.tobytes()],
        [b"[1, 2]", ten.tobytes()],
        [b"\xff\xfe\x00", ten.tobytes()],
        [encode(), ten.tobytes()[:-1]],
        [encode(type="complex64"), ten.tobytes()],
        [encode(shape=[-10, 1]), ten.tobytes()],
        [encode(shape=[2, 5, 1, 1]), ten.tobytes()],
        [encode(shape=[2**61, 8]), ten.tobytes()],
        [encode(shape="10"), ten.tobytes()],
        [encode(shape=[10, ten.shape[1] + 1]), np.zeros((10, ten.shape[1] + 1), np.float32).tobytes()],
        [encode()],
        [b"topic", encode(), ten.tobytes(), b"more"],
    ]


def interleaved(streams: list[Stream], bad: list[list[bytes]], rng: random.Random) -> list[list[bytes]]:
    """All messages, each stream's own in order; `whole` first, so that the others can't leave it waiting."""
    queues = [list(stream.messages) for stream in streams[1:]] + [list(bad)]
    messages = list(streams[0].messages)
    while queues := [queue for queue in queues if queue]:
        messages.append(rng.choice(queues).pop(0))
    return messages


def expected_windows(stream: Stream, length: int, hop: int) -> list[tuple[int, int, int]]:
    """(epoch, start, end) of each window, in order."""
    return [
        (epoch, start, start + length)
        for epoch, first, end in stream.runs
        for start in range(first, end - length + 1, hop)
    ]


def classify(options, signal: Signal, folder: Path) -> np.ndarray:
    """Probabilities [n, K] of the whole signal's windows, cut by NumPy, by the command for scripts."""
    windows = np.lib.stride_tricks.sliding_window_view(signal.physical, options.length, axis=0)[:: options.hop]
    np.save(folder / "windows.npy", np.ascontiguousarray(windows))  # [n, C, L]
    command = [options.sigstreamd, "classify", "--model", options.model]
    command += ["--windows", folder / "windows.npy", "--logits", folder / "logits.npy"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    logits = np.load(folder / "logits.npy").astype(np.float64)
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return powers / powers.sum(axis=1, keepdims=True)


def check_stream(stream: Stream, results: list[dict], options, signal: Signal, identity: str):
    """Every window, in order, with the right indices, times and model."""
    windows = expected_windows(stream, options.length, options.hop)
    assert [(r["epoch"], r["start"], r["end"]) for r in results] == windows, f"{stream.name}: other windows"
    assert [r["seq"] for r in results] == list(range(len(windows))), f"{stream.name}: other sequence numbers"
    for r in results:
        assert r["sig"] == 1 and r["feed"] == FEED and r["stream"] == stream.name and r["model"] == identity, r
        assert r["status"] == "classified" and r["late"] is False, r
        assert r["confidence"] == max(r["probabilities"]), r
        # By the monotonic clock, where the others are dates.
        assert abs(r["age_us"] - (r["t_pub_us"] - r["t_end_us"])) < 1_000_000, r
        if stream.name not in ("recipe", FEED):  # these carry no times of their own
            assert r["t_start_us"] == signal.microseconds(r["start"]), r
            assert r["t_end_us"] == signal.microseconds(r["end"] - 1), r


def check_same_as_whole(stream: Stream, results: list[dict], whole: dict[int, dict]):
    """What the model says of a window depends on its samples alone, to the last bit."""
    for r in results:
        expected = whole[r["start"]]
        assert (r["label"], r["status"]) == (expected["label"], expected["status"]), f"{r} is not {expected}"
        for key in ("confidence", "probabilities", "anomaly", "p_value"):
            same = r.get(key) == expected.get(key)
            assert same, f"{stream.name} at {r['start']}: {key} {r.get(key)}, not {expected.get(key)}"


def collect(daemon: Daemon, streams: list[Stream], bad: int, options) -> tuple[dict, dict]:
    """Results by stream name, and the feed's counters once they have all been published."""
    results = {stream.name: [] for stream in streams}
    due = sum(len(expected_windows(stream, options.length, options.hop)) for stream in streams)
    counters = {}
    while counters.get("published", 0) < due or counters.get("bad_messages", 0) < bad:
        topic, body = daemon.receive()
        if topic == "heartbeat/":
            counters = body["feeds"].get(FEED, {})
        else:
            assert topic == f"label/{FEED}/{body['stream']}/", topic
            results[body["stream"]].append(body)
    expected = dict(formed=due, published=due, expired=0, dropped=0, in_flight=0, bad_messages=bad)
    found = {key: counters.get(key) for key in expected}
    assert found == expected, f"the feed's counters are {found}, not {expected}"
    return results, counters


def run(options, folder: Path):
    rng = random.Random(options.seed)
    signal = Signal(options.frames, options.channels, options.rate, options.seed)
    streams, bad = make_streams(signal, options.length, options.hop, rng), bad_messages(signal)
    probabilities = classify(options, signal, folder)
    identity = hashlib.sha256(options.model.read_bytes()).hexdigest()[:16]
    configuration = dict(model=options.model, feed=FEED, rate=options.rate, length=options.length, hop=options.hop)
    configuration["batch"] = options.batch
    with Daemon(options.sigstreamd, folder, options.timeout, **configuration) as daemon:
        daemon.wait_until_ready()
        for message in interleaved(streams, bad, rng):
            daemon.samples.send_multipart(message)
        results, counters = collect(daemon, streams, len(bad), options)
        missing = sum(later[1] - earlier[2] for s in streams for earlier, later in zip(s.runs, s.runs[1:])
                      if earlier[0] == later[0])  # fmt: skip
        assert counters["missing_samples"] == missing, f"{counters['missing_samples']} missing, not {missing}"
        code, log = daemon.terminate()
        assert code == 0, f"the daemon ended with exit code {code} after SIGTERM"
    for stream in streams:
        check_stream(stream, results[stream.name], options, signal, identity)
    for r, expected in zip(results["whole"], probabilities, strict=True):
        assert np.abs(np.array(r["probabilities"]) - expected).max() < 1e-5, f"not what classify says: {r}"
    whole = {r["start"]: r for r in results["whole"]}
    for stream in streams[1:]:
        check_same_as_whole(stream, results[stream.name], whole)
    print(f"{counters['published']} results of {len(streams)} streams agree; {len(bad)} bad messages refused")


def make_parser(description: str) -> argparse.ArgumentParser:
    """The options of scripts that send one signal in several ways."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sigstreamd", type=Path, required=True, help="the daemon's binary")
    parser.add_argument("--model", type=Path, required=True, help="a checkpoint for --channels, --rate and --length")
    parser.add_argument("--channels", type=int, default=1)
    parser.add_argument("--rate", type=float, default=100.0, help="Hz; 1e6 / rate should be a whole number")
    parser.add_argument("--length", type=int, default=128, help="samples in a window")
    parser.add_argument("--hop", type=int, default=32)
    parser.add_argument("--frames", type=int, default=4000, help="samples of the signal in each channel")
    parser.add_argument("--seed", type=int, default=1)
    return parser


def main():
    parser = make_parser(__doc__)
    parser.add_argument("--batch", type=int, default=1, help="the daemon's batch.maxSize")
    parser.add_argument("--timeout", type=float, default=60, help="seconds for everything")
    options = parser.parse_args()
    options.sigstreamd, options.model = options.sigstreamd.resolve(), options.model.resolve()
    with tempfile.TemporaryDirectory() as folder:
        run(options, Path(folder))


if __name__ == "__main__":
    main()
