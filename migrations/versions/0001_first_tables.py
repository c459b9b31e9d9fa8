"""first tables

Revision ID: 0001
Revises: 

"""
from alembic import op
import sqlalchemy as sa


# revision identifiers, used by Alembic.
revision = '0001'
down_revision = None
branch_labels = None
depends_on = None


# Tables whose rows stay as they were written; where columns are named, only those are fixed.
APPEND_ONLY = {
    'account': [],
    'announcement': [],
    'audit_entry': [],
    'bank_statement': [],
    'bid': [],
    'document': ['id', 'court_id', 'case_id', 'sale_id', 'kind', 'code', 'title', 'content', 'sha256', 'note', 'created_at'],
    'handover': [],
    'incident': ['id', 'kind', 'sale_id', 'source', 'ground', 'began_at', 'noticed_at'],
    'log_cosignature': [],
    'log_entry': [],
    'log_root': [],
    'message': ['id', 'user_id', 'kind', 'params', 'link', 'created_at'],
    'ruling': [],
    'sale_request': [],
    'sealed_entry': ['sale_id', 'n', 'code', 'leaf'],
    'time_stamp': [],
    'transfer': [],
}


def make_append_only():
    """Let the database itself refuse UPDATE and DELETE (invariant 13)."""
    on_sqlite = op.get_bind().dialect.name == "sqlite"
    if not on_sqlite:
        op.execute(
            "CREATE OR REPLACE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ "
            "BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME "
            "USING ERRCODE = 'integrity_constraint_violation'; END $$"
        )
    for table, fixed in APPEND_ONLY.items():
        of = " OF " + ", ".join(f'"{name}"' for name in fixed) if fixed else ""
        if on_sqlite:
            refuse = f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
            op.execute(
                f'CREATE TRIGGER {table}_no_update BEFORE UPDATE{of} ON "{table}" {refuse}'
            )
            op.execute(f'CREATE TRIGGER {table}_no_delete BEFORE DELETE ON "{table}" {refuse}')
        else:
            op.execute(
                f'CREATE TRIGGER {table}_no_update BEFORE UPDATE{of} ON "{table}" '
                "FOR EACH ROW EXECUTE FUNCTION refuse_change()"
            )
            op.execute(
                f'CREATE TRIGGER {table}_no_delete BEFORE DELETE OR TRUNCATE ON "{table}" '
                "FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()"
            )


