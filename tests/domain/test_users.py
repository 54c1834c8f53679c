"""A user's password goes in, and never comes out (decision `password`)."""

import json

from argon2 import PasswordHasher, extract_parameters
from argon2.low_level import Type

from sandbox.state.workspace import Workspace
from tests.engine.world import BODIES, World

PASSWORD = BODIES["createUser"]["password"]


def _digest(world: World) -> str:
    digest: str = world.make("createUser")["_password"]
    return digest


def test_the_digest_is_argon2id_at_19_mib_and_fits_the_password_alone(world: World) -> None:
    digest = _digest(world)
    cost = extract_parameters(digest)
    assert (cost.type, cost.memory_cost, cost.time_cost, cost.parallelism) == (Type.ID, 19 * 1024, 2, 1)
    assert PasswordHasher().verify(digest, PASSWORD)


def test_two_users_with_one_password_have_two_digests(world: World) -> None:
    assert _digest(world) != world.make("createUser", email="bob@example.com")["_password"]


def test_the_password_is_nowhere_in_what_is_kept(world: World) -> None:
    _digest(world)
    assert PASSWORD not in json.dumps([world.image.tables, world.image.counters])
    copy = Workspace("beta", world.clock, {}, image=world.image)
    assert "password" not in copy.image().tables["users"][1]


def test_neither_password_nor_digest_is_in_any_answer(world: World) -> None:
    for operation_id, body in (("createUser", BODIES["createUser"]), ("listUsers", None)):
        answer = world.answer(operation_id, world.do(operation_id, body))
        assert b"password" not in answer
        assert b"argon2" not in answer


def test_a_refused_user_leaves_nothing_of_the_password(world: World) -> None:
    world.make("createUser", password="the first one")
    world.refusal("createUser", BODIES["createUser"])
    assert PASSWORD not in repr(world.image)
