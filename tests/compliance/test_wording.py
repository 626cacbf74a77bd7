"""What people write back is read for what it asks: each objection, whatever its words, and nothing but objections."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.compliance.expressions import Way, Ways
from gateway.compliance.patterns import Patterns
from gateway.compliance.reading import Faults, parse_toml
from gateway.compliance.wording import Reading, read_reply
from gateway.compliance.wordreader import read_reply_words
from gateway.domain.reply import Intent, RightAsked
from tests.compliance.builders import LAW, shipped
from tests.patience import not_for_ever

REPLIES = Path(__file__).parents[1] / "replies"


def read(text: str) -> Reading:
    return read_reply(text, shipped().reply_words)


#: Words and few patterns: a fault in them is found as well as among all patterns, which take long to read.
FEW = ("stop-1-whose.toml", "stop-2-keywords.toml", "stop-words.toml")
ALL = tuple(sorted(path.name for path in LAW.glob("stop-*.toml")))


def in_one_file(parts: tuple[str, ...]) -> str:
    """The words as the first packs have them."""
    return "".join((LAW / name).read_text("utf-8") for name in ("stop.toml", *parts))


def faults_of(text: str) -> list[str]:
    """What is wrong with words in one file."""
    faults = Faults()
    read_reply_words(parse_toml(text, "stop.toml", faults), shipped().sources)
    return faults.lines


def replies(name: str) -> list[tuple[str, str]]:
    lines = (REPLIES / f"{name}.jsonl").read_text("utf-8").splitlines()
    return [(one["text"], one["intent"]) for one in map(json.loads, lines)]


def test_nearly_every_objection_takes_effect_at_once_and_none_leaves_the_person_written_to():
    found = Counter(read(text).intent for text, _ in replies("objections"))
    assert found[Intent.OBJECTION] >= 0.99 * found.total()
    assert found[Intent.OBJECTION] + found[Intent.DOUBTFUL] == found.total()


def test_everyday_talk_is_no_objection_even_in_the_words_of_one():
    found = [(read(text).intent, text) for text, _ in replies("ordinary")]
    taken = [text for intent, text in found if intent is Intent.OBJECTION]
    assert taken == ["stop pub : pourquoi en recevez-vous autant au local ?"]  # known: whoever begins with STOP is believed
    doubted = [text for intent, text in found if intent is Intent.DOUBTFUL]
    assert len(doubted) <= 0.07 * len(found)


def test_what_may_be_an_objection_pauses_until_somebody_has_read_it():
    wrong = [(text, read(text).intent) for text, _ in replies("doubtful") if read(text).intent is not Intent.DOUBTFUL]
    assert wrong == []


def test_whoever_wants_to_come_back_or_asks_who_we_are_is_understood():
    wrong = [(text, read(text).intent) for text, intent in replies("restart_and_help") if read(text).intent != intent]
    assert wrong == []


def test_the_words_of_the_regulation_are_enough_alone_in_any_case_and_with_any_mark():
    words = (
        "STOP, STOP PROSPECTION, STOP PUB, STOP SMS, STOPALL, STOP ALL, STOP TOUT, ARRET, ARRÊTER, DESABO, DÉSINSCRIRE,"
        " DESINSCRIPTION, NON, UNSUBSCRIBE, END, QUIT, CANCEL, REVOKE, OPTOUT, OPT OUT, REMOVE"
    )
    for word in words.split(", "):
        for text in (word, word.lower(), f" {word.title()} !", f"« {word} ».", f"{word}\n\nEnvoyé de mon iPhone"):
            assert read(text).intent is Intent.OBJECTION, text


def test_the_evidence_names_the_pattern_and_the_words_it_was_found_in():
    assert read("Bonjour, merci de ne plus m'écrire. Cordialement").evidence == (
        "no-more-reach: ne plus m ecrire",
        "act-refused: plus m ecrire",
    )
    assert read("Merci pour tout").evidence == ()


QUOTED = (
    "\n\nLe lun. 1 déc. 2031 à 10:02, Camille Rochebrune <lettre@exemple.example>\na écrit :"
    "\n\n> Venez samedi !\n> Répondez STOP."
)


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("Avec plaisir, à samedi" + QUOTED, Intent.OTHER),
        ("Désinscrivez-moi" + QUOTED, Intent.OBJECTION),
        ("Le lun. 1 déc. 2031, Camille a écrit :\n> Venez samedi !\n\nSTOP", Intent.OBJECTION),
        ("Voici ce que j’ai reçu\n\n-------- Message transféré --------\nDe : X\nObjet : y\n\nNe m'écrivez plus", Intent.OTHER),
        ("> Venez !\n> Répondez STOP au 36000 pour ne plus recevoir nos messages", Intent.OTHER),
        ("> STOP", Intent.DOUBTFUL),
        ("Votre message dit « répondez STOP au 36000 », c’est un vrai numéro ?", Intent.OTHER),
        ("Merci\n\nDe : Camille\nEnvoyé : mardi 2 déc. 2031\nÀ : Anne\nObjet : Lettre n°8\n\nSe désinscrire : ici", Intent.OTHER),
        ("Retirez-moi de la liste\n\nFrom: Camille\nSent: Tuesday\nTo: Anne\n\nVenez samedi !", Intent.OBJECTION),
        ("Objet : désinscription\nDe : Anne\n\nMerci de me rayer", Intent.OBJECTION),
        ("Bonjour,\nObjet : désinscription", Intent.OBJECTION),
        ("Merci\n-- \nPaul, membre du collectif Stop Rocade", Intent.OTHER),
        ("Je passerai\n\n--- Message original ---\nDe: lettre@exemple.example\nDésabonnement ici", Intent.OTHER),
        ("Volontiers\n\nmar. 2 déc. 2031, 18:02 Camille <c@exemple.example> :\nVenez ! Se désabonner", Intent.OTHER),
        ("stop\n\nmar. 2 déc. 2031, 18:02 Camille <c@exemple.example> :\n> Venez samedi", Intent.OBJECTION),
        ("D'accord, à lundi Le lun. 3 mars 2031 à 10:00, Camille <c@exemple.example> a écrit : Répondez STOP", Intent.OTHER),
        ("Stop. Le 3 mars 2031 10:00, Camille <c@exemple.example> a écrit : > Venez samedi !", Intent.OBJECTION),
        ("STOP\n\nLe lun. 1 déc. 2031 à 10:02, Camille <c@exemple.example> a\nécrit :\n\n> Venez samedi !", Intent.OBJECTION),
        ("Avec plaisir\n\nLe lun. 1 déc. 2031 à 10:02, Camille <c@exemple.example> a\nécrit :\n\n> Répondez STOP", Intent.OTHER),
        ("STOP\n\n  Le lun., déc. 1, 2031 à 10:02, Camille<c@exemple.example> a écrit :   Venez samedi !", Intent.OBJECTION),
        ("STOP\n\nAm 01.12.2031 um 10:02 schrieb Camille:\n> Venez samedi !", Intent.OBJECTION),
        ("STOP\n\nEl lun, 1 dic 2031 a las 10:02, Camille (<c@exemple.example>)\nescribió:\n\n> Venez !", Intent.OBJECTION),
        ("STOP\n\n[cid:image001.png]\nPaul DURAND\nResponsable achats\nTél : 01 99 00 12 34", Intent.OBJECTION),
        ("Réunion à 18:30 :\nje viens", Intent.OTHER),
        ("Re: Réunion mardi 18h30 STOP 36000\nOui, à deux", Intent.OTHER),
        ("Re: Réunion mardi 18h30 STOP 36000\nStop", Intent.OBJECTION),
        ("Rendez-vous noté : mardi 18:30, ne venez pas en retard :", Intent.OTHER),
        ("", Intent.OTHER),
        ("😀", Intent.OTHER),
        ("https://exemple.example/stop", Intent.OTHER),
    ],
)
def test_what_she_only_quotes_forwards_or_signs_with_is_not_what_she_asks(text: str, intent: Intent):
    assert read(text).intent is intent


@pytest.mark.parametrize("asked", ["Se désabonner", "Je m’oppose à recevoir ces messages :", "Ne plus recevoir nos lettres ?"])
@pytest.mark.parametrize(
    "answer", ["Oui, faites-le svp", "En effet.", "Oui", "C’est ce que je veux !", "Le lien ne marche pas", "Odile"]
)
@pytest.mark.parametrize("before", ["", "> Venez samedi !\nPourquoi pas.\n"])
def test_who_answers_a_line_of_ours_by_which_one_leaves_is_paused_until_somebody_has_read_it(asked, answer, before):
    """Only « Oui, faites-le » was read, and she was written to again."""
    assert read(f"{before}> {asked}\n> https://exemple.example/o/AQAA\n\n{answer}").intent is Intent.DOUBTFUL


@pytest.mark.parametrize(
    "text",
    [
        "> Viendrez-vous samedi ?\nOui, faites-le savoir",
        "Oui, avec plaisir !\n\n> Venez samedi\n> Se désabonner",
        "> Bonjour\n> Venez samedi\n> Au lavoir\n> Camille\n> Se désabonner : ici\n\nOui, j’y serai",
    ],
)
def test_an_answer_to_something_else_is_not_one_to_the_line_by_which_one_leaves(text):
    assert read(text).intent is Intent.OTHER


def test_who_objects_below_what_she_quotes_objects():
    assert read("> Se désabonner\nOui, désinscrivez-moi").intent is Intent.OBJECTION
    assert read("> Venez samedi\nNe m’écrivez plus").intent is Intent.OBJECTION


FOOTER = "\n\nPaul Rivet\nDirecteur\n{}\nSi vous l’avez reçu par erreur, merci d’en avertir l’expéditeur et de le supprimer."


@pytest.mark.parametrize(
    "begins", ["Ce message et ses pièces jointes sont confidentiels.", "This e-mail and any files are confidential."]
)
def test_what_an_office_puts_below_every_letter_is_not_what_she_asks(begins: str):
    assert read("Nous serons deux, merci" + FOOTER.format(begins)).intent is Intent.OTHER
    assert read("Retirez-nous de vos envois" + FOOTER.format(begins)).intent is Intent.OBJECTION
    assert read(FOOTER.format(begins)).intent is not Intent.OBJECTION


@pytest.mark.parametrize(
    "word",
    [
        *("jeveuplu de sms", "jeveupas vos textos", "jeneveuxplus vos mails", "neplusrecevoir", "arretezvosappels"),
        *("nemappelezplus", "laissezmoitranquille", "supprimezmonnumero", "retirezmoidevotreliste"),
    ],
)
def test_a_sentence_written_without_spaces_is_taken_apart(word: str):
    assert read(word).intent is Intent.OBJECTION


@pytest.mark.parametrize(
    "word",
    [
        "princesse",
        "république",
        "entretiens",
        "patriotes",
        "surveillons",
        "vedettes",
        "lefort",
        "dupont",
        "debloque",
        "culottes",
        "sangloter",
    ],
)
def test_a_word_of_the_dictionary_is_not(word: str):
    assert shipped().reply_words.parted(word) == (word,)


def test_letters_that_many_expressions_need_are_kept_once():
    """Each process that reads what people write keeps them for as long as it lives."""
    needs = [one for pattern in shipped().reply_words.patterns.every for way in pattern.ways for one in way.needs]
    assert len({id(one) for one in needs}) == len(set(needs)) < len(needs)


def test_one_clear_sentence_in_a_long_letter_is_enough_even_where_a_mail_program_broke_it():
    talk = "J’ai lu votre programme avec attention, notamment sur les écoles et les transports.\n" * 40
    assert read(f"{talk}Cela dit, je vous demande de ne\nplus m’adresser de courriels.\n{talk}").intent is Intent.OBJECTION
    assert read(talk).intent is Intent.OTHER


@pytest.mark.parametrize(
    ("text", "every_medium"),
    [
        ("STOP", False),
        ("Ne m'envoyez plus de SMS", False),
        ("STOP TOUT", True),
        ("Ne me contactez plus", True),
        ("Je m'oppose au traitement de mes données", True),
    ],
)
def test_an_objection_stops_the_channel_it_came_by_or_all_when_it_says_so(text: str, every_medium: bool):
    assert (read(text).intent, read(text).every_medium) == (Intent.OBJECTION, every_medium)


def test_a_right_beside_the_objection_is_told():
    assert read("Supprimez toutes mes données").right is RightAsked.ERASURE
    assert read("Comment avez-vous eu mon numéro ?").right is RightAsked.ACCESS
    assert read("STOP").right is None


def test_an_article_of_the_regulation_is_the_right_it_gives():
    for text, right, intent in (
        ("RGPD art 17", RightAsked.ERASURE, Intent.OBJECTION),
        ("Je demande la suppression de toutes les informations me concernant", RightAsked.ERASURE, Intent.OBJECTION),
        ("Article 21 du RGPD", None, Intent.OBJECTION),
        ("Article 15 du RGPD", RightAsked.ACCESS, Intent.DOUBTFUL),
        ("Communiquez-moi l'ensemble des données me concernant", RightAsked.ACCESS, Intent.DOUBTFUL),
        ("Que dit l'article 16 de la Constitution ?", None, Intent.OTHER),
    ):
        assert (read(text).right, read(text).intent) == (right, intent), text


def test_only_a_plain_no_is_one():
    assert read("Non merci !").plain_no
    assert read("Pas intéressée, merci").plain_no
    assert not read("Pas intéressée par vos SMS, retirez-moi").plain_no
    assert read("Pas intéressé par le covoiturage").intent is not Intent.OBJECTION
    assert not read("Non, ne m'écrivez plus").plain_no
    assert not read("Non à la rocade").plain_no


def test_to_ask_to_stop_and_to_go_on_at_once_is_for_a_person_to_read():
    assert read("STOP... non, réabonnez-moi").intent is Intent.DOUBTFUL


@given(st.text(max_size=400))
def test_any_text_at_all_is_read_and_always_alike(text: str):
    assert read(text) == read(text)


def test_a_way_that_is_passed_over_would_not_have_been_found_either():
    words = shipped().reply_words
    every = replace(
        words,
        polite=Ways(Way(way.said) for way in words.polite.every),
        apart=Ways(Way(way.said) for way in words.apart.every),
        patterns=Patterns(replace(one, ways=tuple(Way(way.said) for way in one.ways)) for one in words.patterns.every),
    )
    for text, _ in (*replies("objections")[::18], *replies("ordinary")[::18], *replies("doubtful")[::2]):
        assert read(text) == read_reply(text, every), text


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        # Who is at work with us says stop to us: a colleague waits for the printer. Somebody reads it, nothing ends.
        ("Stop, on attend l'imprimeur avant de coller les affiches", Intent.DOUBTFUL),
        ("Stop, ne m'écrivez plus, j'ai assez d'affiches", Intent.OBJECTION),  # … unless she says what she is tired of
        # What happens if it goes on: to us it is an objection, to a neighbour it is none.
        ("Je porte plainte si vous recommencez", Intent.OBJECTION),
        ("Je porte plainte contre mon bailleur", Intent.OTHER),
        # It names our list, by whatever verb and in the languages of France.
        ("Sortez mon gsm de vos contacts", Intent.OBJECTION),
        ("Lagé mwen tranquil, pa voyé mesaj ankò", Intent.OBJECTION),
        # "It" is what she named before.
        ("Vous tenez ce mail du judo. Ne l'utilisez plus.", Intent.OBJECTION),
        ("La salle est humide. Ne l'utilisez plus.", Intent.OTHER),
        # One sentence of several says it, though no more than that: somebody reads it.
        ("J'ai 82 ans et je vis à Aurillac. Plus rien, merci.", Intent.DOUBTFUL),
        ("J'ai 82 ans et je vis à Aurillac. Plus aucun bus ici.", Intent.OTHER),
        ("Je suis contente de vous lire. Gardez-moi sur la liste. Plus rien, merci.", Intent.DOUBTFUL),
        # Whoever sends us away or blocks us, and says nothing else, means us; anger may be about anything.
        ("Dégagez d'ici", Intent.OBJECTION),
        ("Dégagez les voitures du trottoir", Intent.OTHER),
        ("je vous bloque", Intent.OBJECTION),
        ("je bloque la date", Intent.OTHER),
        ("Ça suffit", Intent.DOUBTFUL),
        # "It must stop" is about what she named.
        ("Votre robot appelle ma tante tous les soirs. Que ça s'arrête.", Intent.OBJECTION),
        ("Les rodéos, il faut arrêter ça", Intent.OTHER),
        # What she is out of is hers to say; what stands against us is not what she lets go on.
        ("Désinscrivez-moi du repas, pas de vos mails", Intent.OTHER),
        ("Mon adresse ne doit plus servir", Intent.OBJECTION),
        ("Mes impôts ne doivent plus servir à ça", Intent.OTHER),
        ("Une affiche pend devant chez moi, enlevez-la", Intent.OTHER),
        # Whoever was told so by others asks nothing of us.
        ("Au guichet on me dit de ne plus appeler", Intent.OTHER),
        ("Votre lettre est arrivée coupée", Intent.OTHER),
    ],
)
def test_whom_or_what_a_demand_is_about_decides(text: str, intent: Intent):
    assert read(text).intent is intent


ENDLESS = (
    "\n|1 <a@b> a écrit |<a@|"
    "arrêtez de |ne plus |S T O P |message |stop, |(|a|@|a@|> |é\u0301|? |« |Liked “|mon mari a dit |il elle il |les gens "
    "|pas question de |me retirer de la liste |j'ai demandé stop |si je reçois encore |stop ? non |de la |a b |vos lettres "
)


@pytest.mark.parametrize("text", ENDLESS.split("|"))
def test_the_longest_texts_cost_little(text: str):
    with not_for_ever():
        assert read(text * 50_000).intent in set(Intent)


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('means = "refusal"', 'means = "maybe"', ".means: « maybe » n’est pas admis"),
        ("{no} (;? {no})*", "{nope} (;? {no})*", "{nope} n’est pas une classe de [words]"),
        ('sources = ["vendors-optout-words"', 'sources = ["hearsay"', "sources: « hearsay » n’est pas une clé de sources.toml"),
        ('no = ["non"', 'no = ["Nön"', "words.no: « Nön » : en minuscules"),
        ("< fin >", "< (fin >", "ne peut pas être lu comme un motif"),
        ("< fin >", "< fin & >", "« & », dans « < fin & > », ne veut rien dire dans un motif"),
        ("cause = [", 'cause = ["~~x", ', "words.cause: « ~~x » : en minuscules"),
        ("[pieces]", "[morsels]", "ne veut rien dire dans un motif"),
        ("[pieces]", "[pieces]\nend = 'x'", "un morceau de motif se nomme en capitales"),
        ("bearing = [", 'bearing = ["zorglub", ', "bearing: « zorglub » n’est pas un mot"),
    ],
)
def test_a_fault_in_the_words_is_named_with_its_key(old: str, new: str, fault: str):
    text = in_one_file(FEW)
    assert old in text
    told = faults_of(text.replace(old, new, 1))
    assert any(fault in line for line in told), told


def test_few_patterns_are_read_without_fault():
    assert faults_of(in_one_file(FEW)) == []


def test_words_as_they_sound_run_together_or_written_in_two_are_understood():
    for text in (
        "jveu plu kon mécrive",
        "anlevé moi de la liste",
        "frr arrete dmenvoyer des msg",
        "LAISSEZMOI TRANQUILLE",
        "plusdesms",
        "arretezvossms",
        "en lever mon num",
        "Je veutpas de vos textos",
        "Passezvotre chemin",
        "Merci de ne plus merelancer",
        "Dernié avertissement avant plainte",
    ):
        assert read(text).intent is Intent.OBJECTION, text


def test_an_everyday_word_is_not_ours_written_badly():
    for text in ("Vive la retraite à 60 ans", "Les femmes en prison", "le quartier change de visage", "Top", "shop"):
        assert read(text).intent is Intent.OTHER, text


def test_a_word_that_shares_its_beginning_with_one_of_ours_is_not_ours():
    words = shipped().reply_words
    for word, other in (
        ("ces", "cessez"),
        ("sorte", "sortez"),
        ("pourriez", "pourrissez"),
        ("raisons", "rasez"),
        ("maires", "mailez"),
    ):
        assert words.letter(word) != words.letter(other), word
    assert read("Qui vous aide à écrire ces messages ?").intent is Intent.OTHER
    assert read("Ras le bol de ces SMS").intent is Intent.OBJECTION


def test_a_road_is_no_keyword_in_disguise_and_figures_after_one_still_are_nothing():
    assert read("Arrêtez l'A31 bis").intent is Intent.OTHER
    for text in ("STOP36180", "ST0P", "stop x3"):
        assert read(text).intent is Intent.OBJECTION, text


def test_a_negation_that_ends_a_sentence_is_not_of_the_demand_after_it():
    assert read("je vote pas retirez mon numéro").intent is Intent.OBJECTION
    assert read("Ne pas retirer mon numéro svp").intent is Intent.OTHER
    assert read("j'aimerais ne pas supprimez mon numéro").intent is Intent.OTHER


def test_the_keyword_alone_survives_one_slip_of_a_finger():
    for text in ("spto", "stpo !", "sotp", "stor", "Stup"):
        assert read(text).intent is Intent.OBJECTION, text


def test_a_demand_that_names_nothing_else_is_about_us_and_one_that_does_is_not():
    assert read("faut arrêter maintenant, je dors").intent is Intent.OBJECTION
    assert read("faut arrêter les pesticides maintenant").intent is Intent.OTHER
    assert read("arrêtez de dire n'importe quoi").intent is not Intent.OBJECTION


def test_a_fault_in_a_part_is_named_with_its_file():
    faults = Faults()
    root = parse_toml((LAW / "stop.toml").read_text("utf-8"), "stop.toml", faults)
    parts = [parse_toml((LAW / name).read_text("utf-8"), name, faults) for name in FEW]
    parts[1] = parse_toml('[[pattern]]\nid = "x"\nmeans = "maybe"\nsays = ["stop"]\n', "stop-2-keywords.toml", faults)
    read_reply_words(root, shipped().sources, parts=parts)
    assert any("stop-2-keywords.toml: pattern[0].means: « maybe » n’est pas admis" in line for line in faults.lines), faults.lines


def test_words_of_a_pack_from_before_these_tables_are_still_read():
    text = in_one_file(ALL)
    faults = Faults()
    tables = ("lone =", "clipped =", "glued =", "alike_ends =", "plain =")
    older = "\n".join(line for line in text.splitlines() if not line.startswith(tables))
    older = older[: older.index("\n[common]")]
    words = read_reply_words(parse_toml(older, "stop.toml", faults), shipped().sources)
    assert faults.lines == []
    assert read_reply("STOP", words).intent is Intent.OBJECTION


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("Ma sœur s'est désinscrite, mais moi je continue à vous lire", Intent.OTHER),
        ("Ma sœur s'est désinscrite et reçoit encore vos mails", Intent.OBJECTION),
        ("Mon frère a répondu STOP, moi je reste abonné", Intent.OTHER),
        ("On m'a enlevé de la liste, pourquoi ?", Intent.OTHER),
        ("On m'a enlevé de la liste et je reçois encore vos SMS", Intent.OBJECTION),
        ("Je me suis désinscrite de la lettre de Morel, la vôtre me plaît", Intent.OTHER),
        ("Je me suis désinscrite de la lettre de Morel et je veux quitter la vôtre", Intent.OBJECTION),
    ],
)
def test_what_somebody_else_did_or_what_was_done_is_not_what_she_asks(text: str, intent: Intent):
    assert read(text).intent is intent


@pytest.mark.parametrize(
    "text",
    [
        "Il n'est pas question de me désinscrire",
        "Je n'ai jamais répondu STOP",
        "STOP ? Jamais de la vie, continuez",
        "Au lieu de STOP, mettez ENCORE",
        "Don't stop, we need you",
    ],
)
def test_a_stop_that_is_denied_or_only_spoken_of_is_none(text: str):
    assert read(text).intent is Intent.OTHER


def test_a_question_after_stop_and_a_cry_are_not_read_alike():
    assert read("STOP ? Non !").intent is Intent.OTHER
    assert read("STOP ! Non !").intent is Intent.OBJECTION


def test_whoever_wants_our_messages_is_asked_before_an_objection_counts_and_not_paused_for_a_vague_word():
    assert read("Désinscrivez-moi... ah non, au contraire, je tiens à rester inscrite").intent is Intent.DOUBTFUL
    assert read("Vos SMS ne sont pas pour moi une gêne").intent is Intent.DOUBTFUL
    assert read("Vos SMS ne sont pas pour moi une gêne, continuez").intent is Intent.OTHER
    assert read("Continuez votre campagne, mais sans moi dans votre liste").intent is Intent.OBJECTION
    assert read("J'adore vos lettres mais désinscrivez-moi").intent is Intent.OBJECTION


def test_more_of_them_is_not_no_more_of_them():
    assert read("J'aimerais recevoir plus de mails sur l'école").intent is Intent.OTHER
    assert read("Je ne souhaite recevoir plus de mails").intent is not Intent.OTHER
    assert read("Plus de newsletter depuis mars, tout va bien ?").intent is Intent.OTHER
    assert read("Plus de newsletter svp").intent is Intent.OBJECTION


def test_stop_and_a_cause_is_a_slogan_and_stop_and_somebody_is_an_objection():
    for text in ("Stop artificialisation", "STOP PESTICIDES", "stop au projet de la gare", "Le stop de la rue Basse est caché"):
        assert read(text).intent is Intent.OTHER, text
    for text in ("STOP CLAIRE VASSEUR", "stop monsieur Lefranc", "stop mme la candidate"):
        assert read(text).intent is Intent.OBJECTION, text


@pytest.mark.parametrize("tapped", ["Liked “{}”", "A aimé « {} »", "👍 à « {} »", "A adoré « Bon « {} » »", "Laughed at “{}”"])
def test_a_tap_on_our_message_repeats_it_and_asks_nothing(tapped: str):
    ours = "Réunion jeudi à 19 h.\nSTOP au 36000"
    assert read(tapped.format(ours)).intent is Intent.OTHER
    assert read(f"Réponse à « {ours} » : avec plaisir").intent is Intent.OTHER
    assert read(f"Réponse à « {ours} » : stop").intent is Intent.OBJECTION


def test_an_angry_face_after_a_keyword_takes_nothing_from_it():
    assert read("NON 😡").intent is Intent.OBJECTION
    assert read("désabonnement 😡😡").intent is Intent.OBJECTION
    assert read("😡😡").intent is Intent.DOUBTFUL
