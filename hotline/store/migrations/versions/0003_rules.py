"""What rules people can trust leave behind: every result of a call, published versions, weeks that no longer change."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    _scores()
    _published()
    _item_reviews()


def _scores() -> None:
    # SQLite drops a constraint by writing the table anew, which would lose the condition of the partial index.
    op.drop_index("uq_scores_current", "scores")
    with op.batch_alter_table("scores") as scores:
        scores.drop_constraint("uq_scores_call_id", type_="unique")
        scores.add_column(sa.Column("author", sa.String(80), server_default="", nullable=False))
        scores.add_column(sa.Column("reason", sa.Text(), server_default="", nullable=False))
        scores.add_column(sa.Column("band", sa.JSON()))
        scores.add_column(sa.Column("variables", sa.JSON(), server_default="{}", nullable=False))
        scores.add_column(sa.Column("metadata_open", sa.Boolean(), server_default=sa.false(), nullable=False))
    op.create_index("ix_scores_call_id", "scores", ["call_id"])
    op.create_index(
        "uq_scores_current", "scores", ["call_id"], unique=True, sqlite_where=sa.text("current"), postgresql_where=sa.text("current")
    )


def _published() -> None:
    op.add_column("rule_sets", sa.Column("published_at", sa.DateTime()))
    op.add_column("rule_sets", sa.Column("published_by", sa.String(80), server_default="", nullable=False))
    op.add_column("rule_sets", sa.Column("publish_note", sa.Text(), server_default="", nullable=False))
    op.add_column("rule_sets", sa.Column("in_force_from", sa.DateTime()))
    published = sa.text("published_at IS NOT NULL")
    op.create_index(
        "uq_rule_sets_published", "rule_sets", ["id", "version"], unique=True, sqlite_where=published, postgresql_where=published
    )
    op.create_table(
        "published_weeks",
        sa.Column("week", sa.String(8), nullable=False),
        sa.Column("published_at", sa.DateTime(), nullable=False),
        sa.Column("published_by", sa.String(80), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.PrimaryKeyConstraint("week", name="pk_published_weeks"),
    )


def _item_reviews() -> None:
    op.create_table(
        "item_reviews",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("call_id", sa.String(80), nullable=False),
        sa.Column("rule_hash", sa.String(64), nullable=False),
        sa.Column("item_id", sa.String(80), nullable=False),
        sa.Column("outcome", sa.String(8), nullable=False),
        sa.Column("agreed", sa.Boolean(), nullable=False),
        sa.Column("by", sa.String(80), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("note", sa.Text(), server_default="", nullable=False),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name="fk_item_reviews_call_id"),
        sa.ForeignKeyConstraint(["rule_hash"], ["rule_sets.content_hash"], name="fk_item_reviews_rule_hash"),
        sa.PrimaryKeyConstraint("id", name="pk_item_reviews"),
    )
    op.create_index("ix_item_reviews_call_id", "item_reviews", ["call_id"])
    op.create_index("ix_item_reviews_rule_hash_item_id", "item_reviews", ["rule_hash", "item_id"])
