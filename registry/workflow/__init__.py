"""The flows of the register, one table per matter; importing this module makes them known."""

from registry.workflow import change, dormancy, filing, samples, yearly

__all__ = ["change", "dormancy", "filing", "samples", "yearly"]
