"""Training by several processes on one machine: each with its own sentences, the gradients averaged after every step.

Small networks gain little from threads within a step; a process a core nearly doubles what two cores do.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

import torch
from torch import distributed as dist

GO, MEASURE, STOP = 0, 1, 2


class Together:
    """The processes named by ``RANK``, ``WORLD_SIZE``, ``MASTER_ADDR`` and ``MASTER_PORT``; alone when they are not set."""

    def __init__(self) -> None:
        self.size = int(os.environ.get("WORLD_SIZE", "1"))
        self.rank = int(os.environ.get("RANK", "0"))
        if self.size > 1 and not dist.is_initialized():
            dist.init_process_group("gloo")

    @property
    def leads(self) -> bool:
        """Whether this process measures, writes and tells the time."""
        return self.rank == 0

    def step(self, parameters: Sequence[torch.nn.Parameter], order: int) -> int:
        """Average the gradients of all; returns the leader's order (``GO``, ``MEASURE`` or ``STOP``), which the others must give as 0."""
        if self.size == 1:
            return order
        parts = [p.grad.reshape(-1) if p.grad is not None else torch.zeros(p.numel()) for p in parameters]
        flat = torch.cat([*parts, torch.tensor([float(order)])])
        dist.all_reduce(flat)
        told = round(float(flat[-1]))
        place = 0
        for parameter in parameters:
            count = parameter.numel()
            parameter.grad = (flat[place : place + count] / self.size).view_as(parameter)
            place += count
        return told
