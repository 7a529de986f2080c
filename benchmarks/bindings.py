"""What the names of Python, numpy, torch and this suite stand for, so that a variant that rebinds one is told.

A variant runs beside the clock and the loop that time it, and beside its rivals. It could replace ``torch.softmax`` by
one that waits and keep the original for itself, or set the clock back. So all bindings are noted when a worker starts,
before a variant is imported, and compared later. A new name is no harm, for imports add many, unless it hides what was
found by that name before. To watch one more module is one word. Runs in a worker; torch is imported in the functions.

Who knows this file could blind it, for it lives in the same process. It is there for tricks, and for mistakes; that an
answer is right is judged in another process.
"""

from __future__ import annotations

import builtins
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache, partial
from itertools import compress
from operator import attrgetter, call, is_not, ne
from types import FunctionType, ModuleType
from typing import Any, NamedTuple

__builtins__ = dict(vars(builtins))  # type: ignore[assignment]  # CPython: what functions here call, whatever is replaced


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


PACKAGES = _words(  # with all of their modules that are loaded
    "benchmarks torch.nn torch.autograd torch.cuda torch.linalg torch.fft torch.special torch.optim torch.amp "
    "torch.utils.data torch.utils.dlpack torch.utils.checkpoint torch.backends torch.random torch.profiler "
    "torch.sparse numpy.linalg numpy.random numpy.fft"
)
MODULES = _words(  # by themselves
    "torch torch._C torch._C._nn torch._C._linalg torch._C._fft torch._C._special torch._C._sparse "
    "torch._C._functions torch.compiler torch._tensor torch._ops torch.ops torch._utils torch.functional "
    "torch.library torch.overrides torch.serialization torch.storage torch.types torch._compile torch._VF "
    "torch._lobpcg torch.func torch.jit torch.multiprocessing torch.utils torch.utils._pytree torch.utils._contextlib "
    "torch.utils._device torch.utils._python_dispatch numpy numpy._core numpy._core.multiarray "
    "numpy._core.fromnumeric numpy._core.numeric numpy._core._multiarray_umath numpy._core._methods "
    "numpy._core.einsumfunc numpy._core.umath numpy._core.shape_base builtins time gc os sys math random statistics "
    "json threading ctypes functools itertools operator collections contextlib dataclasses types inspect traceback "
    "weakref copy hashlib secrets tempfile io pathlib resource psutil threadpoolctl _thread _random _json _ctypes "
    "posix"
)
OFTEN = _words(  # what a sample's time itself depends on: looked at after every sample
    "builtins time torch torch.Tensor torch.nn.functional torch.nn.Linear torch.nn.Module benchmarks.clock "
    "benchmarks.clock.HostClock benchmarks.clock.CudaClock benchmarks.timing benchmarks.gate benchmarks.site "
    "benchmarks.passes benchmarks.turns benchmarks.surroundings benchmarks.state"
)
OURS = "benchmarks"
COMPONENTS = "benchmarks.components."
ARITIES = 16  # of the timing loops, which are written when they are first needed
KERNELS = _words(  # whose kernels of each kind are noted: to look at all 3,000 takes a tenth of a second
    "add.Tensor sub.Tensor mul.Tensor div.Tensor add_.Tensor mul_.Tensor copy_ _to_copy clone empty.memory_format "
    "empty_strided zeros ones full fill_.Scalar sum sum.dim_IntList mean mean.dim amax max max.dim argmax min.dim exp "
    "log sqrt rsqrt pow.Tensor_Scalar tanh sigmoid relu gelu silu neg abs sin cos where.self softmax.int _softmax "
    "log_softmax.int _log_softmax nll_loss_forward cross_entropy_loss mm mm.out bmm addmm matmul linear dot mv einsum "
    "convolution _convolution conv2d scaled_dot_product_attention native_layer_norm layer_norm embedding index.Tensor "
    "index_select gather scatter_.value cat stack view reshape transpose.int permute t slice.Tensor select.int sort "
    "topk cumsum bernoulli_.float normal_ uniform_ randperm random_ eq.Tensor lt.Tensor item _local_scalar_dense"
)
KEPT_BY_PYTHON = {"__slotnames__", "__warningregistry__"}  # which it makes when an object is copied, or a warning told
VMAP = "FuncTorchBatched"  # torch.func.vmap registers its rules when it is first used, for its own tensors alone
IMMUTABLE = 1 << 8  # Py_TPFLAGS_IMMUTABLETYPE
INSIDE: Mapping[type, tuple[str, ...]] = {
    staticmethod: ("__func__",),
    classmethod: ("__func__",),
    property: ("fget", "fset", "fdel"),
    partial: ("func",),
    type(cache(len)): ("__wrapped__",),
}
GONE = object()
# What libraries rebind for good when they are first used: the names, and the function of theirs whose wrapper is put
# around what was there before.
USUAL = (
    # torch's compiler marks what it is not to look into,
    (r"torch\.manual_seed", "torch._compile", "_disable_dynamo"),
    (r"torch\.jit\.(trace|trace_module|_get_trace_graph)", "torch._dynamo.eval_frame", "DisableContext.__call__"),
    (r"torch\.optim\..*\.(step|_init_group|_fused_\w+)", "torch._dynamo.eval_frame", "DisableContext.__call__"),
    # and wants to know of new modules.
    (r"torch\.nn\.Module\.__(init|setstate)__", "torch._dynamo.mutation_guard", "install_generation_tagging_init"),
    # An optimizer's class has its steps noted by profilers when the first of it is made.
    (r"torch\.optim\..*\.step", "torch.optim.optimizer", "Optimizer.profile_hook_step"),
)


