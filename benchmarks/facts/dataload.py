"""What worker processes do with a data set that does not check which worker it runs in."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def naive_tar_loader() -> tuple[bool, str]:
    """A tar file of 8 members, read by an IterableDataset that does not check which worker it runs in."""
    import io
    import tarfile
    import tempfile

    from torch.utils.data import DataLoader, IterableDataset

    class Naive(IterableDataset):  # type: ignore[misc]
        def __iter__(self) -> Any:
            with tarfile.open(path) as tar:
                yield from (tar.extractfile(member).read()[0] for member in tar)  # type: ignore[union-attr]

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "8.tar")
        with tarfile.open(path, "w") as tar:
            for number in range(8):
                member = tarfile.TarInfo(str(number))
                member.size = 1
                tar.addfile(member, io.BytesIO(bytes([number])))
        found = {
            workers: sorted(DataLoader(Naive(), batch_size=None, num_workers=workers, multiprocessing_context=context))
            for workers, context in ((0, None), (1, "fork"), (2, "fork"))
        }
    seen = ", ".join(f"{len(samples)} samples with {workers} workers" for workers, samples in found.items())
    return found == {0: [*range(8)], 1: [*range(8)], 2: sorted([*range(8)] * 2)}, f"8 files: {seen}"


LOOKS = {"a naive tar loader delivers each file once for each worker": naive_tar_loader}
