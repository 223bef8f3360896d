"""Claims judged a second time: from their definitions, with balls of python-flint, without hints.

`true` says whether what a claim states holds; it may overlook a false claim (None: not looked at),
but what it calls False is false. Nothing of the checker is used: shares are means over coalitions,
best responses are found by bisection, markets are evaluated agent by agent from their qualities.
"""

from __future__ import annotations

import itertools
import math
import random
from fractions import Fraction

import flint

flint.ctx.prec = 320
STEPS = 280


def F(value):
    """Return the fraction that a JSON value says."""
    return Fraction(str(value)) if not isinstance(value, Fraction) else value


def ball(value):
    if isinstance(value, flint.arb):
        return value
    exact = F(value)
    return flint.arb(flint.fmpq(exact.numerator, exact.denominator))


def above(a, b):
    """Tell whether a > b for certain."""
    return bool(ball(a) > ball(b))


def per(data, key, size, default):
    given = data.get(key)
    given = default if given is None else given
    return [
        F(x) if x is not None else None
        for x in (given if isinstance(given, list) else [given] * size)
    ]


class Game:
    def __init__(self, data):
        self.n = n = data["n"]
        rows = data.get("weights") or [[1]]
        self.w = [[F(x) for x in row] for row in rows]
        self.g = data.get("groups") or [0] * n
        size = len(rows)
        self.b, self.m = per(data, "exponent", size, 1), per(data, "scale", size, 1)
        self.top = per(data, "ceiling", size, 1)
        self.q, self.c = per(data, "value", n, 1), per(data, "rate", n, 0)
        self.k, self.fixed = per(data, "curvature", n, 0), per(data, "fixed", n, 0)
        self.tau = (
            per(data, "capacity", n, None) if data.get("capacity") is not None else [None] * n
        )
        self.p = per(data, "payments", n, 0)
        self.s = [F(x) for x in data["contributions"]]
        self.platform = F(data.get("platform_data") or 0)
        self.rule = data["mechanism"]["name"]
        self.beta = data["mechanism"].get("beta", 0)
        if self.beta == "optimal":
            self.beta = optimal(self.c)
        self.feasible = all(
            s >= 0 and (t is None or s <= t) for s, t in zip(self.s, self.tau, strict=True)
        )

    def accuracy(self, i, s, platform=None):
        g = self.g[i]
        y = (self.platform if platform is None else platform) + sum(
            self.w[g][self.g[j]] * x for j, x in enumerate(s)
        )
        return ball(self.top[g]) - ball(self.m[g]) * (1 + ball(y)) ** ball(-self.b[g])

    def cost(self, i, x):
        return ball(self.fixed[i]) + ball(self.c[i]) * ball(x) + ball(self.k[i]) * ball(x) ** 2 / 2

    def shapley(self, i, s):
        """Return phi_i by all coalitions of the others."""
        others = [j for j in range(self.n) if j != i]
        value = ball(0)
        for size in range(self.n):
            weight = Fraction(1, self.n * math.comb(self.n - 1, size))
            for coalition in itertools.combinations(others, size):
                without = [s[j] if j in coalition else 0 for j in range(self.n)]
                joined = [s[j] if j in coalition or j == i else 0 for j in range(self.n)]
                for j in range(self.n):
                    step = self.accuracy(j, joined, 0) - self.accuracy(j, without, 0)
                    value += ball(weight * self.q[j]) * step
        return value

    def utility(self, i, x):
        """Return what agent i has by x, the others as claimed, up to a constant."""
        s = [*self.s[:i], x, *self.s[i + 1 :]]
        own = ball(self.q[i]) * self.accuracy(i, s)
        if self.rule == "shapley":
            return self.shapley(i, s) - self.cost(i, x)
        if self.rule == "budget-balanced":
            return own - (1 - ball(self.beta)) * self.cost(i, x)
        if self.rule == "contribution-transfer":
            return own - self.cost(i, x) + ball(self.beta) * ball(x)
        return own - self.cost(i, x)


