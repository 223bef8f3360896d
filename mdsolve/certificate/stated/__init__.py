"""Numbers that a solution states beside its answer, each computed anew: one file per topic."""
