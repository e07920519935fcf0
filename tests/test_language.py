"""What is true of language identification.

Touches: nothing.
"""

from __future__ import annotations

import subprocess
import sys
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scanner.language import identify


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "The app has been down since this morning and nobody answers."),
        ("en", "charged me twice, still waiting for a refund"),
        ("de", "Seit gestern geht die App nicht mehr, und der Support schweigt."),
        ("de", "Warum ist das so langsam?"),
        ("fr", "L'application ne marche plus depuis hier et personne ne répond."),
        ("fr", "Pourquoi c'est si lent ?"),
        ("es", "La aplicación no funciona desde ayer y nadie contesta."),
        ("es", "¿Por qué es tan lento?"),
        ("it", "L'applicazione non funziona da ieri e nessuno risponde."),
        ("it", "Perché è così lento?"),
        ("pt", "O aplicativo não funciona desde ontem e ninguém responde."),
        ("pt", "Por que você é tão lento?"),
        ("nl", "De app werkt sinds gisteren niet meer en niemand geeft antwoord."),
        ("nl", "Waarom is het zo traag?"),
        ("sv", "Appen fungerar inte och jag vet inte varför det är så."),
        ("pl", "Aplikacja nie działa od wczoraj i nikt nie odpowiada, dlaczego?"),
        ("ru", "Приложение не работает со вчерашнего дня, это ужасно."),
        ("uk", "Застосунок не працює від учора, і ніхто не відповідає."),
        ("ja", "昨日からアプリが動きません。"),
        ("ja", "新機能公開中です"),
        ("zh", "应用程序从昨天开始就不能用了。"),
        ("ko", "어제부터 앱이 안 됩니다."),
        ("el", "Η εφαρμογή δεν λειτουργεί."),
        ("ar", "التطبيق لا يعمل منذ أمس"),
        ("fa", "برنامه از دیروز کار نمی‌کند، چرا؟"),
        ("he", "האפליקציה לא עובדת"),
        ("hi", "ऐप कल से काम नहीं कर रहा है"),
        ("th", "แอปใช้งานไม่ได้"),
    ],
)
def test_languages_are_told_apart(language, text):
    """A sentence or two of common words is enough, without a hint."""
    assert identify(text) == language


@pytest.mark.parametrize(
    "text",
    ["", "   ", "😀😀😀", "https://acme.example/the/and/of", "12345 !!!", "Acme",
     "\ud800", "x_y = {z}", "@the #and @of"],
)  # fmt: skip
def test_what_says_nothing_is_unknown_or_the_hint(text):
    """Addresses, pictures, code and single names are the hint's language, or nobody's."""
    assert identify(text) is None
    assert identify(text, "pt-BR") == "pt"


@pytest.mark.parametrize(
    ("text", "hint", "language"),
    [
        ("Acme Cloud Sync", "de_DE", "de"),
        ("Acme Cloud Sync", " EN-us ", "en"),
        ("Acme Cloud Sync", "ru", None),
        ("Acme Cloud Sync", "klingon", None),
        ("😀", "ru", "ru"),
        ("😀", "xx", None),
        ("не работает", "bg", "bg"),
        ("не работает", "en", "ru"),
        ("東京大学", "ja", "ja"),
        ("The app has been down since this morning and nobody answers.", "de", "en"),
        ("die App", "en", "en"),
        ("die App ist", "en", "de"),
    ],
)
def test_a_hint_counts_where_it_can_be_true(text, hint, language):
    """A hint decides what is unclear, must fit the script, and yields to clear evidence."""
    assert identify(text, hint) == language


@pytest.mark.parametrize(
    "text",
    [
        "Acme is broken",
        "Acme is broken\nAcme is broken",
        "Acme sucks",
        "Ember refuses to refund me",
    ],
)
def test_short_english_is_no_other_language(text):
    """A few English words are English or unknown, never Dutch or Czech, whatever is repeated."""
    assert identify(text) in ("en", None)
    assert identify(text, "en") == "en"


@pytest.mark.parametrize(
    "text", ["Ember is", "Acme is kaputt", "K+S btw", "S-Bahn", "gestohlen gebrochen"]
)
def test_too_little_is_unknown(text):
    """A word that languages share, a letter, a spelling or two: no answer but the hint's."""
    assert identify(text) is None
    assert identify(text, "en") == "en"


def test_a_hint_holds_for_a_short_text_unless_words_speak_against_it():
    """One foreign word or foreign letters do not overrule it; two function words do."""
    assert identify("Acme ist kaputt", "nl") == "nl"
    assert identify("Müller Größe Küche böse Tür", "en") == "en"
    assert identify("Acme werkt niet en is traag", "de") == "nl"
    assert identify("die App ist in love, oh no", "en") == "en"


def test_combining_accents_change_nothing():
    """Letters are composed first; marks that compose with nothing are dropped."""
    assert identify("The cafe\u0301 app is broke\u0301n and nobody a\u0301nswers", "en") == "en"
    assert identify("t\u0336h\u0336e\u0336 app is down again and again") == "en"
    assert identify("l'application ne re\u0301pond plus de\u0301sormais") == "fr"


def test_a_brand_in_latin_does_not_hide_the_script():
    """Latin names among Japanese words leave the text Japanese."""
    assert identify("Acme Cloudが壊れた、助けて") == "ja"


def test_only_the_start_is_looked_at():
    """A text of any length costs no more than its first 1,000 characters."""
    started = time.process_time()
    assert identify("the app is down and " * 500_000) == "en"
    assert time.process_time() - started < 5


def test_importing_costs_nothing():
    """The module brings no library along and builds its tables at the first call."""
    code = (
        "import sys; import scanner.language as l; "
        "print('numpy' in sys.modules, l._weights.cache_info().currsize)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "0"]


@settings(max_examples=200, deadline=None)
@given(st.text(st.characters(), max_size=100), st.none() | st.text(max_size=8))
def test_any_text_has_an_answer(text, hint):
    """Whatever comes in, the answer is two small letters or None."""
    found = identify(text, hint)
    assert found is None or (len(found) == 2 and found.islower())
