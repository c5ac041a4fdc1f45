"""The work: one function a mutation, and `reading`, which makes any selection one statement."""
