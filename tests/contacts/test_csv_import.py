from __future__ import annotations

import io
import tracemalloc
from random import Random  # noqa: TC003  hypothesis looks at it
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub import UserError
from hub_contacts.contact import Contact, Labelled
from hub_contacts.refused import Limits, Refused, dry_run
from hub_contacts.sheet.read import Sheet

if TYPE_CHECKING:
    from collections.abc import Iterator

OUTLOOK = {
    "en": (
        "Title,First Name,Middle Name,Last Name,Suffix,Company,Department,Job Title,Business Street,Business City,"
        "Business State,Business Postal Code,Business Country/Region,Home Street,Home City,Business Fax,Business Phone,"
        "Business Phone 2,Home Phone,Mobile Phone,Pager,Birthday,Categories,E-mail Address,E-mail Type,"
        "E-mail Display Name,E-mail 2 Address,Notes,Web Page"
    ),
    "de": (
        "Anrede,Vorname,Weitere Vornamen,Nachname,Suffix,Firma,Abteilung,Position,Straße geschäftlich,Ort geschäftlich,"
        "Region geschäftlich,Postleitzahl geschäftlich,Land/Region geschäftlich,Straße privat,Ort privat,"
        "Fax geschäftlich,Telefon geschäftlich,Telefon geschäftlich 2,Telefon privat,Mobiltelefon,"
        "Pager,Geburtstag,Kategorien,"
        "E-Mail-Adresse,E-Mail-Typ,E-Mail: Angezeigter Name,E-Mail 2: Adresse,Notizen,Webseite"
    ),
    "fr": (
        "Titre,Prénom,Deuxième prénom,Nom,Suffixe,Société,Service,Profession,Rue (bureau),Ville (bureau),"
        "Dép/Région (bureau),Code postal (bureau),Pays/Région (bureau),Rue (domicile),Ville (domicile),"
        "Télécopie (bureau),Téléphone (bureau),Téléphone 2 (bureau),Téléphone (domicile),"
        "Tél. mobile,Récepteur de radiomessagerie,"
        "Anniversaire,Catégories,Adresse de messagerie,Type de messagerie,Nom complet de l'adresse de messagerie,"
        "Adresse de messagerie 2,Notes,Page Web"
    ),
    "es": (
        "Título,Nombre,Segundo nombre,Apellidos,Sufijo,Organización,Departamento,Puesto,Calle del trabajo,"
        "Ciudad de trabajo,Provincia o estado de trabajo,Código postal del trabajo,País o región del trabajo,"
        "Calle de domicilio,Ciudad de domicilio,Fax del trabajo,Teléfono del trabajo,Teléfono del trabajo 2,"
        "Teléfono particular,Teléfono móvil,Localizador,Cumpleaños,Categorías,Dirección de correo electrónico,"
        "Tipo de correo electrónico,Nombre para mostrar del correo electrónico,Dirección del correo electrónico 2,"
        "Notas,Página Web"
    ),
    "it": (
        "Titolo,Nome,Secondo nome,Cognome,Titolo straniero,Società,Reparto,Posizione,Via (uff.),Città (uff.),"
        "Provincia (uff.),CAP (uff.),Paese (uff.),Via (ab.),Città (ab.),Fax (uff.),Ufficio,Ufficio 2,Abitazione,"
        "Cellulare,Cercapersone,Compleanno,Categorie,Indirizzo posta elettronica,Tipo posta elettronica,"
        "Nome visualizzato posta elettronica,Indirizzo posta elettronica 2,Note,Pagina Web"
    ),
    "nl": (
        '"Titel","Voornaam","Middelste naam","Achternaam","Achtervoegsel","Bedrijf","Afdeling","Functie",'
        '"Werkadres, straat","Werkadres, plaats","Werkadres, provincie","Werkadres, postcode","Werkadres, land/regio",'
        '"Huisadres, straat","Huisadres, plaats","Fax op werk","Telefoon op werk","Telefoon op werk 2",'
        '"Telefoon thuis","Mobiele telefoon","Semafoon","Verjaardag","Categorieën","E-mailadres","E-mailtype",'
        '"E-mail, weergegeven naam","E-mailadres 2","Notities","Webpagina"'
    ),
}
VALUES = [
    "Dr.", "Jürgen", "Karl", "Müller", "jun.", "Söhne & Co", "Sales", "Buyer", "Street 1", "City", "Region", "01069",
    "Land", "Home 2", "Town", "030-1", "+49 30 2", "030/3", "(030) 4", "0171 5", "0999", "29.02.1964", "Friends;VIP",
    "a@b.example", "SMTP", "Jürgen M", "c@d.example", 'first\nsecond, "quoted"', "http://w.example",
]  # fmt: skip


