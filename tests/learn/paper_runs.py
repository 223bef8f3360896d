"""The papers' training algorithms once more, in NumPy alone, on softmax regression.

Written from the pseudo-code of the papers: nothing here knows of torch or of the package but the
arrays of examples. What the papers leave open is as the documentation of training says: moves are
cut to [0, capacity], a fraction of an example counts as that fraction, Delta s is spread evenly,
and the quotient (10) is used where a contribution moved by the width at least.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from math import comb

import numpy as np


@dataclass(frozen=True)
class Examples:
    """Own examples of each agent, and the held-out ones with a weight per agent."""

    own: list[tuple[np.ndarray, np.ndarray]]
    held: tuple[np.ndarray, np.ndarray]
    weights: np.ndarray
    classes: int

    @property
    def agents(self) -> int:
        return len(self.own)

    def start(self) -> np.ndarray:
        return np.zeros(((self.held[0].shape[1] + 1), self.classes))

    def gradient(self, theta: np.ndarray, i: int, amount: float) -> np.ndarray:
        """Gradient of the mean cross-entropy over the first `amount` examples of agent i."""
        inputs, labels = self.own[i]
        count = int(np.ceil(amount))
        share = np.ones(count)
        if count:
            share[-1] = amount - (count - 1)
        return gradient(theta, inputs[:count], labels[:count], share / max(amount, 1e-300))

    def accuracies(self, theta: np.ndarray) -> np.ndarray:
        inputs, labels = self.held
        return self.weights @ (scores(theta, inputs).argmax(axis=1) == labels)

    def losses(self, theta: np.ndarray) -> np.ndarray:
        inputs, labels = self.held
        return self.weights @ -logs(theta, inputs)[np.arange(len(labels)), labels]


def scores(theta: np.ndarray, inputs: np.ndarray) -> np.ndarray:
    return inputs @ theta[:-1] + theta[-1]


def logs(theta: np.ndarray, inputs: np.ndarray) -> np.ndarray:
    raw = scores(theta, inputs)
    raw = raw - raw.max(axis=1, keepdims=True)
    return raw - np.log(np.exp(raw).sum(axis=1, keepdims=True))


def gradient(theta, inputs, labels, weights) -> np.ndarray:
    errors = np.exp(logs(theta, inputs))
    errors[np.arange(len(labels)), labels] -= 1
    errors *= weights[:, None]
    return np.vstack([inputs.T @ errors, errors.sum(axis=0)])


def fedbr_bg(data, costs, beta, caps, start, alpha, delta, width, rounds_per_move, rounds, payoff):
    """[M23] Algorithm 1: the contributions and models of every round."""
    theta, s, n, trail = data.start(), start.astype(float), data.agents, []

    def averaged(amounts):
        parts = [amounts[i] * data.gradient(theta, i, amounts[i]) for i in range(n)]
        return theta - alpha * sum(parts) / amounts.sum()

    for t in range(rounds):
        following = averaged(s)
        moved = s
        if (t + 1) % rounds_per_move == 0:
            more = np.minimum(s + width / n, caps)
            if (more - s).sum() < width / 2:
                more = np.maximum(s - width / n, 0)
            gain = payoff(data, averaged(more)) - payoff(data, following)
            slope = gain / (more - s).sum() - (1 - beta) * costs
            moved = np.clip(s + delta * slope, 0, caps)
        trail.append((s, following))
        theta, s = following, moved
    return trail


class Adam:
    """Kingma and Ba's update with its usual constants."""

    def __init__(self, rate):
        self.rate, self.m, self.v, self.t = rate, 0.0, 0.0, 0

    def tried(self, theta, g):
        """The model after one step along g, which is not taken."""
        m, v = 0.9 * self.m + 0.1 * g, 0.999 * self.v + 0.001 * g * g
        first, second = m / (1 - 0.9 ** (self.t + 1)), v / (1 - 0.999 ** (self.t + 1))
        return theta - self.rate * first / (np.sqrt(second) + 10.0**-8)

    def take(self, theta, g):
        moved = self.tried(theta, g)
        self.m, self.v = 0.9 * self.m + 0.1 * g, 0.999 * self.v + 0.001 * g * g
        self.t += 1
        return moved


