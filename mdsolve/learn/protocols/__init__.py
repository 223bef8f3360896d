"""Federated protocols: how contributions move while the model is learned, and what is paid."""
