"""A publisher or a subscriber that tools/chaos/churn may kill; all of it is told on the command line.

    peer.py push|xpub ENDPOINT SEED STREAM SOURCE COUNTER     # sends numbered blocks until SIGTERM
    peer.py subscribe ENDPOINT
"""

import signal
import sys
import time
from pathlib import Path

import zmq

from harness import Signal, message

BLOCK, BLOCKS_PER_SECOND = 50, 20


def publish(kind: str, endpoint: str, seed: str, stream: str, source: str, counter: str):
    """Goes on behind the number in the file `counter`, which is written before a block is sent: none is sent twice."""
    is_stopping = False

    def stop(*_):
        nonlocal is_stopping
        is_stopping = True

    signal.signal(signal.SIGTERM, stop)
    file, samples = Path(counter), Signal(int(seed), int(stream), BLOCK)
    number = int(file.read_text() or 0) if file.exists() else 0
    peer = zmq.Context().socket(getattr(zmq, kind.upper()))
    peer.linger = 5000
    if kind == "xpub":
        peer.bind(endpoint)
        if number == 0:
            peer.poll()  # the first one must not be lost: what is missing is counted from there
    else:
        peer.connect(endpoint)
    due = time.monotonic()
    while not is_stopping:
        if peer.poll(100, zmq.POLLOUT):
            partial = file.with_suffix(".new")
            partial.write_text(f"{number + 1}")
            partial.rename(file)
            peer.send_multipart(message(source, number * BLOCK, samples.block(number)))
            number += 1
        due = max(due + 1 / BLOCKS_PER_SECOND, time.monotonic() - 0.5)
        time.sleep(max(0, due - time.monotonic()))
    peer.close()
    peer.context.term()


def subscribe(endpoint: str):
    peer = zmq.Context().socket(zmq.SUB)
    peer.subscribe("")
    peer.connect(endpoint)
    while True:
        peer.recv_multipart()


if __name__ == "__main__":
    if sys.argv[1] == "subscribe":
        subscribe(*sys.argv[2:])
    else:
        publish(*sys.argv[1:])
