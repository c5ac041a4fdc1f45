"""The wiring: settings, the ASGI application, sign-in, the command line, the embedded servers."""
