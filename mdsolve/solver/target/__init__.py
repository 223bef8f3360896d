"""Designing payments for a goal: which contributions can be agreed on, and who pays whom."""
