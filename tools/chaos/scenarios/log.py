"""Nobody takes what the daemon writes to its log, as where a terminal is stopped or the journal hangs."""

import os
from pathlib import Path

from harness import Report
from scenarios.rig import STANDARD_PROMISES, Rig

PROMISES = STANDARD_PROMISES | {
    "log": "once somebody reads the log again, what the daemon had to say comes",
}


class StuckPipe:
    """A pipe without room, in the place of standard error."""

    def __init__(self, folder: Path):
        self.path = folder / "stderr"
        os.mkfifo(self.path)
        self.end = os.open(self.path, os.O_RDWR | os.O_NONBLOCK)
        self.text = b""
        self.fill()

    def fill(self):
        for size in (4096, 1):
            try:
                while os.write(self.end, b"-" * size):
                    pass
            except BlockingIOError:
                pass

    def read(self):
        try:
            while piece := os.read(self.end, 65536):
                self.text += piece
        except BlockingIOError:
            pass

    def has(self, text: bytes) -> bool:
        self.read()
        return text in self.text


def run(options, folder: Path, report: Report):
    pipe = StuckPipe(folder)
    rig = Rig(options, folder, {"lab": ""}, more="log: { level: debug }")
    try:
        rig.start("sh", "-c", 'exec "$@" 2>"$0"', f"{pipe.path}")
        rig.step(1 if options.short else 20)
        results = rig.listener.received["lab"]
        has_spoken = rig.step_until(lambda: pipe.has(b"ready: 1 feed"))
        report.saw("log", results > 0 and has_spoken, f"{results} results while nobody read")
        pipe.fill()
        rig.finish(report)
    finally:
        rig.close()
