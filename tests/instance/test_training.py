"""Training instances: the sources, schemes and protocols of the format, and what is refused."""

from __future__ import annotations

import pytest

from mdsolve.instance import parse
from mdsolve.instance.canonical import data_sha256
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
    "partition",
    [
        IID,
        {"scheme": "dirichlet", "alpha": 0.5},
        {"scheme": "label-ratio"},
        {"scheme": "label-ratio", "ratio": "7/10"},
        {"scheme": "by-file"},
    ],
)
def test_schemes(partition):
    assert parse({**TRAINING, "partition": partition}).partition.scheme == partition["scheme"]


@pytest.mark.parametrize(
    "name", ["fedavg", "fedavg-strategic", "fedbr", "fedbr-bg", "fedbr-shap", "upbred", "2p-upbred"]
)
def test_protocols(name):
    assert parse(with_("protocol", name=name)).protocol.name == name


def test_an_option_without_a_value_or_at_its_default_says_nothing():
    plain = with_("protocol", name="fedbr")
    for further in ({"rounds_per_move": None}, {"stage": None}, {"rounds_per_move": 1}):
        assert data_sha256(parse(with_("protocol", name="fedbr", **further))) == data_sha256(
            parse(plain)
        )
    assert "unknown key 'staeg'" in problems(with_("protocol", staeg=None))


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
        ({**TRAINING, "partition": {**IID, "ratio": 0.5}}, "ratio with label-ratio only"),
        ({**TRAINING, "partition": {"scheme": "label-ratio", "ratio": 1}}, "between 0 and 1"),
        (with_("partition", angles=[]), "partition.angles"),
        (with_("model", precision="float16"), "float32"),
        (with_("agents", capacity=[1, 2]), "3, as many as costs"),
        (with_("agents", value=[1, 2, 0]), "greater than 0"),
        (with_("agents", names=["a", "b", "a"]), "each name once"),
        (with_("protocol", start=[1, 2]), "3, one per agent"),
        (with_("protocol", stopping="settled"), "stopping with fedavg-strategic only"),
        (with_("protocol", name="fedavg", difference=1), "difference with fedavg-strategic"),
        (with_("protocol", unit="bytes"), "batches"),
        (
            {
                **with_("protocol", start=[1, 9, 1]),
                "agents": {"cost": [1, 1, 1], "capacity": [2, 2, 2]},
            },
            "protocol.start[1]",
        ),
        ({**TRAINING, "seed": -1}, "seed"),
        ({**TRAINING, "seed": 0.5}, "a whole number"),
        ({key: TRAINING[key] for key in TRAINING if key != "data"}, "the key 'data'"),
    ],
)
def test_problems_are_named(data, words):
    assert words in problems(data)


def test_agents_have_names_and_files_a_folder(tmp_path):
    made = parse(TRAINING, tmp_path)
    assert made.agent_names == ("agent-1", "agent-2", "agent-3")
    assert made.folder == tmp_path
    assert parse(TRAINING).folder is None
    assert parse(with_("agents", names=["a", "b", "c"])).agent_names == ("a", "b", "c")
