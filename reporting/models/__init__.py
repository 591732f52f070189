"""Policies with their target sets; figures of divisions, kept up to date and frozen."""

from reporting.models.policy import Baseline, Mechanism, Policy, Target, TargetSet

__all__ = ["Baseline", "Mechanism", "Policy", "Target", "TargetSet"]
