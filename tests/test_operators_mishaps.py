"""What an operator does to a data directory by mistake: it stops no start without a sentence, and loses nothing that was acknowledged."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from sandbox.app import offline
from sandbox.errors import StartError
from sandbox.settings import load_settings
from sandbox.state import disk_persistence
from tests.asgi import Sandbox, sandbox_of
from tests.clients import ask
from tests.commands import SANDBOX, run
from tests.servers import Running, running

CUSTOMER = {"account": "Jane Smith"}
PRECIOUS = "what nobody may overwrite"
Served = Callable[..., Sandbox]


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """Servers in this process upon `data`, one after the other or side by side."""
    made: list[Sandbox] = []

    def serve() -> Sandbox:
        made.append(sandbox_of(data_dir=tmp_path / "data"))
        return made[-1]

    yield serve
    for one in made:
        one.close()


@pytest.fixture
def data(tmp_path: Path, served: Served) -> Path:
    """The directory of a server that ended, with one customer."""
    server = served()
    assert server.post("/customers", CUSTOMER).status == 201
    server.close()
    return tmp_path / "data"


# What lies among the workspaces.


def copied(name: str) -> Callable[[Path], None]:
    return lambda place: (shutil.copytree(place / "default", place / name), None)[1]


STRAYS: dict[str, Callable[[Path], object]] = {
    "default.bak": copied("default.bak"),
    "default (copy)": copied("default (copy)"),
    "DEFAULT": copied("DEFAULT"),
    ".hidden": copied(".hidden"),
    "x" * 65: copied("x" * 65),
    "\x1b[31mred": copied("\x1b[31mred"),
    "default.tar.gz": lambda place: (place / "default.tar.gz").write_bytes(b"x"),
    ".DS_Store": lambda place: (place / ".DS_Store").write_bytes(b"x"),
    "journal": lambda place: (place / "journal").write_bytes(b"x"),
    "elsewhere": lambda place: (place / "elsewhere").symlink_to("default"),
    "nowhere": lambda place: (place / "nowhere").symlink_to("gone"),
    "pipe": lambda place: os.mkfifo(place / "pipe"),
}


@pytest.mark.parametrize("name", STRAYS, ids=range(len(STRAYS)))
def test_what_is_no_workspace_is_told_and_left_alone(data: Path, served: Served, name: str) -> None:
    STRAYS[name](data / "workspaces")
    before = sorted(data.joinpath("workspaces", name).rglob("*")) if name != "pipe" else []
    server = served()
    (warning,) = [one for one in server.server.warnings if "is left alone" in one]
    assert warning.startswith("workspaces/")
    assert "\x1b" not in warning
    assert [one["account"] for one in server.get("/customers").data] == ["Jane Smith"]
    server.close()
    done = run(data.parent, "doctor", "--data-dir", "data", command=SANDBOX)
    assert done.returncode == 0
    assert done.stdout.count("Warning: workspaces/") == 1
    assert os.path.lexists(data / "workspaces" / name)
    assert not before or sorted(data.joinpath("workspaces", name).rglob("*")) == before


def test_a_copy_of_a_workspace_that_has_a_good_name_is_taken_in(data: Path, served: Served) -> None:
    copied("default-2")(data / "workspaces")
    server = served()
    assert server.server.warnings == ()
    assert server.server.workspaces.get("default-2").image().tables["customers"]


def test_of_many_strays_the_first_are_told(data: Path, served: Served) -> None:
    for number in range(30):
        (data / "workspaces" / f"{number}.log").touch()
    assert sum(one.startswith("workspaces/") for one in served().server.warnings) == 6


# Symbolic links, and what is no file.

NAMES = ["lock", "server.journal", "admin.sock", "images", "workspaces", "worlds", "workspaces/default", "workspaces/default/journal"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("target", ["the moved one", "something precious", "nothing"])
def test_a_symbolic_link_is_refused_and_its_target_stays(data: Path, served: Served, name: str, target: str) -> None:
    elsewhere, place = data.parent / "elsewhere", data / name
    if target == "the moved one" and os.path.lexists(place):
        place.rename(elsewhere)
    elif os.path.lexists(place):
        shutil.rmtree(place) if place.is_dir() else place.unlink()
    if target == "something precious":
        elsewhere.write_text(PRECIOUS)
    before = contents(elsewhere)
    place.symlink_to(elsewhere)
    with pytest.raises(StartError, match="is a symbolic link, and none is followed inside a data directory"):
        served()
    assert contents(elsewhere) == before
    done = run(data.parent, "doctor", "--data-dir", "data", command=SANDBOX)
    assert done.returncode in (1, 2)
    assert "symbolic link" in done.stdout + done.stderr
    assert contents(elsewhere) == before


def contents(place: Path) -> object:
    if place.is_dir():
        return {str(one): one.read_bytes() for one in sorted(place.rglob("*")) if one.is_file()}
    return place.read_bytes() if place.exists() else None


@pytest.mark.parametrize("name", ["lock", "server.journal", "workspaces/default/journal"])
def test_a_pipe_in_the_place_of_a_file_is_refused_and_not_waited_for(data: Path, served: Served, name: str) -> None:
    (data / name).unlink()
    os.mkfifo(data / name)
    with pytest.raises(StartError, match="is no file, and the server keeps one there"):
        served()


def test_a_lock_with_a_second_name_is_refused_and_keeps_its_content(data: Path, served: Served) -> None:
    precious = data.parent / "precious"
    precious.write_text(PRECIOUS)
    (data / "lock").unlink()
    (data / "lock").hardlink_to(precious)
    with pytest.raises(StartError, match="has a second name, a hard link"):
        served()
    assert precious.read_text() == PRECIOUS


@pytest.mark.parametrize("name", ["workspaces/default/journal.new", "workspaces/default/image.1.new", "workspaces/default/image.2.new"])
def test_what_is_being_written_never_goes_through_a_link(data: Path, served: Served, name: str) -> None:
    precious = data.parent / "precious"
    precious.write_text(PRECIOUS)
    server = served()
    (data / name).symlink_to(precious)
    server.base = ""
    assert server.post("/_sandbox/reset", {"scenario": "demo"}).status == 200
    assert precious.read_text() == PRECIOUS


# A directory that is not the server's any more.


def gone(data: Path) -> None:
    shutil.rmtree(data)


def renamed(data: Path) -> None:
    data.rename(data.with_name("away"))


def replaced(data: Path) -> None:
    renamed(data)
    shutil.copytree(data.with_name("away"), data, ignore=shutil.ignore_patterns("admin.*"))


def hidden(data: Path) -> None:
    """As an empty file system that is mounted above it, or one that is unmounted, leaves the place."""
    renamed(data)
    data.mkdir()


def without_lock(data: Path) -> None:
    (data / "lock").unlink()


def lock_replaced(data: Path) -> None:
    without_lock(data)
    (data / "lock").write_text("1\n")


def workspaces_gone(data: Path) -> None:
    shutil.rmtree(data / "workspaces")


def journal_gone(data: Path) -> None:
    (data / "workspaces" / "default" / "journal").unlink()


LOSSES = [gone, renamed, replaced, hidden, without_lock, lock_replaced, workspaces_gone, journal_gone]


@pytest.mark.parametrize("stack", ["fast", "stock"])
@pytest.mark.parametrize("durability", ["os", "power"])
@pytest.mark.parametrize("lose", LOSSES, ids=lambda one: one.__name__)
def test_a_directory_that_is_gone_is_noticed_at_the_next_write(
    tmp_path: Path, lose: Callable[[Path], None], durability: str, stack: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(disk_persistence, "SECONDS_BETWEEN_LOOKS", 0)  # a journal that goes alone is looked for every five milliseconds
    server = sandbox_of(data_dir=tmp_path / "data", durability=durability, stack=stack)
    assert server.post("/customers", CUSTOMER).status == 201
    server.base = ""
    assert server.get("/_sandbox/health", None).data["status"] == "ok"
    lose(tmp_path / "data")
    for _ in range(2):
        refused = server.post("/api/v2/customers", CUSTOMER)
        assert (refused.status, refused.json["success"], list(refused.json)) == (500, False, ["success", "message"])
    assert len(server.get("/api/v2/customers").data) == 1, "what is in memory is read on"
    ill = server.get("/_sandbox/health", None)
    assert (ill.status, ill.json["success"]) == (503, False)
    assert "nothing is stored" in ill.json["message"]
    assert str(tmp_path) not in ill.json["message"]
    server.close()


@pytest.mark.parametrize("lose", [gone, renamed, hidden, replaced])
@pytest.mark.parametrize("command", ["/_sandbox/reset", "/_sandbox/keys", "/_sandbox/snapshots", "/_sandbox/clock/advance"])
def test_nothing_else_is_stored_then_either_nor_made_there(tmp_path: Path, lose: Callable[[Path], None], command: str) -> None:
    bodies = {"reset": {"scenario": "empty"}, "keys": {"label": "x", "role": "staff"}, "snapshots": {"name": "x"}, "advance": {"by": "PT1H"}}
    server = sandbox_of(data_dir=tmp_path / "data", scenario="empty")
    server.base = ""
    lose(tmp_path / "data")
    before = contents(tmp_path / "data")
    assert server.post(command, bodies[command.rsplit("/", 1)[-1]]).status == 500
    server.close()
    assert contents(tmp_path / "data") == before
    assert (tmp_path / "data").exists() == (lose in (hidden, replaced))


def test_when_the_directory_comes_back_the_server_goes_on(data: Path, served: Served) -> None:
    server = served()
    renamed(data)
    assert server.post("/customers", CUSTOMER).status == 500
    data.with_name("away").rename(data)
    assert server.post("/customers", CUSTOMER).status == 201
    server.base = ""
    assert server.get("/_sandbox/health", None).status == 200
    server.close()
    assert len(served().get("/customers").data) == 2


def test_a_second_server_that_a_removed_lock_lets_in_loses_no_write(data: Path) -> None:
    with running(data.parent, "--data-dir", "data") as first:
        before = number_of_customers(first)
        assert ask(f"{first.api}/customers", CUSTOMER)[0] == 201
        (data / "lock").unlink()
        second_place = data.parent / "second"
        second_place.mkdir()
        with running(second_place, "--data-dir", str(data)) as second:
            acknowledged = [ask(f"{one.api}/customers", CUSTOMER)[0] for one in (first, second, first, second)]
            assert acknowledged == [500, 201, 500, 201]
            assert ask(f"{first.address}/_sandbox/health", key=None)[0] == 503
            assert ask(f"{second.address}/_sandbox/health", key=None)[0] == 200
    with running(data.parent, "--data-dir", "data") as third:
        assert number_of_customers(third) == before + 3, "that of the first server, and both of the second"


def number_of_customers(server: Running) -> int:
    return sum(one["account"] == "Jane Smith" for one in ask(f"{server.api}/customers?limit=100").data)


def test_commands_refuse_what_a_server_refuses(data: Path) -> None:
    (data / "lock").unlink()
    (data / "lock").symlink_to(data.parent / "elsewhere")
    with pytest.raises(StartError, match="symbolic link"), offline(load_settings({"data_dir": str(data)})):
        pass


# Modes.


def widened(data: Path) -> dict[Path, int]:
    """Everything for everybody; the modes that it should have."""
    wanted = {}
    for path in (data, *data.rglob("*")):
        wanted[path] = 0o700 if path.is_dir() else 0o600
        path.chmod(0o755 if path.is_dir() else 0o644)
    return wanted


def modes(wanted: dict[Path, int]) -> dict[Path, int]:
    return {path: stat.S_IMODE(path.stat().st_mode) for path in wanted if path.exists()}


def test_what_others_may_read_is_closed_and_told(data: Path, served: Served) -> None:
    wanted = widened(data)
    warnings = served().server.warnings
    found = modes(wanted)
    assert found == {path: mode for path, mode in wanted.items() if path in found}
    assert warnings[0] == "the data directory was open to other users (mode 0755); it is 0700 now"
    assert "in the data directory were open to other users" in warnings[1]


def test_a_directory_with_other_files_in_it_stays_open_and_is_told(data: Path, served: Served) -> None:
    (data / "letters.txt").write_text("of the user's own")
    (data / "letters.txt").chmod(0o644)
    wanted = widened(data)
    warnings = served().server.warnings
    assert stat.S_IMODE(data.stat().st_mode) == 0o755
    assert stat.S_IMODE((data / "letters.txt").stat().st_mode) == 0o644
    assert stat.S_IMODE((data / "workspaces").stat().st_mode) == wanted[data / "workspaces"]
    assert any("it holds other files than the server's" in one for one in warnings)


def test_what_belongs_to_another_user_is_left_and_told(data: Path, served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    widened(data)
    real = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: real + 1)
    warnings = served().server.warnings
    assert stat.S_IMODE(data.stat().st_mode) == 0o755
    assert len(warnings) == 2
    assert all(f"belongs to the user {real}" in one for one in warnings)
