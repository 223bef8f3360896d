"""Designed rules as the checker reads them: what was asked, what is paid, what bounds the goal."""
