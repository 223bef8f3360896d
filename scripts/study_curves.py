"""Fit real learning curves up to a quarter of their data, and predict the largest amount.

Run from the root of the project: python scripts/study_curves.py CURVES.csv.gz [-o FILE]
The file has the columns openml_id, learner, samples and accuracy, a line per curve and amount of
data, such as the aggregated Learning Curve Database (Mohr and others, ECML PKDD 2022). Each curve
is fitted as a user would, from a CSV file, with warnings of libraries as errors. Rivals are the
power law of four parameters by least squares, and the last value carried forward.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import tempfile
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, fields
from pathlib import Path

import numpy as np

from mdsolve.errors import UnsupportedError
from mdsolve.game.build_sharing import sharing_game
from mdsolve.study.fit import fit_curves

RATIO = 4
LEAST_SIZES = 6
STARTS = (0.3, 1.0)


@dataclass(frozen=True)
class Outcome:
    """What became of one curve.

    Parameters
    ----------
    half : int
        0 for the half of the curves on which constants of the fit were chosen.
    ours, power_law, last : float
        Predictions of the largest amount's `measured` accuracy; nan where there is none.
    problem : str
        Why there is no fit: a refusal in words, or an exception.
    """

    curve: str
    half: int
    sizes: int
    measured: float
    last: float
    power_law: float
    ours: float = np.nan
    low: float = np.nan
    high: float = np.nan
    family: str = ""
    best_held_out: str = ""
    warned: int = 0
    seconds: float = np.nan
    problem: str = ""


def curves(path: Path) -> dict[str, np.ndarray]:
    """Return (samples, accuracy) of each curve, shape (K, 2), samples rising."""
    found: dict[str, list[tuple[float, float]]] = {}
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as stream:
        for line in csv.DictReader(stream):
            name = f"{line['openml_id']}/{line['learner']}"
            found.setdefault(name, []).append((float(line["samples"]), float(line["accuracy"])))
    return {name: np.array(sorted(points)) for name, points in found.items()}


def power_law(samples: np.ndarray, accuracies: np.ndarray, target: float) -> float:
    """Return the prediction of a - b (m + d)^-c by plain least squares from several starts."""
    from scipy.optimize import OptimizeWarning, curve_fit

    def law(m: np.ndarray, a: float, b: float, c: float, d: float) -> np.ndarray:
        return a - b * (m + d) ** -c

    best = (np.inf, np.nan)
    rise = max(float(accuracies.max() - accuracies[0]), 0.01)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", (RuntimeWarning, OptimizeWarning))
        for exponent in STARTS:
            start = (accuracies.max(), rise * samples[0] ** exponent, exponent, 0.0)
            try:
                found, _ = curve_fit(law, samples, accuracies, start, maxfev=5000)
            except RuntimeError:
                continue
            left = float(((law(samples, *found) - accuracies) ** 2).sum())
            if left < best[0]:
                best = (left, float(law(np.array(target), *found)))
    return best[1]


def study(task: tuple[int, str, np.ndarray]) -> Outcome:
    """Return the outcome of one curve."""
    number, name, points = task
    keep = points[:, 0] <= points[-1, 0] / RATIO
    known = points[keep] if keep.sum() >= LEAST_SIZES else points[:LEAST_SIZES]
    target, measured = points[-1]
    rival = power_law(known[:, 0], known[:, 1], target)
    plain = Outcome(name, number % 2, len(known), measured, known[-1, 1], rival)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "curve.csv"
        lines = [f"a,{m:g},{accuracy!r}" for m, accuracy in known.tolist()]
        path.write_text("\n".join(["agent,samples,accuracy", *lines]))
        start = time.process_time()
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                fitted = fit_curves(path, costs=0.001, predict=(target,))
        except UnsupportedError as error:
            return _with(plain, problem=error.findings[0].got)
        except Exception as error:  # noqa: BLE001 - a crash is what the study counts
            return _with(plain, problem=f"crash: {error!r}")
    seconds = time.process_time() - start
    game = sharing_game(fitted.instance)
    found = fitted.assessment
    (prediction,) = found.predictions
    return _with(
        plain,
        ours=float(game.accuracies(np.array([target]))[0]),
        low=prediction.low,
        high=prediction.high,
        family=found.fit.family,
        best_held_out=min(found.comparison, key=lambda key: found.comparison[key].error),
        warned=len(found.warnings()),
        seconds=seconds,
    )


def _with(outcome: Outcome, **changes: object) -> Outcome:
    return Outcome(**{**asdict(outcome), **changes})


def report(outcomes: list[Outcome]) -> Iterator[str]:
    """Yield the lines of the summary."""
    done = [o for o in outcomes if not o.problem]
    refusals = Counter(o.problem for o in outcomes if o.problem)
    yield f"{len(outcomes)} curves, {len(outcomes) - len(done)} refused or crashed:"
    yield from (f"  {count} {words}" for words, count in refusals.most_common())
    for title, group in (
        ("all", done),
        ("chosen on", [o for o in done if o.half == 0]),
        ("set aside", [o for o in done if o.half == 1]),
    ):
        inside = np.mean([o.low <= o.measured <= o.high for o in group])
        width = np.median([o.high - o.low for o in group])
        yield f"{title}: {len(group)} curves, bands cover {inside:.3f}, median width {width:.4f}"
        for key in ("ours", "power_law", "last"):
            misses = np.array([abs(getattr(o, key) - o.measured) for o in group])
            good = misses[np.isfinite(misses)]
            failed = len(misses) - len(good)
            yield f"  {key}: mean {good.mean():.4f}, median {np.median(good):.4f}, {failed} failed"
        fair = [o for o in group if np.isfinite(o.power_law)]
        ours = [abs(o.ours - o.measured) for o in fair]
        yield (
            f"  ours where the power law was found: mean {np.mean(ours):.4f}, "
            f"median {np.median(ours):.4f}"
        )
    yield f"family used: {dict(Counter(o.family for o in done))}"
    yield f"least error held out: {dict(Counter(o.best_held_out for o in done))}"
    seconds = np.array([o.seconds for o in done])
    yield f"CPU seconds a fit: median {np.median(seconds):.3f}, largest {seconds.max():.3f}"


def draw(outcomes: list[Outcome], target: Path) -> None:
    """Draw which share of the curves is predicted within which error, by each of the three."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(6, 3.6), layout="constrained")
    names = {"ours": "mdsolve fit", "power_law": "power law, least squares", "last": "last value"}
    done = [o for o in outcomes if not o.problem]
    for key, label in names.items():
        errors = np.array([abs(getattr(o, key) - o.measured) for o in done])
        errors = np.sort(np.where(np.isfinite(errors), errors, np.inf))
        axes.step(errors, np.arange(1, len(errors) + 1) / len(errors), label=label, where="post")
    axes.set(xlim=(0, 0.1), ylim=(0, 1), xlabel="error at the largest amount, in accuracy")
    axes.set_ylabel("share of curves")
    axes.legend(frameon=False, loc="lower right")
    figure.savefig(target, dpi=120)


def main() -> None:
    """Study the curves of a file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("--every", type=int, default=1, help="study every N-th curve")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("-o", "--output", type=Path, help="write a line per curve here (CSV)")
    parser.add_argument("--picture", type=Path, help="draw the errors here (PNG)")
    given = parser.parse_args()
    tasks = [(k, name, points) for k, (name, points) in enumerate(curves(given.file).items())]
    with ProcessPoolExecutor(given.jobs) as pool:
        outcomes = list(pool.map(study, tasks[:: given.every], chunksize=8))
    print("\n".join(report(outcomes)))
    if given.picture is not None:
        draw(outcomes, given.picture)
    if given.output is not None:
        with given.output.open("w", newline="") as stream:
            writer = csv.writer(stream)
            names = [field.name for field in fields(Outcome)]
            writer.writerow(names)
            writer.writerows([getattr(o, name) for name in names] for o in outcomes)


if __name__ == "__main__":
    main()
