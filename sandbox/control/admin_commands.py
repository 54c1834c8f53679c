"""What the server's owner may do from the command line: workspaces of all names, keys of all workspaces, resets.

Arguments and answers are plain JSON values, since they come and go through a socket.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any, get_type_hints

import msgspec

from openapi.vocabulary import nearest
from openapi.wording import in_json_words, quoted
from sandbox.control.resets import Resets
from sandbox.edge.gateway import open_workspace
from sandbox.errors import Invalid
from sandbox.progress import Progress
from sandbox.setting_values import GREATEST_SEED
from sandbox.state.api_keys import Key
from sandbox.state.registry import Registry
from sandbox.state.workspace_entry import WorkspaceEntry
from sandbox.state.workspaces import Workspaces

COMMANDS = ("keys_create", "keys_list", "keys_revoke", "workspaces_create", "workspaces_list", "workspaces_delete", "reset")


class AdminCommands:
    """The commands. Each raises a Refusal (Invalid, Missing) for what cannot be, StartError for data that are damaged."""

    def __init__(self, registry: Registry, workspaces: Workspaces, resets: Resets) -> None:
        self._registry, self._workspaces, self._resets = registry, workspaces, resets

    async def perform(self, command: str, arguments: Mapping[str, Any], progress: Progress | None = None) -> Any:
        """Calls a command by its name; arguments that are not its own are Invalid."""
        if command not in COMMANDS:
            raise Invalid({"command": f"There is no command {quoted(command)}; {nearest(command, COMMANDS)}"})
        method = getattr(self, command)
        checked = _checked(method, arguments)
        answer = method(**checked) if progress is None or command != "reset" else method(**checked, progress=progress)
        return await answer if inspect.isawaitable(answer) else answer

    def keys_create(self, workspace: str, label: str, role: str) -> dict[str, Any]:
        """The new key, itself under `key`: nobody can learn it later."""
        key, text = self._registry.create_key(workspace, label, role)
        return {**_shown(key), "key": text}

    def keys_list(self, workspace: str | None = None) -> list[dict[str, Any]]:
        """The keys of one workspace or of all, revoked ones too; without what would open anything."""
        names = [workspace] if workspace is not None else [one.name for one in self._registry.workspaces()]
        return [_shown(key) for name in names for key in self._registry.keys(name)]

    def keys_revoke(self, workspace: str, id: int) -> dict[str, Any]:
        return _shown(self._registry.revoke_key(workspace, id))

    def workspaces_create(self, name: str, scenario: str | None = None, seed: int | None = None) -> dict[str, Any]:
        """It is filled when it is first used."""
        if scenario is not None:
            self._resets.known(scenario)
        _refuse_bad(seed)
        return self._entry(self._workspaces.create(name, scenario, seed))

    def workspaces_list(self) -> list[dict[str, Any]]:
        return [self._entry(one) for one in self._registry.workspaces()]

    def workspaces_delete(self, name: str) -> dict[str, Any]:
        """Its documents, snapshots and keys go with it."""
        gone = self._entry(self._registry.workspace(name))
        self._workspaces.delete(name)
        return gone

    async def reset(self, workspace: str, scenario: str | None = None, seed: int | None = None, progress: Progress | None = None) -> dict[str, Any]:
        """What it was reset to, and the snapshot that an undo brings back. `progress` is called in another thread."""
        _refuse_bad(seed)
        found = self._workspaces.opened(workspace)
        if found is None:
            found = await open_workspace(self._workspaces, workspace)
        await self._resets.reset(found, scenario, seed, progress)
        metadata = found.metadata
        return {"workspace": workspace, "scenario": metadata.scenario, "seed": metadata.seed, "since": metadata.since, "undo": metadata.undo}

    def _entry(self, entry: WorkspaceEntry) -> dict[str, Any]:
        keys = sum(key.revoked_at is None for key in self._registry.keys(entry.name))
        shown = {"name": entry.name, "created_at": entry.created_at, "scenario": entry.scenario, "seed": entry.seed, "keys": keys}
        return shown if entry.expires_at is None else {**shown, "expires_at": entry.expires_at}


def _shown(key: Key) -> dict[str, Any]:
    return {
        "id": key.id,
        "workspace": key.workspace,
        "label": key.label,
        "role": key.role,
        "created_at": key.created_at,
        "revoked_at": key.revoked_at,
        "test": key.test,
    }


def _refuse_bad(seed: int | None) -> None:
    if seed is not None and not 0 <= seed <= GREATEST_SEED:
        raise Invalid({"seed": f"Seed must be a whole number from 0 to {GREATEST_SEED}"})


def _checked(method: Any, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments, each of the type that the command declares."""
    hints = get_type_hints(method)
    parameters = {name: one for name, one in inspect.signature(method).parameters.items() if name != "progress"}
    faults = {name: f"There is no argument {quoted(name)}; {nearest(name, parameters)}" for name in arguments if name not in parameters}
    for name, one in parameters.items():
        if name in arguments:
            faults.update(_fault(name, arguments[name], hints[name]))
        elif one.default is one.empty:
            faults[name] = f"{name} must be given"
    if faults:
        raise Invalid(faults)
    return dict(arguments)


def _fault(name: str, value: Any, wanted: Any) -> dict[str, str]:
    try:
        msgspec.convert(value, wanted)
        if isinstance(value, str):
            value.encode()
    except msgspec.ValidationError as error:
        return {name: f"{name}: {in_json_words(str(error))}"}
    except UnicodeEncodeError:
        return {name: f"{name} is not UTF-8"}
    return {}
