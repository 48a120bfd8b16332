"""What the scripts of this folder share: a daemon to do things to, somebody who listens to it, and the report of it all."""

import argparse
import collections
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import numpy as np
import zmq

REPOSITORY = Path(__file__).resolve().parents[2]
MIB = 1 << 20


def make_parser(documentation: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=documentation, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sigstreamd", type=Path, default=REPOSITORY / ".build/release/sigstreamd")
    parser.add_argument("--model", type=Path, default=REPOSITORY / "Tests/ClassifierTests/Goldens/tiny.safetensors")
    parser.add_argument("--seed", type=int, default=1)
    return parser


def parse(parser: argparse.ArgumentParser) -> argparse.Namespace:
    options = parser.parse_args()
    options.sigstreamd, options.model = options.sigstreamd.resolve(), options.model.resolve()
    if not options.sigstreamd.exists():
        sys.exit(f"{options.sigstreamd}: build it first: swift build -c release --product sigstreamd")
    return options


def wait_for(
    condition: Callable[[], bool], seconds: float = 30, meanwhile: Callable[[], None] = lambda: time.sleep(0.05)
) -> bool:
    """Whether `condition` holds in time; `meanwhile`: what is done, for a short time, before each further look."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        meanwhile()
    return True


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def message(source: str, start: int, samples: np.ndarray, **more) -> list[bytes]:
    """The frames of samples (frames, channels) float32; `more`: other keys of the header."""
    header = {"sig": 1, "source": source, "dtype": "float32", "shape": samples.shape, "start": start} | more
    return [json.dumps(header).encode(), samples.tobytes()]


def is_conserved(counts: dict) -> bool:
    """Whether each window of a feed is accounted for, by its counters in a heartbeat."""
    ends = sum(counts[key] for key in ("published", "expired", "dropped", "in_flight"))
    return counts["formed"] == ends and counts["in_flight"] >= 0


class Report:
    """Promises, each with what was seen of it. One that was never looked at is not kept."""

    def __init__(self, promises: dict[str, str]):
        self.promises, self.checks = promises, collections.Counter()
        self.broken, self.seen = collections.defaultdict(list), collections.defaultdict(list)

    def check(self, promise: str, is_kept: bool, found: str):
        """`found`: what to print if the promise was not kept."""
        self.checks[promise] += 1
        if not is_kept:
            self.broken[promise].append(found)

    def saw(self, promise: str, is_kept: bool, found: str):
        """`found`: what to print either way."""
        self.check(promise, is_kept, found)
        self.seen[promise].append(found)

    def is_kept(self, name: str) -> bool:
        return self.checks[name] > 0 and not self.broken[name]

    def print(self) -> bool:
        """Whether all were kept."""
        for name, promise in self.promises.items():
            lines = self.broken[name][:3] or self.seen[name] or [f"{self.checks[name]} times looked at"]
            print(f"{'kept  ' if self.is_kept(name) else 'BROKEN'} {promise}")
            print("\n".join(f"       {line}" for line in lines), flush=True)
        return all(map(self.is_kept, self.promises))


class Daemon:
    """`sigstreamd run` in a folder, with a configuration and a log (added to by one daemon after the other)."""

    def __init__(self, sigstreamd: Path, folder: Path, configuration: str, http_port: int | None = None):
        self.sigstreamd, self.folder, self.http_port = sigstreamd, folder, http_port
        (folder / "sigstreamd.yaml").write_text(configuration)
        self.process: subprocess.Popen | None = None

    def start(self, *prefix: str, environment: dict[str, str] | None = None):
        """`prefix`: a command that runs the one that follows in its own place, with the same process identifier."""
        command = [*prefix, self.sigstreamd, "run", "--config", self.folder / "sigstreamd.yaml"]
        with open(self.folder / "sigstreamd.log", "ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, env=os.environ | (environment or {}))

    @property
    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def kill(self):
        if self.is_running:
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
            self.process.wait()

    def stop(self) -> int:
        """Ends it with SIGTERM; its exit code."""
        self.process.send_signal(signal.SIGTERM)
        try:
            return self.process.wait(60)
        except subprocess.TimeoutExpired:
            self.kill()
            return self.process.returncode

    def log(self, size: int = 3000) -> str:
        return (self.folder / "sigstreamd.log").read_text(errors="replace")[-size:]

    # What the system says of the process.

    def resident_bytes(self) -> int:
        return int(Path(f"/proc/{self.process.pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def descriptors(self) -> int:
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def threads(self) -> int:
        return len(os.listdir(f"/proc/{self.process.pid}/task"))

    def cpu_seconds(self) -> float:
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    # What it says of itself.

    def page(self, path: str) -> tuple[int, str]:
        """The status and the text of a page; status 0: no answer."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.http_port}{path}", timeout=5) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError as error:
            return 0, f"{error}"

    def is_ready(self) -> bool:
        return self.page("/readyz")[0] == 200

    def wait_until_ready(self):
        wait_for(lambda: not self.is_running or self.is_ready())
        assert self.is_ready(), f"the daemon does not get ready:\n{self.log()}"

    def metric(self, name: str, **labels: str) -> float:
        """The sum of a metric's samples that have these labels."""
        pairs = [f'{key}="{value}"' for key, value in labels.items()]
        lines = [line for line in self.page("/metrics")[1].splitlines() if line.startswith((f"{name} ", f"{name}{{"))]
        return sum(float(line.rsplit(" ", 1)[1]) for line in lines if all(pair in line for pair in pairs))


