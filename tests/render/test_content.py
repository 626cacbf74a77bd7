"""What a campaign may write, and the sentence it gets when it may not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from gateway.domain.errors import InvalidContent
from gateway.render.content import BODY_BYTES_MAX, check_content, varied_by
from gateway.render.email import compile_email
from tests.render.build import LETTERHEAD, PERSON, TEMPLATES, markdown, mjml


def refusal(content) -> str:
    with pytest.raises(InvalidContent) as caught:
        check_content(content)
    return str(caught.value)


@pytest.mark.parametrize(
    "escape",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ given_name.__class__ }}",
        "{{ given_name|attr('x') }}",
        "{{ given_name | upper }}",
        "{{ 'a'*10**9 }}",
        "{{ config }}",
        "{{ given_name }",
        "{{{ given_name }}}",
        "{% for x in y %}",
        "{%- include '/etc/passwd' -%}",
        "{# comment #}",
        "{{ given_name|fallback }}",
        "{{ given_name|'fallback' }}",
    ],
)
def test_template_logic_is_refused_wherever_it_is_written(escape: str) -> None:
    assert refusal(markdown(f"Bonjour,\n\n{escape}")).startswith("ligne 3 : ")
    assert "objet" in refusal(markdown(subject=escape))
    assert "ligne 1" in refusal(mjml(f"<mj-text>{escape}</mj-text>"))


def test_a_placeholder_stands_on_one_line() -> None:
    assert "ligne 2 : « {{ given_name }} » n’est pas un champ" in refusal(markdown("Bonjour\n{{\ngiven_name }}"))


def test_an_unknown_placeholder_is_named_with_the_known_ones() -> None:
    assert "« iban »" in refusal(markdown("{{ iban }}"))
    assert "prénom, nom, commune" in refusal(markdown("{{ iban }}"))


def test_every_fault_is_told_at_once_with_its_line() -> None:
    told = refusal(
        markdown("{{ iban }}\n\n<script>x</script>\n\n[x](javascript:x)\n\n![pixel](http://t.example/x.gif)", subject=" ")
    )
    assert [line.split(" : ")[0] for line in told.split("\n")] == ["objet", "ligne 1", "ligne 3", "ligne 5", "ligne 7"]


@pytest.mark.parametrize("subject", ["Bonjour\r\nBcc: x@example.org", "Bonjour\nX: y", "a\x00b", "Re\u202eod"])
def test_a_subject_cannot_begin_another_header(subject: str) -> None:
    assert "objet : retour à la ligne ou caractère de contrôle interdit" in refusal(markdown(subject=subject))


@pytest.mark.parametrize("subject", ["", "   "])
def test_an_empty_subject_is_refused(subject: str) -> None:
    assert "objet : il est vide" in refusal(markdown(subject=subject))


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "http://site.example",
        "data:text/html,x",
        "//site.example",
        "ftp://x.example",
        "JaVaScRiPt:x",
        "java&#115;cript:x",
    ],
)
def test_links_are_https_or_mailto(link: str) -> None:
    assert "lien" in refusal(markdown(f"[ici]({link})"))
    assert "lien" in refusal(mjml(f'<mj-text><a href="{link}">ici</a></mj-text>'))
    assert "lien" in refusal(mjml(f'<mj-button href="{link}">ici</mj-button>'))


def test_a_link_that_would_name_the_person_is_refused() -> None:
    assert "un lien ne contient pas de champ" in refusal(markdown("[ici](https://site.example/{{given_name}})"))
    assert "un champ ne se place que dans le texte" in refusal(
        mjml('<mj-text><a href="https://site.example/{{given_name}}">ici</a></mj-text>')
    )


@pytest.mark.parametrize(
    "inner",
    [
        "<mj-raw><script>x</script></mj-raw>",
        "<mj-include path='/etc/passwd' />",
        '<mj-include path="/etc/passwd" />',
        "<mj-text><script>x</script></mj-text>",
        "<mj-text><iframe></iframe></mj-text>",
        "<mj-text><form><input/></form></mj-text>",
        "<mj-text><style>.foot{display:none}</style></mj-text>",
        "<mj-text><svg></svg></mj-text>",
        '<mj-text><p onclick="x">a</p></mj-text>',
        '<mj-text css-class="foot">a</mj-text>',
        '<mj-text><p class="foot">a</p></mj-text>',
        "<mj-text><!-- </mj-text>",
        "<mj-text><![CDATA[x]]></mj-text>",
        "<mj-text><?php x ?></mj-text>",
        "<mj-text></div></div></mj-text>",
        "<mj-social><mj-social-element /></mj-social>",
        '<mj-hero background-url="https://x.example/a.png"></mj-hero>',
        '<mj-text color="red;} .foot{display:none">a</mj-text>',
        '<mj-text color="url(https://x.example)">a</mj-text>',
        '<mj-text padding="-400px">a</mj-text>',
        '<mj-spacer height="99999px" />',
        '<mj-text line-height="5000">a</mj-text>',
        '<mj-text><span style="position:fixed">a</span></mj-text>',
        '<mj-text><span style="display:none">a</span></mj-text>',
        '<mj-text><span style="font-size:90em">a</span></mj-text>',
        '<mj-image src="https://x.example/a.png" />',
        '<mj-image src="https://x.example/a.png" alt="a" width="1px" />',
        '<mj-image src="data:image/png;base64,xx" alt="a" />',
        "<mj-table><mj-text>a</mj-text></mj-table>",
        "hors texte",
        "<mj-text>5 < 6</mj-text>",
        "<mj-text><b>a</mj-text>",
    ],
)
def test_mjml_outside_the_closed_grammar_is_refused_with_its_line(inner: str) -> None:
    assert refusal(mjml(inner)).startswith("ligne 1 : ")


@pytest.mark.parametrize(
    "head",
    [
        "<mj-head><mj-style>.foot { display: none }</mj-style></mj-head>",
        '<mj-head><mj-font name="x" href="https://fonts.example/x" /></mj-head>',
        '<mj-head><mj-breakpoint width="1px) { .foot { display:none" /></mj-head>',
    ],
)
def test_no_style_sheet_font_or_breakpoint_comes_with_the_content(head: str) -> None:
    assert "inconnue ou refusée" in refusal(mjml("<mj-text>a</mj-text>", head=head))


@pytest.mark.parametrize(
    ("written", "advice"),
    [
        ("![L’affiche](affiche.png)", "image « affiche.png » : c’est un fichier de votre ordinateur"),
        ("![L’affiche](images/Affiche.JPG)", "image « Affiche.JPG » : c’est un fichier de votre ordinateur"),
        (r"![L’affiche](C:\Users\Claire\affiche.png)", "image « affiche.png » : c’est un fichier de votre ordinateur"),
        ("![L’affiche](file:///home/claire/affiche.png)", "image « affiche.png » : c’est un fichier de votre ordinateur"),
        ("![L’affiche](data:image/png;base64,AAAA)", "une lettre n’emporte pas de fichier"),
        ("![L’affiche](http://valbrume.fr/affiche.png)", "écrivez l’adresse entière, https://valbrume.fr/affiche.png"),
        ("![L’affiche](valbrume.fr/affiche.png)", "écrivez l’adresse entière, https://valbrume.fr/affiche.png"),
        ("![L’affiche](mon affiche.png)", "« ![L’affiche](mon affiche.png) » resterait tel quel dans la lettre"),
        ("[Le programme](programme.pdf)", "une lettre n’a pas de pièce jointe : mettez-le en ligne"),
        ("[Notre site](www.valbrume.fr)", "écrivez l’adresse entière, https://www.valbrume.fr"),
        ("[Notre site](valbrume.fr)", "écrivez l’adresse entière, https://valbrume.fr"),
        ("[Écrivez-nous](claire@valbrume.fr)", "écrivez mailto:claire@valbrume.fr"),
    ],
)
def test_a_picture_or_a_file_that_the_letter_cannot_carry_is_refused_with_what_to_do(written: str, advice: str) -> None:
    told = refusal(markdown(f"Bonjour,\n\n{written}\n"))
    assert told.startswith("ligne 3 : ") and advice in told
    if "fichier de votre ordinateur" in told:
        assert "en ligne, sur le site de la campagne, et écrivez l’adresse https://" in told


def test_a_picture_of_a_laid_out_letter_is_refused_with_the_same_words() -> None:
    assert "image « affiche.png » : c’est un fichier de votre ordinateur" in refusal(
        mjml('<mj-image src="affiche.png" alt="a" />')
    )


@pytest.mark.parametrize("forged", ["\ue0000\ue001", "&#xE000;0&#xE001;", "&#57344;0&#57345;"])
def test_nobody_can_forge_the_mark_of_a_slot(forged: str) -> None:
    assert "caractère invisible interdit" in refusal(markdown(f"a {forged}"))
    assert "caractère invisible interdit" in refusal(mjml(f"<mj-text>{forged}</mj-text>"))


def test_oversized_content_is_refused_before_anything_is_made_of_it() -> None:
    assert "raccourcissez" in refusal(markdown("a" * (BODY_BYTES_MAX + 1)))


def test_content_that_grows_too_long_once_laid_out_is_refused() -> None:
    row = '<mj-text color="#123456" font-weight="bold">a</mj-text>'
    with pytest.raises(InvalidContent, match="une fois mis en page"):
        compile_email(mjml(row * 900), LETTERHEAD, TEMPLATES)


def test_a_word_longer_than_a_mail_line_is_refused() -> None:
    with pytest.raises(InvalidContent, match="à la suite sans espace"):
        compile_email(markdown("a" * 1200), LETTERHEAD, TEMPLATES)
    with pytest.raises(InvalidContent, match="à la suite sans espace"):
        compile_email(markdown("{{ given_name }}{{ family_name }}{{ commune }}"), LETTERHEAD, TEMPLATES)


def test_unknown_format_and_language_are_named() -> None:
    assert "format : « html »" in refusal(markdown(format="html"))
    assert "langue : « de »" in refusal(markdown(language="de"))


def test_lawful_content_passes() -> None:
    check_content(markdown('Bonjour {{ given_name|"cher·e ami·e" }}, [ici](https://a.example/?a=1&b=2), <b@a.example>, 5 < 6'))
    check_content(markdown('![Affiche](https://a.example/a.png "au lavoir") et [x](https://a.example), [sic] (voir plus bas)'))
    check_content(
        mjml(
            '<mj-text font-size="18px"><p style="color:#f00">Bonjour {{ given_name|"vous" }}<br>&eacute; &lt; 5</p></mj-text>'
            '<mj-button href="https://a.example">Ici</mj-button><mj-divider border-width="1px" /><mj-spacer height="20px" />'
            '<mj-image src="https://a.example/a.png" alt="Le marché" width="300px" />'
            "<mj-table><tr><td>a</td></tr></mj-table>",
            head='<mj-head><mj-attributes><mj-all color="#222222" /></mj-attributes></mj-head>',
        )
    )


@pytest.mark.parametrize("quoted", ["“chère voisine”", "« chère voisine »", "'chère voisine'", "‘chère voisine’"])
def test_curly_quotes_of_a_word_processor_are_told_from_straight_ones(quoted: str) -> None:
    told = refusal(markdown(f"Bonjour {{{{ given_name|{quoted} }}}},"))
    assert 'les mots à défaut sont entre guillemets droits : {{ prénom|"à défaut" }}' in told


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("{{ prénom }}", "Zoé"),
        ("{{prenom}}", "Zoé"),
        ("{{ Prénom }}", "Zoé"),
        ("{{ pre\u0301nom }}", "Zoé"),  # as a Macintosh writes it
        ("{{\u00a0prénom\u00a0}}", "Zoé"),  # with the spaces its keyboard makes
        ('{{ prénom|"chère voisine" }}', "Zoé"),
        ("{{ nom }}", "Exemple"),
        ("{{ nom_de_famille }}", "Exemple"),
        ("{{ commune }}", "Valbrume"),
        ("{{ given_name }}", "Zoé"),
    ],
)
def test_an_author_writes_fields_in_french_or_in_english(written: str, read: str) -> None:
    names = {"given_name": "Zoé", "family_name": "Exemple", "commune": "Valbrume"}
    letter = compile_email(markdown(f"Bonjour {written},", subject=written), LETTERHEAD, TEMPLATES)
    text = letter.variant(frozenset({"unsubscribe-link"})).shown(replace(PERSON, values=names))
    assert text[0] == read and f"Bonjour {read}," in text[1]


@pytest.mark.parametrize(
    ("written", "field"), [("ville", "commune"), ("firstname", "prénom"), ("Given_Name", "prénom"), ("votre_nom", "nom")]
)
def test_a_field_by_another_name_is_answered_by_the_one_it_has_here(written: str, field: str) -> None:
    told = refusal(markdown(f"Bonjour {{{{ {written} }}}}"))
    assert f"champ inconnu « {written} » ; le champ est {{{{ {field} }}}}" in told


@pytest.mark.parametrize("written", ["{{ commune }}", "{{ Commune }}"])
def test_words_that_tell_where_somebody_lives_target_however_the_field_is_written(written: str) -> None:
    assert varied_by(f"Bonjour {written}") == {"commune"}
    assert varied_by("{{ prénom }} {{ nom }}") == frozenset()


@pytest.mark.parametrize("foreign", ["*|FNAME|*", "%PRENOM%", "[[prenom]]", "${prenom}"])
def test_the_field_of_another_tool_does_not_leave_as_it_stands(foreign: str) -> None:
    told = refusal(markdown(f"Bonjour\n\nChère {foreign},"))
    assert told.startswith(f"ligne 3 : « {foreign} » est le champ d’un autre outil") and "{{ prénom }}" in told
    assert "objet" in refusal(markdown(subject=f"Bonjour {foreign}"))


@pytest.mark.parametrize("written", ["[notre site]()", "![Le lavoir]()"])
def test_a_link_without_its_address_is_told_so(written: str) -> None:
    assert "il manque l’adresse d’un lien ou d’une image : [ce qu’on lit](https://…)" in refusal(markdown(written))


@pytest.mark.parametrize(
    ("left", "field"),
    [
        ("[Prénom]", "prénom"),
        ("[votre prénom]", "prénom"),
        ("[PRÉNOM NOM]", "prénom"),
        ("{prenom}", "prénom"),
        ("{ Prénom }", "prénom"),
        ("{first_name}", "prénom"),
        ("{given_name}", "prénom"),
        ("<<prénom>>", "prénom"),
        ("[Nom]", "nom"),
        ("{ville}", "commune"),
        ("[commune]", "commune"),
    ],
)
def test_what_a_pattern_of_letter_left_to_fill_in_is_not_read_by_everybody(left: str, field: str) -> None:
    told = refusal(markdown(f"Bonjour\n\nChère {left}, à jeudi."))
    assert f"ligne 3 : « {left} » resterait tel quel dans chaque message ; le champ est {{{{ {field} }}}}" in told
    assert "objet" in refusal(markdown(subject=f"Bonjour {left}"))


@pytest.mark.parametrize(
    "text",
    [
        "100% de nos idées, 50% de temps",
        "[un lien](https://a.example/%C3%89T%C3%89)",
        "5 $ [sic] *|*",
        "[Commune](https://a.example/)",
        "[ville][1]\n\n[1]: https://a.example/",
        "[ville]: https://a.example/\n\nVoir [la page][ville].",
        "![Nom](https://a.example/lavoir.jpg)",
        "« Le nom [de la rue] changera »",
        "{2027}, [et le prénom de l’école ?], { }",
        "la commune (ville), le nom : le prénom",
        "écrivez-nous vos coordonnées [nom, adresse]",
    ],
)
def test_signs_that_are_nobodys_field_are_words(text: str) -> None:
    check_content(markdown(text))
