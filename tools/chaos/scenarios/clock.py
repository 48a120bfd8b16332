"""The date steps by an hour, on and back. A library that is preloaded, step_clock.c, gives the daemon (and it alone) such a date."""

import mmap
import random
import shutil
import struct
import subprocess
import time
from pathlib import Path

from harness import Report
from scenarios.rig import STANDARD_PROMISES, Rig

STEP_SECONDS, DEADLINE_SECONDS = 3600, 5
PROMISES = STANDARD_PROMISES | {
    "steps": "the daemon's date does step",
    "results": "no window expires, is late or is dropped for it",
    "ages": f"ages are what they would be without: 0 to {DEADLINE_SECONDS} s",
    "heart": "heartbeats go on, and it stays ready",
}


def obstacle() -> str | None:
    """Why this can't be tried here."""
    return None if shutil.which("cc") else "no C compiler (cc) on this machine"


class Clock:
    """The daemon's date."""

    def __init__(self, folder: Path):
        self.library, path = folder / "step_clock.so", folder / "offset"
        source = Path(__file__).with_name("step_clock.c")
        subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", self.library, source, "-ldl"], check=True)
        path.write_bytes(bytes(8))
        with open(path, "r+b") as file:
            self.page = mmap.mmap(file.fileno(), 8)
        self.environment = {"LD_PRELOAD": f"{self.library}", "STEP_CLOCK": f"{path}"}

    def step_to(self, seconds: int):
        self.page[:] = struct.pack("=q", seconds)


def run(options, folder: Path, report: Report):
    rng, clock = random.Random(options.seed), Clock(folder)
    # Batches wait for a while, so that windows are under way at each step.
    rig = Rig(options, folder, {"lab": f"deadline: {DEADLINE_SECONDS}s, whenLate: flag"}, streams=8,
              more="batch: { maxSize: 64, maxDelay: 200ms }\nhistory: { path: history.sqlite, keep: 1d }")  # fmt: skip
    ages: list[int] = []
    rig.listener.on_result = lambda result: ages.append(result["age_us"])
    try:
        rig.start(environment=clock.environment)
        rig.step(2)
        for number in range(4 if options.short else 100):
            offset = rng.choice([-1, 1]) * STEP_SECONDS if number % 2 == 0 else 0
            clock.step_to(offset)
            beats = rig.listener.heartbeats
            rig.step(rng.uniform(0.1, 0.8))
            is_alive = rig.step_until(lambda: rig.listener.heartbeats > beats + 1, 10)
            report.check("heart", is_alive and rig.daemon.is_ready(), f"silent after a step to {offset} s")
            seen = rig.listener.heartbeat["t_us"] / 1e6 - time.time()
            report.check("steps", abs(seen - offset) < 60, f"the date is {seen:.0f} s off, not {offset}")
        rig.finish(report)
    finally:
        rig.close()
    counts = rig.listener.counts("lab")
    losses = {key: counts[key] for key in ("expired", "dropped", "late", "late_samples", "missing_samples", "history_lost")}
    report.saw("results", not any(losses.values()), f"{counts['published']} results; {losses}")
    report.saw("ages", 0 <= min(ages) and max(ages) < DEADLINE_SECONDS * 1e6,
               f"{min(ages) / 1e3:.1f} to {max(ages) / 1e3:.1f} ms")  # fmt: skip
