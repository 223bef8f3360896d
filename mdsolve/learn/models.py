"""Models as functions of one flat parameter vector, so that clients stack into a matrix.

A stack of models is a matrix (models, parameters): averages over coalitions are matrix products,
and `torch.func.vmap` over its rows runs all clients at once.

- `linear`: softmax regression; starts at zero (a convex problem, where the start is harmless).
- `quadratic`: linear in all products of two inputs, least squares on the class indicators ([M25]
  section 5: "quadratic regression"); starts at zero.
- `mlp`: hidden layers with rectified linear units; starts at random.
- `cnn`: two 3 x 3 convolutions with 8 and 16 channels, each followed by a rectified linear unit
  and 2 x 2 maxima, and a softmax layer; starts at random.
- `network`: the layers that the instance lists; starts at random.

[M25] Algorithm 1 starts from a "zero-model". For networks that is a stationary point of all layers
but the last, from which nothing is learned, so they start at random unless `start` says otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from mdsolve.errors import InstanceError
from mdsolve.instance.training import TrainingInstance
from mdsolve.learn.networks import Shapes, dense, dense_shapes, network, network_shapes
from mdsolve.learn.streams import Purpose, stream

CHANNELS = (8, 16)


@dataclass(frozen=True)
class Model:
    """A family of predictors with parameters in one flat vector.

    Parameters
    ----------
    shapes : tuple of shapes
        Weight and bias of each layer in turn; weights are (inputs, outputs) or a kernel.
    outputs : callable
        (layers, inputs) -> scores of shape (examples, classes).
    squared : bool
        Whether the loss is half the squared error on class indicators instead of cross-entropy.
    random_start : bool
        Whether weights start at random instead of zero.
    """

    family: str
    shapes: Shapes
    outputs: Callable[[list[Tensor], Tensor], Tensor]
    squared: bool = False
    random_start: bool = True

    @property
    def size(self) -> int:
        """Number of parameters."""
        return sum(math.prod(shape) for shape in self.shapes)

    def layers(self, theta: Tensor) -> list[Tensor]:
        """Return views into a flat vector (parameters,), one per weight and bias."""
        sizes = [math.prod(shape) for shape in self.shapes]
        pieces = torch.split(theta, sizes)
        return [piece.view(shape) for piece, shape in zip(pieces, self.shapes, strict=True)]

    def scores(self, theta: Tensor, inputs: Tensor) -> Tensor:
        """Return scores (examples, classes); the largest one is the prediction."""
        return self.outputs(self.layers(theta), inputs)

    def losses(self, theta: Tensor, inputs: Tensor, targets: Tensor) -> Tensor:
        """Return the loss of each example, shape (examples,).

        Parameters
        ----------
        targets : Tensor, shape (examples, classes)
            Class indicators.
        """
        return self.losses_of(self.scores(theta, inputs), targets)

    def losses_of(self, scores: Tensor, targets: Tensor) -> Tensor:
        """Return the losses that belong to these scores, one axis fewer."""
        if self.squared:
            return 0.5 * ((scores - targets) ** 2).sum(-1)
        return -(targets * torch.log_softmax(scores, -1)).sum(-1)

    def start(self, seed: int, dtype: torch.dtype) -> Tensor:
        """Return the parameters before any training, shape (parameters,).

        Random weights are uniform on +-sqrt(6 / inputs of the layer) (He et al., for rectified
        linear units); biases are zero.
        """
        random = stream(seed, Purpose.MODEL)
        pieces = []
        for shape in self.shapes:
            if len(shape) == 1 or not self.random_start:
                pieces.append(np.zeros(math.prod(shape)))
                continue
            inputs = shape[0] if len(shape) == 2 else math.prod(shape[1:])
            bound = math.sqrt(6 / inputs)
            pieces.append(random.uniform(-bound, bound, math.prod(shape)))
        return torch.from_numpy(np.concatenate(pieces)).to(dtype)


def build_model(instance: TrainingInstance, input_shape: tuple[int, ...], classes: int) -> Model:
    """Return the model an instance asks for.

    Raises
    ------
    InstanceError
        `cnn` on tables or on images below 4 x 4, or ``hidden`` with a model that has no such layer.
    """
    spec, features = instance.model, math.prod(input_shape)
    if spec.hidden and spec.family in ("linear", "quadratic"):
        where, got = f"{instance.label}: model.hidden", f"with {spec.family}"
        raise InstanceError.single(where, got, "hidden with mlp and cnn only", "leave it out")
    convex = spec.family in ("linear", "quadratic")
    random = not convex if spec.start is None else spec.start == "random"
    if spec.family == "linear":
        shapes: Shapes = ((features, classes), (classes,))
        return Model("linear", shapes, dense, random_start=random)
    if spec.family == "quadratic":
        products = features * (features + 1) // 2
        shapes = ((features + products, classes), (classes,))
        return Model("quadratic", shapes, _quadratic, squared=True, random_start=random)
    if spec.family == "mlp":
        widths = (features, *spec.hidden, classes)
        return Model("mlp", dense_shapes(widths), dense, random_start=random)
    if spec.family == "network":
        try:
            shapes = network_shapes(spec.layers, input_shape, classes)
        except ValueError as error:
            where, expected = f"{instance.label}: model.layers", "layers that fit the images"
            raise InstanceError.single(where, str(error), expected) from None
        return Model("network", shapes, network(spec.layers), random_start=random)
    if len(input_shape) != 3 or min(input_shape[1:]) < 4:
        where, got = f"{instance.label}: model.family", f"cnn on inputs of shape {input_shape}"
        raise InstanceError.single(where, got, "images of at least 4 x 4 pixels", "family: mlp")
    channels, height, width = input_shape
    first, second = CHANNELS
    flat = second * (height // 4) * (width // 4)
    kernels: Shapes = ((first, channels, 3, 3), (first,), (second, first, 3, 3), (second,))
    widths = (flat, *spec.hidden, classes)
    return Model("cnn", kernels + dense_shapes(widths), _convolutional, random_start=random)


def _quadratic(layers: list[Tensor], inputs: Tensor) -> Tensor:
    values = inputs.flatten(1)
    first, second = np.triu_indices(values.shape[1])
    products = values[:, first] * values[:, second]
    return torch.cat([values, products], 1) @ layers[0] + layers[1]


def _convolutional(layers: list[Tensor], inputs: Tensor) -> Tensor:
    values = inputs
    for kernel, bias in (layers[0:2], layers[2:4]):
        values = torch.relu(functional.conv2d(values, kernel, bias, padding=1))
        values = functional.max_pool2d(values, 2)
    return dense(layers[4:], values)
