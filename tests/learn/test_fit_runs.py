"""Fits to training runs: the design, runs that do not depend on workers or stops, the command."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import yaml

import mdsolve as md
from mdsolve.errors import InstanceError, UnsupportedError, UsageError
from mdsolve.instance import load
from mdsolve.learn.engine import reproducible
from mdsolve.learn.federation import build_federation
from mdsolve.learn.fit_design import design_points, factorial, groups_of, latin_hypercube
from mdsolve.learn.fit_measure import Design, measure, trained_accuracies
from mdsolve.learn.fit_runs import RunPlan, train_part
from mdsolve.learn.protocols.base import State, learn
from mdsolve.progress import Monitor, StopRequested
from mdsolve.study.fit_training import as_written, fit_training
from tests.cli.conftest import mdsolve  # noqa: F401 - fixture
from tests.conftest import INSTANCES
from tests.learn.runs import BASE, federation, instance

SMALL = Design(levels=(0.0, 0.3, 1.0), replicates=2)


def iid(**changes):
    return instance(protocol={"rounds": 2}, **changes)


def test_a_factorial_holds_every_combination_once():
    points = factorial((0.0, 0.5, 1.0), 2)
    assert len({tuple(row) for row in points}) == 9


def test_a_latin_hypercube_has_one_point_in_every_slice():
    corners = 2 + 2 * 5
    points = latin_hypercube(30, 5, seed=1)
    assert len(points) == corners + 30
    slices = np.floor(points[corners:] * 30).astype(int)
    assert all(sorted(column) == list(range(30)) for column in slices.T)
    assert np.array_equal(points, latin_hypercube(30, 5, seed=1))
    assert not np.array_equal(points, latin_hypercube(30, 5, seed=2))


def test_many_groups_get_a_hypercube():
    assert len(design_points(3, 0)) == 64
    assert len(design_points(6, 0)) == 6 * 20 + 2 + 12


@pytest.mark.parametrize("levels", [(0.5,), (0.0, 2.0), (-0.1, 1.0)])
def test_levels_are_shares(levels):
    with pytest.raises(UsageError):
        design_points(2, 0, levels)


def test_groups_follow_the_partition():
    turned = {"scheme": "rotate", "angles": [10, 90], "agents_per_group": 2}
    groups = groups_of(instance(partition=turned, agents={"cost": [1, 1, 1, 1]}), ("0", "1"))
    assert groups.names == ("angle-10", "angle-90")
    assert groups.member.tolist() == [0, 0, 1, 1]
    assert groups_of(instance(), ("0",)).names == ("everybody",)
    ratio = groups_of(instance(partition={"scheme": "label-ratio"}), ("cat", "dog"))
    assert ratio.names == ("class-cat", "agent-2")
    assert ratio.member.tolist() == [0, 1, 0]


@pytest.mark.parametrize("unit", ["batches", "samples"])
def test_a_stack_of_runs_gives_what_single_runs_give(unit):
    made = instance(protocol={"rounds": 2, "unit": unit})
    shared = build_federation(made)
    brought = shared.capacities * np.array([[0.1, 0.2, 0.0], [0.05, 0.0, 0.3], [0.0, 0.0, 0.0]])
    plan = RunPlan(made, brought, "cpu", "key")
    hits = train_part(shared, plan, np.arange(3))
    from mdsolve.learn.fit_runs import _starts

    theta, holdings = _starts(shared, np.arange(3))
    for run in range(3):
        from dataclasses import replace

        alone = replace(shared, holdings=holdings[run])
        state = State(theta[run], brought[run])
        with reproducible():
            for _ in range(2):
                state = learn(alone, state)
            found = shared.examiner.hits(state.theta[None])
        assert np.mean(found[0] != hits[run]) < 0.005  # rounding may turn a close call
        assert torch.isfinite(state.theta).all()


def test_workers_change_nothing():
    made = iid()
    alone = measure(made, SMALL)
    together = measure(made, SMALL, jobs=2)
    assert np.array_equal(alone.measurements.accuracies, together.measurements.accuracies)
    assert np.array_equal(alone.measurements.shared, together.measurements.shared)


def test_seeds_and_replicates_change_the_runs_but_not_the_holdings():
    one = measure(iid(), SMALL).measurements
    pairs = one.accuracies.reshape(-1, 2)
    assert np.any(pairs[:, 0] != pairs[:, 1])
    other = measure(iid().model_copy(update={"seed": 1}), SMALL).measurements
    assert np.any(one.accuracies != other.accuracies)


def test_a_stopped_fit_goes_on_where_it_stopped(tmp_path):
    made = instance(
        protocol={"rounds": 2},
        agents={"cost": [0.1, 0.1]},
        partition={"scheme": "dirichlet", "alpha": 5},
    )
    design = Design(levels=(0.0, 0.1, 0.3, 0.6, 1.0), replicates=2)
    store = tmp_path / "runs.npz"
    seen = []

    def stop(event):
        seen.append(event.done)
        message = "enough"
        raise StopRequested(message)

    with pytest.raises(StopRequested):
        measure(made, design, store=store, monitor=Monitor(stop))
    assert seen[0] < 50
    rest = []
    again = measure(
        made, design, store=store, monitor=Monitor(lambda event: rest.append(event.done))
    )
    assert rest[0] > seen[0]
    whole = measure(made, design)
    assert np.array_equal(again.measurements.accuracies, whole.measurements.accuracies)


def test_runs_of_another_fit_are_refused(tmp_path):
    store = tmp_path / "runs.npz"
    measure(iid(), SMALL, store=store)
    with pytest.raises(UsageError, match="another instance"):
        measure(instance(protocol={"rounds": 1}), SMALL, store=store)
    store.write_bytes(b"nothing")
    with pytest.raises(UsageError, match="damaged"):
        measure(iid(), SMALL, store=store)


def test_accuracies_are_those_of_the_examiner():
    made, shared = iid(), federation(protocol={"rounds": 2})
    brought = np.tile(shared.capacities / 4, (2, 1))
    found = trained_accuracies(made, shared, brought, seed=3)
    assert found.shape == (2, 3)
    assert np.all((found > 0.3) & (found < 1))
    assert np.array_equal(found, trained_accuracies(made, shared, brought, seed=3))


def test_divergence_names_the_round():
    with pytest.raises(InstanceError, match="diverges in round"):
        measure(
            instance(protocol={"rounds": 3, "learning_rate": 1e30}, model={"family": "quadratic"}),
            SMALL,
        )


def test_losses_are_not_fitted():
    with pytest.raises(UnsupportedError, match="share of right answers"):
        measure(instance(protocol={"payoff": "loss"}), SMALL)
    with pytest.raises(UsageError, match="replicates"):
        measure(iid(), Design(replicates=0))


def test_one_group_gives_one_weight():
    fitted = fit_training(iid(), family="power", levels=(0, 0.1, 0.2, 0.4, 0.7, 1))
    assert fitted.instance.fit.rows == ("everybody",)
    assert {agent.group for agent in fitted.instance.agents} == {"everybody"}
    assert md.solve(fitted.instance).certificate.verdict == "pass"


def test_the_training_run_is_stored_as_written():
    made = instance()
    stored = as_written(made)
    assert stored["agents"]["cost"] == BASE["agents"]["cost"]
    assert md.parse(stored) == made


def test_rotated_digits(mdsolve, tmp_path, monkeypatch):  # noqa: F811
    """Everything a user does: fit, solve, verify; own data help most; the misfit is reported."""
    monkeypatch.chdir(tmp_path)
    source = INSTANCES / "cases" / "rotated-digits.yaml"
    code, out, err = mdsolve("fit", source, "-o", "fitted.yaml", "--levels", "0,0.3,1")
    assert code == 0
    assert "training 54 runs of 15 rounds" in err
    assert "Lack of fit: F =" in out
    assert not list(tmp_path.glob("*.npz"))
    found = load(tmp_path / "fitted.yaml")
    weights = found.accuracy.group_weights
    for name, row in weights.items():
        assert max(row, key=row.get) == name
    assert found.fit.protocol["training"]["partition"]["angles"] == [10, 90, 180]
    assert len(found.fit.protocol["data"]["sha256"]) == 64
    assert found.mechanism.name == "shapley"
    assert mdsolve("solve", "fitted.yaml", "-o", "s.json", "--draws", 20)[0] == 0
    assert mdsolve("verify", "fitted.yaml", "s.json")[0] == 0
    text = yaml.safe_load((tmp_path / "fitted.yaml").read_text())
    assert "lack_of_fit" in text["fit"]
    code, _, err = mdsolve("fit", source, "-o", "x.yaml", "--time-limit", 0)
    assert code == 4
    assert "the same command goes on" in err
    assert (tmp_path / "x.runs.npz").exists()
