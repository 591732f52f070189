"""The flows of the register, one table per matter; importing this module makes them known."""

from registry.workflow import change, filing

__all__ = ["change", "filing"]
