"""Names of XML elements in feeds: whatever prefix a document binds, "prefix_name" in lower case.

In: a tag as ElementTree writes it, "{namespace}local". Out: the name that the field knows it by.

Touches: nothing.
"""

from __future__ import annotations

BASE = "{http://www.w3.org/XML/1998/namespace}base"
LANG = "{http://www.w3.org/XML/1998/namespace}lang"
ABOUT = "{http://www.w3.org/1999/02/22-rdf-syntax-ns#}about"

_PREFIXES = {
    # By address in lower case, without scheme and last slash: what documents get wrong most.
    "": "",
    "purl.org/rss/1.0": "",
    "my.netscape.com/rdf/simple/0.9": "",
    "backend.userland.com/rss": "",
    "backend.userland.com/rss2": "",
    "blogs.law.harvard.edu/tech/rss": "",
    "www.w3.org/2005/atom": "",
    "purl.org/atom/ns#": "",
    "purl.org/dc/elements/1.1": "dc_",
    "purl.org/dc/terms": "dcterms_",
    "purl.org/rss/1.0/modules/content": "content_",
    "purl.org/rss/1.0/modules/slash": "slash_",
    "purl.org/rss/1.0/modules/syndication": "sy_",
    "purl.org/syndication/thread/1.0": "thr_",
    "purl.org/atompub/rank/1.0": "re_",
    "wellformedweb.org/commentapi": "wfw_",
    "search.yahoo.com/mrss": "media_",
    "www.itunes.com/dtds/podcast-1.0.dtd": "itunes_",
    "itunes.apple.com/rss": "im_",
    "rssnamespace.org/feedburner/ext/1.0": "feedburner_",
    "www.w3.org/1999/02/22-rdf-syntax-ns#": "rdf_",
    "www.w3.org/1999/xhtml": "xhtml_",
}


class Names(dict[str, str]):
    """Names by tag, for one document; an element of a namespace that nobody here reads is "?"."""

    def __missing__(self, tag: str) -> str:
        """Work a name out, once."""
        namespace, _, local = tag[1:].rpartition("}") if tag[:1] == "{" else ("", "", tag)
        address = namespace.lower().rstrip("/")
        prefix = _PREFIXES.get(address.removeprefix("http://").removeprefix("https://"))
        self[tag] = name = "?" if prefix is None else prefix + local.lower()
        return name
