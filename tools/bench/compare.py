#!/usr/bin/env python3
"""Compares the speed of sigstreamd with other programs on the same machine, weights and windows.

    swift build -c release --product sigstreamd
    pip install onnx==1.23.2 onnxruntime==1.32.0 openvino==2026.4.1 nncf==3.4.0 numpy safetensors
    pip install "torch==2.13.0+cpu" --extra-index-url https://download.pytorch.org/whl/cpu
    python3 tools/bench/compare.py inference                     # float32, batch 1, 8 and 32, one and two threads
    python3 tools/bench/compare.py inference --precision float32 bf16 int8 --int8-model int8.safetensors
    python3 tools/bench/compare.py inference --batch 8 --threads 1 --rounds 3 --seconds 1   # a quick look
    python3 tools/bench/compare.py training                      # PyTorch; batch 32, two threads, 1024 samples

All take turns, round by round, so that what else the machine does falls on all. Medians of the rounds are compared; a
ratio above 1 says that sigstreamd is the faster. What is compared must compute the same, which is checked first.
"""

import argparse
import sys
from pathlib import Path

import inference
import machine
import training
from sigstreamd import REPOSITORY


def add_common(parser: argparse.ArgumentParser):
    parser.add_argument("--sigstreamd", type=Path, default=REPOSITORY / ".build/release/sigstreamd")
    parser.add_argument("--rounds", type=int, default=5)


def parse_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="what", required=True)
    add_common(command := commands.add_parser("inference"))
    command.set_defaults(compare=inference.compare)
    inference.add_options(command)
    add_common(command := commands.add_parser("training"))
    command.set_defaults(compare=training.compare)
    training.add_options(command)
    options = parser.parse_args()
    if not options.sigstreamd.exists():
        parser.error(f"{options.sigstreamd} is not there: swift build -c release --product sigstreamd")
    return options


def main():
    options = parse_options()
    busy = machine.busy_share()
    if busy > 0.05:
        print(f"warning: other programs take {busy:.0%} of the processors; compare on an idle machine", file=sys.stderr)
    options.compare(options, busy)


if __name__ == "__main__":
    main()
