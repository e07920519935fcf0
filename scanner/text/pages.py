"""What of an address names a page, and what only tells where a reader came from.

In: the query of an address. Out: the query without tracking, in one order.

Touches: nothing.
"""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlencode

_TRACKING = re.compile(
    r"(?:utm_\w*|[a-z]*clid|mc_[ce]id|igshid|ref|ref_src|ref_url|cmpid|source|src|feature|share|"
    r"share_id|s|si|spm|_hs\w*|via|replytocom)"
)


def untracked(query: str) -> str:
    """The parameters that choose what is read, sorted; "?1" is one too. "" where there are none."""
    pairs = parse_qsl(query, keep_blank_values=True) if query else []
    kept = sorted(pair for pair in pairs if not _TRACKING.fullmatch(pair[0].lower()))
    return urlencode(kept, errors="replace")
