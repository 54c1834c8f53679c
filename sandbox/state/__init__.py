"""Documents as values, in workspaces, written in transactions and stored in a journal: the public interface of this package."""

from sandbox.state.api_keys import Key
from sandbox.state.changes import Changes
from sandbox.state.clock import Clock, ManualClock, OffsetClock, SystemClock, timestamp
from sandbox.state.data_directory import DataDirectory
from sandbox.state.documents import Document
from sandbox.state.image import Image
from sandbox.state.indexes import IndexPlan
from sandbox.state.journal import Journal
from sandbox.state.live_storage import LiveStorage
from sandbox.state.persistence import MemoryPersistence, Persistence
from sandbox.state.query import Condition, select
from sandbox.state.registry import Registry
from sandbox.state.snapshots import Snapshot, Snapshots
from sandbox.state.store import Database, LiveTable
from sandbox.state.transaction import Transaction
from sandbox.state.workspace import Workspace
from sandbox.state.workspace_entry import WorkspaceEntry
from sandbox.state.workspace_metadata import WorkspaceMetadata
from sandbox.state.workspaces import Workspaces

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
    "Key",
    "LiveStorage",
    "LiveTable",
    "ManualClock",
    "MemoryPersistence",
    "OffsetClock",
    "Persistence",
    "Registry",
    "Snapshot",
    "Snapshots",
    "SystemClock",
    "Transaction",
    "Workspace",
    "WorkspaceEntry",
    "WorkspaceMetadata",
    "Workspaces",
    "select",
    "timestamp",
]
