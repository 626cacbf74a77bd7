"""The second barrier: whatever the format was, a body keeps only tags, attributes and looks that cannot touch the notices.

The result is balanced, so it cannot close the container it stands in; it holds no style sheet, and no inline style that leaves
the flow, hides, overlaps or shrinks what stands around it.
"""

from __future__ import annotations

import re

import nh3

# fmt: off
_TAGS = {
    "a", "b", "blockquote", "br", "code", "div", "em", "h1", "h2", "h3", "hr", "i", "img", "li", "ol", "p", "s", "small", "span",
    "strong", "sub", "sup", "table", "tbody", "td", "th", "thead", "tr", "u", "ul",
}
# fmt: on
_EVERYWHERE = {"style", "class", "align", "lang", "dir", "role"}
_ATTRIBUTES = {
    "*": _EVERYWHERE,
    "a": {"href", "title"},
    "img": {"src", "alt", "title", "width", "height"},
    "table": {"border", "cellpadding", "cellspacing", "width", "bgcolor"},
    "td": {"bgcolor", "colspan", "rowspan", "valign", "width"},
    "th": {"bgcolor", "colspan", "rowspan", "valign", "width"},
    "ol": {"start"},
}
#: Properties that only change how an element itself looks.
_AUTHOR_LOOKS = re.compile(r"(?:background-)?color|font-(?:size|style|weight)|line-height|text-(?:align|decoration|transform)")
#: What the MJML compiler writes besides.
_COMPILER_LOOKS = re.compile(
    r"background|border(?:-(?:bottom|collapse|color|left|radius|right|spacing|style|top|width))?|box-sizing|cursor|direction|"
    r"display|font-family|height|letter-spacing|list-style|(?:margin|padding)(?:-(?:bottom|left|right|top))?|max-width|"
    r"min-height|mso-line-height-rule|mso-padding-alt|outline|overflow|table-layout|vertical-align|width|word-break"
)
_DISPLAYS = frozenset({"block", "inline-block", "inline", "table", "table-cell"})
_SAFE_VALUE = re.compile(r"[\w #%.,()!-]*", re.ASCII)
_NEGATIVE = re.compile(r"(?:^|[\s,(])-")
_NUMBER = re.compile(r"(?<![\w#.])(\d+)(?:\.\d+)?([a-z%]*)")
#: Largest number by unit: nothing may push the notices out of sight. Other units are refused.
_MOST = {"px": 1000, "%": 400, "em": 10, "rem": 10, "pt": 700, "": 1000}
_UNITLESS_LINE_HEIGHT_MAX = 10
_CLASS = re.compile(r"mj-[a-z0-9-]+")


def clean(fragment: str) -> str:
    """The fragment, safe inside the layout. Comments are kept for Outlook's conditional tables; authors cannot write any."""
    return nh3.clean(
        fragment,
        tags=_TAGS,
        clean_content_tags={"script", "style", "title", "template", "noscript", "iframe", "textarea", "select", "svg", "math"},
        attributes=_ATTRIBUTES,
        attribute_filter=_attribute,
        url_schemes={"https", "mailto"},
        url_relative="deny",
        strip_comments=False,
        link_rel="noopener noreferrer",
    )


def style_fault(style: str) -> str | None:
    """Why an author's own style attribute is refused, or None."""
    for name, value in _declarations(style):
        if not _AUTHOR_LOOKS.fullmatch(name):
            return f"« {name} » refusé ; seuls couleurs, taille, graisse, interligne et alignement du texte sont acceptés"
        if fault := look_fault(name, value):
            return fault
    return None


def look_fault(name: str, value: str) -> str | None:
    """Why the value of a style property, or of an attribute that becomes one, is refused, or None."""
    if not _SAFE_VALUE.fullmatch(value) or "url" in value.lower() or "expression" in value.lower():
        return f"valeur « {value[:40]} » refusée"
    if name == "display":
        return None if value in _DISPLAYS else f"valeur « {value} » refusée"
    if _NEGATIVE.search(value):
        return f"valeur négative « {value[:40]} » refusée"
    for number, unit in _NUMBER.findall(value):
        most = _UNITLESS_LINE_HEIGHT_MAX if (name, unit) == ("line-height", "") else _MOST.get(unit, -1)
        if int(number) > most:
            return f"valeur « {value[:40]} » refusée : trop grande, ou dans une unité inconnue"
    return None


def _attribute(tag: str, name: str, value: str) -> str | None:
    """nh3 asks for each attribute: its value, or None to drop it."""
    del tag
    match name:
        case "style":
            return ";".join(f"{key}:{held}" for key, held in _declarations(value) if _is_kept(key, held)) or None
        case "class":
            return " ".join(each for each in value.split() if _CLASS.fullmatch(each)) or None
        case _:
            return value


def _is_kept(name: str, value: str) -> bool:
    known = _AUTHOR_LOOKS.fullmatch(name) or _COMPILER_LOOKS.fullmatch(name)
    return known is not None and look_fault(name, value) is None


def _declarations(style: str) -> list[tuple[str, str]]:
    pairs = (part.partition(":") for part in style.split(";") if part.strip())
    return [(name.strip().lower(), value.strip()) for name, _, value in pairs]
