"""An Exchange server as far as tests need one: mailboxes with folders, over HTTP, in the SOAP of Exchange 2013.

Items are kept as the XML that they came as, so that contacts and appointments need no code of their own; an operation
is a function in `OPERATIONS`. Elements stand in the order of the published schema.
"""

from __future__ import annotations

import base64
import threading
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement, fromstring, register_namespace, tostring

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

S = "{http://schemas.xmlsoap.org/soap/envelope/}"
M = "{http://schemas.microsoft.com/exchange/services/2006/messages}"
T = "{http://schemas.microsoft.com/exchange/services/2006/types}"
for prefix, namespace in (("s", S), ("m", M), ("t", T)):
    register_namespace(prefix, namespace[1:-1])

ITEM = (
    "MimeContent", "ItemId", "ParentFolderId", "ItemClass", "Subject", "Sensitivity", "Body", "Attachments",
    "DateTimeReceived", "Size", "Categories", "Importance", "InReplyTo", "IsSubmitted", "IsDraft", "IsFromMe",
    "IsResend", "IsUnmodified", "InternetMessageHeaders", "DateTimeSent", "DateTimeCreated", "ResponseObjects",
    "ReminderDueBy", "ReminderIsSet", "ReminderMinutesBeforeStart", "DisplayCc", "DisplayTo", "HasAttachments",
    "ExtendedProperty", "Culture", "EffectiveRights", "LastModifiedName", "LastModifiedTime",
)  # fmt: skip
CONTACT = (
    "FileAs", "FileAsMapping", "DisplayName", "GivenName", "Initials", "MiddleName", "Nickname", "CompleteName",
    "CompanyName", "EmailAddresses", "PhysicalAddresses", "PhoneNumbers", "AssistantName", "Birthday",
    "BusinessHomePage", "Children", "Companies", "ContactSource", "Department", "Generation", "ImAddresses", "JobTitle",
    "Manager", "Mileage", "OfficeLocation", "PostalAddressIndex", "Profession", "SpouseName", "Surname",
    "WeddingAnniversary",
)  # fmt: skip
ORDER = {f"{T}{name}": place for place, name in enumerate((*ITEM, *CONTACT))}
ADDRESS_ORDER = {
    f"{T}{name}": place for place, name in enumerate(("Street", "City", "State", "CountryOrRegion", "PostalCode"))
}
_PLURALS = {"EmailAddress": "EmailAddresses", "PhysicalAddress": "PhysicalAddresses", "PhoneNumber": "PhoneNumbers"}
_FOLDER_TAGS = {"contacts": "ContactsFolder", "calendar": "CalendarFolder", "tasks": "TasksFolder"}


class Fault(Exception):  # noqa: N818  what SOAP calls it
    """An error by its response code."""


@dataclass
class Item:
    id: str
    version: int
    element: Element

    @property
    def change_key(self) -> str:
        return base64.b64encode(f"{self.id}:{self.version}".encode()).decode()

    def id_element(self) -> Element:
        return Element(f"{T}ItemId", Id=self.id, ChangeKey=self.change_key)

    def whole(self) -> Element:
        element = deepcopy(self.element)
        element.insert(0, self.id_element())
        element[:] = sorted(element, key=lambda each: ORDER.get(each.tag, len(ORDER)))
        return element


@dataclass
class Folder:
    name: str
    items: dict[str, Item] = field(default_factory=dict)
    log: list[tuple[str, str]] = field(default_factory=list)

    @property
    def id(self) -> str:
        return base64.b64encode(self.name.encode()).decode()


@dataclass
class Mailbox:
    password: str
    folders: dict[str, Folder] = field(default_factory=dict)
    count: int = 0
    fails_with: str = ""
    """A response code that all is answered with."""

    def folder(self, name: str) -> Folder:
        return self.folders.setdefault(name, Folder(name))

    def folder_of(self, request: Element) -> Folder:
        for each in request.iter():
            if each.tag == f"{T}DistinguishedFolderId":
                return self.folder(each.attrib["Id"])
            if each.tag == f"{T}FolderId":
                return self.folder(base64.b64decode(each.attrib["Id"]).decode())
        raise Fault("ErrorInvalidFolderId")

    def find(self, item_id: str) -> tuple[Folder, Item]:
        for folder in self.folders.values():
            if item_id in folder.items:
                return folder, folder.items[item_id]
        raise Fault("ErrorItemNotFound")

    def add(self, folder: Folder, element: Element) -> Item:
        self.count += 1
        item = Item(base64.b64encode(f"item {self.count}".encode()).decode(), 1, element)
        folder.items[item.id] = item
        folder.log.append(("Create", item.id))
        return item

    def change(self, item_id: str, name: str, text: str) -> None:
        """Let somebody edit an item elsewhere."""
        folder, item = self.find(item_id)
        for old in item.element.findall(f"{T}{name}"):
            item.element.remove(old)
        SubElement(item.element, f"{T}{name}").text = text
        item.version += 1
        folder.log.append(("Update", item.id))


