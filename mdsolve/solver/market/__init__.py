"""Data markets: maximal truthful payments, whether they exist, and how unequal agents may be."""
