#!/usr/bin/env python3
"""GenericSSL's network in plain PyTorch, written for this comparison, beside ours: sampling of pseudo-labels in ten steps, and a
segmentation pass forward and backward, on one thread.

usage: genericssl_network.py BENCH [--size 112 112 80] [--filters 32] [--rounds 1] [--layouts 0 3]

BENCH is plexus-bench-genericssl_iteration. Both are timed in turn at the same size and precision, in processor time; printed are
seconds and ratios (above 1: ours is faster). Needs the torch package of the version that BENCH is built with.
"""
import argparse
import math
import os
import re
import subprocess
import time

import torch
from torch import nn


class Shift(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.temb_proj = nn.Linear(512, channels)

    def forward(self, x, temb):
        return x + self.temb_proj(nn.functional.silu(temb))[:, :, None, None, None]


class Stage(nn.Module):
    def __init__(self, cin, cout, told=False):
        super().__init__()
        self.conv, self.norm, self.dropout = nn.Conv3d(cin, cout, 3, padding=1), nn.BatchNorm3d(cout), nn.Dropout3d(0.1)
        self.shift = Shift(cout) if told else None

    def forward(self, x, temb=None):
        x = self.dropout(self.norm(torch.relu(self.conv(x))))
        return self.shift(x, temb) if self.shift is not None and temb is not None else x


class Block(nn.Module):
    def __init__(self, count, channels, timed):
        super().__init__()
        self.ops = nn.ModuleList(Stage(channels, channels, timed and i + 1 < count) for i in range(count))

    def forward(self, x, temb=None):
        for stage in self.ops:
            x = stage(x, temb)
        return x


class Resize(nn.Module):
    def __init__(self, conv, channels, timed):
        super().__init__()
        self.conv, self.norm, self.shift = conv, nn.BatchNorm3d(channels), Shift(channels) if timed else None

    def forward(self, x, temb=None):
        x = self.norm(torch.relu(self.conv(x)))
        return self.shift(x, temb) if self.shift is not None and temb is not None else x


class Embedding(nn.Module):
    def __init__(self, cin, cout):
        super().__init__()
        self.dense = nn.ModuleList([nn.Linear(128, 512), nn.Linear(512, 512)])
        self.stage = Stage(cin, cout)

    def time(self, t):
        rates = torch.exp(torch.arange(64) * (-math.log(10000) / 63))
        angles = t.float()[:, None] * rates
        first = self.dense[0](torch.cat([angles.sin(), angles.cos()], 1))
        return self.dense[1](nn.functional.silu(first))


class Encoder(nn.Module):
    def __init__(self, filters):
        super().__init__()
        widths = [filters << i for i in range(5)]
        self.down = nn.ModuleList(Resize(nn.Conv3d(a, b, 2, stride=2), b, True) for a, b in zip(widths, widths[1:]))
        self.blocks = nn.ModuleList(Block(2 if i == 0 else 3, w, True) for i, w in enumerate(widths[1:]))
        self.dropout = nn.Dropout3d(0.5)

    def forward(self, x, temb=None):
        features = [x]
        for down, block in zip(self.down, self.blocks):
            features.append(block(down(features[-1], temb), temb))
        features[-1] = self.dropout(features[-1])
        return features


class Decoder(nn.Module):
    def __init__(self, filters, classes, timed):
        super().__init__()
        widths = [filters << i for i in range(4, -1, -1)]
        self.up = nn.ModuleList(Resize(nn.ConvTranspose3d(a, b, 2, stride=2), b, timed) for a, b in zip(widths, widths[1:]))
        self.blocks = nn.ModuleList(Block(n, w, timed) for n, w in zip([3, 3, 2, 1], widths[1:]))
        self.dropout, self.out_conv = nn.Dropout3d(0.5), nn.Conv3d(filters, classes, 1)

    def forward(self, features, temb=None):
        x = features[-1]
        for up, block, skip in zip(self.up, self.blocks, features[-2::-1]):
            x = block(up(x, temb) + skip, temb)
        return self.out_conv(self.dropout(x))


class DiffVNet(nn.Module):
    def __init__(self, filters, classes=2):
        super().__init__()
        self.embedding, self.embedding_diffusion = Embedding(1, filters), Embedding(classes + 1, filters)
        self.encoder, self.decoder, self.psi_decoder = Encoder(filters), Decoder(filters, classes, True), Decoder(filters, classes, False)
        g = torch.cumprod(1 - torch.linspace(1e-4, 0.02, 1000, dtype=torch.float64), 0)
        self.kept = list(range(0, 1000, 111))[:10]
        self.alphas = g[self.kept]

    def psi(self, image):
        return self.psi_decoder(self.encoder(self.embedding.stage(image)))

    def denoise(self, x, t, image):
        temb = self.embedding_diffusion.time(t)
        return self.decoder(self.encoder(self.embedding_diffusion.stage(torch.cat([image, x], 1)), temb), temb)

    @torch.no_grad()
    def sample(self, image, x):
        for i in reversed(range(len(self.kept))):
            a, before = self.alphas[i].item(), self.alphas[i - 1].item() if i else 1.0
            start = self.denoise(x, torch.full((x.shape[0],), self.kept[i]), image).float().clamp(-1, 1)
            noise = (x - math.sqrt(a) * start) / math.sqrt(1 - a)
            x = math.sqrt(before) * start + math.sqrt(1 - before) * noise
        return start


def timed(work):
    begin = time.process_time()
    work()
    return time.process_time() - begin


def peer(size, filters, bf16, channels_last):
    network = DiffVNet(filters)
    layout = torch.channels_last_3d if channels_last else torch.contiguous_format
    network = network.to(memory_format=layout)
    image, noise = torch.rand(1, 1, *size).to(memory_format=layout), torch.randn(1, 2, *size)

    def sample():
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            network.sample(image, noise)

    def both_ways():
        with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
            loss = network.psi(image).float().mean()
        loss.backward()

    both_ways()
    return timed(sample), timed(both_ways)


def ours(bench, size, filters, layout):
    text = subprocess.run([bench, *map(str, size), str(filters), "1", "2", "0", str(layout)], check=True, capture_output=True, text=True,
                          env={**os.environ, "OMP_NUM_THREADS": "1"}).stdout
    found = re.search(r"sampler ([\d.]+).*segmentation pass both ways ([\d.]+)", text)
    return float(found[1]), float(found[2])


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("bench")
    arguments.add_argument("--size", type=int, nargs=3, default=[112, 112, 80])
    arguments.add_argument("--filters", type=int, default=32)
    arguments.add_argument("--rounds", type=int, default=1)
    arguments.add_argument("--layouts", type=int, nargs="+", default=[0, 1, 3], choices=[0, 1, 3], help="as BENCH counts them")
    given = arguments.parse_args()
    torch.set_num_threads(1)
    names = {0: "fp32 contiguous", 1: "fp32 channels_last", 3: "bf16 channels_last"}
    for layout in given.layouts:
        theirs, own = [], []
        for _ in range(given.rounds):
            theirs.append(peer(given.size, given.filters, layout > 1, layout % 2 == 1))
            own.append(ours(given.bench, given.size, given.filters, layout))
        (a, b), (c, d) = (tuple(min(part) for part in zip(*rows)) for rows in (theirs, own))
        print(f"{names[layout]}: sampling PyTorch {a:.2f} s, Plexus {c:.2f} s, ratio {a / c:.2f}; "
              f"pass forward and backward PyTorch {b:.2f} s, Plexus {d:.2f} s, ratio {b / d:.2f}", flush=True)


if __name__ == "__main__":
    main()
