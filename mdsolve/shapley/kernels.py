"""Compiled sums over coalitions of payoffs that are mixtures of products.

A payoff A(X) = constant - sum_k weight_k prod_{j in X} e_kj has, with q = 1 - e and every agent in
the coalition with chance x,

    phi_j = sum_k weight_k q_kj int_0^1 prod_{l != j} (1 - x q_kl) dx                     (shares)
    P     = sum_k weight_k int_0^1 (1 - prod_l (1 - x q_kl)) / x dx                    (potential)

(Owen's multilinear extension; Hart and Mas-Colell's potential). Leaving one agent out is a division
by 1 - x q_j = (1 - x) + x e_j, which is never small where the product matters.

Entries may stand for many agents: the first `plain` entries count once, the others count `masses`
times (any real number), entering products through logarithms.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from mdsolve.kernel import kernel

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

FLAGS = {"contract", "nsz", "reassoc"}

SMALL = math.sqrt(float(np.finfo(np.float64).tiny))
"""Numbers whose products stay normal."""


@kernel(fastmath=FLAGS, error_model="numpy", inline="always")
def _product(e: Floats, x: float) -> float:
    """Return prod_j (1 - x q_j)."""
    result = 1.0
    for j in range(len(e)):
        result *= (1.0 - x) + x * e[j]
    return result


@kernel(fastmath=FLAGS, error_model="numpy", inline="always")
def _loss(e: Floats, q: Floats, x: float) -> float:
    """Return (1 - prod_j (1 - x q_j)) / x without cancellation.

    The sum of q_j prod_{l < j} (1 - x q_l), in four interleaved parts.
    """
    size = len(q) - len(q) % 4
    a, b, c, d = 1.0, 1.0, 1.0, 1.0
    f, g, h, i = 0.0, 0.0, 0.0, 0.0
    base = 1.0 - x
    for j in range(0, size, 4):
        f += q[j] * a
        g += q[j + 1] * b
        h += q[j + 2] * c
        i += q[j + 3] * d
        a *= base + x * e[j]
        b *= base + x * e[j + 1]
        c *= base + x * e[j + 2]
        d *= base + x * e[j + 3]
    for j in range(size, len(q)):
        f += q[j] * a
        a *= base + x * e[j]
    return f + a * (g + b * (h + c * i))


@kernel(fastmath=FLAGS, error_model="numpy", inline="always")
def _crowd_log(q: Floats, masses: Floats, x: float) -> float:
    """Return sum_j mass_j log(1 - x q_j)."""
    total = 0.0
    for j in range(len(q)):
        total += masses[j] * math.log1p(-x * q[j])
    return total


@kernel(fastmath=FLAGS, error_model="numpy", inline="always")
def _left_out(
    e: Floats, x: Floats, parts: Floats, order: int, bend: bool, gain: Floats, turn: Floats
) -> None:
    """Fill gain_j = sum_k parts_k / d_jk and, if `bend`, turn_j = sum_k parts_k x_k / d_jk^2.

    parts_k is the product times its integration weight, d_jk = (1 - x_k) + x_k e_j.
    """
    for j in range(len(e)):
        gain[j] = 0.0
    for k in range(order):
        base, slope, part = 1.0 - x[k], x[k], parts[k]
        for j in range(len(e)):
            gain[j] += part / (base + slope * e[j])
    if not bend:
        return
    for j in range(len(e)):
        turn[j] = 0.0
    for k in range(order):
        base, slope, part = 1.0 - x[k], x[k], parts[k] * x[k]
        for j in range(len(e)):
            inverse = 1.0 / (base + slope * e[j])
            turn[j] += part * inverse * inverse


@kernel(fastmath=FLAGS, error_model="numpy")
def _node(
    tag: float,
    weight: float,
    e: Floats,
    q: Floats,
    masses: Floats,
    plain: int,
    nodes: Floats,
    node_weights: Floats,
    orders: Ints,
    per_unit: int,
    cutoff: float,
    exact: int,
    bend: bool,
    scratch: Floats,
    gain: Floats,
    turn: Floats,
    record: Floats,
    recorded: int,
) -> tuple[float, int]:
    """Do the integral over x for one product; return its part of the potential and the records."""
    x, parts = scratch
    total = 0.0
    for j in range(len(q)):
        total += masses[j] * q[j]
    if total > cutoff:
        reach, order = cutoff / total, min(orders[-1], exact)
    else:
        reach = 1.0
        order = min(orders[min(int(total * per_unit) + 1, len(orders) - 1)], exact)
    inner = -math.log(reach)
    for k in range(order):
        x[k] = reach * nodes[order, k]
        if x[k] * total < 0.5:
            loss = _loss(e[:plain], q[:plain], x[k])
            product = 1.0 - x[k] * loss
        else:
            product = _product(e[:plain], x[k])
            loss = (1.0 - product) / x[k]
        if plain < len(q):
            log = _crowd_log(q[plain:], masses[plain:], x[k])
            loss -= product * math.expm1(log) / x[k]
            product *= math.exp(log)
        part = reach * node_weights[order, k]
        inner += part * loss
        parts[k] = weight * part * product
    if len(record) > 0:
        for k in range(order):
            record[recorded, 0] = tag
            record[recorded, 1] = x[k]
            record[recorded, 2] = parts[k]
            recorded += 1
    _left_out(e, x, parts, order, bend, gain, turn)
    return weight * inner, recorded


@kernel(fastmath=FLAGS, error_model="numpy")
def power_sums(
    table: Floats,
    kinds: Ints,
    amounts: Floats,
    masses: Floats,
    plain: int,
    starts: Floats,
    weights: Floats,
    nodes: Floats,
    node_weights: Floats,
    orders: Ints,
    per_unit: int,
    cutoff: float,
    exact: int,
    bend: bool,
    record: Floats,
) -> tuple[float, Floats, Floats, Floats, int]:
    """Return potential, shares, slopes and the diagonal part of the Hessian of power payoffs.

    Row r sees y = sum_j table[r, kinds[j]] amounts[j] and values it -sum_u weights[r, u] e^(-u y).
    Slopes are per unit of `amounts`.

    Parameters
    ----------
    weights : (rows, steps, chains)
    exact : int
        Number of nodes that is exact for this number of agents.
    bend : bool
        Whether to compute the diagonal part d of H = -sum f f' + diag(d).
    record : (0, 3) or (nodes, 3)
        Filled with (u, x, weight times product) of every node used, if it has rows.

    Returns
    -------
    potential, shares, slopes, diagonal, recorded
    """
    size = len(amounts)
    rows, steps, chains = weights.shape
    recorded = 0 * len(record)  # a literal 0 would be a type of its own, and compile `_node` twice
    potential = 0.0
    shares, slopes, diagonal = np.zeros(size), np.zeros(size), np.zeros(size)
    slopes_of_all, diagonal_of_all = np.zeros(size), np.zeros(size)
    z, rate, q, e = np.empty(size), np.empty(size), np.empty(size), np.empty(size)
    gain, turn = np.empty(size), np.empty(size)
    scratch = np.empty((2, nodes.shape[1]))
    for r in range(rows):
        for j in range(size):
            rate[j] = table[r, kinds[j]]
            z[j] = rate[j] * amounts[j]
        for c in range(chains):
            u = starts[c]
            _start(u, z, q, e)
            for step in range(steps):
                part, recorded = _node(
                    u,
                    weights[r, step, c],
                    e,
                    q,
                    masses,
                    plain,
                    nodes,
                    node_weights,
                    orders,
                    per_unit,
                    cutoff,
                    exact,
                    bend,
                    scratch,
                    gain,
                    turn,
                    record,
                    recorded,
                )
                potential += part
                for j in range(size):
                    shares[j] += q[j] * gain[j]
                for j in range(size):
                    slopes[j] += u * e[j] * gain[j]
                if bend:
                    for j in range(size):
                        diagonal[j] += u * u * e[j] * (e[j] * turn[j] - gain[j])
                u *= 2.0
                _double(q, e)
        for j in range(size):
            slopes_of_all[j] += rate[j] * slopes[j]
            diagonal_of_all[j] += rate[j] * rate[j] * diagonal[j]
            slopes[j] = 0.0
            diagonal[j] = 0.0
    return potential, shares, slopes_of_all, diagonal_of_all, recorded


@kernel(fastmath=FLAGS, error_model="numpy", inline="always")
def _start(u: float, z: Floats, q: Floats, e: Floats) -> None:
    """Fill e = exp(-u z) and q = 1 - e, each to its own precision."""
    for j in range(len(z)):
        q[j] = -math.expm1(-u * z[j])
        e[j] = 1.0 - q[j] if q[j] < 0.5 else math.exp(-u * z[j])


@kernel(fastmath=FLAGS, error_model="numpy", inline="always")
def _double(q: Floats, e: Floats) -> None:
    """Take e and q from u to 2 u: both keep their relative precision, without an exponential."""
    for j in range(len(q)):
        doubled = q[j] * (2.0 - q[j])
        e[j] = 1.0 - doubled if doubled < 0.5 else e[j] * e[j]
        q[j] = doubled


@kernel(fastmath=FLAGS, error_model="numpy")
def product_sums(
    e: Floats,
    q: Floats,
    pace: Floats,
    bending: Floats,
    weights: Floats,
    nodes: Floats,
    node_weights: Floats,
    orders: Ints,
    per_unit: int,
    cutoff: float,
    exact: int,
    bend: bool,
    record: Floats,
) -> tuple[float, Floats, Floats, Floats, int]:
    """Return the same sums as `power_sums` for given factors e_kj of a product mixture.

    Parameters
    ----------
    e, q : (rows, n)
        Factors and 1 - e.
    pace, bending : (rows, n)
        First and second derivatives of q_kj in s_j.
    weights : (rows,)
    record : (0, 3) or (nodes, 3)
        Filled with (row, x, weight times product).
    """
    rows, size = e.shape
    recorded = 0 * len(record)  # a literal 0 would be a type of its own, and compile `_node` twice
    potential = 0.0
    shares, slopes, diagonal = np.zeros(size), np.zeros(size), np.zeros(size)
    masses, gain, turn = np.ones(size), np.empty(size), np.empty(size)
    scratch = np.empty((2, nodes.shape[1]))
    for r in range(rows):
        part, recorded = _node(
            r,
            weights[r],
            e[r],
            q[r],
            masses,
            size,
            nodes,
            node_weights,
            orders,
            per_unit,
            cutoff,
            exact,
            bend,
            scratch,
            gain,
            turn,
            record,
            recorded,
        )
        potential += part
        for j in range(size):
            shares[j] += q[r, j] * gain[j]
            slopes[j] += pace[r, j] * gain[j]
        if bend:
            for j in range(size):
                diagonal[j] += bending[r, j] * gain[j] + pace[r, j] * pace[r, j] * turn[j]
    return potential, shares, slopes, diagonal, recorded


@kernel(fastmath=FLAGS, error_model="numpy")
def node_gram(nodes: Floats, z: Floats) -> Floats:
    """Return sum over nodes (u, x, w) of w x f f', f_j = u e^(-u z_j) / (1 - x + x e^(-u z_j)).

    Nodes are taken four at a time, so that the matrix is read and written less often.
    """
    size = len(z)
    gram, e, f = np.zeros((size, size)), np.empty(size), np.zeros((4, size))
    last = -1.0
    for start in range(0, len(nodes), 4):
        for lane in range(4):
            if start + lane >= len(nodes):
                f[lane] = 0.0
                continue
            u, x, weight = nodes[start + lane]
            if u != last:
                for j in range(size):
                    e[j] = math.exp(-u * z[j])
                last = u
            scale = u * math.sqrt(weight * x)
            for j in range(size):
                # Flushed to 0 where products would leave the range of normal numbers.
                f[lane, j] = scale * e[j] / ((1.0 - x) + x * e[j]) if e[j] > SMALL else 0.0
        for i in range(size):
            a, b, c, d = f[0, i], f[1, i], f[2, i], f[3, i]
            for j in range(i + 1):
                gram[i, j] += a * f[0, j] + b * f[1, j] + c * f[2, j] + d * f[3, j]
    for i in range(size):
        for j in range(i):
            gram[j, i] = gram[i, j]
    return gram


@kernel(fastmath=FLAGS, error_model="numpy")
def gram_root(gram: Floats, precision: float) -> Floats:
    """Return columns C with C C' = gram, by Cholesky's method with pivots.

    Stops when every diagonal entry is met to `precision` of its own size, so that columns are few
    where the matrix has low rank, and small agents are met as well as large ones.
    """
    size = len(gram)
    rest = np.empty(size)
    for j in range(size):
        rest[j] = gram[j, j]
    rows = np.empty((size, size))
    count = 0
    while count < size:
        pivot, worst = 0, 0.0
        for j in range(size):
            if gram[j, j] > 0.0 and rest[j] > worst * gram[j, j]:
                pivot, worst = j, rest[j] / gram[j, j]
        if worst <= precision:
            break
        new = rows[count]
        for j in range(size):
            new[j] = gram[pivot, j]
        for k in range(count):
            factor = rows[k, pivot]
            for j in range(size):
                new[j] -= factor * rows[k, j]
        scale = 1.0 / math.sqrt(rest[pivot])
        for j in range(size):
            new[j] *= scale
            rest[j] -= new[j] * new[j]
        rest[pivot] = 0.0
        count += 1
    return rows[:count].T.copy()
