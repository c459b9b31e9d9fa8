"""A withdrawal is proposed by one person and confirmed by another.

Revision ID: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade():
    op.create_table(
        'withdrawal_proposal',
        sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('sale_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('ground', sa.Text(), nullable=False),
        sa.Column('proposed_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
        sa.Column('proposed_at', sa.BigInteger(), nullable=False),
        sa.Column('confirmed_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
        sa.Column('settled_at', sa.BigInteger(), nullable=True),
        sa.CheckConstraint('confirmed_by IS NULL OR confirmed_by <> proposed_by', name=op.f('ck_withdrawal_proposal_two_persons')),
        sa.ForeignKeyConstraint(['confirmed_by'], ['user.id'], name=op.f('fk_withdrawal_proposal_confirmed_by')),
        sa.ForeignKeyConstraint(['proposed_by'], ['user.id'], name=op.f('fk_withdrawal_proposal_proposed_by')),
        sa.ForeignKeyConstraint(['sale_id'], ['sale.id'], name=op.f('fk_withdrawal_proposal_sale_id')),
        sa.PrimaryKeyConstraint('id', name=op.f('pk_withdrawal_proposal')),
    )
    with op.batch_alter_table('withdrawal_proposal', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_withdrawal_proposal_sale_id'), ['sale_id'], unique=False)
        batch_op.create_index(
            'uq_withdrawal_proposal_open', ['sale_id'], unique=True,
            sqlite_where=sa.text('settled_at IS NULL'),
            postgresql_where=sa.text('settled_at IS NULL'),
        )


def downgrade():
    with op.batch_alter_table('withdrawal_proposal', schema=None) as batch_op:
        batch_op.drop_index('uq_withdrawal_proposal_open')
        batch_op.drop_index(batch_op.f('ix_withdrawal_proposal_sale_id'))
    op.drop_table('withdrawal_proposal')