def upbred_slopes(data, theta, adam, s, before, caps, width):
    """Slopes of payoffs: (10), or a quotient in the own data where nothing moved before."""
    n = data.agents
    locally = [data.gradient(theta, i, s[i]) for i in range(n)]
    here = data.losses(adam.tried(theta, sum(locally) / n))
    old = data.losses(theta)
    slopes = np.empty(n)
    for i in range(n):
        if before is not None and abs(s[i] - before[i]) >= width:
            own = data.losses(adam.tried(theta, locally[i]))[i]
            slopes[i] = -(own - old[i]) / (s[i] - before[i])
            continue
        step = min(width, caps[i] / 2)
        shifted = s[i] + step if s[i] + step <= caps[i] else s[i] - step
        other = list(locally)
        other[i] = data.gradient(theta, i, shifted)
        there = data.losses(adam.tried(theta, sum(other) / n))
        slopes[i] = -(there[i] - here[i]) / (shifted - s[i])
    return slopes, sum(locally) / n


def upbred(data, costs, caps, rate, gamma, width, rounds):
    """[D25] Algorithm 1 with the update (10) and Adam at the centre."""
    theta, s, before, adam, trail = data.start(), caps / 2, None, Adam(rate), []
    for _ in range(rounds):
        slopes, mean = upbred_slopes(data, theta, adam, s, before, caps, width)
        moved = np.clip(s + gamma * (slopes - costs), 0, caps)
        theta = adam.take(theta, mean)
        trail.append((s, theta))
        before, s = s, moved
    return trail


def two_phases(data, costs, beta, caps, rate, gamma, width, rounds):
    """[D25] Algorithm 2: contributions at the untrained model, then the model."""
    theta, s, before, adam, trail = data.start(), caps / 2, None, Adam(rate), []
    while True:
        trail.append((s, theta))
        if (s >= caps).all():
            break
        slopes, _ = upbred_slopes(data, theta, adam, s, before, caps, width)
        before, s = s, np.clip(s + gamma * (slopes - costs + beta), 0, caps)
    for _ in range(rounds):
        theta = adam.take(theta, sum(data.gradient(theta, i, s[i]) for i in range(len(s))) / len(s))
        trail.append((s, theta))
    return trail


def fedbr_shap(data, costs, caps, alpha, delta, epsilon, stage, rounds, drawn):
    """[M25] Algorithm 1 with Shapley weights; batches of all own examples.

    `drawn` gives, for a round, the agents whose models are averaged.
    """
    n, theta, s, trail = data.agents, data.start(), np.ones(data.agents), []

    def local(i, amount):
        model, inputs, labels = theta, *data.own[i]
        for k in range(int(np.ceil(amount))):
            g = gradient(model, inputs, labels, np.full(len(labels), 1 / len(labels)))
            model = model - alpha * min(1.0, amount - k) * g
        return model

    for t in range(rounds):
        first = [local(i, s[i]) for i in range(n)]
        second = [local(i, s[i] + epsilon) for i in range(n)]
        slopes = np.zeros(n)
        for i in range(n):
            others = [j for j in range(n) if j != i]
            for size in range(n):
                for chosen in combinations(others, size):
                    models = [first[j] for j in chosen]
                    there = sum([*models, second[i]]) / (size + 1)
                    here = sum([*models, first[i]]) / (size + 1)
                    gain = data.accuracies(there).sum() - data.accuracies(here).sum()
                    slopes[i] += gain / (n * comb(n - 1, size))
        moved = np.clip(s + delta * (stage * slopes / epsilon - costs), 0, caps)
        theta = sum(first[i] for i in drawn(t)) / len(drawn(t))
        trail.append((s, theta))
        s = moved
    return trail
