#!/usr/bin/env python3
"""A sender whose samples are not lost when the daemon, or the connection, is: for feeds with `socket: dealer`.

It sends no more messages than the daemon grants, keeps samples until the daemon acknowledges them, and sends those again that
were not when the daemon comes back. docs/wire.md describes the messages. To try it with a sine:

    pip install numpy pyzmq
    python3 examples/python/reliable_sender.py tcp://127.0.0.1:5555
"""

import json
import sys
import time
from collections import deque

import numpy as np
import zmq


class ReliableSender:
    """A ROUTER socket that one daemon's dealer feed connects to. All calls from one thread."""

    def __init__(self, context: zmq.Context, endpoint: str):
        self.socket = context.socket(zmq.ROUTER)
        self.socket.setsockopt(zmq.LINGER, 0)
        self.socket.bind(endpoint)
        self.peer, self.credit = None, 0
        self.kept: dict[str, deque] = {}  # stream → blocks (first sample, samples) that are not acknowledged
        self.waiting: deque = deque()  # (stream, first sample, samples) still to be sent
        self.end: dict[str, int] = {}  # stream → the next sample's index
        self.sent: dict[str, int] = {}  # stream → the index that follows the last sample that was sent
        self.acknowledged: dict[str, int] = {}  # stream → the first sample that is not

    def close(self):
        self.socket.close()

    def send(self, stream: str, samples: np.ndarray):
        """Takes samples (frames, channels) float32, to be sent when there is credit."""
        block = (self.end.get(stream, 0), samples)
        self.end[stream] = block[0] + len(samples)
        self.kept.setdefault(stream, deque()).append(block)
        self.waiting.append((stream, *block))
        self.push()

    def serve(self, milliseconds: int):
        """Takes what the daemon says, waiting so long for it, and sends what may be sent."""
        while self.socket.poll(milliseconds):
            peer, kind, body = self.socket.recv_multipart()
            body = json.loads(body)
            if kind == b"HELLO":
                self.peer, self.credit = peer, 0
            elif peer != self.peer:
                continue  # left over from a connection that is gone
            self.credit += body["credit"]
            for stream, sample in body["acknowledged"].items():
                self.forget(stream, sample)
            if kind == b"HELLO":
                self.waiting = deque((stream, *block) for stream, blocks in self.kept.items() for block in blocks)
            milliseconds = 0
        self.push()

    def forget(self, stream: str, sample: int):
        """Samples before `sample` need not be kept."""
        if sample > self.sent.get(stream, 0):
            return  # of a sender that was here before, and sent more than this one has
        self.acknowledged[stream] = sample
        blocks = self.kept.get(stream, deque())
        while blocks and blocks[0][0] + len(blocks[0][1]) <= sample:
            blocks.popleft()

    def push(self):
        while self.credit > 0 and self.waiting:
            stream, first, samples = self.waiting.popleft()
            header = {"htype": "array-1.0", "type": "float32", "shape": list(samples.shape)}
            header |= {"source": stream, "start": first}
            self.socket.send_multipart([self.peer, json.dumps(header).encode(), samples.tobytes()])
            self.sent[stream] = max(self.sent.get(stream, 0), first + len(samples))
            self.credit -= 1


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sender = ReliableSender(zmq.Context.instance(), sys.argv[1])
    rate, block = 360, 36
    due = time.monotonic()
    for number in range(2**40):
        seconds = np.arange(number * block, (number + 1) * block) / rate
        sender.send("sine", np.sin(2 * np.pi * seconds).astype(np.float32)[:, None])
        due += block / rate
        while (left := due - time.monotonic()) > 0:
            sender.serve(max(1, int(left * 1000)))


if __name__ == "__main__":
    main()
