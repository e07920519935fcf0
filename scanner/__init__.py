"""scanner: finds what is said about a brand, and the few posts worth a reply.

Data walks down one street: fetch, parse, match, score, reasons, cluster, rank, render.
`scan` is the spine that knows the order; `records` holds the nouns that travel.
ARCHITECTURE.md beside this file is the map.

Touches: nothing.
"""

__version__ = "0.1.0"

HOMEPAGE = "https://github.com/complaint-scanner/scanner"
