#!/usr/bin/env python3
"""A subscriber that misses nothing: it sees by sequence numbers what did not come, and asks the daemon's history for it.

    pip install pyzmq
    python3 examples/python/catch_up.py tcp://127.0.0.1:5556 tcp://127.0.0.1:5557

Wants `history:` and `output: { catchUp: { endpoint: … } }` in the daemon's configuration. Prints a line for each result, in
order and each once; docs/wire.md describes the messages.
"""

import json
import logging
import math
import sys
import time
from collections.abc import Iterator

import zmq


class CatchUp:
    """Asks for results of the past, a page after the other."""

    def __init__(self, context: zmq.Context, endpoint: str, timeout_milliseconds: int = 2000):
        self.context, self.endpoint, self.timeout = context, endpoint, timeout_milliseconds

    def ask(self, *request: str) -> tuple[dict, list[dict]]:
        """One answer: what is said about it, and its results. A socket of its own: a REQ that got no answer is of no use."""
        with self.context.socket(zmq.REQ) as socket:
            socket.setsockopt(zmq.LINGER, 0)
            socket.setsockopt(zmq.RCVTIMEO, self.timeout)
            socket.connect(self.endpoint)
            socket.send_multipart([frame.encode() for frame in request])
            header, *results = socket.recv_multipart()
        header = json.loads(header)
        if "error" in header:
            raise ValueError(header["error"])
        return header, [json.loads(result) for result in results]

    def replay(self, stream: str, epoch: int, first: int, last: int) -> Iterator[dict]:
        """The results of `stream` (`<feed>/<name>`) with the numbers first…last, as far as the history has them."""
        while first is not None:
            header, results = self.ask("REPLAY", stream, str(epoch), str(first), str(last))
            yield from results
            first = header.get("next")

    def snapshot(self) -> Iterator[dict]:
        """The last result of every stream."""
        after = ""
        while after is not None:
            header, results = self.ask("SNAP", after)
            yield from results
            after = header.get("after")


class Subscriber:
    """Results in the order of each stream, those that were missed included. A stream that it has not heard of begins with
    the first result that comes."""

    # A pause of the heartbeats after which streams may have ended, and been forgotten, unheard.
    PAUSE_SECONDS = 5

    def __init__(self, context: zmq.Context, results: str, catch_up: str):
        self.socket = context.socket(zmq.SUB)
        self.socket.subscribe("label/")
        self.socket.subscribe("heartbeat/")
        self.socket.connect(results)
        self.catch_up = CatchUp(context, catch_up)
        self.last: dict[str, tuple[int, int]] = {}  # stream → epoch and number of the last result
        self.heard = -math.inf  # when a heartbeat came last after which nothing was missing

    def close(self):
        self.socket.close(linger=0)

    def receive(self) -> list[dict]:
        """Waits for a message; the results that it brings, or shows to be missing. What the history can't give just now is
        asked for again with the next message, and until then nothing newer of its stream is given out."""
        topic, body = self.socket.recv_multipart()
        body = json.loads(body)
        if topic == b"heartbeat/":
            return self.ended(body["streams"])
        stream, epoch, number = f"{body['feed']}/{body['stream']}", body["epoch"], body["seq"]
        results, is_all = self.missed(stream, epoch, number) if stream in self.last else ([], True)
        if is_all and (epoch, number) > self.last.get(stream, (-1, -1)):
            self.last[stream] = (epoch, number)
            results.append(body)
        return results

    def ended(self, numbers: dict[str, int]) -> list[dict]:
        """The results missed at the ends of streams: by the last numbers that a heartbeat has, which may be of an epoch not
        yet heard of, and after a pause by the last results that the history has."""
        ends = {stream: (epoch + 1, numbers[stream]) for stream, (epoch, number) in self.last.items()
                if numbers.get(stream, number) != number}  # fmt: skip
        is_back = time.monotonic() - self.heard > self.PAUSE_SECONDS
        try:
            for result in self.catch_up.snapshot() if is_back else ():
                stream, end = f"{result['feed']}/{result['stream']}", (result["epoch"], result["seq"])
                if end > self.last.get(stream, end):
                    ends[stream] = end
            is_all = True
        except (zmq.Again, ValueError) as problem:
            logging.warning("the last results: %s", problem)
            is_all = False
        missed = [self.missed(stream, epoch, number + 1) for stream, (epoch, number) in ends.items()]
        if is_all and all(is_complete for _, is_complete in missed):
            self.heard = time.monotonic()
        return [result for results, _ in missed for result in results]

    def missed(self, stream: str, epoch: int, number: int) -> tuple[list[dict], bool]:
        """The results between the last one and (epoch, number), and of an epoch left behind all that is left, as far as the
        history gives them; and whether it does."""
        results = []
        last_epoch, last = self.last[stream]
        try:
            for each in range(last_epoch, epoch + 1):
                first = last + 1 if each == last_epoch else 0
                end = number if each == epoch else 2**62
                for result in self.catch_up.replay(stream, each, first, end - 1) if first < end else ():
                    results.append(result)
                    self.last[stream] = (result["epoch"], result["seq"])
        except (zmq.Again, ValueError) as problem:
            logging.warning("%s: %s", stream, problem)
            return results, False
        return results, True


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    subscriber = Subscriber(zmq.Context.instance(), *sys.argv[1:])
    while True:
        for result in subscriber.receive():
            print(result["feed"], result["stream"], result["epoch"], result["seq"], result.get("label"), flush=True)


if __name__ == "__main__":
    main()
