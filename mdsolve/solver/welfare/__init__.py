"""The planner's optimum: contributions and payments of the largest p-mean of utilities."""
