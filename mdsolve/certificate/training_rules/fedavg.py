"""`fedavg`: contributions stay as they are, and nobody is paid."""

from __future__ import annotations

from mdsolve.certificate.training_rules.base import TrainingRule


class FedAvg(TrainingRule):
    """Everybody brings all they have, or what the instance says, in every round."""
