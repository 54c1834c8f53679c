"""Flags come first, then the environment, then `sandbox.toml`, then the defaults; a bad value is one sentence."""

from datetime import time
from pathlib import Path

import pytest

from sandbox.errors import StartError
from sandbox.settings import SETTINGS_FILE, Settings, describe, load_settings


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Nobody's settings but those of the test."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.__struct_fields__:
        monkeypatch.delenv(f"SANDBOX_{name.upper()}", raising=False)
    return tmp_path


def test_the_defaults_are_those_of_the_reference() -> None:
    settings = load_settings({})
    assert (settings.host, settings.port, settings.scenario, settings.seed) == ("127.0.0.1", 8000, "demo", 42)
    assert settings.rate_limit == (1000, 3600)
    assert (settings.data_dir, settings.spec, settings.allow_local_webhooks, settings.log_requests) == (None, None, False, False)


def test_a_flag_beats_the_environment_which_beats_the_file_which_beats_the_default(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / SETTINGS_FILE).write_text('port = 1\nseed = 1\nscenario = "empty"\n')
    monkeypatch.setenv("SANDBOX_PORT", "2")
    monkeypatch.setenv("SANDBOX_SEED", "2")
    settings = load_settings({"port": 3, "seed": None, "scenario": None})
    assert (settings.port, settings.seed, settings.scenario, settings.host) == (3, 2, "empty", "127.0.0.1")


def test_a_rate_limit_is_written_alike_everywhere(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / SETTINGS_FILE).write_text('rate_limit = "30/90"')
    assert load_settings({}).rate_limit == (30, 90)
    monkeypatch.setenv("SANDBOX_RATE_LIMIT", "20/60")
    assert load_settings({}).rate_limit == (20, 60)
    assert load_settings({"rate_limit": "10/30"}).rate_limit == (10, 30)


@pytest.mark.parametrize("rate", ["5", "5/", "/5", "0/5", "5/0", "-1/5", "5/5/5", "five/five", "1.5/60", "5 / 5", "9999999999/1", ""])
def test_a_rate_limit_of_another_form_is_refused(rate: str) -> None:
    with pytest.raises(StartError, match=r"^--rate-limit: '.*' is not of the form requests/seconds, such as 1000/3600$"):
        load_settings({"rate_limit": rate})


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        ({"port": -1}, "--port: Expected int >= 0"),
        ({"port": 65536}, "--port: Expected int <= 65535"),
        ({"port": "http"}, "--port: Expected int, got str"),
        ({"seed": -1}, "--seed: Expected int >= 0"),
        ({"stack": "slow"}, "--stack: Invalid enum value 'slow'; known are fast, stock"),
        ({"durability": "none"}, "--durability: Invalid enum value 'none'; known are os, power"),
        ({"control": "maybe"}, "--control: Invalid enum value 'maybe'; known are on, off"),
        ({"reset_at": "3:00"}, "--reset-at: '3:00' is neither a time of day such as 03:00 nor never"),
        ({"reset_at": "24:00"}, "--reset-at: '24:00' is neither"),
        ({"reset_zone": "Europe/Berln"}, "--reset-zone: 'Europe/Berln' is no time zone such as Europe/Berlin; did you mean 'Europe/Berlin'?"),
        ({"reset_zone": "../etc/passwd"}, "--reset-zone: '../etc/passwd' is no time zone such as Europe/Berlin"),
        ({"reset_zone": ""}, "--reset-zone: '' is no time zone"),
        ({"allowed_hosts": "https://a.example"}, "--allowed-hosts: 'https://a.example' is no host name such as sandbox.your-domain.com"),
        ({"allowed_hosts": "a.example:8000"}, "--allowed-hosts: 'a.example:8000' is no host name"),
        ({"data_dir": 7}, "--data-dir: "),
        ({"trusted_proxies": "10.0.0.1,here"}, "--trusted-proxies: 'here' is neither an address nor a network such as 10.0.0.0/8"),
    ],
)
def test_a_value_out_of_range_is_named(flags: dict[str, object], sentence: str) -> None:
    with pytest.raises(StartError) as caught:
        load_settings(flags)
    assert str(caught.value).startswith(sentence)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"prot = 1", r"sandbox.toml: unknown setting 'prot'; did you mean 'port'\?"),
        (b"port = ", r"sandbox.toml: is not TOML: Invalid value"),
        (b"host = '\xff'", r"sandbox.toml: is not UTF-8 at byte 8"),
        (b"rate_limit = [0, 5]", r"sandbox.toml: rate_limit: '0,5' is not of the form requests/seconds, such as 1000/3600"),
        (b"rate_limit = 5", r"sandbox.toml: rate_limit: '5' is not of the form"),
        (b"trusted_proxies = ['10.0.0.0/8', '*']", r"sandbox.toml: trusted_proxies: '\*' is neither"),
        (b"port = true\nseed = 'x'", r"sandbox.toml: (port|seed): Expected int"),
    ],
)
def test_a_file_that_cannot_be_understood_is_one_sentence(folder: Path, content: bytes, sentence: str) -> None:
    (folder / SETTINGS_FILE).write_bytes(content)
    with pytest.raises(StartError, match=sentence) as caught:
        load_settings({})
    assert "\n" not in str(caught.value)


