#!/usr/bin/env python3
"""The daemon's history, as others see it: Python's sqlite3, pyzmq's REQ and DEALER, the csv module.

A PUSH socket sends to a `pull` feed with `whenFull: block`; the subscriber of examples/python/catch_up.py is away for most of
it, over a stop of the daemon too, and has to get every result once.

    python3 history.py --sigstreamd .build/debug/sigstreamd --model tiny.safetensors
"""

import argparse
import csv
import io
import json
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import zmq

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "examples/python"))

from catch_up import CatchUp, Subscriber  # noqa: E402

FEED, LENGTH, HOP = "lab", 128, 32
STREAMS = ["ward-2/bed-1", "ward-2/bed-10"]

CONFIGURATION = """\
model: {model}
feeds:
  - name: {feed}
    endpoint: ipc://{folder}/samples
    socket: pull
    mode: bind
    sampleRate: 100
    window: {{ length: {length}, hop: {hop} }}
    whenFull: block
queue: {{ capacity: 4 }}
output: {{ endpoint: "ipc://{folder}/results", catchUp: {{ endpoint: "ipc://{folder}/catch-up" }} }}
history: {{ keep: [ 1d, 1GiB ] }}
"""

MALFORMED = [
    [b"REPLAY"],
    [b"replay", b"lab/ward-2/bed-1", b"0", b"0", b"1"],
    [b"REPLAY", b"lab/ward-2/bed-1", b"0", b"0"],
    [b"REPLAY", b"lab", b"0", b"0", b"1"],
    [b"REPLAY", b"/x", b"0", b"0", b"1"],
    [b"REPLAY", b"lab/x", b"-1", b"0", b"1"],
    [b"REPLAY", b"lab/x", b"0", b"1e3", b"2000"],
    [b"REPLAY", b"lab/x", b"0", b"5", b"4"],
    [b"REPLAY", b"lab/x", b"0", b"0", b"9" * 30],
    [b"REPLAY", b"lab/x", b"0", b"0", b""],
    [b"\xff\xfe"],
    [b"SNAP", b"a", b"b"],
    [b"SNAP"] * 40,
]


class Test:
    def __init__(self, options, folder: Path):
        self.options, self.folder, self.context = options, folder, zmq.Context()
        self.end = time.monotonic() + options.timeout
        self.path = folder / "history.sqlite"
        (folder / "sigstreamd.yaml").write_text(CONFIGURATION.format(
            model=options.model, folder=folder, feed=FEED, length=LENGTH, hop=HOP))  # fmt: skip
        self.results = self.context.socket(zmq.SUB)  # is never away, and knows when all is published
        self.results.setsockopt(zmq.RCVHWM, 0)
        self.results.subscribe(b"")
        self.results.connect(f"ipc://{folder}/results")
        self.published: list[bytes] = []
        self.epoch, self.sent = -1, 0
        self.start()

    def start(self):
        self.epoch, self.sent = self.epoch + 1, 0
        with open(self.folder / "log", "ab") as log:
            command = [self.options.sigstreamd, "run", "--config", self.folder / "sigstreamd.yaml"]
            self.daemon = subprocess.Popen(command, stdout=log, stderr=log)
        self.sender = self.context.socket(zmq.PUSH)
        self.sender.setsockopt(zmq.SNDHWM, 4)
        self.sender.connect(f"ipc://{self.folder}/samples")
        # Not the last one of the daemon before.
        self.wait_for(lambda topic, body: topic == b"heartbeat/" and body["feeds"][FEED]["formed"] == 0)

    def stop(self):
        self.sender.close()
        self.daemon.send_signal(signal.SIGTERM)
        assert self.daemon.wait(60) == 0

    def wait_for(self, condition):
        while True:
            assert time.monotonic() < self.end and self.daemon.poll() is None, "the time was over, or the daemon ended"
            if self.results.poll(100):
                topic, body = self.results.recv_multipart()
                if topic != b"heartbeat/":
                    self.published.append(body)
                if condition(topic, json.loads(body)):
                    return

    def send(self, windows: int):
        """Samples that complete so many windows of each stream; returns when their results are published."""
        first = 0 if self.sent == 0 else LENGTH - HOP + self.sent * HOP
        last = LENGTH - HOP + (self.sent + windows) * HOP
        for start in range(first, last, 400):
            for stream in STREAMS:
                samples = np.sin(np.arange(start, min(start + 400, last)) / 7).astype(np.float32)
                header = {"type": "float32", "shape": [len(samples), 1], "source": stream, "start": start}
                self.sender.send_multipart([json.dumps(header).encode(), samples.tobytes()])
        self.sent += windows
        total = self.sent * len(STREAMS)
        self.wait_for(lambda topic, body: topic == b"heartbeat/" and body["feeds"][FEED]["published"] == total)

    def subscriber(self) -> Subscriber:
        return Subscriber(self.context, f"ipc://{self.folder}/results", f"ipc://{self.folder}/catch-up")

    def history(self, *arguments) -> str:
        command = [self.options.sigstreamd, "history", self.path, *arguments]
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout


