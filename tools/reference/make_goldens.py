"""Makes the PyTorch goldens of Tests/ClassifierTests/Goldens; the README.md beside them says what each file holds.

    pip install "torch==2.13.0+cpu" safetensors numpy --extra-index-url https://download.pytorch.org/whl/cpu
    python3 tools/reference/make_goldens.py

Every number is computed in float32 and in float64 and must agree before it is written (float32 is what is written), so a
golden is never a number that float32 cannot hold to the tolerance of the tests. The same versions give the same bytes.

Generated weights
-----------------
The weights of `base` are 10 MB, so they are not committed: this script and the tests compute the same values. For each
tensor of the checkpoint, whatever the order:

    state = FNV-1a of the tensor's name in UTF-8: h = 0xcbf29ce484222325; per byte: h = (h xor byte) · 0x100000001b3 mod 2⁶⁴
    next  = splitmix64: state += 0x9e3779b97f4a7c15; z = state; z = (z xor z>>30) · 0xbf58476d1ce4e5b9;
            z = (z xor z>>27) · 0x94d049bb133111eb; z = z xor z>>31                        (all mod 2⁶⁴)
    u     = Double(next >> 11) · 2⁻⁵³, in [0, 1), one for each element in row-major order

and the element is Float(value), value computed in Double as

    …num_batches_tracked (int64, 0-d)           0
    …running_var                                0.5 + u
    …running_mean                               0.2 · (2u − 1)
    other 1-d tensors ending in .weight (norms) 0.8 + 0.4 · u
    1-d tensors ending in .bias                 0.1 · (2u − 1)
    3-d (convolutions) [out, in, k]             (2u − 1) · sqrt(6 / (in · k))
    2-d (linear) [out, in]                      (2u − 1) · sqrt(3 / in)
"""

import argparse
import copy
import dataclasses
import platform
from pathlib import Path

import numpy as np
import safetensors
import torch
import torch.nn.functional as F
from safetensors.torch import save_file

from checkpoint import write_checkpoint
from sigstream_model import Architecture, SigstreamModel, check_parameter_counts, decay_groups

OUTPUT = Path(__file__).resolve().parents[2] / "Tests/ClassifierTests/Goldens"
FOCAL_GAMMA = 2.0
DISTILLATION_TEMPERATURE = 4.0
DISTILLATION_ALPHA = 0.7
SIZE_LIMIT_BYTES = 4_000_000

# What is kept of the weights after ten steps, and of the gradients of the focal loss.
FINAL_TENSORS = ["stem.conv.weight", "stem.norm.weight", "stem.norm.running_var", "stages.2.down.conv.weight",
                 "layers.1.attn.in_proj.weight", "layers.1.ff.down.bias", "head.norm.weight", "head.out.weight"]  # fmt: skip
FOCAL_GRADIENTS = ["stem.conv.weight", "stages.1.blocks.0.se.reduce.weight", "layers.0.attn.in_proj.weight",
                   "head.out.weight"]  # fmt: skip


# ---- Weights -----------------------------------------------------------------------------------------------------


def splitmix_uniform(name: str, count: int) -> np.ndarray:
    """`count` doubles in [0, 1) that depend on nothing but the tensor's name."""
    state = 0xCBF29CE484222325
    for byte in name.encode():
        state = ((state ^ byte) * 0x100000001B3) % 2**64
    steps = np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    z = np.uint64(state) + steps  # uint64 arithmetic wraps, as it should
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    z = z ^ (z >> np.uint64(31))
    return (z >> np.uint64(11)).astype(np.float64) * 2.0**-53


def generated_tensor(name: str, shape: torch.Size) -> torch.Tensor:
    if name.endswith("num_batches_tracked"):
        return torch.tensor(0, dtype=torch.int64)
    u = splitmix_uniform(name, shape.numel())
    if name.endswith("running_var"):
        value = 0.5 + u
    elif name.endswith("running_mean"):
        value = 0.2 * (2 * u - 1)
    elif len(shape) == 1:
        value = 0.8 + 0.4 * u if name.endswith(".weight") else 0.1 * (2 * u - 1)
    else:
        variance_times_3 = 6.0 if len(shape) == 3 else 3.0
        value = (2 * u - 1) * np.sqrt(variance_times_3 / shape[1:].numel())
    return torch.from_numpy(value.astype(np.float32)).reshape(shape)


