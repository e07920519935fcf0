"""Nothing in; the small words of English and German that tell a name from an everyday word out.

Written from knowledge of the two languages, in the form in which words are compared: folded.

Touches: nothing.
"""

from __future__ import annotations

from scanner.text import fold


def _words(text: str) -> frozenset[str]:
    return frozenset(map(fold, text.split()))


GERMAN = _words(
    """
    der die das und ist nicht ich ein eine mit auf für den dem von wird auch
    """
)
"""Tell that a text is German."""

ENGLISH = _words(
    """
    the and is not i a an with on for of to it that this was are in you
    """
)
"""Tell that a text is English."""

DETERMINERS = _words(
    """
    a an any some every each no another such ein eine einen einem einer eines kein keine
    """
)
""""a medium …": an everyday word."""

DEFINITE = _words(
    """
    the this that these those der die das den dem des dieser diese dieses jede jeder
    """
)
""""the eclipse": mostly an everyday word; "the Eclipse" is open."""

DEGREES = _words(
    """
    very too more most less so rather quite really small large tiny big low high total partial
    partly full sehr zu mehr ganz klein große kleine
    """
)
""""very medium", "total eclipse": an everyday word."""

USING = _words(
    """
    use uses used using try tries tried trying love loves loved hate hates hated install
    installed installing uninstall uninstalled quit quitting left leave leaving join joined
    cancel cancelled canceled buy bought own contact contacted contacting thanks thank hey hi
    hello dear ditch ditched ditching delete deleted recommend prefer fuck launch open running
    benutze benutzen nutze nutzen nutzt verwende verwenden verwendet liebe hasse danke hallo
    kündige gekündigt kaufe gekauft teste probiere empfehle verlasse
    """
)
""""using Medium": one uses a product."""

PREPOSITIONS = _words(
    """
    on in at via with within from to into by against than versus vs bei mit auf von zu über
    aus gegen durch per
    """
)
""""on Medium", "with Eclipse": as one says of a place or a tool."""

PRODUCT = _words(
    """
    bug bugs crash crashes launcher setup settings config license feature features interface
    issue issues problem problems tool tools menu release build outage fees pricing invoice
    refund delivery order orders bestellung lieferung rechnung app apps account accounts ide
    plugin plugins plug platform website site page support team customer customers service
    software subscription subscriptions plan user users ceo api sdk version update updates
    login blog post posts article articles story stories profile store shop client server cli
    extension device devices watch tracker community forum docs documentation installer
    download membership inc corp ltd llc gmbh ag pro premium editor foundation project konto
    kundenservice kundendienst kunden nutzer webseite seite dienst abo hotline laden filiale
    produkt produkte
    """
)
""""Eclipse plugin", "Medium account": things that products have."""

ACTING = _words(
    """
    hangs hung fails failed works worked needs runs uses starts started stopped loads opens
    refuses breaks broke forces wants insists funktioniert stürzte startet lädt braucht has
    keeps kept refused crashed crashes charged charges asks asked says said lets makes made
    sent sends announced launched released offers supports requires shows showed doesn didn
    isn hasn won can could does did will would sucks rocks deleted cancelled locked banned
    raised hat kann lässt stürzt verlangt bietet antwortet schickt
    """
)
""""Medium charged": things that firms and products do."""

FAILING = _words(
    """
    hangs hung failed fails crashed crashes charged charges overcharged deleted banned locked
    cancelled refuses refused sucks rocks keeps kept stürzte stürzt doesn won isn
    """
)
""""Ember keeps crashing": of what acts, that which only firms and products do."""

JUDGING = _words(
    """
    terrible horrible awful garbage rubbish trash useless worthless crap overpriced expensive
    broken down slow sluggish buggy laggy unusable unreliable amazing awesome fantastic excellent
    brilliant superb reliable intuitive clunky bloated disappointing frustrating annoying
    schrecklich furchtbar unbrauchbar kaputt teuer überteuert langsam umständlich genial
    fantastisch hervorragend offline
    """
)
""""Ember is terrible": what is said of products, after "is" and perhaps "so"."""

BEING = _words("is was has been ist war are")
""""Ember is …": what stands before a judgement."""

PLAIN_AFTER = _words(
    """
    of sized size von
    """
)
""""eclipse of", "medium sized": an everyday word."""

FUNCTION = _words(
    """
    that this these those with when where while because since after before again still just
    also even only have been were your their them they then there here what which will would
    could should does about over under until unless from into than very much many more and but
    aber oder wenn weil dass nicht auch noch schon wird wurde kann haben sind
    """
)
"""No nouns: what follows is not described by the word before."""