def test_a_file_that_cannot_be_read_is_one_sentence(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / SETTINGS_FILE).write_text("port = 1")

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "read_text", refuse)
    with pytest.raises(StartError, match=r"^sandbox.toml: cannot be read: Permission denied$"):
        load_settings({})


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("::", False), ("10.0.0.1", False),
     ("example.com", False), ("", False)],
)  # fmt: skip
def test_loopback_is_what_nobody_else_can_reach(host: str, loopback: bool) -> None:
    assert load_settings({"host": host}).on_loopback is loopback


def test_a_bad_value_is_named_by_where_it_stands(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / SETTINGS_FILE).write_text('rate_limit = "often"')
    with pytest.raises(StartError, match=r"^sandbox.toml: rate_limit: 'often' is not of the form"):
        load_settings({})
    monkeypatch.setenv("SANDBOX_RATE_LIMIT", "never")
    with pytest.raises(StartError, match=r"^SANDBOX_RATE_LIMIT: 'never' is not of the form"):
        load_settings({})


def test_trusted_proxies_are_addresses_and_networks() -> None:
    assert load_settings({"trusted_proxies": "127.0.0.1, 10.0.0.0/8,"}).trusted_proxies == ("127.0.0.1", "10.0.0.0/8")


def test_the_networks_that_webhooks_may_call_are_addresses_and_networks(folder: Path) -> None:
    assert load_settings({}).webhook_networks == ()
    assert load_settings({"webhook_networks": "10.1.0.0/16, fd00::/8,192.168.0.7"}).webhook_networks == ("10.1.0.0/16", "fd00::/8", "192.168.0.7")
    (folder / SETTINGS_FILE).write_text('webhook_networks = ["10.0.0.0/8"]')
    assert load_settings({}).webhook_networks == ("10.0.0.0/8",)
    with pytest.raises(StartError, match=r"^--webhook-networks: 'here' is neither an address nor a network such as 10.0.0.0/8$"):
        load_settings({"webhook_networks": "here"})


def test_the_hour_of_the_reset_is_a_time_of_day_or_never(folder: Path) -> None:
    assert load_settings({"reset_at": "23:59", "reset_zone": "Europe/Berlin"}).reset_at == time(23, 59)
    assert load_settings({"reset_at": "never"}).reset_at is None
    (folder / SETTINGS_FILE).write_text("reset_at = 04:30:00")
    assert load_settings({}).reset_at == time(4, 30)


def test_host_names_are_compared_without_case() -> None:
    assert load_settings({"allowed_hosts": "Sandbox.Your-Domain.com, b"}).allowed_hosts == ("sandbox.your-domain.com", "b")


@pytest.mark.parametrize("name", Settings.__struct_fields__)
def test_every_setting_says_what_it_is_in_the_help_and_in_the_readme(name: str) -> None:
    flag = f"--{name.replace('_', '-')}"
    assert describe(name)
    assert f"| `{flag}` |" in (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
