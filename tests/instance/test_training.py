"""Training instances: the sources, schemes and protocols of the format, and what is refused."""

from __future__ import annotations

import pytest

from mdsolve.instance import parse
from tests.instance.samples import TRAINING, problems


def with_(part, **changes):
    return {**TRAINING, part: {**TRAINING[part], **changes}}


IID = {"scheme": "iid"}


@pytest.mark.parametrize(
    "source",
    ["digits", "breast_cancer", "synthetic-quadratic", "mnist:d", "cifar10:d", "npz:f", "csv:f"],
)
def test_sources(source):
    assert parse(with_("data", source=source)).data.source == source


@pytest.mark.parametrize(
    "partition", [IID, {"scheme": "dirichlet", "alpha": 0.5}, {"scheme": "label-ratio"}]
)
def test_schemes(partition):
    assert parse({**TRAINING, "partition": partition}).partition.scheme == partition["scheme"]


@pytest.mark.parametrize(
    "name", ["fedavg", "fedavg-strategic", "fedbr", "fedbr-bg", "fedbr-shap", "upbred", "2p-upbred"]
)
def test_protocols(name):
    assert parse(with_("protocol", name=name)).protocol.name == name


@pytest.mark.parametrize("family", ["linear", "quadratic", "mlp", "cnn"])
def test_models(family):
    assert parse(with_("model", family=family)).model.hidden == (64,)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (with_("data", source="digit"), "one of digits"),
        (with_("data", source="mnist:"), "mnist:DIR"),
        (with_("data", holdout=1), "below 1"),
        (with_("data", holdout=-0.1), "at least 0"),
        (with_("partition", scheme="rotat"), "did you mean 'rotate'"),
        ({**TRAINING, "partition": {"scheme": "rotate"}}, "angles, which rotate needs"),
        ({**TRAINING, "partition": {"scheme": "dirichlet"}}, "alpha, which dirichlet needs"),
        ({**TRAINING, "partition": {**IID, "alpha": 1}}, "alpha with dirichlet only"),
        (with_("partition", alpha=1), "alpha with dirichlet only"),
        (with_("partition", agents_per_group=2), "6, one per agent"),
        (with_("partition", agents_per_group=0), "agents_per_group"),
        (with_("model", family="mpl"), "did you mean 'mlp'"),
        (with_("model", hidden=[0]), "model.hidden[0]"),
        (with_("model", hidden=64), "model.hidden"),
        (with_("agents", cost=[]), "at least 1"),
        (with_("agents", cost=[-1, 1, 1]), "agents.cost[0]"),
        (with_("protocol", name="fedbr-shp"), "did you mean 'fedbr-shap'"),
        (with_("protocol", learning_rate=0), "greater than 0"),
        (with_("protocol", round=3), "did you mean 'rounds'"),
        ({**TRAINING, "seed": -1}, "seed"),
        ({**TRAINING, "seed": 0.5}, "a whole number"),
        ({key: TRAINING[key] for key in TRAINING if key != "data"}, "the key 'data'"),
    ],
)
def test_problems_are_named(data, words):
    assert words in problems(data)
