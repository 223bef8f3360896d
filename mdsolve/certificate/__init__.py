"""The checker: decides whether a claimed answer is right, sharing nothing with the solvers.

Where both need a formula, the checker writes it down for itself and, where it can, evaluates it in
another way. That likeness is deliberate: a mistake in shared code would pass its own check.
"""
