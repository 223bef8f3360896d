"""Equilibria where the model received depends on how one stands beside the leader."""
