"""Runs this repository's program."""

import os
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]


def run(options, *arguments, cores: list[int] | None = None) -> str:
    """What the program writes; leaves with its message where it fails. `cores`: the only ones it may use."""
    result = attempt(options, *arguments, cores=cores)
    if result.returncode != 0:
        sys.exit(f"{' '.join(result.args)}: exit code {result.returncode}\n{result.stderr.strip()}")
    return result.stdout


def attempt(options, *arguments, cores: list[int] | None = None) -> subprocess.CompletedProcess:
    command = [str(options.sigstreamd), *map(str, arguments)]
    pin = None if cores is None else lambda: os.sched_setaffinity(0, cores)
    return subprocess.run(command, capture_output=True, text=True, preexec_fn=pin)
