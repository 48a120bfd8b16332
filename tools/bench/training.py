"""Training against PyTorch: eager and compiled, in float32 and with bfloat16 autocast."""

import argparse
import json
import statistics
import sys
import time

import sigstreamd

OURS = ("float32", "bf16")
PEERS = {"eager float32": (False, False), "eager bf16": (False, True), "compiled float32": (True, False),
         "compiled bf16": (True, True)}  # fmt: skip


def add_options(parser: argparse.ArgumentParser):
    parser.add_argument("--preset", default="base", choices=["base", "large", "tiny"])
    parser.add_argument("--window", type=int, default=1024, help="samples")
    parser.add_argument("--seconds", type=float, default=4.0, help="each PyTorch setting's share of a round, at least")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--precision", nargs="+", default=list(OURS), choices=OURS)
    parser.add_argument("--peers", nargs="+", default=list(PEERS), choices=list(PEERS))
    parser.add_argument("--json", action="store_true")


def compare(options, busy: float):
    import torch

    torch.set_num_threads(options.threads)
    torch.set_flush_denormal(True)
    steps = {name: pytorch_step(options, *PEERS[name]) for name in options.peers}
    for step in steps.values():  # compiles, and settles the allocator
        for _ in range(3):
            step()
    rates = rounds(options, steps)
    result = {"what": "training", "unit": "sequences/s", "batch": options.batch, "threads": options.threads,
              "windowSamples": options.window, "torch": torch.__version__, "busyBefore": round(busy, 3),
              "rates": rates, "ratios": ratios(rates)}  # fmt: skip
    print(json.dumps(result)) if options.json else report(result, options)


def our_rate(options, precision: str) -> float:
    arguments = ["bench", "training", "--preset", options.preset, "--batch", options.batch, "--threads",
                 options.threads, "--window", options.window, "--precision", precision, "--json"]  # fmt: skip
    return json.loads(sigstreamd.run(options, *arguments))["sequencesPerSecond"]


def pytorch_step(options, is_compiled: bool, is_rounded: bool):
    import torch

    sys.path.insert(0, str(sigstreamd.REPOSITORY / "tools/reference"))
    from sigstream_model import Architecture, SigstreamModel, decay_groups

    model = SigstreamModel(Architecture.preset(options.preset))
    x = torch.randn(options.batch, model.architecture.input_channels, options.window)
    labels = torch.randint(0, model.architecture.classes, (options.batch,))
    optimiser = torch.optim.AdamW(decay_groups(model, 0.01), lr=3e-4, fused=True)
    model.train()
    forward = torch.compile(model) if is_compiled else model

    def step():
        optimiser.zero_grad()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=is_rounded):
            loss = torch.nn.functional.cross_entropy(forward(x)[0], labels)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()

    return step


def rounds(options, steps: dict) -> dict:
    rates = {f"sigstreamd {precision}": [] for precision in options.precision}
    rates |= {f"PyTorch {name}": [] for name in steps}
    for number in range(options.rounds):
        for precision in options.precision:
            rates[f"sigstreamd {precision}"].append(our_rate(options, precision))
        for name, step in steps.items():
            rates[f"PyTorch {name}"].append(rate(step, options.batch, options.seconds))
        if not options.json:
            latest = ", ".join(f"{name} {values[-1]:.1f}" for name, values in rates.items())
            print(f"round {number + 1}: {latest}", file=sys.stderr)
    return rates


def rate(step, sequences_per_step: int, seconds: float) -> float:
    """Sequences a second of `step`, repeated for at least `seconds`."""
    start, steps = time.perf_counter(), 0
    while (elapsed := time.perf_counter() - start) < seconds:
        step()
        steps += 1
    return steps * sequences_per_step / elapsed


def ratios(rates: dict) -> dict:
    """Ours by PyTorch's best: float32 by its best in float32, bf16 by its best of all."""
    medians = {name: statistics.median(values) for name, values in rates.items()}
    peers = {name: value for name, value in medians.items() if name.startswith("PyTorch")}
    exact = {name: value for name, value in peers.items() if name.endswith("float32")}
    best = {"sigstreamd float32": exact, "sigstreamd bf16": peers}
    return {name: medians[name] / max(of.values()) for name, of in best.items() if name in medians and of}


def report(result: dict, options):
    print(f"training, batch {options.batch}, {options.threads} thread(s), "
          f"{options.window} samples, {options.rounds} rounds; {result['unit']}; PyTorch {result['torch']}")  # fmt: skip
    print(f"{'':26}{'median':>10}{'min':>10}{'max':>10}")
    for name, values in result["rates"].items():
        print(f"{name:26}{statistics.median(values):10.1f}{min(values):10.1f}{max(values):10.1f}")
    for name, ratio in result["ratios"].items():
        print(f"{name}: {ratio:.2f} times PyTorch's best{' in float32' if name.endswith('float32') else ''}")
