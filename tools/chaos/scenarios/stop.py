"""The daemon is stopped (SIGSTOP) for a while, and goes on (SIGCONT), again and again."""

import random
import signal
import socket
import time
from pathlib import Path

from harness import Report
from scenarios.rig import STANDARD_PROMISES, Rig

DEADLINE_SECONDS, WATCHDOG_SECONDS = 0.5, 4
PROMISES = STANDARD_PROMISES | {
    "expire": f"with `whenLate: expire` nothing is published that is older than the deadline ({DEADLINE_SECONDS} s)",
    "flag": "with `whenLate: flag` all is published, and what is older says so",
    "ready": "after each stop it is ready again",
    "watchdog": "and feeds the watchdog again",
}


class Manager:
    """The end of NOTIFY_SOCKET where systemd would be."""

    def __init__(self, folder: Path):
        self.path = folder / "notify"
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(f"{self.path}")
        self.socket.setblocking(False)

    @property
    def environment(self) -> dict[str, str]:
        return {"NOTIFY_SOCKET": f"{self.path}", "WATCHDOG_USEC": f"{WATCHDOG_SECONDS * 1_000_000}"}

    def has_heard_watchdog(self) -> bool:
        heard = False
        try:
            while message := self.socket.recv(4096):
                heard = heard or b"WATCHDOG=1" in message
        except BlockingIOError:
            return heard
        return heard


def run(options, folder: Path, report: Report):
    rng, manager = random.Random(options.seed), Manager(folder)
    longest, stops = (2, 2) if options.short else (30, 8)
    pauses = [0.1, *(rng.uniform(0.1, longest) for _ in range(stops - 2)), longest]
    policies = {name: f"deadline: {DEADLINE_SECONDS}s, whenLate: {name}" for name in ("expire", "flag")}
    # Room for all that comes at once after the longest stop.
    rig = Rig(options, folder, policies, more="queue: { capacity: 65536 }")
    rig.header = lambda: {"t_us": time.time_ns() // 1000}
    wrong: dict[str, list] = {"expire": [], "flag": []}

    def look(result: dict):
        if result["late"] != (result["age_us"] > DEADLINE_SECONDS * 1e6):
            wrong[result["feed"]].append(result)

    rig.listener.on_result = look
    try:
        rig.start(environment=manager.environment)
        for seconds in pauses:
            rig.step(rng.uniform(0.3, 1.0))
            rig.daemon.process.send_signal(signal.SIGSTOP)
            rig.step(seconds)
            manager.has_heard_watchdog()
            rig.daemon.process.send_signal(signal.SIGCONT)
            report.check("ready", rig.step_until(rig.daemon.is_ready, 20), f"not ready after {seconds:.1f} s")
            report.check("watchdog", rig.step_until(manager.has_heard_watchdog, 20), f"not fed after {seconds:.1f} s")
        rig.step(0.5)
        rig.finish(report)
    finally:
        rig.close()
    expire, flag = rig.listener.counts("expire"), rig.listener.counts("flag")
    report.saw("expire", not wrong["expire"] and expire["expired"] > 0,
               f"{expire['published']} published, {expire['expired']} expired; stopped {len(pauses)} times for "
               f"{sum(pauses):.1f} s; older ones {wrong['expire'][:1] or 'none'}")  # fmt: skip
    report.saw("flag", not wrong["flag"] and flag["expired"] == 0 and flag["published"] == flag["formed"],
               f"{flag['published']} published of {flag['formed']}, {flag['late']} late; "
               f"wrongly flagged {wrong['flag'][:1] or 'none'}")  # fmt: skip