def generated_model(architecture: Architecture) -> SigstreamModel:
    model = SigstreamModel(architecture, dropout=0.0)
    model.load_state_dict({k: generated_tensor(k, v.shape) for k, v in model.state_dict().items()}, strict=True)
    return model


# ---- Inputs ------------------------------------------------------------------------------------------------------


def signals(seed: int, B: int, C: int, L: int) -> torch.Tensor:
    """Sines in noise, [B, C, L]: structure enough that the windows differ from one another."""
    g = torch.Generator().manual_seed(seed)
    time = torch.arange(L, dtype=torch.float64)
    frequency = torch.rand(B, C, 1, generator=g, dtype=torch.float64) * 0.2 + 0.01
    phase = torch.rand(B, C, 1, generator=g, dtype=torch.float64) * 6.28
    noise = torch.randn(B, C, L, generator=g, dtype=torch.float64)
    return (torch.sin(6.28 * frequency * time + phase) + 0.5 * noise).float()


def padded(x: torch.Tensor, valid: torch.Tensor) -> torch.Tensor:
    """x with zeros at and beyond each window's `valid`."""
    return x * (torch.arange(x.shape[-1]) < valid[:, None])[:, None, :]


# ---- Computations, each of them run in both precisions -----------------------------------------------------------


def loss_of(logits, labels, kind="cross-entropy"):
    """Means over the batch. focal: (1 − p)^γ · −log p of the true class, arXiv:1708.02002."""
    negative_log_p = F.cross_entropy(logits, labels, reduction="none")
    if kind == "focal":
        negative_log_p = (1 - torch.exp(-negative_log_p)) ** FOCAL_GAMMA * negative_log_p
    return negative_log_p.mean()


def evaluation(model, x, valid=None, suffix=""):
    with torch.no_grad():
        logits, embedding = model.eval()(x, valid)
    return {f"logits{suffix}": logits, f"embedding{suffix}": embedding}


def training_pass(model, x, labels, valid=None, kind="cross-entropy"):
    """Loss, logits, all gradients and the running statistics after one forward pass in training mode."""
    model.train()
    logits, _ = model(x, valid)
    loss = loss_of(logits, labels, kind)
    loss.backward()
    out = {"loss": loss.detach(), "logits": logits.detach()}
    out |= {f"grad.{name}": p.grad for name, p in model.named_parameters()}
    out |= {f"after.{name}": b for name, b in model.named_buffers() if "running" in name}
    return out


def optimiser_steps(model, batches, labels):
    """AdamW steps, one on each batch; clipped to a global norm of 1 (PyTorch's norm + 1e-6 in the divisor)."""
    model.train()
    optimiser = torch.optim.AdamW(decay_groups(model, 0.01), lr=3e-4, betas=(0.9, 0.999), eps=1e-8)
    losses, norms = [], []
    for x, y in zip(batches, labels):
        optimiser.zero_grad()
        loss = loss_of(model(x)[0], y)
        loss.backward()
        norms.append(torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0))
        optimiser.step()
        losses.append(loss.detach())
    out = {"losses": torch.stack(losses), "gradient_norms": torch.stack(norms)}
    final = {f"final.{name}": t.detach() for name, t in model.state_dict().items() if name in FINAL_TENSORS}
    return out | final


def loss_values(logits, labels, class_weights):
    """Losses on given logits, their gradients with respect to the logits. Weighted: Σ w·l / Σ w, as PyTorch has it."""
    losses = {
        "cross_entropy": lambda v: F.cross_entropy(v, labels),
        "smoothed": lambda v: F.cross_entropy(v, labels, label_smoothing=0.1),
        "weighted": lambda v: F.cross_entropy(v, labels, weight=class_weights.to(v.dtype)),
        "focal": lambda v: loss_of(v, labels, "focal"),
    }
    out = {}
    for name, loss in losses.items():
        v = logits.clone().requires_grad_()
        value = loss(v)
        value.backward()
        out |= {f"loss.{name}": value.detach(), f"grad.{name}": v.grad}
    return out


