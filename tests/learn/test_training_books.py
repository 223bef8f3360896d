"""The checker of training runs: right books of every protocol pass, perturbed ones fail."""

from __future__ import annotations

import copy

import pytest

from mdsolve.errors import SolutionFileError
from mdsolve.learn.protocols.registry import PROTOCOLS
from mdsolve.solution_writing import write_solutions
from mdsolve.study.train import train
from mdsolve.study.verify import verify
from tests.learn.runs import instance

COSTS = [0.001, 0.003, 0.006]
KEYS = {
    "fedavg": {},
    "fedavg-strategic": {"step_size": 200, "payoff": "loss"},
    "fedbr-shap": {"step_size": 200, "payoff": "loss", "stage": 2},
}


def made(name, **keys):
    protocol = {"name": name, "rounds": 3, **KEYS.get(name, {"step_size": 200}), **keys}
    return instance(agents={"cost": COSTS, "value": [1, 2, 3]}, protocol=protocol)


@pytest.fixture(scope="module")
def solved():
    return {name: train(made(name)) for name in PROTOCOLS}


@pytest.mark.parametrize("name", PROTOCOLS)
def test_right_books_pass_and_survive_storage(solved, name, tmp_path):
    solution = solved[name]
    assert solution.certificate.verdict == "pass"
    data = solution.to_dict()
    assert verify(made(name), data).verdict == "pass"
    write_solutions([solution], tmp_path / "s.json")
    assert solution.metrics["p_mean"]["1"] == pytest.approx(solution.utilities.mean())
    assert solution.metrics["p_mean"]["-inf"] == solution.utilities.min()
    assert solution.metrics["surplus"] == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("name", PROTOCOLS)
@pytest.mark.parametrize("key", ["contributions", "payments", "utilities"])
def test_one_perturbed_entry_fails(solved, name, key):
    data = copy.deepcopy(solved[name].to_dict())
    data["history"][key][-2][1] += 1e-6
    certificate = verify(made(name), data)
    assert certificate.verdict == "fail"
    broken = [found for found in certificate.conditions if found.verdict == "fail"]
    rounds = {found.witness["round"] for found in broken if "round" in (found.witness or {})}
    changed = len(data["history"]["rounds"]) - 1
    assert changed in rounds <= {changed, changed + 1}  # the next round goes on from there


@pytest.mark.parametrize("name", PROTOCOLS)
def test_money_moved_between_agents_fails_though_it_cancels(solved, name):
    data = copy.deepcopy(solved[name].to_dict())
    for agent, money in ((0, 1e-6), (2, -1e-6)):
        for table in (data["history"]["payments"][-1], data["payments"]):
            table[agent] += money
        for table in (data["history"]["utilities"][-1], data["utilities"]):
            table[agent] += money
    certificate = verify(made(name), data)
    assert certificate.condition("budget-balance").verdict == "pass"
    assert certificate.verdict == "fail"


@pytest.mark.parametrize("place", [("shares", 0, 1), ("shares", 1, 0), ("worth_before", 2)])
def test_perturbed_stages_fail(solved, place):
    data = copy.deepcopy(solved["fedbr-shap"].to_dict())
    *way, last = place
    target = data["stages"]
    for step in way:
        target = target[step]
    target[last] += 1e-6
    assert verify(made("fedbr-shap"), data).verdict == "fail"


def test_stages_that_are_missing_are_named(solved):
    data = {k: v for k, v in solved["fedbr-shap"].to_dict().items() if k != "stages"}
    with pytest.raises(SolutionFileError, match="stages"):
        verify(made("fedbr-shap"), data)
    data = copy.deepcopy(solved["fedbr-shap"].to_dict())
    data["stages"]["shares"] = data["stages"]["shares"][:1]
    with pytest.raises(SolutionFileError, match=r"stages\.shares"):
        verify(made("fedbr-shap"), data)


@pytest.mark.parametrize("option", [{"index": "banzhaf"}, {"stage_shares": "last"}])
def test_options_that_do_not_balance_do_not_claim_to(option):
    solution = train(made("fedbr-shap", **option))
    balance = solution.certificate.condition("budget-balance")
    assert (balance.verdict, balance.claimed) == ("fail", False)
    assert solution.certificate.verdict == "pass"
    asked = verify(made("fedbr-shap", **option), solution, conditions=["budget-balance"])
    assert asked.verdict == "fail"


def test_agents_who_lose_are_all_named():
    solution = train(
        instance(
            agents={"cost": [0.001, 9, 8]},
            protocol={"name": "fedavg", "rounds": 1, "start": [1, 1, 1]},
        )
    )
    condition = solution.certificate.condition("individual-rationality")
    assert condition.verdict == "fail"
    assert condition.detail.startswith("agent-2, agent-3 would rather")
    assert condition.witness["agent"] == "agent-2"
