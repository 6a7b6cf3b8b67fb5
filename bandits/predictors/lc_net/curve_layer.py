"""The learning-curve layer: a curve as an asymptote plus weighted basis functions (Klein et al. 2017, section 3).

Time t runs from just above 0 to 1, the horizon. Every basis function is 0 at t = 1, so the asymptote is the score at
the horizon itself. Except for wiggles of `vapour pressure`, a basis function rises to 0 from somewhere in [-1, 0].

The paper uses five functions. These are the five of the authors' first code (automl/pybnn), each shifted so that it is
0 at t = 1. Their parameters a, b, c lie in (0, 1), where nothing overflows for t > 0:

    vapour pressure   exp(-a - b / (10 t) - c ln(t) / 10) - exp(-a - b / 10)
    power             a (t^b - 1)
    log power         2 a (1 / (1 + e^(-b c / 10)) - 1 / (1 + t^c e^(-b c / 10)))
    exponential       b (e^(-10 a) - e^(-10 a t))
    Hill              a (1 / (1 + (c / t)^b) - 1 / (1 + c^b))
"""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["ASYMPTOTES", "FUNCTIONS", "PARAMETERS", "basis_functions", "learning_curve"]

FUNCTIONS = 5
PARAMETERS = 13  # of all basis functions together
ASYMPTOTES = 1


def basis_functions(theta: Tensor, t: Tensor) -> Tensor:
    """The five basis functions.

    Args:
        theta: `[..., 13]` parameters in (0, 1), in the order of the module's table.
        t: `[...]` share of the horizon, in (0, 1].

    Returns:
        `[..., 5]`, each 0 at t = 1.
    """
    a1, b1, c1, a2, b2, a3, b3, c3, a4, b4, a5, b5, c5 = theta.unbind(-1)
    ln_t = torch.log(t)
    shift = b3 * c3 / 10
    vapour = torch.exp(-a1 - b1 / (10 * t) - c1 * ln_t / 10) - torch.exp(-a1 - b1 / 10)
    power = a2 * torch.expm1(b2 * ln_t)
    log_power = 2 * a3 * (torch.sigmoid(shift) - torch.sigmoid(shift - c3 * ln_t))
    exponential = b4 * (torch.exp(-10 * a4) - torch.exp(-10 * a4 * t))
    ln_c = torch.log(c5)
    hill = a5 * (torch.sigmoid(b5 * (ln_t - ln_c)) - torch.sigmoid(-b5 * ln_c))
    return torch.stack((vapour, power, log_power, exponential, hill), dim=-1)


def learning_curve(heads: Tensor, t: Tensor) -> Tensor:
    """y(t) = y_inf + sum_k w_k phi_k(t | theta).

    Args:
        heads: `[..., 19]` the network's output for a configuration, any real numbers: 13 become theta by a
            logistic function, 5 become weights that sum to 1 by a softmax, 1 becomes the asymptote y_inf in (0, 1) by
            a logistic function.
        t: `[...]` share of the horizon, in (0, 1].

    Returns:
        `[...]` scores on the unit scale.
    """
    theta, weights, asymptote = torch.split(heads, [PARAMETERS, FUNCTIONS, ASYMPTOTES], dim=-1)
    # the logistic function of +-30 is 1e-13 away from 0 or 1: far enough for a logarithm
    phi = basis_functions(torch.sigmoid(theta.clamp(-30.0, 30.0)), t)
    residual = (torch.softmax(weights, dim=-1) * phi).sum(dim=-1)
    return torch.sigmoid(asymptote.squeeze(-1)) + residual
