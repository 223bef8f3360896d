"""Claims about shaped models and private contracts: what agents accept, and what is best."""
