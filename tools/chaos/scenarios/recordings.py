"""What the daemon records while its disc is full, and when it is killed in the middle of a block."""

import struct
import time
import zlib
from pathlib import Path

import numpy as np

from harness import Report, Signal
from scenarios.disc import IN_NAMESPACE, Disc, obstacle
from scenarios.rig import BLOCK, STANDARD_PROMISES, Rig

__all__ = ["PROMISES", "obstacle", "run"]

PROMISES = STANDARD_PROMISES | {
    "publishes": "while the disc is full, publishing goes on",
    "counts": "samples recorded + lost to the recordings = samples read",
    "goes on": "when there is room again, recording goes on",
    "log": "the log says so, at most once in 10 s",
    "true": "every sample in the files is the one that was sent with its index",
    "killed": "after kill -9, all but the last two seconds is in the files, and the next daemon goes on in the folder",
}
HEAD = struct.Struct("<4sII I q q q d I H H H H")


def blocks(folder: Path):
    """(stream, first frame, samples) of each whole block, read as docs/learning.md has it; a torn tail ends a file."""
    for path in sorted(folder.glob("*.segment")):
        content, offset = path.read_bytes(), 0
        while offset + HEAD.size <= len(content):
            mark, head_sum, samples_sum, size, *_, first, _, _, _, channels, name, units, _ = HEAD.unpack_from(content, offset)
            start = offset + HEAD.size + name + units
            samples = content[start : start + size]
            if mark != b"SEGB" or len(samples) < size:
                break
            assert zlib.crc32(content[offset + 8 : start]) == head_sum and zlib.crc32(samples) == samples_sum, path
            yield content[offset + HEAD.size :][:name].decode(), first, np.frombuffer(samples, "<f4").reshape(-1, channels)
            offset = start + size


def check(report: Report, folder: Path, seed: int, promise: str = "true") -> int:
    """Compares with what `Rig` sends; the samples there are."""
    sent = np.concatenate([Signal(seed, 0, BLOCK).block(number) for number in range(64)])
    count, wrong = 0, 0
    for _, first, samples in blocks(folder):
        expected = sent[(first + np.arange(len(samples))) % len(sent)]
        count, wrong = count + samples.size, wrong + int((samples != expected).sum())
    report.saw(promise, count > 0 and wrong == 0, f"{count} samples in the files, {wrong} of them wrong")
    return count


def copy(disc: Disc, folder: Path) -> Path:
    folder.mkdir()
    for path in (disc.root / "recordings/plain").glob("*.segment"):
        (folder / path.name).write_bytes(path.read_bytes())
    return folder


def fill_disc(options, folder: Path, report: Report):
    place = folder / "disc"
    place.mkdir()
    rig = Rig(options, folder, {"plain": ""}, more=f"record: {{ path: {place}/recordings }}")
    try:
        rig.start(*IN_NAMESPACE, f"{place}")
        disc, metric = Disc(rig.daemon, place), rig.daemon.metric
        rig.step_until(lambda: metric("sigstreamd_recorded_samples_total") > 0, 20)
        disc.fill()
        rig.step_until(lambda: metric("sigstreamd_record_lost_samples_total") > 0, 60)
        before, full = rig.listener.received["plain"], time.monotonic()
        rig.step(1 if options.short else 30)
        seconds, published = time.monotonic() - full, rig.listener.received["plain"] - before
        report.saw("publishes", published > 0, f"{published} results in {seconds:.0f} s")
        lines = rig.daemon.log(1 << 20).count("samples can't be recorded")
        report.saw("log", 0 < lines <= 2 + seconds / 10, f"{lines} lines")
        disc.empty()
        written = metric("sigstreamd_recorded_samples_total")
        rig.step_until(lambda: metric("sigstreamd_recorded_samples_total") > written, 20)
        report.saw("goes on", metric("sigstreamd_recorded_samples_total") > written, "more was written")
        rig.listener.listen_until(rig.is_settled, 30)

        def figures() -> list[int]:
            names = ("sigstreamd_recorded_samples_total", "sigstreamd_record_lost_samples_total")
            return [*(int(metric(name)) for name in names), rig.sent]

        rig.listener.listen_until(lambda: sum(figures()[:2]) == figures()[2], 10)
        recorded, lost, sent = figures()
        report.saw("counts", recorded + lost == sent, f"{recorded} + {lost} = {sent}")
        found = check(report, copy(disc, folder / "copy"), options.seed)
        report.saw("counts", found == recorded, f"{found} in the files")
        rig.finish(report)
    finally:
        rig.close()


def kill(options, folder: Path, report: Report):
    rig = Rig(options, folder, {"plain": ""}, more=f"record: {{ path: {folder}/recordings }}")
    try:
        for _ in range(2 if options.short else 20):
            first = rig.sent
            rig.start()
            rig.step(3, interval=0.02)
            rig.daemon.kill()
            files = folder / "recordings/plain"
            # A hundred messages are two seconds.
            count = sum(samples.size for _, start, samples in blocks(files) if start >= first // len(rig.streams))
            due = rig.sent - first - 100 * BLOCK * len(rig.streams)
            report.check("killed", count >= due > 0, f"{count} samples of {rig.sent - first} sent")
        check(report, files, options.seed, "killed")
    finally:
        rig.close()


def run(options, folder: Path, report: Report):
    fill_disc(options, folder, report)
    (folder / "kill").mkdir()
    kill(options, folder / "kill", report)
