"""The live channel: the log read in order, the bell, the hub, and the protocol of the sockets.

The log (`events` in PostgreSQL) is the truth and Redis only the bell: whatever fails here, a
station that comes back with its cursor gets the rest, in order, once.

`live` wires it, `sockets` speaks with one client, `hub` and `channel` bring it the events,
`standing` watches whether its session still stands. See ARCHITECTURE.md.
"""
