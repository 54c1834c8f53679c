"""What a workspace may hold of documents, and all open workspaces of memory; whoever would have more is refused."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock

from openapi.wording import counted
from sandbox.errors import InsufficientStorage
from sandbox.quotas import UNLIMITED, Quotas, size
from sandbox.state.usage import Amount, Usage, Weight


class DataBudget:
    """The memory of all open workspaces of a server together, as reckoned. Workspaces are opened in threads, which tell it too."""

    def __init__(self, most: int = UNLIMITED) -> None:
        self.most = most
        self.used = 0
        self._of_each: dict[str, int] = {}
        self._lock = Lock()

    def note(self, workspace: str, memory: int) -> None:
        """What a workspace takes now."""
        with self._lock:
            self.used += memory - self._of_each.get(workspace, 0)
            self._of_each[workspace] = memory

    def forget(self, workspace: str) -> None:
        """It was closed."""
        with self._lock:
            self.used -= self._of_each.pop(workspace, 0)

    def refuse(self, memory: int) -> None:
        """Raises InsufficientStorage where there is no room for so much more."""
        if self.used + memory > self.most:
            raise InsufficientStorage(
                f"The data of all workspaces would take more memory than the {size(self.most)} that this server has for them; delete or reset some"
            )


@dataclass(frozen=True, slots=True)
class DataQuota:
    """What each workspace may hold of what its clients see, and the memory that it shares with all others."""

    documents: int
    size: int
    snapshots: int
    """The size of all of them."""
    budget: DataBudget

    @classmethod
    def of(cls, quotas: Quotas) -> DataQuota | None:
        """None where there is no limit, so that nothing need be counted."""
        limits = (quotas.max_documents, quotas.max_documents_size, quotas.max_snapshots_size)
        counted_for = (*limits, quotas.max_data_size, quotas.max_event_log_size)
        return None if min(counted_for) >= UNLIMITED else cls(*limits, DataBudget(quotas.max_data_size))

    def refuse(self, usage: Usage, weight: Weight) -> None:
        """Raises InsufficientStorage where so much more is too much. What adds nothing to what clients see is never refused."""
        if weight.documents > 0 or weight.size > 0:
            documents, size = usage.documents + weight.documents, usage.size + weight.size
            if documents > self.documents or size > self.size:
                self._refuse(Amount(documents, size), Amount(weight.documents, weight.size))
            self.budget.refuse(weight.memory)

    def refuse_world(self, usage: Usage, world: Amount) -> None:
        """The same where a world takes the place of what clients see."""
        added = Amount(world.documents - usage.public.documents, world.size - usage.public.size)
        self._refuse(world, added)
        if added.memory > 0:
            self.budget.refuse(added.memory)

    def _refuse(self, whole: Amount, added: Amount) -> None:
        if added.documents > 0 and whole.documents > self.documents:
            raise InsufficientStorage(
                f"The workspace would have {counted(whole.documents, 'document')}, and may have {self.documents}; delete some, or reset it"
            )
        if added.size > 0 and whole.size > self.size:
            raise InsufficientStorage(
                f"The workspace's documents would have {size(whole.size)}, and may have {size(self.size)}; delete some, or reset it"
            )
