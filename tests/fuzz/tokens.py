"""Pieces that readers of feeds trip over: the alphabet of both kinds of fuzzing.

In: nothing. Out: tuples of text.

Touches: nothing.
"""

from __future__ import annotations

import re


def _listed(tokens: str) -> tuple[str, ...]:
    """The pieces of a block, apart by blanks; "~" stands for a blank within."""
    return tuple(token.replace("~", " ") for token in re.split(r"\s+", tokens.strip()))


MARKUP = _listed(
    """
    <p> </p> <div> </div> <br> <br/> <blockquote> </blockquote> <pre> </pre> <code> </code> <a> </a>
    <a~href="http://h.example/x"> <a~href='mailto:a@h.example'> <a~href=https://h.example/?a=1&b=2>
    <span~class=invisible> <span~style="display:none"> </span> <script> </script> <style> </style>
    <title> <!-- --> <! <? ?> <![CDATA[ ]]> < > </ /> = " ' & &amp; &lt; &gt; &lt;/p&gt; &#147;
    &#x92; &#0; &#xd800; &#x110000; &nbsp; &amp;amp; &nGt; <img~alt=😀> <img~class=emoji~alt="x">
    &# &#x 0 1 <li> <td> <div~class="gmail_quote"> <svg> </svg> <template> <h1> <A~HREF=
    """
)
LINES = (
    "\n", "\n\n", "\r\n", "> ", ">> ", "-- \n", "--\n", "```\n", "~~~", "[quote]", "[/quote]",
    "On 5 May 2026, Ada wrote:", "Am 5.5.2026 schrieb Ada:", "-----Original Message-----",
    "Sent from my ", "submitted by /u/", "[link] [comments]", "Article URL:", "Comments URL:",
    "Points: 3", "# Comments: 4", "The post ", " appeared first on ", "Continue reading",
    "`a b`", "](http://h.example/)", "[a](", "http://h.example/x", "www.h.example", "h.example/x",
    "acme.io", "mailto:a@h.example", "@acme@h.example", "/u/acme", "?token=SEKRIT&", "//ana:pw@",
    "# 147-", "# 148-", "#147-", "[↗]", "comments",
)  # fmt: skip
SPEECH = (
    " ", "  ", "Acme", "acme", "It", "broke", ".", "!", "?", "…", ",", ";", " – ", "—", "\"", "'",
    "”", "»", "(", ")", "etc.", "Dr.", "e.g.", "No.", "3.", "Yahoo!", "but", "although", "aber",
    "while", "nothing but", "壊れた。", "😀", "❤\ufe0f", "ß", "İ", "i\u0307", "é", "e\u0301", "1,5",
)  # fmt: skip
DAMAGE = (
    "Ã¼", "ÃƒÂ¼", "â€™", "â€\u009d", "ð\u009f\u0098\u0080", "Â…", "ï¿¾", "Ã", "Â", "â", "€", "\x80",
    "\x81", "\x85", "\x92", "\x9d", "\x00", "\x01", "\x07", "\x0b", "\x0c", "\x1b[31m", "\x1c",
    "\x1d", "\x1e", "\x1f", "\x7f", "\xa0", "\xad", "\u061c", "\u180e", "\u200b", "\u200c",
    "\u200d", "\u200e", "\u2028", "\u2029", "\u202e", "\u2060", "\u2066", "\u3164", "\ud800",
    "\udfff", "\ufdd0", "\ufeff", "\ufffc", "\ufffd", "\uffff", "\U000e0041", "\u0301" * 6,
    "\u0327",
)  # fmt: skip
TEXT = (*MARKUP, *LINES, *SPEECH, *DAMAGE)

DATES = _listed(
    """
    2026 1999 26 99 0026 1 5 05 12 13 22 29 31 32 60 00 2026-11-22 2026-11 2026/1/10 22.11.2026
    11/22/2026 20261122 20261122T101112Z 20261122101112 1767225600 1767225600000 T Z z 10:00
    10:00:00 10:11:12.5 24:00:00 23:59:60 25:61 +0000 -0700 +02:00 +2 GMT UTC EST CEST GMT+0200
    -00:00 +3000 (CET) Sun, Sunday, So., Nov Nov. November novembre März mars Mai may juil. Sept.
    de den of 1st 22nd 22. AM PM a.m. Uhr 2026-W47-7 2026-326 2004-július-13T9:15-05:00 Κυρ, Ιούλ
    오전 오후 2004년 05월 28일 2026年11月22日 Čtvrtek, Úno ٢٠٢٦ ²⁰²⁶ − – / . - : , + '
    """
)
ADDRESSES = _listed(
    """
    127.0.0.1 10.0.0.1 169.254.169.254 192.168.1.1 8.8.8.8 0x7f.1 2130706433 0177.0.0.1 127.1 ::
    ::1 ::ffff: ::ffff:0: ::ffff:10.0.0.1 64:ff9b:: 64:ff9b:1:: 2002: 2002:a00:1:: 2001:0: 2001::
    0:5efe: 200:5efe: ::5efe:10.0.0.1 fe80:: fc00:: ff02::1 2606:4700::1111 % %eth0 %25 / . : 0 ff
    """
)
LINKS = _listed(
    """
    http:// https:// HTTP:// http: https:/ // / ? # & = % %00 %0a %0d%0a %20 %25 %2f %40 %5c
    %e2%80%ae %zz @ : \\ [ ] [::1] [::1 :80 :99999 :x user:pw@ user@ h.example xn--a ἀ.example
    javascript: data: mailto: ftp:// file:/// feed: ../ ./ ;a=1 ?url= &url= ?q= www.google.com
    google.com
    https://www.google.com/url?url= google.co.uk/url?q=http://h.example/ utm_source=x&
    """
)  # fmt: skip
