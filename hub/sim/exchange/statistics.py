"""How the audio of a leg came, as its handset would have measured it. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.core.call import Network
from hub.media.mos import estimate

if TYPE_CHECKING:
    from hub.sim.exchange.conversation import Branch
    from hub.sim.exchange.office import Office


def measured(office: Office, branch: Branch) -> Network | None:
    """Return what a handset tells of a leg that was connected, None for one that tells nothing.

    The audio itself need not have been sent: it is what the office's network does to it.
    """
    found = office.handset(branch.device)
    if found is None or branch.answered is None or not found[1].statistics or not found[1].codecs:
        return None
    codec, impaired = found[1].codecs[0], office.network
    jitter = impaired.jitter / 3  # packets that take up to so much longer differ from the one before by a third of it
    return Network(
        codec=codec, jitter=jitter, loss=impaired.loss, mos=round(estimate(codec, loss=impaired.loss, jitter=jitter), 2)
    )
