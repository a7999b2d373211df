"""What a column of a CSV file is: by its heading in several languages, or by hand."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from hub_contacts.contact import Address
from hub_contacts.vcard.labels import types_of

TEXTS = (
    "description", "prefix", "first", "middle", "last", "suffix", "company", "department", "job_title", "note", "login",
    "dnis_name", "dnis_language", "uid", "source", "device",
)  # fmt: skip
SINGLE = (*TEXTS, "birthday", "groups", "favourite", "kind", "vcard")
SEVERAL = ("number", "email", "url")
ADDRESS_PARTS = Address._fields[:7]


@dataclass(frozen=True, slots=True)
class Column:
    """What the cells of a column are: a field of a contact, or a part of one of which there are several.

    `slot` tells which columns belong together, `part` what of it this one is: `text`, `label`, `primary`, or a part of
    an address. `label` is that of all its cells.
    """

    field: str
    label: str = ""
    slot: str = ""
    part: str = ""

    def __str__(self) -> str:
        """Return the target as a person writes it."""
        field = f"{self.field}.{self.part}" if self.part not in {"", "text"} else self.field
        label = self.label or self.slot
        return f"{field}:{label}" if label else field

    @classmethod
    def parse(cls, text: str) -> Column:
        """Read a target as a person writes it: `last`, `number:work fax`, `address.city:home`; raises ValueError."""
        name, _, label = text.partition(":")
        field, _, part = name.strip().partition(".")
        label = label.strip()
        if field in SINGLE and not part and not label:
            return cls(field)
        if field in SEVERAL and part in {"", "label", "primary"}:
            return cls(field, label if not part else "", label if part else "", part or "text")
        if field == "address" and part in (*ADDRESS_PARTS, "label", "primary"):
            return cls(field, "" if part in {"label", "primary"} else label, label, part)
        known = ", ".join((*SINGLE, *(f"{each}:LABEL" for each in SEVERAL), "address.PART:LABEL"))
        raise ValueError(f'"{text}" is no field of a contact; there are {known}')


def plain(heading: str) -> str:
    """Return a heading as it is looked up: small letters without accents, and figures, one space between words."""
    letters = unicodedata.normalize("NFKD", heading.casefold().replace("ß", "ss"))
    return " ".join(re.findall(r"[^\W_]+", "".join(c for c in letters if not unicodedata.combining(c))))


_WORDS = {
    "description": "description|display name|displayname|file as|full name|fullname|name|contact|contact name|"
    "caller name|"
    "anzeigename|beschreibung|angezeigter name|nom complet|nom affiche|nombre completo|nombre para mostrar|"
    "nome visualizzato|nome completo|weergavenaam|volledige naam|kontakt|bezeichnung",
    "prefix": "prefix|name prefix|honorific|salutation|anrede|titel|titre|titulo|titolo|namenspraefix",
    "first": "first name|firstname|first|given name|givenname|forename|vorname|prenom|nombre|nome|voornaam",
    "middle": "middle name|middlename|middle|additional name|second name|weitere vornamen|zweiter vorname|2 vorname|"
    "deuxieme prenom|segundo nombre|secondo nome|middelste naam|tussenvoegsel",
    "last": "last name|lastname|last|surname|family name|familyname|nachname|familienname|nom|nom de famille|apellidos|"
    "apellido|cognome|achternaam",
    "suffix": "suffix|name suffix|suffixe|sufijo|suffisso|titolo straniero|achtervoegsel|namenszusatz",
    "company": "company|company name|organization|organisation|organization name|organization 1 name|firma|firmenname|"
    "unternehmen|societe|entreprise|organizacion|compania|empresa|societa|azienda|ditta|bedrijf|organisatie",
    "department": "department|organization department|organization 1 department|abteilung|service|departement|"
    "departamento|reparto|afdeling|division",
    "job_title": "job title|jobtitle|organization title|organization 1 title|position|funktion|beruf|"
    "profession|fonction|puesto|cargo|posizione|qualifica|mansione|functie|role",
    "note": "note|notes|notizen|notiz|bemerkung|bemerkungen|kommentar|comment|comments|remarque|remarques|notas|nota|"
    "notities|opmerkingen",
    "groups": "categories|category|kategorien|kategorie|categorieen|categorie|categorias|labels|group membership|"
    "groups|group|gruppen|gruppe|groupes|gruppi|grupos|groepen",
    "birthday": "birthday|birth date|birthdate|date of birth|geburtstag|geburtsdatum|anniversaire|date de naissance|"
    "cumpleanos|fecha de nacimiento|compleanno|data di nascita|verjaardag|geboortedatum",
    "favourite": "favourite|favorite|favorit|favori|favorito|preferito|favoriet|starred",
    "login": "login|user name|username|user|benutzer|benutzername|utilisateur|usuario|utente|gebruiker|gebruikersnaam",
    "dnis_name": "dnis name|dnisname|did dnis name|did name",
    "dnis_language": "dnis language|did prompt language|did dnis prompt language|prompt language|did language",
    "uid": "uid|id|contact id", "kind": "kind", "source": "source", "device": "device", "vcard": "vcard",
}  # fmt: skip
NAMES = {word: field for field, words in _WORDS.items() for word in words.split("|")}

_NUMBER = re.compile(
    r"phone|tele|^tel\b|\btel\b|\btfno|rufnummer|durchwahl|telex|extension|mobi|movil|cell|handy|gsm|natel|fax|pager|"
    r"\bisdn\b|rnis|beeper|localizador|cercapersone|semafoon|piepser|radiomessagerie|^number( \d+)?$|^nummer( \d+)?$|"
    r"^numero( \d+)?$|\bdid\b|\bdnis\b|callback|ruckmeldung|rappel|richiamata|terugbellen|^abitazione|^ufficio|"
    r"^particular|centralita|^autotelefon|^auto$|devolucion de llamada|"
    r"^(work|home|business|office|main|other|direct|ddi)( \d+)?$|"
    r"^(contact|direct|main) (number|nummer)"
)
_EMAIL = re.compile(r"mail|correo|posta elettronica|\bmessagerie|courriel")
_URL = re.compile(r"web|website|homepage|^url|internetseite|pagina|^site")
_NOT_VALUE = re.compile(
    r"typ\b|type|tipo|display|angezeigt|afficher|affiche|mostrar|visualizz|weergegeven|weergave|nom complet|nombre|"
    r"\bname\b|\bnaam\b|language|server|\bnom\b"
)
_KINDS = (
    ("fax", r"fax|telecopie"),
    ("mobile", r"mobi|movil|cell|handy|gsm|natel"),
    ("pager", r"pager|beeper|localizador|cercapersone|semafoon|piepser|radiomessagerie"),
    ("car", r"\bcar\b|auto|voiture"),
    ("isdn", r"isdn|rnis"),
    ("assistant", r"assist|ayudante"),
    ("main", r"\bmain\b|primary|haupt|principal|hoofd|firma|company|societ|centralita"),
    ("callback", r"callback|ruckmeldung|rappel|richiamata|terugbellen|devolucion"),
    ("other", r"other|weiter|autre|otro|otra|altr|ander"),
)
_PLACES = (
    ("work", r"business|work|office|geschaft|dienst|buro|bureau|trabajo|oficina|uff|lavoro|werk|zakelijk|profession"),
    ("home", r"home|privat|domicil|particular|casa|abitaz|\bab\b|thuis|huis|personal|maison|prive"),
    ("other", r"other|weiter|autre|otro|otra|altr|ander"),
)
_ADDRESS = (
    ("box", r"po box|postfach|boite postale|apartado|casella|postbus"),
    ("code", r"postal code|zip|postcode|postleitzahl|plz|code postal|codigo postal|\bcap\b|postal$"),
    (
        "street",
        (r"street|strasse|\brue\b|calle|\bvia\b|straat|\baddress( \d)?$|^adresse$|^direccion$|^indirizzo$|^adres$|"
        r"address line"),
    ),
    ("city", r"city|town|\bort\b|stadt|ville|ciudad|citta|plaats|locality|poblacion"),
    ("country", r"country|\bland\b|pays|\bpais\b|paese|nazione"),
    ("region", r"state|province|region|regio|bundesland|kanton|dep region|provinci|estado|county|departement"),
)  # fmt: skip
_LONGEST = 200  # characters of a heading that anybody knows
_SLOTTED = re.compile(
    r"(phone|e mail|email|website|address|number|url) (\d+) (value|type|label|primary|text|" + "|".join(
        (*ADDRESS_PARTS, "po box", "extended address", "postal code", "formatted")
    ) + r")"
)  # fmt: skip
_SLOTS = {"phone": "number", "number": "number", "e mail": "email", "email": "email", "website": "url", "url": "url"}
_SLOT_PARTS = {
    "value": "text", "type": "label", "po box": "box", "extended address": "extended", "postal code": "code",
}  # fmt: skip


def column_of(heading: str) -> Column | None:
    """Return what a column is by its heading, None if nobody knows."""
    text = plain(heading[:_LONGEST])
    if slotted := _SLOTTED.fullmatch(text):
        kind, slot, part = slotted.groups()
        part = _SLOT_PARTS.get(part, part)
        return None if part == "formatted" else Column(_SLOTS.get(kind, kind), "", slot, part)
    if text in NAMES:
        return Column(NAMES[text])
    for pattern, field in ((_EMAIL, "email"), (_NUMBER, "number"), (_URL, "url")):
        if pattern.search(text):
            skipped = _NOT_VALUE.search(text) and (field != "number" or not text.startswith("nom"))
            return None if skipped and field != "url" else Column(field, _label(text, field), "", "text")
    place = _found(_PLACES, text)
    for part, words in _ADDRESS:
        if re.search(words, text):
            return Column("address", place if place != "other" else "other", place, part)
    return None


def _label(text: str, field: str) -> str:
    place = _found(_PLACES[:2], text)
    if field != "number":
        return place
    kind = _found(_KINDS, text)
    if kind == "fax" and not place:
        place = _found(_PLACES[2:], text)
    if kind == "mobile" and not place:
        return kind
    label = f"{place} {kind}".strip() if kind in {"fax", "mobile", ""} else kind
    return label if types_of(label) else kind or place


def _found(table: tuple[tuple[str, str], ...], text: str) -> str:
    return next((word for word, pattern in table if re.search(pattern, text)), "")


def preset_of(columns: list[Column | None], headings: list[str]) -> str:
    """Return which program's file this is, by its headings."""
    texts = {plain(heading) for heading in headings}
    if {"vcard", "uid", "kind"} <= texts:
        return "phonehub"
    if any(text.startswith(("phone 1", "e mail 1", "group membership")) for text in texts):
        return "google" if "first name" in texts else "google-old"
    if len([column for column in columns if column]) > 12 and "description" not in {c.field for c in columns if c}:  # noqa: PLR2004
        return next((f"outlook-{language}" for language, words in _LANGUAGES.items() if words <= texts), "generic")
    for language, words in _LANGUAGES.items():
        if words <= texts and texts & _OUTLOOK_ONLY:
            return f"outlook-{language}"
    return "generic"


_LANGUAGES = {
    "en": {"first name", "last name"}, "de": {"vorname", "nachname"}, "fr": {"prenom", "nom"},
    "es": {"nombre", "apellidos"}, "it": {"nome", "cognome"}, "nl": {"voornaam", "achternaam"},
}  # fmt: skip
_OUTLOOK_ONLY = {
    "e mail address", "e mail adresse", "adresse de messagerie", "direccion de correo electronico",
    "indirizzo posta elettronica", "e mailadres", "business phone", "telefon geschaftlich", "telephone bureau",
    "telefono del trabajo", "ufficio", "telefoon op werk",
}  # fmt: skip
