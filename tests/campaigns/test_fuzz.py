"""A few files of the campaign; `scripts/fuzz_campaign.py` reads as many as are wanted."""

from __future__ import annotations

from tests.campaigns.fuzz import bent, campaign, readers


def test_files_that_are_nearly_right_are_read_or_explained(tmp_path):
    assert campaign(tmp_path, trials=60, seed=7) == []


def test_every_reader_takes_its_own_samples(tmp_path):
    for reader in readers(tmp_path).values():
        for sample in reader.samples:
            path = tmp_path / reader.name
            path.write_bytes(sample)
            reader.read(path)


def test_slips_change_files():
    import random

    draw = random.Random(1)
    content = b"a file of some length, with words in it"
    assert len({bent(content, draw) for _ in range(100)}) > 90
