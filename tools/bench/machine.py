"""What the measuring runs on."""

import os
import platform
import time
from importlib import metadata
from pathlib import Path

FLAGS = ["avx2", "fma", "avx512f", "avx512_vnni", "avx_vnni", "avx512_bf16", "amx_bf16", "amx_int8"]


def busy_share(seconds: float = 1.0) -> float:
    """The share of the processors' time that others take now. Threads that wait for one another suffer most."""
    read = lambda: list(map(int, Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]))
    before = read()
    time.sleep(seconds)
    spent = [b - a for a, b in zip(before, read())]
    return 1 - (spent[3] + spent[4]) / max(1, sum(spent))  # idle and waiting for input


def description() -> dict:
    return {
        "processor": cpu_info("model name") or platform.processor(),
        "cores": len(physical_cores()),
        "extensions": [flag for flag in FLAGS if flag in cpu_info("flags").split()],
        "memoryGiB": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
    }


def cpu_info(key: str) -> str:
    """A line of /proc/cpuinfo, of its first processor; empty where the kernel has no such line."""
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == key:
            return value.strip()
    return ""


def versions(*packages: str) -> dict[str, str]:
    """Those of the installed ones."""
    found = {}
    for package in packages:
        try:
            found[package] = metadata.version(package)
        except metadata.PackageNotFoundError:
            pass
    return found


def physical_cores() -> list[int]:
    """One logical processor of each core that this process may use: siblings would share the arithmetic units."""
    cores = {}
    for processor in sorted(os.sched_getaffinity(0)):
        topology = Path(f"/sys/devices/system/cpu/cpu{processor}/topology")
        read = lambda name: (topology / name).read_text().strip() if (topology / name).exists() else processor
        cores.setdefault((read("physical_package_id"), read("core_id")), processor)
    return list(cores.values())
