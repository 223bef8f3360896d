"""The three measures of how an agent stands beside the leader, by name."""

from __future__ import annotations

from mdsolve.solver.proportional.shapley_standing import ShapleyStanding
from mdsolve.solver.proportional.standing import DataStanding, Standing, ValueStanding

STANDINGS: dict[str, Standing] = {
    standing.name: standing for standing in (DataStanding(), ValueStanding(), ShapleyStanding())
}