def optimal(rates):
    n = len(rates)
    a, total = 1 / sum(1 / c for c in rates), sum(rates)
    b = a * n * (n - 2) + total
    inside = b * b - 4 * a * total * (n - 1) ** 2
    # the other form of the root: (B - sqrt) / (2 C)
    return (ball(b) - ball(max(inside, 0)).sqrt()) / (2 * ball(total))


def better(value, s, most, epsilon):
    """Tell whether some move in a geometric grid around s gains more than epsilon for certain."""
    here = value(s)
    scale = max(s, Fraction(1, 1000))
    for sign in (-1, 1):
        for digits in range(60):
            x = s + sign * scale * Fraction(4) / Fraction(4) ** digits * 16
            x = max(Fraction(0), x if most is None else min(x, most))
            if above(value(x), here + ball(epsilon)):
                return True
    return False


def nash(entry):
    game, epsilon, delta = (
        Game(entry["data"]),
        F(entry["states"]["epsilon"]),
        F(entry["proof"]["delta"]),
    )
    if not game.feasible or (game.rule == "shapley" and game.n > 5):
        return None if game.feasible else False
    for i in range(game.n):
        s, most = game.s[i], game.tau[i]
        if better(lambda x, i=i: game.utility(i, x), s, most, epsilon):
            return False
        # concave: the best response lies within delta if utility falls from there outwards
        small = Fraction(1, 10**60)
        for sign in (-1, 1):
            x = s + sign * (delta + small)
            if x < 0 or (most is not None and x > most):
                continue
            further = x + sign * small
            if further >= 0 and above(game.utility(i, further), game.utility(i, x)):
                return False
    return True


def unique(entry):
    game = Game(entry["data"])
    if game.rule == "shapley":
        return None
    for i, j in itertools.combinations(range(game.n), 2):
        if (
            game.g[i] == game.g[j]
            and not game.k[i]
            and not game.k[j]
            and game.tau[i] != 0 != game.tau[j]
        ):
            gift = F(game.beta) if game.rule == "contribution-transfer" else 0
            if (game.c[i] - gift) * game.q[j] == (game.c[j] - gift) * game.q[i]:
                return False
    size = len(game.w)
    minors = (
        flint.fmpq_mat(
            [
                [flint.fmpq(game.w[a][b].numerator, game.w[a][b].denominator) for b in part]
                for a in part
            ]
        ).det()
        for k in range(1, size + 1)
        for part in itertools.combinations(range(size), k)
    )
    return all(minor > 0 for minor in minors)  # a P-matrix


def balance(entry):
    game, error = Game(entry["data"]), F(entry["states"]["rule_error"])
    paid = [F(p) for p in entry["proof"]["payments"]]
    if sum(paid) != 0 or not game.feasible:
        return False
    if game.rule == "shapley" and game.n > 6:
        return None
    n = game.n
    for i in range(n):
        others = [j for j in range(n) if j != i]
        amount = {"budget-balanced": game.cost, "contribution-transfer": lambda _, x: ball(x)}.get(
            game.rule
        )
        due = ball(0)
        if game.rule == "shapley":
            zero = [0] * n
            due = game.shapley(i, game.s) - ball(game.q[i]) * (
                game.accuracy(i, game.s) - game.accuracy(i, zero)
            )
        elif amount:
            mean = sum((amount(j, game.s[j]) for j in others), ball(0)) / max(1, n - 1)
            due = ball(game.beta) * (amount(i, game.s[i]) - mean)
        if above(abs(ball(paid[i]) - due), error):
            return False
    return True


def rational(entry, alone=False):
    game, margin = Game(entry["data"]), F(entry["states"]["margin"])
    for i in range(game.n):
        has = ball(game.q[i]) * game.accuracy(i, game.s) - game.cost(i, game.s[i]) + ball(game.p[i])
        if above(margin, has):
            return False
        if alone:

            def own(m, i=i):
                single = [0] * game.n
                single[i] = m
                return ball(game.q[i]) * game.accuracy(i, single, 0) - game.cost(i, m)

            for digits in range(-40, 60):
                m = Fraction(3, 2) ** digits
                m = m if game.tau[i] is None else min(m, game.tau[i])
                if above(own(m) + ball(margin), has):
                    return False
    return True


