"""Models on flat parameters against torch's own layers and scikit-learn's features."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from sklearn.preprocessing import PolynomialFeatures

from mdsolve.errors import InstanceError
from mdsolve.learn.models import build_model
from tests.learn.runs import instance

IMAGE, CLASSES = (1, 8, 8), 10


def model_of(family, shape=IMAGE, classes=CLASSES, **spec):
    return build_model(instance(model={"family": family, **spec}), shape, classes)


def random_theta(model, seed=0):
    return torch.from_numpy(np.random.default_rng(seed).normal(size=model.size)) * 0.3


def inputs(*shape):
    return torch.from_numpy(np.random.default_rng(1).normal(size=shape))


def load_dense(layer, weight, bias):
    layer.weight.data, layer.bias.data = weight.T.clone(), bias.clone()
    return layer


def as_module(model, theta):
    """Return the same model from torch's own layers."""
    layers = model.layers(theta)
    modules = []
    if model.family == "cnn":
        for kernel, bias in (layers[0:2], layers[2:4]):
            convolution = torch.nn.Conv2d(kernel.shape[1], kernel.shape[0], 3, padding=1)
            convolution.weight.data, convolution.bias.data = kernel.clone(), bias.clone()
            modules += [convolution, torch.nn.ReLU(), torch.nn.MaxPool2d(2)]
        layers = layers[4:]
    modules.append(torch.nn.Flatten())
    for weight, bias in zip(layers[::2], layers[1::2], strict=True):
        dense = torch.nn.Linear(*weight.shape)
        modules += [load_dense(dense, weight, bias), torch.nn.ReLU()]
    return torch.nn.Sequential(*modules[:-1]).double()


@pytest.mark.parametrize(
    ("family", "spec"),
    [
        ("linear", {}),
        ("mlp", {"hidden": [7, 5]}),
        ("mlp", {}),
        ("cnn", {}),
        ("cnn", {"hidden": [9]}),
    ],
)
def test_scores_and_losses_are_those_of_torchs_layers(family, spec):
    model = model_of(family, **spec)
    theta, batch = random_theta(model), inputs(6, *IMAGE)
    module = as_module(model, theta)
    assert sum(p.numel() for p in module.parameters()) == model.size
    torch.testing.assert_close(model.scores(theta, batch), module(batch))
    labels = torch.arange(6)
    targets = torch.nn.functional.one_hot(labels, CLASSES).double()
    known = torch.nn.functional.cross_entropy(module(batch), labels, reduction="none")
    torch.testing.assert_close(model.losses(theta, batch, targets), known)


def test_the_quadratic_model_has_all_products_and_a_squared_loss():
    model = model_of("quadratic", (4,), 2)
    theta, batch = random_theta(model), inputs(5, 4)
    features = PolynomialFeatures(2, include_bias=False).fit_transform(batch.numpy())
    weight, bias = (layer.numpy() for layer in model.layers(theta))
    known = features @ weight + bias
    np.testing.assert_allclose(model.scores(theta, batch).numpy(), known)
    targets = np.eye(2)[[0, 1, 1, 0, 1]]
    losses = model.losses(theta, batch, torch.from_numpy(targets)).numpy()
    np.testing.assert_allclose(losses, ((known - targets) ** 2).sum(axis=1) / 2)


def test_convex_models_start_at_zero_and_the_others_at_random_within_bounds():
    assert not model_of("linear").start(0, torch.float64).any()
    assert not model_of("quadratic", (4,), 2).start(0, torch.float64).any()
    model = model_of("mlp", hidden=[50])
    weight, bias, _, _ = model.layers(model.start(0, torch.float64))
    bound = np.sqrt(6 / 64)
    assert bound * 0.95 < weight.abs().max() <= bound
    assert not bias.any()
    assert not torch.equal(model.start(0, torch.float64), model.start(1, torch.float64))
    convolution = model_of("cnn")
    kernel = convolution.layers(convolution.start(0, torch.float64))[2]
    assert kernel.abs().max() <= np.sqrt(6 / (8 * 9))


@pytest.mark.parametrize(
    ("family", "shape", "spec", "words"),
    [
        ("cnn", (30,), {}, "cnn on inputs of shape"),
        ("cnn", (1, 3, 8), {}, "at least 4 x 4"),
        ("linear", IMAGE, {"hidden": [3]}, "hidden with mlp and cnn only"),
    ],
)
def test_models_that_do_not_fit_are_refused(family, shape, spec, words):
    with pytest.raises(InstanceError, match=words):
        model_of(family, shape, **spec)
