"""Claims about rules that degrade models: each agent's standing, and what deviations gain."""