def get_folder(mailbox: Mailbox, request: Element) -> Iterator[list[Element]]:
    ids = request.find(f"{M}FolderIds")
    for each in ids if ids is not None else ():
        folder = mailbox.folder_of(_wrapped(each))
        folders = Element(f"{M}Folders")
        element = SubElement(folders, f"{T}{_FOLDER_TAGS.get(folder.name, 'Folder')}")
        SubElement(element, f"{T}FolderId", Id=folder.id, ChangeKey="1")
        SubElement(element, f"{T}DisplayName").text = folder.name.title()
        SubElement(element, f"{T}TotalCount").text = str(len(folder.items))
        SubElement(element, f"{T}ChildFolderCount").text = "0"
        yield [folders]


def sync_folder_items(mailbox: Mailbox, request: Element) -> Iterator[list[Element]]:
    folder = mailbox.folder_of(request)
    state, most = request.findtext(f"{M}SyncState"), int(request.findtext(f"{M}MaxChangesReturned", "100"))
    start = 0
    if state:
        try:
            name, _, place = base64.b64decode(state, validate=True).decode().partition(":")
            start = int(place) if name == folder.name else len(folder.log) + 1
        except ValueError:
            start = len(folder.log) + 1
        if start > len(folder.log):
            raise Fault("ErrorInvalidSyncStateData")
    end = min(start + most, len(folder.log))
    changes = Element(f"{M}Changes")
    for kind, item_id in folder.log[start:end]:
        item = folder.items.get(item_id)
        if kind == "Delete":
            SubElement(SubElement(changes, f"{T}Delete"), f"{T}ItemId", Id=item_id, ChangeKey="gone")
        elif item is not None:
            SubElement(SubElement(changes, f"{T}{kind}"), item.element.tag).append(item.id_element())
    told = Element(f"{M}SyncState")
    told.text = base64.b64encode(f"{folder.name}:{end}".encode()).decode()
    last = Element(f"{M}IncludesLastItemInRange")
    last.text = str(end == len(folder.log)).lower()
    yield [told, last, changes]


def get_item(mailbox: Mailbox, request: Element) -> Iterator[list[Element]]:
    for each in request.iter(f"{T}ItemId"):
        try:
            _, item = mailbox.find(each.attrib["Id"])
        except Fault as fault:
            yield [fault_element(str(fault))]
            continue
        items = Element(f"{M}Items")
        items.append(item.whole())
        yield [items]


def create_item(mailbox: Mailbox, request: Element) -> Iterator[list[Element]]:
    saved = request.find(f"{M}SavedItemFolderId")
    items = request.find(f"{M}Items")
    for element in items if items is not None else ():
        folder = mailbox.folder_of(saved) if saved is not None else mailbox.folder("contacts")
        item = mailbox.add(folder, deepcopy(element))
        told = Element(f"{M}Items")
        SubElement(told, element.tag).append(item.id_element())
        yield [told]


def update_item(mailbox: Mailbox, request: Element) -> Iterator[list[Element]]:
    for change in request.iter(f"{T}ItemChange"):
        named = change.find(f"{T}ItemId")
        assert named is not None
        folder, item = mailbox.find(named.attrib["Id"])
        if (
            request.attrib["ConflictResolution"] == "NeverOverwrite"
            and named.attrib.get("ChangeKey") != item.change_key
        ):
            raise Fault("ErrorIrresolvableConflict")
        updates = change.find(f"{T}Updates")
        for each in updates if updates is not None else ():
            _update(item.element, each)
        item.version += 1
        folder.log.append(("Update", item.id))
        told = Element(f"{M}Items")
        SubElement(told, item.element.tag).append(item.id_element())
        conflicts = Element(f"{M}ConflictResults")
        SubElement(conflicts, f"{T}Count").text = "0"
        yield [told, conflicts]


def delete_item(mailbox: Mailbox, request: Element) -> Iterator[list[Element]]:
    for each in request.iter(f"{T}ItemId"):
        folder, item = mailbox.find(each.attrib["Id"])
        del folder.items[item.id]
        folder.log.append(("Delete", item.id))
        yield []


def fail(mailbox: Mailbox, _request: Element) -> Iterator[list[Element]]:
    yield [fault_element(mailbox.fails_with)]


OPERATIONS: dict[str, Callable[[Mailbox, Element], Iterator[list[Element]]]] = {
    "GetFolder": get_folder,
    "SyncFolderItems": sync_folder_items,
    "GetItem": get_item,
    "CreateItem": create_item,
    "UpdateItem": update_item,
    "DeleteItem": delete_item,
}