def numbers(results: list[dict], stream: str) -> list[tuple[int, int]]:
    return [(r["epoch"], r["seq"]) for r in results if r["stream"] == stream]


def check_away(test: Test):
    """Present, away for more than a page, present, away over a stop, back at the end: every result once."""
    received: list[dict] = []
    subscriber = test.subscriber()
    subscriber.last = {f"{FEED}/{stream}": (0, -1) for stream in STREAMS}

    def receive_until(*last):
        while any(subscriber.last[f"{FEED}/{stream}"] != last for stream in STREAMS):
            assert time.monotonic() < test.end, f"still at {subscriber.last}"
            if subscriber.socket.poll(100):
                received.extend(subscriber.receive())

    test.send(20)
    receive_until(0, 19)
    subscriber.close()
    test.send(1200)
    last, subscriber = subscriber.last, test.subscriber()
    subscriber.last = last
    receive_until(0, 1219)  # by the heartbeat alone
    subscriber.close()
    test.send(30)
    test.stop()
    test.start()
    test.send(10)
    last, subscriber = subscriber.last, test.subscriber()
    subscriber.last = last
    test.send(5)
    receive_until(1, 14)
    subscriber.close()
    for stream in STREAMS:
        expected = [(0, number) for number in range(1250)] + [(1, number) for number in range(15)]
        assert numbers(received, stream) == expected, f"{stream}: {len(numbers(received, stream))} of {len(expected)}"
    as_published = {(r["stream"], r["epoch"], r["seq"]): r for r in map(json.loads, test.published)}
    assert all(as_published[r["stream"], r["epoch"], r["seq"]] == r for r in received)


def check_ended(test: Test):
    """The daemon is started again and the streams don't return: no heartbeat names them, and the history has their ends."""
    test.stop()
    test.start()
    subscriber = test.subscriber()
    subscriber.last = {f"{FEED}/{STREAMS[0]}": (0, 1245), f"{FEED}/{STREAMS[1]}": (1, 11)}
    served, subscriber.catch_up = subscriber.catch_up, CatchUp(test.context, f"ipc://{test.folder}/nobody", 100)
    assert subscriber.receive() == [] and subscriber.receive() == [], "no answer is no end"
    subscriber.catch_up = served
    received = subscriber.receive()
    assert numbers(received, STREAMS[0]) == [(0, n) for n in range(1246, 1250)] + [(1, n) for n in range(15)]
    assert numbers(received, STREAMS[1]) == [(1, 12), (1, 13), (1, 14)]
    assert subscriber.receive() == [], "each once"
    subscriber.close()


def check_requests(test: Test):
    catch_up = CatchUp(test.context, f"ipc://{test.folder}/catch-up")
    last = {r["stream"]: (r["epoch"], r["seq"]) for r in catch_up.snapshot()}
    assert last == {stream: (1, 14) for stream in STREAMS}, last
    header, results = catch_up.ask("REPLAY", f"{FEED}/{STREAMS[0]}", "0", "100", "1249")
    assert [r["seq"] for r in results] == list(range(100, 1100)), "one page"
    assert header == {"sig": 1, "request": "REPLAY", "results": 1000, "next": 1100, "oldest": 0}, header
    for unknown in (["lab/nobody", "0"], [f"{FEED}/{STREAMS[0]}", "7"], ["other/x", "0"]):
        header, results = catch_up.ask("REPLAY", *unknown, "0", "9")
        assert header == {"sig": 1, "request": "REPLAY", "results": 0} and not results, header
    header, results = catch_up.ask("SNAP", f"{FEED}/{STREAMS[0]}")
    assert [r["stream"] for r in results] == [STREAMS[1]]

    dealer = test.context.socket(zmq.DEALER)
    dealer.setsockopt(zmq.RCVTIMEO, 10_000)
    dealer.connect(f"ipc://{test.folder}/catch-up")
    for request in MALFORMED:
        dealer.send_multipart(request)
        (answer,) = dealer.recv_multipart()
        assert set(json.loads(answer)) == {"sig", "error", "results"}, (request, answer)
    dealer.send_multipart([b"SNAP"])
    assert len(dealer.recv_multipart()) == 1 + len(STREAMS), "it answers as before"
    dealer.close(linger=0)