def _usual(name: str, before: Any, now: Any) -> bool:
    """Whether ``now`` is what a library puts around ``before``, or around the same as that, when it is first used.

    Or a submodule, which its package knows by a name that hides a builtin: ``benchmarks.components.hf.map``.
    """
    if type(now) is ModuleType and sys.modules.get(name) is now:
        return True
    by = [(module, maker) for names, module, maker in USUAL if re.fullmatch(names, name)]
    if not any(_made(now, *one) for one in by):
        return False
    wrapped = [before, *(_enclosed(before) if any(_made(before, *one) for one in by) else [])]
    return any(inner is one or _usual(name, one, inner) for inner in _enclosed(now) for one in wrapped)


def _made(function: Any, module: str, maker: str) -> bool:
    """Whether ``function`` is one that was made by ``maker`` of ``module``."""
    if type(function) is not FunctionType or module not in sys.modules:
        return False
    if function.__globals__ is not vars(sys.modules[module]):
        return False
    found: Any = sys.modules[module]
    for part in maker.split("."):
        found = getattr(found, part, None)
    return found is not None and function.__code__ in found.__code__.co_consts


def _enclosed(function: FunctionType) -> list[Any]:
    return [_content(cell) for cell in function.__closure__ or ()]


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:  # it is empty
        return None


def _watched(name: str) -> bool:
    return name in MODULES or any(name == one or name.startswith(f"{one}.") for one in PACKAGES)


def _does(_: str, value: Any) -> bool:
    """Whether a value is something that is called, or looked into for such a thing."""
    return callable(value) or isinstance(value, ModuleType) or hasattr(type(value), "__get__")


def _any(*_: object) -> bool:
    return True


@dataclass(eq=False)
class Space:
    """What the names of one module, class or instance stand for."""

    title: str
    now: Mapping[str, Any]  # as it is at every moment
    behind: tuple[Mapping[str, Any], ...]  # where a name is looked up that is not here
    names: list[str]
    values: list[Any]
    known: set[str]  # all names, also those of what may change

    def changed(self) -> Iterator[Change]:
        """What differs."""
        for name, value in zip(self.names, self.values, strict=True):
            now = self.now.get(name, GONE)
            if now is not value:
                yield Change(self, name, value, now)
        for name in self.now.keys() - self.known - KEPT_BY_PYTHON:
            for other in self.behind:
                if name in other:
                    yield Change(self, name, other[name], self.now[name])
                    break

    def put(self, name: str, value: Any) -> None:
        """Expect ``value`` at a name from now on."""
        if name in self.known:
            self.values[self.names.index(name)] = value
        self.known.add(name)


class Change(NamedTuple):
    """A name that stands for something else."""

    space: Space
    name: str
    before: Any
    now: Any

    @property
    def full_name(self) -> str:
        """With the module or class that it is looked up in."""
        return f"{self.space.title}.{self.name}"

    def __str__(self) -> str:
        """In words."""
        return f"{'removes' if self.now is GONE else 'replaces'} {self.full_name}"


