"""Feeds with `whenFull: block` are held up by workers that are too slow; meanwhile a publisher dies with much under way."""

import signal
import time
from pathlib import Path

import zmq

from harness import Report, message
from scenarios.rig import BLOCK, STANDARD_PROMISES, Rig

# Next to nothing is classified, until a reload with `ROOM`.
TIGHT, ROOM = "queue: { capacity: 8 }\nbatch: { maxSize: 4096, maxDelay: 5s }", "queue: { capacity: 65536 }"
BLOCKS, LOST_MESSAGES = 1000, 5000  # more than ZeroMQ's queue of a thousand messages takes
PROMISES = STANDARD_PROMISES | {
    "held": "the feeds are held up: most of what was sent is not read",
    "alive": "the daemon lives on when a publisher dies meanwhile",
}


def run(options, folder: Path, report: Report):
    seconds = 5 if options.short else 90
    block = "whenFull: block"
    rig = Rig(options, folder, {"lab": block, "torn": block}, more=TIGHT)
    torn = rig.senders.pop("torn")
    try:
        rig.start()
        for number in range(LOST_MESSAGES):
            torn.send_multipart(message("s", number * BLOCK, rig.samples[0]))
        for _ in range(BLOCKS):
            rig.send()
        rig.listener.listen(2)
        torn.close(linger=0)
        start = time.monotonic()
        rig.listener.listen_until(lambda: not rig.daemon.is_running, seconds)
        report.saw("alive", rig.daemon.is_running, f"{time.monotonic() - start:.0f} s after its publisher's death")
        read = rig.read("lab")
        report.saw("held", read < rig.sent / 2, f"{read} samples of {rig.sent} read")
        path = folder / "sigstreamd.yaml"
        path.write_text(path.read_text().replace(TIGHT, ROOM))
        rig.daemon.process.send_signal(signal.SIGHUP)
        rig.finish(report)
    finally:
        rig.close()
