"""Proof files: an answer's claims in exact numbers, for a checker that stands alone.

An entry holds a claim, the instance data and the answer it speaks of, and hints. The data are
rebuilt from the instance; the hints are computed here and need no trust: every entry is handed to
the stand-alone checker before it is written, and what that refuses is not written.
"""
