"""What verbs do with errors: raise them, or return them where nobody wants a `try`."""

from __future__ import annotations

import inspect

import pytest

import mdsolve as md
from mdsolve.errors import MdsolveError, UsageError
from mdsolve.study.verb import verb
from tests.conftest import INSTANCES

SHARE = md.MarketInstance(agents=2, types=[1, 2], valuation={"family": "share"})
GAME = md.SharingInstance(agents={"count": 2, "cost": 0.1}, accuracy={"family": "power"})

VERBS = [
    *("solve", "payments", "verify", "verify_file", "prove", "prove_file", "design", "sweep"),
    *("compare", "frontier", "fit", "train", "simulate", "check", "sensitivity", "report"),
    *("export", "explain"),
]
LONG = [name for name in VERBS if name not in ("verify_file", "prove_file")]

WRONG = {
    "solve": lambda **k: md.solve(GAME, "shaply", **k),
    "payments": lambda **k: md.payments(GAME, **k),
    "verify": lambda **k: md.verify(GAME, {"contributions": [1]}, **k),
    "verify_file": lambda **k: md.verify_file("no.yaml", "no.json", **k),
    "prove": lambda **k: md.prove(GAME, {"contributions": "many"}, **k),
    "prove_file": lambda **k: md.prove_file("no.yaml", "no.json", **k),
    "design": lambda **k: md.design(GAME, maximize="fame", **k),
    "sweep": lambda **k: md.sweep(GAME, {"agents.X.cost": [1]}, ["none"], **k),
    "compare": lambda **k: md.compare(GAME, ["shaply"], **k),
    "frontier": lambda **k: md.frontier(0, -0.5, **k),
    "fit": lambda **k: md.fit("no.csv", **k),
    "train": lambda **k: md.train(GAME, **k),
    "simulate": lambda **k: md.simulate(SHARE, **k),
    "check": lambda **k: md.check(GAME, **k),
    "sensitivity": lambda **k: md.sensitivity(SHARE, {}, **k),
    "report": lambda **k: md.report(GAME, md.solve(GAME, "none"), "x.pdf", **k),
    "export": lambda **k: md.export(GAME, "x.doc", **k),
    "explain": lambda **k: md.explain(GAME, md.solve(GAME, "none"), "nobody", **k),
}


@pytest.mark.parametrize("name", [name for name in VERBS if name != "train"])
def test_every_verb_returns_a_failure_where_it_is_asked_to(name):
    with pytest.raises(MdsolveError) as raised:
        WRONG[name]()
    found = WRONG[name](throw=False)
    assert isinstance(found, md.Failure)
    assert not found
    assert found.message == str(raised.value)
    assert (found.termination, found.exit_code) == (md.Termination.FAILED, 2)
    with pytest.raises(type(raised.value)):
        found.raise_it()


@pytest.mark.parametrize("name", VERBS)
def test_every_verb_can_be_told_not_to_throw(name):
    parameters = inspect.signature(getattr(md, name)).parameters
    assert parameters["throw"].default is True
    assert "throw" in inspect.getdoc(getattr(md, name))
    if name in LONG:
        assert parameters["time_limit"].default is None


def test_a_stop_without_a_result_is_a_limit():
    found = md.frontier(3, [-0.9, -0.8], time_limit=0.0, throw=False)
    if isinstance(found, md.Failure):
        assert found.termination is md.Termination.LIMIT
        assert found.exit_code == 4
    stopped = md.fit(INSTANCES / "cases" / "learning-curves.csv", time_limit=0.0, throw=False)
    assert not isinstance(stopped, md.Failure) or stopped.exit_code == 4


def test_what_goes_wrong_inside_is_not_hidden():
    @verb
    def broken(throw=True):
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken(throw=False)


def test_a_failure_says_its_first_finding_in_one_line():
    assert repr(md.solve(GAME, "shaply", throw=False)) == "<Failure: UsageError: mechanism>"


def test_errors_speak_python():
    with pytest.raises(UsageError) as raised:
        md.simulate(GAME, "none", step_size=-1)
    assert "--" not in str(raised.value)
