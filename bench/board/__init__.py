"""The bench of the web board: a real browser before a full ward on which much happens."""