def check_file(test: Test):
    """The table, by another SQLite than the daemon's reader, and what `sigstreamd history` makes of it."""
    database = sqlite3.connect(f"file:{test.path}?mode=ro", uri=True)
    bodies = [body for body, in database.execute("SELECT body FROM result ORDER BY id")]
    assert bodies == [body.decode() for body in test.published], "each result as it was published, in that order"
    columns = "feed, name, epoch, seq, start, t_start_us, t_end_us, t_pub_us, status, label"
    rows = database.execute(f"SELECT {columns} FROM result JOIN stream ON stream.id = stream").fetchall()
    keys = ["feed", "stream", "epoch", "seq", "start", "t_start_us", "t_end_us", "t_pub_us", "status", "label"]
    assert sorted(rows) == sorted(tuple(json.loads(body)[key] for key in keys) for body in bodies)
    database.close()

    results = sorted(map(json.loads, bodies), key=lambda r: r["t_end_us"])
    middle, label = results[len(results) // 2]["t_end_us"], results[0]["label"]
    moment = f"{np.datetime64(middle, 'us')}Z"

    def check(expected, *arguments):
        found = [json.loads(line) for line in test.history("--json", *arguments).splitlines()]
        assert sorted(map(str, found)) == sorted(map(str, expected)), f"{arguments}: {len(found)}, not {len(expected)}"
        assert [r["t_end_us"] for r in found] == sorted(r["t_end_us"] for r in found)

    check(results)
    check(results, "--since", "1h", "--feed", FEED)
    check([r for r in results if r["stream"] == STREAMS[0]], "--stream", STREAMS[0])
    check([r for r in results if r["label"] == label], "--label", label)
    check([r for r in results if r["t_end_us"] // 1000 * 1000 >= middle // 1000 * 1000], "--since", moment[:-4] + "Z")
    check([r for r in results if r["t_end_us"] // 1000 < middle // 1000], "--until", moment[:-4] + "Z")
    check([], "--since", "2100-01-01")
    check([], "--feed", "other")
    last = [json.loads(line) for line in test.history("--json", "--limit", "7").splitlines()]
    assert [r["t_end_us"] for r in last] == [r["t_end_us"] for r in results[-7:]]
    table = list(csv.DictReader(io.StringIO(test.history("--csv"))))
    assert sorted((r["stream"], r["epoch"], r["seq"], r["label"]) for r in table) == sorted(
        (r["stream"], str(r["epoch"]), str(r["seq"]), r["label"]) for r in results)  # fmt: skip
    assert len(test.history("--limit", "5").splitlines()) == 6, "titles and five lines"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sigstreamd", type=Path, required=True, help="the daemon's binary")
    parser.add_argument("--model", type=Path, required=True, help="a checkpoint for one channel and 128 samples")
    parser.add_argument("--timeout", type=float, default=100, help="seconds for everything")
    options = parser.parse_args()
    options.sigstreamd, options.model = options.sigstreamd.resolve(), options.model.resolve()
    with tempfile.TemporaryDirectory() as folder:
        test = Test(options, Path(folder))
        try:
            check_away(test)
            check_ended(test)
            check_requests(test)
            check_file(test)
            test.stop()
        except BaseException:
            print((Path(folder) / "log").read_text(errors="replace"))
            raise
        finally:
            test.daemon.kill()
            test.context.destroy(linger=0)
    print(f"{len(test.published)} results: none missed, all in the history")


if __name__ == "__main__":
    main()
