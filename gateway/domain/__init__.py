"""Nouns of the gateway: frozen values and closed sets. Standard library and phonenumbers only."""