def reciprocal(entry):
    game, ratio = Game(entry["data"]), F(entry["states"]["ratio"])
    if game.n > 6:
        return None
    for i in range(game.n):
        gain = ball(game.q[i]) * (game.accuracy(i, game.s) - game.accuracy(i, [0] * game.n))
        if above(ball(ratio) * game.shapley(i, game.s), gain + ball(game.p[i])):
            return False
    return True


def no_equilibrium(entry):
    """Look for a profile of small regret: random ones, and those that replies lead to."""
    data, gap = entry["data"], F(entry["states"]["gap"])
    points = [(F(x), F(y)) for x, y in data["curve"]]
    near, rate, end = data["neighbours"], F(data["rate"]), points[-1][0]

    def e(x):
        for (x0, y0), (x1, y1) in itertools.pairwise(points):
            if x <= x1:
                return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
        return points[-1][1]

    def regret(i, s):
        open_ = math.prod((1 - e(s[j]) for j in near[i] if j != i), start=Fraction(1))
        gains = [open_ * (e(x) - e(s[i])) - rate * (x - s[i]) for x, _ in points]
        best = max(range(len(gains)), key=gains.__getitem__)
        return gains[best], points[best][0]

    spin = random.Random(7)
    for _ in range(20):
        s = [end * Fraction(spin.randrange(0, 65), 64) for _ in near]
        for _ in range(10):
            replies = [regret(i, s) for i in range(len(near))]
            if max(gain for gain, _ in replies) <= gap:
                return False
            i = max(range(len(near)), key=lambda j: replies[j][0])
            s[i] = replies[i][1]
    return True


def kkt(entry):
    rates, i = [F(c) for c in entry["data"]["rate"]], entry["proof"]["agent"]
    n, beta = len(rates), optimal(rates)
    harmonic = 1 / sum(1 / c for c in rates)
    numerator = ball(harmonic / rates[i]) * (n - 1) - beta
    return bool(numerator * (n - 1 - beta * n) < 0)


def welfare(entry):
    """Look for feasible spends that beat the bound."""
    data, gap = entry["data"], F(entry["states"]["gap"])
    c, budget, q, k = ([F(x) for x in data[key]] for key in ("rate", "budget", "value", "money"))
    n, r = len(c), F(data["money_exponent"])
    beta = optimal(c) if data["beta"] == "optimal" else ball(data["beta"])
    p = None if data["p"] == "-inf" else F(data["p"])

    def mean(x):
        total = sum((ball(a / b) for a, b in zip(x, c, strict=True)), ball(0))
        us = []
        for i in range(n):
            others = sum((ball(x[j]) for j in range(n) if j != i), ball(0))
            left = ball(budget[i]) - (1 - beta) * ball(x[i]) - beta / (n - 1) * others
            if left < 0:
                return None
            us.append(
                ball(k[i]) * ((1 + left) ** ball(r) - 1) / ball(r)
                + ball(q[i]) * total / (1 + total)
            )
        if p is None:
            return min(us, key=lambda u: float(u.mid()))
        if p == 0:
            return (sum((u.log() for u in us), ball(0)) / n).exp()
        return (sum((u ** ball(p) for u in us), ball(0)) / n) ** ball(1 / p)

    x = [F(a) for a in entry["proof"]["x"]]
    reached = mean(x) if all(a >= 0 for a in x) else None
    if reached is None:
        return False
    spin = random.Random(3)
    for _ in range(60):
        size = Fraction(1, 10 ** spin.randrange(0, 8))
        y = [
            max(Fraction(0), a + size * (Fraction(spin.randrange(-100, 101), 100)) * max(a, 1))
            for a in x
        ]
        other = mean(y)
        if other is not None and above(other, reached + ball(gap)):
            return False
    return True


def bound(curve):
    top, k = ball(curve["ceiling"]), ball(curve["complexity"])

    def b(m):
        return top - (4 + (2 * k * (2 + (ball(m) / k).log())).sqrt()) / ball(m).sqrt()

    return b


