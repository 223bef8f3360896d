"""Equilibria of sharing games: a module per shape of game; what agents gain and can afford."""
