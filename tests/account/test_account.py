from __future__ import annotations

import asyncio
import base64
import io
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from account_desk import NEW, OFFICE, OLD, Voicemail, at_desk, configuration, keys, office
from PIL import Image

from hub import secret_store
from hub.errors import UserError
from hub.events import RecordingChanged
from hub.phone.adapter import ConnectionLost
from hub.phone.commands import DialNumber
from hub.sim import scenario
from hub.sim.exchange.password_policy import PasswordPolicy
from hub.sim.exchange.refusal import Refused
from hub.sim.player import Player
from hub.sim.server import SimServer
from hub.sim.session import SimSession
from hub.testing.harness import SimulatedOffice, simulated_office

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from hub import Event
    from hub.phone.commands import Command


@pytest.fixture(autouse=True)
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    keys(monkeypatch, tmp_path)
    secret_store.keep("phonehub/alice", OLD)


@pytest.fixture
async def outside() -> AsyncIterator[SimulatedOffice]:
    async with simulated_office(office()) as outside:
        yield outside


def picture(kind: str = "PNG") -> str:
    out = io.BytesIO()
    Image.new("RGB", (400, 300), "navy").save(out, kind)
    return base64.b64encode(out.getvalue()).decode()


async def gone(outside: SimulatedOffice) -> None:
    """Return when the phone system knows that nobody is there."""
    while outside.server.clients:  # noqa: ASYNC110  the server tells nobody
        await asyncio.sleep(0.01)


# --- signing in and out ---


@pytest.mark.feature("ACC-01")
async def test_signed_out_is_signed_out_until_somebody_signs_in(tmp_path: Path, outside: SimulatedOffice) -> None:
    path = configuration(tmp_path, outside.server.url)
    async with at_desk(path) as desk:
        assert (await desk.stands("connected"))["name"] == "Alice Agent"
        assert len(outside.server.clients) == 1
        assert (await desk.ask("POST", "/account/sign-out"))["state"] == "signed_out"
        assert (await desk.ask("POST", "/account/sign-out"))["state"] == "signed_out"
        await gone(outside)
        told = await desk.refused("POST", "/calls", number="102")
        assert told == (503, "not_connected", "not connected to the phone system")
    secret_store.forget("phonehub/alice")  # not even looked for
    async with at_desk(path, state="signed_out") as desk:
        assert "phonehub sign-in" in (await desk.stands("signed_out"))["message"]
        assert not outside.server.clients
        secret_store.keep("phonehub/alice", OLD)
        await desk.ask("POST", "/account/sign-in")
        assert await desk.ask("POST", "/account/sign-in") == {"kept": True, "remedy": ""}
        await desk.stands("connected")
        assert len(outside.server.clients) == 1
    async with at_desk(path) as desk:
        await desk.stands("connected")


@pytest.mark.feature("ACC-01")
async def test_a_call_goes_on_without_who_signed_out(tmp_path: Path, outside: SimulatedOffice) -> None:
    async with at_desk(configuration(tmp_path, outside.server.url)) as desk:
        await desk.ask("POST", "/calls", status=202, number="102")
        await desk.events.type("dial")
        outside.pick_up("bob-desk")
        await desk.events.type("answer")
        await desk.ask("POST", "/account/sign-out")
        assert {leg.state for leg in outside.server.exchange.legs()} == {"connected"}
        await desk.ask("POST", "/account/sign-in")
        (call,) = await desk.ask("GET", "/calls")
        assert call["state"] == "connected"
        assert "alice:end:1" not in desk.events.keys()  # noqa: SIM118  a list of the harness


@pytest.mark.feature("ACC-01")
@pytest.mark.feature("REC-03")
async def test_who_signs_out_is_recorded_no_more(tmp_path: Path, outside: SimulatedOffice) -> None:
    path = configuration(tmp_path, outside.server.url)
    path.write_text(f"{path.read_text()}\n[recording]\nrecord_all = true\n")
    async with at_desk(path) as desk:
        await desk.ask("POST", "/calls", status=202, number="102")
        await desk.events.type("dial")
        outside.pick_up("bob-desk")

        async def recording(state: str, reason: str) -> None:
            def found(told: list[Event]) -> Event | None:
                last = [event for event in told if isinstance(event, RecordingChanged)][-1:]
                return last[0] if last and (last[0].state, last[0].reason) == (state, reason) else None

            await desk.events.until(found)

        await recording("recording", "answered")
        await desk.ask("POST", "/account/sign-out")
        await recording("off", "signed_out")
        await desk.ask("POST", "/account/sign-in")
        await recording("recording", "found")
        await desk.ask("POST", "/calls/-/recording/stop")
        await desk.ask("POST", "/account/sign-out")
        await desk.ask("POST", "/account/sign-in")
        await desk.settled()
        (view,) = await desk.ask("GET", "/calls/-/recording")
        assert (view["state"], view["reason"]) == ("off", "asked")


