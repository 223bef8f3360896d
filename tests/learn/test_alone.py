"""Training alone: the same numbers as a federation of one, and the verdict on taking part."""

from __future__ import annotations

import copy

import numpy as np
import pytest

from mdsolve.learn.alone import LEVELS, train_alone
from mdsolve.progress import Monitor, StopRequested
from mdsolve.study.train import train
from mdsolve.study.verify import verify
from tests.cli.conftest import mdsolve  # noqa: F401 - fixture
from tests.learn.runs import federation, instance, run

COSTS = [0.001, 0.003, 0.2]


def test_levels_by_federations_in_which_the_others_do_not_count():
    group = federation(agents={"cost": COSTS}, protocol={"payoff": "loss"})
    found = train_alone(group, 3, Monitor())
    levels = np.linspace(0, 1, LEVELS)
    for i in range(3):
        utilities, brought = [], []
        for level in levels:
            start = [0.0] * 3
            start[i] = float(level * group.capacities[i])
            keys = {"payoff": "loss", "aggregation": "weighted", "start": start, "rounds": 3}
            record = run(instance(agents={"cost": COSTS}, protocol=keys)).history.last
            utilities.append(record.utilities[i])
            brought.append(start[i])
        best = int(np.argmax(utilities))
        assert found.contributions[i] == pytest.approx(brought[best])
        assert found.utilities[i] == pytest.approx(utilities[best], abs=1e-6)
    assert found.contributions[0] > found.contributions[2]


def test_the_verdict_on_taking_part():
    made = instance(agents={"cost": COSTS}, protocol={"payoff": "loss", "rounds": 3})
    solution = train(made, alone=True)
    condition = solution.certificate.condition("individual-rationality-alone")
    losing = solution.utilities < solution.standalone["utilities"]
    assert losing[2]  # all of their dear data is brought by fedavg, and none by themselves
    assert solution.standalone["contributions"][2] == 0
    assert (condition.verdict, condition.claimed) == ("fail", False)
    named = condition.detail.removesuffix(" would rather have trained alone").split(", ")
    assert named == [name for name, loses in zip(solution.agents, losing, strict=True) if loses]
    gap = solution.standalone["utilities"] - solution.utilities
    assert condition.violation == pytest.approx(gap.max())
    data = copy.deepcopy(solution.to_dict())
    data["standalone"]["utilities"] = [u - 1e-6 for u in data["utilities"]]
    assert verify(made, data).condition(condition.name).verdict == "pass"
    plain = train(made)
    with pytest.raises(KeyError):
        plain.certificate.condition(condition.name)
    asked = verify(made, plain, conditions=[condition.name])
    assert asked.condition(condition.name).verdict == asked.verdict == "not-checked"


def test_a_stop_while_training_alone_keeps_the_run(monkeypatch):
    class StopsLater(Monitor):
        def advance(self, label, done, total):
            if label == "rounds alone":
                raise StopRequested("late")

    solution = train(instance(), alone=True, monitor=StopsLater())
    assert "Training alone was stopped" in solution.message
    assert "standalone" not in solution.answers
    assert solution.certificate.verdict == "pass"


def test_models_that_diverge_alone_are_no_choice():
    group = federation(
        data={"source": "breast_cancer"},
        model={"family": "quadratic"},
        agents={"cost": [0.0, 0.0]},
        protocol={"learning_rate": 1},
    )
    found = train_alone(group, 4, Monitor())
    assert np.isfinite(found.utilities).all()
    assert np.isfinite(found.losses).all()
    assert not found.contributions.any()


def test_the_option_of_the_command(mdsolve, tmp_path):  # noqa: F811
    import yaml

    from tests.learn.runs import BASE

    path = tmp_path / "run.yaml"
    path.write_text(yaml.safe_dump({"format": "mdsolve/1", **BASE}))
    code, out, _ = mdsolve("train", path, "--alone", "-o", tmp_path / "s.json")
    assert code == 0
    assert "individual-rationality-alone" in out
    assert mdsolve("verify", path, tmp_path / "s.json")[0] == 0
