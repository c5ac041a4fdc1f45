"""The demo hospital: its wards, people and past, and the simulator that keeps it alive."""
