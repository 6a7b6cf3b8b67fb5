"""The least time that an epoch can take: its arithmetic, at the rate that the device reaches in a large product."""

from __future__ import annotations

import statistics
import time

import torch

from benchmarks.gpu.device import synchronize

__all__ = ["floor_seconds", "peak_flops"]

_SIDE = {"cuda": 8192, "cpu": 512}  # of the matrices: large enough to fill the device
_WARM_UPS, _PRODUCTS = 3, 10


def peak_flops(device: torch.device) -> float:
    """Floating-point operations a second in a product of two large matrices of random numbers.

    In bfloat16 on a GPU, as the engine computes there; in float32 on a CPU. Median of ten products.
    """
    side = _SIDE[device.type]
    generator = torch.Generator(device).manual_seed(0)
    dtype = torch.bfloat16 if device.type == "cuda" else torch.float32
    left, right = (torch.randn(side, side, device=device, generator=generator).to(dtype) for _ in range(2))
    seconds = []
    for _ in range(_WARM_UPS + _PRODUCTS):
        synchronize(device)
        began = time.perf_counter()
        left @ right
        synchronize(device)
        seconds.append(time.perf_counter() - began)
    return 2 * side**3 / statistics.median(seconds[_WARM_UPS:])


def floor_seconds(multiply_adds: int, training: int, validation: int, flops: float) -> float:
    """Seconds of an epoch's arithmetic: three times a forward pass for a training image, once for a validation image.

    Args:
        multiply_adds: of one image's forward pass.
        training, validation: images of each part.
        flops: of the device; a multiply-add is two.
    """
    return 2 * multiply_adds * (3 * training + validation) / flops
