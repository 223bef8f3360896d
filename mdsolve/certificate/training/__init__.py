"""Claims about training runs: the books of all rounds, and the payments of their protocols."""