def upgrade():
    op.create_table('court',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('code', sa.String(length=20), nullable=False),
    sa.Column('name', sa.String(length=100), nullable=False),
    sa.Column('name_en', sa.String(length=150), nullable=False),
    sa.Column('address', sa.String(length=200), nullable=False),
    sa.Column('contact_phone', sa.String(length=40), nullable=False),
    sa.Column('supervision_phone', sa.String(length=40), nullable=False),
    sa.Column('bank_name', sa.String(length=100), nullable=False),
    sa.Column('account_name', sa.String(length=100), nullable=False),
    sa.Column('account_number', sa.String(length=40), nullable=False),
    sa.Column('is_demo', sa.Boolean(), nullable=False),
    sa.Column('settings', sa.JSON(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_court')),
    sa.UniqueConstraint('code', name=op.f('uq_court_code'))
    )
    op.create_table('log_key',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('public', sa.LargeBinary(length=32), nullable=False),
    sa.Column('private_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('is_current', sa.Boolean(), nullable=False),
    sa.Column('made_at', sa.BigInteger(), nullable=False),
    sa.Column('retired_at', sa.BigInteger(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_log_key')),
    sa.UniqueConstraint('public', name=op.f('uq_log_key_public'))
    )
    with op.batch_alter_table('log_key', schema=None) as batch_op:
        batch_op.create_index('uq_log_key_current', ['is_current'], unique=True, sqlite_where=sa.text('is_current'), postgresql_where=sa.text('is_current'))

    op.create_table('outbox',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.String(length=60), nullable=False),
    sa.Column('key', sa.String(length=200), nullable=False),
    sa.Column('payload', sa.JSON(), nullable=False),
    sa.Column('run_at', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('lease_until', sa.BigInteger(), nullable=True),
    sa.Column('done_at', sa.BigInteger(), nullable=True),
    sa.Column('last_error', sa.Text(), nullable=True),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_outbox')),
    sa.UniqueConstraint('key', name=op.f('uq_outbox_key'))
    )
    with op.batch_alter_table('outbox', schema=None) as batch_op:
        batch_op.create_index('ix_outbox_due', ['done_at', 'run_at'], unique=False)

    op.create_table('stripe_event',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('event_id', sa.String(length=255), nullable=False),
    sa.Column('type', sa.String(length=100), nullable=False),
    sa.Column('object_id', sa.String(length=255), nullable=False),
    sa.Column('livemode', sa.Boolean(), nullable=False),
    sa.Column('received_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stripe_event')),
    sa.UniqueConstraint('event_id', name=op.f('uq_stripe_event_event_id'))
    )
    op.create_table('stored_file',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('token', sa.String(length=43), nullable=False),
    sa.Column('court_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('mime', sa.String(length=60), nullable=False),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('original_name', sa.String(length=200), nullable=False),
    sa.Column('is_public', sa.Boolean(), nullable=False),
    sa.Column('width', sa.Integer(), nullable=True),
    sa.Column('height', sa.Integer(), nullable=True),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['court_id'], ['court.id'], name=op.f('fk_stored_file_court_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_stored_file')),
    sa.UniqueConstraint('token', name=op.f('uq_stored_file_token'))
    )
    with op.batch_alter_table('stored_file', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_stored_file_court_id'), ['court_id'], unique=False)

    op.create_table('user',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('email', sa.String(length=254), nullable=False),
    sa.Column('password_hash', sa.String(length=200), nullable=False),
    sa.Column('display_name', sa.String(length=100), nullable=False),
    sa.Column('court_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('lang', sa.String(length=2), nullable=False),
    sa.Column('is_active', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['court_id'], ['court.id'], name=op.f('fk_user_court_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_user')),
    sa.UniqueConstraint('email', name=op.f('uq_user_email'))
    )
    with op.batch_alter_table('user', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_user_court_id'), ['court_id'], unique=False)

    op.create_table('audit_entry',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('actor_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('action', sa.String(length=60), nullable=False),
    sa.Column('subject_type', sa.String(length=40), nullable=False),
    sa.Column('subject_id', sa.BigInteger(), nullable=True),
    sa.Column('case_id', sa.BigInteger(), nullable=True),
    sa.Column('detail', sa.JSON(), nullable=False),
    sa.Column('request_id', sa.String(length=40), nullable=False),
    sa.ForeignKeyConstraint(['actor_id'], ['user.id'], name=op.f('fk_audit_entry_actor_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_audit_entry')),
    info={'append_only': ()}
    )
    with op.batch_alter_table('audit_entry', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_audit_entry_action'), ['action'], unique=False)
        batch_op.create_index(batch_op.f('ix_audit_entry_actor_id'), ['actor_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_audit_entry_case_id'), ['case_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_audit_entry_subject_id'), ['subject_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_audit_entry_subject_type'), ['subject_type'], unique=False)

    op.create_table('bank_statement',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('court_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('format', sa.Enum('camt053', 'mt940', 'csv', name='bank_statement_format', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('account_number', sa.String(length=40), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('first_day', sa.Date(), nullable=True),
    sa.Column('last_day', sa.Date(), nullable=True),
    sa.Column('opening_minor', sa.BigInteger(), nullable=True),
    sa.Column('closing_minor', sa.BigInteger(), nullable=True),
    sa.Column('line_count', sa.Integer(), nullable=False),
    sa.Column('known_count', sa.Integer(), nullable=False),
    sa.Column('imported_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('imported_at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['court_id'], ['court.id'], name=op.f('fk_bank_statement_court_id')),
    sa.ForeignKeyConstraint(['imported_by'], ['user.id'], name=op.f('fk_bank_statement_imported_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_bank_statement')),
    sa.UniqueConstraint('court_id', 'sha256', name=op.f('uq_bank_statement_court_id_sha256')),
    info={'append_only': ()}
    )
    with op.batch_alter_table('bank_statement', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_bank_statement_court_id'), ['court_id'], unique=False)

    op.create_table('enforcement_case',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('court_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('number', sa.String(length=60), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('basis', sa.String(length=300), nullable=False),
    sa.Column('debtor_kind', sa.Enum('individual', 'company', name='case_debtor_kind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('status', sa.Enum('open', 'closed', name='case_status', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('account_number', sa.String(length=40), nullable=False),
    sa.Column('clerk_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('opened_at', sa.BigInteger(), nullable=False),
    sa.Column('closed_at', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['clerk_id'], ['user.id'], name=op.f('fk_enforcement_case_clerk_id')),
    sa.ForeignKeyConstraint(['court_id'], ['court.id'], name=op.f('fk_enforcement_case_court_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_enforcement_case')),
    sa.UniqueConstraint('account_number', name=op.f('uq_enforcement_case_account_number')),
    sa.UniqueConstraint('court_id', 'number', name=op.f('uq_enforcement_case_court_id_number'))
    )
    with op.batch_alter_table('enforcement_case', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_enforcement_case_court_id'), ['court_id'], unique=False)

    op.create_table('identity',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('user_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.Enum('person', 'company', name='identity_kind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('full_name', sa.LargeBinary(), nullable=False),
    sa.Column('id_number', sa.LargeBinary(), nullable=False),
    sa.Column('id_number_hash', sa.String(length=64), nullable=False),
    sa.Column('phone', sa.LargeBinary(), nullable=False),
    sa.Column('representative', sa.LargeBinary(), nullable=True),
    sa.Column('verified_at', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_identity_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_identity')),
    sa.UniqueConstraint('id_number_hash', name=op.f('uq_identity_id_number_hash')),
    sa.UniqueConstraint('user_id', name=op.f('uq_identity_user_id'))
    )
    op.create_table('message',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('user_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('params', sa.JSON(), nullable=False),
    sa.Column('link', sa.String(length=200), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('read_at', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_message_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_message')),
    info={'append_only': ('read_at',)}
    )
    with op.batch_alter_table('message', schema=None) as batch_op:
        batch_op.create_index('ix_message_inbox', ['user_id', 'read_at'], unique=False)

    op.create_table('money_alarm',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('court_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('subject', sa.String(length=300), nullable=False),
    sa.Column('detail', sa.JSON(), nullable=False),
    sa.Column('raised_at', sa.BigInteger(), nullable=False),
    sa.Column('settled_at', sa.BigInteger(), nullable=True),
    sa.Column('settled_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('explanation', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['court_id'], ['court.id'], name=op.f('fk_money_alarm_court_id')),
    sa.ForeignKeyConstraint(['settled_by'], ['user.id'], name=op.f('fk_money_alarm_settled_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_money_alarm')),
    sa.UniqueConstraint('code', 'subject', name=op.f('uq_money_alarm_code_subject'))
    )
    with op.batch_alter_table('money_alarm', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_money_alarm_court_id'), ['court_id'], unique=False)

    op.create_table('user_role',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('user_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('role', sa.Enum('bidder', 'clerk', 'judge', 'finance', 'auditor', 'admin', 'security', name='user_role_role', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_user_role_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_user_role')),
    sa.UniqueConstraint('user_id', 'role', name=op.f('uq_user_role_user_id_role'))
    )
    op.create_table('user_session',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('user_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('token_hash', sa.String(length=64), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('last_seen_at', sa.BigInteger(), nullable=False),
    sa.Column('expires_at', sa.BigInteger(), nullable=False),
    sa.Column('ended_at', sa.BigInteger(), nullable=True),
    sa.Column('ip', sa.String(length=45), nullable=False),
    sa.Column('agent', sa.String(length=200), nullable=False),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_user_session_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_user_session')),
    sa.UniqueConstraint('token_hash', name=op.f('uq_user_session_token_hash'))
    )
    with op.batch_alter_table('user_session', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_user_session_user_id'), ['user_id'], unique=False)

    op.create_table('account',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('court_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.Enum('bank', 'provider', 'provider-fees', 'deposit', 'prepaid', 'price', 'forfeit', 'proceeds', 'payable', 'fees', 'taxes', 'costs', 'surplus', 'suspense', name='account_kind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('owner_type', sa.Enum('court', 'enrolment', 'sale', 'case', 'claim', 'payee', 'party', name='account_owner_type', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('owner_id', sa.BigInteger(), nullable=False),
    sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('normal_side', sa.Enum('debit', 'credit', name='account_normal_side', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['enforcement_case.id'], name=op.f('fk_account_case_id')),
    sa.ForeignKeyConstraint(['court_id'], ['court.id'], name=op.f('fk_account_court_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_account')),
    sa.UniqueConstraint('court_id', 'kind', 'owner_type', 'owner_id', 'currency', name=op.f('uq_account_court_id_kind_owner_type_owner_id_currency')),
    sa.UniqueConstraint('id', 'court_id', 'currency', name=op.f('uq_account_id_court_id_currency')),
    info={'append_only': ()}
    )
    with op.batch_alter_table('account', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_account_case_id'), ['case_id'], unique=False)

    op.create_table('asset',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('court_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('category', sa.Enum('home', 'commercial', 'land', 'vehicle', 'equity', 'machinery', 'goods', 'ip', 'mining', 'vessel', name='asset_category', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('title', sa.String(length=120), nullable=False),
    sa.Column('title_en', sa.String(length=200), nullable=False),
    sa.Column('region', sa.String(length=60), nullable=False),
    sa.Column('address', sa.String(length=200), nullable=False),
    sa.Column('description', sa.Text(), nullable=False),
    sa.Column('facts', sa.JSON(), nullable=False),
    sa.Column('inspected_on', sa.Date(), nullable=True),
    sa.Column('inspectors', sa.String(length=120), nullable=False),
    sa.Column('defects', sa.Text(), nullable=False),
    sa.Column('occupancy', sa.Enum('vacant', 'debtor', 'tenant', 'third-party', 'court', 'not-applicable', name='asset_occupancy', native_enum=False, create_constraint=True, length=24), nullable=True),
    sa.Column('occupancy_note', sa.Text(), nullable=False),
    sa.Column('occupancy_evidence', sa.String(length=300), nullable=False),
    sa.Column('delivery_plan', sa.Text(), nullable=False),
    sa.Column('seller_taxes', sa.Text(), nullable=False),
    sa.Column('buyer_taxes', sa.Text(), nullable=False),
    sa.Column('known_debts', sa.Text(), nullable=False),
    sa.Column('seized_on', sa.Date(), nullable=True),
    sa.Column('seizure_expires_on', sa.Date(), nullable=True),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['enforcement_case.id'], name=op.f('fk_asset_case_id')),
    sa.ForeignKeyConstraint(['court_id'], ['court.id'], name=op.f('fk_asset_court_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_asset'))
    )
    with op.batch_alter_table('asset', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_asset_case_id'), ['case_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_asset_court_id'), ['court_id'], unique=False)

    op.create_table('deadline',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('court_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('rule_id', sa.String(length=20), nullable=False),
    sa.Column('subject_type', sa.String(length=40), nullable=False),
    sa.Column('subject_id', sa.BigInteger(), nullable=False),
    sa.Column('owner_role', sa.String(length=20), nullable=False),
    sa.Column('status', sa.Enum('open', 'met', 'void', name='deadline_status', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('warn_at', sa.BigInteger(), nullable=True),
    sa.Column('due_at', sa.BigInteger(), nullable=False),
    sa.Column('settled_at', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['case_id'], ['enforcement_case.id'], name=op.f('fk_deadline_case_id')),
    sa.ForeignKeyConstraint(['court_id'], ['court.id'], name=op.f('fk_deadline_court_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_deadline')),
    sa.UniqueConstraint('kind', 'subject_type', 'subject_id', name=op.f('uq_deadline_kind_subject_type_subject_id'))
    )
    with op.batch_alter_table('deadline', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_deadline_case_id'), ['case_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_deadline_court_id'), ['court_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_deadline_due_at'), ['due_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_deadline_status'), ['status'], unique=False)

    op.create_table('distribution_plan',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('court_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('status', sa.Enum('draft', 'submitted', 'approved', 'void', name='plan_status', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('input', sa.JSON(), nullable=False),
    sa.Column('output', sa.JSON(), nullable=False),
    sa.Column('explanations', sa.JSON(), nullable=False),
    sa.Column('notes', sa.JSON(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('drafted_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('drafted_at', sa.BigInteger(), nullable=False),
    sa.Column('submitted_at', sa.BigInteger(), nullable=True),
    sa.Column('approved_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('approved_at', sa.BigInteger(), nullable=True),
    sa.Column('remark', sa.String(length=300), nullable=False),
    sa.CheckConstraint('approved_by IS NULL OR approved_by <> drafted_by', name=op.f('ck_distribution_plan_two_people')),
    sa.ForeignKeyConstraint(['approved_by'], ['user.id'], name=op.f('fk_distribution_plan_approved_by')),
    sa.ForeignKeyConstraint(['case_id'], ['enforcement_case.id'], name=op.f('fk_distribution_plan_case_id')),
    sa.ForeignKeyConstraint(['court_id'], ['court.id'], name=op.f('fk_distribution_plan_court_id')),
    sa.ForeignKeyConstraint(['drafted_by'], ['user.id'], name=op.f('fk_distribution_plan_drafted_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_distribution_plan')),
    sa.UniqueConstraint('case_id', 'number', name=op.f('uq_distribution_plan_case_id_number'))
    )
    with op.batch_alter_table('distribution_plan', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_distribution_plan_case_id'), ['case_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_distribution_plan_court_id'), ['court_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_distribution_plan_status'), ['status'], unique=False)
        batch_op.create_index('uq_distribution_plan_open', ['case_id'], unique=True, sqlite_where=sa.text("status IN ('draft','submitted')"), postgresql_where=sa.text("status IN ('draft','submitted')"))

    op.create_table('party',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('role', sa.Enum('applicant', 'debtor', 'creditor', 'priority-purchaser', 'other', name='party_role', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('name', sa.LargeBinary(), nullable=False),
    sa.Column('id_number', sa.LargeBinary(), nullable=True),
    sa.Column('id_number_hash', sa.String(length=64), nullable=True),
    sa.Column('contact', sa.LargeBinary(), nullable=True),
    sa.Column('address', sa.LargeBinary(), nullable=True),
    sa.Column('priority_rank', sa.Integer(), nullable=True),
    sa.Column('priority_basis', sa.String(length=200), nullable=True),
    sa.Column('bank_name', sa.String(length=100), nullable=True),
    sa.Column('account_name', sa.LargeBinary(), nullable=True),
    sa.Column('account_number', sa.LargeBinary(), nullable=True),
    sa.ForeignKeyConstraint(['case_id'], ['enforcement_case.id'], name=op.f('fk_party_case_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_party'))
    )
    with op.batch_alter_table('party', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_party_case_id'), ['case_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_party_id_number_hash'), ['id_number_hash'], unique=False)

    op.create_table('account_balance',
    sa.Column('account_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('is_liability', sa.Boolean(), nullable=False),
    sa.Column('debits_posted', sa.BigInteger(), nullable=False),
    sa.Column('credits_posted', sa.BigInteger(), nullable=False),
    sa.Column('debits_pending', sa.BigInteger(), nullable=False),
    sa.Column('credits_pending', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('NOT is_liability OR debits_posted + debits_pending <= credits_posted', name=op.f('ck_account_balance_liability_not_negative')),
    sa.CheckConstraint('debits_posted >= 0 AND credits_posted >= 0 AND debits_pending >= 0 AND credits_pending >= 0', name=op.f('ck_account_balance_sums_not_negative')),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_account_balance_account_id')),
    sa.PrimaryKeyConstraint('account_id', name=op.f('pk_account_balance'))
    )
    op.create_table('asset_media',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('asset_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('file_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.Enum('photo', 'document', name='asset_media_kind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('caption', sa.String(length=200), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['asset_id'], ['asset.id'], name=op.f('fk_asset_media_asset_id')),
    sa.ForeignKeyConstraint(['file_id'], ['stored_file.id'], name=op.f('fk_asset_media_file_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_asset_media'))
    )
    with op.batch_alter_table('asset_media', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_asset_media_asset_id'), ['asset_id'], unique=False)

    op.create_table('claim',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('party_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('label', sa.String(length=20), nullable=False),
    sa.Column('claim_class', sa.Enum('home-buyer', 'construction', 'secured', 'tax', 'policy', 'ordinary', name='claim_class', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('rank', sa.Integer(), nullable=True),
    sa.Column('registered_at', sa.Date(), nullable=True),
    sa.Column('arose_at', sa.Date(), nullable=True),
    sa.Column('attached_at', sa.Date(), nullable=True),
    sa.Column('limit_minor', sa.BigInteger(), nullable=True),
    sa.Column('expenses_minor', sa.BigInteger(), nullable=False),
    sa.Column('interest_minor', sa.BigInteger(), nullable=False),
    sa.Column('principal_minor', sa.BigInteger(), nullable=False),
    sa.Column('doubled_interest_minor', sa.BigInteger(), nullable=False),
    sa.Column('fee_kind', sa.Enum('none', 'realised', 'fixed', name='claim_fee_kind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('fee_minor', sa.BigInteger(), nullable=True),
    sa.Column('held', sa.String(length=100), nullable=True),
    sa.Column('reason', sa.String(length=300), nullable=True),
    sa.CheckConstraint('expenses_minor >= 0 AND interest_minor >= 0 AND principal_minor >= 0 AND doubled_interest_minor >= 0', name=op.f('ck_claim_components_not_negative')),
    sa.ForeignKeyConstraint(['case_id'], ['enforcement_case.id'], name=op.f('fk_claim_case_id')),
    sa.ForeignKeyConstraint(['party_id'], ['party.id'], name=op.f('fk_claim_party_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_claim')),
    sa.UniqueConstraint('case_id', 'label', name=op.f('uq_claim_case_id_label'))
    )
    with op.batch_alter_table('claim', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_claim_case_id'), ['case_id'], unique=False)

    op.create_table('encumbrance',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('asset_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.String(length=40), nullable=False),
    sa.Column('holder', sa.String(length=100), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=True),
    sa.Column('since', sa.Date(), nullable=True),
    sa.Column('until', sa.Date(), nullable=True),
    sa.Column('survives', sa.Boolean(), nullable=False),
    sa.Column('evidence', sa.String(length=300), nullable=False),
    sa.ForeignKeyConstraint(['asset_id'], ['asset.id'], name=op.f('fk_encumbrance_asset_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_encumbrance'))
    )
    with op.batch_alter_table('encumbrance', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_encumbrance_asset_id'), ['asset_id'], unique=False)

    op.create_table('lot',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('court_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('number', sa.String(length=40), nullable=False),
    sa.Column('asset_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('is_practice', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['asset_id'], ['asset.id'], name=op.f('fk_lot_asset_id')),
    sa.ForeignKeyConstraint(['case_id'], ['enforcement_case.id'], name=op.f('fk_lot_case_id')),
    sa.ForeignKeyConstraint(['court_id'], ['court.id'], name=op.f('fk_lot_court_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_lot')),
    sa.UniqueConstraint('number', name=op.f('uq_lot_number'))
    )
    with op.batch_alter_table('lot', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_lot_asset_id'), ['asset_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_lot_case_id'), ['case_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_lot_court_id'), ['court_id'], unique=False)

    op.create_table('reference_price',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('asset_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('method', sa.Enum('negotiation', 'directed-inquiry', 'network-inquiry', 'appraisal', 'market', name='reference_price_method', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('fixed_on', sa.Date(), nullable=False),
    sa.Column('valid_until', sa.Date(), nullable=False),
    sa.Column('basis', sa.String(length=300), nullable=False),
    sa.Column('recorded_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('recorded_at', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('amount_minor > 0', name=op.f('ck_reference_price_amount_positive')),
    sa.ForeignKeyConstraint(['asset_id'], ['asset.id'], name=op.f('fk_reference_price_asset_id')),
    sa.ForeignKeyConstraint(['recorded_by'], ['user.id'], name=op.f('fk_reference_price_recorded_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reference_price'))
    )
    with op.batch_alter_table('reference_price', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_reference_price_asset_id'), ['asset_id'], unique=False)

    op.create_table('transfer',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('court_id', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.Enum('deposit-received', 'deposit-returned', 'deposit-applied', 'deposit-forfeited', 'prepaid-received', 'prepaid-returned', 'prepaid-applied', 'balance-received', 'price-returned', 'price-released', 'forfeit-used', 'proceeds-received', 'plan-allotted', 'plan-paid', 'suspense-received', 'suspense-identified', 'suspense-returned', 'provider-fee', 'provider-fee-covered', 'provider-paid-out', 'reversal', name='transfer_kind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('debit_account_id', sa.BigInteger(), nullable=False),
    sa.Column('credit_account_id', sa.BigInteger(), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('phase', sa.Enum('single', 'pending', 'post', 'void', name='transfer_phase', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('pending_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('reverses_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('source_type', sa.String(length=40), nullable=False),
    sa.Column('source_id', sa.BigInteger(), nullable=False),
    sa.Column('effective_at', sa.BigInteger(), nullable=False),
    sa.Column('recorded_at', sa.BigInteger(), nullable=False),
    sa.Column('actor_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('idempotency_key', sa.String(length=120), nullable=False),
    sa.Column('note', sa.String(length=300), nullable=False),
    sa.CheckConstraint("(kind = 'reversal') = (reverses_id IS NOT NULL)", name=op.f('ck_transfer_reversal_names_transfer')),
    sa.CheckConstraint("(phase IN ('post', 'void')) = (pending_id IS NOT NULL)", name=op.f('ck_transfer_resolves_a_hold')),
    sa.CheckConstraint('amount_minor > 0', name=op.f('ck_transfer_amount_positive')),
    sa.CheckConstraint('debit_account_id <> credit_account_id', name=op.f('ck_transfer_two_accounts')),
    sa.ForeignKeyConstraint(['actor_id'], ['user.id'], name=op.f('fk_transfer_actor_id')),
    sa.ForeignKeyConstraint(['case_id'], ['enforcement_case.id'], name=op.f('fk_transfer_case_id')),
    sa.ForeignKeyConstraint(['credit_account_id', 'court_id', 'currency'], ['account.id', 'account.court_id', 'account.currency'], name='fk_transfer_credit_account'),
    sa.ForeignKeyConstraint(['debit_account_id', 'court_id', 'currency'], ['account.id', 'account.court_id', 'account.currency'], name='fk_transfer_debit_account'),
    sa.ForeignKeyConstraint(['pending_id'], ['transfer.id'], name=op.f('fk_transfer_pending_id')),
    sa.ForeignKeyConstraint(['reverses_id'], ['transfer.id'], name=op.f('fk_transfer_reverses_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_transfer')),
    sa.UniqueConstraint('idempotency_key', name=op.f('uq_transfer_idempotency_key')),
    sa.UniqueConstraint('pending_id', name=op.f('uq_transfer_pending_id')),
    sa.UniqueConstraint('reverses_id', name=op.f('uq_transfer_reverses_id')),
    info={'append_only': ()}
    )
    with op.batch_alter_table('transfer', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_transfer_case_id'), ['case_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_transfer_credit_account_id'), ['credit_account_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_transfer_debit_account_id'), ['debit_account_id'], unique=False)
        batch_op.create_index('ix_transfer_source', ['source_type', 'source_id'], unique=False)

    op.create_table('claim_asset',
    sa.Column('claim_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('asset_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.ForeignKeyConstraint(['asset_id'], ['asset.id'], name=op.f('fk_claim_asset_asset_id')),
    sa.ForeignKeyConstraint(['claim_id'], ['claim.id'], name=op.f('fk_claim_asset_claim_id')),
    sa.PrimaryKeyConstraint('claim_id', 'asset_id', name=op.f('pk_claim_asset'))
    )
    op.create_table('sale',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('court_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('lot_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('number', sa.String(length=44), nullable=False),
    sa.Column('stage', sa.Enum('first', 'second', 'selloff', name='sale_stage', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('rule_pack', sa.String(length=20), nullable=False),
    sa.Column('status', sa.Enum('draft', 'panel', 'decided', 'announced', 'sold', 'unsold', 'paid', 'ruled', 'withdrawn', name='sale_status', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('reference_price_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('previous_sale_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('start_price_minor', sa.BigInteger(), nullable=False),
    sa.Column('increment_minor', sa.BigInteger(), nullable=False),
    sa.Column('deposit_minor', sa.BigInteger(), nullable=False),
    sa.Column('publish_on', sa.Date(), nullable=False),
    sa.Column('opens_at', sa.BigInteger(), nullable=False),
    sa.Column('closes_at', sa.BigInteger(), nullable=False),
    sa.Column('extension_window_seconds', sa.Integer(), nullable=False),
    sa.Column('extension_seconds', sa.Integer(), nullable=False),
    sa.Column('countdown_seconds', sa.Integer(), nullable=False),
    sa.Column('leader_raises', sa.Boolean(), nullable=False),
    sa.Column('instructions', sa.Boolean(), nullable=False),
    sa.Column('balance_days', sa.Integer(), nullable=False),
    sa.Column('qualification', sa.Text(), nullable=False),
    sa.Column('remarks', sa.Text(), nullable=False),
    sa.Column('published_at', sa.BigInteger(), nullable=True),
    sa.Column('ended_at', sa.BigInteger(), nullable=True),
    sa.Column('hammer_price_minor', sa.BigInteger(), nullable=True),
    sa.Column('created_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('closes_at > opens_at', name=op.f('ck_sale_window')),
    sa.CheckConstraint('deposit_minor >= 0', name=op.f('ck_sale_deposit_not_negative')),
    sa.CheckConstraint('increment_minor > 0', name=op.f('ck_sale_increment_positive')),
    sa.CheckConstraint('start_price_minor > 0', name=op.f('ck_sale_start_price_positive')),
    sa.ForeignKeyConstraint(['case_id'], ['enforcement_case.id'], name=op.f('fk_sale_case_id')),
    sa.ForeignKeyConstraint(['court_id'], ['court.id'], name=op.f('fk_sale_court_id')),
    sa.ForeignKeyConstraint(['created_by'], ['user.id'], name=op.f('fk_sale_created_by')),
    sa.ForeignKeyConstraint(['lot_id'], ['lot.id'], name=op.f('fk_sale_lot_id')),
    sa.ForeignKeyConstraint(['previous_sale_id'], ['sale.id'], name=op.f('fk_sale_previous_sale_id')),
    sa.ForeignKeyConstraint(['reference_price_id'], ['reference_price.id'], name=op.f('fk_sale_reference_price_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sale')),
    sa.UniqueConstraint('number', name=op.f('uq_sale_number'))
    )
    with op.batch_alter_table('sale', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_sale_case_id'), ['case_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_sale_court_id'), ['court_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_sale_lot_id'), ['lot_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_sale_status'), ['status'], unique=False)
        batch_op.create_index('uq_sale_live_lot', ['lot_id'], unique=True, sqlite_where=sa.text("status IN ('draft','panel','decided','announced') OR (status IN ('sold','paid') AND rule_pack <> 'practice')"), postgresql_where=sa.text("status IN ('draft','panel','decided','announced') OR (status IN ('sold','paid') AND rule_pack <> 'practice')"))

    op.create_table('deduction',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('court_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('sale_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('kind', sa.Enum('cost', 'reserved-rent', 'sale-tax', name='deduction_kind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('basis', sa.String(length=300), nullable=False),
    sa.Column('payee_name', sa.String(length=100), nullable=False),
    sa.Column('payee_bank', sa.String(length=100), nullable=False),
    sa.Column('payee_account', sa.LargeBinary(), nullable=False),
    sa.Column('form_key', sa.String(length=40), nullable=False),
    sa.Column('booked_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('booked_at', sa.BigInteger(), nullable=False),
    sa.Column('cancelled_at', sa.BigInteger(), nullable=True),
    sa.Column('cancelled_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.CheckConstraint("kind <> 'sale-tax' OR sale_id IS NOT NULL", name=op.f('ck_deduction_tax_has_sale')),
    sa.CheckConstraint('amount_minor > 0', name=op.f('ck_deduction_amount_positive')),
    sa.ForeignKeyConstraint(['booked_by'], ['user.id'], name=op.f('fk_deduction_booked_by')),
    sa.ForeignKeyConstraint(['cancelled_by'], ['user.id'], name=op.f('fk_deduction_cancelled_by')),
    sa.ForeignKeyConstraint(['case_id'], ['enforcement_case.id'], name=op.f('fk_deduction_case_id')),
    sa.ForeignKeyConstraint(['court_id'], ['court.id'], name=op.f('fk_deduction_court_id')),
    sa.ForeignKeyConstraint(['sale_id'], ['sale.id'], name=op.f('fk_deduction_sale_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_deduction')),
    sa.UniqueConstraint('case_id', 'form_key', name=op.f('uq_deduction_case_id_form_key'))
    )
    with op.batch_alter_table('deduction', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_deduction_case_id'), ['case_id'], unique=False)

    op.create_table('document',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('court_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('sale_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('kind', sa.Enum('announcement', 'confirmation', 'ruling', 'plan', name='document_kind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('title', sa.String(length=200), nullable=False),
    sa.Column('content', sa.JSON(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('file_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('published_at', sa.BigInteger(), nullable=True),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['enforcement_case.id'], name=op.f('fk_document_case_id')),
    sa.ForeignKeyConstraint(['court_id'], ['court.id'], name=op.f('fk_document_court_id')),
    sa.ForeignKeyConstraint(['file_id'], ['stored_file.id'], name=op.f('fk_document_file_id')),
    sa.ForeignKeyConstraint(['sale_id'], ['sale.id'], name=op.f('fk_document_sale_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_document')),
    sa.UniqueConstraint('code', name=op.f('uq_document_code')),
    info={'append_only': ('file_id', 'published_at')}
    )
    with op.batch_alter_table('document', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_document_case_id'), ['case_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_document_court_id'), ['court_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_document_sale_id'), ['sale_id'], unique=False)

    op.create_table('enrolment',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('sale_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('user_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('status', sa.Enum('begun', 'deposit-due', 'active', 'left', name='enrolment_status', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('code', sa.String(length=8), nullable=True),
    sa.Column('priority_rank', sa.Integer(), nullable=True),
    sa.Column('is_barred', sa.Boolean(), nullable=False),
    sa.Column('notices_accepted', sa.JSON(), nullable=False),
    sa.Column('declarations', sa.JSON(), nullable=False),
    sa.Column('deposit_minor', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('reference', sa.String(length=20), nullable=False),
    sa.Column('begun_at', sa.BigInteger(), nullable=False),
    sa.Column('activated_at', sa.BigInteger(), nullable=True),
    sa.CheckConstraint("status <> 'active' OR code IS NOT NULL", name=op.f('ck_enrolment_active_has_code')),
    sa.ForeignKeyConstraint(['sale_id'], ['sale.id'], name=op.f('fk_enrolment_sale_id')),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_enrolment_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_enrolment')),
    sa.UniqueConstraint('reference', name=op.f('uq_enrolment_reference')),
    sa.UniqueConstraint('sale_id', 'code', name=op.f('uq_enrolment_sale_id_code')),
    sa.UniqueConstraint('sale_id', 'user_id', name=op.f('uq_enrolment_sale_id_user_id'))
    )
    with op.batch_alter_table('enrolment', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_enrolment_sale_id'), ['sale_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_enrolment_user_id'), ['user_id'], unique=False)

    op.create_table('incident',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.Enum('clock', 'outage', name='incident_kind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('sale_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('source', sa.String(length=100), nullable=False),
    sa.Column('ground', sa.Text(), nullable=False),
    sa.Column('began_at', sa.BigInteger(), nullable=False),
    sa.Column('noticed_at', sa.BigInteger(), nullable=False),
    sa.Column('ended_at', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['sale_id'], ['sale.id'], name=op.f('fk_incident_sale_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_incident')),
    info={'append_only': ('ended_at',)}
    )
    with op.batch_alter_table('incident', schema=None) as batch_op:
        batch_op.create_index('ix_incident_open', ['kind', 'source', 'ended_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_incident_sale_id'), ['sale_id'], unique=False)

    op.create_table('log_cosignature',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('sale_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('witness', sa.String(length=200), nullable=False),
    sa.Column('size', sa.Integer(), nullable=False),
    sa.Column('line', sa.Text(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['sale_id'], ['sale.id'], name=op.f('fk_log_cosignature_sale_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_log_cosignature')),
    sa.UniqueConstraint('sale_id', 'witness', 'size', name=op.f('uq_log_cosignature_sale_id_witness_size')),
    info={'append_only': ()}
    )
    op.create_table('panel_decision',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('court_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('sale_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('number', sa.String(length=60), nullable=False),
    sa.Column('terms', sa.JSON(), nullable=False),
    sa.Column('terms_hash', sa.String(length=64), nullable=False),
    sa.Column('status', sa.Enum('voting', 'approved', 'rejected', 'void', name='decision_status', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('asked_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('asked_at', sa.BigInteger(), nullable=False),
    sa.Column('decided_at', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['asked_by'], ['user.id'], name=op.f('fk_panel_decision_asked_by')),
    sa.ForeignKeyConstraint(['case_id'], ['enforcement_case.id'], name=op.f('fk_panel_decision_case_id')),
    sa.ForeignKeyConstraint(['court_id'], ['court.id'], name=op.f('fk_panel_decision_court_id')),
    sa.ForeignKeyConstraint(['sale_id'], ['sale.id'], name=op.f('fk_panel_decision_sale_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_panel_decision')),
    sa.UniqueConstraint('number', name=op.f('uq_panel_decision_number'))
    )
    with op.batch_alter_table('panel_decision', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_panel_decision_case_id'), ['case_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_panel_decision_court_id'), ['court_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_panel_decision_sale_id'), ['sale_id'], unique=False)

    op.create_table('party_notice',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('sale_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('party_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('outcome', sa.Enum('confirmed', 'waived', 'posted', name='party_notice_outcome', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('channel', sa.String(length=60), nullable=False),
    sa.Column('on_date', sa.Date(), nullable=False),
    sa.Column('proof', sa.String(length=300), nullable=False),
    sa.Column('recorded_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('recorded_at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['party_id'], ['party.id'], name=op.f('fk_party_notice_party_id')),
    sa.ForeignKeyConstraint(['recorded_by'], ['user.id'], name=op.f('fk_party_notice_recorded_by')),
    sa.ForeignKeyConstraint(['sale_id'], ['sale.id'], name=op.f('fk_party_notice_sale_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_party_notice')),
    sa.UniqueConstraint('sale_id', 'party_id', name=op.f('uq_party_notice_sale_id_party_id'))
    )
    with op.batch_alter_table('party_notice', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_party_notice_sale_id'), ['sale_id'], unique=False)

    op.create_table('ruling',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('court_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('sale_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.Enum('deal', name='ruling_kind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('number', sa.String(length=60), nullable=False),
    sa.Column('made_on', sa.Date(), nullable=False),
    sa.Column('served_on', sa.Date(), nullable=False),
    sa.Column('recorded_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('recorded_at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['enforcement_case.id'], name=op.f('fk_ruling_case_id')),
    sa.ForeignKeyConstraint(['court_id'], ['court.id'], name=op.f('fk_ruling_court_id')),
    sa.ForeignKeyConstraint(['recorded_by'], ['user.id'], name=op.f('fk_ruling_recorded_by')),
    sa.ForeignKeyConstraint(['sale_id'], ['sale.id'], name=op.f('fk_ruling_sale_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ruling')),
    sa.UniqueConstraint('court_id', 'number', name=op.f('uq_ruling_court_id_number')),
    sa.UniqueConstraint('sale_id', 'kind', name=op.f('uq_ruling_sale_id_kind')),
    info={'append_only': ()}
    )
    with op.batch_alter_table('ruling', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_ruling_case_id'), ['case_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_ruling_sale_id'), ['sale_id'], unique=False)

    op.create_table('sale_head',
    sa.Column('sale_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('lot_number', sa.String(length=40), nullable=False),
    sa.Column('status', sa.String(length=12), nullable=False),
    sa.Column('price_minor', sa.BigInteger(), nullable=True),
    sa.Column('leader', sa.String(length=8), nullable=True),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('bidder_count', sa.Integer(), nullable=False),
    sa.Column('opens_at', sa.BigInteger(), nullable=False),
    sa.Column('closes_at', sa.BigInteger(), nullable=False),
    sa.Column('ended_at', sa.BigInteger(), nullable=True),
    sa.Column('ground', sa.Text(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('roster_version', sa.Integer(), nullable=False),
    sa.Column('log_size', sa.Integer(), nullable=False),
    sa.Column('log_at', sa.BigInteger(), nullable=False),
    sa.Column('log_frontier', sa.LargeBinary(), nullable=False),
    sa.Column('sealed_size', sa.Integer(), nullable=False),
    sa.Column('sealed_frontier', sa.LargeBinary(), nullable=False),
    sa.Column('state', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['sale_id'], ['sale.id'], name=op.f('fk_sale_head_sale_id')),
    sa.PrimaryKeyConstraint('sale_id', name=op.f('pk_sale_head'))
    )
    with op.batch_alter_table('sale_head', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_sale_head_closes_at'), ['closes_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_sale_head_lot_number'), ['lot_number'], unique=False)
        batch_op.create_index(batch_op.f('ix_sale_head_status'), ['status'], unique=False)

    op.create_table('time_stamp',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('sale_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.Enum('genesis', 'close', name='time_stamp_kind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('note', sa.Text(), nullable=False),
    sa.Column('digest', sa.LargeBinary(length=32), nullable=False),
    sa.Column('token', sa.LargeBinary(), nullable=False),
    sa.Column('requested_at', sa.BigInteger(), nullable=False),
    sa.Column('stamped_at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['sale_id'], ['sale.id'], name=op.f('fk_time_stamp_sale_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_time_stamp')),
    sa.UniqueConstraint('sale_id', 'kind', name=op.f('uq_time_stamp_sale_id_kind')),
    info={'append_only': ()}
    )
    op.create_table('withdrawal_proposal',
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
    sa.PrimaryKeyConstraint('id', name=op.f('pk_withdrawal_proposal'))
    )
    with op.batch_alter_table('withdrawal_proposal', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_withdrawal_proposal_sale_id'), ['sale_id'], unique=False)
        batch_op.create_index('uq_withdrawal_proposal_open', ['sale_id'], unique=True, sqlite_where=sa.text('settled_at IS NULL'), postgresql_where=sa.text('settled_at IS NULL'))

    op.create_table('announcement',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('sale_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('code', sa.String(length=40), nullable=False),
    sa.Column('content', sa.JSON(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('decision_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('published_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('published_at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['decision_id'], ['panel_decision.id'], name=op.f('fk_announcement_decision_id')),
    sa.ForeignKeyConstraint(['published_by'], ['user.id'], name=op.f('fk_announcement_published_by')),
    sa.ForeignKeyConstraint(['sale_id'], ['sale.id'], name=op.f('fk_announcement_sale_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_announcement')),
    sa.UniqueConstraint('code', name=op.f('uq_announcement_code')),
    sa.UniqueConstraint('sale_id', 'version', name=op.f('uq_announcement_sale_id_version')),
    info={'append_only': ()}
    )
    with op.batch_alter_table('announcement', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_announcement_sale_id'), ['sale_id'], unique=False)

    op.create_table('bid',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('sale_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('seq', sa.Integer(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('code', sa.String(length=8), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('is_auto', sa.Boolean(), nullable=False),
    sa.Column('is_match', sa.Boolean(), nullable=False),
    sa.Column('has_extended', sa.Boolean(), nullable=False),
    sa.Column('closes_at', sa.BigInteger(), nullable=False),
    sa.Column('log_n', sa.Integer(), nullable=False),
    sa.CheckConstraint('amount_minor > 0', name=op.f('ck_bid_amount_positive')),
    sa.ForeignKeyConstraint(['sale_id'], ['sale_head.sale_id'], name=op.f('fk_bid_sale_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_bid')),
    sa.UniqueConstraint('sale_id', 'seq', name=op.f('uq_bid_sale_id_seq')),
    info={'append_only': ()}
    )
    op.create_table('handover',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('ruling_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('handed_over_on', sa.Date(), nullable=False),
    sa.Column('proof', sa.String(length=300), nullable=False),
    sa.Column('recorded_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('recorded_at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['enforcement_case.id'], name=op.f('fk_handover_case_id')),
    sa.ForeignKeyConstraint(['recorded_by'], ['user.id'], name=op.f('fk_handover_recorded_by')),
    sa.ForeignKeyConstraint(['ruling_id'], ['ruling.id'], name=op.f('fk_handover_ruling_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_handover')),
    sa.UniqueConstraint('ruling_id', name=op.f('uq_handover_ruling_id')),
    info={'append_only': ()}
    )
    with op.batch_alter_table('handover', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_handover_case_id'), ['case_id'], unique=False)

    op.create_table('log_entry',
    sa.Column('sale_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('n', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('line', sa.Text(), nullable=False),
    sa.ForeignKeyConstraint(['sale_id'], ['sale_head.sale_id'], name=op.f('fk_log_entry_sale_id')),
    sa.PrimaryKeyConstraint('sale_id', 'n', name=op.f('pk_log_entry')),
    info={'append_only': ()}
    )
    op.create_table('log_root',
    sa.Column('sale_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('size', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('root', sa.LargeBinary(length=32), nullable=False),
    sa.ForeignKeyConstraint(['sale_id'], ['sale_head.sale_id'], name=op.f('fk_log_root_sale_id')),
    sa.PrimaryKeyConstraint('sale_id', 'size', name=op.f('pk_log_root')),
    info={'append_only': ()}
    )
    op.create_table('panel_seat',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('decision_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('user_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('vote', sa.Enum('approve', 'reject', name='panel_seat_vote', native_enum=False, create_constraint=True, length=24), nullable=True),
    sa.Column('reason', sa.Text(), nullable=False),
    sa.Column('voted_at', sa.BigInteger(), nullable=True),
    sa.CheckConstraint('(vote IS NULL) = (voted_at IS NULL)', name=op.f('ck_panel_seat_vote_has_moment')),
    sa.ForeignKeyConstraint(['decision_id'], ['panel_decision.id'], name=op.f('fk_panel_seat_decision_id')),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_panel_seat_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_panel_seat')),
    sa.UniqueConstraint('decision_id', 'user_id', name=op.f('uq_panel_seat_decision_id_user_id'))
    )
    with op.batch_alter_table('panel_seat', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_panel_seat_user_id'), ['user_id'], unique=False)

    op.create_table('sale_log',
    sa.Column('sale_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('origin', sa.String(length=200), nullable=False),
    sa.Column('key_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('codes', sa.JSON(), nullable=False),
    sa.ForeignKeyConstraint(['key_id'], ['log_key.id'], name=op.f('fk_sale_log_key_id')),
    sa.ForeignKeyConstraint(['sale_id'], ['sale_head.sale_id'], name=op.f('fk_sale_log_sale_id')),
    sa.PrimaryKeyConstraint('sale_id', name=op.f('pk_sale_log')),
    sa.UniqueConstraint('origin', name=op.f('uq_sale_log_origin'))
    )
    op.create_table('sale_request',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('sale_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.String(length=12), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('code', sa.String(length=8), nullable=True),
    sa.Column('key', sa.String(length=80), nullable=True),
    sa.Column('amount', sa.Text(), nullable=True),
    sa.Column('limit_sealed', sa.LargeBinary(), nullable=True),
    sa.Column('accepted', sa.Boolean(), nullable=False),
    sa.Column('reason', sa.String(length=24), nullable=True),
    sa.Column('seq', sa.Integer(), nullable=True),
    sa.Column('sealed_n', sa.Integer(), nullable=True),
    sa.Column('actor_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('ground', sa.Text(), nullable=True),
    sa.ForeignKeyConstraint(['actor_id'], ['user.id'], name=op.f('fk_sale_request_actor_id')),
    sa.ForeignKeyConstraint(['sale_id'], ['sale_head.sale_id'], name=op.f('fk_sale_request_sale_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sale_request')),
    sa.UniqueConstraint('sale_id', 'key', 'code', name=op.f('uq_sale_request_sale_id_key_code')),
    info={'append_only': ()}
    )
    with op.batch_alter_table('sale_request', schema=None) as batch_op:
        batch_op.create_index('ix_sale_request_sale_id', ['sale_id', 'id'], unique=False)

    op.create_table('sealed_entry',
    sa.Column('sale_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('n', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('code', sa.String(length=8), nullable=True),
    sa.Column('leaf', sa.LargeBinary(length=32), nullable=False),
    sa.Column('salt', sa.LargeBinary(length=32), nullable=True),
    sa.Column('line', sa.LargeBinary(), nullable=True),
    sa.ForeignKeyConstraint(['sale_id'], ['sale_head.sale_id'], name=op.f('fk_sealed_entry_sale_id')),
    sa.PrimaryKeyConstraint('sale_id', 'n', name=op.f('pk_sealed_entry')),
    info={'append_only': ('salt', 'line')}
    )
    op.create_table('settlement',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('court_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('sale_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('enrolment_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('price_minor', sa.BigInteger(), nullable=False),
    sa.Column('deposit_applied_minor', sa.BigInteger(), nullable=False),
    sa.Column('paid_minor', sa.BigInteger(), nullable=False),
    sa.Column('reference', sa.String(length=20), nullable=False),
    sa.Column('status', sa.Enum('due', 'paid', name='settlement_status', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('due_at', sa.BigInteger(), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('paid_at', sa.BigInteger(), nullable=True),
    sa.CheckConstraint("status = 'due' OR deposit_applied_minor + paid_minor >= price_minor", name=op.f('ck_settlement_paid_in_full')),
    sa.CheckConstraint('deposit_applied_minor >= 0 AND paid_minor >= 0', name=op.f('ck_settlement_parts_not_negative')),
    sa.CheckConstraint('price_minor > 0', name=op.f('ck_settlement_price_positive')),
    sa.ForeignKeyConstraint(['case_id'], ['enforcement_case.id'], name=op.f('fk_settlement_case_id')),
    sa.ForeignKeyConstraint(['court_id'], ['court.id'], name=op.f('fk_settlement_court_id')),
    sa.ForeignKeyConstraint(['enrolment_id'], ['enrolment.id'], name=op.f('fk_settlement_enrolment_id')),
    sa.ForeignKeyConstraint(['sale_id'], ['sale.id'], name=op.f('fk_settlement_sale_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_settlement')),
    sa.UniqueConstraint('enrolment_id', name=op.f('uq_settlement_enrolment_id')),
    sa.UniqueConstraint('reference', name=op.f('uq_settlement_reference')),
    sa.UniqueConstraint('sale_id', name=op.f('uq_settlement_sale_id'))
    )
    with op.batch_alter_table('settlement', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_settlement_case_id'), ['case_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_settlement_court_id'), ['court_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_settlement_status'), ['status'], unique=False)

    op.create_table('bank_line',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('court_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('statement_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('account_number', sa.String(length=40), nullable=False),
    sa.Column('entry_ref', sa.String(length=120), nullable=False),
    sa.Column('content_sha256', sa.String(length=64), nullable=False),
    sa.Column('side', sa.Enum('credit', 'debit', name='bank_line_side', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('booked_on', sa.Date(), nullable=False),
    sa.Column('payer_name', sa.LargeBinary(), nullable=False),
    sa.Column('payer_account', sa.LargeBinary(), nullable=False),
    sa.Column('payer_bank', sa.String(length=200), nullable=False),
    sa.Column('remittance', sa.LargeBinary(), nullable=False),
    sa.Column('reference', sa.String(length=20), nullable=True),
    sa.Column('enrolment_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('settlement_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('status', sa.Enum('new', 'matched', 'suspense', 'open', 'placed', 'explained', name='bank_line_status', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('reason', sa.Enum('no-reference', 'unknown-reference', 'wrong-amount', 'payer-differs', 'late', 'not-due', 'notices-missing', 'not-ordered', name='bank_line_reason', native_enum=False, create_constraint=True, length=24), nullable=True),
    sa.Column('remaining_minor', sa.BigInteger(), nullable=False),
    sa.Column('identify_by', sa.BigInteger(), nullable=True),
    sa.Column('note', sa.String(length=300), nullable=False),
    sa.Column('settled_at', sa.BigInteger(), nullable=True),
    sa.CheckConstraint('amount_minor > 0', name=op.f('ck_bank_line_amount_positive')),
    sa.CheckConstraint('remaining_minor >= 0 AND remaining_minor <= amount_minor', name=op.f('ck_bank_line_remaining_in_range')),
    sa.ForeignKeyConstraint(['case_id'], ['enforcement_case.id'], name=op.f('fk_bank_line_case_id')),
    sa.ForeignKeyConstraint(['court_id'], ['court.id'], name=op.f('fk_bank_line_court_id')),
    sa.ForeignKeyConstraint(['enrolment_id'], ['enrolment.id'], name=op.f('fk_bank_line_enrolment_id')),
    sa.ForeignKeyConstraint(['settlement_id'], ['settlement.id'], name=op.f('fk_bank_line_settlement_id')),
    sa.ForeignKeyConstraint(['statement_id'], ['bank_statement.id'], name=op.f('fk_bank_line_statement_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_bank_line')),
    sa.UniqueConstraint('court_id', 'account_number', 'entry_ref', name=op.f('uq_bank_line_court_id_account_number_entry_ref'))
    )
    with op.batch_alter_table('bank_line', schema=None) as batch_op:
        batch_op.create_index('ix_bank_line_desk', ['court_id', 'status'], unique=False)
        batch_op.create_index(batch_op.f('ix_bank_line_enrolment_id'), ['enrolment_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_bank_line_settlement_id'), ['settlement_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_bank_line_statement_id'), ['statement_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_bank_line_status'), ['status'], unique=False)

    op.create_table('payment',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('court_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('enrolment_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('settlement_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('user_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('purpose', sa.Enum('deposit', 'balance', name='payment_purpose', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('channel', sa.Enum('stripe', 'bank', name='payment_channel', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('status', sa.Enum('started', 'held', 'received', 'released', 'lapsed', 'suspense', name='payment_status', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('is_hold', sa.Boolean(), nullable=False),
    sa.Column('started_at', sa.BigInteger(), nullable=False),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('session_id', sa.String(length=255), nullable=True),
    sa.Column('expires_at', sa.BigInteger(), nullable=True),
    sa.Column('intent_id', sa.String(length=255), nullable=True),
    sa.Column('capture_before', sa.BigInteger(), nullable=True),
    sa.Column('bank_line_id', sa.BigInteger(), nullable=True),
    sa.Column('payer_name', sa.LargeBinary(), nullable=True),
    sa.Column('payer_account', sa.LargeBinary(), nullable=True),
    sa.Column('payer_bank', sa.String(length=200), nullable=True),
    sa.Column('transfer_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('confirmed_at', sa.BigInteger(), nullable=True),
    sa.Column('settled_at', sa.BigInteger(), nullable=True),
    sa.CheckConstraint("(purpose = 'balance') = (settlement_id IS NOT NULL)", name=op.f('ck_payment_balance_has_settlement')),
    sa.CheckConstraint("NOT is_hold OR purpose = 'deposit'", name=op.f('ck_payment_only_deposits_are_held')),
    sa.CheckConstraint('amount_minor > 0', name=op.f('ck_payment_amount_positive')),
    sa.ForeignKeyConstraint(['case_id'], ['enforcement_case.id'], name=op.f('fk_payment_case_id')),
    sa.ForeignKeyConstraint(['court_id'], ['court.id'], name=op.f('fk_payment_court_id')),
    sa.ForeignKeyConstraint(['enrolment_id'], ['enrolment.id'], name=op.f('fk_payment_enrolment_id')),
    sa.ForeignKeyConstraint(['settlement_id'], ['settlement.id'], name=op.f('fk_payment_settlement_id')),
    sa.ForeignKeyConstraint(['transfer_id'], ['transfer.id'], name=op.f('fk_payment_transfer_id')),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_payment_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payment')),
    sa.UniqueConstraint('bank_line_id', name=op.f('uq_payment_bank_line_id')),
    sa.UniqueConstraint('intent_id', name=op.f('uq_payment_intent_id')),
    sa.UniqueConstraint('session_id', name=op.f('uq_payment_session_id')),
    sa.UniqueConstraint('transfer_id', name=op.f('uq_payment_transfer_id'))
    )
    with op.batch_alter_table('payment', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_payment_case_id'), ['case_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_payment_court_id'), ['court_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_payment_enrolment_id'), ['enrolment_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_payment_settlement_id'), ['settlement_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_payment_status'), ['status'], unique=False)
        batch_op.create_index(batch_op.f('ix_payment_user_id'), ['user_id'], unique=False)
        batch_op.create_index('uq_payment_started', ['enrolment_id', 'purpose'], unique=True, sqlite_where=sa.text("status = 'started'"), postgresql_where=sa.text("status = 'started'"))

    op.create_table('deposit',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('court_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('sale_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('enrolment_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('payment_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('status', sa.Enum('held', 'applying', 'applied', 'returning', 'returned', 'forfeited', 'lapsed', name='deposit_status', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('confirmed_at', sa.BigInteger(), nullable=False),
    sa.Column('settled_at', sa.BigInteger(), nullable=True),
    sa.CheckConstraint('amount_minor > 0', name=op.f('ck_deposit_amount_positive')),
    sa.ForeignKeyConstraint(['case_id'], ['enforcement_case.id'], name=op.f('fk_deposit_case_id')),
    sa.ForeignKeyConstraint(['court_id'], ['court.id'], name=op.f('fk_deposit_court_id')),
    sa.ForeignKeyConstraint(['enrolment_id'], ['enrolment.id'], name=op.f('fk_deposit_enrolment_id')),
    sa.ForeignKeyConstraint(['payment_id'], ['payment.id'], name=op.f('fk_deposit_payment_id')),
    sa.ForeignKeyConstraint(['sale_id'], ['sale.id'], name=op.f('fk_deposit_sale_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_deposit')),
    sa.UniqueConstraint('enrolment_id', name=op.f('uq_deposit_enrolment_id')),
    sa.UniqueConstraint('payment_id', name=op.f('uq_deposit_payment_id'))
    )
    with op.batch_alter_table('deposit', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_deposit_case_id'), ['case_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_deposit_court_id'), ['court_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_deposit_sale_id'), ['sale_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_deposit_status'), ['status'], unique=False)

    op.create_table('plan_payment',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('plan_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('court_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('payee', sa.String(length=60), nullable=False),
    sa.Column('step', sa.String(length=24), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('payee_name', sa.LargeBinary(), nullable=False),
    sa.Column('payee_bank', sa.String(length=100), nullable=False),
    sa.Column('payee_account', sa.LargeBinary(), nullable=False),
    sa.Column('status', sa.Enum('due', 'held', 'paid', name='plan_payment_status', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('paid_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('paid_on', sa.Date(), nullable=True),
    sa.Column('paid_at', sa.BigInteger(), nullable=True),
    sa.Column('bank_reference', sa.String(length=60), nullable=True),
    sa.Column('transfer_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('bank_line_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.CheckConstraint("status <> 'paid' OR (paid_by IS NOT NULL AND bank_reference IS NOT NULL)", name=op.f('ck_plan_payment_paid_has_reference')),
    sa.CheckConstraint('amount_minor > 0', name=op.f('ck_plan_payment_amount_positive')),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_plan_payment_account_id')),
    sa.ForeignKeyConstraint(['bank_line_id'], ['bank_line.id'], name=op.f('fk_plan_payment_bank_line_id')),
    sa.ForeignKeyConstraint(['case_id'], ['enforcement_case.id'], name=op.f('fk_plan_payment_case_id')),
    sa.ForeignKeyConstraint(['court_id'], ['court.id'], name=op.f('fk_plan_payment_court_id')),
    sa.ForeignKeyConstraint(['paid_by'], ['user.id'], name=op.f('fk_plan_payment_paid_by')),
    sa.ForeignKeyConstraint(['plan_id'], ['distribution_plan.id'], name=op.f('fk_plan_payment_plan_id')),
    sa.ForeignKeyConstraint(['transfer_id'], ['transfer.id'], name=op.f('fk_plan_payment_transfer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_plan_payment')),
    sa.UniqueConstraint('bank_line_id', name=op.f('uq_plan_payment_bank_line_id')),
    sa.UniqueConstraint('court_id', 'bank_reference', 'id', name=op.f('uq_plan_payment_court_id_bank_reference_id')),
    sa.UniqueConstraint('plan_id', 'payee', 'step', name=op.f('uq_plan_payment_plan_id_payee_step')),
    sa.UniqueConstraint('transfer_id', name=op.f('uq_plan_payment_transfer_id'))
    )
    with op.batch_alter_table('plan_payment', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_plan_payment_case_id'), ['case_id'], unique=False)
        batch_op.create_index('ix_plan_payment_desk', ['court_id', 'status'], unique=False)
        batch_op.create_index(batch_op.f('ix_plan_payment_plan_id'), ['plan_id'], unique=False)

    op.create_table('provider_move',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('court_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.Enum('payout', 'fee-cover', name='provider_move_kind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('bank_reference', sa.String(length=60), nullable=False),
    sa.Column('bank_line_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('transfer_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('recorded_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('recorded_at', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('amount_minor > 0', name=op.f('ck_provider_move_amount_positive')),
    sa.ForeignKeyConstraint(['bank_line_id'], ['bank_line.id'], name=op.f('fk_provider_move_bank_line_id')),
    sa.ForeignKeyConstraint(['case_id'], ['enforcement_case.id'], name=op.f('fk_provider_move_case_id')),
    sa.ForeignKeyConstraint(['court_id'], ['court.id'], name=op.f('fk_provider_move_court_id')),
    sa.ForeignKeyConstraint(['recorded_by'], ['user.id'], name=op.f('fk_provider_move_recorded_by')),
    sa.ForeignKeyConstraint(['transfer_id'], ['transfer.id'], name=op.f('fk_provider_move_transfer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_provider_move')),
    sa.UniqueConstraint('court_id', 'case_id', 'kind', 'bank_reference', name=op.f('uq_provider_move_court_id_case_id_kind_bank_reference'))
    )
    with op.batch_alter_table('provider_move', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_provider_move_bank_line_id'), ['bank_line_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_provider_move_case_id'), ['case_id'], unique=False)

    op.create_table('refund',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('court_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('payment_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('channel', sa.Enum('stripe', 'bank', name='refund_channel', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('reason', sa.Enum('lost', 'unsold', 'withdrawn', 'left', 'late', 'refused', 'duplicate', 'excess', 'mismatch', name='refund_reason', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('status', sa.Enum('due', 'sent', 'done', name='refund_status', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('attempt', sa.Integer(), nullable=False),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.Column('provider_refund_id', sa.String(length=255), nullable=True),
    sa.Column('transfer_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('due_at', sa.BigInteger(), nullable=False),
    sa.Column('done_at', sa.BigInteger(), nullable=True),
    sa.Column('payee_name', sa.LargeBinary(), nullable=True),
    sa.Column('payee_account', sa.LargeBinary(), nullable=True),
    sa.Column('payee_bank', sa.String(length=200), nullable=True),
    sa.CheckConstraint('amount_minor > 0', name=op.f('ck_refund_amount_positive')),
    sa.ForeignKeyConstraint(['case_id'], ['enforcement_case.id'], name=op.f('fk_refund_case_id')),
    sa.ForeignKeyConstraint(['court_id'], ['court.id'], name=op.f('fk_refund_court_id')),
    sa.ForeignKeyConstraint(['payment_id'], ['payment.id'], name=op.f('fk_refund_payment_id')),
    sa.ForeignKeyConstraint(['transfer_id'], ['transfer.id'], name=op.f('fk_refund_transfer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_refund')),
    sa.UniqueConstraint('payment_id', name=op.f('uq_refund_payment_id'))
    )
    with op.batch_alter_table('refund', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_refund_case_id'), ['case_id'], unique=False)
        batch_op.create_index('ix_refund_desk', ['court_id', 'channel', 'status'], unique=False)
        batch_op.create_index(batch_op.f('ix_refund_status'), ['status'], unique=False)

    op.create_table('return_order',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('court_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('kind', sa.Enum('refund', 'suspense', name='return_order_kind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('refund_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('line_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('payee_account', sa.LargeBinary(), nullable=False),
    sa.Column('bank_reference', sa.String(length=60), nullable=False),
    sa.Column('paid_on', sa.Date(), nullable=False),
    sa.Column('status', sa.Enum('proposed', 'paid', 'cancelled', name='return_order_status', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('needs_second', sa.Boolean(), nullable=False),
    sa.Column('proposed_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('proposed_at', sa.BigInteger(), nullable=False),
    sa.Column('second_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('settled_at', sa.BigInteger(), nullable=True),
    sa.Column('bank_line_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.CheckConstraint("(kind = 'refund') = (refund_id IS NOT NULL) AND (kind = 'suspense') = (line_id IS NOT NULL)", name=op.f('ck_return_order_one_subject')),
    sa.CheckConstraint('amount_minor > 0', name=op.f('ck_return_order_amount_positive')),
    sa.CheckConstraint('second_id IS NULL OR second_id <> proposed_by', name=op.f('ck_return_order_two_people')),
    sa.ForeignKeyConstraint(['bank_line_id'], ['bank_line.id'], name=op.f('fk_return_order_bank_line_id')),
    sa.ForeignKeyConstraint(['case_id'], ['enforcement_case.id'], name=op.f('fk_return_order_case_id')),
    sa.ForeignKeyConstraint(['court_id'], ['court.id'], name=op.f('fk_return_order_court_id')),
    sa.ForeignKeyConstraint(['line_id'], ['bank_line.id'], name=op.f('fk_return_order_line_id')),
    sa.ForeignKeyConstraint(['proposed_by'], ['user.id'], name=op.f('fk_return_order_proposed_by')),
    sa.ForeignKeyConstraint(['refund_id'], ['refund.id'], name=op.f('fk_return_order_refund_id')),
    sa.ForeignKeyConstraint(['second_id'], ['user.id'], name=op.f('fk_return_order_second_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_return_order')),
    sa.UniqueConstraint('bank_line_id', name=op.f('uq_return_order_bank_line_id')),
    sa.UniqueConstraint('court_id', 'bank_reference', name=op.f('uq_return_order_court_id_bank_reference'))
    )
    with op.batch_alter_table('return_order', schema=None) as batch_op:
        batch_op.create_index('ix_return_order_desk', ['court_id', 'status'], unique=False)
        batch_op.create_index(batch_op.f('ix_return_order_line_id'), ['line_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_return_order_refund_id'), ['refund_id'], unique=False)

    make_append_only()


def downgrade():
    with op.batch_alter_table('return_order', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_return_order_refund_id'))
        batch_op.drop_index(batch_op.f('ix_return_order_line_id'))
        batch_op.drop_index('ix_return_order_desk')

    op.drop_table('return_order')
    with op.batch_alter_table('refund', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_refund_status'))
        batch_op.drop_index('ix_refund_desk')
        batch_op.drop_index(batch_op.f('ix_refund_case_id'))

    op.drop_table('refund')
    with op.batch_alter_table('provider_move', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_provider_move_case_id'))
        batch_op.drop_index(batch_op.f('ix_provider_move_bank_line_id'))

    op.drop_table('provider_move')
    with op.batch_alter_table('plan_payment', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_plan_payment_plan_id'))
        batch_op.drop_index('ix_plan_payment_desk')
        batch_op.drop_index(batch_op.f('ix_plan_payment_case_id'))

    op.drop_table('plan_payment')
    with op.batch_alter_table('deposit', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_deposit_status'))
        batch_op.drop_index(batch_op.f('ix_deposit_sale_id'))
        batch_op.drop_index(batch_op.f('ix_deposit_court_id'))
        batch_op.drop_index(batch_op.f('ix_deposit_case_id'))

    op.drop_table('deposit')
    with op.batch_alter_table('payment', schema=None) as batch_op:
        batch_op.drop_index('uq_payment_started', sqlite_where=sa.text("status = 'started'"), postgresql_where=sa.text("status = 'started'"))
        batch_op.drop_index(batch_op.f('ix_payment_user_id'))
        batch_op.drop_index(batch_op.f('ix_payment_status'))
        batch_op.drop_index(batch_op.f('ix_payment_settlement_id'))
        batch_op.drop_index(batch_op.f('ix_payment_enrolment_id'))
        batch_op.drop_index(batch_op.f('ix_payment_court_id'))
        batch_op.drop_index(batch_op.f('ix_payment_case_id'))

    op.drop_table('payment')
    with op.batch_alter_table('bank_line', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_bank_line_status'))
        batch_op.drop_index(batch_op.f('ix_bank_line_statement_id'))
        batch_op.drop_index(batch_op.f('ix_bank_line_settlement_id'))
        batch_op.drop_index(batch_op.f('ix_bank_line_enrolment_id'))
        batch_op.drop_index('ix_bank_line_desk')

    op.drop_table('bank_line')
    with op.batch_alter_table('settlement', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_settlement_status'))
        batch_op.drop_index(batch_op.f('ix_settlement_court_id'))
        batch_op.drop_index(batch_op.f('ix_settlement_case_id'))

    op.drop_table('settlement')
    op.drop_table('sealed_entry')
    with op.batch_alter_table('sale_request', schema=None) as batch_op:
        batch_op.drop_index('ix_sale_request_sale_id')

    op.drop_table('sale_request')
    op.drop_table('sale_log')
    with op.batch_alter_table('panel_seat', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_panel_seat_user_id'))

    op.drop_table('panel_seat')
    op.drop_table('log_root')
    op.drop_table('log_entry')
    with op.batch_alter_table('handover', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_handover_case_id'))

    op.drop_table('handover')
    op.drop_table('bid')
    with op.batch_alter_table('announcement', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_announcement_sale_id'))

    op.drop_table('announcement')
    with op.batch_alter_table('withdrawal_proposal', schema=None) as batch_op:
        batch_op.drop_index('uq_withdrawal_proposal_open', sqlite_where=sa.text('settled_at IS NULL'), postgresql_where=sa.text('settled_at IS NULL'))
        batch_op.drop_index(batch_op.f('ix_withdrawal_proposal_sale_id'))

    op.drop_table('withdrawal_proposal')
    op.drop_table('time_stamp')
    with op.batch_alter_table('sale_head', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_sale_head_status'))
        batch_op.drop_index(batch_op.f('ix_sale_head_lot_number'))
        batch_op.drop_index(batch_op.f('ix_sale_head_closes_at'))

    op.drop_table('sale_head')
    with op.batch_alter_table('ruling', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_ruling_sale_id'))
        batch_op.drop_index(batch_op.f('ix_ruling_case_id'))

    op.drop_table('ruling')
    with op.batch_alter_table('party_notice', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_party_notice_sale_id'))

    op.drop_table('party_notice')
    with op.batch_alter_table('panel_decision', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_panel_decision_sale_id'))
        batch_op.drop_index(batch_op.f('ix_panel_decision_court_id'))
        batch_op.drop_index(batch_op.f('ix_panel_decision_case_id'))

    op.drop_table('panel_decision')
    op.drop_table('log_cosignature')
    with op.batch_alter_table('incident', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_incident_sale_id'))
        batch_op.drop_index('ix_incident_open')

    op.drop_table('incident')
    with op.batch_alter_table('enrolment', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_enrolment_user_id'))
        batch_op.drop_index(batch_op.f('ix_enrolment_sale_id'))

    op.drop_table('enrolment')
    with op.batch_alter_table('document', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_document_sale_id'))
        batch_op.drop_index(batch_op.f('ix_document_court_id'))
        batch_op.drop_index(batch_op.f('ix_document_case_id'))

    op.drop_table('document')
    with op.batch_alter_table('deduction', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_deduction_case_id'))

    op.drop_table('deduction')
    with op.batch_alter_table('sale', schema=None) as batch_op:
        batch_op.drop_index('uq_sale_live_lot', sqlite_where=sa.text("status IN ('draft','panel','decided','announced') OR (status IN ('sold','paid') AND rule_pack <> 'practice')"), postgresql_where=sa.text("status IN ('draft','panel','decided','announced') OR (status IN ('sold','paid') AND rule_pack <> 'practice')"))
        batch_op.drop_index(batch_op.f('ix_sale_status'))
        batch_op.drop_index(batch_op.f('ix_sale_lot_id'))
        batch_op.drop_index(batch_op.f('ix_sale_court_id'))
        batch_op.drop_index(batch_op.f('ix_sale_case_id'))

    op.drop_table('sale')
    op.drop_table('claim_asset')
    with op.batch_alter_table('transfer', schema=None) as batch_op:
        batch_op.drop_index('ix_transfer_source')
        batch_op.drop_index(batch_op.f('ix_transfer_debit_account_id'))
        batch_op.drop_index(batch_op.f('ix_transfer_credit_account_id'))
        batch_op.drop_index(batch_op.f('ix_transfer_case_id'))

    op.drop_table('transfer')
    with op.batch_alter_table('reference_price', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_reference_price_asset_id'))

    op.drop_table('reference_price')
    with op.batch_alter_table('lot', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_lot_court_id'))
        batch_op.drop_index(batch_op.f('ix_lot_case_id'))
        batch_op.drop_index(batch_op.f('ix_lot_asset_id'))

    op.drop_table('lot')
    with op.batch_alter_table('encumbrance', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_encumbrance_asset_id'))

    op.drop_table('encumbrance')
    with op.batch_alter_table('claim', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_claim_case_id'))

    op.drop_table('claim')
    with op.batch_alter_table('asset_media', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_asset_media_asset_id'))

    op.drop_table('asset_media')
    op.drop_table('account_balance')
    with op.batch_alter_table('party', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_party_id_number_hash'))
        batch_op.drop_index(batch_op.f('ix_party_case_id'))

    op.drop_table('party')
    with op.batch_alter_table('distribution_plan', schema=None) as batch_op:
        batch_op.drop_index('uq_distribution_plan_open', sqlite_where=sa.text("status IN ('draft','submitted')"), postgresql_where=sa.text("status IN ('draft','submitted')"))
        batch_op.drop_index(batch_op.f('ix_distribution_plan_status'))
        batch_op.drop_index(batch_op.f('ix_distribution_plan_court_id'))
        batch_op.drop_index(batch_op.f('ix_distribution_plan_case_id'))

    op.drop_table('distribution_plan')
    with op.batch_alter_table('deadline', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_deadline_status'))
        batch_op.drop_index(batch_op.f('ix_deadline_due_at'))
        batch_op.drop_index(batch_op.f('ix_deadline_court_id'))
        batch_op.drop_index(batch_op.f('ix_deadline_case_id'))

    op.drop_table('deadline')
    with op.batch_alter_table('asset', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_asset_court_id'))
        batch_op.drop_index(batch_op.f('ix_asset_case_id'))

    op.drop_table('asset')
    with op.batch_alter_table('account', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_account_case_id'))

    op.drop_table('account')
    with op.batch_alter_table('user_session', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_user_session_user_id'))

    op.drop_table('user_session')
    op.drop_table('user_role')
    with op.batch_alter_table('money_alarm', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_money_alarm_court_id'))

    op.drop_table('money_alarm')
    with op.batch_alter_table('message', schema=None) as batch_op:
        batch_op.drop_index('ix_message_inbox')

    op.drop_table('message')
    op.drop_table('identity')
    with op.batch_alter_table('enforcement_case', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_enforcement_case_court_id'))

    op.drop_table('enforcement_case')
    with op.batch_alter_table('bank_statement', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_bank_statement_court_id'))

    op.drop_table('bank_statement')
    with op.batch_alter_table('audit_entry', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_audit_entry_subject_type'))
        batch_op.drop_index(batch_op.f('ix_audit_entry_subject_id'))
        batch_op.drop_index(batch_op.f('ix_audit_entry_case_id'))
        batch_op.drop_index(batch_op.f('ix_audit_entry_actor_id'))
        batch_op.drop_index(batch_op.f('ix_audit_entry_action'))

    op.drop_table('audit_entry')
    with op.batch_alter_table('user', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_user_court_id'))

    op.drop_table('user')
    with op.batch_alter_table('stored_file', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_stored_file_court_id'))

    op.drop_table('stored_file')
    op.drop_table('stripe_event')
    with op.batch_alter_table('outbox', schema=None) as batch_op:
        batch_op.drop_index('ix_outbox_due')

    op.drop_table('outbox')
    with op.batch_alter_table('log_key', schema=None) as batch_op:
        batch_op.drop_index('uq_log_key_current', sqlite_where=sa.text('is_current'), postgresql_where=sa.text('is_current'))

    op.drop_table('log_key')
    op.drop_table('court')
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION IF EXISTS refuse_change()")