class Look:
    """Whether anything differs in some spaces, found in a fraction of the time that it takes to tell what."""

    def __init__(self, spaces: Iterable[Space]) -> None:
        self._spaces = list(spaces)
        self._all = [space.now for space in self._spaces]
        self._sizes = [len(space.known) for space in self._spaces]
        self._gets = [space.now.get for space in self._spaces for _ in space.names]
        self._names = [name for space in self._spaces for name in space.names]
        self._values = [value for space in self._spaces for value in space.values]

    def put(self, space: Space, name: str, value: Any) -> None:
        """Expect ``value`` at a name from now on."""
        if space in self._spaces and name in space.names:
            before = sum(len(other.names) for other in self._spaces[: self._spaces.index(space)])
            self._values[before + space.names.index(name)] = value

    def changed(self) -> Iterator[Change]:
        """What differs."""
        if any(map(is_not, map(call, self._gets, self._names), self._values)):
            suspects = self._spaces
        else:  # a name more may hide another
            suspects = list(compress(self._spaces, map(ne, map(len, self._all), self._sizes)))
        for space in suspects:
            yield from space.changed()


@dataclass
class Part:
    """One attribute of many objects, such as the code of functions."""

    attribute: str
    words: str  # "the code of"
    names: list[str] = field(default_factory=list)  # of the objects
    owners: list[Any] = field(default_factory=list)
    values: list[Any] = field(default_factory=list)

    def note(self, name: str, owner: Any) -> None:
        """Watch one more."""
        self.names.append(name)
        self.owners.append(owner)
        self.values.append(getattr(owner, self.attribute))

    def changed(self) -> Iterator[str]:
        """What differs, a phrase each."""
        if any(map(is_not, map(attrgetter(self.attribute), self.owners), self.values)):
            for name, owner, value in zip(self.names, self.owners, self.values, strict=True):
                if getattr(owner, self.attribute) is not value:
                    yield f"replaces {self.words} {name}"


