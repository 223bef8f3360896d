"""`train` in Python and as a command: results, exit codes, killing and resuming, the checker."""

from __future__ import annotations

import copy
import json
import subprocess
import sys

import numpy as np
import pytest
import yaml

from mdsolve.errors import SolutionFileError, UnsupportedError, UsageError
from mdsolve.instance import load
from mdsolve.learn import extra
from mdsolve.solution_writing import write_solutions
from mdsolve.status import Termination
from mdsolve.study.train import train
from mdsolve.study.verify import verify, verify_file
from tests.cli.conftest import mdsolve, mdsolve_json  # noqa: F401 - fixtures
from tests.conftest import INSTANCES
from tests.learn.runs import BASE, instance, write_mnist

SHIPPED = sorted((INSTANCES / "training").glob("*.yaml"))
SLOW = {**BASE, "model": {"family": "mlp", "hidden": [32]}, "protocol": {**BASE["protocol"]}}


@pytest.fixture
def file(tmp_path, monkeypatch):
    """Return an instance file in an empty present folder."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "run.yaml"
    path.write_text(yaml.safe_dump({"format": "mdsolve/1", **BASE}))
    return path


def long_run(path, rounds=40):
    data = copy.deepcopy(SLOW)
    data["protocol"]["rounds"] = rounds
    path.write_text(yaml.safe_dump({"format": "mdsolve/1", **data}))


def test_a_solution_holds_the_history_and_every_setting(mdsolve_json, file):  # noqa: F811
    code, found = mdsolve_json("train", file)
    assert code == 0
    assert found["status"]["termination"] == "solved"
    assert found["history"]["rounds"] == [1, 2, 3]
    assert found["history"]["phases"] == ["learning"] * 3
    assert np.shape(found["history"]["accuracies"]) == (3, 3)
    assert found["protocol"]["learning_rate"] == 0.1
    assert found["protocol"]["aggregation"] == "mean"
    assert len(found["data"]["sha256"]) == 64
    assert sum(found["data"]["examples"]) == found["data"]["training_examples"] == 1348
    assert found["contributions"] == found["history"]["contributions"][-1]
    values = np.array(found["accuracies"]) - np.array(BASE["agents"]["cost"]) * np.array(
        found["contributions"]
    )
    assert found["metrics"]["welfare"] == pytest.approx(values.sum())
    assert found["metrics"]["data_share"] == pytest.approx(1)
    assert found["certificate"]["verdict"] == "pass"
    assert not list(file.parent.glob("*.npz"))


def test_the_table_and_the_file(mdsolve, file):  # noqa: F811
    code, out, _ = mdsolve("train", file, "-o", "s.json")
    assert code == 0
    assert "3 rounds were trained" in out
    assert json.loads((file.parent / "s.json").read_text())["agents"][0] == "agent-1"
    assert mdsolve("verify", file, "s.json")[0] == 0


def test_a_stopped_command_goes_on(mdsolve, mdsolve_json, file):  # noqa: F811
    code, out, _ = mdsolve("train", file, "--time-limit", "0")
    assert code == 4
    assert "Go on with --resume (run.checkpoint.npz)" in " ".join(out.replace("│", " ").split())
    code, _, errors = mdsolve("train", file)
    assert code == 2
    assert "add --resume, or delete run.checkpoint.npz" in errors
    code, _, errors = mdsolve("train", file, "--resume", "--seed", "5")
    assert code == 2
    assert "a run of another instance" in errors
    code, resumed = mdsolve_json("train", file, "--resume")
    assert code == 0
    assert not (file.parent / "run.checkpoint.npz").exists()
    assert resumed["history"] == mdsolve_json("train", file)[1]["history"]
    assert mdsolve("train", file, "--resume")[0] == 2


EAGER = """
import signal, sys
from mdsolve.cli.main import run
from mdsolve.learn import driver
driver.SECONDS_BETWEEN_CHECKPOINTS = 0.0
save = driver.Checkpoint.save

def save_and_wait(self, state, history):
    save(self, state, history)
    print("saved", flush=True)
    signal.pause()

