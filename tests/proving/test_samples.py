"""Proof files that others wrote: accepted as they are, refused once they say something false."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mdsolve.proving.checker import checker, checker_path

SAMPLES = sorted((Path(__file__).parent / "samples").glob("*.json"))


def verdict(entry):
    """Return the statement that the checker accepts, None where it refuses."""
    program = checker()
    program.STEPS[0] = 0
    try:
        return program.judged(program.parse(json.dumps(entry)))
    except program.Refused:
        return None


def changed(name, *path, value):
    """Return a sample with one entry set to another value."""
    entry = json.loads((Path(__file__).parent / "samples" / f"{name}.json").read_text())
    inner = entry
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return entry


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_samples_are_accepted_by_the_program_itself(sample):
    command = [sys.executable, "-I", "-S", str(checker_path()), str(sample)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert done.stdout.endswith("ACCEPTED\n")
    assert "bound to no instance" in done.stdout


FALSE = [
    ("nash_none", ("data", "contributions", 0), 2.1622776601783795),
    ("nash_none", ("data", "contributions", 1), 1e-9),
    ("nash_none", ("data", "rate", 0), "0.1000000001"),
    ("nash_none", ("states", "epsilon"), 1e-40),
    ("nash_budget_balanced", ("data", "mechanism", "beta"), "0.2857142"),
    ("nash_budget_balanced", ("data", "contributions", 0), 2.7416573867839413),
    ("nash_shapley", ("data", "contributions", 1), 1.1690481380741959),
    ("nash_shapley", ("proof", "first"), -20),
    ("nash_shapley", ("proof", "per_octave"), 1),
    ("nash_shapley", ("proof", "nodes"), 0),
    ("unique", ("proof", "row_scale", 0), -1),
    ("unique", ("data", "rate", 1), "0.1"),
    ("balance_shapley", ("proof", "payments", 0), "237487467891590/1125899906842624"),
    ("balance_shapley", ("data", "rate"), None),
    ("no_equilibrium", ("states", "gap"), "1/5000"),
    ("no_equilibrium", ("data", "rate"), "1/2"),
    ("no_equilibrium", ("proof", "deviations", 1), "1/2"),
    ("kkt_failure", ("proof", "agent"), 0),
    ("kkt_failure", ("data", "rate"), [1.0, 1.0, 1.0]),
    ("welfare_p0", ("proof", "x", 0), 3.3484475894211302),
    ("welfare_p0", ("proof", "y", 2), 0.3608),
    ("welfare_p0", ("data", "p"), 1),
    ("welfare_min", ("proof", "lam", 0), 0.4),
    ("shaping", ("data", "contributions", 3), 3.0776365),
    ("shaping", ("proof", "total", 1), 541.66385690956),
    ("shaping_none", ("data", "rate", 0), "0.09"),
    ("private_contract", ("proof", "m_low"), "415.7"),
    ("private_contract", ("proof", "v_high"), "0.594"),
    ("private_contract", ("data", "others"), "301"),
    ("market_none", ("chains", 0), [6, 24, 59]),
    ("market_none", ("profile", 0), 59),
    ("market_payments", ("pay", 0, 5), -434604263416936254 + 10**8),
    ("market_payments", ("pay", 3, 0), 748196399288528324 - 10**10),
    ("market_payments_exact", ("pay", 0, 0), 1),
    ("market_payments_exact", ("pay", 5, 5), -1),
    ("market_every_D", ("market", "alpha"), "-0.67"),
    ("market_every_D", ("breaks", 0), "0.4"),
    ("market_frontier", ("column", 7), 1107316390770455961 - 10**12),
    ("market_frontier", ("steps", 9), 295751527325958497 - 10**12),
    ("market_frontier", ("none", "chains", 0), [16]),
    ("market_frontier", ("types", 1), 14),
]


@pytest.mark.parametrize(("name", "path", "value"), FALSE, ids=str)
def test_one_false_number_is_refused(name, path, value):
    assert verdict(changed(name, *path, value=value)) is None


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_unknown_and_missing_keys_are_refused_everywhere(sample):
    entry = json.loads(sample.read_text())
    for holder in (entry, *(inner for inner in entry.values() if isinstance(inner, dict))):
        holder["fixed"] = 0
        assert verdict(entry) is None
        del holder["fixed"]
    assert verdict(entry) is not None
    for key in list(entry):
        assert verdict({k: v for k, v in entry.items() if k != key}) is None or key == "states"


HOSTILE = [
    '{"claim": "nash", "claim": "unique"}',
    '{"claim": NaN}',
    '{"claim": "kkt-failure", "data": {"rate": [1, 1, 1e999999999]}, "proof": {"agent": 2}}',
    '{"claim": "kkt-failure", "data": {"rate": [1, 1, "1/0"]}, "proof": {"agent": 2}}',
    '{"claim": "kkt-failure", "data": {"rate": [1, 1, 1%s]}, "proof": {"agent": 2}}' % ("0" * 5000),
    "[" * 100_000,
    '{"claim": ["nash"]}',
    "3",
    "null",
    '{"claim": "market-proof 1 none"}',
    '{"format": "market-proof 1", "claim": "none", "market": {"n": 2, "alpha": "-1", '
    '"outside": "pooled"}, "types": [1, 60], "profile": [60, 1], "chains": [[60], 1]}',
    '{"format": "market-proof 1", "claim": "payments", "market": {"n": 999999, "alpha": "-1", '
    '"outside": "pooled"}, "types": [1, 999999999], "unit": 1, "eps": 0, "pay": []}',
    '{"format": "mdsolve-proof/1", "instance": {"name": "x", "file_sha256": null, "data": {}, '
    '"data_sha256": "0"}, "proofs": []}',
    '{"claim": "nash", "states": {"epsilon": 1}, "data": {"n": 1, "rate": 0, "exponent": '
    '"99.999", "mechanism": {"name": "none"}, "contributions": [1e300]}, '
    '"proof": {"delta": 1e200}}',
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_files_are_refused_with_a_reason(text, tmp_path):
    target = tmp_path / "proof.json"
    target.write_text(text)
    command = [sys.executable, "-I", "-S", str(checker_path()), str(target)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (1, "")
    assert "REFUSED" in done.stdout


def test_what_cannot_be_read_is_a_usage_error(tmp_path):
    binary = tmp_path / "b.json"
    binary.write_bytes(b"\xff\xfe\x00")
    for arguments in ([], ["--help"], [str(tmp_path / "missing.json")], [str(binary)]):
        command = [sys.executable, "-I", "-S", str(checker_path()), *arguments]
        assert subprocess.run(command, capture_output=True, check=False).returncode == 2


def test_the_checker_stays_readable():
    lines = checker_path().read_text().splitlines()
    assert len(lines) <= 1400
    assert max(map(len, lines)) <= 100
    imports = [line for line in lines if line.startswith(("import ", "from "))]
    known = sys.stdlib_module_names
    assert all(line.split()[1].split(".")[0] in known for line in imports)
