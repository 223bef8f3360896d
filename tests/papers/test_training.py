"""Reproductions with federated training, in miniature: numbers by a second run, scale, pictures."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

from mdsolve.reproduce import doshi2025_protocols as protocols
from mdsolve.reproduce import murhekar2023_welfare as table2
from mdsolve.reproduce.record import BUNDLED, ITEMS
from mdsolve.reproduce.shown import write_reproduction
from mdsolve.reproduce.training_runs import DIGITS_EXAMPLES, Setting, setting_on
from tests.learn.runs import instance, run, write_mnist


@pytest.fixture(scope="module")
def small():
    """Return the reproduction of [D25] Figure 1 with few draws, agents and rounds."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(protocols, "DRAWS", 1)
        patch.setattr(protocols, "AGENTS", (2, 10))
        patch.setattr(protocols, "BETAS", (0.0, 2.0))
        return ITEMS["doshi2025/protocols"].recompute(3)


def test_statements_about_welfare_hold_in_miniature(small):
    verdicts = [row.agrees for row in small.rows]
    assert verdicts[:3] == [True, True, True]
    assert verdicts[4] is True
    assert verdicts[5:] == [None, None, None]
    rising = small.series["welfare by beta"]["2p-upbred"]
    assert rising[1] > rising[0]
    assert small.series["share by beta"][1] == 1
    assert rising[1] == small.series["welfare by agents"]["fedavg"][1]


def test_welfare_by_running_the_protocol_without_the_study(small):
    costs, starts = protocols.draws(2, 3)
    start = np.floor(DIGITS_EXAMPLES / 2 / 3 * (1 + starts)).tolist()
    keys = {"name": "upbred", "unit": "samples", "start": start, "rounds": protocols.ROUNDS}
    made = instance(
        agents={"cost": costs.tolist(), "value": [protocols.VALUE] * 2},
        protocol={**keys, "payoff": "loss", "step_size": 20, "difference": 8},
        seed=3,
    )
    known = (math.log(10) - run(made).history.last.losses).sum()
    assert small.series["welfare by agents"]["upbred"][0] == pytest.approx(known)


def test_pictures_and_numbers_are_written(small, tmp_path):
    numbers, image = write_reproduction(small, tmp_path)
    assert json.loads(numbers.read_text())["rows"] == small.to_dict()["rows"]
    assert image.read_bytes()[:4] == b"\x89PNG"


def test_printed_means_need_twelve_agents():
    table = [ITEMS["murhekar2023/table2"].printed[method] for method in table2.METHODS]
    assert [table2.fewest_agents(printed) for printed in table] == [12, 11, 12]
    for printed in table:
        sums = np.array([float(text) for text in printed])

        def normalised(n, sums=sums):
            return sums * n ** (-1 / np.array(table2.EXPONENTS))

        least = table2.fewest_agents(printed)
        assert (np.diff(normalised(least)) >= 0).all()
        assert (np.diff(normalised(least - 1)) < 0).any()


def test_the_table_in_miniature(monkeypatch, tmp_path):
    monkeypatch.setattr(table2, "PARTITIONS", 1)
    monkeypatch.setattr(table2, "COSTS", (0.001, 0.004))
    found = ITEMS["murhekar2023/table2"].recompute()
    assert [row.agrees for row in found.rows[1:6]] == [True] * 5
    assert found.rows[7].agrees is False  # dear data: FedBR above FedBR-BG
    made = instance(
        agents={"cost": [0.001] * 12},
        protocol={"name": "fedbr-bg", "unit": "samples", **table2.COMMON, **table2.MOVES},
    )
    utilities = run(made).history.last.utilities
    assert found.series["means"]["fedbr-bg"][-1] == pytest.approx(utilities.mean())
    assert found.series["means"]["fedbr-bg"][0] == pytest.approx((utilities**0.2).mean() ** 5)
    numbers, picture = write_reproduction(found, tmp_path)
    assert json.loads(numbers.read_text())["rows"] == found.to_dict()["rows"]
    assert picture.suffix == ".png"


def test_other_data_keep_the_proportions(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_mnist(tmp_path / "d")
    setting = setting_on("mnist:d", {"rounds": 1})
    assert setting.examples == 60
    agents = {"cost": [0.5, 1.0], "capacity": [300, 600]}
    keys = {"name": "2p-upbred", "beta": 2, "step_size": 20, "difference": 8, "start": [10, 20]}
    there, here = (
        setting.instance(agents, keys, 0),
        setting_on(BUNDLED, {}).instance(agents, {**keys, "rounds": 1}, 0),
    )
    scale = 60 / DIGITS_EXAMPLES
    for old, new in zip(here.agents.cost, there.agents.cost, strict=True):
        assert float(new) == pytest.approx(float(old) / scale)
    assert float(there.protocol.beta) == pytest.approx(2 / scale)
    assert float(there.protocol.step_size) == pytest.approx(20 * scale**2)
    assert float(there.protocol.difference) == pytest.approx(8 * scale)
    assert [float(s) for s in there.protocol.start] == pytest.approx([10 * scale, 20 * scale])
    assert [float(c) for c in there.agents.capacity] == pytest.approx([300 * scale, 600 * scale])
    # Money per whole holding, and the move per whole holding, are those of the digits.
    assert isinstance(setting, Setting)
    solution = setting.run(agents, {**keys, "negotiation_rounds": 3}, 0)
    assert solution.certificate.verdict == "pass"
