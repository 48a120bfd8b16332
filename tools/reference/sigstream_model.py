"""The classifier of sigstreamd as a PyTorch module: the reference the Swift implementation is tested against.

A convolutional backbone for local features, a Transformer encoder for context, attention pooling, a head.
Tensor names and shapes are those of a sigstreamd checkpoint, so `load_state_dict(strict=True)` takes one as it is.

Letters in shape comments: B windows, L samples, C channels, T = L/8 tokens, D model width, H heads,
F feed-forward width, K classes.

    python3 sigstream_model.py        # checks the parameter counts of the presets
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

POOLING_HEADS = 4


@dataclass(frozen=True)
class Architecture:
    """Every number that shapes the network. `convolution` is "standard" or "separable" (the blocks' convolutions)."""

    input_channels: int = 1
    channels: tuple[int, ...] = (32, 64, 128, 256)
    blocks: tuple[int, ...] = (3, 3, 2, 2)
    dim: int = 128
    heads: int = 4
    layers: int = 6
    feed_forward: int = 256
    classes: int = 10
    convolution: str = "standard"

    @staticmethod
    def preset(name: str, input_channels: int = 1, classes: int = 10) -> "Architecture":
        numbers = {
            "base": {},
            "large": dict(blocks=(2, 2, 3, 3), dim=256, heads=8, feed_forward=1024),
            "small": dict(channels=(16, 32, 64, 80), blocks=(2, 2, 1, 1), dim=64, heads=2, layers=3, feed_forward=96),
            "tiny": dict(channels=(8, 16, 24, 32), blocks=(2, 1, 1, 1), dim=32, heads=2, layers=2, feed_forward=48),
        }[name]
        return Architecture(input_channels=input_channels, classes=classes, **numbers)


def same_conv(inputs: int, outputs: int, kernel: int, stride: int = 1, dilation: int = 1, groups: int = 1) -> nn.Conv1d:
    """No bias, for BatchNorm follows; padding keeps the length (halves it at stride 2)."""
    padding = (kernel // 2) * dilation
    return nn.Conv1d(inputs, outputs, kernel, stride, padding, dilation, groups, bias=False)


class ConvNorm(nn.Module):
    """Convolution and BatchNorm, then mish unless `activation` is off: the stem, `down` and `proj`."""

    def __init__(self, inputs: int, outputs: int, kernel: int, stride: int = 1, activation: bool = True):
        super().__init__()
        self.conv = same_conv(inputs, outputs, kernel, stride)
        self.norm = nn.BatchNorm1d(outputs)
        self.activation = activation

    def forward(self, x: Tensor) -> Tensor:
        h = self.norm(self.conv(x))
        return F.mish(h) if self.activation else h


class SeparableConv(nn.Module):
    """Depthwise k=3, then pointwise: stands in for a block's convolution."""

    def __init__(self, channels: int, dilation: int):
        super().__init__()
        self.depthwise = same_conv(channels, channels, 3, dilation=dilation, groups=channels)
        self.pointwise = same_conv(channels, channels, 1)

    def forward(self, x: Tensor) -> Tensor:
        return self.pointwise(self.depthwise(x))


class SqueezeExcitation(nn.Module):
    """h · sigmoid(expand(mish(reduce(mean of h over time)))), arXiv:1709.01507; padding counts in the mean."""

    def __init__(self, channels: int):
        super().__init__()
        self.reduce = nn.Linear(channels, channels // 4)
        self.expand = nn.Linear(channels // 4, channels)

    def forward(self, h: Tensor) -> Tensor:  # [B, c, l]
        gate = torch.sigmoid(self.expand(F.mish(self.reduce(h.mean(dim=2)))))
        return h * gate[:, :, None]


class ResidualBlock(nn.Module):
    def __init__(self, channels: int, dilation: int, convolution: str):
        super().__init__()
        separable = convolution == "separable"
        make = SeparableConv if separable else lambda c, d: same_conv(c, c, 3, dilation=d)
        self.conv1, self.norm1 = make(channels, dilation), nn.BatchNorm1d(channels)
        self.conv2, self.norm2 = make(channels, dilation), nn.BatchNorm1d(channels)
        self.se = SqueezeExcitation(channels)

    def forward(self, x: Tensor) -> Tensor:  # [B, c, l]
        h = F.mish(self.norm1(self.conv1(x)))
        h = self.norm2(self.conv2(h))
        return F.mish(self.se(h) + x)


class Stage(nn.Module):
    """An optional halving of the length, then residual blocks with dilations 1, 2, 4, 1, …"""

    def __init__(self, inputs: int, outputs: int, blocks: int, downsample: bool, convolution: str):
        super().__init__()
        if downsample:
            self.down = ConvNorm(inputs, outputs, 3, stride=2)
        self.blocks = nn.ModuleList(ResidualBlock(outputs, 2 ** (j % 3), convolution) for j in range(blocks))

    def forward(self, x: Tensor) -> Tensor:
        if hasattr(self, "down"):
            x = self.down(x)
        for block in self.blocks:
            x = block(x)
        return x


class RMSNorm(nn.Module):
    """v / sqrt(mean(v²) + 1e-6) · weight, arXiv:1910.07467."""

    def __init__(self, dim: int):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(dim))

    def forward(self, v: Tensor) -> Tensor:
        return F.rms_norm(v, v.shape[-1:], self.weight, eps=1e-6)


def rotate(v: Tensor) -> Tensor:
    """Rotary embedding, arXiv:2104.09864: pairs (i, i + d/2), angle = position · 10000^(−2i/d). v [B, H, T, d]."""
    tokens, d = v.shape[-2:]
    frequency = 10000.0 ** (-2.0 * torch.arange(d // 2, dtype=v.dtype, device=v.device) / d)
    angle = torch.arange(tokens, dtype=v.dtype, device=v.device)[:, None] * frequency  # [T, d/2]
    cos, sin = angle.cos(), angle.sin()
    a, b = v[..., : d // 2], v[..., d // 2 :]
    return torch.cat([a * cos - b * sin, b * cos + a * sin], dim=-1)


class Attention(nn.Module):
    """softmax(q·kᵀ / sqrt(d)) · v for each head of dimension d = D/H, over the valid keys; q and k rotated."""

    def __init__(self, dim: int, heads: int, dropout: float):
        super().__init__()
        self.heads = heads
        self.in_proj = nn.Linear(dim, 3 * dim)
        self.out_proj = nn.Linear(dim, dim)
        self.dropout = dropout

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:  # x [B, T, D], mask [B, T]: true for valid tokens
        B, T, D = x.shape
        split = lambda v: v.view(B, T, self.heads, D // self.heads).transpose(1, 2)  # [B, H, T, d]
        q, k, v = (split(part) for part in self.in_proj(x).chunk(3, dim=-1))
        keys = None if mask is None else mask[:, None, None, :]
        dropout = self.dropout if self.training else 0.0
        heads = F.scaled_dot_product_attention(rotate(q), rotate(k), v, attn_mask=keys, dropout_p=dropout)
        return self.out_proj(heads.transpose(1, 2).reshape(B, T, D))


class GatedFeedForward(nn.Module):
    """down(silu(gate(x)) · up(x)), arXiv:2002.05202, with biases."""

    def __init__(self, dim: int, width: int):
        super().__init__()
        self.gate = nn.Linear(dim, width)
        self.up = nn.Linear(dim, width)
        self.down = nn.Linear(width, dim)

    def forward(self, x: Tensor) -> Tensor:
        return self.down(F.silu(self.gate(x)) * self.up(x))


class TransformerLayer(nn.Module):
    def __init__(self, a: Architecture, dropout: float):
        super().__init__()
        self.norm1, self.norm2 = RMSNorm(a.dim), RMSNorm(a.dim)
        self.attn = Attention(a.dim, a.heads, dropout)
        self.ff = GatedFeedForward(a.dim, a.feed_forward)
        self.dropout = nn.Dropout(dropout)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:  # [B, T, D]
        x = x + self.dropout(self.attn(self.norm1(x), mask))
        return x + self.dropout(self.ff(self.norm2(x)))


class PoolingHead(nn.Module):
    def __init__(self, dim: int):
        super().__init__()
        self.hidden = nn.Linear(dim, dim // 2)
        self.score = nn.Linear(dim // 2, 1)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:  # [B, T, D] → [B, D]
        score = self.score(F.mish(self.hidden(x))).squeeze(-1)
        if mask is not None:
            score = score.masked_fill(~mask, -torch.inf)
        weights = score.softmax(dim=1)
        return torch.einsum("bt,btd->bd", weights, x)


class AttentionPooling(nn.Module):
    def __init__(self, dim: int):
        super().__init__()
        self.heads = nn.ModuleList(PoolingHead(dim) for _ in range(POOLING_HEADS))
        self.fusion = nn.Linear(POOLING_HEADS * dim, dim)

    def forward(self, x: Tensor, mask: Tensor | None) -> Tensor:
        return self.fusion(torch.cat([head(x, mask) for head in self.heads], dim=-1))


class Head(nn.Module):
    def __init__(self, dim: int, classes: int, dropout: float):
        super().__init__()
        self.hidden = nn.Linear(dim, dim // 2)
        self.norm = RMSNorm(dim // 2)
        self.out = nn.Linear(dim // 2, classes)
        self.dropout = nn.Dropout(dropout)

    def forward(self, z: Tensor) -> Tensor:
        return self.out(self.dropout(F.mish(self.norm(self.hidden(self.dropout(z))))))


class SigstreamModel(nn.Module):
    """Logits and embedding of windows that are already scaled and, beyond `valid`, zero."""

    def __init__(self, architecture: Architecture = Architecture(), dropout: float = 0.1):
        super().__init__()
        a = self.architecture = architecture
        c = a.channels
        self.stem = ConvNorm(a.input_channels, c[0], 15)
        self.stages = nn.ModuleList(
            Stage(c[max(i - 1, 0)], c[i], a.blocks[i], i > 0, a.convolution) for i in range(len(c))
        )
        self.proj = ConvNorm(c[-1], a.dim, 1, activation=False)
        self.layers = nn.ModuleList(TransformerLayer(a, dropout) for _ in range(a.layers))
        self.pool = AttentionPooling(a.dim)
        self.head = Head(a.dim, a.classes, dropout)
        self.apply(initialise)

    def forward(self, x: Tensor, valid: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """x [B, C, L], L a multiple of 8; valid [B] in 1…L, None: all L → logits [B, K], embedding [B, D]."""
        length = x.shape[-1]
        h = self.stem(x)
        for stage in self.stages:
            h = stage(h)
        h = self.proj(h).transpose(1, 2)  # [B, T, D]
        mask = self.token_mask(h, length, valid)
        for layer in self.layers:
            h = layer(h, mask)
        embedding = self.pool(h, mask)
        return self.head(embedding), embedding

    @staticmethod
    def token_mask(h: Tensor, length: int, valid: Tensor | None) -> Tensor | None:
        """[B, T], true for the first max(1, ⌊valid·T/L⌋) tokens; None when all are valid."""
        if valid is None:
            return None
        T = h.shape[1]
        tokens = (valid.to(torch.int64) * T // length).clamp(min=1)
        return torch.arange(T, device=h.device)[None, :] < tokens[:, None]


def initialise(module: nn.Module) -> None:
    """Linear: normal of σ = 0.02 truncated at 2σ, biases 0. Convolutions: normal, σ = √(2 / fan-out) (Kaiming)."""
    if isinstance(module, nn.Linear):
        nn.init.trunc_normal_(module.weight, std=0.02, a=-0.04, b=0.04)
        nn.init.zeros_(module.bias)
    elif isinstance(module, nn.Conv1d):
        fan_out = module.out_channels * module.kernel_size[0] // module.groups
        nn.init.normal_(module.weight, std=(2 / fan_out) ** 0.5)


def decay_groups(model: nn.Module, weight_decay: float) -> list[dict]:
    """AdamW's parameter groups: decay on matrices and convolutions, none on norms and biases."""
    parameters = list(model.parameters())
    return [
        dict(params=[p for p in parameters if p.dim() >= 2], weight_decay=weight_decay),
        dict(params=[p for p in parameters if p.dim() < 2], weight_decay=0.0),
    ]


def parameter_count(model: nn.Module) -> int:
    return sum(p.numel() for p in model.parameters())


def check_parameter_counts() -> None:
    for name, expected in {"base": 2_433_238, "large": 8_610_878, "small": 248_746, "tiny": 43_636}.items():
        found = parameter_count(SigstreamModel(Architecture.preset(name)))
        assert found == expected, f"{name}: {found} parameters, {expected} expected"
        print(f"{name}: {found} parameters")


if __name__ == "__main__":
    check_parameter_counts()
