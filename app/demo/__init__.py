"""The demo hospital: its wards, people and past, and the simulator that keeps it alive."""

from app.demo.loading import Loaded, load
from app.demo.simulator import Simulator

__all__ = ["Loaded", "Simulator", "load"]
