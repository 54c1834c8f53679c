"""An image file holds exactly what was put in, under the name of its content, and is written once for all who need it."""

import gc
import os
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import orjson
import pytest

from sandbox.errors import StartError
from sandbox.state import image_directory
from sandbox.state.documents import Document, StoredDocument
from sandbox.state.frames import Frame, frame, frames
from sandbox.state.image import Image
from sandbox.state.image_directory import Images
from sandbox.state.image_file import HEADER, Abandoned, base_of, read_image, write_file, write_image
from tests.state.damage import WORLD

LARGE = Image({"customers": {number: {"id": number, "account": f"Ann {number}"} for number in range(1, 2_502)}}, {"id/customers": 9_000})


@pytest.fixture
def pool(tmp_path: Path) -> Path:
    return tmp_path / "pool"


@pytest.fixture
def alpha(tmp_path: Path, pool: Path) -> Images:
    (tmp_path / "alpha").mkdir()
    return Images(tmp_path / "alpha", pool)


@pytest.fixture
def beta(tmp_path: Path, pool: Path) -> Images:
    (tmp_path / "beta").mkdir()
    return Images(tmp_path / "beta", pool)


def copy_of(image: Image) -> Image:
    return Image(image.tables, image.counters)


def tidy(images: Images, keep: set[str]) -> None:
    images.drop(images.unneeded(keep))


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


@pytest.mark.parametrize("image", [WORLD, LARGE, Image(), Image({}, {"only/a/counter": 3})])
def test_what_is_read_is_what_was_written(tmp_path: Path, image: Image) -> None:
    digest = write_image(tmp_path / "any.name", image)
    found = read_image(tmp_path / "any.name", digest)
    assert found == image
    assert (found.digest, image.digest) == (digest, digest)
    assert all(type(document) is StoredDocument for table in found.tables.values() for document in table.values())
    assert names(tmp_path) == ["any.name"]
    assert (tmp_path / "any.name").stat().st_mode & 0o077 == 0


def test_the_digest_is_that_of_the_content(tmp_path: Path) -> None:
    digest = write_image(tmp_path / "one", LARGE)
    assert sha256((tmp_path / "one").read_bytes()).hexdigest().startswith(digest)
    assert write_image(tmp_path / "two", copy_of(LARGE)) == digest
    assert write_image(tmp_path / "three", copy_of(WORLD)) != digest


def test_ids_and_their_order_stay_whatever_the_documents_say(tmp_path: Path) -> None:
    image = Image({"b": {7: {"id": 7}, 9: {"no": "id"}, 12: {"id": 1}}, "a": {1: {"id": 1}}})
    write_image(tmp_path / "image", image)
    assert read_image(tmp_path / "image") == image
    assert list(read_image(tmp_path / "image").tables["b"]) == [7, 9, 12]


def test_no_frame_holds_more_than_a_thousand_documents(tmp_path: Path) -> None:
    write_image(tmp_path / "image", LARGE)
    with (tmp_path / "image").open("rb") as file:
        file.seek(len(HEADER))
        payloads = [orjson.loads(one.payload) for one in frames(file, (tmp_path / "image").stat().st_size) if isinstance(one, Frame)]
    assert [len(payload["d"]) for payload in payloads[:-1]] == [1_000, 1_000, 501]
    assert payloads[-1] == {"n": LARGE.counters, "frames": 3, "documents": 2_501}


def damaged_images() -> Iterator[bytes]:
    documents = frame(orjson.dumps({"t": "customers", "i": [1], "d": [{"id": 1}]}))
    yield HEADER
    yield HEADER + documents
    yield HEADER + documents + frame(orjson.dumps({"n": {}, "frames": 2, "documents": 1}))
    yield HEADER + documents + frame(orjson.dumps({"n": {}, "frames": 1, "documents": 2}))
    yield HEADER + documents + frame(orjson.dumps({"n": {}, "frames": 1, "documents": 1})) + documents
    yield HEADER + frame(orjson.dumps({"t": "customers", "i": [1, 2], "d": [{"id": 1}]}))
    yield HEADER + frame(b"not json")
    yield HEADER + frame(b"[]")
    yield b"something else"


@pytest.mark.parametrize("content", list(damaged_images()))
def test_sound_frames_that_make_no_whole_image_are_damage(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "image").write_bytes(content)
    with pytest.raises(StartError, match=rf"The image {tmp_path}/image is damaged at offset \d+"):
        read_image(tmp_path / "image")