def distillation_values(logits, labels, class_weights, teacher):
    """Learning from a teacher beside the labels (arXiv:1503.02531): (1 − α) · CE + α · T² · KL(q ‖ p), weighted as CE."""
    v = logits.clone().requires_grad_()
    weights = class_weights.to(v.dtype)
    T, alpha = DISTILLATION_TEMPERATURE, DISTILLATION_ALPHA
    divergences = F.kl_div(
        F.log_softmax(v / T, dim=1), F.log_softmax(teacher / T, dim=1), reduction="none", log_target=True
    ).sum(dim=1)
    of_window = weights[labels]
    divergence = (of_window * divergences).sum() / of_window.sum()
    loss = (1 - alpha) * F.cross_entropy(v, labels, weight=weights) + alpha * T**2 * divergence
    loss.backward()
    return {"loss.distilled": loss.detach(), "grad.distilled": v.grad}


def is_zero_gradient(name: str) -> bool:
    """A constant added to all scores of a softmax changes nothing: these gradients are 0 but for rounding."""
    return name.startswith("grad.pool.") and name.endswith("score.bias")


def in_both_precisions(compute, *arguments, tolerance=1e-4, zero=1e-7):
    """compute(*arguments) in float32, once it agrees with float64 to `tolerance` of each tensor's largest entry."""
    is_model = lambda v: isinstance(v, torch.nn.Module)
    cast = lambda v: v.double() if is_model(v) or (torch.is_tensor(v) and v.is_floating_point()) else v
    copies = lambda: [copy.deepcopy(v) if is_model(v) else v for v in arguments]
    exact = compute(*map(cast, copies()))
    single = compute(*copies())
    worst = 0.0
    for name, value in single.items():
        error = (value.double() - exact[name]).abs().max().item()
        scale = exact[name].abs().max().item()
        if is_zero_gradient(name):
            assert value.abs().max() < zero, f"{name} should vanish"
            continue
        assert error <= tolerance * scale, f"{name}: float32 is off by {error:g} of {scale:g}"
        worst = max(worst, error / scale)
    print(f"  {compute.__name__}: float32 against float64 within {worst:.1e}")
    return single


# ---- Files -------------------------------------------------------------------------------------------------------


def save(name: str, tensors: dict[str, torch.Tensor]):
    assert all(torch.isfinite(t).all() for t in tensors.values()), name
    path = OUTPUT / name
    save_file({k: v.detach().contiguous().clone() for k, v in tensors.items()}, str(path))
    print(f"{name}: {path.stat().st_size} bytes")


def tiny_goldens():
    architecture = Architecture.preset("tiny")
    model = generated_model(architecture)
    scaling = dict(sampleRate=100.0, window=128, normalisation="none", mean=[], std=[])
    write_checkpoint(OUTPUT / "tiny.safetensors", model, [f"class{k}" for k in range(10)], scaling)

    B, L = 5, 128
    x = signals(1, B, 1, L)
    valid = torch.tensor([128, 100, 57, 8, 3], dtype=torch.int32)
    xp = padded(x, valid)
    out = {"x": x, "xp": xp, "valid": valid}
    out |= in_both_precisions(evaluation, model, x)
    out |= in_both_precisions(evaluation, model, xp, valid, "_padded")
    save("tiny_eval.safetensors", out)

    labels = torch.tensor([3, 0, 9, 3, 6])
    ids = labels.to(torch.int32)
    out = {"x": x, "labels": ids} | in_both_precisions(training_pass, model, x, labels)
    focal = in_both_precisions(training_pass, model, x, labels, None, "focal")
    out |= {"focal.loss": focal["loss"]} | {f"focal.grad.{name}": focal[f"grad.{name}"] for name in FOCAL_GRADIENTS}
    save("tiny_train.safetensors", out)
    out = {"x": xp, "valid": valid, "labels": ids} | in_both_precisions(training_pass, model, xp, labels, valid)
    save("tiny_train_padded.safetensors", out)

    batches = torch.stack([signals(100 + step, 4, 1, 64) for step in range(10)])
    labels = torch.randint(0, 10, (10, 4), generator=torch.Generator().manual_seed(2))
    steps = in_both_precisions(optimiser_steps, model, batches, labels)
    save("tiny_steps.safetensors", {"batches": batches, "labels": labels.to(torch.int32)} | steps)


