"""Training against PyTorch, eager."""

import argparse
import json
import statistics
import sys
import time

import sigstreamd


def add_options(parser: argparse.ArgumentParser):
    parser.add_argument("--preset", default="base", choices=["base", "large", "tiny"])
    parser.add_argument("--window", type=int, default=1024, help="samples")
    parser.add_argument("--seconds", type=float, default=4.0, help="PyTorch's share of a round, at the least")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", action="store_true")


def compare(options, busy: float):
    import torch

    arguments = ["bench", "training", "--preset", options.preset, "--batch", options.batch,
                 "--threads", options.threads, "--json"]  # fmt: skip
    if options.window != 1024:
        arguments += ["--window", options.window]
    ours = lambda: json.loads(sigstreamd.run(options, *arguments))["sequencesPerSecond"]
    torch.set_num_threads(options.threads)
    rates = rounds(options, ours, pytorch_step(options.preset, options.batch, options.window))
    ratio = statistics.median(rates["sigstreamd"]) / statistics.median(rates["pytorch"])
    result = {"busyBefore": round(busy, 3), "unit": "sequences/s", "windowSamples": options.window} | rates
    result |= {"ratio": ratio, "what": "training", "batch": options.batch, "threads": options.threads}
    result |= {"torch": torch.__version__}
    print(json.dumps(result)) if options.json else report(result, options)


def pytorch_step(preset: str, batch: int, window: int):
    import torch

    sys.path.insert(0, str(sigstreamd.REPOSITORY / "tools/reference"))
    from sigstream_model import Architecture, SigstreamModel, decay_groups

    model = SigstreamModel(Architecture.preset(preset))
    x = torch.randn(batch, model.architecture.input_channels, window)
    labels = torch.randint(0, model.architecture.classes, (batch,))
    optimiser = torch.optim.AdamW(decay_groups(model, 0.01), lr=3e-4)
    model.train()

    def step():
        optimiser.zero_grad()
        torch.nn.functional.cross_entropy(model(x)[0], labels).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()

    return step


def rounds(options, ours, step) -> dict:
    for _ in range(3):
        step()
    rates = {"sigstreamd": [], "pytorch": []}
    for number in range(options.rounds):
        rates["sigstreamd"].append(ours())
        rates["pytorch"].append(rate(step, options.batch, options.seconds))
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


def report(result: dict, options):
    print(f"training, batch {options.batch}, {options.threads} thread(s), "
          f"{result['windowSamples']} samples, {options.rounds} rounds; {result['unit']}")  # fmt: skip
    print(f"{'':12}{'median':>10}{'min':>10}{'max':>10}")
    for name, label in {"sigstreamd": "sigstreamd", "pytorch": "PyTorch"}.items():
        values = result[name]
        print(f"{label:12}{statistics.median(values):10.1f}{min(values):10.1f}{max(values):10.1f}")
    print(f"ratio of the medians: {result['ratio']:.2f} (PyTorch {result['torch']})")
