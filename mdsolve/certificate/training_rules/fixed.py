"""`fedavg`: contributions stay as they are, and nobody is paid."""

from __future__ import annotations

from mdsolve.certificate.training_rules.base import TrainingRule


class FedAvg(TrainingRule):
    """Everybody brings all they have, or what the instance says, in every round."""

    name = "fedavg"
    citation = "[D25] section 5, after McMahan et al. (2017)"