def best_alone(curve, c):
    """Return u* by golden sections in balls' midpoints."""
    b, k = bound(curve), F(curve["complexity"])
    low, high = k, k + 4 / F(c) + 4
    for _ in range(400):
        left, right = low + (high - low) / 3, high - (high - low) / 3
        if (b(left) - ball(c) * ball(left)) > (b(right) - ball(c) * ball(right)):
            high = right
        else:
            low = left
        low, high = (Fraction(math.floor(x * 2**90), 2**90) for x in (low, high))
    value = b((low + high) / 2) - ball(c) * ball((low + high) / 2)
    return value if value > 0 else ball(0)


def shaping(entry):
    data, proof = entry["data"], entry["proof"]
    rates, b = [F(c) for c in data["rate"]], bound(data["curve"])
    k = F(data["curve"]["complexity"])
    best = {c: best_alone(data["curve"], c) for c in set(rates)}

    def phi(s):
        return sum(((b(s) - best[c]) / ball(c) for c in rates), ball(0)) - ball(s)

    tiny = ball(Fraction(1, 10**18))
    if proof["claim"] == "none":
        return not any(phi(k * Fraction(21, 20) ** j) > tiny for j in range(400))
    m, high = [F(x) for x in data["contributions"]], F(proof["total"][1])
    if any(phi(high * (1 + Fraction(j, 50))) > tiny for j in range(1, 200)) or any(
        x < 0 for x in m
    ):
        return False
    total, epsilon = sum(m), ball(entry["states"]["epsilon"])
    value = b(total)
    return not any(
        best[c] - (value - ball(c * x)) > epsilon + tiny for c, x in zip(rates, m, strict=True)
    )


def contract(entry):
    """Look for a better menu on a grid, and check the one stated."""
    data, proof = (
        entry["data"],
        {k: F(v) for k, v in entry["proof"].items() if not isinstance(v, list)},
    )
    b, d, p = bound(data["curve"]), F(data["others"]), F(data["probability_low"])
    low, high, k = F(data["low"]), F(data["high"]), F(data["curve"]["complexity"])
    u_low, u_high = best_alone(data["curve"], low), best_alone(data["curve"], high)
    tiny = ball(Fraction(1, 10**15))

    def worth(m):
        found = b(m + d) if m + d >= k else ball(0)
        return found if found > 0 else ball(0)

    menu = [
        (proof["m_low"], proof["v_low"], low, u_low),
        (proof["m_high"], proof["v_high"], high, u_high),
    ]
    for m, v, c, alone in menu:
        if above(v, worth(m) + tiny) or above(alone, ball(v - c * m) + tiny):
            return False
    (m1, v1, *_), (m2, v2, *_) = menu
    if v1 - low * m1 < v2 - low * m2 or v2 - high * m2 < v1 - high * m1:
        return False
    reached, gap = p * m1 + (1 - p) * m2, F(entry["states"]["gap"])
    for j in range(1, 200):
        a = m1 * Fraction(j, 100)
        room = (worth(a) - ball(low * a) - u_high) / ball(
            high - low
        )  # the most the dear type can bring
        if (worth(a) - ball(low * a)) < u_low:
            continue
        other = min(a, Fraction(str(float(room.mid()) - 1e-9)) if room > 0 else Fraction(0))
        if (
            other >= 0
            and (worth(other) - ball(high * other)) >= u_high
            and p * a + (1 - p) * other > reached + gap
        ):
            return False
    return True


def value(alpha, qualities, i):
    total = sum(qualities)
    return ball(qualities[i]) * (ball(total) ** ball(alpha)) if total and qualities[i] else ball(0)


def market_terms(market):
    """Return W, O and V of an agent from the qualities of everybody."""
    n, alpha, pooled = market["n"], F(market["alpha"]), market.get("outside", "pooled") == "pooled"

    def truth(own, others):
        return value(alpha, [own + sum(others)] * n, 0)

    def outside(own, others):
        pool = sum(others)
        return value(alpha, [own, *([pool] * (n - 1) if pooled else others)], 0)

    def lie(own, report, others):
        model = report + sum(others)
        return value(alpha, [max(own, model), *[model] * (n - 1)], 0)

    return truth, outside, lie


