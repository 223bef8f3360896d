"""The rules of exchange: one module per mechanism, and their registry."""
