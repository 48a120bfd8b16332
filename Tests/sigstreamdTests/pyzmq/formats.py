#!/usr/bin/env python3
"""One signal in the framings of Open Ephys and GNU Radio, bare, and as arrays: the daemon's results must be the same to the bit.

The messages are put together here by the other programs' sources: envelope and header as JUCE writes them
(open-ephys-plugins/zmq-interface, Source/ZmqInterface.cpp), tag headers and tags (gr-zeromq/lib/tag_headers.cc,
gnuradio-runtime/lib/pmt/pmt_serialize.cc). Each feed has a publisher of its own, which cuts the signal where it likes, leaves
a gap where the format can tell of one, and sends damaged messages in between.

    python3 formats.py --sigstreamd .build/debug/sigstreamd --model tiny.safetensors
"""

import json
import random
import struct
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import zmq

from daemon import running
from round_trip import Signal, Stream, check_same_as_whole, cuts, expected_windows, make_parser

TIMEOUT_SECONDS = 120


@dataclass
class Feed:
    """A feed, how it is configured beyond the signal, and what is sent to it."""

    name: str
    keys: str
    streams: list[Stream] = field(default_factory=list)
    others: list[list[bytes]] = field(default_factory=list)  # carry no samples
    bad: dict[str, list[list[bytes]]] = field(default_factory=dict)  # by the reason of their refusal


# Open Ephys


def juce(value, indent: int = 0) -> str:
    """JSON as JUCE's JSON::toString writes it: over several lines, which end with CR and LF."""
    if not isinstance(value, dict):
        return json.dumps(value)
    inner = ",\r\n".join(f"{' ' * (indent + 2)}{json.dumps(k)}: {juce(v, indent + 2)}" for k, v in value.items())
    return "{\r\n" + inner + "\r\n" + " " * indent + "}"


