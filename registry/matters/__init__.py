"""Every matter of the register, by kind."""

from registry.matters import filing
from registry.matters.asks import Ask, Condition, Matter, Paper

MATTERS = {matter.kind: matter for matter in (filing.TEAM, filing.GROUP)}

__all__ = ["MATTERS", "Ask", "Condition", "Matter", "Paper"]
