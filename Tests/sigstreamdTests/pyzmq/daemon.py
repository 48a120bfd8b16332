"""Runs `sigstreamd run` for a test, with feed and result sockets that this side has bound already."""

import contextlib
import json
import signal
import socket
import subprocess
import time
from pathlib import Path

import zmq

CONFIGURATION = """\
model: {model}
feeds:
  - name: {feed}
    endpoint: {samples}
    sampleRate: {rate}
    window: {{ length: {length}, hop: {hop} }}
batch: {{ maxSize: {batch}, maxDelay: 5ms }}
output: {{ endpoint: "{results}", mode: connect }}
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def running(binary: Path, config: Path):
    """The process of a daemon, and its log's path; the log is printed if the body fails."""
    path = config.with_suffix(".log")
    with open(path, "wb") as log:
        process = subprocess.Popen([binary, "run", "--config", config], stdout=log, stderr=log)
    try:
        yield process, path
    except BaseException:
        print(path.read_text(errors="replace"))
        raise
    finally:
        process.kill()  # without effect on one that has ended
        process.wait()
        zmq.Context.instance().destroy(linger=0)


class Daemon:
    """The daemon connects to both sockets, so no port has to be guessed: XPUB tells when its subscription has come."""

    def __init__(self, binary: Path, folder: Path, timeout_seconds: float, **configuration):
        self.deadline = time.monotonic() + timeout_seconds
        context = zmq.Context.instance()
        self.samples, self.results = context.socket(zmq.XPUB), context.socket(zmq.SUB)
        self.samples.setsockopt(zmq.XPUB_NODROP, 1)  # a full queue makes send wait: nothing may be lost here
        self.results.setsockopt(zmq.RCVHWM, 0)
        self.results.subscribe(b"")
        ports = [socket.bind_to_random_port("tcp://127.0.0.1") for socket in (self.samples, self.results)]
        endpoints = [f"tcp://127.0.0.1:{port}" for port in ports]
        path, self.log_path = folder / "sigstreamd.yaml", folder / "sigstreamd.log"
        path.write_text(CONFIGURATION.format(samples=endpoints[0], results=endpoints[1], **configuration))
        with open(self.log_path, "wb") as log:
            self.process = subprocess.Popen([binary, "run", "--config", path], stdout=log, stderr=log)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.process.kill()  # without effect on one that has ended
        self.process.wait()
        zmq.Context.instance().destroy(linger=0)
        if kind is not None:
            print(f"--- the daemon's log ---\n{self.log_path.read_text(errors='replace')}")

    def wait_until_ready(self):
        """Until samples and results both pass: the daemon has subscribed, and its first heartbeat has come."""
        self.receive_from(self.samples)
        while self.receive()[0] != "heartbeat/":
            pass

    def receive(self) -> tuple[str, dict]:
        """The next message of the result socket: topic and JSON."""
        topic, body = self.receive_from(self.results)
        return topic.decode(), json.loads(body)

    def receive_from(self, socket) -> list[bytes]:
        """A multipart message; fails when the daemon ends, or the time is over."""
        while True:
            assert self.process.poll() is None, f"the daemon ended with exit code {self.process.returncode}"
            assert time.monotonic() < self.deadline, "the time was over before all had come"
            if socket.poll(100):
                return socket.recv_multipart()

    def terminate(self) -> tuple[int, str]:
        """SIGTERM; the exit code and the log."""
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(max(1.0, self.deadline - time.monotonic()))
        return code, self.log_path.read_text(errors="replace")
