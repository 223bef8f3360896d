#!/usr/bin/env python3
"""Check proof files about shared data: `python3 check_proof.py PROOF.json ...`.

This file needs nothing but Python (3.10 or newer) and imports nothing of mdsolve. A proof file
holds claims in exact numbers, and hints that make them cheap to check. Every inequality is computed
anew here, in fractions or in integer intervals that are rounded outwards. A claim counts only as
far as inequalities were evaluated: a wrong hint can make a check fail, never pass.

Read from top to bottom: 1 arithmetic, 2 reading, 3 sharing games, 4 shaped models and contracts,
5 markets, 6 which claim belongs to which instance, 7 the command. Each claim has one function,
whose docstring states its lemma; the lemmas are proved in docs/proof-files.md.

Exit code: 0 everything accepted, 1 something refused or malformed, 2 unreadable or wrong usage.
"""
# One claim per screen is worth more here than one argument per line:
# fmt: off

import hashlib
import json
import math
import re
import sys
from fractions import Fraction
from functools import partial
from itertools import combinations_with_replacement, pairwise
from pathlib import Path

# 1. Arithmetic: intervals whose ends are integers in units of 2^-192, always rounded outwards.

BITS, GUARD = 192, 64
ONE = 1 << BITS
MOST_WORK = 150_000_000  # steps of about a microsecond; a hostile file wastes no more
STEPS = [0]  # taken so far

class Refused(Exception):
    """The proof does not prove its claim, or is not well formed."""

def need(condition, reason):
    """Refuse the proof unless the condition holds."""
    if not condition:
        raise Refused(reason)

def work(steps):
    """Account for work before it is done, so that no file can waste unbounded time."""
    STEPS[0] += steps
    need(STEPS[0] <= MOST_WORK, "too much work for a proof")

def up(number):  # divided by 2^192 and rounded up, as `number >> BITS` rounds down
    return -(-number >> BITS)

