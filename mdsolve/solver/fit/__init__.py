"""Accuracy functions from measurements: the fit, how far to trust it, and what else would fit."""
