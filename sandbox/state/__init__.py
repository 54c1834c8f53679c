"""Documents as values, in workspaces, written in transactions and kept in a journal: the room's public face."""

from sandbox.state.clock import Clock, ManualClock, OffsetClock, SystemClock, timestamp
from sandbox.state.data_directory import DataDirectory
from sandbox.state.journal import Journal
from sandbox.state.query import Condition, select
from sandbox.state.store import Database, IndexPlan, LiveStorage, LiveTable
from sandbox.state.transaction import Transaction
from sandbox.state.values import Changes, Document, Image
from sandbox.state.workspaces import Workspace, Workspaces

__all__ = [
    "Changes",
    "Clock",
    "Condition",
    "DataDirectory",
    "Database",
    "Document",
    "Image",
    "IndexPlan",
    "Journal",
    "LiveStorage",
    "LiveTable",
    "ManualClock",
    "OffsetClock",
    "SystemClock",
    "Transaction",
    "Workspace",
    "Workspaces",
    "select",
    "timestamp",
]
