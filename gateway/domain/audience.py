"""Who a campaign is for: declared selection criteria, never a hidden query (rule rpp-targeting-detect)."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.domain.contact import ContactClass


@dataclass(frozen=True, slots=True, kw_only=True)
class Audience:
    """A closed list of criteria; an empty one selects everybody who has an address on the channel."""

    classes: tuple[ContactClass, ...] = ()
    communes: tuple[str, ...] = ()
    postcodes: tuple[str, ...] = ()  #: whole postcodes or their beginnings
    territories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()  #: any of them
    languages: tuple[str, ...] = ()
    #: Names of campaigns: nobody whom one of them reached, or may have. It is no criterion: it tells nothing of what people are.
    unreached_by: tuple[str, ...] = ()

    @property
    def criteria(self) -> tuple[str, ...]:
        """Names of the criteria used, sorted: what the rules on targeting look at. Each selects people for what they are."""
        used = {
            "contact_class": self.classes,
            "commune": self.communes,
            "postcode": self.postcodes,
            "territory": self.territories,
            "tag": self.tags,
            "language": self.languages,
        }
        return tuple(sorted(name for name, values in used.items() if values))
