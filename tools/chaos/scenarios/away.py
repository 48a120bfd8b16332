"""A subscriber goes away for a minute, and catches up when it is back."""

import sys
import time
from collections import defaultdict
from pathlib import Path

from harness import REPOSITORY, Report, free_port
from scenarios.rig import STANDARD_PROMISES, Rig

sys.path.insert(0, str(REPOSITORY / "examples/python"))

from catch_up import Subscriber  # noqa: E402

PROMISES = STANDARD_PROMISES | {
    "missed": "a subscriber that was away has each result once, in order, and as it was published",
}


class Traveller:
    """The subscriber of examples/python/catch_up.py, which remembers what it had when it goes away."""

    def __init__(self, rig: Rig, catch_up: str):
        self.rig, self.catch_up = rig, catch_up
        self.results: dict[str, list[dict]] = defaultdict(list)
        self.subscriber = self.connect()

    def connect(self) -> Subscriber:
        return Subscriber(self.rig.context, self.rig.endpoint("results"), self.catch_up)

    def leave(self):
        self.subscriber.close()

    def come_back(self):
        last, self.subscriber = self.subscriber.last, self.connect()
        self.subscriber.last = last

    def receive(self):
        while self.subscriber.socket.poll(0):
            for result in self.subscriber.receive():
                self.results[result["stream"]].append(result)

    @property
    def count(self) -> int:
        return sum(map(len, self.results.values()))


def run(options, folder: Path, report: Report):
    seconds = 1 if options.short else 60
    catch_up = f"tcp://127.0.0.1:{free_port()}"
    rig = Rig(options, folder, {"lab": ""}, streams=16, output=f'catchUp: {{ endpoint: "{catch_up}" }}',
              more="history: { path: history.sqlite, keep: 1d }")  # fmt: skip
    published: dict[str, list[dict]] = defaultdict(list)
    rig.listener.on_result = lambda result: published[result["stream"]].append(result)
    try:
        rig.start()
        traveller = Traveller(rig, catch_up)
        # A heartbeat says that its subscription has arrived: what was published before that it would not know of.
        rig.listener.listen_until(lambda: traveller.subscriber.socket.poll(0) > 0)

        def has_all() -> bool:
            traveller.receive()
            return traveller.count == sum(map(len, published.values()))

        rig.step_until(lambda: has_all() and traveller.count > 0)
        before, start = traveller.count, time.monotonic()
        traveller.leave()
        rig.step(seconds)
        away, missed = time.monotonic() - start, sum(map(len, published.values())) - before
        traveller.come_back()
        rig.step(0.5)
        rig.listener.listen_until(lambda: rig.is_settled() and has_all())
        report.saw("missed", missed > 0 and traveller.results == published,
                   f"away for {away:.0f} s and {missed} results; {traveller.count} of {rig.listener.received['lab']} in the end")  # fmt: skip
        rig.finish(report)
    finally:
        rig.close()
