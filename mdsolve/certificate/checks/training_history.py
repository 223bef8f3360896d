"""`history`: what a run reports, and nobody can compute without training, is consistent.

Accuracies are shares of examples and losses are not negative; a wrong prediction costs at least
log 2 in cross-entropy (the right class has at most half of the probability) and 1/4 in half the
squared error, so a loss is at least that times the share of errors. The outcome is the last round,
and data and model are described as they are used. Beyond that, both are taken as reported.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from itertools import pairwise
from typing import Any

from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.numbers import Quantity
from mdsolve.certificate.registry import condition
from mdsolve.certificate.stated.figures import Figure, Recompute, Said, compare
from mdsolve.certificate.training_claim import CHOOSING, LAST_ROUND
from mdsolve.certificate.training_context import TrainingContext
from mdsolve.conditions import Condition
from mdsolve.instance.protocols.base import TwoPhasesSpec
from mdsolve.instance.training import BUNDLED_SOURCES, ModelSpec
from mdsolve.status import Termination

NAME = "history"

ERROR_COSTS = {True: Fraction(1, 4), False: Fraction(693, 1000)}
"""Least loss of a wrong prediction: in half the squared error, and just below log 2."""

CHANNELS = (8, 16)
"""Channels of the two convolutions of `cnn`."""

KERNEL = 3
"""Side of the kernels of a `network` that does not say."""


@condition(NAME, "training", about="what a run reports is consistent with itself")
def history(context: TrainingContext) -> Condition:
    """Check what is reported, round by round and at the end."""
    claim = context.claim
    sources: dict[str, Recompute] = {
        "history.rounds": lambda: Said.exactly(list(range(1, claim.rounds + 1))),
        "history.phases": lambda: Said(lambda _: _phases(context)),
        "status.termination": lambda: Said(lambda stated: _ended(context, stated)),
        "history.accuracies": lambda: _shares(context, context.column("accuracies")),
        "history.losses": lambda: _losses(
            context, context.column("accuracies"), context.column("losses")
        ),
    }
    sources |= {key: _last(context, key) for key in LAST_ROUND}
    sources |= {"capacities": lambda: _capacities(context), **_data(context), **_model(context)}
    if claim.alone is not None:
        sources |= _alone(context, claim.alone)
    return compare(
        context,
        claim,
        sources,
        name=NAME,
        names=context.names,
        words="the books are consistent; accuracies and losses as reported",
    )


def _phases(context: TrainingContext) -> str:
    """Return what is wrong with the phases of the rounds."""
    phases, spec = context.claim.phases, context.instance.protocol
    choosing = int(context.choosing.sum())
    most = spec.negotiation_rounds if isinstance(spec, TwoPhasesSpec) else 0
    if choosing and not most:
        return f"agents do not choose beforehand under {spec.name}"
    if CHOOSING in phases[choosing:]:
        return "agents choose before the model is trained"
    if choosing > most:
        return f"{choosing} rounds of choosing, of at most {most}"
    learned = context.claim.learned
    return f"{learned} rounds of training, of {spec.rounds}" if learned > spec.rounds else ""


def _ended(context: TrainingContext, stated: Any) -> str:
    """Return what is wrong with how a run is said to have ended."""
    learned, rounds = context.claim.learned, context.instance.protocol.rounds
    early = stated == Termination.SOLVED.label and learned < rounds
    return f"{learned} of {rounds} rounds were trained" if early else ""


def _shares(context: TrainingContext, stated: Quantity) -> Figure:
    """Return the figure of accuracies: as reported, within [0, 1]."""
    arithmetic = context.arithmetic
    one = arithmetic.constant(1)
    inside = arithmetic.minimum(arithmetic.maximum(stated, 0 * stated), one)
    return Figure.exactly(inside, 1.0)


def _losses(context: TrainingContext, accuracies: Quantity, stated: Quantity) -> Figure:
    """Return the figure of losses: as reported, at least what the errors cost."""
    arithmetic = context.arithmetic
    squared = context.instance.model.family == "quadratic"
    errors = arithmetic.maximum(1 - accuracies, 0 * accuracies)
    least = arithmetic.constant(ERROR_COSTS[squared]) * errors
    return Figure.within(least, arithmetic.maximum(least, stated), 1.0)


def _last(context: TrainingContext, key: str) -> Recompute:
    """Return the figure of an outcome: the last round of the history."""
    scale = context.scales.samples if key == "contributions" else context.scales.money
    return lambda: Figure.exactly(context.column(key)[-1], 1.0 if key == "accuracies" else scale)


def _capacities(context: TrainingContext) -> Figure:
    """Return the figure of capacities: the instance's, else every own example once."""
    if context.instance.agents.capacity is not None:
        return Figure.exactly(context.capacities, context.scales.samples)
    examples = context.claim.stored("data.examples", (context.size,))
    if isinstance(examples, str):
        raise NoRouteError(examples)
    own, spec = context.arithmetic.stored(examples), context.instance.protocol
    return Figure.exactly(
        own if spec.unit == "samples" else own / spec.batch_size, context.scales.samples
    )


def _data(context: TrainingContext) -> dict[str, Recompute]:
    """Return what is known of the data: where they come from, and that the counts add up."""
    instance, at = context.instance, context.claim.at
    return {
        "data.source": lambda: Said.exactly(instance.data.source),
        "data.partition": lambda: Said.exactly(instance.partition.scheme),
        "data.sha256": lambda: Said(_digest),
        "data.classes": lambda: Said(_classes),
        "data.input_shape": lambda: Said(_sizes),
        "data.examples": lambda: Said(lambda stated: _parts(context, stated)),
        "data.training_examples": lambda: Said(
            lambda stated: _positive(stated) or _enough(stated, at("data.examples"))
        ),
        "data.holdout_examples": lambda: Said(
            lambda stated: _positive(stated) or _held_out(context, stated)
        ),
    }