def tiny3_goldens():
    """Three channels, four classes, scaled by fixed numbers: `raw` is what a caller gives, `x` what the stem sees."""
    model = generated_model(Architecture.preset("tiny", input_channels=3, classes=4))
    mean, std = [0.5, -2.0, 10.0], [2.0, 0.25, 8.0]  # exact in binary
    scaling = dict(sampleRate=50.0, window=64, normalisation="fixed", mean=mean, std=std)
    write_checkpoint(OUTPUT / "tiny3.safetensors", model, ["N", "S", "V", "F"], scaling)
    raw = signals(3, 3, 3, 64) * torch.tensor(std)[:, None] + torch.tensor(mean)[:, None]
    x = (raw - torch.tensor(mean)[:, None]) / torch.tensor(std)[:, None]
    save("tiny3_eval.safetensors", {"raw": raw, "x": x} | in_both_precisions(evaluation, model, x))


def separable_goldens():
    """tiny with separable convolutions, its weights generated: one padded batch and digests of its gradients."""
    model = generated_model(dataclasses.replace(Architecture.preset("tiny"), convolution="separable"))
    x = signals(7, 4, 1, 64)
    valid = torch.tensor([64, 40, 33, 7], dtype=torch.int32)
    xp = padded(x, valid)
    labels = torch.tensor([1, 9, 4, 4])
    out = {"x": xp, "valid": valid, "labels": labels.to(torch.int32)}
    out |= in_both_precisions(evaluation, model, xp, valid)
    result = in_both_precisions(training_pass, model, xp, labels, valid)
    out |= {"loss": result["loss"]}
    out |= {name: digest(value) for name, value in result.items() if name.startswith("grad.")}
    save("separable.safetensors", out)


def base_goldens():
    """base, its weights generated: one batch without and with padding, and digests of its gradients."""
    model = generated_model(Architecture.preset("base"))
    x = signals(4, 2, 1, 256)
    valid = torch.tensor([256, 150], dtype=torch.int32)
    xp = padded(x, valid)
    labels = torch.tensor([7, 2])
    out = {"x": x, "xp": xp, "valid": valid, "labels": labels.to(torch.int32)}
    out |= in_both_precisions(evaluation, model, x)
    out |= in_both_precisions(evaluation, model, xp, valid, "_padded")
    for prefix, arguments in {"train": (x, labels), "train_padded": (xp, labels, valid)}.items():
        result = in_both_precisions(training_pass, model, *arguments)
        out |= {f"{prefix}.{name}": value for name, value in result.items() if name in ("loss", "logits")}
        out |= {f"{prefix}.{name}": digest(value) for name, value in result.items() if name.startswith("grad.")}
    save("base_eval.safetensors", out)

    first = model.state_dict()
    few = ["stem.conv.weight", "stages.3.blocks.1.norm2.running_var", "pool.heads.2.score.bias", "head.out.weight"]
    save("generated.safetensors", {name: first[name].flatten()[:8] for name in few})


def digest(gradient: torch.Tensor) -> torch.Tensor:
    """[L2 norm, largest magnitude, sum, entries at i·(n−1)/7 (integer division) for i = 0…7] of n row-major entries."""
    flat = gradient.flatten().double()
    entries = flat[[i * (len(flat) - 1) // 7 for i in range(8)]]
    return torch.cat([torch.stack([flat.norm(), flat.abs().max(), flat.sum()]), entries]).float()


def loss_goldens():
    logits = torch.randn(6, 5, generator=torch.Generator().manual_seed(5)) * 2
    labels = torch.tensor([0, 4, 2, 2, 1, 3])
    weights = torch.tensor([1.0, 0.5, 2.0, 0.25, 4.0])
    teacher = torch.randn(6, 5, generator=torch.Generator().manual_seed(6)) * 3
    out = {"logits": logits, "labels": labels.to(torch.int32), "class_weights": weights, "teacher": teacher}
    out |= in_both_precisions(loss_values, logits, labels, weights)
    out |= in_both_precisions(distillation_values, logits, labels, weights, teacher)
    save("losses.safetensors", out)


def main():
    global OUTPUT
    parser = argparse.ArgumentParser(description="Makes the PyTorch goldens of the Classifier tests.")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    OUTPUT = parser.parse_args().output
    OUTPUT.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    versions = f"torch {torch.__version__}, safetensors {safetensors.__version__}, numpy {np.__version__}"
    print(f"Python {platform.python_version()}, {versions}")
    check_parameter_counts()
    tiny_goldens()
    tiny3_goldens()
    separable_goldens()
    base_goldens()
    loss_goldens()
    total = sum(path.stat().st_size for path in OUTPUT.iterdir())
    assert total < SIZE_LIMIT_BYTES, f"{total} bytes of goldens"
    print(f"{total} bytes in all")


if __name__ == "__main__":
    main()
