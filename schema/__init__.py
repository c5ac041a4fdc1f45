"""The promise: types and root fields, where each comes from and what it requires."""
