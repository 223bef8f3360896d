"""Reproduced examples and figures for reading: the table beside the print, and the pictures."""
