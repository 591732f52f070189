"""The flows of the register, one table per matter; importing this module makes them known."""

from registry.workflow import filing

__all__ = ["filing"]
