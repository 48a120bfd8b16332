"""More clients connect than the daemon may have file descriptors for."""

import contextlib
import socket
import time
from pathlib import Path

import zmq

from harness import Report
from scenarios.rig import STANDARD_PROMISES, Rig

LIMIT, STRANGERS = 96, 300
PROMISES = STANDARD_PROMISES | {
    "serves": "those who are connected are served as before",
    "full": "the daemon does reach its limit, and lives",
    "recovers": "once they are gone, new clients are served, and pages too",
}


def strangers(ports: list[int]) -> contextlib.ExitStack:
    """Connections that say nothing."""
    stack = contextlib.ExitStack()
    for number in range(STRANGERS):
        with contextlib.suppress(OSError):  # the queue of connections to be accepted is full too
            stack.enter_context(socket.create_connection(("127.0.0.1", ports[number % len(ports)]), timeout=0.5))
    return stack


def run(options, folder: Path, report: Report):
    rig = Rig(options, folder, {"lab": ""})
    try:
        rig.start("sh", "-c", f'ulimit -n {LIMIT}; exec "$@"', "sh")
        rig.step(2)
        for _ in range(1 if options.short else 5):
            most = 0
            with strangers([rig.ports["results"], rig.ports["lab"], rig.ports["http"]]):
                before, cpu, start = rig.listener.received.total(), rig.daemon.cpu_seconds(), time.monotonic()
                while time.monotonic() < start + (2 if options.short else 8) and rig.daemon.is_running:
                    rig.step(0.2)
                    most = max(most, rig.daemon.descriptors())
                served = rig.listener.received.total() - before
                share = (rig.daemon.cpu_seconds() - cpu) / (time.monotonic() - start)
            report.saw("full", rig.daemon.is_running and most >= LIMIT - 4, f"{most} of {LIMIT} descriptors, CPU {share:.0%}")
            if not rig.daemon.is_running:
                return
            report.saw("serves", served > 0, f"{served} results meanwhile")
            newcomer = rig.connect(zmq.SUB, "results")
            is_served = rig.step_until(lambda: newcomer.poll(0) > 0, 20)
            has_pages = rig.step_until(rig.daemon.is_ready, 20)
            report.saw("recovers", is_served and has_pages,
                       f"new subscriber {'served' if is_served else 'not served'}, /readyz {rig.daemon.page('/readyz')[0]}")  # fmt: skip
            newcomer.close()
        rig.finish(report)
    finally:
        rig.close()
