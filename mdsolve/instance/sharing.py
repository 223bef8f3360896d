"""Schema of `kind: sharing`: agents, accuracy, and what must fit together."""

from __future__ import annotations

from fractions import Fraction
from typing import Annotated, Literal

import numpy as np
from pydantic import (
    Discriminator,
    Field,
    Tag,
    model_validator,
)

from mdsolve.instance.common import FunctionField, InstanceBase
from mdsolve.instance.findings import Problem, several
from mdsolve.instance.fit import FitSpec
from mdsolve.instance.numbers import (
    NonNegativeNumber,
)
from mdsolve.instance.sharing_accuracy import (
    AccuracyFamily,
    PerAgentAccuracySpec,
    PerGroupAccuracySpec,
    PowerAccuracySpec,
    QuadraticFitAccuracySpec,
    UnionAccuracySpec,
    accuracy_form,
)
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

    @property
    def agent_count(self) -> int:
        """Number of agents."""
        if isinstance(self.agents, AgentColumns):
            return self.agents.count
        return sum(agent.count for agent in self.agents)

    @property
    def private(self) -> bool:
        """Whether costs are private: agents have a prior instead of a cost."""
        return not isinstance(self.agents, AgentColumns) and any(
            agent.prior is not None for agent in self.agents
        )

    @model_validator(mode="after")
    def _consistent(self) -> SharingInstance:
        problems: list[Problem] = []
        n = self.agent_count
        if not isinstance(self.agents, AgentColumns):
            problems.extend(repeated_names(self.agents))
        if n > SHARING_AGENT_LIMIT:
            problems.append((("agents",), f"{n:,} agents", f"at most {SHARING_AGENT_LIMIT:,}", ""))
        accuracy = self.accuracy
        if isinstance(accuracy, PerAgentAccuracySpec) and len(accuracy.per_agent) != n:
            got = f"{len(accuracy.per_agent)} families"
            problems.append((("accuracy", "per_agent"), got, f"{n}, one per agent", ""))
        if isinstance(accuracy, PerGroupAccuracySpec):
            self._check_groups(set(accuracy.per_group), ("accuracy", "per_group"), problems)
        if isinstance(accuracy, PowerAccuracySpec) and accuracy.group_weights is not None:
            self._check_groups(set(accuracy.group_weights), ("accuracy", "group_weights"), problems)
        for key, wanted in (("weights", n), ("distributions", n)):
            table = getattr(accuracy, key, None)
            if table is not None and (
                table.shape[0] != wanted
                or (key == "weights" and table.ndim == 2 and table.shape[1] != wanted)
            ):
                expected = f"{n} rows (and columns), one per agent"
                problems.append((("accuracy", key), f"shape {table.shape}", expected, ""))
        rows = accuracy.targets if isinstance(accuracy, QuadraticFitAccuracySpec) else None
        if rows is not None and len(rows) != n:
            problems.append(
                (("accuracy", "targets"), f"{len(rows)} rows", f"{n}, one per agent", "")
            )
        if isinstance(accuracy, UnionAccuracySpec):
            self._check_neighbours(accuracy, n, problems)
        if problems:
            raise several(problems)
        return self

    def _check_groups(
        self, known: set[str], place: tuple[str, ...], problems: list[Problem]
    ) -> None:
        if isinstance(self.agents, AgentColumns):
            column = self.agents.group
            used = set(np.unique(column).tolist()) if isinstance(column, np.ndarray) else {column}
        else:
            used = {agent.group for agent in self.agents}
        for group in sorted(used - known, key=str):
            expected = "one of " + ", ".join(sorted(known))
            problems.append((place, f"agents of the group {group!r}", expected, ""))

    def _check_neighbours(
        self, accuracy: UnionAccuracySpec, agents: int, problems: list[Problem]
    ) -> None:
        if len(accuracy.neighbours) != agents:
            got = f"{len(accuracy.neighbours)} lists"
            problems.append((("accuracy", "neighbours"), got, f"{agents}, one per agent", ""))
        for k, row in enumerate(accuracy.neighbours):
            if any(not 0 <= j < agents for j in row):
                expected = f"agent numbers from 0 to {agents - 1}"
                problems.append((("accuracy", "neighbours", k), str(list(row)), expected, ""))
