"""Feature maps to look at: ``maps`` (n, 1, height, width), float32 between 0 and 1, in one picture, eight to a row.

Each variant returns the bytes of the event file, uint8. A pixel is ``floor(255 x)``, in three equal colours.
"""

import io

import torch

from ._log import by_hand, compiled_checksum, event, logged

TAG, COLUMNS = "maps", 8


def _tiled(maps: torch.Tensor) -> torch.Tensor:
    """The picture: (rows * height, columns * width) in uint8."""
    count, _, height, width = maps.shape
    columns = min(count, COLUMNS)
    grid = maps.view(-1, columns, height, width).transpose(1, 2).reshape(-1, columns * width)
    return (grid * 255).to(torch.uint8)


def _summary(maps: torch.Tensor, level: int):
    """The entry with a PNG of three colours at a level of compression from 0, none, to 9; 6 is the library's."""
    try:
        from PIL import Image
        from tensorboard.compat.proto.summary_pb2 import Summary
    except ImportError as problem:
        raise NotImplementedError(f"needs tensorboard and Pillow: {problem}") from problem
    picture = _tiled(maps)
    height, width = picture.shape
    buffer = io.BytesIO()
    colours = picture.unsqueeze(2).expand(-1, -1, 3).contiguous()
    Image.fromarray(colours.numpy()).save(buffer, "PNG", compress_level=level)
    encoded = Summary.Image(height=height, width=width, colorspace=3, encoded_image_string=buffer.getvalue())
    return Summary(value=[Summary.Value(tag=TAG, image=encoded)])


def add_figure(maps: torch.Tensor) -> torch.Tensor:
    """A matplotlib figure around the same pixels: it is drawn, copied out, and encoded as all others are.

    TB-04, TB-07.
    """
    try:
        from matplotlib.figure import Figure
    except ImportError as problem:
        raise NotImplementedError(f"needs matplotlib: {problem}") from problem
    picture = _tiled(maps)
    figure = Figure(figsize=(picture.shape[1], picture.shape[0]), dpi=1)
    figure.figimage(picture.unsqueeze(2).expand(-1, -1, 3).numpy())
    return logged(lambda writer: writer.add_figure(TAG, figure, close=False))


def uncompressed(maps: torch.Tensor) -> torch.Tensor:
    """PNG without compression: nothing is won, for the checksum goes through every byte that is written.

    TB-04.
    """
    return logged(lambda writer: writer.file_writer.add_summary(_summary(maps, 0)))


def make_grid(maps: torch.Tensor) -> torch.Tensor:
    """The source's ``make_grid`` and ``add_image``: the grid in floats and three colours.

    TB-04.
    """
    try:
        from torchvision.utils import make_grid
    except ImportError as problem:
        raise NotImplementedError(f"needs torchvision: {problem}") from problem
    grid = make_grid(maps, nrow=COLUMNS, padding=0)
    return logged(lambda writer: writer.add_image(TAG, grid))


def add_images(maps: torch.Tensor) -> torch.Tensor:
    """``add_images`` makes the grid itself.

    TB-04.
    """
    return logged(lambda writer: writer.add_images(TAG, maps))


def bytes_first(maps: torch.Tensor) -> torch.Tensor:
    """Tiled and made bytes by torch: a quarter of the data goes through the rest.

    TB-04.
    """
    return logged(lambda writer: writer.add_image(TAG, _tiled(maps), dataformats="HW"))


def fast_png(maps: torch.Tensor) -> torch.Tensor:
    """Compressed as little as zlib knows: less time to encode, more bytes to sum up.

    TB-04.
    """
    return logged(lambda writer: writer.file_writer.add_summary(_summary(maps, 1)))


def records_compiled(maps: torch.Tensor) -> torch.Tensor:
    """The library's compression, and the checksum compiled: what TensorBoard's own costs in Python is gone.

    TB-04.
    """
    return by_hand([event(_summary(maps, 6))], compiled_checksum())
