"""A daemon with `pull` feeds, somebody who sends steady streams to them, and one who listens: what most scenarios begin with."""

import time
from collections.abc import Callable
from pathlib import Path

import zmq

from harness import Daemon, Listener, Report, Signal, free_port, message, wait_for

LENGTH, HOP, RATE, BLOCK = 128, 32, 100, 50
STANDARD_PROMISES = {
    "conservation": "windows formed = published + expired + dropped + in flight, in each heartbeat",
    "once": "the subscriber got each published result once, in order",
    "read": "each sample that was sent was read once",
    "stop": "the daemon stops on SIGTERM with exit code 0",
}

CONFIGURATION = """\
model: {model}
feeds:
{feeds}
output: {{ endpoint: "tcp://127.0.0.1:{results}"{output} }}
http: {{ listen: "127.0.0.1:{http}" }}
{more}
"""
FEED = (
    '  - {{ name: {name}, endpoint: "tcp://127.0.0.1:{port}", socket: pull, mode: bind, '
    "sampleRate: {rate}, window: {{ length: {length}, hop: {hop} }}{options} }}"
)


class Rig:
    """All calls from one thread."""

    def __init__(self, options, folder: Path, feeds: dict[str, str], streams: int = 4, more: str = "", hop: int = HOP,
                 output: str = ""):  # fmt: skip
        """`feeds`: by name, further keys of its configuration; `output`: further keys of the configuration's `output`;
        `more`: further lines of the configuration."""
        self.context, self.folder, self.hop = zmq.Context(), folder, hop
        self.ports = {name: free_port() for name in [*feeds, "results", "http"]}
        lines = [FEED.format(name=name, port=self.ports[name], rate=RATE, length=LENGTH, hop=hop, options=keys and f", {keys}")
                 for name, keys in feeds.items()]  # fmt: skip
        self.daemon = Daemon(options.sigstreamd, folder, CONFIGURATION.format(
            model=options.model, feeds="\n".join(lines), results=self.ports["results"], http=self.ports["http"],
            more=more, output=output and f", {output}"), self.ports["http"])  # fmt: skip
        self.listener = Listener(self.context, self.endpoint("results"))
        self.senders = {name: self.connect(zmq.PUSH, name) for name in feeds}
        self.streams, self.blocks = [f"s{number}" for number in range(streams)], 0
        self.samples = [Signal(options.seed, 0, BLOCK).block(number) for number in range(64)]
        self.send_due = 0.0
        # Further keys of the headers to come.
        self.header: Callable[[], dict] = dict

    def endpoint(self, name: str) -> str:
        return f"tcp://127.0.0.1:{self.ports[name]}"

    def connect(self, kind: int, name: str) -> zmq.Socket:
        peer = self.context.socket(kind)
        peer.linger, peer.sndhwm = 0, 0
        if kind == zmq.SUB:
            peer.subscribe("")
        peer.connect(self.endpoint(name))
        return peer

    def start(self, *prefix: str, environment: dict[str, str] | None = None):
        self.daemon.start(*prefix, environment=environment)
        self.daemon.wait_until_ready()
        self.listener.listen_until(lambda: self.listener.heartbeat is not None)

    def close(self):
        self.daemon.kill()
        self.context.destroy(linger=0)

    def send(self):
        """A block of each stream to each feed."""
        header, block = self.header(), self.samples[self.blocks % len(self.samples)]
        for sender in self.senders.values():
            for stream in self.streams:
                sender.send_multipart(message(stream, self.blocks * BLOCK, block, **header))
        self.blocks += 1

    def step(self, seconds: float, interval: float = 0.1):
        """Sends and listens for so long, a block each `interval`."""
        end = time.monotonic() + seconds
        while (now := time.monotonic()) < end:
            if now >= self.send_due:
                self.send()
                self.send_due = max(self.send_due + interval, now - 1)
            self.listener.listen(max(0, min(self.send_due, end) - time.monotonic()))

    def step_until(self, condition: Callable[[], bool], seconds: float = 30) -> bool:
        return wait_for(condition, seconds, lambda: self.step(0.1))

    @property
    def sent(self) -> int:
        """Samples, to each feed."""
        return self.blocks * BLOCK * len(self.streams)

    def read(self, feed: str) -> int:
        return int(self.daemon.metric("sigstreamd_input_samples_total", feed=feed))

    def is_settled(self) -> bool:
        """Whether all that was sent was read, and each of its windows has come to its end."""
        return (all(self.read(name) == self.sent for name in self.senders)
                and all(self.daemon.metric("sigstreamd_windows_formed_total", feed=name)
                        == sum(self.daemon.metric("sigstreamd_windows_total", feed=name, outcome=outcome)
                               for outcome in ("published", "failed", "expired", "dropped"))
                        for name in self.senders))  # fmt: skip

    def finish(self, report: Report):
        """Stops the daemon and looks at STANDARD_PROMISES."""
        self.listener.listen_until(self.is_settled, 60)
        read = {name: self.read(name) for name in self.senders}
        code = self.daemon.stop()
        report.saw("read", all(count == self.sent for count in read.values()), f"{self.sent} sent to each feed, read {read}")
        self.listener.check(report)
        report.saw("stop", code == 0, f"exit code {code}")