@pytest.mark.feature("ACC-01")
async def test_handsets_are_chosen_among_those_there_are_and_stay_so(tmp_path: Path, outside: SimulatedOffice) -> None:
    path = configuration(tmp_path, outside.server.url)

    def watched(account: dict[str, object]) -> dict[str, bool]:
        return {device["id"]: device["watched"] for device in account["devices"]}  # type: ignore[attr-defined]

    async with at_desk(path) as desk:
        assert watched(await desk.stands("connected")) == {"alice-desk": True, "alice-cordless": True}
        await desk.ask("POST", "/account/sign-in", handsets=["alice-cordless"])
        assert watched(await desk.stands("connected")) == {"alice-desk": False, "alice-cordless": True}
        code, word, message = await desk.refused("POST", "/account/sign-in", handsets=["toaster"])
        assert (code, word) == (422, "unknown_handset")
        assert "alice has no handset 'toaster'; they are: alice-desk, alice-cordless" in message
        await desk.events.state("connected", 3)
        assert watched(await desk.stands("connected")) == {"alice-desk": False, "alice-cordless": True}
    async with at_desk(path) as desk:
        assert watched(await desk.stands("connected")) == {"alice-desk": False, "alice-cordless": True}
        await desk.ask("POST", "/account/sign-in", handsets=[])
        assert watched(await desk.stands("connected")) == {"alice-desk": True, "alice-cordless": True}


@pytest.mark.feature("ACC-01")
async def test_each_failure_has_its_own_message_and_leaves_all_as_it_was(
    tmp_path: Path, outside: SimulatedOffice
) -> None:
    path = configuration(tmp_path, outside.server.url)
    async with at_desk(path) as desk:
        await desk.ask("POST", "/account/sign-out")
        code, word, message = await desk.refused("POST", "/account/sign-in", password="not-this-one-9")
        assert (code, word) == (403, "wrong_password")
        assert "wrong password for 'alice' (store the right one" in message
        await desk.events.state("signed_out", 2)
        assert secret_store.get("phonehub/alice") == OLD
        assert secret_store.staged("phonehub/alice") is None
        secret_store.forget("phonehub/alice")
        code, word, message = await desk.refused("POST", "/account/sign-in")
        assert (code, word) == (422, "invalid_request")
        assert "has no alice for phonehub" in message
        assert await desk.ask("POST", "/account/sign-in", password=OLD) == {"kept": True, "remedy": ""}
        assert secret_store.get("phonehub/alice") == OLD
        await outside.server.stop()
        await desk.events.state("lost")
        code, word, message = await desk.refused("POST", "/account/sign-in", password=OLD)
        assert (code, word) == (503, "not_connected")
        assert "nothing listens there or it is out of reach" in message
        assert "trying again" not in message
    for wrong, cause in (
        ("ws://nowhere.invalid:1", "the host 'nowhere.invalid' is unknown"),
        (outside.server.url, "nothing listens there"),
    ):
        async with at_desk(configuration(tmp_path, wrong), state="lost") as desk:
            assert cause in (await desk.ask("GET", "/account"))["message"]


@pytest.mark.feature("ACC-01")
async def test_a_sign_in_in_vain_during_an_outage_changes_nothing(tmp_path: Path, outside: SimulatedOffice) -> None:
    async with at_desk(configuration(tmp_path, outside.server.url)) as desk:
        await outside.server.stop()
        await desk.events.state("lost")
        assert (await desk.refused("POST", "/account/sign-in", password="not-this-one-9"))[:2] == (503, "not_connected")
        async with SimServer(office(), port=outside.server.port):
            await desk.events.state("connected", 2)
            await desk.stands("connected")


# --- password and PIN ---


