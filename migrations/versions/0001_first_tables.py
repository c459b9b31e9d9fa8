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
    'bank_file_part': [],
    'bank_profile': ['id', 'court_id', 'name', 'content', 'made_by', 'made_at'],
    'bank_statement': [],
    'barred_buyer': ['id', 'court_id', 'case_id', 'asset_id', 'sale_id', 'ruling_id', 'user_id', 'id_number_hash', 'barred_at'],
    'bid': [],
    'buyer_default': [],
    'closing_balance': [],
    'day_close': ['id', 'court_id', 'day', 'closes_at', 'totals', 'transfer_count', 'sha256', 'note', 'proposed_by', 'proposed_at'],
    'document': ['id', 'court_id', 'case_id', 'sale_id', 'kind', 'code', 'title', 'content', 'sha256', 'note', 'created_at'],
    'handover': [],
    'incident': ['id', 'kind', 'sale_id', 'source', 'ground', 'began_at', 'noticed_at'],
    'interest_reckoning': [],
    'late_decision': [],
    'log_cosignature': [],
    'log_entry': [],
    'log_root': [],
    'message': ['id', 'user_id', 'kind', 'params', 'link', 'created_at'],
    'month_report': ['id', 'court_id', 'month', 'content', 'sha256', 'signed_by', 'signed_at'],
    'notary_deposit': ['id', 'court_id', 'case_id', 'plan_payment_id', 'ground', 'facts', 'office', 'account', 'bank', 'bank_code', 'proposed_by', 'proposed_at'],
    'payee_correction': ['id', 'court_id', 'case_id', 'kind', 'plan_payment_id', 'refund_id', 'line_id', 'name', 'account', 'bank', 'bank_code', 'reason', 'proposed_by', 'proposed_at'],
    'payee_notice': [],
    'payout': ['id', 'court_id', 'case_id', 'kind', 'plan_payment_id', 'refund_id', 'line_id', 'batch_id', 'position', 'amount_minor', 'currency', 'debtor_account', 'payee_name', 'payee_account', 'payee_bank', 'payee_bank_code', 'purpose', 'remittance', 'created_by', 'created_at'],
    'payout_arrival': ['id', 'court_id', 'payout_id', 'bank_line_id', 'amount_minor', 'limit_minor', 'recorded_by', 'recorded_at'],
    'payout_file': [],
    'payout_stop': ['id', 'court_id', 'case_id', 'ground', 'paper_number', 'effective_on', 'stopped_by', 'stopped_at'],
    'reconciled_day': [],
    'reconciliation_decision': ['id', 'court_id', 'place', 'kind', 'rule', 'certainty', 'ledger_minor', 'outside_minor', 'difference_minor', 'stake_minor', 'limit_minor', 'reason_code', 'text', 'made_by', 'made_at'],
    'reconciliation_item': ['id', 'court_id', 'place', 'book', 'source_type', 'source_id', 'part', 'parent_id', 'amount_minor', 'currency', 'dated_on', 'day', 'case_id', 'opened_at'],
    'reconciliation_note': [],
    'ruling': ['id', 'court_id', 'case_id', 'sale_id', 'kind', 'number', 'made_on', 'recorded_by', 'recorded_at'],
    'sale_request': [],
    'sale_set_aside': [],
    'sealed_entry': ['sale_id', 'n', 'code', 'leaf'],
    'step_up': [],
    'time_stamp': [],
    'transfer': [],
    'voucher': ['id', 'court_id', 'case_id', 'kind', 'year', 'number', 'payout_id', 'amount_minor', 'content', 'sha256', 'issued_at'],
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


# What the database itself refuses about money and its reconciliation, whoever writes to it.
GUARDS = {
    "sqlite": [
        """
CREATE TRIGGER day_close_begins BEFORE INSERT ON "day_close" WHEN NEW.status <> 'proposed' OR EXISTS (SELECT 1 FROM day_close c WHERE c.id = NEW.id) BEGIN SELECT RAISE(ABORT, 'a close is proposed first'); END
        """,
        """
CREATE TRIGGER day_close_ends BEFORE UPDATE ON "day_close" WHEN OLD.status <> 'proposed' OR NEW.status = 'closed' AND EXISTS (SELECT 1 FROM day_close c WHERE c.court_id = NEW.court_id
    AND c.status = 'closed' AND c.closes_at >= NEW.closes_at) BEGIN SELECT RAISE(ABORT, 'a closed day stays closed'); END
        """,
        """
CREATE TRIGGER reconciliation_decision_closed BEFORE UPDATE OF status ON reconciliation_decision WHEN OLD.status = 'standing' AND NEW.status <> 'standing' AND EXISTS (SELECT 1 FROM reconciled_day d JOIN reconciliation_item i ON i.decision_id = OLD.id JOIN reconciliation_decision x ON x.id = OLD.id WHERE d.court_id = i.court_id AND d.day >= i.day AND x.status = 'standing' AND d.made_at >= x.settled_at) BEGIN SELECT RAISE(ABORT, 'this decision stood when its day was closed'); END
        """,
        """
CREATE TRIGGER account_no_replace BEFORE INSERT ON "account" WHEN EXISTS (SELECT 1 FROM account a WHERE a.id = NEW.id) BEGIN SELECT RAISE(ABORT, 'account is append-only'); END
        """,
        """
CREATE TRIGGER account_opens AFTER INSERT ON account BEGIN INSERT INTO account_balance (account_id, is_liability, debits_posted, credits_posted, debits_pending, credits_pending, last_transfer_id) VALUES (NEW.id, NEW.normal_side = 'credit', 0, 0, 0, 0, 0); END
        """,
        """
CREATE TRIGGER reconciliation_item_open_day BEFORE INSERT ON reconciliation_item WHEN NEW.part = 0 AND EXISTS (SELECT 1 FROM day_close c WHERE c.court_id = NEW.court_id AND c.status = 'closed' AND c.day >= NEW.day) BEGIN SELECT RAISE(ABORT, 'the day of this item is closed'); END
        """,
        """
CREATE TRIGGER reconciliation_item_closed BEFORE UPDATE OF status, decision_id ON reconciliation_item WHEN OLD.decision_id IS NOT NULL AND NEW.decision_id IS DISTINCT FROM OLD.decision_id AND EXISTS (SELECT 1 FROM reconciled_day d JOIN reconciliation_item i ON i.decision_id = OLD.decision_id JOIN reconciliation_decision x ON x.id = OLD.decision_id WHERE d.court_id = i.court_id AND d.day >= i.day AND x.status = 'standing' AND d.made_at >= x.settled_at) BEGIN SELECT RAISE(ABORT, 'this item was settled when its day was closed'); END
        """,
        """
CREATE TRIGGER balance_starts_empty BEFORE INSERT ON "account_balance" WHEN NEW.debits_posted <> 0 OR NEW.credits_posted <> 0 OR NEW.debits_pending <> 0
    OR NEW.credits_pending <> 0 OR NEW.last_transfer_id <> 0
    OR EXISTS (SELECT 1 FROM account_balance b WHERE b.account_id = NEW.account_id)
    OR NOT EXISTS (SELECT 1 FROM account a WHERE a.id = NEW.account_id
                   AND (a.normal_side = 'credit') = NEW.is_liability) BEGIN SELECT RAISE(ABORT, 'a balance follows from the transfers'); END
        """,
        """
CREATE TRIGGER balance_follows BEFORE UPDATE ON "account_balance" WHEN NOT EXISTS (
    SELECT 1 FROM transfer t WHERE t.id = NEW.last_transfer_id AND t.id > OLD.last_transfer_id
    AND NEW.account_id = OLD.account_id AND NEW.is_liability = OLD.is_liability
    AND NEW.debits_posted - OLD.debits_posted
        = (t.debit_account_id = OLD.account_id) * (CASE WHEN t.phase IN ('single', 'post') THEN t.amount_minor ELSE 0 END)
    AND NEW.credits_posted - OLD.credits_posted
        = (t.credit_account_id = OLD.account_id) * (CASE WHEN t.phase IN ('single', 'post') THEN t.amount_minor ELSE 0 END)
    AND NEW.debits_pending - OLD.debits_pending
        = (t.debit_account_id = OLD.account_id) * (CASE t.phase WHEN 'pending' THEN t.amount_minor ELSE -t.released_minor END)
    AND NEW.credits_pending - OLD.credits_pending
        = (t.credit_account_id = OLD.account_id) * (CASE t.phase WHEN 'pending' THEN t.amount_minor ELSE -t.released_minor END)
    AND OLD.account_id IN (t.debit_account_id, t.credit_account_id)) BEGIN SELECT RAISE(ABORT, 'a balance follows from the transfers'); END
        """,
        """
CREATE TRIGGER balance_stays BEFORE DELETE ON "account_balance" BEGIN SELECT RAISE(ABORT, 'a balance follows from the transfers'); END
        """,
        """
CREATE TRIGGER transfer_no_replace BEFORE INSERT ON "transfer" WHEN EXISTS (SELECT 1 FROM transfer t WHERE t.id = NEW.id) BEGIN SELECT RAISE(ABORT, 'transfer is append-only'); END
        """,
        """
CREATE TRIGGER transfer_no_second_key BEFORE INSERT ON "transfer" WHEN EXISTS (SELECT 1 FROM transfer t WHERE t.idempotency_key = NEW.idempotency_key) BEGIN SELECT RAISE(ABORT, 'UNIQUE constraint failed: transfer.idempotency_key'); END
        """,
        """
CREATE TRIGGER transfer_of_one_court BEFORE INSERT ON "transfer" WHEN NOT EXISTS (SELECT 1 FROM account a WHERE a.id = NEW.debit_account_id AND a.court_id = NEW.court_id AND a.currency = NEW.currency) OR NOT EXISTS (SELECT 1 FROM account a WHERE a.id = NEW.credit_account_id AND a.court_id = NEW.court_id AND a.currency = NEW.currency) BEGIN SELECT RAISE(ABORT, 'both accounts are of one court and currency'); END
        """,
        """
CREATE TRIGGER transfer_in_open_day BEFORE INSERT ON "transfer" WHEN NEW.effective_at < (SELECT c.closes_at FROM day_close c WHERE c.court_id = NEW.court_id AND c.status = 'closed' ORDER BY c.closes_at DESC LIMIT 1) OR NEW.recorded_at <= (SELECT c.confirmed_at FROM day_close c WHERE c.court_id = NEW.court_id AND c.status = 'closed' ORDER BY c.closes_at DESC LIMIT 1) BEGIN SELECT RAISE(ABORT, 'the day is closed'); END
        """,
        """
CREATE TRIGGER transfer_of_its_hold BEFORE INSERT ON "transfer" WHEN NEW.pending_id IS NOT NULL AND (EXISTS (SELECT 1 FROM transfer t WHERE t.pending_id = NEW.pending_id) OR NOT EXISTS (SELECT 1 FROM transfer h WHERE h.id = NEW.pending_id AND
    h.phase = 'pending' AND h.kind = NEW.kind AND h.amount_minor = NEW.released_minor
    AND h.debit_account_id = NEW.debit_account_id AND h.credit_account_id = NEW.credit_account_id
    AND (NEW.amount_minor = h.amount_minor OR NEW.phase = 'post' AND NEW.amount_minor < h.amount_minor))) BEGIN SELECT RAISE(ABORT, 'not what its hold allows'); END
        """,
        """
CREATE TRIGGER transfer_of_its_twin BEFORE INSERT ON "transfer" WHEN NEW.reverses_id IS NOT NULL AND (EXISTS (SELECT 1 FROM transfer t WHERE t.reverses_id = NEW.reverses_id) OR NOT EXISTS (SELECT 1 FROM transfer r WHERE r.id = NEW.reverses_id AND
    r.phase IN ('single', 'post') AND r.reverses_id IS NULL AND r.amount_minor = NEW.amount_minor
    AND r.debit_account_id = NEW.credit_account_id AND r.credit_account_id = NEW.debit_account_id
    AND NEW.phase = 'single')) BEGIN SELECT RAISE(ABORT, 'not the mirror of what it reverses'); END
        """,
        """
CREATE TRIGGER transfer_books AFTER INSERT ON transfer BEGIN UPDATE account_balance SET debits_posted = debits_posted + CASE WHEN NEW.phase IN ('single', 'post') THEN NEW.amount_minor ELSE 0 END, debits_pending = debits_pending + CASE NEW.phase WHEN 'pending' THEN NEW.amount_minor ELSE -NEW.released_minor END, last_transfer_id = NEW.id WHERE account_id = NEW.debit_account_id; UPDATE account_balance SET credits_posted = credits_posted + CASE WHEN NEW.phase IN ('single', 'post') THEN NEW.amount_minor ELSE 0 END, credits_pending = credits_pending + CASE NEW.phase WHEN 'pending' THEN NEW.amount_minor ELSE -NEW.released_minor END, last_transfer_id = NEW.id WHERE account_id = NEW.credit_account_id; END
        """,
    ],
    "postgresql": [
        """
CREATE TRIGGER day_close_begins BEFORE INSERT ON "day_close" FOR EACH ROW WHEN (NEW.status <> 'proposed') EXECUTE FUNCTION refuse_change()
        """,
        """
CREATE OR REPLACE FUNCTION end_day_close() RETURNS trigger LANGUAGE plpgsql AS $$  BEGIN PERFORM pg_advisory_xact_lock(7243, NEW.court_id::int);IF OLD.status <> 'proposed' OR NEW.status = 'closed' AND EXISTS (SELECT 1 FROM day_close c WHERE c.court_id = NEW.court_id
    AND c.status = 'closed' AND c.closes_at >= NEW.closes_at) THEN RAISE EXCEPTION USING MESSAGE = 'a closed day stays closed', ERRCODE = 'integrity_constraint_violation'; END IF; RETURN NEW; END $$
        """,
        """
CREATE TRIGGER day_close_ends BEFORE UPDATE ON day_close FOR EACH ROW EXECUTE FUNCTION end_day_close()
        """,
        """
CREATE OR REPLACE FUNCTION refuse_reconciliation_decision_closed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF OLD.status = 'standing' AND NEW.status <> 'standing' AND EXISTS (SELECT 1 FROM reconciled_day d JOIN reconciliation_item i ON i.decision_id = OLD.id JOIN reconciliation_decision x ON x.id = OLD.id WHERE d.court_id = i.court_id AND d.day >= i.day AND x.status = 'standing' AND d.made_at >= x.settled_at) THEN RAISE EXCEPTION 'this decision stood when its day was closed' USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN NEW; END $$
        """,
        """
CREATE TRIGGER reconciliation_decision_closed BEFORE UPDATE OF status ON reconciliation_decision FOR EACH ROW EXECUTE FUNCTION refuse_reconciliation_decision_closed()
        """,
        """
CREATE OR REPLACE FUNCTION open_balance() RETURNS trigger LANGUAGE plpgsql AS $$  BEGIN INSERT INTO account_balance (account_id, is_liability, debits_posted, credits_posted, debits_pending, credits_pending, last_transfer_id) VALUES (NEW.id, NEW.normal_side = 'credit', 0, 0, 0, 0, 0); RETURN NULL; END $$
        """,
        """
CREATE TRIGGER account_opens AFTER INSERT ON account FOR EACH ROW EXECUTE FUNCTION open_balance()
        """,
        """
CREATE OR REPLACE FUNCTION refuse_reconciliation_item_open_day() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.part = 0 AND EXISTS (SELECT 1 FROM day_close c WHERE c.court_id = NEW.court_id AND c.status = 'closed' AND c.day >= NEW.day) THEN RAISE EXCEPTION 'the day of this item is closed' USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN NEW; END $$
        """,
        """
CREATE TRIGGER reconciliation_item_open_day BEFORE INSERT ON reconciliation_item FOR EACH ROW EXECUTE FUNCTION refuse_reconciliation_item_open_day()
        """,
        """
CREATE OR REPLACE FUNCTION refuse_reconciliation_item_closed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF OLD.decision_id IS NOT NULL AND NEW.decision_id IS DISTINCT FROM OLD.decision_id AND EXISTS (SELECT 1 FROM reconciled_day d JOIN reconciliation_item i ON i.decision_id = OLD.decision_id JOIN reconciliation_decision x ON x.id = OLD.decision_id WHERE d.court_id = i.court_id AND d.day >= i.day AND x.status = 'standing' AND d.made_at >= x.settled_at) THEN RAISE EXCEPTION 'this item was settled when its day was closed' USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN NEW; END $$
        """,
        """
CREATE TRIGGER reconciliation_item_closed BEFORE UPDATE OF status, decision_id ON reconciliation_item FOR EACH ROW EXECUTE FUNCTION refuse_reconciliation_item_closed()
        """,
        """
CREATE OR REPLACE FUNCTION refuse_balance() RETURNS trigger LANGUAGE plpgsql AS $$  BEGIN RAISE EXCEPTION USING MESSAGE = 'a balance follows from the transfers', ERRCODE = 'integrity_constraint_violation'; END $$
        """,
        """
CREATE TRIGGER balance_starts_empty BEFORE INSERT ON account_balance FOR EACH ROW WHEN (pg_trigger_depth() < 1) EXECUTE FUNCTION refuse_balance()
        """,
        """
CREATE TRIGGER balance_follows BEFORE UPDATE ON account_balance FOR EACH ROW WHEN (pg_trigger_depth() < 1) EXECUTE FUNCTION refuse_balance()
        """,
        """
CREATE TRIGGER balance_stays BEFORE DELETE OR TRUNCATE ON account_balance FOR EACH STATEMENT EXECUTE FUNCTION refuse_balance()
        """,
        """
CREATE OR REPLACE FUNCTION book_transfers() RETURNS trigger LANGUAGE plpgsql AS $$ DECLARE bad bigint; BEGIN
    PERFORM pg_advisory_xact_lock_shared(7243, c.court_id::int)
        FROM (SELECT DISTINCT court_id FROM booked ORDER BY court_id) c;
    SELECT n.court_id INTO bad FROM (
        SELECT court_id, min(effective_at) AS effective_at, min(recorded_at) AS recorded_at
        FROM booked GROUP BY court_id) n WHERE n.effective_at < (SELECT c.closes_at FROM day_close c WHERE c.court_id = n.court_id AND c.status = 'closed' ORDER BY c.closes_at DESC LIMIT 1) OR n.recorded_at <= (SELECT c.confirmed_at FROM day_close c WHERE c.court_id = n.court_id AND c.status = 'closed' ORDER BY c.closes_at DESC LIMIT 1) LIMIT 1;
    IF bad IS NOT NULL THEN RAISE EXCEPTION USING MESSAGE = 'the day is closed', ERRCODE = 'integrity_constraint_violation'; END IF;
    SELECT n.id INTO bad FROM booked n LEFT JOIN transfer h ON h.id = n.pending_id
        WHERE n.pending_id IS NOT NULL AND (h.id IS NULL OR NOT (
    h.phase = 'pending' AND h.kind = n.kind AND h.amount_minor = n.released_minor
    AND h.debit_account_id = n.debit_account_id AND h.credit_account_id = n.credit_account_id
    AND (n.amount_minor = h.amount_minor OR n.phase = 'post' AND n.amount_minor < h.amount_minor))) LIMIT 1;
    IF bad IS NOT NULL THEN RAISE EXCEPTION USING MESSAGE = 'not what its hold allows', ERRCODE = 'integrity_constraint_violation'; END IF;
    SELECT n.id INTO bad FROM booked n LEFT JOIN transfer r ON r.id = n.reverses_id
        WHERE n.reverses_id IS NOT NULL AND (r.id IS NULL OR NOT (
    r.phase IN ('single', 'post') AND r.reverses_id IS NULL AND r.amount_minor = n.amount_minor
    AND r.debit_account_id = n.credit_account_id AND r.credit_account_id = n.debit_account_id
    AND n.phase = 'single')) LIMIT 1;
    IF bad IS NOT NULL THEN RAISE EXCEPTION USING MESSAGE = 'not the mirror of what it reverses', ERRCODE = 'integrity_constraint_violation'; END IF;
    UPDATE account_balance b SET debits_posted = b.debits_posted + d.debits_posted, credits_posted = b.credits_posted + d.credits_posted, debits_pending = b.debits_pending + d.debits_pending, credits_pending = b.credits_pending + d.credits_pending, last_transfer_id = greatest(b.last_transfer_id, d.last)
        FROM (SELECT account_id, max(id) AS last, sum(debits_posted)::bigint AS debits_posted, sum(credits_posted)::bigint AS credits_posted, sum(debits_pending)::bigint AS debits_pending, sum(credits_pending)::bigint AS credits_pending FROM (
    SELECT n.id, n.debit_account_id AS account_id, CASE WHEN n.phase IN ('single', 'post') THEN n.amount_minor ELSE 0 END AS debits_posted,
        0 AS credits_posted, CASE n.phase WHEN 'pending' THEN n.amount_minor ELSE -n.released_minor END AS debits_pending, 0 AS credits_pending
    FROM booked n
    UNION ALL
    SELECT n.id, n.credit_account_id, 0, CASE WHEN n.phase IN ('single', 'post') THEN n.amount_minor ELSE 0 END, 0, CASE n.phase WHEN 'pending' THEN n.amount_minor ELSE -n.released_minor END
    FROM booked n) s GROUP BY account_id) d
        WHERE b.account_id = d.account_id;
    RETURN NULL; END $$
        """,
        """
CREATE TRIGGER transfer_books AFTER INSERT ON transfer REFERENCING NEW TABLE AS booked FOR EACH STATEMENT EXECUTE FUNCTION book_transfers()
        """,
    ],
}
FUNCTIONS = ['book_transfers', 'end_day_close', 'open_balance', 'refuse_balance', 'refuse_reconciliation_decision_closed', 'refuse_reconciliation_item_closed', 'refuse_reconciliation_item_open_day']


