#!/usr/bin/env python3
"""Measures the daemon as a process: the time from its start until it is ready, and its memory under load.

    swift build -c release --product sigstreamd
    python3 tools/bench/daemon.py                        # the example's model, batch 32, three minutes of load

The daemon says when it is ready as it does to systemd. The load is the example's recording, sent again and again at
`--speed` times real time: 1.4 windows a second for each. Memory is what the kernel counts as resident (VmRSS), and the
part of it that is the daemon's own and no file's (RssAnon).
"""

import argparse
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]

CONFIGURATION = """
model: {model}
feeds:
  - name: ecg
    endpoint: ipc://{folder}/samples
    socket: sub
    mode: bind
    sampleRate: 360
    window: {{ length: 1024, hop: 256 }}
batch: {{ maxSize: {batch}, maxDelay: 20ms }}
workers: {workers}
output: {{ endpoint: "ipc://{folder}/results", mode: bind }}
"""


class Daemon:
    """A running daemon; `ready` is the time that it took, in seconds."""

    def __init__(self, program: Path, configuration: Path):
        manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        manager.bind(f"\0sigstreamd-bench-{os.getpid()}")
        manager.settimeout(30)
        environment = dict(os.environ, NOTIFY_SOCKET="@" + manager.getsockname()[1:].decode())
        start = time.monotonic()
        self.process = subprocess.Popen(
            [program, "run", "--config", configuration], env=environment, stderr=subprocess.DEVNULL)
        while b"READY=1" not in manager.recv(4096):
            pass
        self.ready = time.monotonic() - start
        manager.close()

    def memory(self) -> tuple[float, float]:
        """VmRSS and RssAnon in MiB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        fields = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
        return tuple(int(fields[name].split()[0]) / 1024 for name in ("VmRSS", "RssAnon"))

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sigstreamd", type=Path, default=REPOSITORY / ".build/release/sigstreamd")
    parser.add_argument("--model", type=Path, default=REPOSITORY / "examples/ecg/ecg.safetensors")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--speed", type=float, default=40)
    parser.add_argument("--seconds", type=float, default=180, help="of load")
    parser.add_argument("--starts", type=int, default=11)
    options = parser.parse_args()
    if not options.sigstreamd.exists():
        sys.exit(f"{options.sigstreamd}: build it first: swift build -c release --product sigstreamd")

    with tempfile.TemporaryDirectory() as folder:
        configuration = Path(folder, "sigstreamd.yaml")
        configuration.write_text(CONFIGURATION.format(
            folder=folder, model=options.model.resolve(), batch=options.batch, workers=options.workers))
        times = []
        for _ in range(options.starts):
            daemon = Daemon(options.sigstreamd, configuration)
            times.append(daemon.ready)
            daemon.stop()
        print(f"ready after {statistics.median(times):.3f} s (median of {options.starts}; "
              f"{min(times):.3f} to {max(times):.3f})")

        daemon = Daemon(options.sigstreamd, configuration)
        try:
            print("resident at the start %.1f MiB, of it %.1f its own" % daemon.memory())
            load(daemon, options, f"ipc://{folder}/samples")
        finally:
            daemon.stop()


def load(daemon: Daemon, options, endpoint: str):
    """Keeps the daemon busy and prints its memory eight times on the way."""
    command = [options.sigstreamd, "replay", REPOSITORY / "examples/ecg/119", "--endpoint", endpoint,
               "--channels", "MLII", "--speed", str(options.speed)]
    start = time.monotonic()
    replay = None
    try:
        for part in range(1, 9):
            while time.monotonic() - start < options.seconds * part / 8:
                if replay is None or replay.poll() is not None:
                    replay = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
                time.sleep(0.1)
            print("after %4.0f s of load %.1f MiB, of it %.1f its own" % (time.monotonic() - start, *daemon.memory()))
    finally:
        if replay is not None:
            replay.terminate()
            replay.wait()


if __name__ == "__main__":
    main()
