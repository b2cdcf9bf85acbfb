"""The ledger on disk: SQLite, one opener, one writer thread, group commit."""

from captioner.ledger.store import RunRecord, SqliteLedger, open_ledger

__all__ = ["RunRecord", "SqliteLedger", "open_ledger"]
