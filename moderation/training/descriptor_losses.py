"""What the copy descriptor is asked to do, as losses. All take and return torch tensors."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import functional

_NEAREST = 1e-2
"""Least distance that is pushed apart: two files of one picture would pull without end."""


def contrast(copies: Tensor, bank: Tensor, numbers: Tensor, temperature: float) -> Tensor:
    """Each copy is nearest to its own original among all (InfoNCE, van den Oord et al., 2018).

    Args:
        copies: unit rows [n, d].
        bank: the originals' unit rows [m, d].
        numbers: row of each copy's original, int64 [n].
        temperature: of the softmax over cosines.
    """
    return functional.cross_entropy(copies @ bank.T / temperature, numbers)


def spread(originals: Tensor, bank: Tensor, numbers: Tensor) -> Tensor:
    """Each original is far from its nearest neighbour (Sablayrolles et al., 2019; as in SSCD).

    Without it, cosines of look-alikes come near those of copies, and no threshold divides them.

    Args:
        originals: unit rows [n, d].
        bank: unit rows [m, d].
        numbers: each original's own row in the bank, int64 [n].
    """
    cosines = originals @ bank.T
    own = functional.one_hot(numbers, len(bank)).bool()
    nearest = cosines.masked_fill(own, -1).amax(dim=1)
    distance = (2 - 2 * nearest).clamp_min(_NEAREST**2).sqrt()
    return -distance.log().mean()


def likeness(
    copies: Tensor,
    bank: Tensor,
    of_copies: Tensor,
    of_bank: Tensor,
    temperature: float,
) -> Tensor:
    """Copies find the other originals as alike as a stronger network does (relational).

    Args:
        copies: unit rows [n, d].
        bank: unit rows [m, d].
        of_copies: the stronger network's unit rows for the copies' originals [n, e].
        of_bank: its unit rows for the bank [m, e].
        temperature: of both softmaxes.
    """
    wanted = torch.softmax(of_copies @ of_bank.T / temperature, dim=1)
    found = torch.log_softmax(copies @ bank.T / temperature, dim=1)
    return -(wanted * found).sum(dim=1).mean()
