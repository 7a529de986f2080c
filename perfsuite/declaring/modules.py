"""How a module is called: forward, with its gradients, or in a training step; always from the same weights."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from perfsuite.model import nested
from perfsuite.model.component import Case


@dataclass(frozen=True)
class ModuleCall:
    """What is timed of the modules of a component."""

    mode: str  # "forward", "backward", "step"
    train: bool
    loss: Callable[..., Any] | None
    optimizer: Callable[..., Any] | None

    @staticmethod
    def made(factory: Callable[..., Any], case: Case) -> Any:
        """The module of a case: ``factory(case)`` where it has a parameter of that name, else ``factory()``.

        Raises:
            ValueError: it makes something else.
        """
        try:
            takes_case = "case" in inspect.signature(factory).parameters
        except (TypeError, ValueError):
            takes_case = False
        module = factory(case) if takes_case else factory()
        if not nested.is_module(module):
            raise ValueError(f"returns {type(module).__name__} where mode= expects a torch.nn.Module")
        return module

    def __call__(
        self,
        factory: Callable[..., Any],
        case: Case,
        state: Mapping[str, Any],
        double: bool = False,
        device: str = "cpu",
    ) -> Callable[..., Any]:
        """The callable that takes the inputs of a call; its ``module`` may be replaced by a compiled one."""
        module = self.made(factory, case)
        module = (module.double() if double else module).to(device)
        module.load_state_dict({name: value.to(device) for name, value in state.items()})
        module.train(self.train)
        kinds: dict[str, Callable[..., Callable[..., Any]]] = {"forward": Forward, "backward": Backward, "step": Step}
        return kinds[self.mode](module, self.loss, self.optimizer)


class Forward:
    """The output alone; no graph is recorded for parameters."""

    calls_module = True

    def __init__(self, module: Any, loss: Any, optimizer: Any) -> None:
        self.module = module.requires_grad_(False)

    def __call__(self, *inputs: Any) -> Any:
        """The module's output."""
        return self.module(*inputs)


class Backward:
    """The output, and the gradients of parameters and of inputs that require them."""

    calls_module = True

    def __init__(self, module: Any, loss: Any, optimizer: Any) -> None:
        self.module, self._loss = module, loss
        self._wanted = [value for value in module.parameters() if value.requires_grad]
        self._weights: dict[Any, Any] = {}

    def __call__(self, *inputs: Any) -> Any:
        """``(output, gradients)``."""
        import torch

        output = self.module(*inputs)
        told, weights = self._scalars(output)
        wanted = [*self._wanted, *(leaf for leaf in nested.leaves(inputs) if getattr(leaf, "requires_grad", False))]
        gradients = torch.autograd.grad(told, wanted, weights, allow_unused=True, materialize_grads=True)
        return [leaf.detach() for leaf in nested.leaves(output) if hasattr(leaf, "detach")], list(gradients)

    def _scalars(self, output: Any) -> tuple[list[Any], list[Any] | None]:
        """What is differentiated, and the weight of each element: the loss, or the output with fixed weights."""
        if self._loss is not None:
            return [self._loss(output)], None
        leaves = [leaf for leaf in nested.leaves(output) if getattr(leaf, "requires_grad", False)]
        return leaves, [self._weight(leaf) for leaf in leaves]

    def _weight(self, leaf: Any) -> Any:
        """Numbers between 1/2 and 3/2, the same for each call: a sum alone has no gradient behind a softmax."""
        import torch

        key = leaf.shape, leaf.dtype, leaf.device
        if key not in self._weights:
            steps = torch.arange(leaf.numel(), dtype=torch.float64, device=leaf.device)
            self._weights[key] = (1 + 0.5 * torch.sin(steps)).reshape(leaf.shape).to(leaf.dtype)
        return self._weights[key]


class Step:
    """The parameters after one step of the optimizer; each call first puts parameters and its state back."""

    calls_module = True

    def __init__(self, module: Any, loss: Any, optimizer: Any) -> None:
        import torch

        self.module, self._loss = module, loss
        self._parameters = [value for value in module.parameters() if value.requires_grad]
        self._optimizer = (optimizer or _sgd)(self._parameters)
        self._held = [*module.parameters(), *module.buffers()]
        self._start = [value.detach().clone() for value in self._held]
        self._backward = Backward(module, loss, None)
        self._torch = torch

    def __call__(self, *inputs: Any) -> Any:
        """The parameters and buffers after the step."""
        torch = self._torch
        with torch.no_grad():
            for value, start in zip(self._held, self._start, strict=True):
                value.copy_(start)
            for kept in self._optimizer.state.values():
                for value in kept.values():
                    if isinstance(value, torch.Tensor):
                        value.zero_()
        self._optimizer.zero_grad()
        told, weights = self._backward._scalars(self.module(*inputs))
        torch.autograd.backward(told, weights)
        self._optimizer.step()
        return [value.detach().clone() for value in self._held]


def _sgd(parameters: Any) -> Any:
    import torch

    return torch.optim.SGD(parameters, lr=0.01)
