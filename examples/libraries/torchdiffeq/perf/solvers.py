"""Two solvers of an ordinary differential equation."""

import torch
from perfsuite import component
from torchdiffeq import odeint


def swing(t, y):
    """Pendulums: how angles and speeds change."""
    angle, speed = y.unbind(-1)
    return torch.stack((speed, -torch.sin(angle)), -1)


def dopri5(y):
    """Steps of adapted length."""
    return odeint(swing, y, torch.tensor([0.0, 1.0]), rtol=1e-5, atol=1e-5)[-1]


def rk4(y):
    """Ten equal steps."""
    return odeint(swing, y, torch.tensor([0.0, 1.0]), method="rk4", options={"step_size": 0.1})[-1]


# A solver is as exact as it is asked to be, not as float32 would allow.
@component(variants=[dopri5, rk4], cases={"n10000": {"n": 10_000}}, tolerance=1e-3)
def pendulums(case, generator):
    """What does it cost to adapt the length of a step?"""
    return torch.randn(case.n, 2, generator=generator)