def open_ephys(stream: str, channel: int, start: int, samples: np.ndarray, rate: float, **changes) -> list[bytes]:
    content = {"stream": stream, "channel_num": channel, "num_samples": len(samples), "sample_num": start}
    content |= {"sample_rate": float(rate)} | changes
    header = {"message_num": 1, "type": "data", "content": content, "data_size": 4 * len(samples)}
    header |= {"timestamp": time.time_ns() // 1_000_000}
    return [b"DATA\0", juce(header).encode(), samples.astype("<f4").tobytes()]


def open_ephys_feed(signal: Signal, gap: tuple[int, int], rng: random.Random) -> Feed:
    """Three channels, whose messages come in turns; the signal is on each, but the middle one has a gap."""
    frames, samples = len(signal.raw), signal.physical[:, 0]
    feed = Feed("ephys", "format: openephys, topic: ''")
    whole, holed = [(0, 0, frames)], [(0, 0, gap[0]), (0, gap[1], frames)]
    for channel, runs in enumerate([whole, holed, whole]):
        stream = Stream(f"Probe A/{channel}", runs=runs)
        for _, first, end in runs:
            pieces = cuts(first, end, 300, rng)
            stream.messages += [open_ephys("Probe A", channel, a, samples[a:b], signal.rate) for a, b in pieces]
        feed.streams.append(stream)
    event = {"stream": "Probe A", "source_node": 100, "type": 3, "sample_num": 7}
    event = juce({"message_num": 2, "type": "event", "content": event, "data_size": 10, "timestamp": 1}).encode()
    spike = juce({"message_num": 3, "type": "spike", "spike": {"electrode": "E 1"}, "timestamp": 1}).encode()
    feed.others = [[b"EVENT\0", event, bytes(10)], [b"EVENT\0", spike, bytes(160)], [b"PARAM\0", b"{}"]]
    good = lambda stream="Probe A", **changes: open_ephys(stream, 0, 0, samples[:8], signal.rate, **changes)
    feed.bad = {
        "frames": [good()[:2], good()[:1], [*good(), b""]],
        "length": [[*good()[:2], bytes(31)], [*good()[:2], b""]],
        "header": [
            [b"DATUM\0", *good()[1:]],
            [b"DATA\0", b"{", good()[2]],
            good(sample_num=-1),
            good(num_samples=2**60),
            good(n_channels=4),
        ],
        "rate": [good(sample_rate=signal.rate * 2)],
        "source": [good(stream="x" * 200), good(stream="a\nb")],
    }
    return feed


# GNU Radio


def symbol(text: str) -> bytes:
    return struct.pack(">BH", 2, len(text)) + text.encode()


def tag(offset: int, key: str, value: bytes, source: bytes) -> bytes:
    return struct.pack("<Q", offset) + symbol(key) + value + source


def some_tags(offset: int, rng: random.Random) -> list[bytes]:
    """Tags as a radio's source makes them, and of every other kind of value."""
    null, false = b"\x06", b"\x01"
    seconds, fraction = struct.pack(">BQ", 0x0B, 1_700_000_000), struct.pack(">Bd", 4, 0.25)
    entry = b"\x07" + symbol("gain") + struct.pack(">Bd", 4, 30.0)
    values = {
        "rx_time": struct.pack(">BI", 0x0C, 2) + seconds + fraction,
        "rx_rate": fraction,
        "packet": b"\x09" + entry + b"\x07" + entry + null,
        "taps": struct.pack(">BBIBB", 0x0A, 8, 3, 1, 0) + struct.pack(">3f", 1, 2, 3),
        "vector": struct.pack(">BI", 8, 2) + b"\x00" + struct.pack(">Bi", 3, -7),
        "big": struct.pack(">Bq", 0x0D, -(2**40)),
        "point": struct.pack(">Bdd", 5, 0.5, -0.5),
    }
    chosen = rng.sample(sorted(values), rng.randint(0, len(values)))
    return [tag(offset + place, key, values[key], rng.choice([false, symbol("usrp")])) for place, key in enumerate(chosen)]


def tag_header(offset: int, tags: list[bytes]) -> bytes:
    return struct.pack("<HBQQ", 0x5FF0, 1, offset, len(tags)) + b"".join(tags)


def gnu_radio_feeds(signal: Signal, gap: tuple[int, int], rng: random.Random) -> list[Feed]:
    """With tags and a key, of float32; without either, of int16."""
    frames, channels = signal.raw.shape
    tagged = Feed("tagged", f"format: gnuradio, elementType: float32, channelCount: {channels}, passTags: true, topic: ant")
    stream = Stream("antenna 1", runs=[(0, 0, gap[0]), (0, gap[1], frames)])
    for _, first, end in stream.runs:
        for a, b in cuts(first, end, 300, rng):
            items = signal.physical[a:b].astype("<f4").tobytes()
            stream.messages.append([b"antenna 1", tag_header(a, some_tags(a, rng)) + items])
    tagged.streams = [stream]
    header, items = tag_header(0, some_tags(0, rng)), bytes(8 * 4 * channels)
    tagged.bad = {
        "frames": [[b"antenna 1", header + items, b""]],
        "length": [[b"antenna 1", header + items[:-1]]],
        "header": [
            [b"antenna 1", items],
            [b"antenna 1", header[:18]],
            [b"antenna 1", struct.pack("<HBQQ", 0x5FF0, 2, 0, 0) + items],
            [b"antenna 1", struct.pack("<HBQQ", 0x5FF0, 1, 0, 2**63) + items],
            [b"antenna 1", struct.pack("<HBQQ", 0x5FF0, 1, 2**63, 0) + items],
            [b"antenna 1", tag_header(0, [tag(0, "x", b"\x08\xff\xff\xff\xff", b"\x01")]) + items],
        ],
        "source": [[b"ant\xff", header + items]],
    }
    plain = Feed("plain", f"format: gnuradio, elementType: int16, channelCount: {channels}, scale: {2.0**-10!r}")
    plain.streams = [bare("plain", signal, "<i2", rng)]
    plain.bad = {"length": [[bytes(3)]], "header": [[tag_header(0, []) + bytes(2 * channels)]]}
    return [tagged, plain]


def bare(name: str, signal: Signal, element: str, rng: random.Random) -> Stream:
    pieces = cuts(0, len(signal.raw), 300, rng)
    return Stream(name, [[signal.raw[a:b].astype(element).tobytes()] for a, b in pieces], [(0, 0, len(signal.raw))])


def raw_feed(signal: Signal, rng: random.Random) -> Feed:
    channels = signal.raw.shape[1]
    feed = Feed("bytes", f"format: raw, elementType: '>i2', channelCount: {channels}, scale: {2.0**-10!r}")
    feed.streams = [bare("bytes", signal, ">i2", rng)]
    feed.bad = {"length": [[bytes(2 * channels + 1)]], "frames": [[b"", b"", b""]]}
    return feed


def array_feed(signal: Signal) -> Feed:
    header = {"type": "float32", "source": "whole", "start": 0}
    message = signal.message(0, len(signal.raw), header)
    return Feed("arrays", "format: array", [Stream("whole", [message], [(0, 0, len(signal.raw))])])


# The daemon


def configuration(options, feeds: list[Feed], folder: Path) -> str:
    lines = [f"model: {options.model}", "feeds:"]
    for feed in feeds:
        window = f"{{ length: {options.length}, hop: {options.hop} }}"
        lines.append(
            f"  - {{ name: {feed.name}, endpoint: 'ipc://{folder}/{feed.name}', sampleRate: {options.rate}, "
            f"window: {window}, {feed.keys} }}"
        )
    lines += ["queue: { capacity: 100000 }", "batch: { maxSize: 8, maxDelay: 5ms }"]
    lines += [f"output: {{ endpoint: 'ipc://{folder}/results', mode: connect }}"]
    return "\n".join(lines) + "\n"


def messages(feed: Feed, rng: random.Random) -> list[list[bytes]]:
    """All of a feed's, each stream's own in order, and the others anywhere."""
    bad = [message for messages in feed.bad.values() for message in messages]
    queues, chosen = [list(s.messages) for s in feed.streams] + [feed.others + bad], []
    while queues := [queue for queue in queues if queue]:
        chosen.append(rng.choice(queues).pop(0))
    return chosen


def receive(process, results, deadline: float) -> tuple[str, dict]:
    while True:
        assert process.poll() is None, f"the daemon ended with exit code {process.returncode}"
        assert time.monotonic() < deadline, "the time was over before all had come"
        if results.poll(100):
            topic, body = results.recv_multipart()
            return topic.decode(), json.loads(body)


def publisher(folder: Path, name: str):
    socket = zmq.Context.instance().socket(zmq.XPUB)
    socket.setsockopt(zmq.XPUB_NODROP, 1)  # a full queue makes send wait: nothing may be lost here
    socket.bind(f"ipc://{folder}/{name}")
    return socket


def run(options, folder: Path):
    rng = random.Random(options.seed)
    signal = Signal(options.frames, options.channels, options.rate, options.seed)
    # On both sides of it the windows are the whole signal's, for its end is a multiple of the hop.
    gap = (options.frames // 3, (options.frames // 2) // options.hop * options.hop)
    feeds = [array_feed(signal), *gnu_radio_feeds(signal, gap, rng), raw_feed(signal, rng)]
    if options.channels == 1:
        feeds.append(open_ephys_feed(signal, gap, rng))
    path = folder / "sigstreamd.yaml"
    path.write_text(configuration(options, feeds, folder))
    check = subprocess.run([options.sigstreamd, "check", "--config", path], capture_output=True, text=True)
    assert check.returncode == 0, check.stderr
    assert f"gnuradio {'' if options.channels == 1 else f'{options.channels} x '}float32, tags" in check.stdout, check.stdout

    sockets = {feed.name: publisher(folder, feed.name) for feed in feeds}
    subscriber = zmq.Context.instance().socket(zmq.SUB)
    subscriber.setsockopt(zmq.RCVHWM, 0)
    subscriber.subscribe(b"")
    subscriber.bind(f"ipc://{folder}/results")
    found = {(feed.name, stream.name): [] for feed in feeds for stream in feed.streams}
    due = {f.name: sum(len(expected_windows(s, options.length, options.hop)) for s in f.streams) for f in feeds}
    counters = {}
    with running(options.sigstreamd, path) as (process, log):
        deadline = time.monotonic() + TIMEOUT_SECONDS
        for socket in sockets.values():
            assert socket.poll(TIMEOUT_SECONDS * 1000), "no subscription came"
        while receive(process, subscriber, deadline)[0] != "heartbeat/":
            pass
        for feed in feeds:
            for message in messages(feed, rng):
                sockets[feed.name].send_multipart(message)
        refused = {f.name: {reason: len(bad) for reason, bad in f.bad.items()} for f in feeds}
        done = lambda f: (
            counters.get(f.name, {}).get("published") == due[f.name]
            and counters[f.name]["refused"] == refused[f.name]
            and counters[f.name]["other_messages"] == len(f.others)
        )
        while not all(done(feed) for feed in feeds):
            try:
                topic, body = receive(process, subscriber, deadline)
            except AssertionError:
                raise AssertionError(f"{counters} instead of {due} and {refused}")
            if topic == "heartbeat/":
                counters = body["feeds"]
            else:
                found[body["feed"], body["stream"]].append(body)
    whole = {result["start"]: result for result in found["arrays", "whole"]}
    for feed in feeds:
        assert counters[feed.name]["missing_samples"] == sum(
            later[1] - earlier[2] for s in feed.streams for earlier, later in zip(s.runs, s.runs[1:])
        ), f"{feed.name}: {counters[feed.name]}"
        for stream in feed.streams:
            results = found[feed.name, stream.name]
            windows = [(r["epoch"], r["start"], r["end"]) for r in results]
            assert windows == expected_windows(stream, options.length, options.hop), f"{feed.name}: other windows"
            check_same_as_whole(stream, results, whole)
    streams = sum(len(feed.streams) for feed in feeds)
    bad = sum(sum(reasons.values()) for reasons in refused.values())
    print(f"{sum(due.values())} results of {streams} streams in {len(feeds)} framings agree; {bad} bad messages refused")


def main():
    parser = make_parser(__doc__)
    options = parser.parse_args()
    options.sigstreamd, options.model = options.sigstreamd.resolve(), options.model.resolve()
    with tempfile.TemporaryDirectory() as folder:
        run(options, Path(folder))


if __name__ == "__main__":
    main()
