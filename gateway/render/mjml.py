"""MJML bodies: a closed grammar, read strictly, so that what is checked is what the MJML compiler sees.

Every `<` must begin a known tag with quoted, known attributes; comments, declarations, styles, scripts, includes, raw blocks,
remote fonts and background images do not exist here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

from mjml import mjml2html

from gateway.domain.errors import InvalidContent
from gateway.render.cleaning import look_fault, style_fault
from gateway.render.faults import Fault, line_of
from gateway.render.links import image_fault, link_fault
from gateway.render.slots import OPEN

_DEPTH_MAX = 40
#: An image this small shows nothing to anyone: it is there to watch who opens the message (rule email-no-open-pixel).
_PIXEL_SIDE_MAX = 2

_TAG = re.compile(r"""<(/?)([a-z][a-z0-9-]*)((?:\s+[a-z-]+="[^"<>]*")*)\s*(/?)>""")
_ATTRIBUTE = re.compile(r"""([a-z-]+)="([^"<>]*)\"""")
_BODY = re.compile(r"<body[^>]*>(.*)</body>", re.DOTALL)
_COLUMN = re.compile(r"\.(mj-column-(?:per|px)-[0-9-]+) \{ width:([0-9.]+(?:%|px)) !important; max-width:([0-9.]+(?:%|px)); \}")
_LENGTH = re.compile(r"(\d+)(?:\.\d+)?px")

#: What an author need not say: no remote font, sizes that everyone can read, the margins of the notices.
_DEFAULTS = """<mj-attributes><mj-all font-family="Helvetica, Arial, sans-serif"/>
<mj-section padding="8px 0"/><mj-text font-size="16px" line-height="1.5" padding="8px 32px"/>
<mj-table font-size="16px" line-height="1.5" padding="8px 32px"/><mj-divider padding="12px 32px"/>
<mj-button font-size="16px" font-weight="bold" inner-padding="13px 26px" border-radius="6px" padding="12px 32px"/>
</mj-attributes>"""

#: MJML tags, and the tags each may stand in.
_PARENTS: dict[str, frozenset[str]] = {
    "mjml": frozenset({""}),
    "mj-head": frozenset({"mjml"}),
    "mj-attributes": frozenset({"mj-head"}),
    "mj-all": frozenset({"mj-attributes"}),
    "mj-class": frozenset({"mj-attributes"}),
    "mj-body": frozenset({"mjml"}),
    "mj-wrapper": frozenset({"mj-body", "mj-attributes"}),
    "mj-section": frozenset({"mj-body", "mj-wrapper", "mj-attributes"}),
    "mj-group": frozenset({"mj-section", "mj-attributes"}),
    "mj-column": frozenset({"mj-section", "mj-group", "mj-attributes"}),
    **{
        leaf: frozenset({"mj-column", "mj-attributes"})
        for leaf in ("mj-text", "mj-button", "mj-table", "mj-image", "mj-divider", "mj-spacer")
    },
}
_HTML_IN = frozenset({"mj-text", "mj-button", "mj-table"})
# fmt: off
_HTML = frozenset({
    "p", "br", "strong", "b", "em", "i", "u", "s", "a", "span", "ul", "ol", "li", "h1", "h2", "h3", "blockquote", "hr", "sup",
    "sub", "small",
})
# fmt: on
_TABLE = frozenset({"thead", "tbody", "tr", "td", "th"})
_VOID = frozenset({"br", "hr"})

_LOOKS = re.compile(
    r"align|background-color|border(?:-(?:bottom|color|left|radius|right|style|top|width))?|cellpadding|cellspacing|color|"
    r"container-background-color|direction|font-(?:family|size|style|weight)|full-width|height|inner-padding|letter-spacing|"
    r"line-height|mj-class|name|padding(?:-(?:bottom|left|right|top))?|table-layout|text-(?:align|decoration|transform)|"
    r"vertical-align|width"
)
_HTML_LOOKS = re.compile(r"align|colspan|rowspan|valign|width|lang|dir")
_FREE_TEXT = frozenset({"alt", "title"})


def faults(source: str) -> Iterator[Fault]:
    """Faults of an MJML body whose placeholders are marked already."""
    found = list(_grammar_faults(source))
    yield from found
    if not found:
        try:
            _compiled(source)
        except InvalidContent as fault:
            yield Fault(0, str(fault))


def to_html(source: str) -> tuple[str, str]:
    """HTML fragment of a checked MJML body, and the few rules that put its columns side by side on wide screens."""
    html = _compiled(source)
    body = _BODY.search(html)
    rules = dict.fromkeys(
        f".{name} {{ width: {width} !important; max-width: {most}; }}" for name, width, most in _COLUMN.findall(html)
    )
    return body[1] if body else "", "\n".join(rules)


