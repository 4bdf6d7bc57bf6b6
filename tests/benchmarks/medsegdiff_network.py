#!/usr/bin/env python3
"""MedSegDiff V2's network at the README's configuration in plain PyTorch, written for this comparison, against ours.

usage: medsegdiff_network.py BINARY [--size 256] [--batch 1] [--runs 3] [--threads 2]

Both evaluate the same weights on the same input, on the same number of threads, one after the other; printed are seconds of one
evaluation, ratios, and how far the outputs lie apart. Needs the torch package of the version that BINARY is built with.
"""
import argparse
import math
import os
import subprocess
import tempfile
import time

import torch
from torch import nn
from torch.nn import functional as F


def norm(channels):
    return nn.GroupNorm(32, channels)


class Res(nn.Module):
    def __init__(self, cin, emb, cout):
        super().__init__()
        self.in_layers = nn.Sequential(norm(cin), nn.SiLU(), nn.Conv2d(cin, cout, 3, padding=1))
        self.emb_layers = nn.Sequential(nn.SiLU(), nn.Linear(emb, cout))
        self.out_layers = nn.Sequential(norm(cout), nn.SiLU(), nn.Dropout(0), nn.Conv2d(cout, cout, 3, padding=1))
        self.skip_connection = nn.Identity() if cin == cout else nn.Conv2d(cin, cout, 1)

    def forward(self, x, emb):
        h = self.in_layers(x) + self.emb_layers(emb)[..., None, None]
        return self.skip_connection(x) + self.out_layers(h)


