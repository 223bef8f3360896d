"""Rules that hand out models as a reward: curves, contracts, standings, and the bounds on them."""
