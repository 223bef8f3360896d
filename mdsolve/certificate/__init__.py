"""The checker: decides whether a claimed answer is right, sharing nothing with the solvers."""
