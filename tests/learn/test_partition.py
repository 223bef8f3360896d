"""Partitions: disjoint, seeded, with the promised proportions; hopeless ones are named."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.ndimage
from hypothesis import given
from hypothesis import strategies as st

from mdsolve.errors import InstanceError
from mdsolve.learn.data import load_split
from mdsolve.learn.partition import dirichlet, even, group_angles, label_ratio, partition, turned
from mdsolve.learn.rotation import rotated
from tests.learn.runs import instance

LABELS = np.repeat(np.arange(4), [40, 30, 50, 20])


def parts_of(made):
    return partition(made, load_split(made).train)


def refusal(made) -> str:
    with pytest.raises(InstanceError) as caught:
        parts_of(made)
    return str(caught.value)


@given(agents=st.integers(1, 9), alpha=st.floats(0.05, 50), seed=st.integers(0, 99))
def test_every_example_goes_to_one_agent(agents, alpha, seed):
    random = np.random.default_rng(seed)
    for parts in (even(len(LABELS), agents, random), dirichlet(LABELS, agents, alpha, random)):
        assert len(parts) == agents
        np.testing.assert_array_equal(np.sort(np.concatenate(parts)), np.arange(len(LABELS)))
    sizes = [len(part) for part in even(len(LABELS), agents, random)]
    assert max(sizes) - min(sizes) <= 1


@given(agents=st.integers(1, 9), ratio=st.floats(0.3, 0.9), seed=st.integers(0, 99))
def test_label_ratios_are_met_without_sharing_examples(agents, ratio, seed):
    parts = label_ratio(LABELS, agents, ratio, np.random.default_rng(seed))
    chosen = np.concatenate(parts)
    assert len(np.unique(chosen)) == len(chosen)
    assert len({len(part) for part in parts}) == 1
    for agent, part in enumerate(parts):
        counts = np.bincount(LABELS[part], minlength=4)
        assert abs(counts[agent % 4] - ratio * counts.sum()) <= 4
        others = np.delete(counts, agent % 4)
        assert others.max() - others.min() <= 1


def test_two_classes_at_seventy_percent_are_the_split_of_the_paper():
    made = instance(
        data={"source": "synthetic-quadratic"},
        partition={"scheme": "label-ratio"},
        agents={"cost": [1, 1]},
    )
    train = load_split(made).train
    shares = [float(train.labels[rows].mean()) for rows in parts_of(made)]
    assert shares == pytest.approx([0.3, 0.7], abs=0.002)


def test_small_concentrations_make_agents_differ():
    def spread(alpha):
        parts = dirichlet(np.arange(4000) % 4, 5, alpha, np.random.default_rng(0))
        return np.std([np.bincount(np.arange(4000)[p] % 4, minlength=4) for p in parts])

    assert spread(0.3) > 3 * spread(100)


def test_the_seed_decides():
    made = instance(partition={"scheme": "dirichlet", "alpha": 1})
    first, again = parts_of(made), parts_of(made)
    other = parts_of(made.model_copy(update={"seed": 3}))
    assert all(map(np.array_equal, first, again))
    assert not all(map(np.array_equal, first, other))


def write_owned(folder, names):
    rows = [f"{k},{k % 2},{name}" for k, name in enumerate(names)]
    (folder / "t.csv").write_text("\n".join(["x,label,agent", *rows]))


def test_files_say_who_owns_what_by_name(tmp_path):
    write_owned(tmp_path, ["north"] * 20 + ["south"] * 40)
    made = instance(
        tmp_path,
        data={"source": "csv:t.csv", "holdout": 0.1},
        partition={"scheme": "by-file"},
        agents={"cost": [1, 1], "names": ["south", "north"]},
    )
    train = load_split(made).train
    south, north = parts_of(made)
    assert (len(south), len(north)) == (np.sum(train.owners == 1), np.sum(train.owners == 0))
    assert len(south) > len(north)
    unnamed = instance(
        tmp_path,
        data={"source": "csv:t.csv", "holdout": 0.1},
        partition={"scheme": "by-file"},
        agents={"cost": [1, 1]},
    )
    assert len(parts_of(unnamed)[0]) == len(north)


def test_files_with_other_agents_are_refused(tmp_path):
    write_owned(tmp_path, ["north"] * 20 + ["south"] * 40)
    keys = {"data": {"source": "csv:t.csv"}, "partition": {"scheme": "by-file"}}
    assert "agents north, south in the file" in refusal(instance(tmp_path, **keys))
    wrong = {"cost": [1, 1], "names": ["south", "west"]}
    assert "south, west" in refusal(instance(tmp_path, agents=wrong, **keys))
    assert "csv or npz with agent" in refusal(instance(partition={"scheme": "by-file"}))


def test_agents_with_nothing_or_one_class_are_named():
    many = {"cost": [1] * 60}
    words = refusal(instance(partition={"scheme": "dirichlet", "alpha": 0.002}, agents=many))
    assert "agent-1 holds no examples" in words or "holds the single class" in words
    two = {"cost": [1] * 2, "names": ["a", "b"]}
    extreme = {"scheme": "dirichlet", "alpha": 1e-9}
    tumours = {"source": "breast_cancer"}
    found = {
        refusal(instance(data=tumours, partition=extreme, agents=two, seed=seed))
        for seed in range(6)
    }
    assert any("a holds the single class 'malignant'" in words for words in found)
    assert any("holds no examples" in words for words in found)
    rare = {"scheme": "label-ratio", "ratio": 0.999}
    words = refusal(instance(partition=rare))
    assert "agent-1 holds the single class '0'" in words
    assert "a ratio nearer to an even share" in words
    crowd = {"cost": [1] * 1400}
    assert "holds" in refusal(instance(agents=crowd))


def test_groups_see_their_own_angle():
    made = instance(
        partition={"scheme": "rotate", "angles": [10, 180], "agents_per_group": 2},
        agents={"cost": [1] * 4},
    )
    assert group_angles(made) == [10, 10, 180, 180]
    train = load_split(made).train
    upside_down = turned(made, train, 180)
    np.testing.assert_array_equal(upside_down, train.inputs[:, :, ::-1, ::-1])


def test_tables_cannot_be_turned():
    made = instance(
        data={"source": "breast_cancer"},
        partition={"scheme": "rotate", "angles": [10, 90, 180]},
    )
    with pytest.raises(InstanceError, match="rotate with breast_cancer"):
        turned(made, load_split(made).train, 90.0)


@pytest.mark.parametrize("angle", [10, 37.5, -20, 200])
def test_rotation_agrees_with_bilinear_interpolation_of_scipy(angle):
    random = np.random.default_rng(0)
    smooth = scipy.ndimage.gaussian_filter(random.random((3, 1, 12, 12)), (0, 0, 1, 1))
    images = smooth.astype(np.float32)
    known = scipy.ndimage.rotate(images, angle, axes=(2, 3), reshape=False, order=1)
    # at the border scipy cuts off where this interpolates towards zero
    found = rotated(images, angle)
    np.testing.assert_allclose(found[:, :, 3:-3, 3:-3], known[:, :, 3:-3, 3:-3], atol=1e-5)


def test_rotation_of_an_oblong_image_keeps_angles():
    image = np.zeros((1, 1, 9, 15), dtype=np.float32)
    image[0, 0, 4, 7:12] = 1  # a bar from the centre to the right
    turned_up = rotated(image, 60)
    known = scipy.ndimage.rotate(image, 60, axes=(2, 3), reshape=False, order=1)
    np.testing.assert_allclose(turned_up[0, 0, 1:-1, 2:-2], known[0, 0, 1:-1, 2:-2], atol=1e-5)


@pytest.mark.parametrize("angle", [0, 90, 180, 270, 360, -90])
def test_right_angles_are_exact(angle):
    images = np.random.default_rng(1).random((2, 1, 5, 5)).astype(np.float32)
    np.testing.assert_array_equal(
        rotated(images, angle), np.rot90(images, angle // 90, axes=(2, 3))
    )
