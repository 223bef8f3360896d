"""Networks layer by layer, as an instance lists them: convolutions, maxima, dense layers."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import torch
from torch import Tensor
from torch.nn import functional

from mdsolve.instance.training import DEFAULT_KERNEL, LayerSpec

Shapes = tuple[tuple[int, ...], ...]


def dense_shapes(widths: tuple[int, ...]) -> Shapes:
    """Return weight and bias shapes of dense layers between these widths."""
    shapes: list[tuple[int, ...]] = []
    for inputs, outputs in pairwise(widths):
        shapes += [(inputs, outputs), (outputs,)]
    return tuple(shapes)


def network_shapes(
    layers: tuple[LayerSpec, ...], input_shape: tuple[int, ...], classes: int
) -> Shapes:
    """Return weight and bias shapes of a network; kernels are (outputs, inputs, side, side).

    Raises
    ------
    ValueError
        A convolution or maximum finds no image, or one that is too small.
    """
    shape, shapes = tuple(input_shape), []
    for layer in layers:
        if layer.dense is not None:
            break
        if len(shape) != 3:
            message = f"{layer.kind} on inputs of shape {shape}, which are no images"
            raise ValueError(message)
        channels, height, width = shape
        if layer.pool is not None:
            shape = (channels, height // layer.pool, width // layer.pool)
        else:
            outputs, side = layer.convolution or 0, layer.kernel or DEFAULT_KERNEL
            shapes += [(outputs, channels, side, side), (outputs,)]
            lost = side - 1 if layer.padding == "valid" else 0
            shape = (outputs, height - lost, width - lost)
        if min(shape[1:]) < 1:
            message = f"{layer.kind} on images of {height} x {width} pixels, which are too small"
            raise ValueError(message)
    features = 1
    for length in shape:
        features *= length
    hidden = tuple(layer.dense for layer in layers if layer.dense is not None)
    return (*shapes, *dense_shapes((features, *hidden, classes)))


def dense(layers: list[Tensor], inputs: Tensor) -> Tensor:
    """Return the scores of dense layers (weights and biases in turn) on flattened inputs."""
    values = inputs.flatten(1)
    pairs = list(zip(layers[::2], layers[1::2], strict=True))
    for depth, (weight, bias) in enumerate(pairs):
        values = values @ weight + bias
        if depth < len(pairs) - 1:
            values = torch.relu(values)
    return values


def network(layers: tuple[LayerSpec, ...]) -> Callable[[list[Tensor], Tensor], Tensor]:
    """Return the scores of a network as a function of its weights and inputs."""
    images = [layer for layer in layers if layer.dense is None]

    def scores(weights: list[Tensor], inputs: Tensor) -> Tensor:
        values, used = inputs, 0
        for layer in images:
            if layer.pool is not None:
                values = functional.max_pool2d(values, layer.pool)
                continue
            kernel, bias = weights[used : used + 2]
            padding = layer.padding or "same"
            values = torch.relu(functional.conv2d(values, kernel, bias, padding=padding))
            used += 2
        return dense(weights[used:], values)

    return scores
