"""The checker of training runs: right books of every protocol pass, perturbed ones fail."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from mdsolve.certificate.check import certificate, check_of
from mdsolve.certificate.dispatch import Request
from mdsolve.certificate.keys import leaves
from mdsolve.certificate.numbers import BALLS, EXACT, FLOAT, INTERVALS
from mdsolve.certificate.rules.budget_balanced import rate_of_costs
from mdsolve.certificate.training_claim import stage_ends, training_claim
from mdsolve.certificate.training_context import TrainingContext
from mdsolve.certificate.training_rules.registry import rule_of
from mdsolve.conditions import Certificate
from mdsolve.errors import SolutionFileError, UsageError
from mdsolve.instance.canonical import data_sha256
from mdsolve.instance.training import TrainingInstance
from mdsolve.learn.protocols.registry import PROTOCOLS, protocol_of
from mdsolve.progress import Monitor
from mdsolve.solver.equilibrium.budget_rate import rate_of_costs as rate_of_the_solver
from mdsolve.study.train import train
from tests.learn.runs import instance

COSTS = [0.001, 0.003, 0.006]
KEYS: dict[str, dict[str, Any]] = {
    "fedavg": {},
    "fedavg-strategic": {"step_size": 200, "payoff": "loss"},
    "fedbr-shap": {"step_size": 200, "payoff": "loss", "stage": 2},
}


def verify_training(game: TrainingInstance, data: Any, **asked: Any) -> Certificate:
    return certificate(game, data, Request(**asked))


def made(name: str, **keys: Any) -> TrainingInstance:
    protocol = {"name": name, "rounds": 3, **KEYS.get(name, {"step_size": 200}), **keys}
    return instance(agents={"cost": COSTS, "value": [1, 2, 3]}, protocol=protocol)


def run(game: TrainingInstance, **options: Any) -> dict[str, Any]:
    """Return a solved run as a file would hold it."""
    data = json.loads(json.dumps(train(game, **options).to_dict()))
    assert isinstance(data, dict)
    return data


@pytest.fixture(scope="module")
def solved() -> dict[str, dict[str, Any]]:
    return {name: run(made(name), alone=name == "upbred") for name in PROTOCOLS}


def entries(value: Any) -> Iterator[tuple[tuple[int, ...], Any]]:
    """Yield the numbers and words of nested lists with their places."""
    if not isinstance(value, list):
        yield (), value
        return
    for number, entry in enumerate(value):
        for place, inner in entries(entry):
            yield (number, *place), inner


def replaced(data: dict[str, Any], path: str, place: tuple[int, ...], value: Any) -> Any:
    changed = copy.deepcopy(data)
    *outer, last = [*path.split("."), *place]
    holder: Any = changed
    for key in outer:
        holder = holder[key]
    holder[last] = value
    return changed


@pytest.mark.parametrize("name", PROTOCOLS)
@pytest.mark.parametrize("arithmetic", ["auto", "enclosure", "float"])
def test_right_books_pass(solved: Any, name: str, arithmetic: Any) -> None:
    game, data = made(name), solved[name]
    named = data | {"instance": {"name": "run", "data_sha256": data_sha256(game)}}
    found = verify_training(game, named, arithmetic=arithmetic)
    assert found.verdict == "pass"
    assert found.remarks == ()
    rigorous = {condition.arithmetic for condition in found.conditions} - {"float"}
    assert bool(rigorous) == (arithmetic != "float")
    for key in ("contributions", "history.losses", "metrics.welfare", "protocol.unit"):
        assert key in found.vouched
    loose = {path.partition(".")[0] for path in found.not_vouched}
    assert loose <= {
        *("instance", "status", "certificate", "provenance"),
        *("method", "steepest_fall", "promised_moves"),
    }


@pytest.mark.parametrize("name", ["fedbr-bg", "fedbr-shap", "2p-upbred"])
def test_no_edit_of_anything_that_is_vouched_for_passes(solved: Any, name: str) -> None:
    """Numbers of 17 or 12345, words, everything moved by 1e-6: fails, or is refused."""
    game, data = made(name), solved[name]
    base = verify_training(game, data)
    payoff = game.protocol.payoff
    random = np.random.default_rng(0)
    tried = 0
    for path, value in leaves(data):
        if path not in base.vouched or value is None:
            continue
        # What is taken as reported may be anything that is possible.
        reported = path in ("history.accuracies", "history.losses", "standalone.losses")
        found = list(entries(value))
        chosen = [found[k] for k in random.permutation(len(found))[:1]]
        for place, entry in chosen:
            if isinstance(entry, str):
                edits: list[Any] = [] if path == "data.classes" else ["other", 17]
            else:
                edits = [entry + 17, "lots"]
                edits += [] if reported else [entry + 1e-6 * max(1, abs(entry))]
            if path.endswith("losses") and payoff == "accuracy":
                edits = [-1.5, "lots"]
            for edit in edits:
                tried += 1
                wrong = replaced(data, path, place, edit)
                try:
                    verdict = verify_training(game, wrong, arithmetic="enclosure").verdict
                except SolutionFileError:
                    verdict = "fail"
                assert verdict != "pass", (path, place, edit)
    assert tried > 100


@pytest.mark.parametrize("name", PROTOCOLS)
@pytest.mark.parametrize(
    ("key", "condition"), [("payments", "rule"), ("utilities", "stated-numbers")]
)
def test_one_perturbed_entry_is_found(solved: Any, name: str, key: str, condition: str) -> None:
    data = copy.deepcopy(solved[name])
    data["history"][key][-2][1] += 1e-6
    found = verify_training(made(name), data).condition(condition)
    assert found.verdict == "fail"
    assert found.witness is not None
    assert found.witness["key"] == f"history.{key}"
    assert found.witness["agent"] == "agent-2"
    assert found.witness["round"] == len(data["history"]["rounds"]) - 1


@pytest.mark.parametrize("name", PROTOCOLS)
def test_money_moved_between_agents_fails_though_it_cancels(solved: Any, name: str) -> None:
    data = copy.deepcopy(solved[name])
    for agent, money in ((0, 1e-6), (2, -1e-6)):
        for table in (data["history"]["payments"][-1], data["payments"]):
            table[agent] += money
        for table in (data["history"]["utilities"][-1], data["utilities"]):
            table[agent] += money
    found = verify_training(made(name), data)
    assert found.condition("budget-balance").verdict == "pass"
    assert found.condition("rule").verdict == "fail"


@pytest.mark.parametrize("stage", [0, 1])
@pytest.mark.parametrize("moved", [10.0, 1e-6])
def test_stage_shares_that_were_moved_fail(solved: Any, stage: int, moved: float) -> None:
    data = copy.deepcopy(solved["fedbr-shap"])
    data["stages"]["shares"][stage][1] += moved
    data["stages"]["shares"][stage][0] -= moved
    assert verify_training(made("fedbr-shap"), data).verdict == "fail"


def test_shares_that_nobody_could_have_gained_fail_with_payments_to_match() -> None:
    game = made("fedbr-shap", payoff="accuracy")
    data = run(game)
    moved = 100.0
    data["stages"]["shares"][0][1] += moved
    data["stages"]["shares"][0][0] -= moved
    for table in (data["history"]["payments"][1], data["history"]["utilities"][1]):
        table[1] += moved
        table[0] -= moved
    found = verify_training(game, data)
    assert found.condition("rule").verdict == "pass"
    assert found.condition("stated-numbers").witness["key"] == "stages.shares"  # type: ignore[index]


def test_one_loss_of_a_billion_hides_nothing(solved: Any) -> None:
    """What an entry is allowed depends on the instance, and on rounding of that entry alone."""
    data = copy.deepcopy(solved["fedbr-shap"])
    data["history"]["losses"][0][0] = 1e12
    data["history"]["utilities"][0][0] -= 1e12
    data["history"]["payments"][1][2] += 0.5
    data["history"]["utilities"][1][2] += 0.5
    found = verify_training(made("fedbr-shap"), data)
    assert found.condition("rule").verdict == "fail"
    assert found.condition("budget-balance").verdict == "fail"


def test_a_loss_below_what_the_errors_cost_fails(solved: Any) -> None:
    data = copy.deepcopy(solved["fedbr"])
    data["history"]["losses"][0][0] = 0.0
    found = verify_training(made("fedbr"), data).condition("history")
    assert found.verdict == "fail"
    assert found.witness["key"] == "history.losses"  # type: ignore[index]


def test_moves_at_the_wrong_time_fail(solved: Any) -> None:
    data = copy.deepcopy(solved["fedavg"])
    for table in (data["history"]["contributions"][1], data["history"]["utilities"][1]):
        table[0] *= 0.5
    assert verify_training(made("fedavg"), data).condition("rule").verdict == "fail"
    slow = made("fedbr", rounds_per_move=3, rounds=4)
    data = run(slow)
    assert verify_training(slow, data).verdict == "pass"
    data["history"]["contributions"][1][0] += 0.25
    assert verify_training(slow, data).condition("rule").verdict == "fail"


def test_no_more_agents_move_than_are_drawn() -> None:
    game = made("fedbr-shap", agents_per_move=1)
    data = run(game)
    assert verify_training(game, data).verdict == "pass"
    brought = data["history"]["contributions"]
    for agent in range(3):
        brought[1][agent] = brought[0][agent] + 0.1
    assert verify_training(game, data).condition("rule").verdict == "fail"


def test_stages_that_are_missing_are_named(solved: Any) -> None:
    data = {k: v for k, v in solved["fedbr-shap"].items() if k != "stages"}
    with pytest.raises(SolutionFileError, match="stages"):
        verify_training(made("fedbr-shap"), data)
    data = copy.deepcopy(solved["fedbr-shap"])
    data["stages"]["shares"] = data["stages"]["shares"][:1]
    with pytest.raises(SolutionFileError, match=r"stages\.shares"):
        verify_training(made("fedbr-shap"), data)


@pytest.mark.parametrize(
    "history", [None, {}, {"rounds": []}, {"rounds": "abc"}, {"rounds": [1], "phases": ["x"]}]
)
def test_books_that_are_none_are_refused(solved: Any, history: Any) -> None:
    with pytest.raises(SolutionFileError, match="history"):
        verify_training(made("fedavg"), solved["fedavg"] | {"history": history})


def test_another_protocol_is_refused(solved: Any) -> None:
    with pytest.raises(SolutionFileError, match="mechanism"):
        verify_training(made("fedbr"), solved["fedavg"])


@pytest.mark.parametrize("option", [{"index": "banzhaf"}, {"stage_shares": "last"}])
def test_options_that_do_not_balance_do_not_claim_to(option: dict[str, Any]) -> None:
    game = made("fedbr-shap", **option)
    data = run(game)
    found = verify_training(game, data)
    balance = found.condition("budget-balance")
    assert (balance.verdict, balance.claimed) == ("fail", False)
    assert found.verdict == "pass"
    asked = verify_training(game, data, conditions=["budget-balance"])
    assert asked.verdict == "fail"


@pytest.mark.parametrize("system", [FLOAT, INTERVALS, BALLS])
@pytest.mark.parametrize("beta", ["full", 0.4, None])
def test_the_checkers_rate_is_the_solvers(solved: Any, beta: Any, system: Any) -> None:
    game = made("fedbr-bg", **({} if beta is None else {"beta": beta}))
    claim = training_claim(game, solved["fedbr-bg"], None, "solution")
    rule = rule_of(game)
    with system.context():
        context = TrainingContext(
            system, 1e-9, frozenset(), Monitor(), instance=game, claim=claim, rule=rule
        )
        rate = float(system.nearest(rule.rate(context)).reshape(-1)[0])  # type: ignore[attr-defined]
    known = {"full": 2 / 3, 0.4: 0.4}.get(beta, rate_of_the_solver(np.array(COSTS)))
    assert rate == pytest.approx(known, rel=1e-14)


def test_the_rate_of_equal_costs_is_a_double_root() -> None:
    same = EXACT.written([Fraction(3, 10)] * 3)
    assert str(rate_of_costs(EXACT, same)) == "2/3"


def test_stages_end_with_the_run_too() -> None:
    game = made("fedbr-shap", rounds=5)
    assert stage_ends(game.protocol, 5) == [2, 4, 5]
    assert stage_ends(game.protocol, 3) == [2]
    assert stage_ends(game.protocol, 1) == []


def test_agents_who_lose_are_all_named() -> None:
    game = instance(
        agents={"cost": [0.001, 9, 8]}, protocol={"name": "fedavg", "rounds": 1, "start": [1, 1, 1]}
    )
    condition = verify_training(game, run(game)).condition("individual-rationality")
    assert (condition.verdict, condition.claimed) == ("fail", False)
    assert condition.detail.startswith("agent-2, agent-3 would rather")
    assert condition.witness["agent"] == "agent-2"  # type: ignore[index]


def test_training_alone_is_compared_where_it_was_tried(solved: Any) -> None:
    tried = verify_training(made("upbred"), solved["upbred"])
    assert tried.condition("individual-rationality-alone").verdict in ("pass", "fail")
    asked = verify_training(
        made("fedavg"), solved["fedavg"], conditions=["individual-rationality-alone"]
    )
    condition = asked.condition("individual-rationality-alone")
    assert (condition.verdict, asked.verdict) == ("not-checked", "not-checked")
    assert "--alone" in condition.detail


@pytest.mark.parametrize("factor", [1e-9, 1e-3, 1e6])
def test_the_unit_of_money_changes_no_verdict(factor: float) -> None:
    scaled = instance(
        agents={"cost": [cost * factor for cost in COSTS], "value": [factor] * 3},
        protocol={"name": "fedbr-bg", "rounds": 2, "step_size": 200 / factor},
    )
    data = run(scaled)
    assert verify_training(scaled, data).verdict == "pass"
    data["history"]["payments"][0][1] += 1e-6 * factor
    assert verify_training(scaled, data).verdict == "fail"


@pytest.mark.parametrize("tolerance", [float("nan"), float("inf"), -1e-9, "1", True])
def test_a_tolerance_is_a_number_from_0_on(solved: Any, tolerance: Any) -> None:
    with pytest.raises(UsageError, match="tolerance"):
        verify_training(made("fedavg"), solved["fedavg"], tolerance=tolerance)


@pytest.mark.parametrize("name", PROTOCOLS)
def test_settings_that_were_not_in_force_are_refused(name: str, solved: Any) -> None:
    game = made(name)
    for key, value in protocol_of(game).settings().items():
        data = copy.deepcopy(solved[name])
        data["protocol"][key] = "other" if isinstance(value, str) else value + 1
        assert verify_training(game, data).condition("rule").verdict == "fail", key


def test_a_run_that_was_stopped_is_judged_by_its_rounds(solved: Any) -> None:
    data = copy.deepcopy(solved["fedavg"])
    for key, column in data["history"].items():
        data["history"][key] = column[:2]
    for key in ("contributions", "payments", "accuracies", "utilities"):
        data[key] = data["history"][key][-1]
    del data["metrics"]
    data["status"]["termination"] = "interrupted"
    assert verify_training(made("fedavg"), data).verdict == "pass"
    data["status"]["termination"] = "solved"
    assert verify_training(made("fedavg"), data).condition("history").verdict == "fail"
    data["status"]["termination"] = "infeasible"
    found = verify_training(made("fedavg"), data)
    assert found.condition("stated-numbers").verdict == "fail"


def test_what_a_run_promises_is_claimed(solved: Any) -> None:
    check = check_of(made("fedbr-shap"), solved["fedbr-shap"], Request())
    assert check.claimed == ("rule", "feasibility", "history", "stated-numbers", "budget-balance")


def test_conditions_that_training_does_not_know_are_refused(solved: Any) -> None:
    with pytest.raises(UsageError, match="efficiency"):
        verify_training(made("fedavg"), solved["fedavg"], conditions=["efficiency"])
