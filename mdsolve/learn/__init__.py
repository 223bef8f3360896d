"""Federated training: data, partitions, models, the engine, and the protocols that drive it."""
