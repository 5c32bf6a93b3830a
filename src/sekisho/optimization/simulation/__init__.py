"""Simulated models: they err by a stated profile, so it is known what a study should find.

A study looks for the prompt, the review and the model that are best. Whether it finds them can only
be told where the truth is known, and of a real model it never is. Simulated models know the right
answers and spoil them at stated rates, which respond to what stands in a prompt in stated ways.
They stand in for the search, never for a model: all that they give is marked ``Origin.SIMULATED``.
"""

from __future__ import annotations

from sekisho.optimization.simulation.documents import documents
from sekisho.optimization.simulation.model import SimulatedModel
from sekisho.optimization.simulation.profile import Profile, profile, profiles
from sekisho.optimization.simulation.reflector import SimulatedReflector

__all__ = [
    "Profile",
    "SimulatedModel",
    "SimulatedReflector",
    "documents",
    "profile",
    "profiles",
]
