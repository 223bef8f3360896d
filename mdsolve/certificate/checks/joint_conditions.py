"""Conditions of rules that learn a model, at the model that the solution states.

Where none is learned they are the general ones. What an agent has alone is the best that own data
give with a model of one's own: the others' data, the platform's and the common model do not count.
"""

from __future__ import annotations

from dataclasses import replace

from mdsolve.certificate.checks.equal_treatment import equal_treatment
from mdsolve.certificate.checks.nash import nash
from mdsolve.certificate.checks.rationality import rationality, rationality_alone
from mdsolve.certificate.checks.reciprocity import reciprocity
from mdsolve.certificate.context import NoRouteError
from mdsolve.certificate.joint import AT_NOTHING, JOINT_RULES, at_claimed_model, without_data
from mdsolve.certificate.reading.accuracies.quadratic_fit import joint_accuracy
from mdsolve.certificate.registry import condition
from mdsolve.certificate.sharing_context import SharingContext
from mdsolve.conditions import Condition


@condition(
    "nash",
    "sharing",
    about="nobody gains by changing their own contribution alone, the model as it is",
    rules=JOINT_RULES,
)
def joint_nash(context: SharingContext) -> Condition:
    """Check contributions against everybody's best response at the claimed model."""
    found: Condition = nash(at_claimed_model(context))
    if without_data(context):
        return replace(found, detail=f"{found.detail}; {AT_NOTHING}")
    return found


@condition(
    "individual-rationality",
    "sharing",
    about="nobody would rather stay out: no model, no cost, no payment",
    rules=JOINT_RULES,
)
def joint_rationality(context: SharingContext) -> Condition:
    """Check u_i >= 0 with the claimed model."""
    found: Condition = rationality(at_claimed_model(context))
    return found


@condition(
    "individual-rationality-alone",
    "sharing",
    about="nobody would rather train a model of their own on their own data alone",
    rules=JOINT_RULES,
)
def joint_rationality_alone(context: SharingContext) -> Condition:
    """Check u_i against the best with own data and the model that fits them best."""
    found: Condition = rationality_alone(at_claimed_model(context))
    return found


@condition(
    "reciprocity",
    "sharing",
    about="what agents receive, relative to what their data add",
    rules=JOINT_RULES,
)
def joint_reciprocity(context: SharingContext) -> Condition:
    """Look at shares where no model is learned; they are not defined for a model as well."""
    _refuse_models(context)
    found: Condition = reciprocity(context)
    return found


@condition(
    "equal-treatment",
    "sharing",
    about="agents who bring the same are paid the same",
    rules=JOINT_RULES,
)
def joint_equal_treatment(context: SharingContext) -> Condition:
    """Compare payments of agents alike where no model is learned."""
    _refuse_models(context)
    found: Condition = equal_treatment(context)
    return found


def _refuse_models(context: SharingContext) -> None:
    if joint_accuracy(context.reading) is not None:
        raise NoRouteError("not a condition of games with a model")