driver.Checkpoint.save = save_and_wait
sys.argv = ["mdsolve", "train", "run.yaml", "--quiet"]
run()
"""


def test_a_killed_program_goes_on_bit_for_bit(mdsolve_json, file):  # noqa: F811
    long_run(file)
    command = [sys.executable, "-c", EAGER]
    with subprocess.Popen(command, cwd=file.parent, stdout=subprocess.PIPE, text=True) as program:
        assert program.stdout.readline() == "saved\n"
        program.kill()
    assert (file.parent / "run.checkpoint.npz").exists()
    code, resumed = mdsolve_json("train", file, "--resume")
    assert code == 0
    assert resumed["history"] == mdsolve_json("train", file)[1]["history"]


def test_bad_input_is_exit_2(mdsolve, file):  # noqa: F811
    assert mdsolve("train", "missing.yaml")[0] == 2
    assert mdsolve("train", file, "--device", "tpu")[0] == 2
    code, _, errors = mdsolve("solve", file)
    assert code == 2
    assert "mdsolve train FILE" in errors
    market = {"kind": "market", "agents": 2, "types": [1, 2], "valuation": {"family": "share"}}
    (file.parent / "m.yaml").write_text(yaml.safe_dump(market))
    code, _, errors = mdsolve("train", "m.yaml")
    assert code == 2
    assert "a training instance" in errors


def test_the_extra_is_named_where_it_is_missing(monkeypatch):
    monkeypatch.setattr(extra, "find_spec", lambda name: None if name == "torch" else object())
    with pytest.raises(UnsupportedError, match=r"torch not installed(.|\n)*mdsolve\[learn\]"):
        train(instance())


def test_nothing_else_imports_torch():
    code = (
        "import sys, mdsolve.study.train, mdsolve.cli.train, mdsolve.study.verify;"
        "sys.exit('torch' in sys.modules or 'sklearn' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_another_seed_is_another_run_and_is_recorded():
    first, second = train(instance(), seed=0), train(instance(), seed=1)
    assert not np.array_equal(first.accuracies, second.accuracies)
    assert second.provenance.seed == 1


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_shipped_runs_train_and_survive_storage(file, tmp_path):
    made = load(file)
    solution = train(made)
    assert made.name == file.stem
    assert solution.termination is Termination.SOLVED
    assert solution.certificate.verdict == "pass"
    assert solution.accuracies.min() > 0.7
    head = file.read_text().splitlines()[:8]
    assert all(line.startswith("#") for line in head)
    assert "Units" in file.read_text()
    write_solutions([solution], tmp_path / "s.json")
    (checked,) = verify_file(file, tmp_path / "s.json")
    assert (checked.certificate.verdict, checked.certificate.remarks) == ("pass", ())


@pytest.mark.parametrize("family", ["mlp", "cnn"])
def test_folders_of_images_are_trained_on(tmp_path, family):
    write_mnist(tmp_path / "d")
    made = instance(
        tmp_path,
        data={"source": "mnist:d"},
        partition={"scheme": "rotate", "angles": [0, 90], "agents_per_group": 1},
        model={"family": family, "hidden": [16]},
        agents={"cost": [0.001, 0.001]},
        protocol={"rounds": 15, "batch_size": 4},
    )
    solution = train(made)
    assert solution.data["input_shape"] == [1, 8, 8]
    assert solution.accuracies.min() > 0.9


STRATEGIC = {"name": "fedavg-strategic", "step_size": 300, "payoff": "loss"}


@pytest.fixture(scope="module")
def solved():
    made = instance(protocol={**STRATEGIC, "rounds": 1}, agents={"cost": [0.001, 0.003, 0.006]})
    return made, train(made)


def test_right_books_pass(solved):
    made, solution = solved
    assert verify(made, solution).verdict == "pass"
    assert verify(made, solution.to_dict()).verdict == "pass"


@pytest.mark.parametrize("key", ["contributions", "payments", "utilities", "losses"])
@pytest.mark.parametrize("where", ["history", "outcome"])
def test_perturbed_books_fail(solved, key, where):
    made, solution = solved
    if where == "outcome" and key == "losses":
        key = "accuracies"
    data = solution.to_dict()
    target = data["history"][key][1] if where == "history" else data[key]
    target[1] += 1e-5
    certificate = verify(made, data)
    assert certificate.verdict == "fail"
    paid = where == "history" and key == "payments"
    assert certificate.condition("budget-balance").verdict == ("fail" if paid else "pass")


def test_contributions_beyond_capacities_fail(solved):
    made, solution = solved
    data = solution.to_dict()
    data["capacities"] = [1, 1, 1]
    witness = verify(made, data).condition("feasibility").witness
    assert witness["agent"] == "agent-1"
    assert witness["round"] >= 1


def test_losses_that_make_an_agent_stay_out_are_found(solved):
    _, solution = solved
    costly = instance(protocol={**STRATEGIC}, agents={"cost": [0.001, 0.003, 9]})
    certificate = verify(costly, solution, any_instance=True)
    condition = certificate.condition("individual-rationality")
    assert (condition.verdict, condition.claimed) == ("fail", False)
    assert condition.witness["agent"] == "agent-3"


def test_books_with_holes_are_refused(solved):
    made, solution = solved
    for key in ("history", "contributions", "data", "capacities"):
        data = {name: value for name, value in solution.to_dict().items() if name != key}
        with pytest.raises(SolutionFileError, match=key):
            verify(made, data)
    data = solution.to_dict()
    data["history"]["payments"] = data["history"]["payments"][1:]
    with pytest.raises(SolutionFileError, match=r"history\.payments"):
        verify(made, data)
    exact = verify(made, solution, arithmetic="exact")
    assert exact.verdict == "not-checked"
    assert "log" in exact.condition("stated-numbers").detail  # utilities of irrational losses
    with pytest.raises(UsageError, match="one of "):
        verify(made, solution, conditions=["nash"])


def test_runs_of_another_protocol_are_refused(solved):
    made, solution = solved
    words = r"got: +'fedavg-strategic'\n +expected: fedbr, the protocol"
    with pytest.raises(SolutionFileError, match=words):
        verify(instance(protocol={"name": "fedbr"}), solution)
    foreign = {key: value for key, value in solution.to_dict().items() if key != "mechanism"}
    assert verify(made, foreign).verdict == "pass"


def test_large_histories_go_through_array_files(solved, tmp_path, monkeypatch):
    from mdsolve import solution as module

    _, solution = solved
    monkeypatch.setattr(module, "INLINE_ENTRIES", 5)
    write_solutions([solution], tmp_path / "s.json")
    assert len(list(tmp_path.glob("s.history.*.npy"))) == 5
    (tmp_path / "i.yaml").write_text(
        yaml.safe_dump({**BASE, "protocol": {**BASE["protocol"], **STRATEGIC, "rounds": 1}})
    )
    (checked,) = verify_file(tmp_path / "i.yaml", tmp_path / "s.json")
    assert checked.certificate.verdict == "pass", checked.certificate.to_dict()
