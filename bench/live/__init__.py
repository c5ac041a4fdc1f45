"""The bench of the live channel: one event to many sockets (`make bench-live`)."""