def row(values: list[str], delimiter: str = ",") -> str:
    return delimiter.join('"' + value.replace('"', '""') + '"' for value in values)


def sheet(text: str | bytes, **more: object) -> Sheet:
    return Sheet(io.BytesIO(text.encode() if isinstance(text, str) else text), **more)  # type: ignore[arg-type]


@pytest.mark.feature("CON-06")
@pytest.mark.parametrize("language", OUTLOOK)
def test_outlook_in_its_languages(language: str) -> None:
    read = sheet(f"{OUTLOOK[language]}\r\n{row(VALUES)}\r\n".encode("cp1252"))
    (contact,) = read
    assert isinstance(contact, Contact), contact
    assert read.preset == f"outlook-{language}"
    assert len(read.unused) == 2, read.unused  # type and display name of an e-mail address
    assert (contact.prefix, contact.first, contact.middle, contact.last, contact.suffix) == (
        "Dr.", "Jürgen", "Karl", "Müller", "jun.",
    )  # fmt: skip
    assert (contact.company, contact.department, contact.job_title) == ("Söhne & Co", "Sales", "Buyer")
    assert contact.numbers == (
        Labelled("030-1", "work fax"), Labelled("+49 30 2", "work"), Labelled("030/3", "work"),
        Labelled("(030) 4", "home"), Labelled("0171 5", "mobile"), Labelled("0999", "pager"),
    )  # fmt: skip
    assert [each.text for each in contact.emails] == ["a@b.example", "c@d.example"]
    work, home = contact.addresses
    assert work[2:8] == ("Street 1", "City", "Region", "01069", "Land", "work")
    assert home[2:8] == ("Home 2", "Town", "", "", "", "home")
    assert contact.note == 'first\nsecond, "quoted"'
    assert (contact.birthday, contact.groups, contact.urls[0].text) == (
        "1964-02-29", ("Friends", "VIP"), "http://w.example",
    )  # fmt: skip


NEW_GOOGLE = """\
First Name,Middle Name,Last Name,Phonetic First Name,Name Prefix,Name Suffix,Nickname,File As,Organization Name,\
Organization Title,Organization Department,Birthday,Notes,Photo,Labels,E-mail 1 - Label,E-mail 1 - Value,\
Phone 1 - Label,Phone 1 - Value,Phone 2 - Label,Phone 2 - Value,Address 1 - Label,Address 1 - Formatted,\
Address 1 - Street,Address 1 - City,Address 1 - PO Box,Address 1 - Region,Address 1 - Postal Code,Address 1 - Country,\
Website 1 - Label,Website 1 - Value
Mum,,,,,,,,,,,,,,* myContacts ::: * starred,,,Mobile,+1 585 555 0100 ::: +1 585 555 0101,,,,,,,,,,,,
Ann,Q.,Lee,,Dr.,,,,Acme,Boss,R&D,1980-05-06,"a
b",,* myContacts,* Work,ann@acme.example,Work Fax,1,Chalet,2,Home,x,Street 1,City,PO 1,NY,01069,US,Blog,http://x.example
"""
OLD_GOOGLE = """\
Name,Given Name,Additional Name,Family Name,Yomi Name,Name Prefix,Name Suffix,Nickname,Birthday,Notes,Group Membership,\
E-mail 1 - Type,E-mail 1 - Value,Phone 1 - Type,Phone 1 - Value,Organization 1 - Type,Organization 1 - Name,\
Organization 1 - Title,Organization 1 - Department
Ann Lee,Ann,,Lee,,,,,,,* My Contacts ::: Friends,* Other,a@b.example,Mobile,+1 5,,Acme,Boss,R&D
"""


