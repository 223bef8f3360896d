"""Sweeps of the frontier: ranges as written, what is done is kept."""

from __future__ import annotations

from fractions import Fraction

import pytest

import mdsolve as md
from mdsolve.errors import UsageError
from mdsolve.progress import Monitor
from mdsolve.status import Termination
from mdsolve.study.frontier import parse_agents, parse_exponents, sweep


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("-0.8", ["-4/5"]),
        ("-4/5", ["-4/5"]),
        ("-0.9,-0.8", ["-9/10", "-4/5"]),
        ("-1:-0.9:0.05,-0.5", ["-1", "-19/20", "-9/10", "-1/2"]),
        ("-3:-1", ["-3", "-2", "-1"]),
        ("-0.9:-1:-0.05", ["-9/10", "-19/20", "-1"]),
        ("-1:-1:1", ["-1"]),
    ],
)
def test_exponents_are_exact(text, values):
    assert parse_exponents(text) == [Fraction(value) for value in values]


def test_the_grid_of_the_figure_has_no_rounding():
    values = parse_exponents("-1:-0.668:0.002")
    assert (len(values), values[-1]) == (167, Fraction(-668, 1000))


@pytest.mark.parametrize(
    "text", ["-1:-2", "1:2:0", "a", "", "1:2:3:4", "0:1:1/1000000", "nan", "1,,2", "1:"]
)
def test_what_is_no_range_is_refused(text):
    with pytest.raises(UsageError, match="exponent"):
        parse_exponents(text)


def test_agents_are_whole_numbers_of_at_least_two():
    assert parse_agents("2:4,7") == [2, 3, 4, 7]
    for text in ("1", "2.5", "x", "2:1"):
        with pytest.raises(UsageError, match="agents"):
            parse_agents(text)


def test_one_value_is_a_record_and_several_are_a_list():
    assert md.frontier(agents=2, exponent="-0.8").frontier == 59
    assert md.frontier(agents=2, exponent=-0.8).frontier == 59
    assert [p.frontier for p in md.frontier(agents=[2, 3], exponent=-1)] == [6, 34]
    assert [p.frontier for p in md.frontier(agents=2, exponent=["-1", "-0.8"])] == [6, 59]


def test_a_stop_keeps_what_is_done():
    points, termination = sweep(
        [2], parse_exponents("-0.8,-0.9"), "one", "pooled", monitor=Monitor(time_limit=0.0)
    )
    assert termination is Termination.LIMIT
    assert len(points) <= 1


def test_ctrl_c_keeps_what_is_done():
    def press(event):
        if event.label == "sweep" and event.done == 2:
            raise KeyboardInterrupt

    points, termination = sweep(
        [2], parse_exponents("-1,-0.9,-0.8"), "one", "pooled", monitor=Monitor(press)
    )
    assert termination is Termination.INTERRUPTED
    undisturbed = md.frontier(agents=2, exponent=["-1", "-0.9"])
    assert [point.frontier for point in points] == [point.frontier for point in undisturbed]
