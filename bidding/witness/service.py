"""Whether a checkpoint is countersigned: only if it continues the last that was (tlog-witness)."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from bidding.evidence.merkle import verify_consistency
from bidding.evidence.notes import Checkpoint, Note, NoteError, parse_checkpoint, parse_note
from bidding.evidence.witnessing import SIZE_TYPE, Submission, parse_submission
from bidding.witness.keys import Cosigner, Trust
from bidding.witness.memory import Contradiction, Memory, Seen, Transaction

FORK = "fork"
"""Two signed checkpoints of one size with two roots: proof that the log was rewritten."""
UNPROVEN = "unproven"
"""A signed checkpoint that its path did not connect: the path may be wrong, or the log."""

log = logging.getLogger("witness")


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back over HTTP."""

    status: int
    body: str
    content_type: str = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Witness:
    """One witness: its key, whom it listens to, what it has signed, and its clock."""

    cosigner: Cosigner
    trust: Trust
    memory: Memory
    now: Callable[[], int]

    def add_checkpoint(self, body: bytes) -> Answer:
        """Countersign the checkpoint once it is remembered, or say why not."""
        try:
            submission = parse_submission(body)
            note = parse_note(submission.note)
            checkpoint = parse_checkpoint(note.text)
        except NoteError as error:
            return Answer(400, f"{error}\n")
        keys = list(self.trust.keys_of(checkpoint.origin))
        if not keys:
            return Answer(404, "this log is not known here\n")
        if not any(note.is_signed_by(key) for key in keys):
            return Answer(403, "not signed by a key of this log\n")
        if submission.old > checkpoint.size:
            return Answer(400, "the old size is larger than the new\n")
        at = self.now()
        with self.memory.transaction() as memory:
            refusal = _judge(memory, submission, note, checkpoint, at)
            if refusal is None:
                seen = Seen(checkpoint.size, checkpoint.root, submission.note)
                memory.remember(checkpoint.origin, seen, at)
        return refusal or Answer(200, self.cosigner.cosign(note.text, at))


def _judge(
    memory: Transaction, submission: Submission, note: Note, checkpoint: Checkpoint, at: int
) -> Answer | None:
    """The first of the rules that the checkpoint breaks, None if it keeps them all."""
    last = memory.last_of(checkpoint.origin)

    def keep(kind: str) -> None:
        found = Contradiction(kind, at, submission.note, last.note)
        if memory.keep_contradiction(checkpoint.origin, note.text, found):
            log.critical("%s: %s at size %d", kind, checkpoint.origin, checkpoint.size)

    is_fork = checkpoint.size == last.size and checkpoint.root != last.root
    if is_fork:
        keep(FORK)
    if is_fork or submission.old != last.size:
        return Answer(409, f"{last.size}\n", SIZE_TYPE)
    if not verify_consistency(
        last.size, last.root, checkpoint.size, checkpoint.root, submission.path
    ):
        keep(UNPROVEN)
        return Answer(422, "the path does not lead from the last checkpoint to this one\n")
    return None