@pytest.mark.feature("ACC-03")
async def test_a_new_password_holds_at_once_and_after_a_restart(tmp_path: Path, outside: SimulatedOffice) -> None:
    path = configuration(tmp_path, outside.server.url)
    async with at_desk(path) as desk:
        assert await desk.ask("PUT", "/account/password", old=OLD, new=NEW) == {"kept": True, "remedy": ""}
        assert (secret_store.get("phonehub/alice"), secret_store.staged("phonehub/alice")) == (NEW, None)
        outside.drop_connections()
        await desk.events.state("connected", 2)
    async with at_desk(path) as desk:
        await desk.stands("connected")
        assert (await desk.refused("POST", "/account/sign-in", password=OLD))[:2] == (403, "wrong_password")


@pytest.mark.feature("ACC-03")
@pytest.mark.parametrize(
    ("old", "new", "code", "word", "reason"),
    [
        ("wrong-password-1", NEW, 403, "wrong_password", "the old password is not that of 'alice'"),
        (OLD, "short-1", 422, "password_policy", "it needs 10 characters at least"),
        (OLD, "no-digits-here", 422, "password_policy", "it needs 1 digit at least"),
        (OLD, "my-ext-is-101-ok", 422, "password_policy", "'101'"),
        (OLD, "Alice-is-my-name-7", 422, "password_policy", "'alice'"),
        (OLD, OLD, 422, "password_policy", "it was used before"),
    ],
)
async def test_the_rules_of_the_phone_system_decide_and_say_why(
    tmp_path: Path, outside: SimulatedOffice, old: str, new: str, code: int, word: str, reason: str
) -> None:
    async with at_desk(configuration(tmp_path, outside.server.url)) as desk:
        told = await desk.refused("PUT", "/account/password", old=old, new=new)
        assert told[:2] == (code, word)
        assert reason in told[2]
        assert new not in told[2]
        assert (secret_store.get("phonehub/alice"), secret_store.staged("phonehub/alice")) == (OLD, None)
        outside.drop_connections()
        await desk.events.state("connected", 2)


@pytest.mark.feature("ACC-03")
async def test_a_pin_is_changed_by_its_own_rules(tmp_path: Path, outside: SimulatedOffice) -> None:
    async with at_desk(configuration(tmp_path, outside.server.url)) as desk:
        for old, new, word, reason in (
            ("1111", "8520", "wrong_pin", "the old PIN is not that of 'alice'"),
            ("2580", "1234", "password_policy", "in a row"),
            ("2580", "2580", "password_policy", "it was used before"),
            ("2580", "12", "password_policy", "it needs 4 to 10 digits"),
        ):
            told = await desk.refused("PUT", "/account/pin", old=old, new=new)
            assert told[1] == word
            assert reason in told[2]
        await desk.ask("PUT", "/account/pin", status=204, old="2580", new="8520")
        accounts = outside.server.exchange.accounts
        assert (accounts.has_pin("alice", "8520", outside.server.now())) is True
        exchange = outside.server.exchange
        with pytest.raises(Refused, match="PIN"):
            exchange.command(outside.server.now(), "alice", DialNumber("*6225805855551234"))
        exchange.command(outside.server.now(), "alice", DialNumber("*6285205855551234"))


@pytest.mark.feature("ACC-03")
async def test_a_password_that_must_be_changed_comes_before_everything(
    tmp_path: Path, outside: SimulatedOffice
) -> None:
    secret_store.keep("phonehub/bob", "bob-password-1")
    path = configuration(tmp_path, outside.server.url, "bob")
    async with at_desk(path, user="bob", state="refused") as desk:
        account = await desk.stands("refused")
        assert account["must_change"]
        assert "must choose a new password before anything else" in account["message"]
        assert "phonehub account password" in account["message"]
        assert (await desk.refused("POST", "/calls", number="101"))[0] == 503
        told = await desk.refused("PUT", "/account/password", old="bob-password-1", new="x")
        assert told[1] == "password_policy"
        told = await desk.refused("PUT", "/account/password", old="wrong", new=NEW)
        assert told[1] == "wrong_password"
        assert await desk.ask("PUT", "/account/password", old="bob-password-1", new=NEW) == {"kept": True, "remedy": ""}
        assert not (await desk.stands("connected"))["must_change"]
    async with at_desk(path, user="bob") as desk:
        await desk.stands("connected")


