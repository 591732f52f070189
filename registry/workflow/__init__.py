"""The flows of the register, one table per matter; importing this module makes them known."""

from registry.workflow import change, filing, yearly

__all__ = ["change", "filing", "yearly"]