class Listener:
    """A subscriber that was there from the beginning and is never too slow. All calls from one thread."""

    def __init__(self, context: zmq.Context, endpoint: str, on_result: Callable[[dict], None] = lambda result: None):
        self.socket, self.on_result = context.socket(zmq.SUB), on_result
        self.socket.linger, self.socket.rcvhwm = 0, 0
        for topic in ("label/", "heartbeat/"):
            self.socket.subscribe(topic)
        self.socket.connect(endpoint)
        self.received = collections.Counter()  # by feed
        self.last: dict[str, tuple[int, int]] = {}  # stream → epoch and number of the last result
        self.skipped = collections.Counter()  # by feed: numbers that were passed over
        self.disorder: list[str] = []
        self.heartbeat: dict | None = None
        self.heartbeats = 0
        self.unconserved: list[str] = []

    def listen(self, seconds: float):
        """Takes what comes, for so long."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if self.socket.poll(max(1, int(1000 * left))):
                self.take(*self.socket.recv_multipart())

    def listen_until(self, condition: Callable[[], bool], seconds: float = 30) -> bool:
        return wait_for(condition, seconds, lambda: self.listen(0.05))

    def take(self, topic: bytes, body: bytes):
        body = json.loads(body)
        if topic == b"heartbeat/":
            self.heartbeat, self.heartbeats = body, self.heartbeats + 1
            self.unconserved += [f"{name}: {feed}" for name, feed in body["feeds"].items() if not is_conserved(feed)]
            return
        self.received[body["feed"]] += 1
        stream = f"{body['feed']}/{body['stream']}"
        epoch, number = self.last.get(stream, (body["epoch"], -1))
        if body["epoch"] > epoch and body["seq"] == 0:
            number = -1  # a feed that was started anew, or a stream that was forgotten, counts from 0
        if body["seq"] <= number or body["epoch"] < epoch:
            self.disorder.append(f"{stream}: {(body['epoch'], body['seq'])} after {(epoch, number)}")
        self.skipped[body["feed"]] += max(0, body["seq"] - number - 1)
        self.last[stream] = (body["epoch"], body["seq"])
        self.on_result(body)

    def counts(self, feed: str) -> dict:
        return self.heartbeat["feeds"][feed]

    def check(self, report: Report):
        """For the promises `conservation` and `once`, after the daemon's stop: its last heartbeat has the final counts."""
        self.listen(0.5)
        report.saw("conservation", self.heartbeats > 0 and not self.unconserved,
                   f"{self.heartbeats} heartbeats, {len(self.unconserved)} wrong {self.unconserved[:1] or ''}")  # fmt: skip
        feeds = self.heartbeat["feeds"] if self.heartbeat else {}
        published = {name: counts["published"] for name, counts in feeds.items()}
        received = {name: self.received[name] for name in published}
        # A number without a result is one of a window that was counted as expired or dropped.
        is_explained = all(self.skipped[name] <= counts["expired"] + counts["dropped"] for name, counts in feeds.items())
        report.saw("once", bool(feeds) and received == published and is_explained and not self.disorder,
                   f"received {received}, published {published}; numbers passed over {dict(self.skipped)}, "
                   f"out of order {self.disorder[:3] or 'none'}")  # fmt: skip


class Signal:
    """The samples of a stream, the same ones whenever they are asked for."""

    def __init__(self, seed: int, stream: int, block: int = 50):
        self.seed, self.stream, self.block_frames = seed, stream, block

    def block(self, number: int) -> np.ndarray:
        noise = np.random.default_rng((self.seed, self.stream, number)).standard_normal(self.block_frames)
        return noise.astype(np.float32)[:, None]

    def window(self, start: int, length: int) -> np.ndarray:
        first, last = start // self.block_frames, (start + length - 1) // self.block_frames
        samples = np.concatenate([self.block(number)[:, 0] for number in range(first, last + 1)])
        return samples[start - first * self.block_frames :][:length]


def differences(options, folder: Path, windows: list[np.ndarray], probabilities: list[list[float]]) -> np.ndarray:
    """For each window, how far its published probabilities are from those of `sigstreamd classify`."""
    np.save(folder / "windows.npy", np.stack([window[None] for window in windows]))
    command = [options.sigstreamd, "classify", "--model", options.model]
    command += ["--windows", folder / "windows.npy", "--logits", folder / "logits.npy"]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    logits = np.load(folder / "logits.npy").astype(np.float64)
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.abs(np.array(probabilities) - powers / powers.sum(axis=1, keepdims=True)).max(axis=1)
