"""Claims about sharing games: equilibria, payments, optima, and the numbers a solution states."""
