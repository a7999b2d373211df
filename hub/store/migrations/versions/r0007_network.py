"""How the audio of a call came."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add it to calls; of those of before it is not known."""
    op.add_column("calls", sa.Column("network", sa.Text))