class Attention(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.norm, self.qkv, self.proj_out = norm(channels), nn.Conv1d(channels, 3 * channels, 1), nn.Conv1d(channels, channels, 1)

    def forward(self, x, emb):
        flat = x.flatten(2)
        q, k, v = self.qkv(self.norm(flat)).chunk(3, 1)
        scale = q.shape[1] ** -0.25
        weight = torch.softmax(((q * scale).transpose(1, 2) @ (k * scale)).float(), -1).to(v.dtype)
        return (flat + self.proj_out(v @ weight.transpose(1, 2))).view_as(x)


class Down(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.op = nn.Conv2d(channels, channels, 3, stride=2, padding=1)

    def forward(self, x, emb):
        return self.op(x)


class Up(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.conv = nn.Conv2d(channels, channels, 3, padding=1)

    def forward(self, x, emb):
        return self.conv(F.interpolate(x, scale_factor=2, mode="nearest"))


class Stem(nn.Conv2d):
    def forward(self, x, emb):
        return super().forward(x)


class Block(nn.Module):
    def __init__(self, cin, cout, dropout):
        super().__init__()
        self.conv, self.dropout, self.instnorm = nn.Conv2d(cin, cout, 3, padding=1), nn.Dropout2d(dropout), nn.BatchNorm2d(cout)

    def forward(self, x):
        return F.leaky_relu(self.instnorm(self.dropout(self.conv(x))), 0.01)


class Stack(nn.Module):
    def __init__(self, *blocks):
        super().__init__()
        self.blocks = nn.Sequential(*blocks)

    def forward(self, x):
        return self.blocks(x)


class Highway(nn.Module):
    def __init__(self, channels, f=32, cap=480):
        super().__init__()
        w = [min(f * 2**d, cap) for d in range(5)]
        self.conv_blocks_localization = nn.ModuleList(
            nn.Sequential(Stack(Block(2 * w[4 - u], w[4 - u], 0)), Stack(Block(w[4 - u], w[max(3 - u, 0)], 0))) for u in range(5))
        self.conv_blocks_context = nn.ModuleList(
            [Stack(Block(c, w[d], 0.5), Block(w[d], w[d], 0.5)) for d, c in enumerate([channels] + w[:4])]
            + [nn.Sequential(Stack(Block(w[4], cap, 0.5)), Stack(Block(cap, w[4], 0.5)))])
        self.seg_outputs = nn.ModuleList([nn.Conv2d(f, 1, 1, bias=False)])

    def forward(self, x):
        def enlarged(t, factor):
            return F.interpolate(t, scale_factor=factor, mode="bilinear", align_corners=False)
        skips, decoded = [], []
        for stage in self.conv_blocks_context[:-1]:
            x = stage(x)
            skips.append(x)
            x = F.max_pool2d(x, 2)
        x = self.conv_blocks_context[-1](x)
        for stage in self.conv_blocks_localization:
            x = stage(torch.cat([enlarged(x, 2), skips.pop()], 1))
            decoded.append(x)
        first, second = enlarged(decoded[3], 2), enlarged(decoded[2], 4)
        return torch.cat([first, first, second], 1), torch.sigmoid(self.seg_outputs[0](x))


class Network(nn.Module):
    def __init__(self, channels=128, mult=(1, 1, 2, 2, 4, 4), blocks=2, attend=16):
        super().__init__()
        emb, self.channels = 4 * channels, channels
        self.time_embed = nn.Sequential(nn.Linear(channels, emb), nn.SiLU(), nn.Linear(emb, emb))
        c, widths, inputs = channels, [channels], [nn.ModuleList([Stem(4, channels, 3, padding=1)])]
        for level, m in enumerate(mult):
            for _ in range(blocks):
                inputs.append(nn.ModuleList([Res(c, emb, m * channels)] + ([Attention(m * channels)] if 2**level == attend else [])))
                c = m * channels
                widths.append(c)
            if level + 1 < len(mult):
                inputs.append(nn.ModuleList([Down(c)]))
                widths.append(c)
        self.input_blocks = nn.ModuleList(inputs)
        self.middle_block = nn.ModuleList([Res(c, emb, c), Attention(c), Res(c, emb, c)])
        outputs = []
        for level, m in reversed(list(enumerate(mult))):
            for i in range(blocks + 1):
                layers = [Res(c + widths.pop(), emb, m * channels)]
                c = m * channels
                layers += [Attention(c)] if 2**level == attend else []
                layers += [Up(c)] if level and i == blocks else []
                outputs.append(nn.ModuleList(layers))
        self.output_blocks = nn.ModuleList(outputs)
        self.out = nn.Sequential(norm(c), nn.SiLU(), nn.Conv2d(c, 2, 3, padding=1))
        self.hwm = Highway(3)

    def forward(self, x, t):
        anchors, calibration = self.hwm(x[:, :3])
        half = self.channels // 2
        waves = t[:, None] * torch.exp(-math.log(10000) * torch.arange(half) / half)
        emb = self.time_embed(torch.cat([waves.cos(), waves.sin()], 1))
        skips, h = [], x
        for i, block in enumerate(self.input_blocks):
            for layer in block:
                h = layer(h, emb)
            if i == 0:
                h = h + anchors
            skips.append(h)
        for layer in self.middle_block:
            h = layer(h, emb)
        for block in self.output_blocks:
            h = torch.cat([h, skips.pop()], 1)
            for layer in block:
                h = layer(h, emb)
        return self.out(h), calibration


def fastest(runs, work):
    work()
    times = []
    for _ in range(runs):
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return min(times)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    for name, value in (("size", 256), ("batch", 1), ("runs", 3), ("threads", 2)):
        parser.add_argument("--" + name, type=int, default=value)
    args = parser.parse_args()
    torch.manual_seed(1)
    torch.set_num_threads(args.threads)
    network = Network().eval()
    for name, parameter in network.named_parameters():  # what begins as zero would hide differences
        if parameter.abs().max() == 0:
            parameter.data.normal_(0, 0.02)
    def pattern(channels):
        n = args.batch * channels * args.size**2
        return (torch.arange(n, dtype=torch.double) * 0.37).sin().float().view(args.batch, channels, args.size, args.size)
    x, t = torch.cat([pattern(3), pattern(1)], 1), torch.full((args.batch,), 417.0)
    python = {}
    with torch.inference_mode():
        output = network(x, t)[0]
        python["fp32"] = fastest(args.runs, lambda: network(x, t))
        with torch.autocast("cpu", torch.bfloat16):
            python["bf16"] = fastest(args.runs, lambda: network(x, t))
    with tempfile.TemporaryDirectory() as folder:
        weights = os.path.join(folder, "weights.pth")
        torch.save(network.state_dict(), weights)
        lines = subprocess.run([args.binary, weights, str(args.size), str(args.batch), str(args.runs)], check=True, text=True,
                               capture_output=True, env={**os.environ, "OMP_NUM_THREADS": str(args.threads)}).stdout.split("\n")
    ours = {line.split()[0]: [float(v) for v in line.split()[1:]] for line in lines if line}
    print(f"torch {torch.__version__}, {args.threads} threads, {args.batch} x {args.size} x {args.size}; seconds of one evaluation")
    print(f"outputs: mean {output.mean():.6g} and {ours['output'][0]:.6g}, deviation {output.std():.6g} and {ours['output'][1]:.6g};"
          f" cached and not differ by {ours['cached-difference'][0]:.2g} at most")
    for precision in ("fp32", "bf16"):
        for way in (precision, precision + "-cached"):
            print(f"{way:12s} Python {python[precision]:.3f}  Plexus {ours[way][0]:.3f}  ratio {python[precision] / ours[way][0]:.2f}")


if __name__ == "__main__":
    main()
