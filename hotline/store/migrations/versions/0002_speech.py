"""What deeper listening leaves behind: sounds that are not conversation, how many speak."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    _recordings()


def _recordings() -> None:
    op.add_column("recordings", sa.Column("sounds", sa.JSON(), server_default="[]", nullable=False))
    op.add_column("recordings", sa.Column("speakers", sa.Integer()))
