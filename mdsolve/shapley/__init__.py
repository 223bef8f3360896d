"""Shapley values of sharing games: shares, own slopes, the potential and its Hessian."""
