"""`no-equilibrium`: no profile of contributions is an equilibrium of the named mechanism.

Two proofs are known. A *tree of boxes* covers every profile, and in each box one deviation of one
agent gains everywhere; the least of these gains is a proved lower bound of the Nash gap. Only
splits, agents and deviations are taken from it: the utilities are those of the mechanism that the
solution names, and the proof has to be about the same. *Lack of money*: costs do not fall, so that
the others' contributions cost an agent the least where they do nothing, and the own net cost, which
is convex, is least at 0 if it does not fall there; who lacks money there lacks it everywhere.

What is stated beside a proof is checked with it: the gap, the profile of least regret, a cycle of
best responses, and that there are no equilibria.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from mdsolve.certificate.box_gains import Box, BoxGains, halves
from mdsolve.certificate.checks.no_step import NAME as NO_STEP
from mdsolve.certificate.checks.no_step import no_step
from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.nash_gaps import stated_gaps
from mdsolve.certificate.numbers import Quantity
from mdsolve.certificate.proofs import at_profile, negative, own_terms, require_about, stored_proof
from mdsolve.certificate.registry import condition
from mdsolve.certificate.sharing_context import SharingContext
from mdsolve.conditions import Condition
from mdsolve.progress import Monitor
from mdsolve.proof import BoxTree, Leaf, NoStep, Proof, Split, Unaffordable

NAME = "no-equilibrium"

TREE_LIMIT = 2_000_000
"""Most nodes of a tree: what is more only wastes time."""


@condition(NAME, "sharing", about="at every profile somebody gains by deviating, or lacks money")
def no_equilibrium(context: SharingContext) -> Condition:
    """Check the proof under `witness`."""
    proof = stored_proof(context)
    if isinstance(proof, NoStep):
        message = "the proof is about step sizes, not about equilibria"
        raise NoRouteError(message)
    return check_proof(context, proof)


@condition(NO_STEP, "sharing", about="no step size of the kind asked for lets the rule contract")
def no_admissible_step(context: SharingContext) -> Condition:
    """Check the proof under `witness`."""
    proof = stored_proof(context)
    if not isinstance(proof, NoStep):
        message = "the proof is not about step sizes"
        raise NoRouteError(message)
    return check_proof(context, proof)


def check_proof(context: SharingContext, proof: Proof) -> Condition:
    """Return whether a proof about a sharing game holds for the solution's mechanism.

    Raises
    ------
    NoRouteError
        Where it proves nothing about this solution: the reason is in the message.
    """
    require_about(context, proof)
    if isinstance(proof, BoxTree):
        found = _by_boxes(context, proof)
    elif isinstance(proof, Unaffordable):
        found = _by_money(context, proof)
    elif isinstance(proof, NoStep):
        return no_step(context, proof)
    else:
        message = "the proof is about the payments of a market"
        raise NoRouteError(message)
    if found.verdict != "pass":
        return found
    equilibria = context.claim.at("equilibria")
    if equilibria is not None and list(equilibria) != []:
        words = "the solution states equilibria beside a proof that there are none"
        return replace(found, verdict="fail", detail=words)
    context.cover(NAME, ["witness", "mechanism", *(["equilibria"] if equilibria == [] else [])])
    return found


def _by_boxes(context: SharingContext, proof: BoxTree) -> Condition:
    rule = require_about(context, proof)
    gains = BoxGains(context.reading, own_terms(context, rule))
    gap, leaves = least_gain(gains, proof, context.monitor)
    found = negative(
        context,
        NAME,
        -gap,
        scale=float(context.scales.money.max(initial=0.0)),
        words=(
            "at every profile somebody gains at least "
            f"{float(context.arithmetic.lower(gap)[0]):.6g} by deviating",
            "in one of the boxes the deviation named does not always gain",
        ),
        scope=f"{leaves:,} boxes that cover every profile, under {rule.name}",
        witness=lambda _: {"nash_gap": context.shown(gap)},
    )
    if found.verdict != "pass":
        return found
    return stated_gaps(context, gains, gap, found)


def least_gain(gains: BoxGains, proof: BoxTree, monitor: Monitor) -> tuple[Quantity, int]:
    """Return a lower bound of what somebody gains at every profile, shape (1,), and the leaves.

    Raises
    ------
    NoRouteError
        If the tree is none, does not cover the box, or names what nobody can choose.
    """
    arithmetic = gains.reading.arithmetic
    least: Quantity | None = None
    leaves = 0
    for leaf, box in _leaves(gains, proof):
        if not gains.can_choose(leaf.agent, leaf.deviation):
            raise _unusable("a deviation that its agent cannot choose")
        gain = gains.least(leaf.agent, box, leaf.deviation, least)
        least = gain if least is None else arithmetic.minimum(least, gain)
        leaves += 1
        monitor.advance("boxes", leaves, len(proof.nodes))
    if least is None:
        raise _unusable("it needs the tree of boxes")
    return least, leaves


def _leaves(gains: BoxGains, proof: BoxTree) -> Iterator[tuple[Leaf, Box]]:
    """Yield the leaves of a tree with their boxes, which cover the whole one."""
    if len(proof.nodes) > TREE_LIMIT:
        message = f"a tree of {len(proof.nodes):,} nodes; at most {TREE_LIMIT:,} are looked at"
        raise NoRouteError(message)
    stack = [gains.whole]
    for node in proof.nodes:
        if not stack:
            raise _unusable("the tree has more nodes than boxes")
        if not 0 <= node.agent < gains.reading.size:
            raise _unusable(f"there is no agent number {node.agent}")
        box = stack.pop()
        if isinstance(node, Split):
            low, high = box[node.agent]
            if not low < node.at < high:
                raise _unusable("a split outside its box")
            lower, upper = halves(box, node.agent, node.at)
            stack += [upper, lower]
        else:
            yield node, box
    if stack:
        raise _unusable("the boxes do not cover every profile")


def _unusable(reason: str) -> NoRouteError:
    return NoRouteError(f"no usable proof: {reason}")


def _by_money(context: SharingContext, proof: Unaffordable) -> Condition:
    """Check that the agent named lacks money where nobody contributes, and so everywhere."""
    rule = require_about(context, proof)
    reading, arithmetic = context.reading, context.arithmetic
    if proof.agent not in reading.names:
        raise _unusable(f"{proof.agent!r} is not an agent")
    agent = list(reading.names).index(proof.agent)
    if not reading.limited[agent]:
        raise _unusable(f"{proof.agent} has no budget")
    terms = own_terms(context, rule)
    one, zero = arithmetic.constant(1), arithmetic.constant(0)
    shared = (
        arithmetic.at_most(terms.borne, one).holds & arithmetic.at_most(zero, terms.price).holds
    )
    if not bool(shared):
        # Others' parts of a payment mirror the own: they cost the agent only with these signs.
        raise NoRouteError("under this rule others' contributions may bring an agent money")
    rise = terms.borne * reading.costs.slope(reading.nothing, "right") - terms.price
    if not arithmetic.at_most(arithmetic.zeros(context.size), rise).holds[agent]:
        message = f"the first samples bring {proof.agent} money, so that 0 is not the cheapest"
        raise NoRouteError(message)
    nobody = at_profile(context, np.zeros(context.size))
    spent = reading.costs.value(reading.nothing) - nobody.terms.payments
    left = (reading.budget - spent)[agent : agent + 1]
    short = -float(arithmetic.upper(left)[0])
    return negative(
        context,
        NAME,
        left,
        scale=float(context.scales.money[agent]),
        margin=True,
        words=(
            f"agent {proof.agent} lacks {short:.6g} at every profile",
            f"agent {proof.agent} has enough money where nobody contributes",
        ),
        scope=f"every profile of {context.size:,} contributions",
        witness=lambda _: context.agent(agent, budget=reading.budget, spends_at_least=spent),
    )