class EwsServer:
    """The server: `mailboxes` by user; `requests` and `answers` are kept as they went over the wire."""

    def __init__(self) -> None:
        self.mailboxes: dict[str, Mailbox] = {}
        self.url = ""
        self.requests: list[bytes] = []
        self.answers: list[bytes] = []
        self.lock = threading.Lock()

    def answer(self, user: str, body: bytes) -> bytes:
        """Return the answer to an envelope."""
        request = fromstring(body).find(f"{S}Body")  # noqa: S314  the test's own client sends it
        assert request is not None
        (operation,) = request
        name = operation.tag.removeprefix(M)
        envelope = Element(f"{S}Envelope")
        SubElement(
            SubElement(envelope, f"{S}Header"),
            f"{T}ServerVersionInfo",
            MajorVersion="15",
            MinorVersion="0",
            MajorBuildNumber="1497",
            MinorBuildNumber="2",
            Version="V2_23",
        )
        response = SubElement(SubElement(envelope, f"{S}Body"), f"{M}{name}Response")
        messages = SubElement(response, f"{M}ResponseMessages")
        with self.lock:
            try:
                mailbox = self.mailboxes[user]
                for parts in (OPERATIONS[name] if not mailbox.fails_with else fail)(mailbox, operation):
                    _message(messages, name, parts)
            except Fault as fault:
                _message(messages, name, [fault_element(str(fault))])
            except KeyError:
                _message(messages, name, [fault_element("ErrorInvalidOperation")])
        told: bytes = tostring(envelope, "utf-8", xml_declaration=True)
        self.requests.append(body)
        self.answers.append(told)
        return told


def fault_element(code: str) -> Element:
    """Return what `_message` makes an error of."""
    return Element("fault", code=code)


def _message(messages: Element, name: str, parts: list[Element]) -> None:
    code = next((part.attrib["code"] for part in parts if part.tag == "fault"), "")
    message = SubElement(messages, f"{M}{name}ResponseMessage", ResponseClass="Error" if code else "Success")
    if code:
        SubElement(message, f"{M}MessageText").text = f"The simulated server says {code}."
    SubElement(message, f"{M}ResponseCode").text = code or "NoError"
    if code:
        SubElement(message, f"{M}DescriptiveLinkKey").text = "0"
    if code and name == "SyncFolderItems":  # as Exchange does
        SubElement(message, f"{M}SyncState")
        SubElement(message, f"{M}IncludesLastItemInRange").text = "true"
    if code and name in {"GetItem", "CreateItem", "UpdateItem"}:
        SubElement(message, f"{M}Items")
    message.extend([part for part in parts if part.tag != "fault"])


def _wrapped(element: Element) -> Element:
    wrapper = Element("ids")
    wrapper.append(element)
    return wrapper


def _update(item: Element, update: Element) -> None:
    """Do a SetItemField or DeleteItemField."""
    path = update[0]
    name = path.attrib["FieldURI"].partition(":")[2]
    new = update[1] if update.tag == f"{T}SetItemField" else None
    if path.tag == f"{T}IndexedFieldURI":
        _update_entry(item, name, path.attrib["FieldIndex"], new)
        return
    for old in item.findall(f"{T}{name}"):
        item.remove(old)
    if new is not None:
        item.extend(deepcopy(each) for each in new)


def _update_entry(item: Element, name: str, key: str, new: Element | None) -> None:
    field_name, _, part = name.partition(":")
    plural = f"{T}{_PLURALS[field_name]}"
    holder = item.find(plural)
    if holder is None:
        holder = SubElement(item, plural)
    entry = next((each for each in holder if each.attrib["Key"] == key), None)
    if entry is None:
        entry = SubElement(holder, f"{T}Entry", Key=key)
    for old in [each for each in entry if each.tag == f"{T}{part}"]:
        entry.remove(old)
    if new is not None:
        told = next(iter(new.iter(f"{T}Entry")))
        entry.text = told.text
        entry.extend(deepcopy(each) for each in told)
        entry[:] = sorted(entry, key=lambda each: ADDRESS_ORDER.get(each.tag, 9))
    elif not len(entry):
        holder.remove(entry)
    if not len(holder):
        item.remove(holder)


@contextmanager
def ews_running(**passwords: str) -> Iterator[EwsServer]:
    """Run a server with mailboxes of these users."""
    server = EwsServer()
    server.mailboxes = {user: Mailbox(password) for user, password in passwords.items()}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", "0")))
            user = self._user()
            if user is None:
                self._send(401, b"", {"WWW-Authenticate": 'Basic realm="exchange"'})
            else:
                self._send(200, server.answer(user, body), {"Content-Type": "text/xml; charset=utf-8"})

        def _user(self) -> str | None:
            kind, _, told = self.headers.get("authorization", "").partition(" ")
            if kind != "Basic":
                return None
            user, _, password = base64.b64decode(told).decode().partition(":")
            user = user.partition("@")[0]
            mailbox = server.mailboxes.get(user)
            return user if mailbox and mailbox.password == password else None

        def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads = True
    server.url = f"http://127.0.0.1:{http.server_port}/EWS/Exchange.asmx"
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join(10)