@pytest.mark.parametrize("enabled", [True, False])
def test_reading_leaves_the_collector_as_it_was(tmp_path: Path, enabled: bool) -> None:
    write_image(tmp_path / "image", copy_of(WORLD))
    was_enabled = gc.isenabled()
    try:
        (gc.enable if enabled else gc.disable)()
        read_image(tmp_path / "image")
        with pytest.raises(StartError):
            read_image(tmp_path / "absent")
        assert gc.isenabled() == enabled
    finally:
        (gc.enable if was_enabled else gc.disable)()


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(StartError, match=rf"The image {tmp_path} cannot be read: Is a directory"):
        read_image(tmp_path)


def test_an_image_is_written_once_for_all_directories(tmp_path: Path, alpha: Images, beta: Images, pool: Path) -> None:
    digest = alpha.put(LARGE)
    before = (tmp_path / "alpha" / f"{digest}.image").stat()
    assert beta.put(LARGE) == alpha.put(LARGE) == digest
    inodes = {(directory / f"{digest}.image").stat().st_ino for directory in (tmp_path / "alpha", tmp_path / "beta", pool)}
    assert inodes == {before.st_ino}
    assert (tmp_path / "beta" / f"{digest}.image").stat().st_mtime_ns == before.st_mtime_ns
    assert beta.get(digest) == LARGE


def test_where_links_cannot_be_made_each_directory_has_its_own_file(
    tmp_path: Path, alpha: Images, beta: Images, pool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise PermissionError("no links here")

    monkeypatch.setattr(os, "link", refuse)
    digest = alpha.put(LARGE)
    assert beta.put(LARGE) == digest
    assert alpha.get(digest) == beta.get(digest) == LARGE
    assert names(pool) == []
    assert names(tmp_path / "beta") == [f"{digest}.image"]


def test_tidying_removes_what_is_not_to_be_kept_and_nothing_else(tmp_path: Path, alpha: Images) -> None:
    kept, gone = alpha.put(copy_of(WORLD)), alpha.put(copy_of(LARGE))
    (tmp_path / "alpha" / "journal").write_text("no image")
    tidy(alpha, {kept, "0" * 32})
    assert names(tmp_path / "alpha") == sorted([f"{kept}.image", "journal"])
    with pytest.raises(StartError, match="it is missing"):
        alpha.get(gone)


def test_what_was_half_written_when_a_server_ended_is_swept_away(tmp_path: Path, alpha: Images) -> None:
    digest = alpha.put(copy_of(WORLD))
    alpha.new_file().write_text("half")
    alpha.sweep()
    assert names(tmp_path / "alpha") == [f"{digest}.image"]


def test_a_writing_that_is_given_up_leaves_no_file(tmp_path: Path) -> None:
    asked = iter([False, False, True])
    with pytest.raises(Abandoned):
        write_file(tmp_path / "image", copy_of(LARGE), lambda: next(asked))
    assert names(tmp_path) == []


def test_a_value_that_json_lacks_leaves_no_file(tmp_path: Path, alpha: Images) -> None:
    with pytest.raises(TypeError):
        alpha.put(Image({"customers": {1: {"id": 1, "account": object()}}}))
    assert names(tmp_path / "alpha") == []


def test_an_image_that_cannot_get_its_name_leaves_nothing_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, alpha: Images) -> None:
    def refuse(*_: object) -> None:
        raise OSError("no replacing")

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", refuse)
        with pytest.raises(OSError, match="no replacing"):
            write_image(tmp_path / "image", copy_of(WORLD))
        with pytest.raises(OSError, match="no replacing"):
            alpha.put(copy_of(WORLD))
    assert names(tmp_path) == ["alpha"]
    assert names(tmp_path / "alpha") == []


@pytest.fixture
def layered(alpha: Images, monkeypatch: pytest.MonkeyPatch) -> tuple[Image, Image, str]:
    """A base, an image that differs little from it, and the digest of the layer that it was put aside as."""
    monkeypatch.setattr(image_directory, "LEAST_BELOW", 100)
    base = copy_of(LARGE)
    alpha.put(base)
    customers: dict[int, Document] = {**LARGE.tables["customers"], 7: {"id": 7, "account": "changed"}, 9_001: {"id": 9_001}}
    del customers[2_000]
    changed = Image({"customers": customers, "leads": {1: {"id": 1}}}, {**LARGE.counters, "id/leads": 1})
    return base, changed, alpha.put(changed, base)


