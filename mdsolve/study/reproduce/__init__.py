"""Published examples and figures, recomputed: one module per item, all in the registry."""
