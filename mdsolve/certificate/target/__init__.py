"""Designed rules as the checker reads them: what was asked for, what is paid, what bounds the goal."""
