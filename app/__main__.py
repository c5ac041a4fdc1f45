"""`python -m app` is the command `wardline`."""

from app.cli import main

if __name__ == "__main__":
    main()