def test_a_large_image_that_differs_little_is_a_layer(tmp_path: Path, alpha: Images, pool: Path, layered: tuple[Image, Image, str]) -> None:
    base, changed, digest = layered
    assert alpha.get(digest) == changed
    assert list(alpha.get(digest).tables["customers"]) == sorted(changed.tables["customers"])
    assert alpha.path(digest).stat().st_size < alpha.path(str(base.digest)).stat().st_size / 100
    assert names(pool) == [f"{base.digest}.image"]
    assert base_of(alpha.path(digest)) == base.digest
    assert base_of(alpha.path(str(base.digest))) is None


def test_a_document_that_only_equals_its_base_is_written(alpha: Images, layered: tuple[Image, Image, str]) -> None:
    base, _, _ = layered
    alike = Image({"customers": {**base.tables["customers"], 1: {"id": True, "account": "Ann 1"}}}, base.counters)
    assert alike == base
    assert alpha.get(alpha.put(alike, base)).tables["customers"][1]["id"] is True


def test_the_base_of_a_layer_stays_as_long_as_the_layer(tmp_path: Path, alpha: Images, pool: Path, layered: tuple[Image, Image, str]) -> None:
    _, changed, digest = layered
    anew = Images(tmp_path / "alpha", pool)
    tidy(anew, {digest})
    assert anew.get(digest) == changed
    tidy(anew, set())
    assert names(tmp_path / "alpha") == []


def test_nothing_is_removed_while_it_cannot_be_told_what_is_needed(tmp_path: Path, pool: Path, layered: tuple[Image, Image, str]) -> None:
    path = tmp_path / "alpha" / f"{layered[2]}.image"
    content = bytearray(path.read_bytes())
    content[len(HEADER) + 2] ^= 1
    path.write_bytes(content)
    tidy(Images(tmp_path / "alpha", pool), {layered[2]})
    assert len(names(tmp_path / "alpha")) == 2
    tidy(Images(tmp_path / "alpha", pool), set())
    assert names(tmp_path / "alpha") == []


def test_a_layer_lies_upon_a_whole_image_only(alpha: Images, layered: tuple[Image, Image, str]) -> None:
    _, changed, digest = layered
    more = Image({**changed.tables, "users": {1: {"id": 1}}}, changed.counters)
    again = alpha.put(more, changed)
    assert base_of(alpha.path(again)) is None
    assert alpha.get(again) == more
    data = HEADER + frame(orjson.dumps({"base": digest})) + frame(orjson.dumps({"n": {}, "frames": 1, "documents": 0}))
    alpha.path("f" * 32).write_bytes(data)
    with pytest.raises(StartError, match=f"The image {alpha.path(digest)} is damaged at offset {len(HEADER)}"):
        read_image(alpha.path("f" * 32))


def test_an_image_that_differs_much_or_has_few_documents_is_whole(alpha: Images, layered: tuple[Image, Image, str]) -> None:
    base, _, _ = layered
    other = Image({"customers": {**base.tables["customers"], **{number: {"id": number} for number in range(1, 1_000)}}}, {})
    assert base_of(alpha.path(alpha.put(other, base))) is None
    few = Image({"customers": dict(list(base.tables["customers"].items())[:50])}, {})
    assert base_of(alpha.path(alpha.put(few, base))) is None


def test_nothing_lies_upon_an_image_that_is_damaged(tmp_path: Path, pool: Path, alpha: Images, layered: tuple[Image, Image, str]) -> None:
    base, _, _ = layered
    path = alpha.path(str(base.digest))
    content = path.read_bytes()
    path.unlink()
    path.write_bytes(content[: len(HEADER)])
    more = Image({**base.tables, "users": {1: {"id": 1}}}, base.counters)
    assert base_of(alpha.path(Images(tmp_path / "alpha", pool).put(more, base))) is None


@pytest.mark.parametrize("name", ["../../etc/passwd", "", 7, None])
def test_a_layer_that_names_its_base_by_no_digest_is_damaged(tmp_path: Path, name: object) -> None:
    data = HEADER + frame(orjson.dumps({"base": name})) + frame(orjson.dumps({"n": {}, "frames": 1, "documents": 0}))
    (tmp_path / "image").write_bytes(data)
    with pytest.raises(StartError, match=f"at offset {len(HEADER)}: a frame does not hold changes"):
        read_image(tmp_path / "image")


def test_a_layer_whose_base_is_gone_names_the_base(alpha: Images, layered: tuple[Image, Image, str]) -> None:
    base, _, digest = layered
    alpha.path(str(base.digest)).unlink()
    with pytest.raises(StartError, match=f"The image {alpha.path(str(base.digest))} is damaged at offset 0: it is missing"):
        alpha.get(digest)
