"""Menus of contracts for private costs: closed form, convex program, bounds."""
