"""Instances, measurements and simulations: never needed to plan, never fed with real data."""