class Interval:
    """All numbers from lo / 2^192 to hi / 2^192."""
    def __init__(self, lo, hi):
        self.lo, self.hi = lo, hi
    def __add__(self, other):
        other = enclose(other)
        return Interval(self.lo + other.lo, self.hi + other.hi)
    def __neg__(self):
        return Interval(-self.hi, -self.lo)
    def __sub__(self, other):
        return self + -enclose(other)
    def __rsub__(self, other):
        return enclose(other) + -self
    def __mul__(self, other):
        other = enclose(other)
        if self.lo >= 0 and other.lo >= 0:
            return Interval(self.lo * other.lo >> BITS, up(self.hi * other.hi))
        ends = [a * b for a in (self.lo, self.hi) for b in (other.lo, other.hi)]
        return Interval(min(ends) >> BITS, up(max(ends)))
    def __truediv__(self, other):
        other = enclose(other)
        need(other.lo > 0 or other.hi < 0, "a divisor might be zero")
        if other.hi < 0:
            return -self / -other
        lo = (self.lo << BITS) // (other.hi if self.lo >= 0 else other.lo)
        return Interval(lo, -((-self.hi << BITS) // (other.lo if self.hi >= 0 else other.hi)))
    def __rtruediv__(self, other):
        return enclose(other) / self

    __radd__, __rmul__ = __add__, __mul__
    def plus(self):  # max(0, x)
        return Interval(max(0, self.lo), max(0, self.hi))
    def size(self):  # the largest |x|, in units of 2^-192
        return max(-self.lo, self.hi)
    def middle(self):  # some fraction inside
        return Fraction(self.lo + self.hi, 2 * ONE)

def enclose(number):
    """Return an interval around an integer, a fraction, or an interval."""
    if isinstance(number, Interval):
        return number
    top, bottom = number.numerator << BITS, number.denominator
    return Interval(top // bottom, -(-top // bottom))

def at_most(a, b):  # whether a <= b for certain
    return enclose(a).hi <= enclose(b).lo

def total(numbers):
    """Return the sum of intervals and fractions."""
    intervals = [enclose(number) for number in numbers]
    return Interval(sum(x.lo for x in intervals), sum(x.hi for x in intervals))

def square_root(x):
    """Return sqrt(x), by integer square roots."""
    x = enclose(x)
    need(x.lo >= 0, "the square root of a number that might be negative")
    return Interval(math.isqrt(x.lo << BITS), math.isqrt(x.hi << BITS) + 1)

def exponential_end(x):
    """Return bounds of e^(x / 2^192) for an integer x, in units of 2^-192.

    |x| is halved until below 1/64; then 1 + r + r^2/2 + ... with 64 more bits: each of the at most
    60 terms loses less than 2 units, the rest of the series less than one. Then squares, outwards.
    """
    if x < -(2000 << BITS):
        return 0, 1
    need(x <= 2000 << BITS, "a number is too large")
    size, halvings, bits = abs(x), 0, BITS + GUARD
    while size >> halvings > ONE >> 6:
        halvings += 1
    r, term, low, terms = (size << GUARD) >> halvings, 1 << bits, 1 << bits, 0
    while term:
        terms += 1
        term = (term * r >> bits) // terms
        low += term
    high = low + 4 * terms + 4
    for _ in range(halvings):
        low, high = low * low >> bits, -(-high * high >> bits)
    if x < 0:
        low, high = (1 << 2 * bits) // high, -(-(1 << 2 * bits) // low)
    return low >> GUARD, -(-high >> GUARD)

def exponential(x):
    """Return e^x; where the interval is short, e^(lo + d) <= e^lo (1 + d + d^2), d <= 1."""
    x = enclose(x)
    work(30)
    low, high = exponential_end(x.lo)
    width = x.hi - x.lo
    if width > ONE:
        return Interval(low, exponential_end(x.hi)[1])
    return Interval(low, up(high * (ONE + width + up(width * width))))

def logarithm(x):
    """Return log x = y + log(1 + z), 1 + z = x e^-y, for the double y next to log x.

    log(1 + z) is z - z^2/2 + z^3/3 - z^4/4 up to |z|^5 (|z| < 1/4); log hi <= log lo + (hi-lo)/lo.
    """
    x = enclose(x)
    need(x.lo > 0, "the logarithm of a number that might not be positive")
    work(60)
    guess = Fraction(math.log(x.lo) - BITS * math.log(2))
    z = Interval(x.lo, x.lo) * exponential(-guess) - 1
    need(z.size() < ONE >> 30, "a logarithm could not be enclosed")
    square = z * z
    series = z - square / 2 + square * z / 3 - square * square / 4
    rest = up(up(square.hi * square.hi) * z.size()) + 1
    stretch = -((-(x.hi - x.lo) << BITS) // x.lo)
    return guess + Interval(series.lo - rest, series.hi + rest + stretch)

def power(x, exponent):
    """Return x^e for a fraction e: by products and a square root, or as e^(e log x)."""
    x, exponent = enclose(x), Fraction(exponent)
    if exponent < 0 and exponent.denominator <= 2:
        return 1 / power(x, -exponent)
    if exponent.denominator <= 2 and exponent < 64:
        result = square_root(x) if exponent.denominator == 2 else enclose(1)
        square, left = x, exponent.numerator // exponent.denominator
        while left:
            result = result * square if left & 1 else result
            square, left = square * square, left >> 1
        return result
    if x.lo <= 0:
        need(x.lo == 0 and exponent > 0, "a power of a number that might not be positive")
        return Interval(0, 0 if x.hi == 0 else power(Interval(x.hi, x.hi), exponent).hi)
    return exponential(exponent * logarithm(x))

LOG_2 = logarithm(2)
PI = Fraction(31415926535897932, 10**16)  # less than pi, which is all that is needed

# 2. Reading: every number is the fraction that its decimals or its "p/q" say; no key is unknown.

MOST_BYTES, MOST_DIGITS = 64 << 20, 400
NUMBER = re.compile(r"([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?(?:/(\d+))?", re.ASCII)

def number(value, what="a number"):
    """Return the exact fraction that a JSON number or a text is."""
    if isinstance(value, Fraction) or (isinstance(value, int) and not isinstance(value, bool)):
        return Fraction(value)
    need(isinstance(value, str) and len(value) <= 2 * MOST_DIGITS, f"{what} is not a number")
    found = NUMBER.fullmatch(value)
    need(found and (found[2] or found[3]), f"{what} is not a number: {value[:40]!r}")
    sign, whole, part, shift, below = found.groups()
    part, shift = part or "", int(shift or 0)
    need(max(len(whole), len(part), abs(shift)) <= MOST_DIGITS, f"{what} is too long or too large")
    size = Fraction(int(whole + part)) * Fraction(10) ** (shift - len(part))
    if below:
        need("." not in value and not found[4] and int(below) > 0, f"{what} is not a fraction")
        size /= int(below)
    return -size if sign == "-" else size

def integer(value, what="an integer"):
    """Return an integer, which may not be written with a point or an exponent."""
    need(isinstance(value, int) and not isinstance(value, bool), f"{what} is not an integer")
    return value

def array(value, what, length=None, entry=lambda one, _: one):
    """Return a list, of a certain length, its entries read."""
    need(isinstance(value, list), f"{what} is not a list")
    need(length is None or len(value) == length, f"{what} does not have {length} entries")
    return [entry(one, what) for one in value]

def numbers(value, what, length=None):
    return array(value, what, length, number)

KINDS = {"[]": numbers, "#": integer, "*": lambda value, _: value, "": number,
         "#[]": lambda value, what: array(value, what, None, integer)}

def read(record, *wanted):
    """Return the values at paths such as "states.gap" in order; refuse all other keys.

    A path may end in [] (a list of numbers), # (an integer), #[] (integers), * (anything); without
    an ending it is a number. With ? before the ending it may be absent, which gives None."""
    paths = [re.fullmatch(r"([\w.-]+)(\??)(.*)", path).groups() for path in wanted]
    known = {""} | {path[:k] for path, _, _ in paths for k in range(len(path) + 1)
                    if k == len(path) or path[k] == "."}
    free = {path for path, _, kind in paths if kind == "*"}
    def closed(value, path):
        need(isinstance(value, dict), f"{path or 'the proof'} is not an object")
        for key, inner in value.items():
            here = f"{path}.{key}" if path else key
            need(here in known, f"an unknown key {here[:60]!r}")
            if any(other.startswith(f"{here}.") for other in known) and here not in free:
                closed(inner, here)
    closed(record, "")
    found = []
    for path, optional, kind in paths:
        value, missing = record, False
        for key in path.split("."):
            missing = missing or not isinstance(value, dict) or key not in value
            value = None if missing else value[key]
        need(optional or not missing, f"{path!r} is missing")
        found.append(None if missing else KINDS[kind](value, path))
    return found

def maybe(value, what):
    return None if value is None else number(value, what)

def spread(value, length, what, default):
    """Return `length` fractions from one number, a list, or a default."""
    value = default if value is None else value
    return numbers(value if isinstance(value, list) else [value] * length, what, length)

def parse(text):
    """Read JSON strictly: no double keys, no NaN, decimals as fractions."""
    def pairs(entries):
        need(len(dict(entries)) == len(entries), "a key stands twice in one object")
        return dict(entries)
    def long_integer(digits):
        need(len(digits) <= MOST_DIGITS + 1, "an integer is too long")
        return int(digits)
    try:
        return json.loads(text, object_pairs_hook=pairs, parse_float=number, parse_int=long_integer,
                          parse_constant=lambda name: need(False, f"{name} is not a number"))
    except RecursionError:
        raise Refused("nested too deeply") from None

def show(value):
    """Return a number as people write it: exactly if short, else as the nearest double."""
    if value is None:
        return "none"
    value = value.middle() if isinstance(value, Interval) else Fraction(value)
    if len(text := str(value)) <= 12:
        return text
    return repr(float(value)) if Fraction(1, 10**300) < abs(value) < 10**300 else f"{text[:60]}..."

def listed(values, most=40):
    """Return numbers in a row; long rows are cut and say so."""
    shown = ", ".join(show(value) for value in values[:most])
    return f"({shown}{f', ... {len(values)} in all' if len(values) > most else ''})"

# 3. Sharing games: u_i = q_i (A_g - m_g (1 + y_g)^-b_g) + p_i - c_i(s_i) for an agent i of group g,
#    c_i(s) = fixed_i + rate_i s + curvature_i s^2 / 2.

GAME = ("n#", "mechanism*", "contributions[]", "weights?*", "groups?*", "exponent?*", "scale?*",
        "value?*", "rate*", "curvature?*", "capacity?*")
GRID = ("proof.per_octave#", "proof.first#", "proof.last#", "proof.nodes#")
PLAYED = ("none", "budget-balanced", "contribution-transfer", "shapley")
ANY = (*PLAYED, "target", "")  # the last is an agreement
MORE = ("ceiling?*", "fixed?*", "platform_data?", "payments?*")  # of claims with these fields

class Game:
    """Agents in groups; y_g = platform + sum_j W[g][group of j] s_j are the data that g sees."""
    def __init__(self, data, *more, rules=PLAYED):
        (n, mechanism, self.s, weights, groups, exponent, scale, value, rate, curvature, capacity,
         *rest) = read(data, *GAME, *more)
        self.more = rest = dict(zip((name.rstrip("?*") for name in more), rest))
        need(1 <= n <= 10**6, "n is not between 1 and a million")
        rows = array([[1]] if weights is None else weights, "weights")
        self.n, size = n, len(rows)
        self.weights = [numbers(row, "weights", size) for row in rows]
        self.group = [0] * n if groups is None else array(groups, "groups", n, integer)
        need(all(0 <= g < size for g in self.group), "a group has no row of weights")
        self.exponent = spread(exponent, size, "exponent", 1)
        self.scale, self.ceiling = (spread(x, size, "scale or ceiling", 1)
                                    for x in (scale, rest.get("ceiling")))
        self.value, self.rate, self.curvature = (
            spread(x, n, name, default) for x, name, default in
            ((value, "value", 1), (rate, "rate", None), (curvature, "curvature", 0)))
        self.fixed, self.payments = (spread(rest.get(x), n, x, 0) for x in ("fixed", "payments"))
        limits = capacity if isinstance(capacity, list) else [capacity] * n
        self.capacity = array(limits, "capacity", n, maybe)
        self.platform = rest.get("platform_data") or Fraction(0)
        signs = (*self.weights, self.scale, self.value, self.rate, self.curvature, self.fixed,
                 [x for x in self.capacity if x is not None], [self.platform])
        need(all(x >= 0 for row in signs for x in row), "a negative number in data")
        need(all(0 < x <= 100 for x in self.exponent), "an exponent is not in (0, 100]")
        need(len(self.s) == n, "contributions are not one per agent")
        for s, most in zip(self.s, self.capacity):
            need(s >= 0 and (most is None or s <= most), "a contribution is not feasible")
        name, beta = read(mechanism, "name*", "beta?*")
        need(name in rules, "the mechanism has no such claim")
        self.mechanism, self.beta = name, enclose(0)
        if name in {"budget-balanced", "contribution-transfer"}:
            linear = not any(self.curvature) and name == "budget-balanced"
            need(beta != "optimal" or linear, "the optimal beta is defined for linear costs")
            self.beta = optimal_rate(self.rate, beta)
            need(n >= 2 and self.beta.lo >= 0, "beta is not a share of money")
            need(name != "budget-balanced" or self.beta.hi < ONE, "beta is not below 1")
        else:
            need(beta is None, "the mechanism has no beta")
        work(n + size * size)
        sums = [enclose(0)] * size
        for g, s in zip(self.group, self.s):
            sums[g] = sums[g] + s
        self.y = [total(w * x for w, x in zip(row, sums)) + self.platform for row in self.weights]
    def others(self, i):  # the data of others that count for agent i
        return self.y[self.group[i]] - self.weights[self.group[i]][self.group[i]] * self.s[i]
    def slope(self, i, z, others):
        """Return q_i da_i/ds_i and c_i' where agent i contributes z beside others' data."""
        g = self.group[i]
        w, b = self.weights[g][g], self.exponent[g]
        steep = enclose(self.value[i] * self.scale[g] * b * w) * power(1 + others + w * z, -b - 1)
        return steep, self.rate[i] + self.curvature[i] * z
    def benefit(self, i, seen=None):
        """Return q_i a_i, at the data that count for agent i or at others."""
        g = self.group[i]
        lost = self.scale[g] * power(1 + (self.y[g] if seen is None else seen), -self.exponent[g])
        return self.value[i] * (self.ceiling[g] - lost)
    def gain(self, i):  # q_i (a_i - a_i(0))
        return self.benefit(i) - self.benefit(i, self.platform)
    def cost(self, i, s=None):  # c_i(s_i)
        s = self.s[i] if s is None else s
        return self.fixed[i] + self.rate[i] * s + self.curvature[i] * s * s / 2
    def __str__(self):
        beta = f" (beta = {show(self.beta)})" if self.beta.hi else ""
        rule = f"{self.mechanism or 'an agreement'}{beta}"
        return f"In the game of {self.n} agents with cost rates {listed(self.rate)} under {rule}"
    def paid(self):
        return (f"{self} at contributions {listed(self.s)} and payments "
                f"{listed(self.payments)} received, everybody")

def optimal_rate(rates, beta="optimal"):
    """Return beta as given, or beta* = 2 A (n-1)^2 / (B + sqrt(B^2 - 4 A C (n-1)^2)) of [M23].

    A = 1 / sum 1/c_i, C = sum c_i, B = A n (n-2) + C; equal costs give 1 - 1/n."""
    if beta != "optimal":
        return enclose(number(beta, "beta"))
    n = len(rates)
    need(n >= 2 and all(rate > 0 for rate in rates), "the optimal beta needs positive rates")
    if len(set(rates)) == 1:
        return enclose(Fraction(n - 1, n))
    harmonic, cost = 1 / total(1 / rate for rate in rates), total(rates)
    middle, product = harmonic * (n * (n - 2)) + cost, 4 * harmonic * cost * (n - 1) ** 2
    root = square_root((middle * middle - product).plus())
    return 2 * harmonic * (n - 1) ** 2 / (middle + root)

def bracket_gain(s, most, delta, slope):
    """Return a bound on max f - f(s), in units of 2^-192; refuse unless max f is within delta of s.

    Lemma 1. Let f be concave on [0, most], lo <= s <= hi in it, (lo = 0 or f'(lo) >= 0) and (hi =
    most or f'(hi) <= 0). Then a maximum lies in [lo, hi], and by the tangent at s max f - f(s) <=
    max(f'(s)^+ (hi - s), f'(s)^- (s - lo)). `slope(sign)` encloses f' at s + sign * delta."""
    lo, hi, here = max(Fraction(0), s - delta), s + delta, slope(0)
    hi = hi if most is None else min(hi, most)
    if here.lo >= 0 or s == 0:
        lo = s
    elif lo > 0:
        need(slope(-1).lo >= 0, "a best choice might lie below s - delta")
    if here.hi <= 0 or s == most:
        hi = s
    elif hi != most:
        need(slope(1).hi <= 0, "a best choice might lie above s + delta")
    return max((here.plus() * (hi - s)).hi, ((-here).plus() * (s - lo)).hi)

def check_nash(record):
    """Every agent's gain is at most epsilon and they have a best response within delta.

    Lemma 2. u_i is concave in s_i: powers with weights >= 0 are, and Shapley values are means of
    such. Payments that depend on the own contribution by beta c_i (budget-balanced) or beta s_i
    (contribution-transfer) leave the slope q a' - (1 - beta) c_i' or q a' - c_i' + beta."""
    shapley = record["data"]["mechanism"]["name"] == "shapley"
    epsilon, delta, data, *grid = read(record, "states.epsilon", "proof.delta", "data*",
                                       *(GRID if shapley else ()))
    game = Game(data)
    need(0 <= delta <= max(game.s) / 10**6, "delta is over a millionth of the contributions")
    worst = Fraction(largest_gain(game, delta, grid), ONE)
    need(worst <= epsilon, "an agent might gain more than epsilon")
    return (f"{game}, the contributions {listed(game.s)} are an equilibrium: nobody gains "
            f"more than {show(epsilon)} by any other one, and everybody has a best response within "
            f"{show(delta)} of theirs.")

def largest_gain(game, delta, grid=()):
    """Return the largest possible gain of an agent, in units of 2^-192."""
    sums = shapley_sums(game, *grid) if grid else None
    keep = 1 - game.beta if game.mechanism == "budget-balanced" else enclose(1)
    gift = game.beta if game.mechanism == "contribution-transfer" else enclose(0)
    known = {}
    for i in range(game.n):
        s, g = game.s[i], game.group[i]
        key = (s, g, game.rate[i], game.curvature[i], game.value[i], game.capacity[i])
        if key in known:
            continue
        def slope(sign, i=i, key=key, others=game.others(i)):
            benefit, cost = game.slope(i, game.s[i] + sign * delta, others)
            if sums:  # e^z >= 1 + z below s, e^-z <= 1 - z + z^2 / 2 above, under the integral
                flat, steep, bent = sums[key[1], key[0]][:3]
                benefit = (flat if sign == 0 else flat + steep * delta if sign < 0
                           else flat - steep * delta + bent * (delta * delta / 2))
            return benefit - keep * cost + gift
        work(20)
        known[key] = bracket_gain(s, game.capacity[i], delta, slope)
    return max(known.values())

def gauss_nodes(count):
    """Return nodes and weights of Gauss-Legendre quadrature on [0, 1], enclosed.

    Newton guesses; `count` disjoint intervals in which the Legendre polynomial changes sign hold
    one root each, hence all. With t = 2x - 1 the weight is 1 / ((1 - t^2) P'(t)^2)."""
    def legendre(t):
        before, value = enclose(1), enclose(t)
        for k in range(2, count + 1):
            before, value = value, (t * value * (2 * k - 1) - before * (k - 1)) / k
        return value, (before - t * value) * count / (1 - t * t)
    work(count * count * 40)
    nodes, last, tiny = [], -ONE, Fraction(1, 1 << 160)
    for j in range(count):
        root = Fraction(math.cos(math.pi * (count - j - 0.25) / (count + 0.5)))
        for _ in range(6):
            value, slope = legendre(enclose(root))
            root = Fraction(round((root - (value / slope).middle()) * ONE), ONE)
        low, high = enclose(root - tiny), enclose(root + tiny)
        before, after = legendre(low)[0], legendre(high)[0]
        root_between = before.hi < 0 < after.lo or after.hi < 0 < before.lo
        need(root_between and last < low.lo and high.hi < ONE, "a node could not be enclosed")
        last, t = high.hi, Interval(low.lo, high.hi)
        slope = legendre(t)[1]
        nodes.append(((t + 1) / 2, 1 / ((1 - t * t) * slope * slope)))
    return nodes

def trapezoid_error(a, per_octave):
    """Return the relative error of sum_k u_k^a e^(-(1+Y) u_k), u_k = 2^(k / per_octave), Y >= 0.

    As an integral of e^(a t - (1+Y) e^t) over t = log u with step h = log 2 / per_octave,
    Poisson's formula gives at most 2 sum_m |Gamma(a + 2 pi i m / h)| / Gamma(a), and |Gamma(a +
    iw)| <= Gamma(a) e^(-w theta) cos(theta)^-a for theta = pi/2 - eta, cos(theta) = sin(eta) >=
    eta - eta^3 / 6. So the error is at most 2 cos(theta)^-a z / (1 - z), z = e^(-2 pi theta / h).
    """
    eta = min(Fraction(3, 2), Fraction(float(a) * 0.11 / per_octave))
    z = exponential(-2 * PI * (PI / 2 - eta) * per_octave / LOG_2)
    need(z.hi < ONE // 16, "the grid of the quadrature is too coarse")
    error = 2 * power(eta - eta**3 / 6, -a) * z / (1 - z)
    need(error.hi < ONE // 16, "the grid of the quadrature is too coarse")
    return error

def tails(a, per_octave, first, last):
    """Return a bound of sum_k u_k^a e^-u_k over k < first and k > last: two geometric series."""
    ratio, after = power(2, Fraction(a) / per_octave), power(2, Fraction(last + 1, per_octave))
    left = power(2, Fraction(a) * first / per_octave) / (ratio - 1)
    growth = ratio * exponential(-after * (power(2, Fraction(1, per_octave)) - 1))
    need(growth.hi < ONE // 2, "the grid of the quadrature ends too early")
    return (left + power(after, a) * exponential(-after) / (1 - growth)).hi

def shapley_sums(game, per_octave, first, last, nodes):
    """Return, per (group, contribution): slope sums 0, 1, 2 and the Shapley value phi.

    Lemma 3. phi_i = int_0^1 E[A(X + i) - A(X)] dx, every other agent being in X with chance x. By
    (1+y)^-(b+1) = int u^b e^(-u (1+y)) du / Gamma(b+1) its slope in s_i is the sum over groups g
    of c_g w_gi / Gamma(b+1) int u^b e^-u e^(-u w_gi s_i) int_0^1 prod_(j != i) (1 - x q_j) dx du,
    where c_g = m_g b_g (sum of the group's values) and q_j = 1 - e^(-u w_gj s_j). In u: the
    trapezoid rule on u = 2^(k/m), divided by the same sum without data, which removes Gamma (each
    of the two errs by a factor in 1 -+ d); exponentials of node k are squares of those of k - m.
    In x, a polynomial of degree n - 1: Gauss with at least n/2 nodes is exact. All terms are
    positive: a part of the sum is a lower bound, with tails it is an upper one. Sum 1 has a factor
    u w more, sum 2 its square; phi has q_i / u instead of w e^(-u w s_i)."""
    for value, most in ((per_octave, 12), (-first, 4000), (last, 400), (nodes, 160)):
        need(0 < value <= most, "a hint of the quadrature is out of range")
    need(2 * nodes >= game.n, "there are too few nodes for so many agents")
    need(game.platform == 0, "the platform's data are no part of this claim")
    size, count, worth, times = len(game.weights), min(nodes, (game.n + 1) // 2), {}, {}
    for g, s, value in zip(game.group, game.s, game.value):
        worth[g] = worth.get(g, 0) + value
        times[g, s] = times.get((g, s), 0) + 1
    work((last - first) * size * (len(times) * 2 + sum(times.values())) * (count + 8))
    rule, found = gauss_nodes(count), {key: [enclose(0)] * 4 for key in times}
    for g, value in worth.items():
        a, row = game.exponent[g] + 1, [game.weights[g][h] for h, _ in times]
        factor = enclose(value * game.scale[g] * (a - 1))
        sums = octave_sums([w * s for w, (_, s) in zip(row, times)], list(times.values()), a,
                           per_octave, range(first, last + 1), rule)
        error = trapezoid_error(a, per_octave)
        rest = [tails(a + k, per_octave, first, last) for k in (0, 1, 2)]
        base = Interval(sums[0].lo, sums[0].hi + rest[0])
        off = Interval(((1 - error) / (1 + error)).lo, ((1 + error) / (1 - error)).hi)
        scale = factor * off / base
        for (key, parts), w, part in zip(found.items(), row, sums[1:]):
            sums = [scale * (part[k] + Interval(0, rest[k])) * w ** (k + 1) for k in range(3)]
            sums.append(scale * (part[3] + Interval(0, rest[0]) * (w * key[1])))
            found[key] = [old + new for old, new in zip(parts, sums)]
    return found

def octave_sums(data, times, a, per_octave, grid, rule):
    """Return sum_k u^a e^-u, and per class the sums of u^(a+j) e^(-u(1+d)) I and u^(a-1) q I.

    I = int_0^1 prod_(j != i) (1 - x q_j) dx by Gauss's rule; products and quotients rounded
    outwards."""
    roots = [power(2, Fraction(j, per_octave)) for j in range(per_octave)]
    plain, past, found = enclose(0), [], [[enclose(0)] * 4 for _ in data]
    for k in grid:
        u = roots[k % per_octave] * Fraction(2) ** (k // per_octave)
        weight = power(u, a) * exponential(-u)
        plain = plain + weight
        decay = [x * x for x in past[-per_octave]] if len(past) >= per_octave else [
            exponential(-u * d) for d in data]
        past = [*past[-per_octave:], decay]
        chances = [(ONE - x.hi, ONE - x.lo) for x in decay]
        inner = [[0, 0] for _ in data]
        for node, share in rule:
            lows = [ONE - up(node.hi * hi) for _, hi in chances]
            highs = [ONE - (node.lo * lo >> BITS) for lo, _ in chances]
            need(min(lows) > 0, "the quadrature lost its digits")
            low, high = share.lo, share.hi
            for lo, hi, count in zip(lows, highs, times):
                for _ in range(count):
                    low, high = low * lo >> BITS, up(high * hi)
            low, high = low << BITS, -high << BITS
            for cell, lo, hi in zip(inner, lows, highs):
                cell[0] += low // lo
                cell[1] -= high // hi
        for i, (lo, hi) in enumerate(inner):
            term = weight * Interval(lo, min(ONE, hi))
            falling = term * decay[i]
            steep = falling * u
            pieces = falling, steep, steep * u, term * Interval(*chances[i]) / u
            found[i] = [old + new for old, new in zip(found[i], pieces)]
    return [plain, *found]

def check_unique(record):
    """There is at most one equilibrium.

    Lemma 4 (none, budget-balanced, contribution-transfer; scales, values, own weights > 0). If D W
    + W'D is positive definite for a positive diagonal D, group totals are the same in all
    equilibria: for two of them with totals S, S', d = S - S', some d_t (W d)_t > 0, say d_t > 0;
    some agent of t gives more in the first, although more data count there and marginal costs do
    not fall: impossible, as marginal benefits strictly fall. With totals fixed only agents of a
    group with linear costs and the same net rate per value could trade places: refused. Lemma 5
    (shapley). The singleton terms make the concave potential strictly concave where every agent
    counts somewhere: m_g b_g w_gi > 0."""
    data, scales = read(record, "data*", "proof.row_scale?*")
    game = Game(data)
    size, W = len(game.weights), game.weights  # noqa: N806
    need(size <= 60, "too many groups")
    if game.mechanism == "shapley":
        alive = {g for g, value in zip(game.group, game.value) if value * game.scale[g] > 0}
        for g in set(game.group):
            need(any(W[h][g] > 0 for h in alive), f"data of group {g} count for nobody")
    else:
        d = numbers(scales, "row_scale", size)
        positive = (*d, *game.scale, *game.value, *(W[g][g] for g in range(size)))
        need(all(x > 0 for x in positive), "a scale, value or own weight is not positive")
        need(positive_definite([[d[g] * W[g][h] + d[h] * W[h][g] for h in range(size)]
                                for g in range(size)]), "D W + W'D is not positive definite")
        seen = set()
        gift = number(data["mechanism"]["beta"]) if game.mechanism[0] == "c" else 0
        for i in range(game.n):
            if game.curvature[i] == 0 and game.capacity[i] != 0:
                net = game.group[i], (game.rate[i] - gift) / game.value[i]
                need(net not in seen, "two agents of a group can trade places")
                seen.add(net)
    return f"{game}, there is at most one equilibrium."

def positive_definite(rows):
    """Tell by exact elimination whether a symmetric matrix is positive definite."""
    for k in range(len(rows)):
        work(50 + (len(rows) - k) ** 2 * (1 + rows[k][k].numerator.bit_length() // 500))
        if rows[k][k] <= 0:
            return False
        for i in range(k + 1, len(rows)):
            factor = rows[i][k] / rows[k][k]
            rows[i] = [x - factor * y for x, y in zip(rows[i], rows[k])] if factor else rows[i]
    return True

def check_balance(record):
    """The stated payments sum to exactly zero and each is within rule_error of the rule.

    none: 0. budget-balanced: beta (c_i - mean of the others' c_j). contribution-transfer: the same
    with s. shapley: phi_i - q_i (a_i(s) - a_i(0)), phi enclosed by Lemma 3."""
    shapley = record["data"]["mechanism"]["name"] == "shapley"
    error, stated, data, *grid = read(record, "states.rule_error", "proof.payments[]", "data*",
                                      *(GRID if shapley else ()))
    game = Game(data)
    need(len(stated) == game.n and exact_sum(stated) == 0, "the payments do not sum to zero")
    agents = range(game.n)
    work(10 * game.n)
    if shapley:
        sums = shapley_sums(game, *grid)
        rule = [sums[game.group[i], game.s[i]][3] - game.gain(i) for i in agents]
    else:
        amounts = [game.cost(i) for i in agents] if game.mechanism[0] == "b" else game.s
        everything = total(amounts)
        rule = [game.beta * (x - (everything - x) / max(1, game.n - 1)) for x in amounts]
    for i, (paid, due) in enumerate(zip(stated, rule)):
        need(at_most(Interval(0, (paid - due).size()), error), f"payment {i} is not the rule's")
    return (f"{game} at contributions {listed(game.s)}, the payments {listed(stated)} "
            f"received by the agents sum to exactly 0, each within {show(error)} of the rule's.")

def exact_sum(values):
    """Return the exact sum of fractions, as long as its denominator does not explode."""
    found = Fraction(0)
    for value in values:
        found += value
        need(found.denominator.bit_length() <= 4000, "fractions of too many denominators")
    return found

def best_choice(game, i, hint, others):
    """Return max_z q a_i - c_i beside others' data, enclosed near a hint [z, radius] (Lemma 1)."""
    (z, radius), most = numbers(hint, "a hint of a best choice", 2), game.capacity[i]
    need(0 <= z and radius >= 0 and (most is None or z <= most), "a best choice is out of range")
    def slope(sign):
        benefit, cost = game.slope(i, z + sign * radius, others)
        return benefit - cost
    work(20)
    own = game.weights[game.group[i]][game.group[i]] * z
    here = game.benefit(i, others + own) - game.cost(i, z)
    return Interval(here.lo, here.hi + bracket_gain(z, most, radius, slope))

def check_rationality(record, alone=False):
    """Everybody is better off by at least `margin` than without model, cost and payment; or alone.

    Alone: near alone[i] = [m, radius] lies the largest q (A - scale (1 + w m)^-b) - c(m), with the
    own weight and without the platform's data."""
    margin, data, *hints = read(record, "states.margin", "data*", *["proof.alone*"] * alone)
    game = Game(data, *MORE, rules=ANY)
    for i in range(game.n):
        out = best_choice(game, i, array(hints[0], "alone", game.n)[i], enclose(0)) if alone else 0
        left = game.benefit(i) - game.cost(i) + game.payments[i] - out
        need(at_most(margin, left), f"agent {i} might be worse off")
    return f"{game.paid()} has at least {show(margin)} more than {'alone' if alone else 'outside'}."

def check_reciprocity(record):
    """Everybody receives q (a(s) - a(0)) + p >= ratio times their Shapley value (Lemma 3)."""
    ratio, data, *grid = read(record, "states.ratio", "data*", *GRID)
    game = Game(data, *MORE, rules=ANY)
    sums = shapley_sums(game, *grid)
    for i in range(game.n):
        due = sums[game.group[i], game.s[i]][3] * ratio
        need(at_most(due, game.gain(i) + game.payments[i]), f"agent {i} might receive too little")
    return f"{game.paid()} receives at least {show(ratio)} times their Shapley value in all."

def check_target_rule(record):
    """A payment rule without deficit makes the contributions an equilibrium, and asks for little.

    Lemma 10. p_i(z) = x_i - pen_i(z_i) + mean of the others' pen_j(z_j), pen_i(z) = min(cap_i,
    [b_i (s_i - z)]_+), sum x = 0. Penalties cancel: the payments sum to 0 at every profile;
    received shares are >= 0: nobody pays more than cap_i - x_i, whatever anybody does. By z agent
    i gains at most the larger of: the gain in g(z) - [b (s - z)]_+, g = q a - c, which is concave
    on both sides of s (Lemma 1 twice); and max g - cap - g(s), near free[i] = [z, radius]."""
    eps, delta, data, free = read(record, "states.epsilon", "proof.delta", "data*", "proof.free?*")
    game = Game(data, "lump_sums*", "rates*", "caps*", rules=("target",))
    lump, rates = (numbers(game.more[key], key, game.n) for key in ("lump_sums", "rates"))
    caps = array(game.more["caps"], "caps", game.n, maybe)
    need(exact_sum(lump) == 0, "the lump sums do not cancel")
    need(0 <= delta <= max(game.s) / 10**6, "delta is over a millionth of the contributions")
    worst = 0
    for i, (s, b, cap, most) in enumerate(zip(game.s, rates, caps, game.capacity)):
        others = game.others(i)
        def slope(sign, side, i=i, b=b, others=others, s=s):
            benefit, cost = game.slope(i, s + sign * delta, others)
            return benefit - cost + (b if side * b < 0 else 0)
        work(30)
        gains = [bracket_gain(s, s, delta, lambda sign, f=slope: f(sign, -1)),
                 bracket_gain(Fraction(0), most if most is None else most - s, delta,
                              lambda sign, f=slope: f(sign, 1))]
        if cap is not None:
            need(cap >= 0, "a cap is negative")
            best = best_choice(game, i, array(free, "free", game.n)[i], others)
            gains.append((best - cap - (game.benefit(i) - game.cost(i))).hi)
        worst = max(worst, *gains)
    need(Fraction(worst, ONE) <= eps, "an agent might gain more than epsilon")
    most = [None if cap is None else cap - x for cap, x in zip(caps, lump)]
    return (f"{game}, lump sums {listed(lump)} and penalties {listed(rates)} per unit sum "
            f"to 0 at every profile, never ask for more than {listed(most)}, and make "
            f"{listed(game.s)} an equilibrium: nobody gains more than {show(eps)}.")

def check_no_target(record):
    """No payments bring the contributions about: sum of needs > sum of benefits, inequality (B).

    Lemma 11. Payments that sum to 0, ask agent i for at most L_i at every profile, and make s an
    equilibrium at which everybody has `margin` more than alone give each agent q a + p >= c(s) + D
    - L and >= c(s) + out + margin, as D - L is there for the taking (D = max of q a - c beside the
    others' data, out = the same alone). In the sum p cancels. Hints bound D and out from below."""
    data, moves, alone = read(record, "data*", "proof.deviations[]", "proof.alone[]")
    game = Game(data, *MORE[:3], "limits?*", "margin?*", rules=("target",))
    limits, margin = game.more["limits"], number(game.more["margin"] or 0)
    need(len(moves) == len(alone) == game.n, "hints are not one per agent")
    limits, needs = array(limits or [None] * game.n, "limits", game.n, maybe), []
    for i, (z, m, limit) in enumerate(zip(moves, alone, limits)):
        w, most = game.weights[game.group[i]][game.group[i]], game.capacity[i]
        need(all(0 <= x and (most is None or x <= most) for x in (z, m)), "a hint is out of range")
        least = game.benefit(i, w * m) - game.cost(i, m) + margin
        if limit is not None:
            free = game.benefit(i, game.others(i) + w * z) - game.cost(i, z) - limit
            least = Interval(max(least.lo, free.lo), max(least.hi, free.hi))
        needs.append(least + game.cost(i))
    lacking = total(needs) - total(game.benefit(i) for i in range(game.n))
    need(lacking.lo > 0, "the needs might be met")
    return (f"{game}, no payments that sum to 0 and ask for at most {listed(limits)} make "
            f"{listed(game.s)} an equilibrium with everybody {show(margin)} better off than alone: "
            f"needs exceed benefits by {show(lacking)}.")

def check_no_equilibrium(record):
    """No profile is an equilibrium: everywhere some agent gains more than `gap`.

    a_i = 1 - prod_(j in N_i) (1 - e(s_j)), e piecewise linear and non-decreasing, cost rate * s,
    all contributions between 0 and the curve's end. Lemma 6. A tree of midpoint bisections covers
    the box by construction ("s0": agent 0's side is halved, lower half first); at a leaf ("b1")
    agent b gains by deviation 1 on the whole cell: the gain P (e(d) - e(x)) - rate (d - x) is
    linear in P = prod over the others of (1 - e), which lies between its values at the cell's
    ends, and piecewise linear in x: finitely many points decide."""
    gap, curve, near, rate, moves, tree = read(record, "states.gap", "data.curve*",
        "data.neighbours*", "data.rate", "proof.deviations[]", "proof.tree*")
    curve = array(curve, "curve", None, lambda point, what: numbers(point, what, 2))
    need(len(curve) > 1 and curve[0][0] == 0 <= curve[0][1] and curve[-1][1] <= 1 and
         all(a[0] < b[0] and a[1] <= b[1] for a, b in pairwise(curve)), "the curve does not rise")
    near, end = array(near, "neighbours", None, KINDS["#[]"]), curve[-1][0]
    n = len(near)
    need(1 <= n <= 18 and all(i in row and len(set(row)) == len(row) and set(row) <= set(range(n))
                              for i, row in enumerate(near)), "neighbours are not among 18 agents")
    need(all(0 <= d <= end for d in moves) and len(moves) <= 10, "a deviation leaves the box")
    def e(x):
        k = sum(point[0] <= x for point in curve[:-1]) - 1
        (x0, y0), (x1, y1) = curve[k : k + 2]
        return y0 + (y1 - y0) * (x - x0) / (x1 - x0)
    tokens, found = re.findall("..|.", tree)[::-1], []
    boxes = [([(Fraction(0), end)] * n, 0)]
    while boxes:
        box, depth = boxes.pop()
        token = tokens.pop() if tokens else ""
        need(re.fullmatch("[a-s][0-9]", token), "the tree ends too early or is malformed")
        work(60 * n)
        i, k = ord(token[0]) - ord("a"), int(token[1])
        if token[0] == "s":
            need(k < n and depth < 120, "the tree splits what it should not")
            (lo, hi), middle = box[k], sum(box[k]) / 2
            for half in ((middle, hi), (lo, middle)):
                boxes.append(([*box[:k], half, *box[k + 1:]], depth + 1))
            continue
        need(i < n and k < len(moves), "a leaf names an agent or a deviation that does not exist")
        (lo, hi), d = box[i], moves[k]
        chances = [math.prod(1 - e(box[j][side]) for j in near[i] if j != i) for side in (0, 1)]
        places = [lo, hi, *(x for x, _ in curve if lo < x < hi)]
        gains = [c * (e(d) - e(x)) - rate * (d - x) for c in chances for x in places]
        need(min(gains) > gap, f"agent {i} might not gain enough in a leaf")
        found.append(min(gains))
    need(not tokens, "the tree goes on after it has covered the box")
    return (f"The game of {n} agents with neighbours {near}, cost rate {show(rate)} and the curve "
            f"{' '.join(map(listed, curve))} has no equilibrium: everywhere somebody gains more "
            f"than {show(gap)}, in fact at least {show(min(found))} ({len(found)} boxes).")

def check_kkt_failure(record):
    """The equilibrium under budget-balanced payments at beta* does not satisfy (24) of [M23].

    Lemma 8. The dual of agent i is mu_i = T (A / c_i - beta*/(n-1)) / (1 - beta* n/(n-1)) with T >
    0: its sign is proved negative, which no multiplier of an inequality may be."""
    rates, i = read(record, "data.rate[]", "proof.agent#")
    n, beta = len(rates), optimal_rate(rates)
    need(0 <= i < n, "the agent does not exist")
    harmonic = 1 / total(1 / rate for rate in rates)
    sign = (harmonic / rates[i] - beta / (n - 1)) / (1 - beta * Fraction(n, n - 1))
    need(sign.hi < 0, "the dual might not be negative")
    return (f"With cost rates {listed(rates)} and beta* = {show(beta)} the dual (24) of agent {i} "
            f"is {show(sign)} T < 0: the equilibrium violates the p-mean optimum's conditions.")

def check_welfare(record):
    """No feasible choice has a p-mean of utilities more than `gap` above that of the spends x.

    Maximise M_p(u) = (mean of u^p)^(1/p) (p = 0 geometric mean, -inf minimum), S = sum x_i / c_i,
    u_i = k ((1+b_i)^r - 1)/r + q_i S/(1+S), b_i = B_i - (1-beta) x_i - beta/(n-1) (the others' x),
    x, b >= 0. Lemma 7. For weights lam > 0 and p' = p/(p-1): M_p(u) <= (sum lam u) / M_p'(n lam),
    by the reverse Hoelder inequality. Any multipliers y bound the weighted sum: each concave piece
    is replaced by its tangent at the computed point, and what has the wrong sign is charged to 0
    <= b <= B and 0 <= x <= B/(1-beta). For p > -inf lam_i = (u_i / min u)^(p-1), else a hint."""
    gap, rate, budget, value, money, r, beta, p, x, y, lam = read(
        record, "states.gap", "data.rate[]", "data.budget[]", "data.value[]", "data.money[]",
        "data.money_exponent", "data.beta*", "data.p*", "proof.x[]", "proof.y[]", "proof.lam?[]")
    n, least = len(rate), p == "-inf"
    p = None if least else number(p, "p")
    need(n >= 2 and {n} == {*map(len, (budget, value, money, x, y))}, "lists differ in length")
    need(all(c > 0 for c in rate) and 0 < r <= 1, "a rate or the exponent of money is out of range")
    need(all(a >= 0 for row in (budget, value, money, x) for a in row), "a negative number")
    need(len(lam or ()) == n * least and (least or -400 <= p <= 1), "p or lam is out of range")
    beta = optimal_rate(rate, beta)
    need(0 <= beta.lo and beta.hi < ONE, "beta is not in [0, 1)")
    work(60 * n)
    others = beta / (n - 1)  # the primal point: its utilities are enclosed
    own, spent, data = 1 - beta - others, total(x), total(a / c for a, c in zip(x, rate))
    left = [b - own * a - others * spent for b, a in zip(budget, x)]
    need(all(b.lo >= 0 for b in left), "an agent has spent more than they have")
    def worth(k, b):
        return b * k if r == 1 else (power(1 + b, r) - 1) * (k / r)
    utility = [worth(k, b) + q * (data / (1 + data)) for k, q, b in zip(money, value, left)]
    reached = p_mean(utility, p)
    if not least:  # the weights of the bound
        floor = min(float(u.middle()) for u in utility)
        need(floor > 0, "a utility is zero")
        lam = [Fraction(max(1e-40, (float(u.middle()) / floor) ** float(p - 1))) for u in utility]
    need(all(weight > 0 for weight in lam), "a weight is not positive")
    at, weighted = data.middle(), total(a * q for a, q in zip(lam, value))  # bounds its sum
    slope, prices = weighted / (1 + at) ** 2, total(y)
    bound = weighted * (at / (1 + at)) - slope * at
    for k, c, b, a, price, weight in zip(money, rate, budget, left, y, lam):
        point = Fraction(int(max(Fraction(0), a.middle()) * ONE), ONE)
        gain = weight * k * power(1 + point, r - 1)
        bound = bound + weight * worth(k, enclose(point)) - gain * point + price * b
        bound = bound + (gain - price).plus() * b
        bound = bound + (slope / c - own * price - others * prices).plus() * b / (1 - beta)
    conjugate = Fraction(1) if least else None if p == 1 else p / (p - 1)
    bound = bound / p_mean([enclose(n * weight) for weight in lam], conjugate)
    need(at_most(bound - reached, gap), "the bound is not close enough")
    return (f"For {n} agents with cost rates {listed(rate)}, budgets {listed(budget)}, values "
            f"{listed(value)} and beta = {show(beta)}, the largest p-mean of utilities (p = "
            f"{'-inf' if least else show(p)}) is {show(reached)} (+ {show(gap)}), by {listed(x)}.")

def p_mean(values, p):
    """Return the normalised p-mean of positive intervals; None is the minimum."""
    n, least = len(values), Interval(min(u.lo for u in values), min(u.hi for u in values))
    if p is None:
        return least
    if p == 0:
        return exponential(total(logarithm(u) for u in values) / n)
    need(p > 0 or least.lo > 0, "a utility might be zero")
    unit = enclose(1) if p > 0 else Interval(least.lo, least.lo)  # scaled, to keep digits of powers
    return unit * power(total(power(u / unit, p) for u in values) / n, 1 / p)

# 4. Shaped models and contracts: v(m) = max(0, b(m)) for m >= k, 0 below,
#    b(m) = ceiling - (4 + sqrt(2k (2 + log(m/k)))) / sqrt(m).

class Bound:
    """The PAC bound b and its slope on [k, inf), where it is concave and increasing.

    Lemma 9. With z = sqrt(2k(2 + log(m/k))), z^2 >= 4k: b' m^(3/2) = (4+z)/2 - k/z >= z/4 > 0, and
    2k/z + k^2/z^3 < 3z/4 makes b'' < 0. As b(k) < 0 the zero of b, where v begins, lies above k."""
    def __init__(self, curve):
        name, ceiling, k = read(curve, "family*", "ceiling", "complexity")
        need(name == "pac", "the curve is not of the family pac")
        need(0 < ceiling <= 1 and k > 0, "the curve's parameters are out of range")
        self.ceiling, self.k = ceiling, k
    def at(self, m):
        """Return b(m) and b'(m), m >= k."""
        m = enclose(m)
        need(at_most(self.k, m), "the curve is evaluated below k")
        z, root = square_root(2 * self.k * (2 + logarithm(m / self.k))), square_root(m)
        return self.ceiling - (4 + z) / root, ((4 + z) / 2 - self.k / z) / (m * root)
    def alone(self, cost, hint):
        """Return u* = max(0, max b(m) - cost m) around a hint [m, radius] (Lemma 1 on [k, inf))."""
        m, radius = numbers(hint, "alone", 2)
        need(cost > 0 and radius >= 0, "a cost or a radius is out of range")
        if m - radius > self.k:
            need(at_most(cost, self.at(m - radius)[1]), "an optimum alone might lie lower")
        need(at_most(self.at(m + radius)[1], cost), "an optimum alone might lie higher")
        value, slope = self.at(m)
        gain = value - cost * m
        return Interval(gain.lo, gain.hi + (Interval(0, (slope - cost).size()) * radius).hi).plus()
    def __str__(self):
        return f"the pac curve of ceiling {show(self.ceiling)} and complexity {show(self.k)}"

def check_value_shaping(record):
    """The contributions are the largest equilibrium under value shaping, or nobody contributes.

    Lemma 9. An equilibrium of any feasible, individually rational mechanism has a total S with
    phi(S) >= 0, phi(S) = sum (b(S) - u*_i)/c_i - S, concave on [k, inf). If phi(lo) > 0 > phi(hi),
    lo < hi, no equilibrium has more than hi. Curves M_i(x) = v(x) up to the own optimum, min(u_i +
    c_i x, v(x + others)) below m_i, v(x + others) from there, with u_i >= u*_i the upper end:
    feasible, rational, and if b'(S) < c_i nobody gains more than (u_i + c_i m_i - v(S))^+. None:
    all u* are 0 and a tangent of phi is negative at k and at ceiling * sum 1/c_i, beyond which phi
    < 0 anyway: no total is positive."""
    epsilon, curve, rate, m, claim, alone, ends, at = read(
        record, "states.epsilon?", "data.curve*", "data.rate[]", "data.contributions[]",
        "proof.claim*", "proof.alone*", "proof.total?[]", "proof.at?")
    bound, best = Bound(curve), {}
    need(rate and all(c > 0 for c in rate), "a cost rate is not positive")
    work(30 * len(rate))
    for cost, *hint in array(alone, "alone", None, lambda row, what: numbers(row, what, 3)):
        best[cost] = bound.alone(cost, hint)
    need(all(c in best for c in rate), "an optimum alone is missing")
    weight = {}
    for c in rate:
        weight[c] = weight.get(c, 0) + 1 / c
    steep, kept = total(weight.values()), total(best[c] * w for c, w in weight.items())
    def phi(s):
        value, slope = bound.at(s)
        return steep * value - kept - s, steep * slope - 1
    game = f"For {len(rate)} agents with cost rates {listed(rate)} and {bound}"
    if claim == "none":
        need(epsilon is None and not m and ends is None, "'none' has no contributions")
        need(all(best[c].hi <= 0 for c in weight), "somebody might gain alone")
        value, slope = phi(at)
        for s in (bound.k, steep * bound.ceiling):
            need((value + slope * (s - at)).hi < 0, "a positive total might be an equilibrium")
        return (f"{game}, no feasible, individually rational mechanism has an equilibrium in which "
                "anybody contributes.")
    need(claim == "equilibrium" and at is None, "an unknown claim in the proof")
    need(len(m) == len(rate) and min(m) >= 0, "contributions are not one per agent")
    need(len(ends) == 2 and bound.k <= ends[0] < ends[1], "no bracket of the total")
    need(phi(ends[0])[0].lo > 0 > phi(ends[1])[0].hi, "the bracket does not hold the largest total")
    s = total(m)
    need(at_most(ends[0], s) and at_most(s, ends[1]), "the total is outside its bracket")
    value, slope = bound.at(s)
    for c, x in set(zip(rate, m)):
        need(slope.hi < enclose(c).lo, "somebody might gain by more data")
        gain = Interval(best[c].hi, best[c].hi) + c * x - value.plus()
        need(at_most(gain, epsilon), "somebody might gain more than epsilon")
    return (f"{game}, value shaping has the equilibrium {listed(m)}, total {show(s)}, up to gains "
            f"of {show(epsilon)}; no equilibrium of any feasible, individually rational mechanism "
            f"has a total above {show(ends[1])}.")

def check_private_contract(record):
    """The menu ((m_l, V_l), (m_h, V_h)) is feasible, rational, truthful, within gap of the best.

    Feasible: V <= v(m + D), D the others' data. Rational: V - c m >= u*(c). Truthful: exact.
    Bound: truth, feasibility and rationality give m_h <= m_l and m_h <= g(m_l) = (v(m_l+D) - c_l
    m_l - u*_h) / (c_h - c_l), m <= top where v(m+D) - c m - u* is negative and falling. For theta
    in [0, 1-p], b(split + D) >= 0, the mean p m_l + (1-p) m_h is at most split, or (1-p-theta)
    top_h plus the maximum of the concave p m + theta g(m) on [split, top_l], by a tangent."""
    data = ("low", "high", "probability_low", "others")
    menu = ("m_low", "v_low", "m_high", "v_high", "top_low", "top_high", "theta", "split")
    gap, curve, c_l, c_h, p, others, m_l, v_l, m_h, v_h, top_l, top_h, theta, split, *alone = read(
        record, "states.gap", "data.curve*", *(f"data.{key}" for key in data),
        *(f"proof.{key}" for key in menu), "proof.alone_low*", "proof.alone_high*")
    bound = Bound(curve)
    need(0 < c_l < c_h and 0 < p < 1 and others >= 0 <= m_h <= m_l, "prior or menu is out of range")
    best_l, best_h = bound.alone(c_l, alone[0]), bound.alone(c_h, alone[1])
    for m, v, c, top, best in ((m_l, v_l, c_l, top_l, best_l), (m_h, v_h, c_h, top_h, best_h)):
        need(v == 0 or at_most(v, bound.at(m + others)[0].plus()), "a model is not feasible")
        need(at_most(best, v - c * m), "a contract is worse than training alone")
        value, slope = bound.at(top + others)
        need((value - c * top - best).hi < 0 > (slope - c).hi, "a contribution might be larger")
    need(v_l - c_l * m_l >= v_h - c_l * m_h, "the low-cost type gains by the other contract")
    need(v_h - c_h * m_h >= v_l - c_h * m_l, "the high-cost type gains by the other contract")
    need(0 <= theta <= 1 - p and 0 <= split <= m_l <= top_l, "a hint of the bound is out of range")
    need(bound.at(split + others)[0].lo >= 0, "the model at the split might be worthless")
    value, slope = bound.at(m_l + others)
    reach = p * m_l + theta * (value - c_l * m_l - best_h) / (c_h - c_l)
    rise = p + theta * (slope - c_l) / (c_h - c_l)
    most = max((rise * (split - m_l)).hi, (rise * (top_l - m_l)).hi)
    most = max(enclose(split).hi, (reach + (1 - p - theta) * top_h).hi + most)
    reached = p * m_l + (1 - p) * m_h
    need(Fraction(most, ONE) - reached <= gap, "a better menu might exist")
    return (f"For {bound}, cost rates {listed((c_l, c_h))}, chance {show(p)} of the lower and "
            f"{show(others)} others' data, the menu {listed((m_l, v_l))}, {listed((m_h, v_h))} of "
            "(data, value) is feasible, individually rational and truthful, and its expected "
            f"contribution {show(reached)} is within {show(gap)} of the largest.")

# 5. Markets: n agents own integer types, report at most them, v_i = (sum_j q_j)^alpha q_i. With s
#    the own type, t the others' sum: W = (n T)^alpha T, T = s + t, where everybody gets the best
#    model; who reports r < s has V = s (s + (n-1) y)^alpha if y = r + t < s, else y (n y)^alpha;
#    staying out gives O = s (s + (n-1) t)^alpha where the others pool, else s (s + t)^alpha.

class Market:
    """A growth market; k^alpha for integers k, exact where alpha is 0 or -1."""
    def __init__(self, market, types=(0, 0), keys=("n#", "alpha", "outside*")):
        self.n, self.alpha, *outside = read(market, *keys)
        self.pooled, (self.lo, self.hi) = outside == ["pooled"], types
        need(outside in ([], ["pooled"], ["separate"]), "outside is pooled or separate")
        need(2 <= self.n <= 10**6 and -1 <= self.alpha <= 0, "n or alpha is out of range")
        need(0 <= self.lo <= self.hi, "the types are not in order")
        self.unit, self.low, self.high = ONE, None, None
        self.kept = self.n - 1 if self.pooled or not outside else 1  # how often t counts outside
    def tabulate(self, most, unit=1):
        """Make tables of k^alpha for k <= most: products over primes; exact ones in 1/lcm units."""
        work(4 * most)
        if self.alpha in {0, -1}:
            need(most <= 20_000, "too many types for fractions")
            work(most * most // 50)
            self.unit = math.lcm(unit, *(range(1, most + 1) if self.alpha else (1,)))
            powers = [self.unit // k if self.alpha else self.unit for k in range(1, most + 1)]
            self.low = self.high = [0, *powers]
            return
        factor = list(range(most + 1))
        for k in range(2, math.isqrt(most) + 1):
            if factor[k] == k:
                factor[k * k :: k] = [min(f, k) for f in factor[k * k :: k]]
        self.low, self.high = [0, ONE], [0, ONE]
        for k in range(2, most + 1):
            f = factor[k]
            x = power(k, self.alpha) if f == k else Interval(
                self.low[f] * self.low[k // f] >> BITS, up(self.high[f] * self.high[k // f]))
            self.low.append(x.lo)
            self.high.append(x.hi)
    def exact(self, k):  # k^alpha for one integer: a fraction for alpha 0 and -1, else an interval
        if k == 0 or self.alpha in {0, -1}:
            return Fraction(1, k if self.alpha else 1) if k else Fraction(0)
        return power(k, self.alpha)
    def __str__(self):
        rule = " (the others pool their data when one stays out)" if self.pooled else ""
        return f"the growth market of {self.n} agents with exponent {show(self.alpha)}{rule}"
    def refuted(self, profile, chains):
        """Return a negative upper bound of all payments at a profile: Lemma E.

        For alpha > -1 efficiency gives everybody the best model at every profile, so that p(c) <=
        W - O and p(s) <= p(r) + W(s) - V(r, s) for every individually rational, truthful payment;
        added along a rising chain of reports they bound each payment. For alpha = -1 that holds of
        the rule that gives everybody the best model. With "pooled" every off-path rule is refuted,
        as the value outside falls in the others' quality, which is at most the pooled one."""
        n, everything, most = self.n, sum(profile), Fraction(0)
        need(len(profile) == len(array(chains, "chains")) == n, "chains are not one per agent")
        work(200 * (n + sum(len(array(chain, "chain")) for chain in chains)))
        for t, reports in zip(profile, chains):
            chain, rest = array(reports, "chain", None, integer), everything - t
            need(chain and chain[-1] == t, "a chain does not end at its agent's type")
            need(self.lo <= chain[0] and t <= self.hi, "a chain leaves the types")
            need(all(a < b for a, b in pairwise(chain)), "a chain does not rise")
            first, full = chain[0], chain[0] + rest
            most = most + self.exact(n * full) * full - self.exact(first + self.kept * rest) * first
            for r, s in pairwise(chain):
                own, model, shown = s + rest, max(s, r + rest), r + rest
                lie = self.exact(model + (n - 1) * shown) * model
                most = most + self.exact(n * own) * own - lie
        most = most if isinstance(most, Fraction) else Fraction(most.hi, ONE)
        need(most < 0, "the payments of the profile might not be negative")
        return most

def check_market_none(record):
    """No individually rational, truthful, efficient mechanism without deficit: see `refuted`."""
    market, types, profile, chains = read(record, "market*", "types#[]", "profile#[]", "chains*")
    market = Market(market, types)
    most = market.refuted(profile, chains)
    rule = "that gives everybody the best model" if market.alpha == -1 else "that is efficient"
    return (f"In {market} on types {types[0]}..{types[1]} no individually rational, truthful rule "
            f"{rule} does without subsidy: at {listed(profile)} all payments together are at most "
            f"{show(most)} (chains of reports {str(chains)[:300]}).")

def check_market_payments(record):
    """The payments pay[t][s] * unit (own type s, the others' sum t) form a desirable mechanism.

    Everybody gets the best model (efficient). Checked: p <= W - O + eps; p(s) - p(r) <= W(s) -
    V(r, s) + eps for every r < s; no deficit at any multiset of types. With `maximal`: p is within
    it of the end of a path of tight rows (pred: the report before, null for staying out), above
    which no payment that is rational and truthful can be."""
    market, types, unit, eps, pay, near, pred = read(
        record, "market*", "types#[]", "unit", "eps", "pay*", "maximal?", "pred?*")
    market = Market(market, types)
    n, lo, hi, c = market.n, market.lo, market.hi, market.n - 1
    need(unit > 0 <= eps and (near or 0) >= 0, "unit, eps or maximal is out of range")
    need((near is None) == (pred is None), "maximal and pred belong together")
    size, sums = hi - lo + 1, c * (hi - lo) + 1
    work(sums * size * (4 + size // 20) + math.comb(min(size + n - 1, 10**5), min(n, 9)) * n)
    market.tabulate(n * n * hi, math.lcm(unit.denominator, eps.denominator))
    low, high, slack = market.low, market.high, int(eps * market.unit)
    pay = array(pay, "pay", sums, lambda row, what: array(row, what, size, integer))
    if pred is not None:
        pred = array(pred, "pred", sums, lambda row, what: array(row, what, size))
    top, bottom = (unit * market.unit).as_integer_ratio()
    for k in range(sums):
        t = c * lo + k
        floor, above = [p * top // bottom for p in pay[k]], [-(-p * top // bottom) for p in pay[k]]
        full = [(low[n * x] * x, high[n * x] * x) for x in range(lo + t, hi + t + 1)]
        same = [p - w + slack for p, (_, w) in zip(floor, full)]  # p(r) - y (n y)^alpha
        for j in range(size):
            s, out = lo + j, lo + j + market.kept * t
            room, first = above[j] - full[j][0], max(0, j - t)  # from report s - t on, y >= s
            need(room + high[out] * s <= slack, f"not rational: own {s}, others {t}")
            lies = [floor[i] - high[s + c * (lo + i + t)] * s + slack for i in range(first)]
            need(room <= min([room, *same[first:j], *lies]), f"not truthful: own {s}, others {t}")
        best = []
        for j, before in enumerate(pred[k] if pred else ()):
            s = lo + j
            if before is None:
                most = full[j][1] - low[s + market.kept * t] * s
            else:
                need(lo <= integer(before, "pred") < s, "a path does not come from a lower report")
                y = before + t
                lie = low[s + c * y] * s if y < s else low[n * y] * y
                most = best[before - lo] + full[j][1] - lie
            best.append(most)
            need(floor[j] >= most - int(near * market.unit), f"not maximal: own {s}, others {t}")
    for profile in combinations_with_replacement(range(size), n):
        everything = sum(profile)
        need(sum(pay[everything - j][j] for j in profile) >= 0, "a deficit at some profile")
    end = "" if near is None else f", each at most {show(near)} below the largest that is possible"
    return (f"In {market} and types {lo}..{hi} these {sums * size} payments in units of "
            f"{show(unit)} make a mechanism that is individually rational and truthful (up to "
            f"{show(eps)}), efficient and without deficit at every profile{end}.")

def check_every_disparity(record):
    """A desirable mechanism exists for every finite set of types.

    Lemma C (-1 < a < 0, c = n - 1): it does if psi(z) = (1+cz)^a + c n^a z^(1+a) <= n^(1+a) on [0,
    1]. Up to z_0: psi <= 1 + c n^a z_0^(1+a). From z_m on: psi(1) = n^(1+a) and psi' >= (1+a) c
    n^a - |a| c (1 + c z_m)^(a-1) > 0. Between: the first term is convex, at most its chord, the
    second concave, at most its tangent at the middle; both are linear, so that the ends of an
    interval decide."""
    market, breaks = read(record, "market*", "breaks[]")
    market = Market(market, keys=("n#", "alpha"))
    n, c, a = market.n, market.n - 1, market.alpha
    need(-1 < a < 0, "alpha is not between -1 and 0")
    need(breaks and all(x < y for x, y in pairwise([0, *breaks, 1])), "the breaks do not rise")
    scale, most = c * power(n, a), power(n, 1 + a)
    need(at_most(1 + scale * power(breaks[0], 1 + a), most), "psi might be too large near 0")
    rise = (1 + a) * scale + a * c * power(1 + c * breaks[-1], a - 1)
    need(rise.lo > 0, "psi might fall near 1")
    for left, right in pairwise(breaks):
        middle = (left + right) / 2
        for z in (left, right):
            tangent = scale * power(middle, a) * (middle + (1 + a) * (z - middle))
            need(at_most(power(1 + c * z, a) + tangent, most), "psi might be too large between")
    return (f"In {market} an individually rational, truthful, efficient mechanism without "
            "deficit exists for every finite set of types, whether or not others pool outside.")

def check_frontier(record):
    """A desirable mechanism exists on lo..D and none on lo..D+1, hence on no larger grid (Lemma M).

    Lemma D (n = 2, the other's type t): it exists on lo..D if for each t some H >= O is
    non-decreasing, H(s) >= H(r) + phi(s, y) - phi(y, y) for all y = r + t < s, phi(s, y) = s
    (s+y)^a, and H(s) <= (2T)^(1+a) - t (t+s)^a, T = s + t, for s > t. Column t = lo is checked on
    the integers. Lemma S, all t > lo at once, in units of t: steps H_k on (x_(k-1), x_k], x = N/M
    up to D/(lo+1), M a node, of width at most 1 (stated times M^(1+a)), with H_k >= O(x_k),
    non-decreasing, the rows with y = x_(j-1) + 1 < x_k, and the cap at x_(k-1) where x_k > 1. Each
    is the worst case of its cell: phi rises in s, falls in y."""
    market, types, unit, column, m, nodes, steps, profile, chains = read(
        record, "market*", "types#[]", "unit", "column#[]", "M#", "nodes#[]", "steps#[]",
        "none.profile#[]", "none.chains*")
    market = Market(market, types)
    lo, top = types
    need(market.n == 2 and -1 < market.alpha < 0 and lo >= 1 and unit > 0, "another kind of market")
    need((len(column), len(nodes)) == (top - lo + 1, len(steps) + 1), "lists of other lengths")
    need(nodes[0] == 0 and m in nodes and m <= 10**7, "0 or M is not a node")
    need(all(0 < y - x <= m for x, y in pairwise(nodes)), "the nodes are too far apart")
    need(nodes[-1] * (lo + 1) >= m * top, "the nodes do not reach D/(lo+1)")
    market.tabulate(max(2 * (nodes[-1] + m), 4 * top))
    covered(market, [(s, s) for s in range(lo, top + 1)], lo, [enclose(unit * h) for h in column])
    covered(market, list(pairwise(nodes)), m, [enclose(unit * h) for h in steps])
    market.hi = top + 1
    most = market.refuted(profile, chains)
    return (f"In {market} and integer types from {lo}, an individually rational, truthful, "
            f"efficient mechanism without deficit exists up to {top} and not beyond: on {lo}.."
            f"{top + 1} all payments at {listed(profile)} are together at most {show(most)}.")

def covered(market, cells, t, heights):
    """Check one column of Lemma D or S: cells (from, to], the other's type t, H of each cell.

    Lemma F. f(x) = H(r) + phi(x, y) - phi(y, y) is concave: below the line H(u) + g (x-u) <= H(x)
    on [u, s] if f(s) + (s-u) (g - phi(s+1, y) + phi(s, y))^+ is. Other rows go on to halves."""
    low, high = market.low, market.high
    need(all(y.lo >= x.lo and y.hi >= x.hi for x, y in pairwise(heights)), "H falls")
    rows = []
    for (start, s), h in zip(cells, heights):
        far = start + t
        need(high[s + t] * s <= h.lo, f"H is below the outside option at {s}")
        need(s <= t or h.hi <= low[2 * far] * 2 * far - high[far] * t, f"H is above its cap at {s}")
        rows.append((far, h.hi - low[2 * far] * far))  # (y, H(r) - phi(y, y))
    blocks = [(0, len(cells) - 1, rows)]
    while blocks:
        first, last, left = blocks.pop()
        u, s, bottom = cells[first][1], cells[last][1], heights[first].lo
        inside, span = range(first + 1, last + 1), s - u
        g = min([(heights[k].lo - bottom) // (cells[k][1] - u) for k in inside], default=0)
        work(len(left) // 2 + last - first + 1)
        left = [(y, c) for y, c in left if y < s and c + high[s + y] * s + span * max(
            0, g - low[s + y + 1] * (s + 1) + high[s + y] * s) > bottom + g * span]
        need(not left or first != last, f"a lie at {s} is not covered by H")
        middle = (first + last) // 2
        blocks += [(first, middle, left), (middle + 1, last, left)] if left else []

# 6. Which claim belongs to which instance: `data` of an envelope is the instance, without names,
#    sources and rules; what a claim says about the instance is rebuilt from it and compared.

def agents_of(instance):
    """Return one record of fractions per agent of a sharing instance."""
    given, agents = instance["agents"], []
    if isinstance(given, dict):  # by column: one entry for all, or one per agent
        count = int(number(given["count"]))
        columns = {key: column if isinstance(column, list) else [column] * count
                   for key, column in given.items() if key != "count"}
        need(all(len(column) == count for column in columns.values()), "a column of another length")
        given = [dict(zip(columns, row)) for row in zip(*columns.values())]
    for one in given:
        cost = one.get("cost")
        cost = {"family": "linear", "rate": cost} if isinstance(cost, (str, int)) else cost
        need(cost["family"] in {"linear", "quadratic"}, "costs are not linear or quadratic")
        record = {key: number(cost.get(key, 0)) for key in ("rate", "curvature", "fixed")}
        for key, default in (("value", 1), ("capacity", None), ("budget", None)):
            record[key] = None if one.get(key, default) is None else number(one.get(key, default))
        work(int(number(one.get("count", 1))))
        agents += [{**record, "group": one.get("group")}] * int(number(one.get("count", 1)))
    return agents

def same(true, stated, what):
    """Refuse a claim that says something else than the instance."""
    need(true == stated, f"{what} is not the instance's")

def accuracy_of(instance, name):
    """Return the parameters of the one accuracy family of an instance."""
    same(name, instance["accuracy"].get("family"), "the family of accuracies")
    return instance["accuracy"]

def bind_game(record, instance):
    """Every agent, weight, exponent and scale of the claim is the instance's."""
    data, agents, accuracy = record["data"], agents_of(instance), accuracy_of(instance, "power")
    more = [f"{key}?*" for key in data if f"{key}?*" not in GAME and f"{key}*" not in GAME
            and key not in {"n", "contributions"}]
    names, weights, groups = [one["group"] for one in agents], accuracy.get("weights"), None
    if table := accuracy.get("group_weights"):
        order = {name: k for k, name in enumerate(dict.fromkeys(names))}
        weights = [[table[a].get(b, 0) for b in order] for a in order]
        groups = [order[name] for name in names]
    elif weights is not None:
        weights = weights if isinstance(weights[0], list) else [weights] * len(agents)
        groups = list(range(len(agents)))
    parts = ("value", "rate", "curvature", "capacity")
    rebuilt = {key: [one[key] for one in agents] for key in parts} | {
        "n": len(agents), "weights": weights, "groups": groups,
        "contributions": data["contributions"], "mechanism": data["mechanism"],
        **{key: accuracy.get(key, 1) for key in ("exponent", "scale")}}
    stated, true = Game(data, *more, rules=ANY), Game(rebuilt, rules=ANY)
    need(all(one["budget"] is None for one in agents), "budgets are no part of this claim")
    same(number(instance.get("platform_data", 0)), stated.platform, "platform_data")
    if record["claim"] not in {"nash", "unique", "reciprocity"}:  # which do not speak of sunk costs
        same([one["fixed"] for one in agents], stated.fixed, "fixed")
    for key in ("n", *parts):
        same(getattr(true, key), getattr(stated, key), key)
    pairs = set(zip(stated.group, true.group))
    work(len(pairs) ** 2)
    for g, h in pairs:
        same((true.exponent[h], true.scale[h]), (stated.exponent[g], stated.scale[g]), "accuracy")
        if record["claim"] not in {"nash", "unique", "budget-balance", "target-rule"}:
            same(number(accuracy.get("ceiling", 1)), stated.ceiling[g], "ceiling")
        for k, j in pairs:
            same(true.weights[h][j], stated.weights[g][k], "a weight")

def bind_rates(record, instance):
    """Linear cost rates are the instance's, and all else that the claim speaks of is plain."""
    data, agents, claim = record["data"], agents_of(instance), record["claim"]
    same(number(instance.get("platform_data", 0)), 0, "platform_data: there is none, which")
    plain = all(not one["curvature"] and not one["fixed"] for one in agents)
    need(plain and all(one["capacity"] is None for one in agents), "capacities or costs that bend")
    same([one["rate"] for one in agents], numbers(data["rate"], "rate"), "rate")
    if claim == "value-shaping":
        bind_curve(data["curve"], instance)
        same({(1, None)}, {(one["value"], one["budget"]) for one in agents}, "value")
        return
    accuracy = accuracy_of(instance, "power")
    need({number(accuracy.get(key, 1)) for key in ("exponent", "scale", "ceiling")} == {1}
         and not {"weights", "group_weights"} & accuracy.keys(), "the accuracy is not 1 - 1/(1+S)")
    if claim == "welfare-optimality":
        for key in ("budget", "value"):
            same([one[key] for one in agents], numbers(data[key], key), key)
        same({1}, {*numbers(data["money"], "money"), number(data["money_exponent"])}, "money")

def bind_curve(stated, instance):
    """The curve is the instance's, defaults filled in."""
    for key in ("ceiling", "complexity"):
        same(number(accuracy_of(instance, "pac").get(key, 1)), number(stated[key]), key)

def bind_contract(record, instance):
    """One agent with two possible cost rates beside the platform's data."""
    (agent,), data = instance["agents"], record["data"]
    for key in ("low", "high", "probability_low"):
        same(number(agent["prior"][key]), number(data[key]), key)
    same({1}, {number(agent.get(key, 1)) for key in ("count", "value")}, "count or value")
    need(agent.get("capacity") is None and agent.get("budget") is None, "a limit of the agent")
    same(number(instance.get("platform_data", 0)), number(data["others"]), "others")
    bind_curve(data["curve"], instance)

def bind_union(record, instance):
    """Agents alike whose accuracy is a union of what their neighbours find."""
    data, agents, accuracy = record["data"], agents_of(instance), accuracy_of(instance, "union")
    points = [numbers(point, "curve", 2) for point in accuracy["curve"]["points"]]
    (end,) = {one["capacity"] for one in agents}
    points += [[end, points[-1][1]]] if end > points[-1][0] else []
    same(end, points[-1][0], "capacity")
    same(points, [numbers(point, "curve", 2) for point in data["curve"]], "curve")
    keys = ("rate", "curvature", "fixed", "value", "budget")
    facts = {tuple(one[key] for key in keys) for one in agents}
    same(facts, {(number(data["rate"]), 0, 0, 1, None)}, "a cost or value")
    same(number(instance.get("platform_data", 0)), 0, "platform_data")
    near = [sorted(int(number(j)) for j in row) for row in accuracy["neighbours"]]
    same(near, [sorted(row) for row in data["neighbours"]], "neighbours")

def bind_market(record, instance):
    """A growth market on the same integers for everybody, identity quality."""
    market, valuation = record["market"], instance["valuation"]
    name, scale = valuation["family"], number(valuation.get("scale", 1))
    need(scale > 0, "the scale of the valuation")
    alpha = number({"growth": valuation.get("exponent"), "share": -1}[name])
    same(alpha, number(market["alpha"]), "alpha")
    same(len(instance["agents"]), market["n"], "n")
    same("identity", instance.get("quality", {}).get("family", "identity"), "the quality")
    if "outside" in market:
        same(instance.get("outside", "pooled"), market["outside"], "outside")
    need(record["claim"] in {"none", "payments", "every-D"}, "a claim about no instance")
    for grid in instance["types"] if "types" in record else ():
        lo, hi = record["types"]
        if isinstance(grid, dict):
            ends, step = [number(grid["from"]), number(grid["to"])], number(grid["step"])
            need(ends == [lo, hi] and (step == 1 or lo == hi), "types are not the instance's")
        else:
            same(list(range(lo, hi + 1)), numbers(grid, "types"), "types")
    return "" if scale == 1 else f" Money is counted in units of the valuation's scale, {scale}."

CLAIMS = {name: (check, bind) for bind, checks in (
    (bind_game, {"nash": check_nash, "unique": check_unique, "budget-balance": check_balance,
                 "individual-rationality": check_rationality,
                 "individual-rationality-alone": partial(check_rationality, alone=True),
                 "reciprocity": check_reciprocity, "target-rule": check_target_rule,
                 "no-target": check_no_target}),
    (bind_rates, {"kkt-failure": check_kkt_failure, "welfare-optimality": check_welfare,
                  "value-shaping": check_value_shaping}),
    (bind_union, {"no-equilibrium": check_no_equilibrium}),
    (bind_contract, {"private-contract": check_private_contract}),
    (bind_market, {"market-proof 1 none": check_market_none,
                   "market-proof 1 payments": check_market_payments,
                   "market-proof 1 every-D": check_every_disparity,
                   "market-proof 1 frontier": check_frontier}),
) for name, check in checks.items()}

# 7. The command.
def judged(record, instance=None):
    """Return the accepted statement of one claim, bound to an instance where there is one."""
    need(isinstance(record, dict), "the proof is not an object")
    name = " ".join(str(record[key])[:40] for key in ("format", "claim") if key in record)
    need(name in CLAIMS, f"an unknown claim {name!r}")
    check, bind = CLAIMS[name]
    try:
        statement = check({key: record[key] for key in record if key not in {"format", "claim"}})
        if instance is not None:
            statement += bind(record, instance) or ""
    except (LookupError, ValueError, TypeError, AttributeError, ArithmeticError, RuntimeError) as e:
        raise Refused(f"malformed, or not of the instance's form: {str(e)[:120]!r}") from None
    return statement

def entries_of(record, text):
    """Return the instance's data, what to print about it, and the entries of a file."""
    if not isinstance(record, dict) or record.get("format") != "mdsolve-proof/1":
        return None, "bound to no instance", [record]
    _, name, _, data, stated, proofs = read(
        record, "format*", "instance.name*", "instance.file_sha256*", "instance.data*",
        "instance.data_sha256*", "proofs*")
    plain = json.dumps(json.loads(text)["instance"]["data"], sort_keys=True, separators=(",", ":"))
    found = hashlib.sha256(plain.encode()).hexdigest()
    need(found == stated, "data_sha256 is not the hash of the data")
    need(isinstance(data, dict) and array(proofs, "proofs"), "no data or no proofs")
    return data, f"bound to the instance {str(name)[:80]!r}, data_sha256 {stated}", proofs

def check_file(path):
    """Print the verdict on every entry of a file; tell whether all are accepted."""
    STEPS[0] = 0
    need(path.stat().st_size <= MOST_BYTES, "the file is too large")
    text = path.read_text(encoding="utf-8")
    instance, about, entries = entries_of(parse(text), text)
    print(f"{path}: {about}")
    good = True
    for place, entry in enumerate(entries, 1):
        try:
            statement, verdict = judged(entry, instance), "ACCEPTED"
        except Refused as error:
            statement, verdict, good = f"{error}.", "REFUSED", False
        claim = str(entry.get("claim") if isinstance(entry, dict) else None)[:40]
        print(f"  {place}. {claim}: {verdict}\n     {statement}")
    return good

def main(names):
    """Check every file named; see the exit codes at the top."""
    if not names or any(name.startswith("-") for name in names):
        print(__doc__)
        return 2
    good = True
    for name in names:
        try:
            good = check_file(Path(name)) and good
        except (OSError, UnicodeDecodeError) as error:
            print(f"unreadable: {error}", file=sys.stderr)
            return 2
        except (Refused, ValueError) as error:
            print(f"{name}: REFUSED\n     {error}")
            good = False
    print("ACCEPTED" if good else "REFUSED")
    return 0 if good else 1

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
