"""What loading a whole network requires, and what a pickle can do."""

from __future__ import annotations


def whole_network_refused() -> tuple[bool, str]:
    """``torch.load`` of a pickled module, by default and with ``weights_only=False``."""
    import io
    import pickle

    import torch

    whole = io.BytesIO()
    torch.save(torch.nn.Linear(3, 2), whole)
    seen = []
    for options in ({}, {"weights_only": False}):
        whole.seek(0)
        try:
            seen.append(type(torch.load(whole, **options)).__name__)
        except pickle.UnpicklingError as problem:
            seen.append(type(problem).__name__)
    return seen == ["UnpicklingError", "Linear"], f"by default {seen[0]}, with weights_only=False {seen[1]}"


def whole_network_needs_its_class() -> tuple[bool, str]:
    """A module and its state, each saved and then loaded after the Python module with its class is gone."""
    import io
    import sys
    import types

    import torch

    code = types.ModuleType("code_of_last_year")
    exec("from torch import nn\nclass Net(nn.Linear):\n    pass\n", code.__dict__)
    sys.modules[code.__name__] = code
    whole, state = io.BytesIO(), io.BytesIO()
    try:
        torch.save(code.__dict__["Net"](3, 2), whole)
        torch.save(code.__dict__["Net"](3, 2).state_dict(), state)
    finally:
        del sys.modules[code.__name__]
    whole.seek(0)
    state.seek(0)
    kept = torch.nn.Linear(3, 2).load_state_dict(torch.load(state))
    try:
        return False, f"loaded {torch.load(whole, weights_only=False)}"
    except ModuleNotFoundError as problem:
        return True, f"{problem}; its state: {kept}"


class _Asks:
    """Unpickling it calls ``int("7")``; it could call any function."""

    def __reduce__(self) -> tuple[type, tuple[str]]:
        return int, ("7",)


def pickle_runs_what_it_names() -> tuple[bool, str]:
    """A pickle file that names a function: loaded with ``weights_only=False`` and by default."""
    import io
    import pickle

    import torch

    file = io.BytesIO()
    torch.save({"x": _Asks()}, file)
    file.seek(0)
    called = torch.load(file, weights_only=False)["x"]
    file.seek(0)
    try:
        torch.load(file)
        refused = False
    except pickle.UnpicklingError:
        refused = True
    return called == 7 and refused, f"trusted, the file's call gave {called!r}; by default it is refused: {refused}"


LOOKS = {
    "torch.load refuses a whole network unless it is told to trust the file": whole_network_refused,
    "a whole network cannot be loaded without its class, its state can": whole_network_needs_its_class,
    "a trusted pickle calls what it names, and the default refuses to": pickle_runs_what_it_names,
}
