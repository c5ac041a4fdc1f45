"""`make bench`: Wardline beside hand-written SQL, on the same database, in one run."""
