"""Schema of `kind: sharing`: agents, accuracy, and what must fit together."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import (
    Discriminator,
    Field,
    Tag,
    ValidationInfo,
    field_validator,
    model_validator,
)

from mdsolve.instance.accuracies import (
    AccuracyFamily,
    PerAgentAccuracySpec,
    PerGroupAccuracySpec,
    accuracy_form,
)
from mdsolve.instance.accuracies.base import AccuracySpec
from mdsolve.instance.common import FunctionField, InstanceBase, folder_of
from mdsolve.instance.design import DesignSpec
from mdsolve.instance.findings import Problem, several
from mdsolve.instance.fit import FitSpec
from mdsolve.instance.numbers import NonNegativeNumber
from mdsolve.instance.sharing_agents import (
    SHARING_AGENT_LIMIT,
    AgentColumns,
    AgentSpec,
    agents_form,
    repeated_names,
)


class SharingInstance(InstanceBase):
    """A data-sharing game as the user wrote it."""

    kind: Literal["sharing"] = "sharing"
    agents: Annotated[
        Annotated[AgentColumns, Tag("columns")]
        | Annotated[tuple[AgentSpec, ...], Field(min_length=1), Tag("list")],
        Discriminator(agents_form),
    ]
    accuracy: Annotated[
        Annotated[PerAgentAccuracySpec, Tag("per_agent")]
        | Annotated[PerGroupAccuracySpec, Tag("per_group")]
        | Annotated[AccuracyFamily, Tag("same")]
        | Annotated[FunctionField, Tag("function")],
        Discriminator(accuracy_form),
    ]
    platform_data: NonNegativeNumber = Fraction(0)
    fit: FitSpec | None = None
    design: DesignSpec | None = None

    @field_validator("agents")
    @classmethod
    def _counted(cls, agents: Any, info: ValidationInfo) -> Any:
        """Say how many there are, before files are read that hold numbers of each."""
        folder_of(info).implied["agents"] = _count(agents)
        return agents

    @property
    def agent_count(self) -> int:
        """Number of agents."""
        return _count(self.agents)

    @property
    def private(self) -> bool:
        """Whether costs are private: agents have a prior instead of a cost."""
        return not isinstance(self.agents, AgentColumns) and any(
            agent.prior is not None for agent in self.agents
        )

    @property
    def learns(self) -> bool:
        """Whether accuracy depends on a model that agents learn together."""
        return isinstance(self.accuracy, AccuracySpec) and self.accuracy.learns

    @model_validator(mode="after")
    def _consistent(self) -> SharingInstance:
        problems: list[Problem] = []
        n = self.agent_count
        if not isinstance(self.agents, AgentColumns):
            problems.extend(repeated_names(self.agents))
        if n > SHARING_AGENT_LIMIT:
            problems.append((("agents",), f"{n:,} agents", f"at most {SHARING_AGENT_LIMIT:,}", ""))
        if isinstance(self.accuracy, AccuracySpec):
            problems.extend(self.accuracy.misfits(n, self._groups))
        if problems:
            raise several(problems)
        return self

    def _groups(self) -> set[str | None]:
        """Return the groups that agents are in; None stands for agents in none."""
        if isinstance(self.agents, AgentColumns):
            column = self.agents.group
            return set(np.unique(column).tolist()) if isinstance(column, np.ndarray) else {column}
        return {agent.group for agent in self.agents}


def _count(agents: AgentColumns | tuple[AgentSpec, ...]) -> int:
    if isinstance(agents, AgentColumns):
        return agents.count
    return sum(agent.count for agent in agents)
