"""A text as truncated back-propagation reads it: several streams side by side, a window of steps at a time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bandits.errors import SettingError

__all__ = ["Streams"]


class Streams:
    """A text folded into streams of equal length; stream s holds the s-th part of it.

    Args:
        tokens: the text, [tokens], integers.
        streams: into how many it is folded, >= 1. The rest at its end, less than a token a stream, is not read.
        device: where the text lies, in 32 bits a token.

    Attributes:
        steps: how many tokens of each stream are read, each with the one that follows it.

    Raises:
        SettingError: the text is too short to give every stream two tokens.
    """

    def __init__(self, tokens: NDArray[Any], streams: int, device: torch.device) -> None:
        self.steps = (len(tokens) - 1) // streams
        if self.steps < 1:
            rule = f"must be fewer than the tokens of a text, {len(tokens)}"
            raise SettingError.broken("`batch_size`", rule, streams)
        text = torch.from_numpy(np.array(tokens[: self.steps * streams + 1], dtype=np.int32))
        # a stream's last token is the next stream's first: it is only predicted
        self._text = text.unfold(0, self.steps + 1, self.steps).t().contiguous().to(device)

    @property
    def streams(self) -> int:
        """The number of streams."""
        return self._text.shape[1]

    def stretch(self, number: int, steps: int) -> list[tuple[int, int]]:
        """The stretch with that number, from 1, when streams are read over and over, in stretches of `steps` steps.

        Returns:
            Ranges of steps, `(first, after the last)`: one, or two where the stretch meets the end of the streams and
            goes on at their beginning. Together they are `steps` long, or as long as a stream if that is less.
        """
        steps = min(steps, self.steps)
        first = (number - 1) * steps % self.steps
        beyond = first + steps - self.steps
        return [(first, self.steps), (0, beyond)] if beyond > 0 else [(first, first + steps)]

    def windows(self, first: int, last: int, steps: int) -> Iterator[tuple[Tensor, Tensor]]:
        """Read steps from `first` up to, but not including, `last`, `steps` at a time; the last window may be shorter.

        Yields:
            Tokens, 32 bits, and those that follow them, 64 bits because losses need them; both [steps, streams].
        """
        for start in range(first, last, steps):
            stop = min(start + steps, last)
            yield self._text[start:stop], self._text[start + 1 : stop + 1].long()
