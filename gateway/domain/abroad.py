"""In which plan a number is typed whose calling code, or whose country, stands beside it.

0470 12 34 56 is somebody's mobile in Belgium, and somebody else's landline in the Allier.
"""

from __future__ import annotations

import re
from functools import lru_cache

import phonenumbers

#: Countries as French lists call them, folded; others are known by their ISO 3166-1 code alone.
_NAMED = {
    "DE": "allemagne germany deutschland",
    "BE": "belgique belgium",
    "LU": "luxembourg",
    "CH": "suisse switzerland schweiz",
    "IT": "italie italy",
    "ES": "espagne spain",
    "PT": "portugal",
    "AD": "andorre andorra",
    "MC": "monaco",
    "NL": "hollande netherlands",
    "GB": "angleterre england ecosse uk",
    "IE": "irlande ireland",
    "AT": "autriche austria",
    "PL": "pologne poland",
    "RO": "roumanie romania",
    "GR": "grece greece",
    "US": "usa",
    "CA": "canada quebec",
    "MA": "maroc morocco",
    "DZ": "algerie algeria",
    "TN": "tunisie tunisia",
    "SN": "senegal",
    "CI": "cotedivoire",
    "IL": "israel",
    "LB": "liban lebanon",
    "TR": "turquie turkey",
}
_CALLED = {name: region for region, names in _NAMED.items() for name in names.split()} | {
    "pays bas": "NL",
    "royaume uni": "GB",
    "grande bretagne": "GB",
    "united kingdom": "GB",
    "etats unis": "US",
    "etats unis d amerique": "US",
    "united states": "US",
    "cote d ivoire": "CI",
}
_CODE_DIGITS_MAX = 3
_NO_COUNTRY = ("ZZ", "001")
_ALPHA_2 = 2
#: The zero that is left out when the calling code is dialled.
TRUNK_ZERO = re.compile(r"\(\s*0\s*\)")


@lru_cache(maxsize=1_000)
def region_by_name(country: str) -> str:
    """ISO code of a country by its name, lower case and without accents, or by that code; empty where it is not known."""
    if len(country) == _ALPHA_2 and phonenumbers.country_code_for_region(country.upper()):
        return country.upper()
    return _CALLED.get(country, "")


@lru_cache(maxsize=1_000)
def region_of_code(text: str) -> str:
    """ISO code of the region of a calling code as people write it (« +32 », « 0032 », « 33 (0) »); empty for what is none."""
    digits = re.sub(r"\D", "", TRUNK_ZERO.sub("", text)).lstrip("0")
    if not digits or len(digits) > _CODE_DIGITS_MAX:
        return ""
    region = phonenumbers.region_code_for_country_code(int(digits))
    return "" if region in _NO_COUNTRY else region
