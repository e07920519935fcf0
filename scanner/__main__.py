"""`python -m scanner` is the same as `scanner`.

Touches: the terminal.
"""

from scanner.cli import main

if __name__ == "__main__":
    main()
