"""Every matter of the register, by kind."""

from registry.matters import authority, change, dormancy, filing, yearly
from registry.matters.asks import Ask, Condition, Matter, Paper

MATTERS = {
    matter.kind: matter
    for matter in (*filing.MATTERS, *change.MATTERS, *authority.MATTERS, *yearly.MATTERS, *dormancy.MATTERS)
}

__all__ = ["MATTERS", "Ask", "Condition", "Matter", "Paper"]
