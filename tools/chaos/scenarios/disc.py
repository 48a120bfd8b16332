"""The disc that the history is on is full for a while. It is a tmpfs, in a mount namespace of the daemon's own."""

import shutil
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from harness import MIB, REPOSITORY, Daemon, Report, free_port, wait_for
from scenarios.rig import STANDARD_PROMISES, Rig

sys.path.insert(0, str(REPOSITORY / "examples/python"))

from reliable_sender import ReliableSender  # noqa: E402

NAMESPACE = ["unshare", "--user", "--map-root-user", "--mount"]
IN_NAMESPACE = [*NAMESPACE, "sh", "-c", 'mount -t tmpfs -o size=96m tmpfs "$0" && exec "$@"']
# A window for each sample, so that what the daemon may hold back in memory fills soon.
HOP, STREAMS, LARGEST_WAITING = 1, 4, 16_384
PROMISES = STANDARD_PROMISES | {
    "publishes": "while the disc is full, publishing goes on",
    "waits": "the dealer feed gets no more credit once the history is behind, and loses nothing",
    "counts": "of each feed, results in the history + `history_lost` = published",
    "goes on": "when there is room again, what waited is written, and the dealer feed goes on",
    "log": "the log says so, at most once in 10 s",
}


class Disc:
    """The daemon's tmpfs, seen from outside of its namespace."""

    def __init__(self, daemon: Daemon, folder: Path):
        self.root, self.copy = Path(f"/proc/{daemon.process.pid}/root{folder}"), folder / "copy"

    def fill(self):
        with open(self.root / "ballast", "wb", buffering=0) as file:
            for size in (MIB, 4096):
                try:
                    while file.write(bytes(size)) == size:
                        pass
                except OSError:
                    pass  # the disc is full

    def empty(self):
        (self.root / "ballast").unlink()

    def results(self, feed: str) -> int:
        """Of a copy: SQLite would follow /proc/…/root out of the namespace. -1: it was copied in the middle of a commit."""
        shutil.rmtree(self.copy, ignore_errors=True)
        self.copy.mkdir()
        for file in self.root.glob("history.sqlite*"):
            shutil.copy(file, self.copy)
        database = sqlite3.connect(self.copy / "history.sqlite")
        try:
            query = "SELECT count(*) FROM result JOIN stream ON stream.id = stream WHERE feed = ?"
            return database.execute(query, [feed]).fetchone()[0]
        except sqlite3.DatabaseError:
            return -1
        finally:
            database.close()


def obstacle() -> str | None:
    """Why this can't be tried here."""
    is_possible = subprocess.run([*NAMESPACE, "true"], capture_output=True).returncode == 0
    return None if is_possible else "no user namespaces (unshare) on this machine"


class Full:
    def __init__(self, options, folder: Path, report: Report):
        self.options, self.report, self.folder = options, report, folder / "disc"
        self.folder.mkdir()
        dealer = free_port()
        # The plain feed's windows all get into the history's queue, or out of it: none are to be dropped before.
        self.rig = Rig(options, folder, {"plain": "whenFull: block"}, streams=STREAMS, hop=HOP,
                       more=f"history: {{ path: {self.folder}/history.sqlite, keep: 1d }}")  # fmt: skip
        configuration = folder / "sigstreamd.yaml"
        line = (f'  - {{ name: kept, endpoint: "tcp://127.0.0.1:{dealer}", socket: dealer, sampleRate: 100, '
                f"window: {{ length: 128, hop: {HOP} }} }}\noutput:")  # fmt: skip
        configuration.write_text(configuration.read_text().replace("output:", line))
        self.sender, self.sent = ReliableSender(self.rig.context, f"tcp://127.0.0.1:{dealer}"), 0

    def step(self, seconds: float):
        """Both feeds get about as much as they take."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if len(self.sender.waiting) < 10:
                self.sender.send("dear", np.zeros((50, 1), np.float32))
                self.sent += 50
            self.sender.serve(1)
            if self.rig.sent - self.rig.listener.received["plain"] < 4000:
                self.rig.send()
            self.rig.listener.listen(0.02)

    def step_until(self, condition, seconds: float) -> bool:
        return wait_for(condition, seconds, lambda: self.step(0.2))

    def run(self):
        rig, counts = self.rig, self.rig.listener.counts
        rig.start(*IN_NAMESPACE, f"{self.folder}")
        disc = Disc(rig.daemon, self.folder)
        self.step(1)
        disc.fill()
        full = time.monotonic()
        self.step_until(lambda: "the history can't be written" in rig.daemon.log(), 20)
        before = rig.listener.received["plain"]
        if self.options.short:
            self.step(1)
        else:
            self.step_until(lambda: counts("plain")["history_lost"] > 0, 120)
            self.step(12)
        published = rig.listener.received["plain"] - before
        self.report.saw("publishes", published > 0, f"{published} results in {time.monotonic() - full:.0f} s")
        self.look_at_credit()
        lines = rig.daemon.log(1 << 20).count("the history can't be written")
        most = 2 + (time.monotonic() - full) / 10
        self.report.saw("log", 0 < lines <= most, f"{lines} lines in {time.monotonic() - full:.0f} s")
        self.recover(disc)
        rig.finish(self.report)

    def look_at_credit(self):
        """Only the long form gets the history so far behind that the sender has to wait."""
        if not self.options.short:
            is_waiting = self.sender.credit == 0 and len(self.sender.waiting) > 0
            text = f"credit {self.sender.credit}, {len(self.sender.waiting)} messages wait"
            self.report.saw("waits", is_waiting, f"{text} while the disc is full")

    def recover(self, disc: Disc):
        rig, acknowledged = self.rig, self.sender.acknowledged.get("dear", 0)
        disc.empty()
        goes_on = self.step_until(lambda: self.sender.acknowledged.get("dear", 0) > acknowledged, 30)
        self.report.saw("goes on", goes_on, f"acknowledged to {acknowledged}, then {self.sender.acknowledged.get('dear', 0)}")
        end = time.monotonic() + 60
        windows = self.sent - 128 + 1
        while rig.listener.received["kept"] < windows and time.monotonic() < end:
            self.sender.serve(1)
            rig.listener.listen(0.05)
        lost = rig.listener.counts("kept")["history_lost"]
        is_whole = rig.listener.received["kept"] == windows and lost == 0
        self.report.saw("waits", is_whole, f"{windows} windows, {rig.listener.received['kept']} results, {lost} lost")
        rig.listener.listen_until(rig.is_settled, 60)
        for feed in ("plain", "kept"):
            self.compare(disc, feed)

    def compare(self, disc: Disc, feed: str):
        def numbers() -> tuple[int, int, int]:
            lost = int(self.rig.daemon.metric("sigstreamd_history_lost_results_total", feed=feed))
            return disc.results(feed), lost, self.rig.listener.received[feed]

        self.rig.listener.listen_until(lambda: sum(numbers()[:2]) == numbers()[2], 20)
        stored, lost, published = numbers()
        self.report.saw("counts", stored + lost == published, f"{feed}: {stored} + {lost} = {published}")


def run(options, folder: Path, report: Report):
    full = Full(options, folder, report)
    try:
        full.run()
    finally:
        full.rig.close()
