"""The wiring: settings, the ASGI application, sign-in, the command line, the embedded servers."""

import gc

# What is imported stays, and by default the collector looks through it again and again meanwhile:
# a third of each start.
gc.set_threshold(50_000, 50, 100)
