"""Guess the inputs of a function from its signature: names, annotations, defaults, and shapes that it unpacks.

The guesses are meant to run as they stand for most functions of tensors, and to be edited. Every dimension of a matrix
is ``case.n``, so that products of any two fit.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from perfsuite.scaffolding.functions import Target, method

UNKNOWN = "..."  # the value of a parameter that cannot be guessed
NUMBERS = {"int": "2", "float": "0.5", "bool": "False"}  # by annotation
NAMED = {  # by the name of a parameter that is no tensor
    **dict.fromkeys(("dim", "axis"), "-1"),
    **dict.fromkeys(("heads", "num_heads", "n_heads", "n_head", "nhead", "groups", "num_groups"), "8"),
    **dict.fromkeys(("eps", "epsilon"), "1e-5"),
    **dict.fromkeys(("causal", "is_causal"), "True"),
    **dict.fromkeys(("p", "dropout", "dropout_p"), "0.0"),
    **dict.fromkeys(("config", "cfg", "args", "fn", "func", "function", "model", "module", "optimizer"), UNKNOWN),
}
WIDTHS = ("dim", "d_model", "embed_dim", "n_embd", "hidden_size", "features", "in_features", "channels", "in_channels")
INDICES = ("label", "labels", "index", "indices", "idx")  # vectors of integers below n
TOKENS = ("ids", "input_ids", "tokens", "token_ids")  # batches of such vectors
VECTORS = ("bias", "gamma", "beta")
SIZES = {1: "case.n", 2: "case.n, case.n", 3: "4, case.n, case.n", 4: "2, 8, case.n, case.n"}  # by rank
SEVERAL = re.compile(r"(?i)\b(list|tuple|sequence|iterable)\[[^\[]*tensor")
OPTIONAL = re.compile(r"Optional\[(.*)\]|\s*\|\s*None")


@dataclass(frozen=True)
class Call:
    """How a function is called: what makes each input, and what else it is given."""

    inputs: dict[str, str]  # parameter -> expression; in the order of the parameters
    passed: tuple[tuple[str, str], ...] = ()  # every argument as (keyword or "", expression); empty: the inputs alone
    defaults: tuple[str, ...] = ()  # parameters that are left out
    unknown: tuple[str, ...] = ()  # parameters without a guess


def call_of(target: Target) -> Call:
    """How a function, or the ``forward`` of a module, is called."""
    node = target.node
    if isinstance(node, ast.ClassDef):
        node = method(node, "forward")
    if node is None:
        return Call({"x": _tensor(2)})
    bound = isinstance(target.node, ast.ClassDef)
    ranks = dict(_unpacked(node))
    usual = max(ranks.values(), default=2)
    inputs: dict[str, str] = {}
    passed: list[tuple[str, str]] = []
    defaults, unknown = [], []
    constants = False
    for argument, has_default, only_keyword in _parameters(node, bound):
        if has_default:
            defaults.append(argument.arg)
            continue
        value = _constant(argument)
        if value:
            constants = True
            unknown += [argument.arg] if value == UNKNOWN else []
        else:
            inputs[argument.arg] = _input(argument, ranks.get(argument.arg, usual), target.name)
        constants |= only_keyword
        by_name = only_keyword or (constants and argument not in node.args.posonlyargs)
        passed.append((argument.arg if by_name else "", value or argument.arg))
    return Call(inputs, tuple(passed) if constants else (), tuple(defaults), tuple(unknown))


def made(node: ast.ClassDef) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The arguments that a module's class needs, as written, and the names of those without a guess.

    They are those without a default, and those that the width of the input depends on.
    """
    init = method(node, "__init__")
    arguments: list[str] = []
    unknown: list[str] = []
    for argument, has_default, only_keyword in _parameters(init, bound=True) if init else ():
        if has_default and argument.arg not in WIDTHS:
            continue
        kind = _annotation(argument)
        size = argument.arg in WIDTHS or (kind in ("int", "") and argument.arg not in NAMED)
        value = "case.n" if size else NAMED.get(argument.arg) or NUMBERS.get(kind, UNKNOWN)
        unknown += [argument.arg] if value == UNKNOWN else []
        arguments.append(f"{argument.arg}={value}" if only_keyword or arguments else value)
    return tuple(arguments), tuple(unknown)


def _parameters(node: ast.FunctionDef, bound: bool) -> Iterator[tuple[ast.arg, bool, bool]]:
    """Each parameter, whether it has a default, and whether it is passed by keyword only; without ``*`` and ``**``."""
    usual = [*node.args.posonlyargs, *node.args.args]
    first = len(usual) - len(node.args.defaults)
    for at, argument in enumerate(usual):
        if not (bound and at == 0):
            yield argument, at >= first, False
    for argument, default in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True):
        yield argument, default is not None, True


def _annotation(argument: ast.arg) -> str:
    if argument.annotation is None:
        return ""
    text = ast.unparse(argument.annotation).strip("'\"")
    return OPTIONAL.sub(lambda found: found[1] or "", text).strip()


def _constant(argument: ast.arg) -> str:
    """The value of a parameter that is no tensor; "" for a tensor."""
    kind = _annotation(argument)
    if not kind:
        return NAMED.get(argument.arg, "")
    if "Tensor" in kind or "ndarray" in kind or kind == "Any":
        return ""
    return (NAMED.get(argument.arg) if kind in NUMBERS else None) or NUMBERS.get(kind, UNKNOWN)


def _input(argument: ast.arg, rank: int, function: str) -> str:
    """The expression that makes the tensor of a parameter."""
    name, kind = argument.arg, _annotation(argument)
    if name in INDICES:
        return _integers(1)
    if name in TOKENS or "LongTensor" in kind or "IntTensor" in kind:
        return _integers(2)
    if name.endswith("mask"):
        return "torch.rand(case.n, case.n, generator=generator) > 0.5"
    if name in VECTORS or (name == "weight" and "norm" in function.lower()):
        return _tensor(1)
    made = _tensor(2 if name.startswith("weight") else rank)
    if SEVERAL.search(kind):
        return f"[{made} for _ in range(4)]"
    return f"{made}.numpy()" if "ndarray" in kind else made


def _tensor(rank: int) -> str:
    sizes = SIZES.get(rank) or ", ".join(["2"] * (rank - 2) + ["case.n"] * 2)
    return f"torch.randn({sizes}, generator=generator)"


def _integers(rank: int) -> str:
    sizes = {1: "case.n,", 2: "4, case.n"}[rank]
    return f"torch.randint(case.n, ({sizes}), generator=generator)"


def _unpacked(node: ast.FunctionDef) -> Iterator[tuple[str, int]]:
    """Parameters whose shape the function unpacks, as in ``b, t, d = x.shape``, and how many dimensions each has."""
    names = {argument.arg for argument, _, _ in _parameters(node, bound=False)}
    for one in ast.walk(node):
        if not (isinstance(one, ast.Assign) and isinstance(one.targets[0], ast.Tuple)):
            continue
        value, targets = one.value, one.targets[0].elts
        if isinstance(value, ast.Call) and not value.args and ast.unparse(value.func).endswith(".size"):
            value = value.func
        shape = isinstance(value, ast.Attribute) and value.attr in ("shape", "size")
        if shape and not any(isinstance(target, ast.Starred) for target in targets):
            assert isinstance(value, ast.Attribute)
            if isinstance(value.value, ast.Name) and value.value.id in names:
                yield value.value.id, len(targets)