def _compiled(source: str) -> str:
    if "<mj-head>" in source:
        source = source.replace("<mj-head>", f"<mj-head>{_DEFAULTS}", 1)
    else:
        source = re.sub(r"(<mjml[^>]*>)", rf"\1<mj-head>{_DEFAULTS}</mj-head>", source, count=1)
    try:
        html: str = mjml2html(source, fonts={})
    except ValueError as fault:
        raise InvalidContent(f"MJML illisible : {fault}") from fault
    return html


def _grammar_faults(source: str) -> Iterator[Fault]:
    open_tags: list[str] = [""]
    at = 0
    while (start := source.find("<", at)) >= 0:
        line = line_of(source, start)
        yield from _text_faults(source[at:start], open_tags[-1], line_of(source, at))
        tag = _TAG.match(source, start)
        if tag is None:
            yield Fault(
                line, "« < » ne commence pas une balise acceptée (commentaires et déclarations exclus ; &lt; pour le signe)"
            )
            return
        at = tag.end()
        closing, name, attributes, alone = tag.groups()
        if closing:
            if name != open_tags[-1]:
                yield Fault(line, f"</{name}> ferme une balise qui n’est pas ouverte ; attendu : </{open_tags[-1]}>")
                return
            open_tags.pop()
            continue
        yield from (Fault(line, why) for why in _tag_faults(name, open_tags))
        yield from (Fault(line, why) for why in _attribute_faults(name, attributes))
        if not alone and name not in _VOID:
            open_tags.append(name)
        if len(open_tags) > _DEPTH_MAX:
            yield Fault(line, f"plus de {_DEPTH_MAX} balises l’une dans l’autre")
            return
    yield from _text_faults(source[at:], open_tags[-1], line_of(source, at))
    if len(open_tags) > 1:
        yield Fault(0, f"<{open_tags[-1]}> n’est pas fermée")
    if source.count("<mjml") != 1 or source.count("<mj-body") != 1 or source.count("<mj-head") > 1:
        yield Fault(0, "un corps MJML a un seul <mjml>, un seul <mj-body> et au plus un <mj-head>")


def _text_faults(text: str, inside: str, line: int) -> Iterator[Fault]:
    if text.strip() and inside not in _HTML_IN | _HTML | _TABLE:
        yield Fault(line, "texte hors de <mj-text>, <mj-button> ou <mj-table>")


def _tag_faults(name: str, open_tags: list[str]) -> Iterator[str]:
    parent = open_tags[-1]
    if name in _PARENTS:
        if parent not in _PARENTS[name]:
            yield f"<{name}> ne se place pas dans <{parent or 'rien'}>"
    elif name in _HTML or name in _TABLE:
        holder = next((tag for tag in reversed(open_tags) if tag in _HTML_IN), None)
        if holder is None:
            yield f"<{name}> ne se place que dans <mj-text>, <mj-button> ou <mj-table>"
        elif name in _TABLE and holder != "mj-table":
            yield f"<{name}> ne se place que dans <mj-table>"
    else:
        yield f"balise <{name}> inconnue ou refusée"


def _attribute_faults(tag: str, attributes: str) -> Iterator[str]:
    sides: dict[str, str] = {}
    for name, value in _ATTRIBUTE.findall(attributes):
        value = unescape(value).strip()
        sides[name] = value
        if OPEN in value:
            yield f"{name} : un champ ne se place que dans le texte"
        elif name == "href" and tag in ("a", "mj-button", "mj-image"):
            yield from _because(name, link_fault(value))
        elif name == "src" and tag == "mj-image":
            yield from _because(name, image_fault(value))
        elif name in _FREE_TEXT:
            if not value.isprintable():
                yield f"{name} : caractère interdit"
        elif name == "style" and not tag.startswith("mj"):
            yield from _because(name, style_fault(value))
        elif _is_look(tag, name):
            yield from _because(name, look_fault(name, value))
        else:
            yield f"attribut {name} refusé dans <{tag}>"
    if tag == "mj-image":
        if not sides.get("alt"):
            yield 'une image a une description : alt="…"'
        if any(_pixels(sides.get(side, "")) <= _PIXEL_SIDE_MAX for side in ("width", "height")):
            yield "image trop petite pour être vue : les pixels de suivi sont refusés"


def _is_look(tag: str, name: str) -> bool:
    """Whether the attribute only changes how this tag looks. The body is as wide as the layout, whoever asks."""
    if (tag, name) in (("mjml", "lang"), ("mj-body", "width")):
        return name == "lang"
    return (_LOOKS if tag.startswith("mj") else _HTML_LOOKS).fullmatch(name) is not None


def _because(name: str, fault: str | None) -> Iterator[str]:
    if fault:
        yield f"{name} : {fault}"


def _pixels(value: str) -> float:
    """Length in pixels; endless when it is not given in pixels."""
    found = _LENGTH.fullmatch(value)
    return int(found[1]) if found else float("inf")
