"""Make the cases that stand on real learning curves anew.

Run from the root of the project: python scripts/make_real_cases.py CURVES.csv.gz
The file is the aggregated Learning Curve Database (Mohr and others, ECML PKDD 2022; MIT licence).
Each case takes one of its curves, writes it to instances/cases/curves/, fits it, and lets a few
institutions hold parts of the data set. The cost of a sample is what a label costs the institution,
and the time that training took per sample at the largest amount measured, at `SECOND` euros.
"""

from __future__ import annotations

import csv
import gzip
import sys
from dataclasses import dataclass
from pathlib import Path

import yaml

from mdsolve.study.fit import fit_curves

CASES = Path(__file__).parents[1] / "instances" / "cases"
SECOND = 0.001
FOUND = {"power": "parameters", "curve": "curve"}


@dataclass(frozen=True)
class RealCase:
    """A case: the curve it stands on, its institutions, and its story.

    Parameters
    ----------
    agents : tuple of (name, samples held, euros per label, euros a year per unit of accuracy)
    """

    name: str
    data_set: str
    learner: str
    title: str
    story: str
    agents: tuple[tuple[str, int, float, int], ...]
    share: float
    limit: int


REAL_CASES = (
    RealCase(
        "bank-calls",
        "bank-marketing",
        "GradientBoostingClassifier",
        "Three banks learn together whom to call",
        "Three banks want to know which customers will take a deposit before calling them. Each\n"
        "call that was made is a sample; its outcome must be looked up by hand.",
        (
            ("savings", 12000, 0.9, 400000),
            ("city", 5000, 1.2, 300000),
            ("rural", 2000, 0.7, 120000),
        ),
        0.3,
        5000,
    ),
    RealCase(
        "mail-filters",
        "spambase",
        "RandomForestClassifier",
        "Four mail providers share what spam looks like",
        "Four mail providers filter spam. A sample is a letter that somebody read and judged.",
        (
            ("campus", 1200, 0.2, 30000),
            ("regional", 900, 0.3, 45000),
            ("lawyers", 400, 0.6, 60000),
            ("startup", 300, 0.25, 15000),
        ),
        0.4,
        1000,
    ),
    RealCase(
        "phishing-watch",
        "PhishingWebsites",
        "RandomForestClassifier",
        "Three watchers learn together which sites are fakes",
        "A browser, a bank and a registry watch for fake web sites. A sample is a site that an\n"
        "analyst looked at.",
        (
            ("browser", 4000, 0.8, 250000),
            ("bank", 2500, 1.5, 400000),
            ("registry", 1500, 0.5, 90000),
        ),
        0.4,
        5000,
    ),
    RealCase(
        "plant-records",
        "sylva_prior",
        "LogisticRegression",
        "Four forest offices map one kind of tree together",
        "Four forest offices want to know where a kind of pine grows, from maps. A sample is a\n"
        "plot that a ranger walked to.",
        (
            ("north", 3000, 2.0, 300000),
            ("valley", 2500, 1.5, 200000),
            ("coast", 1500, 2.5, 250000),
            ("islands", 600, 4.0, 150000),
        ),
        0.3,
        8000,
    ),
)

NOTICE = """The curves in this folder are parts of the Learning Curve Database (LCDB 0.1.0),
aggregated: F. Mohr, T. J. Viering, M. Loog, J. N. van Rijn, "LCDB 1.0: An extensive learning
curves database for classification tasks", ECML PKDD 2022. Licence of the data:

"""


def measured(file: Path) -> dict[tuple[str, str], list[dict[str, str]]]:
    """Return the lines of each curve of the file, by data set and learner."""
    found: dict[tuple[str, str], list[dict[str, str]]] = {}
    with gzip.open(file, "rt") as stream:
        for line in csv.DictReader(stream):
            found.setdefault((line["data_set"], line["learner"]), []).append(line)
    return found


def make(case: RealCase, lines: list[dict[str, str]]) -> None:
    """Write the curve and the case."""
    lines = sorted(lines, key=lambda line: float(line["samples"]))
    table = CASES / "curves" / f"{case.name}.csv"
    rows = ["group,samples,accuracy,cost"]
    second = float(lines[-1]["seconds"]) / float(lines[-1]["samples"])
    training = float(f"{second * SECOND:.3g}")
    rows += [f"everybody,{line['samples']},{line['accuracy']},{training}" for line in lines]
    table.write_text("\n".join(rows) + "\n")
    fitted = fit_curves(table).data
    worst, family = fitted["fit"]["max_residual"], fitted["accuracy"].get("family", "curve")
    accuracy = yaml.safe_dump(
        {"accuracy": fitted["accuracy"]}, sort_keys=False, default_flow_style=None
    )
    text = [
        *(f"# {part}" for part in case.story.splitlines()),
        "#",
        f"# The curve is real: {case.learner} on the OpenML data set {case.data_set},",
        f"# as measured in the Learning Curve Database at {len(lines)} amounts of data",
        f"# (curves/{case.name}.csv; MIT licence, curves/LICENSE). Institutions, labels and values",
        "# are a story.",
        f"#   mdsolve fit curves/{case.name}.csv",
        f"# finds the {FOUND[family]} below; no measured accuracy is farther off than",
        f"# {worst:.4f}. A cost is the price of a label and {training:g} euros for training",
        f"# ({second:.2g} seconds measured).",
        "#",
        "# Units: contributions are samples, money is euros, accuracy is the share of right",
        "# answers.",
        "format: mdsolve/1",
        "kind: sharing",
        f"name: {case.name}",
        f"title: {case.title}",
        f"source: Fitted to {case.data_set} with {case.learner}, Learning Curve Database (2022)",
        "agents:",
        *(
            f"  - {{name: {name}, cost: {label + training:.6g}, capacity: {held}, value: {value}, "
            "group: everybody}"
            for name, held, label, value in case.agents
        ),
        *accuracy.splitlines(),
        "mechanism: target",
        "design:",
        "  maximize: welfare",
        f"  require: {{least-share: {case.share:g}, payment-limit: {case.limit}}}",
    ]
    (CASES / f"{case.name}.yaml").write_text("\n".join(text) + "\n")


def main() -> None:
    """Write every case, and the licence of the data."""
    found = measured(Path(sys.argv[1]))
    (CASES / "curves").mkdir(exist_ok=True)
    readme = Path(sys.argv[1]).with_name("README.md").read_text()
    notice = readme[readme.index("MIT License.") :].strip()
    (CASES / "curves" / "LICENSE").write_text(NOTICE + notice + "\n")
    for case in REAL_CASES:
        make(case, found[case.data_set, case.learner])


if __name__ == "__main__":
    main()
