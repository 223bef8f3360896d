"""Turning images about their centre: exact for right angles, bilinear otherwise."""

from __future__ import annotations

import math

import numpy as np
import torch

from mdsolve.learn.dataset import Floats


def rotated(images: Floats, angle: float) -> Floats:
    """Return images turned counter-clockwise by an angle in degrees; corners fill with 0.

    Parameters
    ----------
    images : ndarray, shape (examples, channels, height, width)

    Examples
    --------
    >>> image = np.array([[[[1.0, 2.0], [3.0, 4.0]]]], dtype=np.float32)
    >>> rotated(image, 90)[0, 0].tolist()
    [[2.0, 4.0], [1.0, 3.0]]
    """
    height, width = images.shape[2:]
    if angle % 180 == 0 or (angle % 90 == 0 and height == width):
        return np.ascontiguousarray(np.rot90(images, int(angle // 90), axes=(2, 3)))
    turn = math.radians(angle)
    cosine, sine = math.cos(turn), math.sin(turn)
    # grid_sample asks where each pixel comes from, in coordinates that run from -1 to 1 per axis
    rows = [
        [cosine, -sine * height / width, 0.0],
        [sine * width / height, cosine, 0.0],
    ]
    stack = torch.from_numpy(np.ascontiguousarray(images))
    grid = torch.nn.functional.affine_grid(
        torch.tensor([rows]).expand(len(stack), 2, 3), list(stack.shape), align_corners=False
    )
    turned: Floats = torch.nn.functional.grid_sample(stack, grid, align_corners=False).numpy()
    return turned
