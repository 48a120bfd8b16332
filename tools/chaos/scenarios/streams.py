"""Two thousand streams in one feed."""

import time
from collections import Counter
from pathlib import Path

from harness import MIB, Report
from scenarios.rig import BLOCK, HOP, LENGTH, STANDARD_PROMISES, Rig

STREAMS, OTHER_BYTES = 2000, 16 * MIB
BYTES = STREAMS * 8 * LENGTH + OTHER_BYTES
PROMISES = STANDARD_PROMISES | {
    "each": "each stream gets the results of all of its windows",
    "memory": f"they take 8 bytes for each sample of their windows, and less than {OTHER_BYTES // MIB} MiB beside",
    "fair": "in an overload they share: Jain's index is at least 0.95",
}


def run(options, folder: Path, report: Report):
    rig = Rig(options, folder, {"lab": ""}, STREAMS, more="queue: { capacity: 4096 }")
    results: Counter[str] = Counter()
    rig.listener.on_result = lambda result: results.update([result["stream"]])
    try:
        rig.start()
        memory = rig.daemon.resident_bytes()
        for _ in range(4 if options.short else 40):
            rig.send()
            rig.listener.listen_until(rig.is_settled, 60)
        rig.listener.listen(0.2)
        windows = (rig.blocks * BLOCK - LENGTH) // HOP + 1
        numbers = [results[stream] for stream in rig.streams]
        report.saw("each", set(numbers) == {windows}, f"{windows} windows of each of {STREAMS} streams; "
                   f"results {min(numbers)} to {max(numbers)}")  # fmt: skip
        growth = rig.daemon.resident_bytes() - memory
        report.saw("memory", growth < BYTES, f"{memory / MIB:.1f} MiB, then {growth / MIB:+.1f}; {BYTES / MIB:.1f} allowed")
        overload(options, rig, results, report)
        rig.finish(report)
    finally:
        rig.close()


def overload(options, rig: Rig, results: Counter, report: Report):
    """All blocks at once, round after round."""
    results.clear()
    start = time.monotonic()
    for _ in range(8 if options.short else 100):
        rig.send()
        rig.listener.listen(0)
    rig.listener.listen_until(rig.is_settled, 120)
    rig.listener.listen(0.2)
    counts = [results[stream] for stream in rig.streams]
    index = sum(counts) ** 2 / (len(counts) * sum(count * count for count in counts))
    dropped = int(rig.daemon.metric("sigstreamd_windows_total", feed="lab", outcome="dropped"))
    report.saw("fair", index >= 0.95, f"{index:.4f}; {min(counts)} to {max(counts)} results, {dropped} windows dropped "
               f"in {time.monotonic() - start:.0f} s")  # fmt: skip
