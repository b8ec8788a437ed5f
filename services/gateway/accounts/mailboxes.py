"""Addresses that look as if several people read them: a hint, never a refusal. The page gets the words from here too. Pure."""

import re

# English, French, Dutch and German, and what agencies of all four languages call their mailboxes.
SHARED = (
    "info", "infos", "contact", "contacts", "office", "mail", "email", "hello", "support", "help", "service", "team", "admin",
    "administration", "sales", "rent", "rental", "rentals", "property", "properties", "realestate", "agency", "reception", "billing",
    "invoice", "invoices", "accounting", "finance", "jobs", "hr", "marketing", "press", "legal", "webmaster", "postmaster", "noreply",
    "no-reply", "immo", "syndic",
    "bonjour", "accueil", "agence", "bureau", "vente", "ventes", "location", "locations", "gerance", "secretariat", "direction",
    "comptabilite", "facturation", "facture", "factures", "equipe", "aide", "etude", "notaire", "copropriete", "expertise",
    "kantoor", "verkoop", "verhuur", "verhuring", "beheer", "onthaal", "secretariaat", "boekhouding", "facturatie", "factuur",
    "facturen", "ploeg", "hulp", "dienst", "directie", "makelaar", "vastgoed", "syndicus", "rentmeester", "welkom",
    "buero", "büro", "kontakt", "verkauf", "vertrieb", "vermietung", "verwaltung", "empfang", "sekretariat", "buchhaltung",
    "rechnung", "rechnungen", "hilfe", "dienst", "leitung", "makler", "immobilien", "hausverwaltung", "zentrale", "willkommen",
)  # fmt: skip
_SHARED = frozenset(SHARED)


def looks_shared(email: str) -> bool:
    """`info@`, `Verkoop.Gent@`, `agence-uccle@`: the whole name before the @, or its first word."""
    name, at, _ = email.strip().casefold().partition("@")
    return bool(at) and (name in _SHARED or re.split(r"[.+_-]", name)[0] in _SHARED)
