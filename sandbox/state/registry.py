"""The server's own database: which workspaces there are, and which keys open them.

Keys stand in a table for each workspace, so that their numbers tell nothing of others. A key itself is kept nowhere:
only its digest is, which is enough to know it again.
"""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from openapi.vocabulary import ROLES, nearest
from openapi.wording import counted, printable, quoted
from sandbox.errors import InsufficientStorage, Invalid, Missing
from sandbox.quotas import LOCAL, Quotas
from sandbox.state.api_keys import Key, digest_of
from sandbox.state.changes import Changes
from sandbox.state.clock import Clock, timestamp
from sandbox.state.documents import Document
from sandbox.state.image import Image
from sandbox.state.key_index import KeyIndex
from sandbox.state.persistence import MemoryPersistence, Persistence
from sandbox.state.store import Database
from sandbox.state.workspace_entry import WorkspaceEntry

DEFAULT = "default"
"""The workspace that there always is."""
EPHEMERAL = "ephemeral-"
"""How the names of ephemeral workspaces begin; the rest of them is drawn."""
WORKSPACES = "workspaces"
_LEAVING = "leaving"
_KEYS = "keys/"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_BYTES_OF_A_KEY = 30
_BYTES_OF_A_NAME = 8


class Registry:
    """Of one server. Every change is a transaction of its own; OSError of the disk leaves all as it was."""

    def __init__(
        self,
        clock: Clock,
        entropy: Callable[[int], bytes],
        persistence: Persistence | None = None,
        *,
        with_test_keys: bool = True,
        quotas: Quotas = LOCAL,
    ) -> None:
        self._clock, self._entropy, self._with_test_keys = clock, entropy, with_test_keys
        self._quotas = quotas
        self._persistence: Persistence = persistence or MemoryPersistence()
        self._database = Database({}, self._record)
        if (image := self._persistence.load()) is not None:
            self._database.storage.load(image)
        else:
            self._persistence.rewrite(Image(), Changes(), ())
        self._names: dict[str, int] = {entry["name"]: id for id, entry in self._database.table(WORKSPACES).live.items()}
        self._index = KeyIndex((key for name in self._names for key in self.keys(name)), most_revoked=quotas.max_revoked_keys)
        if DEFAULT not in self._names:
            self.create_workspace(DEFAULT)

    # Workspaces.

    def workspaces(self) -> list[WorkspaceEntry]:
        """All, in the order in which they came into being."""
        return [_entry(document) for document in self._database.table(WORKSPACES).live.values()]

    def workspace(self, name: str) -> WorkspaceEntry:
        """Raises Missing, with the nearest name, where there is none."""
        if name not in self._names:
            raise Missing(f"There is no workspace {quoted(name)}; {nearest(name, self._names)}")
        return _entry(self._database.table(WORKSPACES).live[self._names[name]])

    def has(self, name: str) -> bool:
        return name in self._names

    def number(self, name: str) -> int | None:
        """What tells a workspace from an earlier one of the same name; None where there is none."""
        return self._names.get(name)

    def refuse_one_more(self) -> None:
        """Raises InsufficientStorage where there are as many workspaces as there may be."""
        most = self._quotas.max_workspaces
        if len(self._names) >= most:
            raise InsufficientStorage(
                f"There are {counted(len(self._names), 'workspace')}, and this server has no more than {most}; delete one first"
            )

    def create_workspace(self, name: str, scenario: str | None = None, seed: int | None = None) -> WorkspaceEntry:
        """Raises Invalid for a name that can be none, or that differs from another's in case alone."""
        if not _NAME.fullmatch(name):
            raise Invalid({"name": "Name must be 1 to 64 letters, digits, hyphens and underscores, and begin with a letter or digit"})
        twin = next((one for one in self._names if one.casefold() == name.casefold()), None)
        if twin is not None:
            raise Invalid({"name": f"Name {name} is taken: there is a workspace {twin}"})
        document = {"name": name, "created_at": timestamp(self._clock.now()), "scenario": scenario, "seed": seed}
        self._names[name] = self._insert(WORKSPACES, document)
        return self.workspace(name)

    def create_ephemeral(self, scenario: str, seed: int, label: str, *, expires_at: datetime, parent: str) -> tuple[WorkspaceEntry, dict[str, str]]:
        """A workspace of a name that nobody chose, with a key for each role, in one change: the keys themselves, by role."""
        name = EPHEMERAL + self._entropy(_BYTES_OF_A_NAME).hex()
        now = timestamp(self._clock.now())
        document = {
            "name": name, "created_at": now, "scenario": scenario, "seed": seed,
            "expires_at": timestamp(expires_at), "parent": self._names[parent],
        }  # fmt: skip
        texts = {role: self._new_text() for role in ROLES}
        keys = {id: {"id": id, **_fields(label, role, texts[role], now)} for id, role in enumerate(ROLES, 1)}
        number = self._next_id(WORKSPACES)
        self._database.storage.commit(Changes({WORKSPACES: {number: {"id": number, **document}}, _KEYS + name: keys}))
        self._names[name] = number
        for key in self.keys(name):
            self._index.put(key)
        return self.workspace(name), texts

    def correct_lifetimes(self, begun_and_ended: Mapping[str, tuple[datetime, datetime]]) -> None:
        """When ephemeral workspaces began and will expire, by a clock that was put right since; in one change."""
        table = self._database.table(WORKSPACES)
        corrected: dict[int, Document] = {}
        for name, (begun, ends) in begun_and_ended.items():
            id = self._names[name]
            corrected[id] = {**table.live[id], "created_at": timestamp(begun), "expires_at": timestamp(ends)}
        table.apply(corrected)

    def delete_workspace(self, name: str) -> None:
        """Its keys go with it; its files must follow, and then `forget` it.

        Raises Missing; Invalid for the default one, which there always is.
        """
        self.workspace(name)
        if name == DEFAULT:
            raise Invalid({"name": f"Name {DEFAULT} stays: this workspace cannot be deleted; reset it instead"})
        id, keys = self._names[name], self._database.table(_KEYS + name).live
        leaving = {id: {"id": id, "name": name}}
        self._database.storage.commit(Changes({WORKSPACES: {id: None}, _LEAVING: leaving, _KEYS + name: dict.fromkeys(keys)}))
        del self._names[name]
        self._index.drop_workspace(name)

    def leaving(self) -> list[str]:
        """The workspaces that were deleted, but whose files may still be there."""
        return [document["name"] for document in self._database.table(_LEAVING).live.values()]

    def forget(self, name: str) -> None:
        """The files of a deleted workspace are gone."""
        gone = {id: None for id, document in self._database.table(_LEAVING).live.items() if document["name"] == name}
        self._database.storage.commit(Changes({_LEAVING: gone}))
        # Of many that come and go nothing may stay in memory; the name of an ephemeral one never comes back.
        self._database.let_go(_KEYS + name, counted=not name.startswith(EPHEMERAL))

    # Keys.

    def keys(self, workspace: str) -> list[Key]:
        """The keys of a workspace, by id, the newest of the revoked ones too. Raises Missing where there is no such workspace."""
        self.workspace(workspace)
        documents = self._database.table(_KEYS + workspace).live.values()
        return [_key(workspace, document) for document in documents if self._with_test_keys or not document["test"]]

    def find(self, digest: str) -> Key | None:
        """The key with this digest, where it is valid."""
        return self._index.find(digest)

    def valid_keys(self, workspace: str) -> int:
        """How many keys of a workspace are valid."""
        return self._index.valid(workspace)

    def revoked_keys(self, workspace: str) -> int:
        """How many of the revoked are still known; a test key that was revoked is known for good, and does not count."""
        return self._index.revoked(workspace)

    def create_key(self, workspace: str, label: str, role: str) -> tuple[Key, str]:
        """A new key, and it itself, which nobody can learn later. Raises Missing for the workspace, Invalid for a role or label."""
        text = self._new_text()
        return self._keep_key(workspace, label, role, text, test=False, revoked=False), text

    def adopt_test_key(self, workspace: str, label: str, role: str, text: str, *, revoked: bool) -> None:
        """See to it that a public test key is there; one that was revoked since stays so."""
        if not self.has(workspace):
            self.create_workspace(workspace)
        if not self._index.has(workspace, digest_of(text)):
            self._keep_key(workspace, label, role, text, test=True, revoked=revoked)

    def revoke_key(self, workspace: str, id: int) -> Key:
        """From now on the key opens nothing, and of those revoked before the oldest go. Once more does nothing. Raises Missing."""
        self.workspace(workspace)
        table = self._database.table(_KEYS + workspace)
        found = table.live.get(id)
        if found is None or (found["test"] and not self._with_test_keys):
            raise Missing(f"There is no key {id} in the workspace {workspace}")
        if found["revoked_at"] is not None:
            return _key(workspace, found)
        document, surplus = {**found, "revoked_at": timestamp(self._clock.now())}, self._index.surplus(workspace)
        table.apply({id: document, **dict.fromkeys(surplus)})
        key = _key(workspace, document)
        self._index.drop(workspace, surplus)
        self._index.put(key)
        return key

    def verify(self) -> None:
        """OSError where what is written next would be lost, since its place is not there any more."""
        self._persistence.verify()

    def close(self) -> None:
        self._persistence.close()

    def _keep_key(self, workspace: str, label: str, role: str, text: str, *, test: bool, revoked: bool) -> Key:
        self.workspace(workspace)
        most, valid = self._quotas.max_keys, self._index.valid(workspace)
        faults: dict[str, str] = {}
        if role not in ROLES:
            faults["role"] = f"Role {quoted(role)} is not a role; {nearest(role, ROLES)}"
        if not 1 <= len(label) <= 255:
            faults["label"] = "Label must have 1 to 255 characters"
        elif valid >= most and not test:
            faults["label"] = f"Label {printable(label)} would be one too many: a workspace has at most {most} valid keys; revoke one first"
        if faults:
            raise Invalid(faults)
        id = self._insert(_KEYS + workspace, _fields(label, role, text, timestamp(self._clock.now()), test=test, revoked=revoked))
        key = _key(workspace, self._database.table(_KEYS + workspace).live[id])
        self._index.put(key)
        return key

    def _new_text(self) -> str:
        """A key that nobody can guess."""
        return f"sbx_{urlsafe_b64encode(self._entropy(_BYTES_OF_A_KEY)).decode()}"

    def _next_id(self, table: str) -> int:
        return self._database.storage.counters.get(f"id/{table}", 0) + 1

    def _insert(self, table: str, fields: dict[str, Any]) -> int:
        id = self._next_id(table)
        self._database.storage.commit(Changes({table: {id: {"id": id, **fields}}}))
        return id

    def _record(self, changes: Changes) -> None:
        self._persistence.consider_compaction(lambda: (self._database.storage.image(), Changes()), frozenset)
        self._persistence.append(self._persistence.frame(changes))
        if self._persistence.unsynced:
            self._fsync()

    def _fsync(self) -> None:
        """A key that was shown must work after a power cut; it is rare enough to wait for here."""
        fsync = self._persistence.begin_fsync()
        try:
            fsync.run()
        except OSError:
            # The change that is being recorded is not yet made, so that nothing but the file has to fall back.
            self._persistence.fall_back()
            raise
        fsync.finish()


def _entry(document: dict[str, Any]) -> WorkspaceEntry:
    # Of a registry of before there were ephemeral ones, some of it is not there.
    own: tuple[Any, ...] = (document.get("expires_at"), document.get("parent"))
    return WorkspaceEntry(*(document[name] for name in ("name", "created_at", "scenario", "seed")), *own)


def _fields(label: str, role: str, text: str, now: str, *, test: bool = False, revoked: bool = False) -> dict[str, Any]:
    """What is kept of a key."""
    return {"label": label, "role": role, "digest": digest_of(text), "created_at": now, "revoked_at": now if revoked else None, "test": test}


def _key(workspace: str, document: dict[str, Any]) -> Key:
    return Key(workspace=workspace, **document)
