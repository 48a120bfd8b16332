"""A dealer feed's connection is lost again and again, and its sender repeats what was not acknowledged when it was made anew."""

import sys
import time
from collections import defaultdict
from pathlib import Path

import zmq

from harness import REPOSITORY, Daemon, Listener, Report, Signal, free_port
from scenarios.rig import LENGTH, RATE

sys.path.insert(0, str(REPOSITORY / "examples/python"))

from reliable_sender import ReliableSender  # noqa: E402

STREAMS, HOP, BLOCK, BLOCKS_PER_SECOND = 32, 64, 4, 25
PROMISES = {
    "conservation": "windows formed = published + expired + dropped + in flight, in each heartbeat",
    "once": "the subscriber got each published result once, in order",
    "grid": "each stream stays in its first epoch, and has each window once: what comes again begins nothing anew",
    "stop": "the daemon stops on SIGTERM with exit code 0",
}
CONFIGURATION = """\
model: {model}
feeds:
  - {{ name: lab, endpoint: "tcp://127.0.0.1:{ports[0]}", socket: dealer, sampleRate: {rate},
       window: {{ length: {length}, hop: {hop} }} }}
output: {{ endpoint: "tcp://127.0.0.1:{ports[1]}" }}
# So that windows are done with while their samples come again.
batch: {{ maxSize: 512, maxDelay: 700ms }}
history: {{ path: history.sqlite }}
http: {{ listen: "127.0.0.1:{ports[2]}" }}
"""


class Sender(ReliableSender):
    """Keeps what it has when its connection is lost."""

    def lose_connection(self, context: zmq.Context, endpoint: str):
        self.close()
        self.peer, self.credit = None, 0
        end = time.monotonic() + 10
        while True:
            self.socket = context.socket(zmq.ROUTER)
            self.socket.linger = 0
            try:
                return self.socket.bind(endpoint)
            except zmq.ZMQError:  # its address is not free yet
                self.socket.close()
                if time.monotonic() > end:
                    raise
                time.sleep(0.005)


def run(options, folder: Path, report: Report):
    losses = 3 if options.short else 20
    context, ports = zmq.Context(), [free_port() for _ in range(3)]
    endpoint, starts, epochs = f"tcp://127.0.0.1:{ports[0]}", defaultdict(list), set()
    daemon = Daemon(options.sigstreamd, folder, CONFIGURATION.format(
        model=options.model, ports=ports, rate=RATE, length=LENGTH, hop=HOP), ports[2])  # fmt: skip

    def take(result: dict):
        epochs.add(result["epoch"])
        starts[result["stream"]].append(result["start"])

    sender, listener = Sender(context, endpoint), Listener(context, f"tcp://127.0.0.1:{ports[1]}", take)
    names, block = [f"s{number}" for number in range(STREAMS)], Signal(options.seed, 0, BLOCK).block(0)
    blocks = 0

    def send(seconds: float):
        nonlocal blocks
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            for name in names:
                sender.send(name, block)
            blocks += 1
            due = time.monotonic() + 1 / BLOCKS_PER_SECOND
            while (left := due - time.monotonic()) > 0:
                sender.serve(max(1, int(500 * left)))
                listener.listen(0)

    def expected() -> list[int]:
        return list(range(0, blocks * BLOCK - LENGTH + 1, HOP))

    try:
        daemon.start()
        daemon.wait_until_ready()
        listener.listen_until(lambda: listener.heartbeat is not None)
        for _ in range(losses):
            send(1.5)
            sender.lose_connection(context, endpoint)
        send(1)
        end = time.monotonic() + 20
        while time.monotonic() < end and any(starts[name] != expected() for name in names):
            sender.serve(10)
            listener.listen(0.05)
        code = daemon.stop()
        listener.check(report)
        wrong = [name for name in names if starts[name] != expected()]
        report.saw("grid", epochs == {0} and not wrong,
                   f"{losses} connections lost; {len(expected())} windows of each of {STREAMS} streams, epochs "
                   f"{sorted(epochs)}, other windows in {wrong[:3] or 'none'}")  # fmt: skip
        report.saw("stop", code == 0, f"exit code {code}")
    finally:
        daemon.kill()
        context.destroy(linger=0)