def market_none(entry, types=None):
    truth, outside, lie = market_terms(entry["market"])
    profile, total = entry["profile"], ball(0)
    lo, hi = types or entry["types"]
    for i, chain in enumerate(entry["chains"]):
        others = profile[:i] + profile[i + 1 :]
        if chain[-1] != profile[i] or any(not lo <= x <= hi for x in chain):
            return False
        total += truth(chain[0], others) - outside(chain[0], others)
        for r, s in itertools.pairwise(chain):
            total += truth(s, others) - lie(s, r, others)
    return bool(total < 0)


def market_payments(entry):
    truth, outside, lie = market_terms(entry["market"])
    n, (lo, hi) = entry["market"]["n"], entry["types"]
    unit, eps = F(entry["unit"]), F(entry["eps"])
    if n != 2 or hi - lo > 12:
        return None
    near = entry.get("maximal")
    for tau in range(lo, hi + 1):
        best = []
        for s in range(lo, hi + 1):
            paid = F(entry["pay"][tau - lo][s - lo]) * unit
            most = truth(s, [tau]) - outside(s, [tau])
            for r in range(lo, s):
                bound_ = truth(s, [tau]) - lie(s, r, [tau])
                if above(paid - F(entry["pay"][tau - lo][r - lo]) * unit, bound_ + ball(eps)):
                    return False
                if best[r - lo] + bound_ < most:
                    most = best[r - lo] + bound_
            best.append(most)
            if above(paid, truth(s, [tau]) - outside(s, [tau]) + ball(eps)):
                return False
            if near is not None and above(most - ball(F(near)) - ball(eps) * (s + 1), paid):
                return False
            if entry["pay"][tau - lo][s - lo] + entry["pay"][s - lo][tau - lo] < 0:
                return False
    return True


def every_disparity(entry):
    n, a = entry["market"]["n"], ball(entry["market"]["alpha"])
    c, most = n - 1, ball(n) ** (1 + a)
    for j in range(1, 2000):
        z = ball(Fraction(j, 2000))
        if (1 + c * z) ** a + c * ball(n) ** a * z ** (1 + a) > most:
            return False
    return True


def frontier(entry):
    """Solve all columns up to D by the definition of h, in doubles; the chain in balls."""
    a, (lo, top) = float(F(entry["market"]["alpha"])), entry["types"]
    if top - lo > 40:
        return None
    least = math.inf
    h = {}
    for tau in range(lo, top + 1):
        for s in range(lo, top + 1):
            best = s * (s + tau) ** a
            for r in range(lo, s):
                y = r + tau
                if y < s:
                    best = max(best, h[tau, r] + s * (s + y) ** a - y * (2 * y) ** a)
            h[tau, s] = best
    for tau, s in itertools.product(range(lo, top + 1), repeat=2):
        full = (2 * (s + tau)) ** a * (s + tau)
        least = min(least, 2 * full - h[tau, s] - h[s, tau])
    chain = {**entry["none"], "market": entry["market"]}
    return least > -1e-9 and market_none(chain, [lo, top + 1])


JUDGES = {
    "nash": nash, "unique": unique, "budget-balance": balance, "individual-rationality": rational,
    "individual-rationality-alone": lambda entry: rational(entry, alone=True),
    "reciprocity": reciprocal, "no-equilibrium": no_equilibrium, "kkt-failure": kkt,
    "welfare-optimality": welfare, "value-shaping": shaping, "private-contract": contract,
    "market-proof 1 none": market_none, "market-proof 1 payments": market_payments,
    "market-proof 1 every-D": every_disparity, "market-proof 1 frontier": frontier,
}  # fmt: skip


def true(entry):
    """Return whether a claim holds, None where it is not judged."""
    name = " ".join(entry[key] for key in ("format", "claim") if key in entry)
    judge = JUDGES.get(name)
    return None if judge is None else judge(entry)