def _model(context: TrainingContext) -> dict[str, Recompute]:
    spec = context.instance.model
    return {
        "model.family": lambda: Said.exactly(spec.family),
        "model.precision": lambda: Said.exactly(spec.precision),
        "model.parameters": lambda: Said.exactly(_parameters(context)),
    }


def _parameters(context: TrainingContext) -> int:
    """Return how many parameters the model has, on inputs as described."""
    shape, classes = context.claim.at("data.input_shape"), context.claim.classes
    if _sizes(shape) or classes < 1:
        message = "the solution does not say what inputs and classes the examples have"
        raise NoRouteError(message)
    sizes = [int(length) for length in shape]
    spec, features = context.instance.model, math.prod(sizes)
    if spec.family == "linear":
        return (features + 1) * classes
    if spec.family == "quadratic":
        return (features + features * (features + 1) // 2 + 1) * classes
    kernels, hidden = 0, spec.hidden
    if spec.family in ("cnn", "network") and len(sizes) != 3 and _convolves(spec):
        message = f"convolutions on inputs of shape {sizes}"
        raise NoRouteError(message)
    if spec.family == "network":
        kernels, features = _before_dense(spec, sizes)
        hidden = tuple(layer.dense for layer in spec.layers if layer.dense is not None)
    elif spec.family == "cnn":
        first, second = CHANNELS
        kernels = 9 * first * sizes[0] + first + 9 * second * first + second
        features = second * (sizes[1] // 4) * (sizes[2] // 4)
    widths = (features, *hidden, classes)
    return kernels + sum((a + 1) * b for a, b in pairwise(widths))


def _convolves(spec: ModelSpec) -> bool:
    return spec.family == "cnn" or any(layer.dense is None for layer in spec.layers)


def _before_dense(spec: ModelSpec, sizes: list[int]) -> tuple[int, int]:
    """Return the weights of a network's convolutions, and the features that its images end in.

    A convolution has a kernel per pair of channels and a number per outgoing one. Without padding
    an image loses the kernel's side less one, a maximum over squares leaves one pixel of each.
    """
    weights = 0
    for layer in spec.layers:
        if layer.pool is not None:
            sizes = [sizes[0], *(side // layer.pool for side in sizes[1:])]
        elif layer.convolution is not None:
            side = KERNEL if layer.kernel is None else layer.kernel
            weights += layer.convolution * (sizes[0] * side**2 + 1)
            cut = 0 if layer.padding != "valid" else side - 1
            sizes = [layer.convolution, *(length - cut for length in sizes[1:])]
    return weights, math.prod(sizes)


def _alone(context: TrainingContext, alone: Mapping[str, Any]) -> dict[str, Recompute]:
    """Return the columns about training alone, as reported: within what is possible."""
    arithmetic = context.arithmetic
    stored = {key: arithmetic.stored(column) for key, column in alone.items()}
    found: dict[str, Recompute] = {}
    if "contributions" in stored:
        own = stored["contributions"]
        inside = arithmetic.minimum(arithmetic.maximum(own, 0 * own), context.capacities)
        found["standalone.contributions"] = lambda: Figure.exactly(inside, context.scales.samples)
    if "accuracies" in stored:
        found["standalone.accuracies"] = lambda: _shares(context, stored["accuracies"])
        if "losses" in stored:
            found["standalone.losses"] = lambda: _losses(
                context, stored["accuracies"], stored["losses"]
            )
    return found


def _digest(stated: Any) -> str:
    fits = isinstance(stated, str) and len(stated) == 64 and set(stated) <= set("0123456789abcdef")
    return "" if fits else "a SHA-256 belongs here"


def _classes(stated: Any) -> str:
    fits = isinstance(stated, list | tuple) and len(stated) >= 2 and len(set(stated)) == len(stated)
    return "" if fits else "two different classes or more belong here"


def _sizes(stated: Any) -> str:
    fits = isinstance(stated, list | tuple) and not any(map(_positive, stated)) and len(stated) > 0
    return "" if fits else "the lengths of the inputs belong here"


def _positive(stated: Any) -> str:
    whole = isinstance(stated, int) and not isinstance(stated, bool) and stated > 0
    return "" if whole else "a whole number from 1 on belongs here"


def _parts(context: TrainingContext, stated: Any) -> str:
    fits = isinstance(stated, list | tuple) and len(stated) == context.size
    return "" if fits and not any(map(_positive, stated)) else "one count per agent belongs here"


def _enough(stated: int, parts: Any) -> str:
    """Return what is wrong with a number of examples, all agents' parts given."""
    held = sum(parts) if isinstance(parts, list | tuple) and not any(map(_positive, parts)) else 0
    return f"the agents hold {held:,}" if held > stated else ""


def _held_out(context: TrainingContext, stated: int) -> str:
    """Return what is wrong with a number of held-out examples; images may bring a test set."""
    trained, data = context.claim.at("data.training_examples"), context.instance.data
    own = data.source not in BUNDLED_SOURCES and not data.source.startswith(("npz", "csv"))
    if _positive(trained) or own:
        return ""
    expected = float(data.holdout) * (trained + stated)
    return "" if abs(stated - expected) <= 1 else f"the share {data.holdout} is held out"