@pytest.mark.feature("CON-06")
def test_google_new_and_old() -> None:
    new = sheet(NEW_GOOGLE)
    mum, ann = new
    assert new.preset == "google"
    assert isinstance(mum, Contact)
    assert isinstance(ann, Contact)
    assert (mum.name, mum.favourite) == ("Mum", True)
    assert mum.numbers == (Labelled("+1 585 555 0100", "mobile"), Labelled("+1 585 555 0101", "mobile"))
    assert ann.numbers == (Labelled("1", "work fax"), Labelled("2", "Chalet"))
    assert ann.emails == (Labelled("ann@acme.example", "work", primary=True),)
    assert (ann.company, ann.job_title, ann.department, ann.note) == ("Acme", "Boss", "R&D", "a\nb")
    assert ann.addresses[0] == ("PO 1", "", "Street 1", "City", "NY", "01069", "US", "home", False)
    old = sheet(OLD_GOOGLE.encode("utf-16"))
    (ann,) = old
    assert isinstance(ann, Contact)
    assert old.preset == "google-old"
    assert (ann.description, ann.numbers, ann.groups) == (
        "Ann Lee", (Labelled("+1 5", "mobile"),), ("My Contacts", "Friends"),
    )  # fmt: skip


ALL = "Description;First name;Last name;Phone;Mobile;Login;DID DNIS name;DID prompt language\n"
ALL += "Änn;A;Lee;1;2;ann;Sales;fr\n"


@pytest.mark.feature("CON-06")
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_encodings_delimiters_and_line_ends(encoding: str, delimiter: str, end: str) -> None:
    read = sheet(ALL.replace(";", delimiter).replace("\n", end).encode(encoding))
    assert read.delimiter == delimiter
    assert list(read) == [
        Contact(
            description="Änn", first="A", last="Lee", numbers=(Labelled("1"), Labelled("2", "mobile")), login="ann",
            dnis_name="Sales", dnis_language="fr",
        )
    ]  # fmt: skip


@pytest.mark.feature("CON-06")
def test_every_refused_row_is_told_with_its_line_and_the_reason() -> None:
    text = 'Last name,First name,Phone,Note\nLee,Ann,1,"a\nb\nc"\n,Ann,2,\nLee,,,\n\n,,,x\n'
    text += 'Roe,Joe,3,,more\n"Doe,Jane,4,\nPoe,Al,5,\n'
    read = list(sheet(text))
    assert [each for each in read if isinstance(each, Refused)] == [
        Refused(5, "the row has no description and no last name (Ann)"),
        Refused(6, "the row has no number (Lee)"),
        Refused(8, "the row has no description and no last name and no number"),
        Refused(9, "the row has more cells than there are columns; they were left out", partly=True),
    ]
    assert [each.last for each in read if isinstance(each, Contact)] == ["Lee", "Roe", "Doe", "Poe"]
    tally = dry_run(sheet(text))
    assert (tally.contacts, tally.refusals) == (4, 4)


@pytest.mark.feature("CON-06")
def test_a_preview_comes_again() -> None:
    read = sheet("Last name,Phone\n" + "".join(f"L{n},{n}\n" for n in range(50)))
    assert [each.last for each in read.preview(3) if isinstance(each, Contact)] == ["L0", "L1", "L2"]
    assert read.preview(3) == read.preview(3)
    assert len(list(read)) == 50


@pytest.mark.feature("CON-06")
def test_columns_by_hand() -> None:
    mapping: dict[str | int, str] = {
        "Wer": "description",
        "wo": "address.city:work",
        3: "number:work fax",
        "P": "email",
    }
    (contact,) = sheet("Wer,Wo,X,P,Q\nAnn,Bonn,030 1,a@b.example,secret\n", mapping=mapping)
    assert isinstance(contact, Contact)
    assert (contact.description, contact.numbers, contact.emails) == (
        "Ann", (Labelled("030 1", "work fax"),), (Labelled("a@b.example"),),
    )  # fmt: skip
    assert contact.addresses[0].city == "Bonn"


@pytest.mark.feature("CON-06")
def test_a_mapping_that_cannot_be_is_told() -> None:
    with pytest.raises(UserError) as told:
        sheet("Name,Phone\nA,1\n", mapping={"Phones": "number", "Name": "surname", 9: "note"})
    assert 'there is no column "Phones" (did you mean "Phone"?)' in str(told.value)
    assert '"surname" is no field of a contact' in str(told.value)
    assert 'no column "9"' in str(told.value)


