"""Claims about data markets: payments, allocations, non-existence, and a module per condition."""
