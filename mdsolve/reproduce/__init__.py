"""Published examples, figures and theorems recomputed: the print as data, beside what comes out.

A file ``PAPER.yaml`` holds the words and numbers of a paper, the module of the same name computes.
"""