@pytest.mark.feature("ACC-03")
async def test_where_the_hub_does_not_keep_the_password_the_person_is_told(
    tmp_path: Path, outside: SimulatedOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALICES", OLD)
    async with at_desk(configuration(tmp_path, outside.server.url, password="${env:ALICES}")) as desk:
        told = await desk.ask("PUT", "/account/password", old=OLD, new=NEW)
        assert told == {"kept": False, "remedy": "put the new password where ${env:ALICES} finds it"}
        outside.drop_connections()
        await desk.events.state("connected", 2)


@pytest.mark.feature("ACC-03")
async def test_who_guesses_a_pin_is_told_to_wait(tmp_path: Path, outside: SimulatedOffice) -> None:
    async with at_desk(configuration(tmp_path, outside.server.url)) as desk:
        for nth in range(5):
            assert (await desk.refused("PUT", "/account/pin", old=f"111{nth}", new="8520"))[1] == "wrong_pin"
        told = await desk.refused("PUT", "/account/pin", old="2580", new="8520")
        assert told[:2] == (429, "too_many_guesses")
        assert "there were 5 wrong PINs in a row: try again in 30 s" in told[2]


@pytest.mark.feature("ACC-01")
async def test_a_wrong_password_is_tried_once_and_one_that_cannot_be_told_yet_again_and_again(tmp_path: Path) -> None:
    policy = PasswordPolicy(guesses=2, lockout=1.0)
    async with simulated_office(replace(office(), passwords=policy)) as outside:
        path = configuration(tmp_path, outside.server.url)
        secret_store.keep("phonehub/alice", "not-this-one-9")
        guesses = outside.server.exchange.accounts._accounts["alice"].password
        async with at_desk(path, state="refused") as desk:
            assert "wrong password" in (await desk.stands("refused"))["message"]
            assert (await desk.refused("POST", "/account/sign-in", password="not-that-one-9"))[1] == "wrong_password"
            assert guesses.wrong == 2
            message = (await desk.refused("POST", "/account/sign-in", password=OLD))[2]
            assert "there were 2 wrong passwords in a row: try again in 1 s" in message
        secret_store.keep("phonehub/alice", OLD)
        guesses.heard_from = outside.server.now() + timedelta(seconds=1)
        async with at_desk(path, state="lost") as desk:
            assert "wrong passwords in a row: try again in 1 s" in (await desk.ask("GET", "/account"))["message"]
            await desk.events.state("connected")


@pytest.mark.feature("ACC-03")
async def test_nothing_changes_where_the_new_password_could_not_be_kept(
    tmp_path: Path, outside: SimulatedOffice
) -> None:
    async with at_desk(configuration(tmp_path, outside.server.url)) as desk:
        (tmp_path / "key").unlink()
        code, word, message = await desk.refused("PUT", "/account/password", old=OLD, new=NEW)
        assert (code, word) == (422, "invalid_request")
        assert "is not to be had" in message
        assert outside.server.exchange.accounts.admits("alice", OLD, outside.server.now())


@pytest.mark.feature("ACC-03")
@pytest.mark.parametrize("arrived", [True, False])
async def test_a_change_whose_answer_is_lost_is_found_out_at_the_next_sign_in(
    tmp_path: Path, outside: SimulatedOffice, monkeypatch: pytest.MonkeyPatch, *, arrived: bool
) -> None:
    done = SimSession.do

    async def cut_off(session: SimSession, command: Command) -> object:
        if command.name != "change_password":
            return await done(session, command)
        if arrived:
            await done(session, command)
        raise ConnectionLost("the connection was lost")

    path = configuration(tmp_path, outside.server.url)
    async with at_desk(path) as desk:
        monkeypatch.setattr(SimSession, "do", cut_off)
        code, word, message = await desk.refused("PUT", "/account/password", old=OLD, new=NEW)
        assert (code, word) == (503, "not_connected")
        assert "it is not known which password holds now" in message
        assert (secret_store.get("phonehub/alice"), secret_store.staged("phonehub/alice")) == (OLD, NEW)
        outside.drop_connections()
        await desk.events.state("connected", 2)
        assert secret_store.get("phonehub/alice") == (NEW if arrived else OLD)
    async with at_desk(path) as desk:
        await desk.stands("connected")


# --- wiping ---


@pytest.mark.feature("ACC-04")
async def test_a_wiped_device_forgets_the_user(tmp_path: Path, outside: SimulatedOffice) -> None:
    path = configuration(tmp_path, outside.server.url)
    async with at_desk(path, Voicemail) as desk:
        copy = desk.hub.config.hub.state / "plugins" / "voicemail" / "alice.wav"
        await desk.settled()
        assert copy.exists()
        await desk.ask("POST", "/calls", status=202, number="102")
        await desk.events.type("dial")
        outside.pick_up("bob-desk")
        await desk.events.type("answer")
        outside.server.wipe("alice", "alice-desk", NEW)
        await desk.events.type("wipe")
        await desk.events.state("signed_out")
        await desk.settled()
        assert desk.events.keys()[-1] == "alice:end:1"
        assert outside.server.exchange.legs() == ()
        assert secret_store.get("phonehub/alice") is None
        assert not copy.exists()
        account = await desk.stands("signed_out")
        assert account["wiped"]
        assert "the administrator of the phone system has wiped alice-desk" in account["message"]
        assert not outside.server.clients
        assert (await desk.refused("POST", "/account/sign-in"))[1] == "invalid_request"
        assert (await desk.refused("POST", "/account/sign-in", password=OLD))[:2] == (409, "wiped")
        assert secret_store.staged("phonehub/alice") is None
    copy.write_text("left over")
    async with at_desk(path, Voicemail, state="signed_out") as desk:
        await desk.events.type("wipe")
        await desk.settled()
        assert not copy.exists()
        assert await desk.ask("POST", "/account/sign-in", password=NEW) == {"kept": True, "remedy": ""}
        assert not (await desk.stands("connected"))["wiped"]
        assert secret_store.get("phonehub/alice") == NEW
    async with at_desk(path, Voicemail) as desk:
        await desk.settled()
        assert copy.exists()
        assert [event for event in desk.events.all if event.type == "wipe"] == []


@pytest.mark.feature("ACC-04")
async def test_a_device_that_was_off_is_wiped_when_it_comes_back(tmp_path: Path, outside: SimulatedOffice) -> None:
    path = configuration(tmp_path, outside.server.url)
    async with at_desk(path):
        pass
    outside.server.wipe("alice", "alice-desk", NEW)
    async with at_desk(path, state="signed_out") as desk:
        await desk.events.type("wipe")
        assert secret_store.get("phonehub/alice") is None
        assert "sign in with the new password" in (await desk.stands("signed_out"))["message"]


@pytest.mark.feature("ACC-04")
async def test_who_does_not_watch_the_wiped_handset_goes_on(tmp_path: Path, outside: SimulatedOffice) -> None:
    async with at_desk(configuration(tmp_path, outside.server.url)) as desk:
        await desk.ask("POST", "/account/sign-in", handsets=["alice-cordless"])
        outside.server.wipe("alice", "alice-desk", NEW)
        await desk.ask("POST", "/calls", status=202, number="102")
        await desk.stands("connected")
        assert secret_store.get("phonehub/alice") == OLD


@pytest.mark.feature("ACC-04")
async def test_a_store_that_is_locked_is_wiped_at_the_next_start(
    tmp_path: Path, outside: SimulatedOffice, caplog: pytest.LogCaptureFixture
) -> None:
    path = configuration(tmp_path, outside.server.url)
    async with at_desk(path) as desk:
        (tmp_path / "key").rename(tmp_path / "elsewhere")
        outside.server.wipe("alice", "alice-desk", NEW)
        await desk.events.type("wipe")
        assert "cannot be wiped, and will be at the next start" in caplog.text
    (tmp_path / "elsewhere").rename(tmp_path / "key")
    assert secret_store.get("phonehub/alice") == OLD
    async with at_desk(path, state="signed_out"):
        assert secret_store.get("phonehub/alice") is None


async def test_a_standing_that_makes_no_sense_is_told(tmp_path: Path, outside: SimulatedOffice) -> None:
    path = configuration(tmp_path, outside.server.url)
    (tmp_path / "alice-state" / "accounts").mkdir(parents=True)
    for content in ('{"handsets": 7}', "no json"):
        standing = tmp_path / "alice-state" / "accounts" / "alice.json"
        standing.touch(0o600)
        standing.write_text(content)
        with pytest.raises(Exception, match="does not say whether the user is signed in"):
            async with at_desk(path):
                pass


@pytest.mark.feature("ACC-03", "ACC-04")
async def test_the_administrator_acts_on_a_day_of_the_scenario(tmp_path: Path) -> None:
    day = f"""\
day:
  - {{at: 09:00, wipe: alice-desk, password: {NEW}}}
  - {{at: 09:01, require_change: alice}}
"""
    told: list[str] = []
    written = scenario.read((OFFICE + day).encode(), "office.yaml")
    async with (
        simulated_office(written.office) as outside,
        at_desk(configuration(tmp_path, outside.server.url)) as desk,
    ):
        player = Player(outside.server, written, tell=lambda progress: told.append(progress.sentence), longest_gap=0.01)
        player.start()
        await player.finished()
        assert told == [
            "the administrator wipes alice-desk of alice",
            "the administrator wants alice to choose a new password",
        ]
        await desk.events.state("signed_out")
        assert (await desk.refused("POST", "/account/sign-in", password=NEW))[:2] == (409, "change_required")
        await desk.ask("PUT", "/account/password", old=NEW, new="autumn-river-3")
        await desk.stands("connected")


def test_what_is_wrong_with_the_administrators_day_is_told() -> None:
    day = """\
day:
  - {at: 09:00, wipe: toaster, password: something-1}
  - {at: 09:00, wipe: alice-desk}
  - {at: 09:00, require_change: nobody, to: 102}
"""
    with pytest.raises(UserError) as refusal:
        scenario.read((OFFICE + day).encode(), "office.yaml")
    told = [problem.cause for problem in refusal.value.problems]
    assert told == [
        'there is no handset "toaster"',
        "wipe and password belong together",
        'there is no user "nobody"',
        "to, then and handset belong to a call",
    ]


# --- image ---


@pytest.mark.feature("ACC-05")
async def test_colleagues_see_the_picture_until_it_is_cleared(tmp_path: Path, outside: SimulatedOffice) -> None:
    secret_store.keep("phonehub/bob", "bob-password-1")
    outside.server.exchange.accounts.renew_password("bob", "bob-password-1", NEW, outside.server.now())
    secret_store.keep("phonehub/bob", NEW)
    async with (
        at_desk(configuration(tmp_path, outside.server.url)) as alice,
        at_desk(configuration(tmp_path, outside.server.url, "bob"), user="bob") as bob,
    ):
        for kind, media_type in (("PNG", "image/png"), ("JPEG", "image/jpeg")):
            made = await alice.ask("PUT", "/account/image", data=picture(kind))
            assert made == {"media_type": media_type, "width": 256, "height": 192}
            for desk, of in ((bob, "alice"), (bob, "101"), (alice, "-")):
                shown = await desk.api.get(f"/account/image/{of}")
                assert shown.headers["content-type"] == media_type
                assert shown.headers["x-content-type-options"] == "nosniff"
                assert Image.open(io.BytesIO(shown.content)).size == (256, 192)
        await alice.ask("DELETE", "/account/image", status=204)
        assert (await bob.refused("GET", "/account/image/alice"))[:2] == (404, "no_image")
        assert (await bob.refused("GET", "/account/image/eve"))[:2] == (404, "unknown_user")


@pytest.mark.feature("ACC-05")
async def test_what_is_no_picture_is_refused_with_the_reason(tmp_path: Path, outside: SimulatedOffice) -> None:
    async with at_desk(configuration(tmp_path, outside.server.url)) as desk:
        for data, reason in (
            (base64.b64encode(b"<svg onload=alert(1)>").decode(), "this is no PNG and no JPEG"),
            (base64.b64encode(b"\x89PNG" + b"x" * 6_000_000).decode(), "bytes, 5242880 are the most"),
            ("not base64!", "this is not base64"),
            ("nöt ASCII", "this is not base64"),
        ):
            code, word, message = await desk.refused("PUT", "/account/image", data=data)
            assert (code, word) == (422, "invalid_request")
            assert reason in message
        assert (await desk.refused("PUT", "/account/image", data="x" * 9_000_000))[:2] == (413, "too_large")
        assert (await desk.refused("PUT", "/account/pin", old="1", new="x" * 70_000))[:2] == (413, "too_large")


@pytest.mark.feature("ACC-05")
async def test_the_phone_system_does_not_trust_its_clients(tmp_path: Path, outside: SimulatedOffice) -> None:
    from hub.phone.account_commands import SetImage
    from hub.phone.adapter import PhoneError

    async with at_desk(configuration(tmp_path, outside.server.url)) as desk:
        large = Image.effect_noise((257, 257), 50)
        out = io.BytesIO()
        large.save(out, "JPEG", quality=30)
        for data, reason in (
            ("!", "not base64"),
            ("ö", "not base64"),
            (base64.b64encode(b"GIF89a").decode(), "no PNG and no JPEG"),
            (base64.b64encode(out.getvalue()).decode(), "pixels"),
        ):
            with pytest.raises(PhoneError, match=reason) as refused:
                await desk.hub.phones["alice"].connection.do(SetImage(data))
            assert refused.value.code == "bad_image"
