"""Commented starter files for `mdsolve new`.

The first line tells editors with a YAML language server where the schema lies; `mdsolve schema
KIND` prints it. Elsewhere it is a comment like any other.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

MARKET = """\
# yaml-language-server: $schema=./mdsolve-market.schema.json
# A data market: who trains one model together, who pays whom?
format: mdsolve/1
kind: market
name: my-market

# Names of the agents (or just their number).
agents: [north, south]

# How much valid data (in thousands of samples) each of them may own. Everybody may hide data,
# nobody can invent it. One grid for all, or one per agent:
#   types: {north: {from: 2, to: 10, step: 2}, south: [1, 2, 3]}
types: {from: 1, to: 8, step: 1}

# Model quality as a function of pooled data: identity | saturation | power | table.
quality: {family: identity}

# What the market is worth to each agent, given everybody's model quality q:
#   growth:  (sum of q) ** exponent * own q     exponent < 0 means the agents compete
#   share:   own q / sum of q                   a market of fixed size
#   linear:  sum_j matrix[i][j] q_j             who helps and who hurts whom
#   sum:     {family: sum, terms: [...]}        several of these together
#   table:   {family: table, file: values.npz}
valuation: {family: growth, exponent: -0.7, scale: 100}

# What the others do when somebody stays out: they still pool (pooled) or not (separate).
outside: pooled

# The mechanism used unless -m names another one: free | vcg | mep | desirable.
mechanism: {name: desirable}

# Single-profile results are printed for these true types.
profile: [8, 2]
"""

SHARING = """\
# yaml-language-server: $schema=./mdsolve-sharing.schema.json
# A sharing game: everybody decides how much data to contribute.
format: mdsolve/1
kind: sharing
name: my-sharing-game

# cost: money per sample; capacity: most samples an agent has (omit for no limit);
# value: money per unit of accuracy. Where only the agent knows the cost, instead of it
#   prior: {costs: [0.05, 0.1], probabilities: [0.4, 0.6]}        and mechanism: menu
agents:
  - {name: A, cost: 0.1, capacity: 50}
  - {name: B, cost: {family: quadratic, rate: 0.1, curvature: 0.01}, value: 1.5}

# Accuracy as a function of everybody's contributions.
accuracy: {family: power, ceiling: 1, scale: 1, exponent: 1}

# The mechanism used unless -m names another one (mdsolve list shows all). To have the rule designed
# for what you want instead: mdsolve design FILE.
mechanism: {name: shapley}
"""

TRAINING = """\
# yaml-language-server: $schema=./mdsolve-training.schema.json
# A federated training run in which agents choose how much to contribute.
format: mdsolve/1
kind: training
name: my-training-run

# digits | breast_cancer | synthetic-quadratic | mnist:DIR | cifar10:DIR | npz:FILE | csv:FILE
data: {source: digits, holdout: 0.25}

# iid | dirichlet {alpha} | label-ratio {ratio} | rotate {angles} | by-file
partition: {scheme: rotate, angles: [10, 90, 180], agents_per_group: 1}

# linear | quadratic | mlp {hidden} | cnn {hidden}
model: {family: mlp, hidden: [64]}

# Money per batch of 16 examples, one number per agent.
agents: {cost: [0.002, 0.002, 0.004]}

# fedavg | fedavg-strategic | fedbr | fedbr-bg | fedbr-shap | upbred | 2p-upbred.
# step_size: how far contributions move along the slope of utility.
protocol: {name: fedbr-shap, rounds: 30, batch_size: 16, learning_rate: 0.2, step_size: 50}
seed: 0
"""

STARTERS = {"market": MARKET, "sharing": SHARING, "training": TRAINING}


def sharing_starter(agents: Sequence[Mapping[str, Any]]) -> str:
    """Return the starter of a sharing game with these agents in place of its own.

    Examples
    --------
    >>> text = sharing_starter([{"name": "city", "cost": "1/10"}])
    >>> [line for line in text.splitlines() if line.startswith("  - ")]
    ['  - {"name": "city", "cost": "1/10"}']
    """
    lines = SHARING.splitlines()
    own = [number for number, line in enumerate(lines) if line.startswith("  - {name:")]
    entries = [f"  - {json.dumps(dict(agent), ensure_ascii=False)}" for agent in agents]
    lines[own[0] : own[-1] + 1] = entries
    return "\n".join(lines) + "\n"