class Bindings:
    """What all watched names stood for when this was made."""

    def __init__(self) -> None:
        import torch

        from benchmarks import answer, timing

        self._spaces: list[Space] = []
        self._parts = (
            Part("__code__", "the code of"),
            Part("__defaults__", "the defaults of"),
            Part("__kwdefaults__", "the defaults of"),
        )
        self._cells = Part("cell_contents", "what is enclosed by")
        self._kernels = Part("_op", "the kernels of")
        self._seen: set[int] = set()
        self._modules: set[str] = set()
        self._space("sys.modules", sys.modules, keep=lambda name, _: _watched(name))
        self._add(_watched)
        for arity in range(ARITIES):
            self._function(f"the timing loop of {arity} arguments", timing._loop(arity))
        self._space("benchmarks.answer.bound()", vars(answer.bound()), keep=_any)
        self._space("torch.ops.aten", vars(torch.ops.aten))
        for name, packet in vars(torch.ops.aten).items():
            if isinstance(packet, torch._ops.OpOverloadPacket):
                self._kernels.note(f"torch.ops.aten.{name}", packet)
        self._impls, self._registered = torch.library._impls, set(torch.library._impls)
        self._dump = torch._C._dispatch_dump
        known = set(torch._C._dispatch_get_all_op_names())
        self._dumps = {name: self._dump(f"aten::{name}") for name in KERNELS if f"aten::{name}" in known}
        self._look()

    def more(self) -> None:
        """Note what of this suite was loaded since, before the next file of variants is imported."""
        if self._add(lambda name: name.startswith(f"{OURS}.")):
            self._look()

    def _add(self, wanted: Callable[[str], bool]) -> bool:
        """Note the modules that are ``wanted`` and not noted, and the classes in them; whether there were any."""
        modules = [(name, one) for name, one in list(sys.modules.items()) if isinstance(one, ModuleType)]
        new = {name: one for name, one in modules if wanted(name) and name not in self._modules}
        self._modules |= set(new)
        classes: dict[type, str] = {}
        for title, module in new.items():
            self._module(title, module)
            for name, value in list(vars(module).items()):
                if isinstance(value, type) and _watched(value.__module__):
                    names = (f"{title}.{name}", classes.get(value, f"{title}.{name}"))
                    classes[value] = min(names, key=lambda one: (len(one), not one.startswith(value.__module__)))
        for kind, title in classes.items():
            self._class(title, kind)
        return bool(new)

    def _look(self) -> None:
        self._whole = Look(self._spaces)
        self._often = Look(space for space in self._spaces if space.title in OFTEN)

    def changed(self) -> list[str]:
        """What stands for something else now: ``replaces torch.softmax``, a phrase each."""
        told = self._told(self._whole)
        for part in (*self._parts, self._cells, self._kernels):
            told += part.changed()
        return sorted(dict.fromkeys([*told, *self._registrations(), *self._imports()]))

    def changed_often(self) -> list[str]:
        """As :meth:`changed`, of the few names that a sample's time itself depends on."""
        return self._told(self._often)

    def _told(self, look: Look) -> list[str]:
        """What differs, a phrase each; what libraries do usually is expected from now on."""
        told = []
        for change in list(look.changed()):
            if _usual(change.full_name, change.before, change.now):
                self._put(change.space, change.name, change.now)
            else:
                told.append(str(change))
        return told

    def put(self, title: str, name: str, value: Any) -> None:
        """Expect ``value`` at a name from now on."""
        self._put(next(space for space in self._spaces if space.title == title), name, value)

    def _put(self, space: Space, name: str, value: Any) -> None:
        space.put(name, value)
        for look in (self._whole, self._often):
            look.put(space, name, value)

    def _registrations(self) -> Iterator[str]:
        for key in self._impls - self._registered:
            library, name, kind = key.split("/")
            if library == "aten" and kind != VMAP:
                yield f"registers aten/{name} for {kind}"
        for name, dump in self._dumps.items():
            now = self._dump(f"aten::{name}")
            if now != dump and _kernels(now) != _kernels(dump):
                yield f"registers another kernel of aten/{name}"

    def _imports(self) -> Iterator[str]:
        for name in list(sys.modules):
            if name.startswith(COMPONENTS) and name not in self._modules:
                yield f"imports {name}"

    def _module(self, name: str, module: ModuleType) -> None:
        ours = name.split(".")[0] == OURS
        self._space(name, vars(module), (vars(sys.modules["builtins"]),), keep=_any if ours else _does)
        for key, value in list(vars(module).items()) if ours else ():
            if not isinstance(value, type | ModuleType | FunctionType) and hasattr(value, "__dict__"):
                kinds = tuple(vars(kind) for kind in type(value).__mro__)
                self._space(f"{name}.{key}", vars(value), kinds, keep=_any)

    def _class(self, title: str, kind: type) -> None:
        if id(kind) in self._seen or kind.__flags__ & IMMUTABLE:
            return
        self._seen.add(id(kind))
        self._space(title, vars(kind), tuple(vars(other) for other in kind.__mro__[1:]))

    def _space(
        self,
        title: str,
        now: Mapping[str, Any],
        behind: tuple[Mapping[str, Any], ...] = (),
        keep: Callable[[str, Any], bool] = _does,
    ) -> None:
        noted = {name: value for name, value in list(now.items()) if value is not None and keep(name, value)}
        self._spaces.append(Space(title, now, behind, list(noted), list(noted.values()), set(now)))
        for name, value in noted.items():
            self._function(f"{title}.{name}", value)

    def _function(self, title: str, value: Any) -> None:
        """Note the Python functions that ``value`` is made of: what a decorator or a property hides included."""
        if id(value) in self._seen or isinstance(value, type | ModuleType):
            return
        if isinstance(value, FunctionType):
            self._seen.add(id(value))
            for part in self._parts:
                if getattr(value, part.attribute) is not None:
                    part.note(f"{value.__module__}.{value.__qualname__}" if value.__module__ else title, value)
            for cell in value.__closure__ or ():
                inner = _content(cell)
                if isinstance(inner, FunctionType):
                    self._cells.note(title, cell)
                    self._function(title, inner)
        else:
            for name in INSIDE.get(type(value), ()):
                self._function(title, getattr(value, name))


def _kernels(dump: str) -> list[str]:
    """The lines of the dispatcher's table of an operator, without those that torch adds when they are first needed."""
    return [line for line in dump.splitlines() if not line.startswith(VMAP)]


@cache
def taken() -> Bindings:
    """What all watched names stood for when this was first called: in a worker, before any variant is imported."""
    return Bindings()


@contextmanager
def replaced(module: ModuleType, name: str, value: Any) -> Iterator[None]:
    """Let a name of a module stand for ``value`` for a while, because this suite itself wants it so."""
    bound, before = taken(), getattr(module, name)
    setattr(module, name, value)
    bound.put(module.__name__, name, value)
    try:
        yield
    finally:
        setattr(module, name, before)
        bound.put(module.__name__, name, before)
