"""Where a call was parked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add it to calls; those of before were parked nowhere."""
    op.add_column("calls", sa.Column("orbit", sa.Text))