def make_guards():
    """Let the database keep the books: balances follow transfers and nothing else."""
    for statement in GUARDS[op.get_bind().dialect.name]:
        op.execute(statement.strip())


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

    op.create_table('provider_cursor',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.String(length=40), nullable=False),
    sa.Column('position', sa.JSON(), nullable=False),
    sa.Column('moved_at', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_provider_cursor')),
    sa.UniqueConstraint('name', name=op.f('uq_provider_cursor_name'))
    )
    op.create_table('provider_payout',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('provider_id', sa.String(length=255), nullable=False),
    sa.Column('status', sa.String(length=20), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('sent_at', sa.BigInteger(), nullable=False),
    sa.Column('arrives_at', sa.BigInteger(), nullable=False),
    sa.Column('is_complete', sa.Boolean(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_provider_payout')),
    sa.UniqueConstraint('provider_id', name=op.f('uq_provider_payout_provider_id'))
    )
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

    op.create_table('voucher_series',
    sa.Column('court_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('kind', sa.Enum('receipt', 'fee', 'tax', name='voucher_series_kind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('year', sa.Integer(), autoincrement=False, nullable=False),
    sa.Column('last', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['court_id'], ['court.id'], name=op.f('fk_voucher_series_court_id')),
    sa.PrimaryKeyConstraint('court_id', 'kind', 'year', name=op.f('pk_voucher_series'))
    )
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

    op.create_table('bank_import',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('court_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('size_bytes', sa.BigInteger(), nullable=False),
    sa.Column('profile', sa.String(length=60), nullable=True),
    sa.Column('status', sa.Enum('waiting', 'checking', 'storing', 'done', 'refused', name='bank_import_status', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('checked_count', sa.Integer(), nullable=False),
    sa.Column('line_count', sa.Integer(), nullable=False),
    sa.Column('stored_count', sa.Integer(), nullable=False),
    sa.Column('faults', sa.JSON(), nullable=False),
    sa.Column('uploaded_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('uploaded_at', sa.BigInteger(), nullable=False),
    sa.Column('settled_at', sa.BigInteger(), nullable=True),
    sa.CheckConstraint('stored_count <= line_count', name=op.f('ck_bank_import_stored_in_range')),
    sa.ForeignKeyConstraint(['court_id'], ['court.id'], name=op.f('fk_bank_import_court_id')),
    sa.ForeignKeyConstraint(['uploaded_by'], ['user.id'], name=op.f('fk_bank_import_uploaded_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_bank_import'))
    )
    with op.batch_alter_table('bank_import', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_bank_import_court_id'), ['court_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_bank_import_status'), ['status'], unique=False)
        batch_op.create_index('uq_bank_import_file', ['court_id', 'sha256'], unique=True, sqlite_where=sa.text("status <> 'refused'"), postgresql_where=sa.text("status <> 'refused'"))
        batch_op.create_index('uq_bank_import_running', ['court_id'], unique=True, sqlite_where=sa.text("status IN ('checking', 'storing')"), postgresql_where=sa.text("status IN ('checking', 'storing')"))

    op.create_table('bank_profile',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('court_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.String(length=60), nullable=False),
    sa.Column('content', sa.JSON(), nullable=False),
    sa.Column('made_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('made_at', sa.BigInteger(), nullable=False),
    sa.Column('retired_at', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['court_id'], ['court.id'], name=op.f('fk_bank_profile_court_id')),
    sa.ForeignKeyConstraint(['made_by'], ['user.id'], name=op.f('fk_bank_profile_made_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_bank_profile')),
    info={'append_only': ('retired_at',)}
    )
    with op.batch_alter_table('bank_profile', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_bank_profile_court_id'), ['court_id'], unique=False)

    op.create_table('day_close',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('court_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('closes_at', sa.BigInteger(), nullable=False),
    sa.Column('status', sa.Enum('proposed', 'closed', 'withdrawn', name='close_status', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('totals', sa.JSON(), nullable=False),
    sa.Column('transfer_count', sa.BigInteger(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('note', sa.String(length=500), nullable=False),
    sa.Column('proposed_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('proposed_at', sa.BigInteger(), nullable=False),
    sa.Column('confirmed_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('confirmed_at', sa.BigInteger(), nullable=True),
    sa.CheckConstraint("(status = 'closed') = (confirmed_by IS NOT NULL AND confirmed_at IS NOT NULL)", name=op.f('ck_day_close_closed_is_confirmed')),
    sa.CheckConstraint('(closes_at - 57600000) / 86400000 * 86400000 = closes_at - 57600000', name=op.f('ck_day_close_closes_at_midnight')),
    sa.CheckConstraint('closes_at <= proposed_at', name=op.f('ck_day_close_day_is_over')),
    sa.CheckConstraint('confirmed_by IS NULL OR confirmed_by <> proposed_by', name=op.f('ck_day_close_two_people')),
    sa.ForeignKeyConstraint(['confirmed_by'], ['user.id'], name=op.f('fk_day_close_confirmed_by')),
    sa.ForeignKeyConstraint(['court_id'], ['court.id'], name=op.f('fk_day_close_court_id')),
    sa.ForeignKeyConstraint(['proposed_by'], ['user.id'], name=op.f('fk_day_close_proposed_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_day_close')),
    info={'append_only': ('status', 'confirmed_by', 'confirmed_at'), 'guards': [('sqlite', 'CREATE TRIGGER day_close_begins BEFORE INSERT ON "day_close" WHEN NEW.status <> \'proposed\' OR EXISTS (SELECT 1 FROM day_close c WHERE c.id = NEW.id) BEGIN SELECT RAISE(ABORT, \'a close is proposed first\'); END'), ('sqlite', 'CREATE TRIGGER day_close_ends BEFORE UPDATE ON "day_close" WHEN OLD.status <> \'proposed\' OR NEW.status = \'closed\' AND EXISTS (SELECT 1 FROM day_close c WHERE c.court_id = NEW.court_id\n    AND c.status = \'closed\' AND c.closes_at >= NEW.closes_at) BEGIN SELECT RAISE(ABORT, \'a closed day stays closed\'); END'), ('postgresql', 'CREATE TRIGGER day_close_begins BEFORE INSERT ON "day_close" FOR EACH ROW WHEN (NEW.status <> \'proposed\') EXECUTE FUNCTION refuse_change()'), ('postgresql', "CREATE OR REPLACE FUNCTION end_day_close() RETURNS trigger LANGUAGE plpgsql AS $$  BEGIN PERFORM pg_advisory_xact_lock(7243, NEW.court_id::int);IF OLD.status <> 'proposed' OR NEW.status = 'closed' AND EXISTS (SELECT 1 FROM day_close c WHERE c.court_id = NEW.court_id\n    AND c.status = 'closed' AND c.closes_at >= NEW.closes_at) THEN RAISE EXCEPTION USING MESSAGE = 'a closed day stays closed', ERRCODE = 'integrity_constraint_violation'; END IF; RETURN NEW; END $$"), ('postgresql', 'CREATE TRIGGER day_close_ends BEFORE UPDATE ON day_close FOR EACH ROW EXECUTE FUNCTION end_day_close()')]}
    )
    with op.batch_alter_table('day_close', schema=None) as batch_op:
        batch_op.create_index('ix_day_close_court_until', ['court_id', 'closes_at'], unique=False)
        batch_op.create_index('uq_day_close_day', ['court_id', 'day'], unique=True, sqlite_where=sa.text("status = 'closed'"), postgresql_where=sa.text("status = 'closed'"))
        batch_op.create_index('uq_day_close_proposed', ['court_id'], unique=True, sqlite_where=sa.text("status = 'proposed'"), postgresql_where=sa.text("status = 'proposed'"))

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
    sa.Column('joining_closes_on', sa.Date(), nullable=True),
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

    op.create_table('month_report',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('court_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('month', sa.String(length=7), nullable=False),
    sa.Column('content', sa.JSON(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('signed_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('signed_at', sa.BigInteger(), nullable=False),
    sa.Column('second_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('second_at', sa.BigInteger(), nullable=True),
    sa.CheckConstraint('(second_id IS NULL) = (second_at IS NULL)', name=op.f('ck_month_report_second_signature_has_moment')),
    sa.CheckConstraint('second_id IS NULL OR second_id <> signed_by', name=op.f('ck_month_report_two_people')),
    sa.ForeignKeyConstraint(['court_id'], ['court.id'], name=op.f('fk_month_report_court_id')),
    sa.ForeignKeyConstraint(['second_id'], ['user.id'], name=op.f('fk_month_report_second_id')),
    sa.ForeignKeyConstraint(['signed_by'], ['user.id'], name=op.f('fk_month_report_signed_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_month_report')),
    sa.UniqueConstraint('court_id', 'month', name=op.f('uq_month_report_court_id_month')),
    info={'append_only': ('second_id', 'second_at')}
    )
    op.create_table('reconciliation_decision',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('court_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('place', sa.Enum('bank', 'provider', name='decision_place', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('kind', sa.Enum('rule', 'accepted', 'joined', 'explained', name='decision_kind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('rule', sa.String(length=24), nullable=False),
    sa.Column('certainty', sa.Integer(), nullable=False),
    sa.Column('status', sa.Enum('proposed', 'standing', 'withdrawn', name='decision_status', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('ledger_minor', sa.BigInteger(), nullable=False),
    sa.Column('outside_minor', sa.BigInteger(), nullable=False),
    sa.Column('difference_minor', sa.BigInteger(), nullable=False),
    sa.Column('stake_minor', sa.BigInteger(), nullable=False),
    sa.Column('limit_minor', sa.BigInteger(), nullable=False),
    sa.Column('reason_code', sa.Enum('bank-charge', 'bank-interest', 'bank-error', 'provider-fee', 'provider-adjustment', 'dispute', 'opening-balance', 'booking-error', 'other', name='decision_reason_code', native_enum=False, create_constraint=True, length=24), nullable=True),
    sa.Column('text', sa.String(length=300), nullable=False),
    sa.Column('made_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('made_at', sa.BigInteger(), nullable=False),
    sa.Column('second_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('settled_at', sa.BigInteger(), nullable=True),
    sa.CheckConstraint("(kind = 'rule') = (made_by IS NULL)", name=op.f('ck_reconciliation_decision_rule_or_person')),
    sa.CheckConstraint("kind <> 'rule' OR difference_minor = 0", name=op.f('ck_reconciliation_decision_rules_agree_exactly')),
    sa.CheckConstraint("status <> 'standing' OR kind = 'rule' OR stake_minor <= limit_minor OR second_id IS NOT NULL", name=op.f('ck_reconciliation_decision_second_above_limit')),
    sa.CheckConstraint('(difference_minor = 0) = (reason_code IS NULL)', name=op.f('ck_reconciliation_decision_difference_has_reason')),
    sa.CheckConstraint('difference_minor = outside_minor - ledger_minor', name=op.f('ck_reconciliation_decision_difference_adds')),
    sa.CheckConstraint('second_id IS NULL OR second_id <> made_by', name=op.f('ck_reconciliation_decision_two_people')),
    sa.CheckConstraint('stake_minor >= 0 AND stake_minor >= difference_minor AND stake_minor >= -difference_minor', name=op.f('ck_reconciliation_decision_stake_covers_difference')),
    sa.ForeignKeyConstraint(['court_id'], ['court.id'], name=op.f('fk_reconciliation_decision_court_id')),
    sa.ForeignKeyConstraint(['made_by'], ['user.id'], name=op.f('fk_reconciliation_decision_made_by')),
    sa.ForeignKeyConstraint(['second_id'], ['user.id'], name=op.f('fk_reconciliation_decision_second_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reconciliation_decision')),
    info={'append_only': ('status', 'second_id', 'settled_at'), 'guards': [('sqlite', "CREATE TRIGGER reconciliation_decision_closed BEFORE UPDATE OF status ON reconciliation_decision WHEN OLD.status = 'standing' AND NEW.status <> 'standing' AND EXISTS (SELECT 1 FROM reconciled_day d JOIN reconciliation_item i ON i.decision_id = OLD.id JOIN reconciliation_decision x ON x.id = OLD.id WHERE d.court_id = i.court_id AND d.day >= i.day AND x.status = 'standing' AND d.made_at >= x.settled_at) BEGIN SELECT RAISE(ABORT, 'this decision stood when its day was closed'); END"), ('postgresql', "CREATE OR REPLACE FUNCTION refuse_reconciliation_decision_closed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF OLD.status = 'standing' AND NEW.status <> 'standing' AND EXISTS (SELECT 1 FROM reconciled_day d JOIN reconciliation_item i ON i.decision_id = OLD.id JOIN reconciliation_decision x ON x.id = OLD.id WHERE d.court_id = i.court_id AND d.day >= i.day AND x.status = 'standing' AND d.made_at >= x.settled_at) THEN RAISE EXCEPTION 'this decision stood when its day was closed' USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN NEW; END $$"), ('postgresql', 'CREATE TRIGGER reconciliation_decision_closed BEFORE UPDATE OF status ON reconciliation_decision FOR EACH ROW EXECUTE FUNCTION refuse_reconciliation_decision_closed()')]}
    )
    with op.batch_alter_table('reconciliation_decision', schema=None) as batch_op:
        batch_op.create_index('ix_reconciliation_decision_desk', ['court_id', 'status', 'kind'], unique=False)

    op.create_table('reconciliation_run',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('court_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('started_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('started_at', sa.BigInteger(), nullable=False),
    sa.Column('step', sa.Integer(), nullable=False),
    sa.Column('cursors', sa.JSON(), nullable=False),
    sa.Column('total_count', sa.BigInteger(), nullable=False),
    sa.Column('done_count', sa.BigInteger(), nullable=False),
    sa.Column('matched_count', sa.BigInteger(), nullable=False),
    sa.Column('open_count', sa.BigInteger(), nullable=False),
    sa.Column('finished_at', sa.BigInteger(), nullable=True),
    sa.CheckConstraint('done_count >= 0 AND matched_count >= 0', name=op.f('ck_reconciliation_run_counts_not_negative')),
    sa.ForeignKeyConstraint(['court_id'], ['court.id'], name=op.f('fk_reconciliation_run_court_id')),
    sa.ForeignKeyConstraint(['started_by'], ['user.id'], name=op.f('fk_reconciliation_run_started_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reconciliation_run'))
    )
    with op.batch_alter_table('reconciliation_run', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_reconciliation_run_court_id'), ['court_id'], unique=False)
        batch_op.create_index('uq_reconciliation_run_open', ['court_id'], unique=True, sqlite_where=sa.text('finished_at IS NULL'), postgresql_where=sa.text('finished_at IS NULL'))

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
    sa.Column('kind', sa.Enum('bank', 'provider', 'provider-fees', 'deposit', 'prepaid', 'price', 'forfeit', 'proceeds', 'payable', 'fees', 'taxes', 'costs', 'surplus', 'suspense', 'disputed', 'receivable', 'forfeit-costs', name='account_kind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('owner_type', sa.Enum('court', 'enrolment', 'sale', 'case', 'claim', 'payee', 'party', 'receivable', 'default-cost', name='account_owner_type', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('owner_id', sa.BigInteger(), nullable=False),
    sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('normal_side', sa.Enum('debit', 'credit', name='account_normal_side', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.CheckConstraint("(kind IN ('bank', 'disputed', 'provider', 'provider-fees', 'receivable')) = (normal_side = 'debit')", name=op.f('ck_account_normal_side_of_kind')),
    sa.ForeignKeyConstraint(['case_id'], ['enforcement_case.id'], name=op.f('fk_account_case_id')),
    sa.ForeignKeyConstraint(['court_id'], ['court.id'], name=op.f('fk_account_court_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_account')),
    sa.UniqueConstraint('court_id', 'kind', 'owner_type', 'owner_id', 'currency', name=op.f('uq_account_court_id_kind_owner_type_owner_id_currency')),
    sa.UniqueConstraint('id', 'court_id', 'currency', name=op.f('uq_account_id_court_id_currency')),
    info={'append_only': (), 'guards': [('sqlite', 'CREATE TRIGGER account_no_replace BEFORE INSERT ON "account" WHEN EXISTS (SELECT 1 FROM account a WHERE a.id = NEW.id) BEGIN SELECT RAISE(ABORT, \'account is append-only\'); END'), ('sqlite', "CREATE TRIGGER account_opens AFTER INSERT ON account BEGIN INSERT INTO account_balance (account_id, is_liability, debits_posted, credits_posted, debits_pending, credits_pending, last_transfer_id) VALUES (NEW.id, NEW.normal_side = 'credit', 0, 0, 0, 0, 0); END"), ('postgresql', "CREATE OR REPLACE FUNCTION open_balance() RETURNS trigger LANGUAGE plpgsql AS $$  BEGIN INSERT INTO account_balance (account_id, is_liability, debits_posted, credits_posted, debits_pending, credits_pending, last_transfer_id) VALUES (NEW.id, NEW.normal_side = 'credit', 0, 0, 0, 0, 0); RETURN NULL; END $$"), ('postgresql', 'CREATE TRIGGER account_opens AFTER INSERT ON account FOR EACH ROW EXECUTE FUNCTION open_balance()')]}
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

    op.create_table('bank_file_part',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('import_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.ForeignKeyConstraint(['import_id'], ['bank_import.id'], name=op.f('fk_bank_file_part_import_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_bank_file_part')),
    sa.UniqueConstraint('import_id', 'number', name=op.f('uq_bank_file_part_import_id_number')),
    info={'append_only': ()}
    )
    op.create_table('bank_statement',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('court_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.String(length=200), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('format', sa.Enum('camt053', 'camt054', 'mt940', 'mt942', 'csv', name='bank_statement_format', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('account_number', sa.String(length=40), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('first_day', sa.Date(), nullable=True),
    sa.Column('last_day', sa.Date(), nullable=True),
    sa.Column('opening_minor', sa.BigInteger(), nullable=True),
    sa.Column('closing_minor', sa.BigInteger(), nullable=True),
    sa.Column('line_count', sa.Integer(), nullable=False),
    sa.Column('known_count', sa.Integer(), nullable=False),
    sa.Column('label', sa.String(length=60), nullable=False),
    sa.Column('is_advice', sa.Boolean(), nullable=False),
    sa.Column('profile', sa.String(length=60), nullable=True),
    sa.Column('import_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('imported_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('imported_at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['court_id'], ['court.id'], name=op.f('fk_bank_statement_court_id')),
    sa.ForeignKeyConstraint(['import_id'], ['bank_import.id'], name=op.f('fk_bank_statement_import_id')),
    sa.ForeignKeyConstraint(['imported_by'], ['user.id'], name=op.f('fk_bank_statement_imported_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_bank_statement')),
    sa.UniqueConstraint('court_id', 'sha256', name=op.f('uq_bank_statement_court_id_sha256')),
    info={'append_only': ()}
    )
    with op.batch_alter_table('bank_statement', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_bank_statement_court_id'), ['court_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_bank_statement_import_id'), ['import_id'], unique=False)

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

    op.create_table('interest_reckoning',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('claim_id', sa.BigInteger(), nullable=False),
    sa.Column('kind', sa.Enum('ordinary', 'doubled', name='interest_kind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('terms', sa.JSON(), nullable=False),
    sa.Column('result', sa.JSON(), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('adopted_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('adopted_at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['adopted_by'], ['user.id'], name=op.f('fk_interest_reckoning_adopted_by')),
    sa.ForeignKeyConstraint(['case_id'], ['enforcement_case.id'], name=op.f('fk_interest_reckoning_case_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_interest_reckoning')),
    info={'append_only': ()}
    )
    with op.batch_alter_table('interest_reckoning', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_interest_reckoning_case_id'), ['case_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_interest_reckoning_claim_id'), ['claim_id'], unique=False)

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

    op.create_table('payout_stop',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('court_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('ground', sa.Enum('bankruptcy', 'stayed', 'frozen', 'other', name='payout_stop_ground', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('paper_number', sa.String(length=80), nullable=False),
    sa.Column('effective_on', sa.Date(), nullable=False),
    sa.Column('stopped_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('stopped_at', sa.BigInteger(), nullable=False),
    sa.Column('lifted_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('lifted_at', sa.BigInteger(), nullable=True),
    sa.Column('lift_reason', sa.String(length=300), nullable=False),
    sa.CheckConstraint('(lifted_by IS NULL) = (lifted_at IS NULL)', name=op.f('ck_payout_stop_lifted_by_somebody')),
    sa.CheckConstraint('lifted_by IS NULL OR lifted_by <> stopped_by', name=op.f('ck_payout_stop_lifted_by_another')),
    sa.ForeignKeyConstraint(['case_id'], ['enforcement_case.id'], name=op.f('fk_payout_stop_case_id')),
    sa.ForeignKeyConstraint(['court_id'], ['court.id'], name=op.f('fk_payout_stop_court_id')),
    sa.ForeignKeyConstraint(['lifted_by'], ['user.id'], name=op.f('fk_payout_stop_lifted_by')),
    sa.ForeignKeyConstraint(['stopped_by'], ['user.id'], name=op.f('fk_payout_stop_stopped_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payout_stop')),
    info={'append_only': ('lifted_by', 'lifted_at', 'lift_reason')}
    )
    with op.batch_alter_table('payout_stop', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_payout_stop_case_id'), ['case_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_payout_stop_court_id'), ['court_id'], unique=False)
        batch_op.create_index('uq_payout_stop_standing', ['case_id'], unique=True, sqlite_where=sa.text('lifted_at IS NULL'), postgresql_where=sa.text('lifted_at IS NULL'))

    op.create_table('reconciled_day',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('court_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('day_close_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('figures', sa.JSON(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('made_at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['court_id'], ['court.id'], name=op.f('fk_reconciled_day_court_id')),
    sa.ForeignKeyConstraint(['day_close_id'], ['day_close.id'], name=op.f('fk_reconciled_day_day_close_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reconciled_day')),
    sa.UniqueConstraint('court_id', 'day', name=op.f('uq_reconciled_day_court_id_day')),
    sa.UniqueConstraint('day_close_id', name=op.f('uq_reconciled_day_day_close_id')),
    info={'append_only': ()}
    )
    op.create_table('reconciliation_item',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('court_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('place', sa.Enum('bank', 'provider', name='item_place', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('book', sa.Enum('ledger', 'outside', name='item_book', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('source_type', sa.String(length=40), nullable=False),
    sa.Column('source_id', sa.BigInteger(), nullable=False),
    sa.Column('part', sa.Integer(), nullable=False),
    sa.Column('parent_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('dated_on', sa.Date(), nullable=False),
    sa.Column('day', sa.Date(), nullable=False),
    sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('opened_at', sa.BigInteger(), nullable=False),
    sa.Column('status', sa.Enum('open', 'proposed', 'matched', 'explained', 'split', name='item_status', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('decision_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('reason', sa.Enum('payer-differs', 'reference-missing', 'amount-differs', 'only-alike', 'twice', 'nothing-like-it', name='item_reason', native_enum=False, create_constraint=True, length=24), nullable=True),
    sa.Column('proposals', sa.JSON(), nullable=False),
    sa.Column('owner_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('by_hand', sa.Boolean(), nullable=False),
    sa.Column('carried_for', sa.Enum('in-transit', 'awaiting-payout', 'asked-bank', 'asked-provider', 'to-be-booked', name='item_carry_reason', native_enum=False, create_constraint=True, length=24), nullable=True),
    sa.Column('carried_text', sa.String(length=300), nullable=False),
    sa.Column('carried_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.CheckConstraint("(status IN ('proposed', 'matched', 'explained')) = (decision_id IS NOT NULL)", name=op.f('ck_reconciliation_item_settled_by_decision')),
    sa.CheckConstraint("status NOT IN ('open', 'proposed') OR owner_id IS NOT NULL", name=op.f('ck_reconciliation_item_open_has_owner')),
    sa.CheckConstraint('(part = 0) = (parent_id IS NULL)', name=op.f('ck_reconciliation_item_part_has_whole')),
    sa.CheckConstraint('amount_minor <> 0', name=op.f('ck_reconciliation_item_amount_not_zero')),
    sa.CheckConstraint('carried_for IS NOT NULL OR carried_by IS NULL', name=op.f('ck_reconciliation_item_carried_for_a_reason')),
    sa.ForeignKeyConstraint(['carried_by'], ['user.id'], name=op.f('fk_reconciliation_item_carried_by')),
    sa.ForeignKeyConstraint(['case_id'], ['enforcement_case.id'], name=op.f('fk_reconciliation_item_case_id')),
    sa.ForeignKeyConstraint(['court_id'], ['court.id'], name=op.f('fk_reconciliation_item_court_id')),
    sa.ForeignKeyConstraint(['decision_id'], ['reconciliation_decision.id'], name=op.f('fk_reconciliation_item_decision_id')),
    sa.ForeignKeyConstraint(['owner_id'], ['user.id'], name=op.f('fk_reconciliation_item_owner_id')),
    sa.ForeignKeyConstraint(['parent_id'], ['reconciliation_item.id'], name=op.f('fk_reconciliation_item_parent_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reconciliation_item')),
    sa.UniqueConstraint('source_type', 'source_id', 'place', 'part', name=op.f('uq_reconciliation_item_source_type_source_id_place_part')),
    info={'append_only': ('status', 'decision_id', 'reason', 'proposals', 'owner_id', 'by_hand', 'carried_for', 'carried_text', 'carried_by'), 'guards': [('sqlite', "CREATE TRIGGER reconciliation_item_open_day BEFORE INSERT ON reconciliation_item WHEN NEW.part = 0 AND EXISTS (SELECT 1 FROM day_close c WHERE c.court_id = NEW.court_id AND c.status = 'closed' AND c.day >= NEW.day) BEGIN SELECT RAISE(ABORT, 'the day of this item is closed'); END"), ('postgresql', "CREATE OR REPLACE FUNCTION refuse_reconciliation_item_open_day() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.part = 0 AND EXISTS (SELECT 1 FROM day_close c WHERE c.court_id = NEW.court_id AND c.status = 'closed' AND c.day >= NEW.day) THEN RAISE EXCEPTION 'the day of this item is closed' USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN NEW; END $$"), ('postgresql', 'CREATE TRIGGER reconciliation_item_open_day BEFORE INSERT ON reconciliation_item FOR EACH ROW EXECUTE FUNCTION refuse_reconciliation_item_open_day()'), ('sqlite', "CREATE TRIGGER reconciliation_item_closed BEFORE UPDATE OF status, decision_id ON reconciliation_item WHEN OLD.decision_id IS NOT NULL AND NEW.decision_id IS DISTINCT FROM OLD.decision_id AND EXISTS (SELECT 1 FROM reconciled_day d JOIN reconciliation_item i ON i.decision_id = OLD.decision_id JOIN reconciliation_decision x ON x.id = OLD.decision_id WHERE d.court_id = i.court_id AND d.day >= i.day AND x.status = 'standing' AND d.made_at >= x.settled_at) BEGIN SELECT RAISE(ABORT, 'this item was settled when its day was closed'); END"), ('postgresql', "CREATE OR REPLACE FUNCTION refuse_reconciliation_item_closed() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF OLD.decision_id IS NOT NULL AND NEW.decision_id IS DISTINCT FROM OLD.decision_id AND EXISTS (SELECT 1 FROM reconciled_day d JOIN reconciliation_item i ON i.decision_id = OLD.decision_id JOIN reconciliation_decision x ON x.id = OLD.decision_id WHERE d.court_id = i.court_id AND d.day >= i.day AND x.status = 'standing' AND d.made_at >= x.settled_at) THEN RAISE EXCEPTION 'this item was settled when its day was closed' USING ERRCODE = 'integrity_constraint_violation'; END IF; RETURN NEW; END $$"), ('postgresql', 'CREATE TRIGGER reconciliation_item_closed BEFORE UPDATE OF status, decision_id ON reconciliation_item FOR EACH ROW EXECUTE FUNCTION refuse_reconciliation_item_closed()')]}
    )
    with op.batch_alter_table('reconciliation_item', schema=None) as batch_op:
        batch_op.create_index('ix_reconciliation_item_day', ['court_id', 'day', 'status'], unique=False)
        batch_op.create_index(batch_op.f('ix_reconciliation_item_decision_id'), ['decision_id'], unique=False)
        batch_op.create_index('ix_reconciliation_item_desk', ['court_id', 'status', 'place', 'book'], unique=False)
        batch_op.create_index(batch_op.f('ix_reconciliation_item_owner_id'), ['owner_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_reconciliation_item_parent_id'), ['parent_id'], unique=False)

    op.create_table('step_up',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('user_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('session_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['session_id'], ['user_session.id'], name=op.f('fk_step_up_session_id')),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_step_up_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_step_up')),
    info={'append_only': ()}
    )
    with op.batch_alter_table('step_up', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_step_up_session_id'), ['session_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_step_up_user_id'), ['user_id'], unique=False)

    op.create_table('account_balance',
    sa.Column('account_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('is_liability', sa.Boolean(), nullable=False),
    sa.Column('debits_posted', sa.BigInteger(), nullable=False),
    sa.Column('credits_posted', sa.BigInteger(), nullable=False),
    sa.Column('debits_pending', sa.BigInteger(), nullable=False),
    sa.Column('credits_pending', sa.BigInteger(), nullable=False),
    sa.Column('last_transfer_id', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('NOT is_liability OR debits_posted + debits_pending <= credits_posted', name=op.f('ck_account_balance_liability_not_negative')),
    sa.CheckConstraint('debits_posted >= 0 AND credits_posted >= 0 AND debits_pending >= 0 AND credits_pending >= 0', name=op.f('ck_account_balance_sums_not_negative')),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_account_balance_account_id')),
    sa.PrimaryKeyConstraint('account_id', name=op.f('pk_account_balance')),
    info={'guards': [('sqlite', 'CREATE TRIGGER balance_starts_empty BEFORE INSERT ON "account_balance" WHEN NEW.debits_posted <> 0 OR NEW.credits_posted <> 0 OR NEW.debits_pending <> 0\n    OR NEW.credits_pending <> 0 OR NEW.last_transfer_id <> 0\n    OR EXISTS (SELECT 1 FROM account_balance b WHERE b.account_id = NEW.account_id)\n    OR NOT EXISTS (SELECT 1 FROM account a WHERE a.id = NEW.account_id\n                   AND (a.normal_side = \'credit\') = NEW.is_liability) BEGIN SELECT RAISE(ABORT, \'a balance follows from the transfers\'); END'), ('sqlite', 'CREATE TRIGGER balance_follows BEFORE UPDATE ON "account_balance" WHEN NOT EXISTS (\n    SELECT 1 FROM transfer t WHERE t.id = NEW.last_transfer_id AND t.id > OLD.last_transfer_id\n    AND NEW.account_id = OLD.account_id AND NEW.is_liability = OLD.is_liability\n    AND NEW.debits_posted - OLD.debits_posted\n        = (t.debit_account_id = OLD.account_id) * (CASE WHEN t.phase IN (\'single\', \'post\') THEN t.amount_minor ELSE 0 END)\n    AND NEW.credits_posted - OLD.credits_posted\n        = (t.credit_account_id = OLD.account_id) * (CASE WHEN t.phase IN (\'single\', \'post\') THEN t.amount_minor ELSE 0 END)\n    AND NEW.debits_pending - OLD.debits_pending\n        = (t.debit_account_id = OLD.account_id) * (CASE t.phase WHEN \'pending\' THEN t.amount_minor ELSE -t.released_minor END)\n    AND NEW.credits_pending - OLD.credits_pending\n        = (t.credit_account_id = OLD.account_id) * (CASE t.phase WHEN \'pending\' THEN t.amount_minor ELSE -t.released_minor END)\n    AND OLD.account_id IN (t.debit_account_id, t.credit_account_id)) BEGIN SELECT RAISE(ABORT, \'a balance follows from the transfers\'); END'), ('sqlite', 'CREATE TRIGGER balance_stays BEFORE DELETE ON "account_balance" BEGIN SELECT RAISE(ABORT, \'a balance follows from the transfers\'); END'), ('postgresql', "CREATE OR REPLACE FUNCTION refuse_balance() RETURNS trigger LANGUAGE plpgsql AS $$  BEGIN RAISE EXCEPTION USING MESSAGE = 'a balance follows from the transfers', ERRCODE = 'integrity_constraint_violation'; END $$"), ('postgresql', 'CREATE TRIGGER balance_starts_empty BEFORE INSERT ON account_balance FOR EACH ROW WHEN (pg_trigger_depth() < 1) EXECUTE FUNCTION refuse_balance()'), ('postgresql', 'CREATE TRIGGER balance_follows BEFORE UPDATE ON account_balance FOR EACH ROW WHEN (pg_trigger_depth() < 1) EXECUTE FUNCTION refuse_balance()'), ('postgresql', 'CREATE TRIGGER balance_stays BEFORE DELETE OR TRUNCATE ON account_balance FOR EACH STATEMENT EXECUTE FUNCTION refuse_balance()')]}
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
    sa.Column('title_number', sa.String(length=120), nullable=True),
    sa.Column('applied_on', sa.Date(), nullable=True),
    sa.Column('refused', sa.String(length=20), nullable=True),
    sa.Column('admitted_late', sa.String(length=200), nullable=True),
    sa.CheckConstraint('expenses_minor >= 0 AND interest_minor >= 0 AND principal_minor >= 0 AND doubled_interest_minor >= 0', name=op.f('ck_claim_components_not_negative')),
    sa.ForeignKeyConstraint(['case_id'], ['enforcement_case.id'], name=op.f('fk_claim_case_id')),
    sa.ForeignKeyConstraint(['party_id'], ['party.id'], name=op.f('fk_claim_party_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_claim')),
    sa.UniqueConstraint('case_id', 'label', name=op.f('uq_claim_case_id_label'))
    )
    with op.batch_alter_table('claim', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_claim_case_id'), ['case_id'], unique=False)

    op.create_table('closing_balance',
    sa.Column('account_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('day_close_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=False, nullable=False),
    sa.Column('debits_posted', sa.BigInteger(), nullable=False),
    sa.Column('credits_posted', sa.BigInteger(), nullable=False),
    sa.Column('debits_pending', sa.BigInteger(), nullable=False),
    sa.Column('credits_pending', sa.BigInteger(), nullable=False),
    sa.Column('known_debits_posted', sa.BigInteger(), nullable=False),
    sa.Column('known_credits_posted', sa.BigInteger(), nullable=False),
    sa.Column('known_debits_pending', sa.BigInteger(), nullable=False),
    sa.Column('known_credits_pending', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_closing_balance_account_id')),
    sa.ForeignKeyConstraint(['day_close_id'], ['day_close.id'], name=op.f('fk_closing_balance_day_close_id')),
    sa.PrimaryKeyConstraint('account_id', 'day_close_id', name=op.f('pk_closing_balance')),
    info={'append_only': ()}
    )
    op.create_table('deposit_relief',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('court_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('party_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('claim_minor', sa.BigInteger(), nullable=False),
    sa.Column('basis', sa.String(length=300), nullable=False),
    sa.Column('confirmed_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('confirmed_at', sa.BigInteger(), nullable=False),
    sa.Column('revoked_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('revoked_at', sa.BigInteger(), nullable=True),
    sa.CheckConstraint('claim_minor > 0', name=op.f('ck_deposit_relief_claim_positive')),
    sa.ForeignKeyConstraint(['case_id'], ['enforcement_case.id'], name=op.f('fk_deposit_relief_case_id')),
    sa.ForeignKeyConstraint(['confirmed_by'], ['user.id'], name=op.f('fk_deposit_relief_confirmed_by')),
    sa.ForeignKeyConstraint(['court_id'], ['court.id'], name=op.f('fk_deposit_relief_court_id')),
    sa.ForeignKeyConstraint(['party_id'], ['party.id'], name=op.f('fk_deposit_relief_party_id')),
    sa.ForeignKeyConstraint(['revoked_by'], ['user.id'], name=op.f('fk_deposit_relief_revoked_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_deposit_relief')),
    sa.UniqueConstraint('party_id', name=op.f('uq_deposit_relief_party_id'))
    )
    with op.batch_alter_table('deposit_relief', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_deposit_relief_case_id'), ['case_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_deposit_relief_court_id'), ['court_id'], unique=False)

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

    op.create_table('payout_batch',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('court_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('status', sa.Enum('draft', 'submitted', 'approved', 'sent', 'done', 'cancelled', name='payout_batch_status', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('drafted_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('drafted_at', sa.BigInteger(), nullable=False),
    sa.Column('form_key', sa.String(length=40), nullable=False),
    sa.Column('execute_on', sa.Date(), nullable=True),
    sa.Column('sha256', sa.String(length=64), nullable=True),
    sa.Column('submitted_at', sa.BigInteger(), nullable=True),
    sa.Column('needs_second', sa.Boolean(), nullable=False),
    sa.Column('limits_passed', sa.JSON(), nullable=False),
    sa.Column('first_checker_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('first_step_up_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('second_checker_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('second_step_up_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('approved_at', sa.BigInteger(), nullable=True),
    sa.Column('stopped_because', sa.String(length=300), nullable=False),
    sa.Column('held_count', sa.Integer(), nullable=False),
    sa.Column('downloaded_at', sa.BigInteger(), nullable=True),
    sa.Column('downloaded_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('frozen_at', sa.BigInteger(), nullable=True),
    sa.Column('frozen_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('frozen_because', sa.String(length=300), nullable=False),
    sa.Column('thawed_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('remark', sa.String(length=300), nullable=False),
    sa.CheckConstraint("status NOT IN ('approved', 'sent', 'done') OR (sha256 IS NOT NULL AND first_checker_id IS NOT NULL AND (NOT needs_second OR second_checker_id IS NOT NULL))", name=op.f('ck_payout_batch_approved_by_enough')),
    sa.CheckConstraint('(first_checker_id IS NULL OR first_checker_id <> drafted_by) AND (second_checker_id IS NULL OR (second_checker_id <> drafted_by AND second_checker_id <> first_checker_id))', name=op.f('ck_payout_batch_maker_is_no_checker')),
    sa.CheckConstraint('(first_checker_id IS NULL) = (first_step_up_id IS NULL) AND (second_checker_id IS NULL) = (second_step_up_id IS NULL)', name=op.f('ck_payout_batch_checker_stepped_up')),
    sa.CheckConstraint('thawed_by IS NULL OR thawed_by <> frozen_by', name=op.f('ck_payout_batch_thawed_by_another')),
    sa.ForeignKeyConstraint(['court_id'], ['court.id'], name=op.f('fk_payout_batch_court_id')),
    sa.ForeignKeyConstraint(['downloaded_by'], ['user.id'], name=op.f('fk_payout_batch_downloaded_by')),
    sa.ForeignKeyConstraint(['drafted_by'], ['user.id'], name=op.f('fk_payout_batch_drafted_by')),
    sa.ForeignKeyConstraint(['first_checker_id'], ['user.id'], name=op.f('fk_payout_batch_first_checker_id')),
    sa.ForeignKeyConstraint(['first_step_up_id'], ['step_up.id'], name=op.f('fk_payout_batch_first_step_up_id')),
    sa.ForeignKeyConstraint(['frozen_by'], ['user.id'], name=op.f('fk_payout_batch_frozen_by')),
    sa.ForeignKeyConstraint(['second_checker_id'], ['user.id'], name=op.f('fk_payout_batch_second_checker_id')),
    sa.ForeignKeyConstraint(['second_step_up_id'], ['step_up.id'], name=op.f('fk_payout_batch_second_step_up_id')),
    sa.ForeignKeyConstraint(['thawed_by'], ['user.id'], name=op.f('fk_payout_batch_thawed_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payout_batch')),
    sa.UniqueConstraint('court_id', 'number', name=op.f('uq_payout_batch_court_id_number')),
    sa.UniqueConstraint('form_key', name=op.f('uq_payout_batch_form_key'))
    )
    with op.batch_alter_table('payout_batch', schema=None) as batch_op:
        batch_op.create_index('ix_payout_batch_desk', ['court_id', 'status'], unique=False)

    op.create_table('reconciliation_note',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('item_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('author_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('text', sa.String(length=500), nullable=False),
    sa.Column('written_at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['author_id'], ['user.id'], name=op.f('fk_reconciliation_note_author_id')),
    sa.ForeignKeyConstraint(['item_id'], ['reconciliation_item.id'], name=op.f('fk_reconciliation_note_item_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reconciliation_note')),
    info={'append_only': ()}
    )
    with op.batch_alter_table('reconciliation_note', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_reconciliation_note_item_id'), ['item_id'], unique=False)

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
    sa.Column('kind', sa.Enum('deposit-received', 'deposit-returned', 'deposit-applied', 'deposit-forfeited', 'prepaid-received', 'prepaid-returned', 'prepaid-applied', 'balance-received', 'price-returned', 'price-released', 'forfeit-used', 'proceeds-received', 'plan-allotted', 'plan-paid', 'plan-corrected', 'plan-deposited', 'suspense-received', 'suspense-identified', 'suspense-returned', 'payout-returned', 'provider-fee', 'provider-fee-covered', 'provider-paid-out', 'provider-topped-up', 'dispute-withdrawn', 'dispute-reinstated', 'dispute-lost', 'return-claimed', 'return-received', 'reversal', name='transfer_kind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('debit_account_id', sa.BigInteger(), nullable=False),
    sa.Column('credit_account_id', sa.BigInteger(), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('phase', sa.Enum('single', 'pending', 'post', 'void', name='transfer_phase', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('pending_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('released_minor', sa.BigInteger(), nullable=False),
    sa.Column('reverses_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('source_type', sa.String(length=40), nullable=False),
    sa.Column('source_id', sa.BigInteger(), nullable=False),
    sa.Column('effective_at', sa.BigInteger(), nullable=False),
    sa.Column('happened_at', sa.BigInteger(), nullable=True),
    sa.Column('recorded_at', sa.BigInteger(), nullable=False),
    sa.Column('actor_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('idempotency_key', sa.String(length=120), nullable=False),
    sa.Column('note', sa.String(length=300), nullable=False),
    sa.CheckConstraint("(kind = 'reversal') = (reverses_id IS NOT NULL)", name=op.f('ck_transfer_reversal_names_transfer')),
    sa.CheckConstraint("(phase IN ('post', 'void')) = (pending_id IS NOT NULL) AND (pending_id IS NULL) = (released_minor = 0)", name=op.f('ck_transfer_resolves_a_hold')),
    sa.CheckConstraint('amount_minor > 0', name=op.f('ck_transfer_amount_positive')),
    sa.CheckConstraint('debit_account_id <> credit_account_id', name=op.f('ck_transfer_two_accounts')),
    sa.CheckConstraint('happened_at < effective_at', name=op.f('ck_transfer_late_is_later')),
    sa.ForeignKeyConstraint(['actor_id'], ['user.id'], name=op.f('fk_transfer_actor_id')),
    sa.ForeignKeyConstraint(['case_id'], ['enforcement_case.id'], name=op.f('fk_transfer_case_id')),
    sa.ForeignKeyConstraint(['credit_account_id', 'court_id', 'currency'], ['account.id', 'account.court_id', 'account.currency'], name='fk_transfer_credit_account'),
    sa.ForeignKeyConstraint(['debit_account_id', 'court_id', 'currency'], ['account.id', 'account.court_id', 'account.currency'], name='fk_transfer_debit_account'),
    sa.ForeignKeyConstraint(['pending_id'], ['transfer.id'], name=op.f('fk_transfer_pending_id')),
    sa.ForeignKeyConstraint(['reverses_id'], ['transfer.id'], name=op.f('fk_transfer_reverses_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_transfer')),
    sa.UniqueConstraint('idempotency_key', name=op.f('uq_transfer_idempotency_key')),
    info={'append_only': (), 'guards': [('sqlite', 'CREATE TRIGGER transfer_no_replace BEFORE INSERT ON "transfer" WHEN EXISTS (SELECT 1 FROM transfer t WHERE t.id = NEW.id) BEGIN SELECT RAISE(ABORT, \'transfer is append-only\'); END'), ('sqlite', 'CREATE TRIGGER transfer_no_second_key BEFORE INSERT ON "transfer" WHEN EXISTS (SELECT 1 FROM transfer t WHERE t.idempotency_key = NEW.idempotency_key) BEGIN SELECT RAISE(ABORT, \'UNIQUE constraint failed: transfer.idempotency_key\'); END'), ('sqlite', 'CREATE TRIGGER transfer_of_one_court BEFORE INSERT ON "transfer" WHEN NOT EXISTS (SELECT 1 FROM account a WHERE a.id = NEW.debit_account_id AND a.court_id = NEW.court_id AND a.currency = NEW.currency) OR NOT EXISTS (SELECT 1 FROM account a WHERE a.id = NEW.credit_account_id AND a.court_id = NEW.court_id AND a.currency = NEW.currency) BEGIN SELECT RAISE(ABORT, \'both accounts are of one court and currency\'); END'), ('sqlite', 'CREATE TRIGGER transfer_in_open_day BEFORE INSERT ON "transfer" WHEN NEW.effective_at < (SELECT c.closes_at FROM day_close c WHERE c.court_id = NEW.court_id AND c.status = \'closed\' ORDER BY c.closes_at DESC LIMIT 1) OR NEW.recorded_at <= (SELECT c.confirmed_at FROM day_close c WHERE c.court_id = NEW.court_id AND c.status = \'closed\' ORDER BY c.closes_at DESC LIMIT 1) BEGIN SELECT RAISE(ABORT, \'the day is closed\'); END'), ('sqlite', 'CREATE TRIGGER transfer_of_its_hold BEFORE INSERT ON "transfer" WHEN NEW.pending_id IS NOT NULL AND (EXISTS (SELECT 1 FROM transfer t WHERE t.pending_id = NEW.pending_id) OR NOT EXISTS (SELECT 1 FROM transfer h WHERE h.id = NEW.pending_id AND \n    h.phase = \'pending\' AND h.kind = NEW.kind AND h.amount_minor = NEW.released_minor\n    AND h.debit_account_id = NEW.debit_account_id AND h.credit_account_id = NEW.credit_account_id\n    AND (NEW.amount_minor = h.amount_minor OR NEW.phase = \'post\' AND NEW.amount_minor < h.amount_minor))) BEGIN SELECT RAISE(ABORT, \'not what its hold allows\'); END'), ('sqlite', 'CREATE TRIGGER transfer_of_its_twin BEFORE INSERT ON "transfer" WHEN NEW.reverses_id IS NOT NULL AND (EXISTS (SELECT 1 FROM transfer t WHERE t.reverses_id = NEW.reverses_id) OR NOT EXISTS (SELECT 1 FROM transfer r WHERE r.id = NEW.reverses_id AND \n    r.phase IN (\'single\', \'post\') AND r.reverses_id IS NULL AND r.amount_minor = NEW.amount_minor\n    AND r.debit_account_id = NEW.credit_account_id AND r.credit_account_id = NEW.debit_account_id\n    AND NEW.phase = \'single\')) BEGIN SELECT RAISE(ABORT, \'not the mirror of what it reverses\'); END'), ('sqlite', "CREATE TRIGGER transfer_books AFTER INSERT ON transfer BEGIN UPDATE account_balance SET debits_posted = debits_posted + CASE WHEN NEW.phase IN ('single', 'post') THEN NEW.amount_minor ELSE 0 END, debits_pending = debits_pending + CASE NEW.phase WHEN 'pending' THEN NEW.amount_minor ELSE -NEW.released_minor END, last_transfer_id = NEW.id WHERE account_id = NEW.debit_account_id; UPDATE account_balance SET credits_posted = credits_posted + CASE WHEN NEW.phase IN ('single', 'post') THEN NEW.amount_minor ELSE 0 END, credits_pending = credits_pending + CASE NEW.phase WHEN 'pending' THEN NEW.amount_minor ELSE -NEW.released_minor END, last_transfer_id = NEW.id WHERE account_id = NEW.credit_account_id; END"), ('postgresql', "CREATE OR REPLACE FUNCTION book_transfers() RETURNS trigger LANGUAGE plpgsql AS $$ DECLARE bad bigint; BEGIN \n    PERFORM pg_advisory_xact_lock_shared(7243, c.court_id::int)\n        FROM (SELECT DISTINCT court_id FROM booked ORDER BY court_id) c;\n    SELECT n.court_id INTO bad FROM (\n        SELECT court_id, min(effective_at) AS effective_at, min(recorded_at) AS recorded_at\n        FROM booked GROUP BY court_id) n WHERE n.effective_at < (SELECT c.closes_at FROM day_close c WHERE c.court_id = n.court_id AND c.status = 'closed' ORDER BY c.closes_at DESC LIMIT 1) OR n.recorded_at <= (SELECT c.confirmed_at FROM day_close c WHERE c.court_id = n.court_id AND c.status = 'closed' ORDER BY c.closes_at DESC LIMIT 1) LIMIT 1;\n    IF bad IS NOT NULL THEN RAISE EXCEPTION USING MESSAGE = 'the day is closed', ERRCODE = 'integrity_constraint_violation'; END IF;\n    SELECT n.id INTO bad FROM booked n LEFT JOIN transfer h ON h.id = n.pending_id\n        WHERE n.pending_id IS NOT NULL AND (h.id IS NULL OR NOT (\n    h.phase = 'pending' AND h.kind = n.kind AND h.amount_minor = n.released_minor\n    AND h.debit_account_id = n.debit_account_id AND h.credit_account_id = n.credit_account_id\n    AND (n.amount_minor = h.amount_minor OR n.phase = 'post' AND n.amount_minor < h.amount_minor))) LIMIT 1;\n    IF bad IS NOT NULL THEN RAISE EXCEPTION USING MESSAGE = 'not what its hold allows', ERRCODE = 'integrity_constraint_violation'; END IF;\n    SELECT n.id INTO bad FROM booked n LEFT JOIN transfer r ON r.id = n.reverses_id\n        WHERE n.reverses_id IS NOT NULL AND (r.id IS NULL OR NOT (\n    r.phase IN ('single', 'post') AND r.reverses_id IS NULL AND r.amount_minor = n.amount_minor\n    AND r.debit_account_id = n.credit_account_id AND r.credit_account_id = n.debit_account_id\n    AND n.phase = 'single')) LIMIT 1;\n    IF bad IS NOT NULL THEN RAISE EXCEPTION USING MESSAGE = 'not the mirror of what it reverses', ERRCODE = 'integrity_constraint_violation'; END IF;\n    UPDATE account_balance b SET debits_posted = b.debits_posted + d.debits_posted, credits_posted = b.credits_posted + d.credits_posted, debits_pending = b.debits_pending + d.debits_pending, credits_pending = b.credits_pending + d.credits_pending, last_transfer_id = greatest(b.last_transfer_id, d.last)\n        FROM (SELECT account_id, max(id) AS last, sum(debits_posted)::bigint AS debits_posted, sum(credits_posted)::bigint AS credits_posted, sum(debits_pending)::bigint AS debits_pending, sum(credits_pending)::bigint AS credits_pending FROM (\n    SELECT n.id, n.debit_account_id AS account_id, CASE WHEN n.phase IN ('single', 'post') THEN n.amount_minor ELSE 0 END AS debits_posted,\n        0 AS credits_posted, CASE n.phase WHEN 'pending' THEN n.amount_minor ELSE -n.released_minor END AS debits_pending, 0 AS credits_pending\n    FROM booked n\n    UNION ALL\n    SELECT n.id, n.credit_account_id, 0, CASE WHEN n.phase IN ('single', 'post') THEN n.amount_minor ELSE 0 END, 0, CASE n.phase WHEN 'pending' THEN n.amount_minor ELSE -n.released_minor END\n    FROM booked n) s GROUP BY account_id) d\n        WHERE b.account_id = d.account_id;\n    RETURN NULL; END $$"), ('postgresql', 'CREATE TRIGGER transfer_books AFTER INSERT ON transfer REFERENCING NEW TABLE AS booked FOR EACH STATEMENT EXECUTE FUNCTION book_transfers()')]}
    )
    with op.batch_alter_table('transfer', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_transfer_case_id'), ['case_id'], unique=False)
        batch_op.create_index('ix_transfer_court_effective', ['court_id', 'effective_at', 'id'], unique=False)
        batch_op.create_index('ix_transfer_court_recorded', ['court_id', 'recorded_at'], unique=False)
        batch_op.create_index('ix_transfer_credit_effective', ['credit_account_id', 'effective_at'], unique=False)
        batch_op.create_index('ix_transfer_credit_recorded', ['credit_account_id', 'recorded_at'], unique=False)
        batch_op.create_index('ix_transfer_debit_effective', ['debit_account_id', 'effective_at'], unique=False)
        batch_op.create_index('ix_transfer_debit_recorded', ['debit_account_id', 'recorded_at'], unique=False)
        batch_op.create_index('ix_transfer_source', ['source_type', 'source_id'], unique=False)
        batch_op.create_index('uq_transfer_pending_id', ['pending_id'], unique=True, sqlite_where=sa.text('pending_id IS NOT NULL'), postgresql_where=sa.text('pending_id IS NOT NULL'))
        batch_op.create_index('uq_transfer_reverses_id', ['reverses_id'], unique=True, sqlite_where=sa.text('reverses_id IS NOT NULL'), postgresql_where=sa.text('reverses_id IS NOT NULL'))

    op.create_table('claim_asset',
    sa.Column('claim_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('asset_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.ForeignKeyConstraint(['asset_id'], ['asset.id'], name=op.f('fk_claim_asset_asset_id')),
    sa.ForeignKeyConstraint(['claim_id'], ['claim.id'], name=op.f('fk_claim_asset_claim_id')),
    sa.PrimaryKeyConstraint('claim_id', 'asset_id', name=op.f('pk_claim_asset'))
    )
    op.create_table('payout_file',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('batch_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('message_id', sa.String(length=35), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.Column('made_at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['batch_id'], ['payout_batch.id'], name=op.f('fk_payout_file_batch_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payout_file')),
    sa.UniqueConstraint('batch_id', name=op.f('uq_payout_file_batch_id')),
    sa.UniqueConstraint('message_id', name=op.f('uq_payout_file_message_id')),
    info={'append_only': ()}
    )
    op.create_table('provider_movement',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('provider_id', sa.String(length=255), nullable=False),
    sa.Column('kind', sa.String(length=60), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('fee_minor', sa.BigInteger(), nullable=False),
    sa.Column('net_minor', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('source_id', sa.String(length=255), nullable=True),
    sa.Column('intent_id', sa.String(length=255), nullable=True),
    sa.Column('payout_id', sa.String(length=255), nullable=True),
    sa.Column('moved_at', sa.BigInteger(), nullable=False),
    sa.Column('imported_at', sa.BigInteger(), nullable=False),
    sa.Column('court_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('transfer_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('difference', sa.Enum('not-booked', 'amount-differs', 'fee-differs', 'not-ours', 'in-transit', 'payout-failed', 'unknown-kind', name='provider_movement_difference', native_enum=False, create_constraint=True, length=24), nullable=True),
    sa.Column('explanation', sa.Text(), nullable=False),
    sa.Column('explained_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('explained_at', sa.BigInteger(), nullable=True),
    sa.CheckConstraint('difference IS NULL OR transfer_id IS NULL', name=op.f('ck_provider_movement_matched_or_named')),
    sa.CheckConstraint('net_minor = amount_minor - fee_minor', name=op.f('ck_provider_movement_net_is_amount_less_fee')),
    sa.ForeignKeyConstraint(['case_id'], ['enforcement_case.id'], name=op.f('fk_provider_movement_case_id')),
    sa.ForeignKeyConstraint(['court_id'], ['court.id'], name=op.f('fk_provider_movement_court_id')),
    sa.ForeignKeyConstraint(['explained_by'], ['user.id'], name=op.f('fk_provider_movement_explained_by')),
    sa.ForeignKeyConstraint(['transfer_id'], ['transfer.id'], name=op.f('fk_provider_movement_transfer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_provider_movement')),
    sa.UniqueConstraint('provider_id', name=op.f('uq_provider_movement_provider_id')),
    sa.UniqueConstraint('transfer_id', name=op.f('uq_provider_movement_transfer_id'))
    )
    with op.batch_alter_table('provider_movement', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_provider_movement_court_id'), ['court_id'], unique=False)
        batch_op.create_index('ix_provider_movement_open', ['moved_at'], unique=False, sqlite_where=sa.text('difference IS NOT NULL'), postgresql_where=sa.text('difference IS NOT NULL'))
        batch_op.create_index(batch_op.f('ix_provider_movement_payout_id'), ['payout_id'], unique=False)

    op.create_table('sale',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('court_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('lot_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('number', sa.String(length=44), nullable=False),
    sa.Column('stage', sa.Enum('first', 'second', 'selloff', name='sale_stage', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('rule_pack', sa.String(length=20), nullable=False),
    sa.Column('status', sa.Enum('draft', 'panel', 'decided', 'announced', 'sold', 'unsold', 'paid', 'ruled', 'withdrawn', 'defaulted', 'set-aside', name='sale_status', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('reference_price_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('previous_sale_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('resale_of_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
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
    sa.ForeignKeyConstraint(['resale_of_id'], ['sale.id'], name=op.f('fk_sale_resale_of_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sale')),
    sa.UniqueConstraint('number', name=op.f('uq_sale_number'))
    )
    with op.batch_alter_table('sale', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_sale_case_id'), ['case_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_sale_court_id'), ['court_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_sale_lot_id'), ['lot_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_sale_resale_of_id'), ['resale_of_id'], unique=False)
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
    sa.Column('kind', sa.Enum('deal', 'default', 'set-aside', name='ruling_kind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('number', sa.String(length=60), nullable=False),
    sa.Column('made_on', sa.Date(), nullable=False),
    sa.Column('served_on', sa.Date(), nullable=True),
    sa.Column('recorded_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('recorded_at', sa.BigInteger(), nullable=False),
    sa.CheckConstraint("kind <> 'deal' OR served_on IS NOT NULL", name=op.f('ck_ruling_deal_is_served')),
    sa.ForeignKeyConstraint(['case_id'], ['enforcement_case.id'], name=op.f('fk_ruling_case_id')),
    sa.ForeignKeyConstraint(['court_id'], ['court.id'], name=op.f('fk_ruling_court_id')),
    sa.ForeignKeyConstraint(['recorded_by'], ['user.id'], name=op.f('fk_ruling_recorded_by')),
    sa.ForeignKeyConstraint(['sale_id'], ['sale.id'], name=op.f('fk_ruling_sale_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ruling')),
    sa.UniqueConstraint('court_id', 'number', name=op.f('uq_ruling_court_id_number')),
    sa.UniqueConstraint('sale_id', 'kind', name=op.f('uq_ruling_sale_id_kind')),
    info={'append_only': ('served_on',)}
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

    op.create_table('set_off',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('court_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('sale_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('claim_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('status', sa.Enum('proposed', 'granted', 'refused', name='set_off_status', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('asked_minor', sa.BigInteger(), nullable=False),
    sa.Column('entitled_minor', sa.BigInteger(), nullable=False),
    sa.Column('granted_minor', sa.BigInteger(), nullable=False),
    sa.Column('decision_number', sa.String(length=80), nullable=False),
    sa.Column('proposed_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('proposed_at', sa.BigInteger(), nullable=False),
    sa.Column('decided_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('decided_at', sa.BigInteger(), nullable=True),
    sa.Column('remark', sa.String(length=300), nullable=False),
    sa.Column('topped_up_minor', sa.BigInteger(), nullable=False),
    sa.CheckConstraint("status <> 'granted' OR decision_number <> ''", name=op.f('ck_set_off_granted_by_decision')),
    sa.CheckConstraint('asked_minor > 0 AND granted_minor >= 0', name=op.f('ck_set_off_amounts_not_negative')),
    sa.CheckConstraint('decided_by IS NULL OR decided_by <> proposed_by', name=op.f('ck_set_off_two_people')),
    sa.CheckConstraint('granted_minor <= asked_minor', name=op.f('ck_set_off_never_more_than_asked')),
    sa.CheckConstraint('topped_up_minor >= 0 AND topped_up_minor <= granted_minor', name=op.f('ck_set_off_topped_up_in_range')),
    sa.ForeignKeyConstraint(['case_id'], ['enforcement_case.id'], name=op.f('fk_set_off_case_id')),
    sa.ForeignKeyConstraint(['claim_id'], ['claim.id'], name=op.f('fk_set_off_claim_id')),
    sa.ForeignKeyConstraint(['court_id'], ['court.id'], name=op.f('fk_set_off_court_id')),
    sa.ForeignKeyConstraint(['decided_by'], ['user.id'], name=op.f('fk_set_off_decided_by')),
    sa.ForeignKeyConstraint(['proposed_by'], ['user.id'], name=op.f('fk_set_off_proposed_by')),
    sa.ForeignKeyConstraint(['sale_id'], ['sale.id'], name=op.f('fk_set_off_sale_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_set_off')),
    sa.UniqueConstraint('sale_id', name=op.f('uq_set_off_sale_id'))
    )
    with op.batch_alter_table('set_off', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_set_off_case_id'), ['case_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_set_off_court_id'), ['court_id'], unique=False)

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

    op.create_table('barred_buyer',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('court_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('asset_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('sale_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('ruling_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('user_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('id_number_hash', sa.String(length=64), nullable=False),
    sa.Column('barred_at', sa.BigInteger(), nullable=False),
    sa.Column('lifted_at', sa.BigInteger(), nullable=True),
    sa.Column('lifted_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('lift_ground', sa.String(length=300), nullable=False),
    sa.CheckConstraint("lifted_at IS NULL OR (lifted_by IS NOT NULL AND lift_ground <> '')", name=op.f('ck_barred_buyer_lifted_by_somebody')),
    sa.ForeignKeyConstraint(['asset_id'], ['asset.id'], name=op.f('fk_barred_buyer_asset_id')),
    sa.ForeignKeyConstraint(['case_id'], ['enforcement_case.id'], name=op.f('fk_barred_buyer_case_id')),
    sa.ForeignKeyConstraint(['court_id'], ['court.id'], name=op.f('fk_barred_buyer_court_id')),
    sa.ForeignKeyConstraint(['lifted_by'], ['user.id'], name=op.f('fk_barred_buyer_lifted_by')),
    sa.ForeignKeyConstraint(['ruling_id'], ['ruling.id'], name=op.f('fk_barred_buyer_ruling_id')),
    sa.ForeignKeyConstraint(['sale_id'], ['sale.id'], name=op.f('fk_barred_buyer_sale_id')),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_barred_buyer_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_barred_buyer')),
    sa.UniqueConstraint('ruling_id', 'user_id', name=op.f('uq_barred_buyer_ruling_id_user_id')),
    info={'append_only': ('lifted_at', 'lifted_by', 'lift_ground')}
    )
    with op.batch_alter_table('barred_buyer', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_barred_buyer_asset_id'), ['asset_id'], unique=False)
        batch_op.create_index('ix_barred_buyer_asset_identity', ['asset_id', 'id_number_hash'], unique=False)
        batch_op.create_index(batch_op.f('ix_barred_buyer_case_id'), ['case_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_barred_buyer_court_id'), ['court_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_barred_buyer_user_id'), ['user_id'], unique=False)

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
    op.create_table('buyer_default',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('court_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('lot_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('sale_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('ruling_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('enrolment_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('user_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('price_minor', sa.BigInteger(), nullable=False),
    sa.Column('deposit_minor', sa.BigInteger(), nullable=False),
    sa.Column('returned_minor', sa.BigInteger(), nullable=False),
    sa.Column('tops_up', sa.Boolean(), nullable=False),
    sa.Column('cap_minor', sa.BigInteger(), nullable=True),
    sa.Column('defaulted_at', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('deposit_minor <= price_minor', name=op.f('ck_buyer_default_deposit_below_price')),
    sa.CheckConstraint('deposit_minor >= 0 AND returned_minor >= 0', name=op.f('ck_buyer_default_parts_not_negative')),
    sa.ForeignKeyConstraint(['case_id'], ['enforcement_case.id'], name=op.f('fk_buyer_default_case_id')),
    sa.ForeignKeyConstraint(['court_id'], ['court.id'], name=op.f('fk_buyer_default_court_id')),
    sa.ForeignKeyConstraint(['enrolment_id'], ['enrolment.id'], name=op.f('fk_buyer_default_enrolment_id')),
    sa.ForeignKeyConstraint(['lot_id'], ['lot.id'], name=op.f('fk_buyer_default_lot_id')),
    sa.ForeignKeyConstraint(['ruling_id'], ['ruling.id'], name=op.f('fk_buyer_default_ruling_id')),
    sa.ForeignKeyConstraint(['sale_id'], ['sale.id'], name=op.f('fk_buyer_default_sale_id')),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_buyer_default_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_buyer_default')),
    sa.UniqueConstraint('enrolment_id', name=op.f('uq_buyer_default_enrolment_id')),
    sa.UniqueConstraint('ruling_id', name=op.f('uq_buyer_default_ruling_id')),
    sa.UniqueConstraint('sale_id', name=op.f('uq_buyer_default_sale_id')),
    info={'append_only': ()}
    )
    with op.batch_alter_table('buyer_default', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_buyer_default_case_id'), ['case_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_buyer_default_court_id'), ['court_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_buyer_default_lot_id'), ['lot_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_buyer_default_user_id'), ['user_id'], unique=False)

    op.create_table('deposit',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('court_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('sale_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('enrolment_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('status', sa.Enum('held', 'applying', 'applied', 'returning', 'returned', 'forfeited', 'lapsed', name='deposit_status', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('confirmed_at', sa.BigInteger(), nullable=False),
    sa.Column('settled_at', sa.BigInteger(), nullable=True),
    sa.CheckConstraint('amount_minor > 0', name=op.f('ck_deposit_amount_positive')),
    sa.ForeignKeyConstraint(['case_id'], ['enforcement_case.id'], name=op.f('fk_deposit_case_id')),
    sa.ForeignKeyConstraint(['court_id'], ['court.id'], name=op.f('fk_deposit_court_id')),
    sa.ForeignKeyConstraint(['enrolment_id'], ['enrolment.id'], name=op.f('fk_deposit_enrolment_id')),
    sa.ForeignKeyConstraint(['sale_id'], ['sale.id'], name=op.f('fk_deposit_sale_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_deposit')),
    sa.UniqueConstraint('enrolment_id', name=op.f('uq_deposit_enrolment_id'))
    )
    with op.batch_alter_table('deposit', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_deposit_case_id'), ['case_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_deposit_court_id'), ['court_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_deposit_sale_id'), ['sale_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_deposit_status'), ['status'], unique=False)

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
    sa.Column('needs_service', sa.Boolean(), nullable=False),
    sa.Column('released_at', sa.BigInteger(), nullable=True),
    sa.Column('released_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('document_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.CheckConstraint('approved_by IS NULL OR approved_by <> drafted_by', name=op.f('ck_distribution_plan_two_people')),
    sa.CheckConstraint('released_by IS NULL OR released_by <> drafted_by', name=op.f('ck_distribution_plan_released_by_another')),
    sa.ForeignKeyConstraint(['approved_by'], ['user.id'], name=op.f('fk_distribution_plan_approved_by')),
    sa.ForeignKeyConstraint(['case_id'], ['enforcement_case.id'], name=op.f('fk_distribution_plan_case_id')),
    sa.ForeignKeyConstraint(['court_id'], ['court.id'], name=op.f('fk_distribution_plan_court_id')),
    sa.ForeignKeyConstraint(['document_id'], ['document.id'], name=op.f('fk_distribution_plan_document_id')),
    sa.ForeignKeyConstraint(['drafted_by'], ['user.id'], name=op.f('fk_distribution_plan_drafted_by')),
    sa.ForeignKeyConstraint(['released_by'], ['user.id'], name=op.f('fk_distribution_plan_released_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_distribution_plan')),
    sa.UniqueConstraint('case_id', 'number', name=op.f('uq_distribution_plan_case_id_number'))
    )
    with op.batch_alter_table('distribution_plan', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_distribution_plan_case_id'), ['case_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_distribution_plan_court_id'), ['court_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_distribution_plan_status'), ['status'], unique=False)
        batch_op.create_index('uq_distribution_plan_open', ['case_id'], unique=True, sqlite_where=sa.text("status IN ('draft','submitted')"), postgresql_where=sa.text("status IN ('draft','submitted')"))

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

    op.create_table('ruling_proposal',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('court_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('sale_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.Enum('deal', 'default', 'set-aside', name='ruling_proposal_kind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('status', sa.Enum('draft', 'made', 'dropped', name='ruling_proposal_status', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('number', sa.String(length=60), nullable=False),
    sa.Column('reasons', sa.Text(), nullable=False),
    sa.Column('terms', sa.JSON(), nullable=False),
    sa.Column('drafted_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('drafted_at', sa.BigInteger(), nullable=False),
    sa.Column('decided_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('decided_at', sa.BigInteger(), nullable=True),
    sa.Column('remark', sa.String(length=300), nullable=False),
    sa.Column('ruling_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.CheckConstraint("kind <> 'deal'", name=op.f('ck_ruling_proposal_not_a_deal')),
    sa.CheckConstraint("status <> 'made' OR (decided_by IS NOT NULL AND ruling_id IS NOT NULL)", name=op.f('ck_ruling_proposal_made_by_somebody')),
    sa.CheckConstraint('decided_by IS NULL OR decided_by <> drafted_by', name=op.f('ck_ruling_proposal_two_people')),
    sa.ForeignKeyConstraint(['case_id'], ['enforcement_case.id'], name=op.f('fk_ruling_proposal_case_id')),
    sa.ForeignKeyConstraint(['court_id'], ['court.id'], name=op.f('fk_ruling_proposal_court_id')),
    sa.ForeignKeyConstraint(['decided_by'], ['user.id'], name=op.f('fk_ruling_proposal_decided_by')),
    sa.ForeignKeyConstraint(['drafted_by'], ['user.id'], name=op.f('fk_ruling_proposal_drafted_by')),
    sa.ForeignKeyConstraint(['ruling_id'], ['ruling.id'], name=op.f('fk_ruling_proposal_ruling_id')),
    sa.ForeignKeyConstraint(['sale_id'], ['sale.id'], name=op.f('fk_ruling_proposal_sale_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_ruling_proposal')),
    sa.UniqueConstraint('ruling_id', name=op.f('uq_ruling_proposal_ruling_id'))
    )
    with op.batch_alter_table('ruling_proposal', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_ruling_proposal_case_id'), ['case_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_ruling_proposal_court_id'), ['court_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_ruling_proposal_sale_id'), ['sale_id'], unique=False)
        batch_op.create_index('uq_ruling_proposal_open', ['sale_id'], unique=True, sqlite_where=sa.text("status = 'draft'"), postgresql_where=sa.text("status = 'draft'"))

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
    sa.Column('set_off_minor', sa.BigInteger(), nullable=False),
    sa.Column('reference', sa.String(length=20), nullable=False),
    sa.Column('status', sa.Enum('due', 'paid', 'defaulted', 'set-aside', name='settlement_status', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('due_at', sa.BigInteger(), nullable=False),
    sa.Column('late_until', sa.BigInteger(), nullable=True),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('paid_at', sa.BigInteger(), nullable=True),
    sa.CheckConstraint("status <> 'paid' OR deposit_applied_minor + paid_minor + set_off_minor >= price_minor", name=op.f('ck_settlement_paid_in_full')),
    sa.CheckConstraint('deposit_applied_minor >= 0 AND paid_minor >= 0 AND set_off_minor >= 0', name=op.f('ck_settlement_parts_not_negative')),
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
    sa.Column('batch_ref', sa.String(length=120), nullable=True),
    sa.Column('is_reversal', sa.Boolean(), nullable=False),
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
    sa.Column('reason', sa.Enum('no-reference', 'unknown-reference', 'wrong-amount', 'payer-differs', 'payer-refused', 'late', 'not-due', 'notices-missing', 'not-ordered', 'reversal', name='bank_line_reason', native_enum=False, create_constraint=True, length=24), nullable=True),
    sa.Column('grounds', sa.String(length=120), nullable=False),
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
        batch_op.create_index('ix_bank_line_batch', ['court_id', 'account_number', 'batch_ref'], unique=False)
        batch_op.create_index('ix_bank_line_desk', ['court_id', 'status'], unique=False)
        batch_op.create_index(batch_op.f('ix_bank_line_enrolment_id'), ['enrolment_id'], unique=False)
        batch_op.create_index('ix_bank_line_place', ['statement_id', 'number'], unique=False)
        batch_op.create_index(batch_op.f('ix_bank_line_settlement_id'), ['settlement_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_bank_line_status'), ['status'], unique=False)

    op.create_table('default_cost',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('court_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('default_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('status', sa.Enum('proposed', 'due', 'paid', 'cancelled', name='default_cost_status', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('basis', sa.String(length=300), nullable=False),
    sa.Column('payee_name', sa.String(length=100), nullable=False),
    sa.Column('payee_bank', sa.String(length=100), nullable=False),
    sa.Column('payee_account', sa.LargeBinary(), nullable=False),
    sa.Column('form_key', sa.String(length=40), nullable=False),
    sa.Column('booked_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('booked_at', sa.BigInteger(), nullable=False),
    sa.Column('approved_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('approved_at', sa.BigInteger(), nullable=True),
    sa.Column('paid_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('paid_on', sa.Date(), nullable=True),
    sa.Column('bank_reference', sa.String(length=60), nullable=True),
    sa.Column('transfer_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.CheckConstraint("status <> 'paid' OR (paid_by IS NOT NULL AND bank_reference IS NOT NULL)", name=op.f('ck_default_cost_paid_has_reference')),
    sa.CheckConstraint("status NOT IN ('due','paid') OR approved_by IS NOT NULL", name=op.f('ck_default_cost_approved_by_somebody')),
    sa.CheckConstraint('amount_minor > 0', name=op.f('ck_default_cost_amount_positive')),
    sa.CheckConstraint('approved_by IS NULL OR approved_by <> booked_by', name=op.f('ck_default_cost_two_people')),
    sa.ForeignKeyConstraint(['approved_by'], ['user.id'], name=op.f('fk_default_cost_approved_by')),
    sa.ForeignKeyConstraint(['booked_by'], ['user.id'], name=op.f('fk_default_cost_booked_by')),
    sa.ForeignKeyConstraint(['case_id'], ['enforcement_case.id'], name=op.f('fk_default_cost_case_id')),
    sa.ForeignKeyConstraint(['court_id'], ['court.id'], name=op.f('fk_default_cost_court_id')),
    sa.ForeignKeyConstraint(['default_id'], ['buyer_default.id'], name=op.f('fk_default_cost_default_id')),
    sa.ForeignKeyConstraint(['paid_by'], ['user.id'], name=op.f('fk_default_cost_paid_by')),
    sa.ForeignKeyConstraint(['transfer_id'], ['transfer.id'], name=op.f('fk_default_cost_transfer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_default_cost')),
    sa.UniqueConstraint('court_id', 'bank_reference', name=op.f('uq_default_cost_court_id_bank_reference')),
    sa.UniqueConstraint('default_id', 'form_key', name=op.f('uq_default_cost_default_id_form_key')),
    sa.UniqueConstraint('transfer_id', name=op.f('uq_default_cost_transfer_id'))
    )
    with op.batch_alter_table('default_cost', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_default_cost_case_id'), ['case_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_default_cost_default_id'), ['default_id'], unique=False)

    op.create_table('late_decision',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('court_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('settlement_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('until_at', sa.BigInteger(), nullable=False),
    sa.Column('ground', sa.String(length=300), nullable=False),
    sa.Column('decided_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('decided_at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['enforcement_case.id'], name=op.f('fk_late_decision_case_id')),
    sa.ForeignKeyConstraint(['court_id'], ['court.id'], name=op.f('fk_late_decision_court_id')),
    sa.ForeignKeyConstraint(['decided_by'], ['user.id'], name=op.f('fk_late_decision_decided_by')),
    sa.ForeignKeyConstraint(['settlement_id'], ['settlement.id'], name=op.f('fk_late_decision_settlement_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_late_decision')),
    info={'append_only': ()}
    )
    with op.batch_alter_table('late_decision', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_late_decision_case_id'), ['case_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_late_decision_settlement_id'), ['settlement_id'], unique=False)

    op.create_table('loan_commitment',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('court_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('settlement_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('status', sa.Enum('recorded', 'confirmed', 'met', 'void', name='loan_commitment_status', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('lender', sa.String(length=100), nullable=False),
    sa.Column('letter_number', sa.String(length=60), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('promised_on', sa.Date(), nullable=False),
    sa.Column('due_at', sa.BigInteger(), nullable=False),
    sa.Column('recorded_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('recorded_at', sa.BigInteger(), nullable=False),
    sa.Column('confirmed_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('confirmed_at', sa.BigInteger(), nullable=True),
    sa.Column('void_reason', sa.String(length=300), nullable=False),
    sa.CheckConstraint("status NOT IN ('confirmed','met') OR confirmed_by IS NOT NULL", name=op.f('ck_loan_commitment_confirmed_by_somebody')),
    sa.CheckConstraint('amount_minor > 0', name=op.f('ck_loan_commitment_amount_positive')),
    sa.CheckConstraint('confirmed_by IS NULL OR confirmed_by <> recorded_by', name=op.f('ck_loan_commitment_two_people')),
    sa.ForeignKeyConstraint(['case_id'], ['enforcement_case.id'], name=op.f('fk_loan_commitment_case_id')),
    sa.ForeignKeyConstraint(['confirmed_by'], ['user.id'], name=op.f('fk_loan_commitment_confirmed_by')),
    sa.ForeignKeyConstraint(['court_id'], ['court.id'], name=op.f('fk_loan_commitment_court_id')),
    sa.ForeignKeyConstraint(['recorded_by'], ['user.id'], name=op.f('fk_loan_commitment_recorded_by')),
    sa.ForeignKeyConstraint(['settlement_id'], ['settlement.id'], name=op.f('fk_loan_commitment_settlement_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_loan_commitment')),
    sa.UniqueConstraint('settlement_id', 'letter_number', name=op.f('uq_loan_commitment_settlement_id_letter_number'))
    )
    with op.batch_alter_table('loan_commitment', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_loan_commitment_case_id'), ['case_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_loan_commitment_settlement_id'), ['settlement_id'], unique=False)

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
    sa.Column('taken_minor', sa.BigInteger(), nullable=True),
    sa.Column('deposit_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
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
    sa.CheckConstraint("deposit_id IS NULL OR purpose = 'deposit'", name=op.f('ck_payment_deposit_is_made_of_deposits')),
    sa.CheckConstraint('amount_minor > 0', name=op.f('ck_payment_amount_positive')),
    sa.CheckConstraint('taken_minor IS NULL OR taken_minor BETWEEN 1 AND amount_minor', name=op.f('ck_payment_taken_in_range')),
    sa.ForeignKeyConstraint(['case_id'], ['enforcement_case.id'], name=op.f('fk_payment_case_id')),
    sa.ForeignKeyConstraint(['court_id'], ['court.id'], name=op.f('fk_payment_court_id')),
    sa.ForeignKeyConstraint(['deposit_id'], ['deposit.id'], name=op.f('fk_payment_deposit_id')),
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
        batch_op.create_index(batch_op.f('ix_payment_deposit_id'), ['deposit_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_payment_enrolment_id'), ['enrolment_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_payment_settlement_id'), ['settlement_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_payment_status'), ['status'], unique=False)
        batch_op.create_index(batch_op.f('ix_payment_user_id'), ['user_id'], unique=False)
        batch_op.create_index('uq_payment_started', ['enrolment_id', 'purpose'], unique=True, sqlite_where=sa.text("status = 'started'"), postgresql_where=sa.text("status = 'started'"))

    op.create_table('plan_objection',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('court_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('plan_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('party_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('status', sa.Enum('received', 'notified', 'opposed', 'sued', 'unopposed', 'upheld', 'corrected', 'lapsed', 'rejected', 'withdrawn', name='plan_objection_status', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('received_on', sa.Date(), nullable=False),
    sa.Column('ground', sa.Text(), nullable=False),
    sa.Column('told_on', sa.Date(), nullable=True),
    sa.Column('told_proof', sa.String(length=300), nullable=False),
    sa.Column('sue_by', sa.BigInteger(), nullable=True),
    sa.Column('sued_on', sa.Date(), nullable=True),
    sa.Column('suit_number', sa.String(length=80), nullable=False),
    sa.Column('judgement_number', sa.String(length=80), nullable=False),
    sa.Column('corrected_by_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('recorded_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('recorded_at', sa.BigInteger(), nullable=False),
    sa.Column('ended_at', sa.BigInteger(), nullable=True),
    sa.CheckConstraint("status <> 'corrected' OR corrected_by_id IS NOT NULL", name=op.f('ck_plan_objection_corrected_by_a_plan')),
    sa.CheckConstraint("status <> 'sued' OR suit_number <> ''", name=op.f('ck_plan_objection_suit_has_number')),
    sa.CheckConstraint("status NOT IN ('upheld', 'rejected') OR judgement_number <> ''", name=op.f('ck_plan_objection_outcome_has_judgement')),
    sa.ForeignKeyConstraint(['case_id'], ['enforcement_case.id'], name=op.f('fk_plan_objection_case_id')),
    sa.ForeignKeyConstraint(['corrected_by_id'], ['distribution_plan.id'], name=op.f('fk_plan_objection_corrected_by_id')),
    sa.ForeignKeyConstraint(['court_id'], ['court.id'], name=op.f('fk_plan_objection_court_id')),
    sa.ForeignKeyConstraint(['party_id'], ['party.id'], name=op.f('fk_plan_objection_party_id')),
    sa.ForeignKeyConstraint(['plan_id'], ['distribution_plan.id'], name=op.f('fk_plan_objection_plan_id')),
    sa.ForeignKeyConstraint(['recorded_by'], ['user.id'], name=op.f('fk_plan_objection_recorded_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_plan_objection')),
    sa.UniqueConstraint('case_id', 'number', name=op.f('uq_plan_objection_case_id_number'))
    )
    with op.batch_alter_table('plan_objection', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_plan_objection_case_id'), ['case_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_plan_objection_plan_id'), ['plan_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_plan_objection_status'), ['status'], unique=False)

    op.create_table('plan_service',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('court_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('plan_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('party_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('channel', sa.Enum('hand', 'left', 'mail', 'electronic', 'published', name='plan_service_channel', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('sent_on', sa.Date(), nullable=False),
    sa.Column('served_on', sa.Date(), nullable=True),
    sa.Column('due_at', sa.BigInteger(), nullable=True),
    sa.Column('proof', sa.String(length=300), nullable=False),
    sa.Column('document_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('consented_on', sa.Date(), nullable=True),
    sa.Column('recorded_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('recorded_at', sa.BigInteger(), nullable=False),
    sa.Column('cancelled_at', sa.BigInteger(), nullable=True),
    sa.Column('cancelled_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('cancel_reason', sa.String(length=300), nullable=False),
    sa.CheckConstraint("cancelled_at IS NULL OR cancel_reason <> ''", name=op.f('ck_plan_service_cancelled_says_why')),
    sa.CheckConstraint('(served_on IS NULL) = (due_at IS NULL)', name=op.f('ck_plan_service_served_starts_clock')),
    sa.ForeignKeyConstraint(['cancelled_by'], ['user.id'], name=op.f('fk_plan_service_cancelled_by')),
    sa.ForeignKeyConstraint(['case_id'], ['enforcement_case.id'], name=op.f('fk_plan_service_case_id')),
    sa.ForeignKeyConstraint(['court_id'], ['court.id'], name=op.f('fk_plan_service_court_id')),
    sa.ForeignKeyConstraint(['document_id'], ['document.id'], name=op.f('fk_plan_service_document_id')),
    sa.ForeignKeyConstraint(['party_id'], ['party.id'], name=op.f('fk_plan_service_party_id')),
    sa.ForeignKeyConstraint(['plan_id'], ['distribution_plan.id'], name=op.f('fk_plan_service_plan_id')),
    sa.ForeignKeyConstraint(['recorded_by'], ['user.id'], name=op.f('fk_plan_service_recorded_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_plan_service'))
    )
    with op.batch_alter_table('plan_service', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_plan_service_case_id'), ['case_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_plan_service_plan_id'), ['plan_id'], unique=False)
        batch_op.create_index('uq_plan_service_standing', ['plan_id', 'party_id'], unique=True, sqlite_where=sa.text('cancelled_at IS NULL'), postgresql_where=sa.text('cancelled_at IS NULL'))

    op.create_table('sale_set_aside',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('court_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('sale_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('ruling_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('settlement_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('user_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('ground', sa.Enum('31.1', '31.2', '31.3', '31.4', '31.5', '31.6', name='set_aside_ground', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('bearer', sa.Enum('court', 'other', 'none', name='set_aside_bearer', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('price_minor', sa.BigInteger(), nullable=False),
    sa.Column('back_minor', sa.BigInteger(), nullable=False),
    sa.Column('forfeits_minor', sa.BigInteger(), nullable=False),
    sa.Column('claimed_minor', sa.BigInteger(), nullable=False),
    sa.Column('set_aside_at', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('back_minor >= 0 AND claimed_minor >= 0', name=op.f('ck_sale_set_aside_parts_not_negative')),
    sa.CheckConstraint('claimed_minor <= back_minor + forfeits_minor', name=op.f('ck_sale_set_aside_claims_in_range')),
    sa.ForeignKeyConstraint(['case_id'], ['enforcement_case.id'], name=op.f('fk_sale_set_aside_case_id')),
    sa.ForeignKeyConstraint(['court_id'], ['court.id'], name=op.f('fk_sale_set_aside_court_id')),
    sa.ForeignKeyConstraint(['ruling_id'], ['ruling.id'], name=op.f('fk_sale_set_aside_ruling_id')),
    sa.ForeignKeyConstraint(['sale_id'], ['sale.id'], name=op.f('fk_sale_set_aside_sale_id')),
    sa.ForeignKeyConstraint(['settlement_id'], ['settlement.id'], name=op.f('fk_sale_set_aside_settlement_id')),
    sa.ForeignKeyConstraint(['user_id'], ['user.id'], name=op.f('fk_sale_set_aside_user_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sale_set_aside')),
    sa.UniqueConstraint('ruling_id', name=op.f('uq_sale_set_aside_ruling_id')),
    sa.UniqueConstraint('sale_id', name=op.f('uq_sale_set_aside_sale_id')),
    sa.UniqueConstraint('settlement_id', name=op.f('uq_sale_set_aside_settlement_id')),
    info={'append_only': ()}
    )
    with op.batch_alter_table('sale_set_aside', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_sale_set_aside_case_id'), ['case_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_sale_set_aside_court_id'), ['court_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_sale_set_aside_user_id'), ['user_id'], unique=False)

    op.create_table('dispute',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('court_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('payment_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('provider_dispute_id', sa.String(length=255), nullable=False),
    sa.Column('status', sa.Enum('open', 'won', 'lost', name='dispute_status', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('reason', sa.String(length=60), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('opened_at', sa.BigInteger(), nullable=False),
    sa.Column('evidence_due_at', sa.BigInteger(), nullable=True),
    sa.Column('closed_at', sa.BigInteger(), nullable=True),
    sa.Column('settled_at', sa.BigInteger(), nullable=True),
    sa.Column('settled_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('explanation', sa.Text(), nullable=False),
    sa.CheckConstraint("(settled_at IS NULL) = (explanation = '')", name=op.f('ck_dispute_settled_has_words')),
    sa.CheckConstraint('amount_minor > 0', name=op.f('ck_dispute_amount_positive')),
    sa.ForeignKeyConstraint(['case_id'], ['enforcement_case.id'], name=op.f('fk_dispute_case_id')),
    sa.ForeignKeyConstraint(['court_id'], ['court.id'], name=op.f('fk_dispute_court_id')),
    sa.ForeignKeyConstraint(['payment_id'], ['payment.id'], name=op.f('fk_dispute_payment_id')),
    sa.ForeignKeyConstraint(['settled_by'], ['user.id'], name=op.f('fk_dispute_settled_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_dispute')),
    sa.UniqueConstraint('provider_dispute_id', name=op.f('uq_dispute_provider_dispute_id'))
    )
    with op.batch_alter_table('dispute', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_dispute_case_id'), ['case_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_dispute_court_id'), ['court_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_dispute_payment_id'), ['payment_id'], unique=False)

    op.create_table('payer_review',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('court_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('sale_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('line_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('enrolment_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('settlement_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('reference', sa.String(length=20), nullable=False),
    sa.Column('status', sa.Enum('pending', 'accepted', 'refused', 'void', name='payer_review_status', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('asked_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('asked_at', sa.BigInteger(), nullable=False),
    sa.Column('note', sa.LargeBinary(), nullable=False),
    sa.Column('decided_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('settled_at', sa.BigInteger(), nullable=True),
    sa.Column('ground', sa.String(length=300), nullable=False),
    sa.CheckConstraint("status NOT IN ('accepted', 'refused') OR (decided_by IS NOT NULL AND length(ground) >= 4)", name=op.f('ck_payer_review_decided_with_ground')),
    sa.CheckConstraint('(enrolment_id IS NULL) <> (settlement_id IS NULL)', name=op.f('ck_payer_review_one_subject')),
    sa.CheckConstraint('asked_by IS NULL OR decided_by IS NULL OR asked_by <> decided_by', name=op.f('ck_payer_review_two_people')),
    sa.ForeignKeyConstraint(['asked_by'], ['user.id'], name=op.f('fk_payer_review_asked_by')),
    sa.ForeignKeyConstraint(['case_id'], ['enforcement_case.id'], name=op.f('fk_payer_review_case_id')),
    sa.ForeignKeyConstraint(['court_id'], ['court.id'], name=op.f('fk_payer_review_court_id')),
    sa.ForeignKeyConstraint(['decided_by'], ['user.id'], name=op.f('fk_payer_review_decided_by')),
    sa.ForeignKeyConstraint(['enrolment_id'], ['enrolment.id'], name=op.f('fk_payer_review_enrolment_id')),
    sa.ForeignKeyConstraint(['line_id'], ['bank_line.id'], name=op.f('fk_payer_review_line_id')),
    sa.ForeignKeyConstraint(['sale_id'], ['sale.id'], name=op.f('fk_payer_review_sale_id')),
    sa.ForeignKeyConstraint(['settlement_id'], ['settlement.id'], name=op.f('fk_payer_review_settlement_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payer_review'))
    )
    with op.batch_alter_table('payer_review', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_payer_review_case_id'), ['case_id'], unique=False)
        batch_op.create_index('ix_payer_review_desk', ['court_id', 'status'], unique=False)
        batch_op.create_index(batch_op.f('ix_payer_review_enrolment_id'), ['enrolment_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_payer_review_line_id'), ['line_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_payer_review_sale_id'), ['sale_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_payer_review_settlement_id'), ['settlement_id'], unique=False)
        batch_op.create_index('uq_payer_review_pending', ['line_id'], unique=True, sqlite_where=sa.text("status = 'pending'"), postgresql_where=sa.text("status = 'pending'"))

    op.create_table('payout_arrival',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('court_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('payout_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('bank_line_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('status', sa.Enum('proposed', 'standing', 'withdrawn', name='arrival_status', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('limit_minor', sa.BigInteger(), nullable=False),
    sa.Column('recorded_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('recorded_at', sa.BigInteger(), nullable=False),
    sa.Column('second_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.CheckConstraint("status <> 'standing' OR recorded_by IS NULL OR second_id IS NOT NULL OR (amount_minor <= limit_minor AND -amount_minor <= limit_minor)", name=op.f('ck_payout_arrival_second_above_limit')),
    sa.CheckConstraint('second_id IS NULL OR second_id <> recorded_by', name=op.f('ck_payout_arrival_two_people')),
    sa.ForeignKeyConstraint(['bank_line_id'], ['bank_line.id'], name=op.f('fk_payout_arrival_bank_line_id')),
    sa.ForeignKeyConstraint(['court_id'], ['court.id'], name=op.f('fk_payout_arrival_court_id')),
    sa.ForeignKeyConstraint(['payout_id'], ['provider_payout.id'], name=op.f('fk_payout_arrival_payout_id')),
    sa.ForeignKeyConstraint(['recorded_by'], ['user.id'], name=op.f('fk_payout_arrival_recorded_by')),
    sa.ForeignKeyConstraint(['second_id'], ['user.id'], name=op.f('fk_payout_arrival_second_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payout_arrival')),
    info={'append_only': ('status', 'second_id')}
    )
    with op.batch_alter_table('payout_arrival', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_payout_arrival_court_id'), ['court_id'], unique=False)
        batch_op.create_index('uq_payout_arrival_bank_line_id', ['bank_line_id'], unique=True, sqlite_where=sa.text("status <> 'withdrawn'"), postgresql_where=sa.text("status <> 'withdrawn'"))
        batch_op.create_index('uq_payout_arrival_payout_id', ['payout_id'], unique=True, sqlite_where=sa.text("status <> 'withdrawn'"), postgresql_where=sa.text("status <> 'withdrawn'"))

    op.create_table('plan_objection_answer',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('objection_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('party_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('channel', sa.Enum('hand', 'left', 'mail', 'electronic', 'published', name='plan_objection_answer_channel', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('sent_on', sa.Date(), nullable=False),
    sa.Column('served_on', sa.Date(), nullable=True),
    sa.Column('due_at', sa.BigInteger(), nullable=True),
    sa.Column('proof', sa.String(length=300), nullable=False),
    sa.Column('answer', sa.Enum('opposes', 'agrees', name='plan_objection_answer', native_enum=False, create_constraint=True, length=24), nullable=True),
    sa.Column('answered_on', sa.Date(), nullable=True),
    sa.Column('words', sa.Text(), nullable=False),
    sa.Column('recorded_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('recorded_at', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('(answer IS NULL) = (answered_on IS NULL)', name=op.f('ck_plan_objection_answer_answer_has_day')),
    sa.CheckConstraint('(served_on IS NULL) = (due_at IS NULL)', name=op.f('ck_plan_objection_answer_served_starts_clock')),
    sa.ForeignKeyConstraint(['objection_id'], ['plan_objection.id'], name=op.f('fk_plan_objection_answer_objection_id')),
    sa.ForeignKeyConstraint(['party_id'], ['party.id'], name=op.f('fk_plan_objection_answer_party_id')),
    sa.ForeignKeyConstraint(['recorded_by'], ['user.id'], name=op.f('fk_plan_objection_answer_recorded_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_plan_objection_answer')),
    sa.UniqueConstraint('objection_id', 'party_id', name=op.f('uq_plan_objection_answer_objection_id_party_id'))
    )
    with op.batch_alter_table('plan_objection_answer', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_plan_objection_answer_objection_id'), ['objection_id'], unique=False)

    op.create_table('plan_objection_item',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('objection_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('payee', sa.String(length=60), nullable=False),
    sa.Column('step', sa.String(length=24), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.CheckConstraint('amount_minor > 0', name=op.f('ck_plan_objection_item_amount_positive')),
    sa.ForeignKeyConstraint(['objection_id'], ['plan_objection.id'], name=op.f('fk_plan_objection_item_objection_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_plan_objection_item')),
    sa.UniqueConstraint('objection_id', 'payee', 'step', name=op.f('uq_plan_objection_item_objection_id_payee_step'))
    )
    with op.batch_alter_table('plan_objection_item', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_plan_objection_item_objection_id'), ['objection_id'], unique=False)

    op.create_table('plan_payment',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('plan_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('court_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('payee', sa.String(length=60), nullable=False),
    sa.Column('step', sa.String(length=24), nullable=False),
    sa.Column('part', sa.Integer(), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('payee_name', sa.LargeBinary(), nullable=False),
    sa.Column('payee_bank', sa.String(length=100), nullable=False),
    sa.Column('payee_account', sa.LargeBinary(), nullable=False),
    sa.Column('status', sa.Enum('waiting', 'due', 'held', 'sent', 'paid', 'set-off', 'withdrawn', 'deposited', name='plan_payment_status', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('held_for', sa.Enum('claim', 'objection', name='plan_payment_held_for', native_enum=False, create_constraint=True, length=24), nullable=True),
    sa.Column('paid_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('paid_on', sa.Date(), nullable=True),
    sa.Column('paid_at', sa.BigInteger(), nullable=True),
    sa.Column('bank_reference', sa.String(length=60), nullable=True),
    sa.Column('transfer_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('bank_line_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.CheckConstraint("(status = 'held') = (held_for IS NOT NULL)", name=op.f('ck_plan_payment_held_says_why')),
    sa.CheckConstraint("status NOT IN ('paid', 'deposited') OR (paid_by IS NOT NULL AND bank_reference IS NOT NULL)", name=op.f('ck_plan_payment_paid_has_reference')),
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
    sa.UniqueConstraint('plan_id', 'payee', 'step', 'part', name=op.f('uq_plan_payment_plan_id_payee_step_part')),
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
    sa.Column('reason', sa.Enum('lost', 'unsold', 'withdrawn', 'left', 'late', 'refused', 'duplicate', 'excess', 'mismatch', 'incomplete', 'remainder', 'set-aside', name='refund_reason', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('status', sa.Enum('due', 'sent', 'done', name='refund_status', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('attempt', sa.Integer(), nullable=False),
    sa.Column('failures', sa.Integer(), nullable=False),
    sa.Column('asked_at', sa.BigInteger(), nullable=True),
    sa.Column('tries', sa.Integer(), nullable=False),
    sa.Column('next_try_at', sa.BigInteger(), nullable=True),
    sa.Column('lease_until', sa.BigInteger(), nullable=True),
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
    sa.UniqueConstraint('payment_id', 'reason', name=op.f('uq_refund_payment_id_reason'))
    )
    with op.batch_alter_table('refund', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_refund_case_id'), ['case_id'], unique=False)
        batch_op.create_index('ix_refund_desk', ['court_id', 'channel', 'status'], unique=False)
        batch_op.create_index('ix_refund_queue', ['due_at', 'id'], unique=False, sqlite_where=sa.text("status <> 'done' AND channel = 'stripe'"), postgresql_where=sa.text("status <> 'done' AND channel = 'stripe'"))
        batch_op.create_index(batch_op.f('ix_refund_status'), ['status'], unique=False)

    op.create_table('notary_deposit',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('court_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('plan_payment_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('ground', sa.Enum('refused', 'missing', 'dead', 'incapable', 'unreachable', 'other', name='notary_deposit_ground', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('facts', sa.String(length=300), nullable=False),
    sa.Column('office', sa.String(length=140), nullable=False),
    sa.Column('account', sa.LargeBinary(), nullable=False),
    sa.Column('bank', sa.String(length=200), nullable=False),
    sa.Column('bank_code', sa.String(length=12), nullable=False),
    sa.Column('status', sa.Enum('proposed', 'confirmed', 'dropped', name='notary_deposit_status', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('proposed_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('proposed_at', sa.BigInteger(), nullable=False),
    sa.Column('decided_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('decided_at', sa.BigInteger(), nullable=True),
    sa.Column('drop_reason', sa.String(length=300), nullable=False),
    sa.Column('certificate', sa.String(length=80), nullable=False),
    sa.CheckConstraint("status <> 'confirmed' OR decided_by IS NOT NULL", name=op.f('ck_notary_deposit_confirmed_by_somebody')),
    sa.CheckConstraint('decided_by IS NULL OR decided_by <> proposed_by', name=op.f('ck_notary_deposit_two_people')),
    sa.ForeignKeyConstraint(['case_id'], ['enforcement_case.id'], name=op.f('fk_notary_deposit_case_id')),
    sa.ForeignKeyConstraint(['court_id'], ['court.id'], name=op.f('fk_notary_deposit_court_id')),
    sa.ForeignKeyConstraint(['decided_by'], ['user.id'], name=op.f('fk_notary_deposit_decided_by')),
    sa.ForeignKeyConstraint(['plan_payment_id'], ['plan_payment.id'], name=op.f('fk_notary_deposit_plan_payment_id')),
    sa.ForeignKeyConstraint(['proposed_by'], ['user.id'], name=op.f('fk_notary_deposit_proposed_by')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notary_deposit')),
    info={'append_only': ('status', 'decided_by', 'decided_at', 'drop_reason', 'certificate')}
    )
    with op.batch_alter_table('notary_deposit', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_notary_deposit_case_id'), ['case_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_notary_deposit_court_id'), ['court_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_notary_deposit_plan_payment_id'), ['plan_payment_id'], unique=False)
        batch_op.create_index('uq_notary_deposit_living', ['plan_payment_id'], unique=True, sqlite_where=sa.text("status IN ('proposed', 'confirmed')"), postgresql_where=sa.text("status IN ('proposed', 'confirmed')"))

    op.create_table('payee_correction',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('court_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('kind', sa.Enum('plan', 'refund', 'suspense', name='payee_correction_kind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('plan_payment_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('refund_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('line_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('name', sa.LargeBinary(), nullable=False),
    sa.Column('account', sa.LargeBinary(), nullable=False),
    sa.Column('bank', sa.String(length=200), nullable=False),
    sa.Column('bank_code', sa.String(length=12), nullable=False),
    sa.Column('reason', sa.String(length=300), nullable=False),
    sa.Column('status', sa.Enum('proposed', 'approved', 'cancelled', name='payee_correction_status', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('proposed_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('proposed_at', sa.BigInteger(), nullable=False),
    sa.Column('approved_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('approved_at', sa.BigInteger(), nullable=True),
    sa.CheckConstraint("(kind = 'plan') = (plan_payment_id IS NOT NULL) AND (kind = 'refund') = (refund_id IS NOT NULL) AND (kind = 'suspense') = (line_id IS NOT NULL)", name=op.f('ck_payee_correction_one_debt')),
    sa.CheckConstraint("(status = 'approved') = (approved_by IS NOT NULL)", name=op.f('ck_payee_correction_approved_by_somebody')),
    sa.CheckConstraint('approved_by IS NULL OR approved_by <> proposed_by', name=op.f('ck_payee_correction_two_people')),
    sa.ForeignKeyConstraint(['approved_by'], ['user.id'], name=op.f('fk_payee_correction_approved_by')),
    sa.ForeignKeyConstraint(['case_id'], ['enforcement_case.id'], name=op.f('fk_payee_correction_case_id')),
    sa.ForeignKeyConstraint(['court_id'], ['court.id'], name=op.f('fk_payee_correction_court_id')),
    sa.ForeignKeyConstraint(['line_id'], ['bank_line.id'], name=op.f('fk_payee_correction_line_id')),
    sa.ForeignKeyConstraint(['plan_payment_id'], ['plan_payment.id'], name=op.f('fk_payee_correction_plan_payment_id')),
    sa.ForeignKeyConstraint(['proposed_by'], ['user.id'], name=op.f('fk_payee_correction_proposed_by')),
    sa.ForeignKeyConstraint(['refund_id'], ['refund.id'], name=op.f('fk_payee_correction_refund_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payee_correction')),
    info={'append_only': ('status', 'approved_by', 'approved_at')}
    )
    with op.batch_alter_table('payee_correction', schema=None) as batch_op:
        batch_op.create_index('ix_payee_correction_desk', ['court_id', 'status'], unique=False)
        batch_op.create_index('uq_payee_correction_open_line_id', ['line_id'], unique=True, sqlite_where=sa.text("status = 'proposed'"), postgresql_where=sa.text("status = 'proposed'"))
        batch_op.create_index('uq_payee_correction_open_plan_payment_id', ['plan_payment_id'], unique=True, sqlite_where=sa.text("status = 'proposed'"), postgresql_where=sa.text("status = 'proposed'"))
        batch_op.create_index('uq_payee_correction_open_refund_id', ['refund_id'], unique=True, sqlite_where=sa.text("status = 'proposed'"), postgresql_where=sa.text("status = 'proposed'"))

    op.create_table('payee_notice',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('court_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('plan_payment_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('document_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('is_published', sa.Boolean(), nullable=False),
    sa.Column('until_on', sa.Date(), nullable=False),
    sa.Column('issued_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('issued_at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['enforcement_case.id'], name=op.f('fk_payee_notice_case_id')),
    sa.ForeignKeyConstraint(['court_id'], ['court.id'], name=op.f('fk_payee_notice_court_id')),
    sa.ForeignKeyConstraint(['document_id'], ['document.id'], name=op.f('fk_payee_notice_document_id')),
    sa.ForeignKeyConstraint(['issued_by'], ['user.id'], name=op.f('fk_payee_notice_issued_by')),
    sa.ForeignKeyConstraint(['plan_payment_id'], ['plan_payment.id'], name=op.f('fk_payee_notice_plan_payment_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payee_notice')),
    sa.UniqueConstraint('document_id', name=op.f('uq_payee_notice_document_id')),
    info={'append_only': ()}
    )
    with op.batch_alter_table('payee_notice', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_payee_notice_case_id'), ['case_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_payee_notice_plan_payment_id'), ['plan_payment_id'], unique=False)

    op.create_table('payout',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('court_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('kind', sa.Enum('plan', 'refund', 'suspense', name='payout_kind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('plan_payment_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('refund_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('line_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('batch_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('currency', sa.String(length=3), nullable=False),
    sa.Column('debtor_account', sa.String(length=40), nullable=False),
    sa.Column('payee_name', sa.LargeBinary(), nullable=False),
    sa.Column('payee_account', sa.LargeBinary(), nullable=False),
    sa.Column('payee_bank', sa.String(length=200), nullable=False),
    sa.Column('payee_bank_code', sa.String(length=12), nullable=False),
    sa.Column('purpose', sa.String(length=35), nullable=False),
    sa.Column('remittance', sa.String(length=140), nullable=False),
    sa.Column('created_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('created_at', sa.BigInteger(), nullable=False),
    sa.Column('status', sa.Enum('chosen', 'held', 'paid', 'returned', 'dropped', name='payout_status', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('hold_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('transfer_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('paid_on', sa.Date(), nullable=True),
    sa.Column('paid_at', sa.BigInteger(), nullable=True),
    sa.Column('bank_reference', sa.String(length=120), nullable=False),
    sa.Column('bank_line_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('returned_line_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('return_transfer_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('returned_at', sa.BigInteger(), nullable=True),
    sa.Column('return_reason', sa.String(length=200), nullable=False),
    sa.Column('drop_proposed_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('drop_confirmed_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('drop_reason', sa.String(length=300), nullable=False),
    sa.CheckConstraint("(kind = 'plan') = (plan_payment_id IS NOT NULL) AND (kind = 'refund') = (refund_id IS NOT NULL) AND (kind = 'suspense') = (line_id IS NOT NULL)", name=op.f('ck_payout_one_debt')),
    sa.CheckConstraint("status <> 'held' OR (hold_id IS NOT NULL AND batch_id IS NOT NULL)", name=op.f('ck_payout_held_is_booked')),
    sa.CheckConstraint("status <> 'paid' OR (transfer_id IS NOT NULL AND paid_on IS NOT NULL)", name=op.f('ck_payout_paid_is_booked')),
    sa.CheckConstraint('amount_minor > 0', name=op.f('ck_payout_amount_positive')),
    sa.CheckConstraint('drop_confirmed_by IS NULL OR drop_confirmed_by <> drop_proposed_by', name=op.f('ck_payout_dropped_by_two')),
    sa.ForeignKeyConstraint(['bank_line_id'], ['bank_line.id'], name=op.f('fk_payout_bank_line_id')),
    sa.ForeignKeyConstraint(['batch_id'], ['payout_batch.id'], name=op.f('fk_payout_batch_id')),
    sa.ForeignKeyConstraint(['case_id'], ['enforcement_case.id'], name=op.f('fk_payout_case_id')),
    sa.ForeignKeyConstraint(['court_id'], ['court.id'], name=op.f('fk_payout_court_id')),
    sa.ForeignKeyConstraint(['created_by'], ['user.id'], name=op.f('fk_payout_created_by')),
    sa.ForeignKeyConstraint(['drop_confirmed_by'], ['user.id'], name=op.f('fk_payout_drop_confirmed_by')),
    sa.ForeignKeyConstraint(['drop_proposed_by'], ['user.id'], name=op.f('fk_payout_drop_proposed_by')),
    sa.ForeignKeyConstraint(['hold_id'], ['transfer.id'], name=op.f('fk_payout_hold_id')),
    sa.ForeignKeyConstraint(['line_id'], ['bank_line.id'], name=op.f('fk_payout_line_id')),
    sa.ForeignKeyConstraint(['plan_payment_id'], ['plan_payment.id'], name=op.f('fk_payout_plan_payment_id')),
    sa.ForeignKeyConstraint(['refund_id'], ['refund.id'], name=op.f('fk_payout_refund_id')),
    sa.ForeignKeyConstraint(['return_transfer_id'], ['transfer.id'], name=op.f('fk_payout_return_transfer_id')),
    sa.ForeignKeyConstraint(['returned_line_id'], ['bank_line.id'], name=op.f('fk_payout_returned_line_id')),
    sa.ForeignKeyConstraint(['transfer_id'], ['transfer.id'], name=op.f('fk_payout_transfer_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_payout')),
    sa.UniqueConstraint('bank_line_id', name=op.f('uq_payout_bank_line_id')),
    sa.UniqueConstraint('hold_id', name=op.f('uq_payout_hold_id')),
    sa.UniqueConstraint('return_transfer_id', name=op.f('uq_payout_return_transfer_id')),
    sa.UniqueConstraint('returned_line_id', name=op.f('uq_payout_returned_line_id')),
    sa.UniqueConstraint('transfer_id', name=op.f('uq_payout_transfer_id')),
    info={'append_only': ('status', 'hold_id', 'transfer_id', 'paid_on', 'paid_at', 'bank_reference', 'bank_line_id', 'returned_line_id', 'return_transfer_id', 'returned_at', 'return_reason', 'drop_proposed_by', 'drop_confirmed_by', 'drop_reason')}
    )
    with op.batch_alter_table('payout', schema=None) as batch_op:
        batch_op.create_index('ix_payout_batch', ['batch_id', 'position'], unique=False)
        batch_op.create_index(batch_op.f('ix_payout_case_id'), ['case_id'], unique=False)
        batch_op.create_index('ix_payout_desk', ['court_id', 'status'], unique=False)
        batch_op.create_index('uq_payout_living_line_id', ['line_id'], unique=True, sqlite_where=sa.text("status IN ('chosen', 'held', 'paid')"), postgresql_where=sa.text("status IN ('chosen', 'held', 'paid')"))
        batch_op.create_index('uq_payout_living_plan_payment_id', ['plan_payment_id'], unique=True, sqlite_where=sa.text("status IN ('chosen', 'held', 'paid')"), postgresql_where=sa.text("status IN ('chosen', 'held', 'paid')"))
        batch_op.create_index('uq_payout_living_refund_id', ['refund_id'], unique=True, sqlite_where=sa.text("status IN ('chosen', 'held', 'paid')"), postgresql_where=sa.text("status IN ('chosen', 'held', 'paid')"))

    op.create_table('receivable',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('court_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('sale_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('ruling_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('kind', sa.Enum('return', 'deficit', name='receivable_kind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('status', sa.Enum('open', 'met', 'void', name='receivable_status', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('owed_by', sa.LargeBinary(), nullable=False),
    sa.Column('plan_payment_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('default_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('received_minor', sa.BigInteger(), nullable=False),
    sa.Column('opened_at', sa.BigInteger(), nullable=False),
    sa.Column('due_at', sa.BigInteger(), nullable=False),
    sa.CheckConstraint("(kind = 'deficit') = (default_id IS NOT NULL)", name=op.f('ck_receivable_deficit_has_default')),
    sa.CheckConstraint("status <> 'met' OR received_minor = amount_minor", name=op.f('ck_receivable_met_in_full')),
    sa.CheckConstraint('amount_minor > 0', name=op.f('ck_receivable_amount_positive')),
    sa.CheckConstraint('received_minor >= 0 AND received_minor <= amount_minor', name=op.f('ck_receivable_received_in_range')),
    sa.ForeignKeyConstraint(['case_id'], ['enforcement_case.id'], name=op.f('fk_receivable_case_id')),
    sa.ForeignKeyConstraint(['court_id'], ['court.id'], name=op.f('fk_receivable_court_id')),
    sa.ForeignKeyConstraint(['default_id'], ['buyer_default.id'], name=op.f('fk_receivable_default_id')),
    sa.ForeignKeyConstraint(['plan_payment_id'], ['plan_payment.id'], name=op.f('fk_receivable_plan_payment_id')),
    sa.ForeignKeyConstraint(['ruling_id'], ['ruling.id'], name=op.f('fk_receivable_ruling_id')),
    sa.ForeignKeyConstraint(['sale_id'], ['sale.id'], name=op.f('fk_receivable_sale_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_receivable')),
    sa.UniqueConstraint('sale_id', 'default_id', name=op.f('uq_receivable_sale_id_default_id')),
    sa.UniqueConstraint('sale_id', 'plan_payment_id', name=op.f('uq_receivable_sale_id_plan_payment_id'))
    )
    with op.batch_alter_table('receivable', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_receivable_case_id'), ['case_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_receivable_court_id'), ['court_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_receivable_default_id'), ['default_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_receivable_plan_payment_id'), ['plan_payment_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_receivable_sale_id'), ['sale_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_receivable_status'), ['status'], unique=False)

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

    op.create_table('voucher',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('court_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('case_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('kind', sa.Enum('receipt', 'fee', 'tax', name='voucher_kind', native_enum=False, create_constraint=True, length=24), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('payout_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('amount_minor', sa.BigInteger(), nullable=False),
    sa.Column('content', sa.LargeBinary(), nullable=False),
    sa.Column('sha256', sa.String(length=64), nullable=False),
    sa.Column('issued_at', sa.BigInteger(), nullable=False),
    sa.Column('voided_at', sa.BigInteger(), nullable=True),
    sa.Column('void_reason', sa.String(length=200), nullable=False),
    sa.CheckConstraint('number > 0', name=op.f('ck_voucher_number_positive')),
    sa.ForeignKeyConstraint(['case_id'], ['enforcement_case.id'], name=op.f('fk_voucher_case_id')),
    sa.ForeignKeyConstraint(['court_id'], ['court.id'], name=op.f('fk_voucher_court_id')),
    sa.ForeignKeyConstraint(['payout_id'], ['payout.id'], name=op.f('fk_voucher_payout_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_voucher')),
    sa.UniqueConstraint('court_id', 'kind', 'year', 'number', name=op.f('uq_voucher_court_id_kind_year_number')),
    sa.UniqueConstraint('payout_id', name=op.f('uq_voucher_payout_id')),
    info={'append_only': ('voided_at', 'void_reason')}
    )
    with op.batch_alter_table('voucher', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_voucher_case_id'), ['case_id'], unique=False)

    make_append_only()
    make_guards()


def downgrade():
    with op.batch_alter_table('voucher', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_voucher_case_id'))

    op.drop_table('voucher')
    with op.batch_alter_table('return_order', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_return_order_refund_id'))
        batch_op.drop_index(batch_op.f('ix_return_order_line_id'))
        batch_op.drop_index('ix_return_order_desk')

    op.drop_table('return_order')
    with op.batch_alter_table('receivable', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_receivable_status'))
        batch_op.drop_index(batch_op.f('ix_receivable_sale_id'))
        batch_op.drop_index(batch_op.f('ix_receivable_plan_payment_id'))
        batch_op.drop_index(batch_op.f('ix_receivable_default_id'))
        batch_op.drop_index(batch_op.f('ix_receivable_court_id'))
        batch_op.drop_index(batch_op.f('ix_receivable_case_id'))

    op.drop_table('receivable')
    with op.batch_alter_table('payout', schema=None) as batch_op:
        batch_op.drop_index('uq_payout_living_refund_id', sqlite_where=sa.text("status IN ('chosen', 'held', 'paid')"), postgresql_where=sa.text("status IN ('chosen', 'held', 'paid')"))
        batch_op.drop_index('uq_payout_living_plan_payment_id', sqlite_where=sa.text("status IN ('chosen', 'held', 'paid')"), postgresql_where=sa.text("status IN ('chosen', 'held', 'paid')"))
        batch_op.drop_index('uq_payout_living_line_id', sqlite_where=sa.text("status IN ('chosen', 'held', 'paid')"), postgresql_where=sa.text("status IN ('chosen', 'held', 'paid')"))
        batch_op.drop_index('ix_payout_desk')
        batch_op.drop_index(batch_op.f('ix_payout_case_id'))
        batch_op.drop_index('ix_payout_batch')

    op.drop_table('payout')
    with op.batch_alter_table('payee_notice', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_payee_notice_plan_payment_id'))
        batch_op.drop_index(batch_op.f('ix_payee_notice_case_id'))

    op.drop_table('payee_notice')
    with op.batch_alter_table('payee_correction', schema=None) as batch_op:
        batch_op.drop_index('uq_payee_correction_open_refund_id', sqlite_where=sa.text("status = 'proposed'"), postgresql_where=sa.text("status = 'proposed'"))
        batch_op.drop_index('uq_payee_correction_open_plan_payment_id', sqlite_where=sa.text("status = 'proposed'"), postgresql_where=sa.text("status = 'proposed'"))
        batch_op.drop_index('uq_payee_correction_open_line_id', sqlite_where=sa.text("status = 'proposed'"), postgresql_where=sa.text("status = 'proposed'"))
        batch_op.drop_index('ix_payee_correction_desk')

    op.drop_table('payee_correction')
    with op.batch_alter_table('notary_deposit', schema=None) as batch_op:
        batch_op.drop_index('uq_notary_deposit_living', sqlite_where=sa.text("status IN ('proposed', 'confirmed')"), postgresql_where=sa.text("status IN ('proposed', 'confirmed')"))
        batch_op.drop_index(batch_op.f('ix_notary_deposit_plan_payment_id'))
        batch_op.drop_index(batch_op.f('ix_notary_deposit_court_id'))
        batch_op.drop_index(batch_op.f('ix_notary_deposit_case_id'))

    op.drop_table('notary_deposit')
    with op.batch_alter_table('refund', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_refund_status'))
        batch_op.drop_index('ix_refund_queue', sqlite_where=sa.text("status <> 'done' AND channel = 'stripe'"), postgresql_where=sa.text("status <> 'done' AND channel = 'stripe'"))
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
    with op.batch_alter_table('plan_objection_item', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_plan_objection_item_objection_id'))

    op.drop_table('plan_objection_item')
    with op.batch_alter_table('plan_objection_answer', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_plan_objection_answer_objection_id'))

    op.drop_table('plan_objection_answer')
    with op.batch_alter_table('payout_arrival', schema=None) as batch_op:
        batch_op.drop_index('uq_payout_arrival_payout_id', sqlite_where=sa.text("status <> 'withdrawn'"), postgresql_where=sa.text("status <> 'withdrawn'"))
        batch_op.drop_index('uq_payout_arrival_bank_line_id', sqlite_where=sa.text("status <> 'withdrawn'"), postgresql_where=sa.text("status <> 'withdrawn'"))
        batch_op.drop_index(batch_op.f('ix_payout_arrival_court_id'))

    op.drop_table('payout_arrival')
    with op.batch_alter_table('payer_review', schema=None) as batch_op:
        batch_op.drop_index('uq_payer_review_pending', sqlite_where=sa.text("status = 'pending'"), postgresql_where=sa.text("status = 'pending'"))
        batch_op.drop_index(batch_op.f('ix_payer_review_settlement_id'))
        batch_op.drop_index(batch_op.f('ix_payer_review_sale_id'))
        batch_op.drop_index(batch_op.f('ix_payer_review_line_id'))
        batch_op.drop_index(batch_op.f('ix_payer_review_enrolment_id'))
        batch_op.drop_index('ix_payer_review_desk')
        batch_op.drop_index(batch_op.f('ix_payer_review_case_id'))

    op.drop_table('payer_review')
    with op.batch_alter_table('dispute', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_dispute_payment_id'))
        batch_op.drop_index(batch_op.f('ix_dispute_court_id'))
        batch_op.drop_index(batch_op.f('ix_dispute_case_id'))

    op.drop_table('dispute')
    with op.batch_alter_table('sale_set_aside', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_sale_set_aside_user_id'))
        batch_op.drop_index(batch_op.f('ix_sale_set_aside_court_id'))
        batch_op.drop_index(batch_op.f('ix_sale_set_aside_case_id'))

    op.drop_table('sale_set_aside')
    with op.batch_alter_table('plan_service', schema=None) as batch_op:
        batch_op.drop_index('uq_plan_service_standing', sqlite_where=sa.text('cancelled_at IS NULL'), postgresql_where=sa.text('cancelled_at IS NULL'))
        batch_op.drop_index(batch_op.f('ix_plan_service_plan_id'))
        batch_op.drop_index(batch_op.f('ix_plan_service_case_id'))

    op.drop_table('plan_service')
    with op.batch_alter_table('plan_objection', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_plan_objection_status'))
        batch_op.drop_index(batch_op.f('ix_plan_objection_plan_id'))
        batch_op.drop_index(batch_op.f('ix_plan_objection_case_id'))

    op.drop_table('plan_objection')
    with op.batch_alter_table('payment', schema=None) as batch_op:
        batch_op.drop_index('uq_payment_started', sqlite_where=sa.text("status = 'started'"), postgresql_where=sa.text("status = 'started'"))
        batch_op.drop_index(batch_op.f('ix_payment_user_id'))
        batch_op.drop_index(batch_op.f('ix_payment_status'))
        batch_op.drop_index(batch_op.f('ix_payment_settlement_id'))
        batch_op.drop_index(batch_op.f('ix_payment_enrolment_id'))
        batch_op.drop_index(batch_op.f('ix_payment_deposit_id'))
        batch_op.drop_index(batch_op.f('ix_payment_court_id'))
        batch_op.drop_index(batch_op.f('ix_payment_case_id'))

    op.drop_table('payment')
    with op.batch_alter_table('loan_commitment', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_loan_commitment_settlement_id'))
        batch_op.drop_index(batch_op.f('ix_loan_commitment_case_id'))

    op.drop_table('loan_commitment')
    with op.batch_alter_table('late_decision', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_late_decision_settlement_id'))
        batch_op.drop_index(batch_op.f('ix_late_decision_case_id'))

    op.drop_table('late_decision')
    with op.batch_alter_table('default_cost', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_default_cost_default_id'))
        batch_op.drop_index(batch_op.f('ix_default_cost_case_id'))

    op.drop_table('default_cost')
    with op.batch_alter_table('bank_line', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_bank_line_status'))
        batch_op.drop_index(batch_op.f('ix_bank_line_settlement_id'))
        batch_op.drop_index('ix_bank_line_place')
        batch_op.drop_index(batch_op.f('ix_bank_line_enrolment_id'))
        batch_op.drop_index('ix_bank_line_desk')
        batch_op.drop_index('ix_bank_line_batch')

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
    with op.batch_alter_table('ruling_proposal', schema=None) as batch_op:
        batch_op.drop_index('uq_ruling_proposal_open', sqlite_where=sa.text("status = 'draft'"), postgresql_where=sa.text("status = 'draft'"))
        batch_op.drop_index(batch_op.f('ix_ruling_proposal_sale_id'))
        batch_op.drop_index(batch_op.f('ix_ruling_proposal_court_id'))
        batch_op.drop_index(batch_op.f('ix_ruling_proposal_case_id'))

    op.drop_table('ruling_proposal')
    with op.batch_alter_table('panel_seat', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_panel_seat_user_id'))

    op.drop_table('panel_seat')
    op.drop_table('log_root')
    op.drop_table('log_entry')
    with op.batch_alter_table('handover', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_handover_case_id'))

    op.drop_table('handover')
    with op.batch_alter_table('distribution_plan', schema=None) as batch_op:
        batch_op.drop_index('uq_distribution_plan_open', sqlite_where=sa.text("status IN ('draft','submitted')"), postgresql_where=sa.text("status IN ('draft','submitted')"))
        batch_op.drop_index(batch_op.f('ix_distribution_plan_status'))
        batch_op.drop_index(batch_op.f('ix_distribution_plan_court_id'))
        batch_op.drop_index(batch_op.f('ix_distribution_plan_case_id'))

    op.drop_table('distribution_plan')
    with op.batch_alter_table('deposit', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_deposit_status'))
        batch_op.drop_index(batch_op.f('ix_deposit_sale_id'))
        batch_op.drop_index(batch_op.f('ix_deposit_court_id'))
        batch_op.drop_index(batch_op.f('ix_deposit_case_id'))

    op.drop_table('deposit')
    with op.batch_alter_table('buyer_default', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_buyer_default_user_id'))
        batch_op.drop_index(batch_op.f('ix_buyer_default_lot_id'))
        batch_op.drop_index(batch_op.f('ix_buyer_default_court_id'))
        batch_op.drop_index(batch_op.f('ix_buyer_default_case_id'))

    op.drop_table('buyer_default')
    op.drop_table('bid')
    with op.batch_alter_table('barred_buyer', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_barred_buyer_user_id'))
        batch_op.drop_index(batch_op.f('ix_barred_buyer_court_id'))
        batch_op.drop_index(batch_op.f('ix_barred_buyer_case_id'))
        batch_op.drop_index('ix_barred_buyer_asset_identity')
        batch_op.drop_index(batch_op.f('ix_barred_buyer_asset_id'))

    op.drop_table('barred_buyer')
    with op.batch_alter_table('announcement', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_announcement_sale_id'))

    op.drop_table('announcement')
    with op.batch_alter_table('withdrawal_proposal', schema=None) as batch_op:
        batch_op.drop_index('uq_withdrawal_proposal_open', sqlite_where=sa.text('settled_at IS NULL'), postgresql_where=sa.text('settled_at IS NULL'))
        batch_op.drop_index(batch_op.f('ix_withdrawal_proposal_sale_id'))

    op.drop_table('withdrawal_proposal')
    op.drop_table('time_stamp')
    with op.batch_alter_table('set_off', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_set_off_court_id'))
        batch_op.drop_index(batch_op.f('ix_set_off_case_id'))

    op.drop_table('set_off')
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
        batch_op.drop_index(batch_op.f('ix_sale_resale_of_id'))
        batch_op.drop_index(batch_op.f('ix_sale_lot_id'))
        batch_op.drop_index(batch_op.f('ix_sale_court_id'))
        batch_op.drop_index(batch_op.f('ix_sale_case_id'))

    op.drop_table('sale')
    with op.batch_alter_table('provider_movement', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_provider_movement_payout_id'))
        batch_op.drop_index('ix_provider_movement_open', sqlite_where=sa.text('difference IS NOT NULL'), postgresql_where=sa.text('difference IS NOT NULL'))
        batch_op.drop_index(batch_op.f('ix_provider_movement_court_id'))

    op.drop_table('provider_movement')
    op.drop_table('payout_file')
    op.drop_table('claim_asset')
    with op.batch_alter_table('transfer', schema=None) as batch_op:
        batch_op.drop_index('uq_transfer_reverses_id', sqlite_where=sa.text('reverses_id IS NOT NULL'), postgresql_where=sa.text('reverses_id IS NOT NULL'))
        batch_op.drop_index('uq_transfer_pending_id', sqlite_where=sa.text('pending_id IS NOT NULL'), postgresql_where=sa.text('pending_id IS NOT NULL'))
        batch_op.drop_index('ix_transfer_source')
        batch_op.drop_index('ix_transfer_debit_recorded')
        batch_op.drop_index('ix_transfer_debit_effective')
        batch_op.drop_index('ix_transfer_credit_recorded')
        batch_op.drop_index('ix_transfer_credit_effective')
        batch_op.drop_index('ix_transfer_court_recorded')
        batch_op.drop_index('ix_transfer_court_effective')
        batch_op.drop_index(batch_op.f('ix_transfer_case_id'))

    op.drop_table('transfer')
    with op.batch_alter_table('reference_price', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_reference_price_asset_id'))

    op.drop_table('reference_price')
    with op.batch_alter_table('reconciliation_note', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_reconciliation_note_item_id'))

    op.drop_table('reconciliation_note')
    with op.batch_alter_table('payout_batch', schema=None) as batch_op:
        batch_op.drop_index('ix_payout_batch_desk')

    op.drop_table('payout_batch')
    with op.batch_alter_table('lot', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_lot_court_id'))
        batch_op.drop_index(batch_op.f('ix_lot_case_id'))
        batch_op.drop_index(batch_op.f('ix_lot_asset_id'))

    op.drop_table('lot')
    with op.batch_alter_table('encumbrance', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_encumbrance_asset_id'))

    op.drop_table('encumbrance')
    with op.batch_alter_table('deposit_relief', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_deposit_relief_court_id'))
        batch_op.drop_index(batch_op.f('ix_deposit_relief_case_id'))

    op.drop_table('deposit_relief')
    op.drop_table('closing_balance')
    with op.batch_alter_table('claim', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_claim_case_id'))

    op.drop_table('claim')
    with op.batch_alter_table('asset_media', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_asset_media_asset_id'))

    op.drop_table('asset_media')
    op.drop_table('account_balance')
    with op.batch_alter_table('step_up', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_step_up_user_id'))
        batch_op.drop_index(batch_op.f('ix_step_up_session_id'))

    op.drop_table('step_up')
    with op.batch_alter_table('reconciliation_item', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_reconciliation_item_parent_id'))
        batch_op.drop_index(batch_op.f('ix_reconciliation_item_owner_id'))
        batch_op.drop_index('ix_reconciliation_item_desk')
        batch_op.drop_index(batch_op.f('ix_reconciliation_item_decision_id'))
        batch_op.drop_index('ix_reconciliation_item_day')

    op.drop_table('reconciliation_item')
    op.drop_table('reconciled_day')
    with op.batch_alter_table('payout_stop', schema=None) as batch_op:
        batch_op.drop_index('uq_payout_stop_standing', sqlite_where=sa.text('lifted_at IS NULL'), postgresql_where=sa.text('lifted_at IS NULL'))
        batch_op.drop_index(batch_op.f('ix_payout_stop_court_id'))
        batch_op.drop_index(batch_op.f('ix_payout_stop_case_id'))

    op.drop_table('payout_stop')
    with op.batch_alter_table('party', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_party_id_number_hash'))
        batch_op.drop_index(batch_op.f('ix_party_case_id'))

    op.drop_table('party')
    with op.batch_alter_table('interest_reckoning', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_interest_reckoning_claim_id'))
        batch_op.drop_index(batch_op.f('ix_interest_reckoning_case_id'))

    op.drop_table('interest_reckoning')
    with op.batch_alter_table('deadline', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_deadline_status'))
        batch_op.drop_index(batch_op.f('ix_deadline_due_at'))
        batch_op.drop_index(batch_op.f('ix_deadline_court_id'))
        batch_op.drop_index(batch_op.f('ix_deadline_case_id'))

    op.drop_table('deadline')
    with op.batch_alter_table('bank_statement', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_bank_statement_import_id'))
        batch_op.drop_index(batch_op.f('ix_bank_statement_court_id'))

    op.drop_table('bank_statement')
    op.drop_table('bank_file_part')
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
    with op.batch_alter_table('reconciliation_run', schema=None) as batch_op:
        batch_op.drop_index('uq_reconciliation_run_open', sqlite_where=sa.text('finished_at IS NULL'), postgresql_where=sa.text('finished_at IS NULL'))
        batch_op.drop_index(batch_op.f('ix_reconciliation_run_court_id'))

    op.drop_table('reconciliation_run')
    with op.batch_alter_table('reconciliation_decision', schema=None) as batch_op:
        batch_op.drop_index('ix_reconciliation_decision_desk')

    op.drop_table('reconciliation_decision')
    op.drop_table('month_report')
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
    with op.batch_alter_table('day_close', schema=None) as batch_op:
        batch_op.drop_index('uq_day_close_proposed', sqlite_where=sa.text("status = 'proposed'"), postgresql_where=sa.text("status = 'proposed'"))
        batch_op.drop_index('uq_day_close_day', sqlite_where=sa.text("status = 'closed'"), postgresql_where=sa.text("status = 'closed'"))
        batch_op.drop_index('ix_day_close_court_until')

    op.drop_table('day_close')
    with op.batch_alter_table('bank_profile', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_bank_profile_court_id'))

    op.drop_table('bank_profile')
    with op.batch_alter_table('bank_import', schema=None) as batch_op:
        batch_op.drop_index('uq_bank_import_running', sqlite_where=sa.text("status IN ('checking', 'storing')"), postgresql_where=sa.text("status IN ('checking', 'storing')"))
        batch_op.drop_index('uq_bank_import_file', sqlite_where=sa.text("status <> 'refused'"), postgresql_where=sa.text("status <> 'refused'"))
        batch_op.drop_index(batch_op.f('ix_bank_import_status'))
        batch_op.drop_index(batch_op.f('ix_bank_import_court_id'))

    op.drop_table('bank_import')
    with op.batch_alter_table('audit_entry', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_audit_entry_subject_type'))
        batch_op.drop_index(batch_op.f('ix_audit_entry_subject_id'))
        batch_op.drop_index(batch_op.f('ix_audit_entry_case_id'))
        batch_op.drop_index(batch_op.f('ix_audit_entry_actor_id'))
        batch_op.drop_index(batch_op.f('ix_audit_entry_action'))

    op.drop_table('audit_entry')
    op.drop_table('voucher_series')
    with op.batch_alter_table('user', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_user_court_id'))

    op.drop_table('user')
    with op.batch_alter_table('stored_file', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_stored_file_court_id'))

    op.drop_table('stored_file')
    op.drop_table('stripe_event')
    op.drop_table('provider_payout')
    op.drop_table('provider_cursor')
    with op.batch_alter_table('outbox', schema=None) as batch_op:
        batch_op.drop_index('ix_outbox_due')

    op.drop_table('outbox')
    with op.batch_alter_table('log_key', schema=None) as batch_op:
        batch_op.drop_index('uq_log_key_current', sqlite_where=sa.text('is_current'), postgresql_where=sa.text('is_current'))

    op.drop_table('log_key')
    op.drop_table('court')
    if op.get_bind().dialect.name == "postgresql":
        for name in ["refuse_change", *FUNCTIONS]:
            op.execute(f"DROP FUNCTION IF EXISTS {name}()")