@pytest.mark.feature("CON-06")
def test_two_columns_for_one_field_lose_nothing() -> None:
    (contact,) = sheet("Nachname,Position,Beruf,Telefon\nLee,Chefin,Ingenieurin,1\n")
    assert isinstance(contact, Contact)
    assert (contact.job_title, contact.note) == ("Chefin", "Beruf: Ingenieurin")


@pytest.mark.feature("CON-06")
def test_numbers_as_spreadsheets_and_people_write_them() -> None:
    text = 'Last Name,Contact Number,Home Address,Other\nLee,"=""0301234""","Street 1","1; +49 5;ext=7\n2"\n'
    (contact,) = sheet(text)
    assert isinstance(contact, Contact)
    assert [each.text for each in contact.numbers] == ["0301234", "1", "+49 5;ext=7", "2"]
    assert contact.addresses[0].street == "Street 1"


@pytest.mark.feature("CON-06")
def test_a_file_without_headings() -> None:
    read = sheet("Ann Lee;+49 30 123456;ann@acme.example\nJoe;0301234;\n")
    assert (read.preset, read.has_headings) == ("none", False)
    assert [each.name for each in read if isinstance(each, Contact)] == ["Ann Lee", "Joe"]
    (only,) = sheet("sep=;\nName;Phone\nAnn;1\n")
    assert isinstance(only, Contact)


@pytest.mark.feature("CON-06")
def test_a_quote_that_is_not_closed_swallows_no_other_row() -> None:
    text = (
        "Last name,Phone\n"
        + "".join(f"L{n},{n}\n" for n in range(20))
        + '"Doe "Jo",1,2\n'
        + "".join(f"M{n},{n}\n" for n in range(3000))
        + '"Last",9\n"open,8\n'
    )
    read = list(sheet(text))
    assert len([each for each in read if isinstance(each, Contact)]) >= 3022
    limits = Limits(row=100, row_lines=5)
    read = list(sheet("Last name,Phone\nA,1\n" + "x" * 500 + ',3\n"B\n\n\n\n\n\n\n\nC,4\n', limits=limits))
    assert [each.last for each in read if isinstance(each, Contact)] == ["A", "C"]
    assert [(each.line, each.reason[:30]) for each in read if isinstance(each, Refused)] == [
        (3, "the line is longer than 100 by"), (4, 'a quotation mark (") is opened'),
    ]  # fmt: skip


@pytest.mark.feature("CON-06")
@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=300) | st.text("\",;\t\n\r ab1+'=\0", max_size=200).map(str.encode), st.randoms())
def test_nothing_that_a_file_holds_breaks_the_reader(data: bytes, chance: Random) -> None:
    base = bytearray(f"{OUTLOOK['de']}\r\n{row(VALUES)}\r\n".encode())
    at = chance.randrange(len(base))
    base[at : at + chance.randrange(20)] = data
    for each in (data, bytes(base), b"Last name,Phone\n" + data):
        for found in Sheet(io.BytesIO(each)):
            if isinstance(found, Refused):
                assert found.line >= 1
                assert found.reason


class Made(io.RawIOBase):
    """A file that is made while it is read."""

    def __init__(self, parts: Iterator[bytes]) -> None:
        self._parts = parts

    def read(self, size: int = -1) -> bytes:
        assert size > 0, "all at once"
        return next(self._parts, b"")


def parts(head: bytes, middle: bytes, times: int) -> Iterator[bytes]:
    yield head
    for _ in range(times):
        yield middle


@pytest.mark.feature("CON-06")
@pytest.mark.parametrize(
    ("middle", "contacts"),
    [
        (b"Lee,1\n" * 500, 100_000),
        (b'"Lee' * 5000, 0),
        (b"x" * 60_000, 0),
        (b"\n" * 1_000, 0),
        (b"," * 60_000, 0),
    ],
)
def test_large_files_fill_no_memory(middle: bytes, contacts: int) -> None:
    limits = Limits(row=200_000)
    tracemalloc.start()
    try:
        tally = dry_run(Sheet(Made(parts(b"Last name,Phone\n", middle, 200)), limits=limits))  # type: ignore[arg-type]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert tally.contacts == contacts
    assert peak < 12_000_000
