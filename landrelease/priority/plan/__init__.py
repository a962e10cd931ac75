"""What the budget buys: a programme within the money, the teams and the promises, with its bound and its reasons."""

from __future__ import annotations

from landrelease.priority.plan.plan import Plan, budget_sweep, plan_clearance

__all__ = ["Plan", "budget_sweep", "plan_clearance"]
