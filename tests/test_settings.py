"""Flags come first, then the environment, then `sandbox.toml`, then the defaults; a bad value is one sentence."""

import os
import pwd
from datetime import time
from pathlib import Path

import pytest

from sandbox.document_cache import DocumentCache
from sandbox.errors import StartError
from sandbox.quotas import Quotas
from sandbox.serving import listening
from sandbox.settings import SETTINGS_FILE, Settings, describe, load_settings
from tests.ports import taken_port


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


def test_the_rate_of_webhooks_is_a_whole_number_that_somebody_may_have_chosen(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (load_settings({}).webhook_rate, load_settings({}).is_chosen("webhook_rate")) == (10, False)
    (folder / SETTINGS_FILE).write_text("webhook_rate = 10")
    assert load_settings({}).is_chosen("webhook_rate")
    monkeypatch.setenv("SANDBOX_WEBHOOK_RATE", "50")
    assert load_settings({}).webhook_rate == 50
    assert load_settings({"webhook_rate": "1000"}).webhook_rate == 1000
    assert [Settings(webhook_rate=rate).is_chosen("webhook_rate") for rate in (10, 11)] == [False, True]


@pytest.mark.parametrize("rate", ["0", "-1", "1001", "off", "1.5", "10/1"])
def test_a_rate_of_webhooks_that_is_none_is_refused(rate: str) -> None:
    with pytest.raises(StartError, match=r"^--webhook-rate: must be a whole number from 1 to 1000, not '.*'$"):
        load_settings({"webhook_rate": rate})


@pytest.mark.parametrize("rate", ["5", "5/", "/5", "0/5", "5/0", "-1/5", "5/5/5", "five/five", "1.5/60", "5 / 5", "9999999999/1", ""])
def test_a_rate_limit_of_another_form_is_refused(rate: str) -> None:
    with pytest.raises(StartError, match=r"^--rate-limit: '.*' is not of the form requests/seconds, such as 1000/3600$"):
        load_settings({"rate_limit": rate})


@pytest.mark.parametrize(
    ("flags", "sentence"),
    [
        ({"port": -1}, "--port: must be a whole number from 0 to 65535, not -1"),
        ({"port": 65536}, "--port: must be a whole number from 0 to 65535, not 65536"),
        ({"port": "http"}, "--port: must be a whole number from 0 to 65535, not 'http'"),
        ({"seed": -1}, "--seed: must be a whole number from 0 to 9007199254740991, not -1"),
        ({"stack": "slow"}, "--stack: must be fast or stock, not 'slow'"),
        ({"durability": "none"}, "--durability: must be os or power, not 'none'"),
        ({"control": "maybe"}, "--control: must be on or off, not 'maybe'"),
        ({"reset_at": "3:00"}, "--reset-at: '3:00' is neither a time of day such as 03:00 nor never"),
        ({"reset_at": "24:00"}, "--reset-at: '24:00' is neither"),
        ({"reset_zone": "Europe/Berln"}, "--reset-zone: 'Europe/Berln' is no time zone such as Europe/Berlin; did you mean 'Europe/Berlin'?"),
        ({"reset_zone": "../etc/passwd"}, "--reset-zone: '../etc/passwd' is no time zone such as Europe/Berlin"),
        ({"reset_zone": ""}, "--reset-zone: '' is no time zone"),
        ({"allowed_hosts": "https://a.example"}, "--allowed-hosts: 'https://a.example' is no host name such as sandbox.your-domain.com"),
        ({"allowed_hosts": "a.example:8000"}, "--allowed-hosts: 'a.example:8000' is no host name"),
        ({"data_dir": 7}, "--data-dir: must be a path, not 7"),
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
        (b"port = true\nseed = 'x'", r"sandbox.toml: (port|seed): must be a whole number from 0 to"),
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
     ("example.com", False)],
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
    page = "docs/limits.md" if name in Quotas.__struct_fields__ else "README.md"
    assert f"| `{flag}` |" in (Path(__file__).parents[1] / page).read_text(encoding="utf-8")


# The environment.


@pytest.mark.parametrize("name", Settings.__struct_fields__)
def test_an_empty_variable_is_not_set(name: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(f"SANDBOX_{name.upper()}", "")
    monkeypatch.setenv("SANDBOX_PROT", "")
    (folder / SETTINGS_FILE).write_text("seed = 7")
    settings = load_settings({})
    assert settings.seed == 7
    if name != "seed":
        assert getattr(settings, name) == getattr(Settings(), name)


MISSPELT = {
    "SANDBOX_PROT": "SANDBOX_PORT", "SANDBOX_PORTS": "SANDBOX_PORT", "SANDBOX_port": "SANDBOX_PORT", "sandbox_port": "SANDBOX_PORT",
    "SANDBOX_WEBHOOK_NETWORK": "SANDBOX_WEBHOOK_NETWORKS", "SANDBOX_DATADIR": "SANDBOX_DATA_DIR", "SANDBOX_DATA": "SANDBOX_DATA_DIR",
    "SANDBOX_RATELIMIT": "SANDBOX_RATE_LIMIT", "SANDBOX_RESETAT": "SANDBOX_RESET_AT", "SANDBOX_SCENARO": "SANDBOX_SCENARIO",
    "SANDBOX_TRUSTED_PROXY": "SANDBOX_TRUSTED_PROXIES", "SANDBOX_ALLOWED_HOST": "SANDBOX_ALLOWED_HOSTS", "SANDBOX_APIKEY": "SANDBOX_API_KEY",
    "SANDBOX_SEEDS": "SANDBOX_SEED", "SANDBOX_LOG_REQUEST": "SANDBOX_LOG_REQUESTS", "SANDBOX_RELOADS": "SANDBOX_RELOAD",
}  # fmt: skip


@pytest.mark.parametrize(("variable", "meant"), MISSPELT.items(), ids=MISSPELT)
def test_a_misspelt_variable_stops_the_start_as_a_misspelt_line_does(variable: str, meant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, "1")
    with pytest.raises(StartError) as caught:
        load_settings({})
    assert str(caught.value) == f"{variable}: unknown setting; did you mean '{meant}'?"


OTHERS = {
    "SANDBOX_API_KEY": "sbx_x", "SANDBOX_WEBHOOK_SECRET": "whsec_x",  # of our own commands
    # What Kubernetes and links of Docker set for a service that is called sandbox.
    "SANDBOX_PORT": "tcp://10.96.0.1:8000", "SANDBOX_SERVICE_HOST": "10.96.0.1", "SANDBOX_SERVICE_PORT": "8000",
    "SANDBOX_SERVICE_PORT_HTTP": "8000", "SANDBOX_PORT_8000_TCP": "tcp://10.96.0.1:8000", "SANDBOX_PORT_8000_TCP_ADDR": "10.96.0.1",
    "SANDBOX_PORT_8000_TCP_PORT": "8000", "SANDBOX_PORT_8000_TCP_PROTO": "tcp", "SANDBOX_NAME": "/web/sandbox", "SANDBOX_ENV_PORT": "1",
    # And what other programs call so.
    "SANDBOX_ID": "i", "SANDBOX_URL": "u", "SANDBOX_MODE": "m", "SANDBOX_USER": "u", "SANDBOX_TOKEN": "t", "SANDBOX_RUNTIME": "r",
    "SANDBOX": "1", "MY_SANDBOX_PROT": "1", "SANDBOXED_PORT": "1",
}  # fmt: skip


@pytest.mark.parametrize(("variable", "value"), OTHERS.items(), ids=OTHERS)
def test_a_variable_that_others_set_stops_nothing(variable: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, value)
    assert load_settings({}).port == 8000


IN_THE_USERS_WORDS: dict[str, tuple[str, str]] = {
    "SANDBOX_PORT=abc": ("SANDBOX_PORT", "must be a whole number from 0 to 65535, not 'abc'"),
    "SANDBOX_PORT=99999": ("SANDBOX_PORT", "must be a whole number from 0 to 65535, not '99999'"),
    "SANDBOX_SEED=-1": ("SANDBOX_SEED", "must be a whole number from 0 to 9007199254740991, not '-1'"),
    "SANDBOX_SEED=9007199254740992": ("SANDBOX_SEED", "must be a whole number from 0 to 9007199254740991, not '9007199254740992'"),
    "SANDBOX_RELOAD=maybe": ("SANDBOX_RELOAD", "must be true or false, not 'maybe'"),
    "SANDBOX_DURABILITY=disk": ("SANDBOX_DURABILITY", "must be os or power, not 'disk'"),
    "SANDBOX_RESET_AT=25:00": ("SANDBOX_RESET_AT", "'25:00' is neither a time of day such as 03:00 nor never"),
    "SANDBOX_RESET_ZONE=Mars": ("SANDBOX_RESET_ZONE", "'Mars' is no time zone such as Europe/Berlin"),
    "SANDBOX_RATE_LIMIT=often": ("SANDBOX_RATE_LIMIT", "'often' is not of the form requests/seconds, such as 1000/3600"),
    "SANDBOX_WEBHOOK_NETWORKS=10.0.0.1/8": ("SANDBOX_WEBHOOK_NETWORKS", "the network is written '10.0.0.0/8'"),
    "SANDBOX_DATA_DIR=~nobody-there/x": ("SANDBOX_DATA_DIR", "begins with a home that this machine does not know"),
    "SANDBOX_HOST=8.8.8.8": ("SANDBOX_HOST", "'8.8.8.8' is no address of this machine; 127.0.0.1 is one, and 0.0.0.0 stands for all"),
    "SANDBOX_HOST=http://127.0.0.1": ("SANDBOX_HOST", "'http://127.0.0.1' is no address of this machine"),
    "SANDBOX_HOST=..": ("SANDBOX_HOST", "'..' is no address of this machine"),
}


@pytest.mark.parametrize("how", ["variable", "flag", "file"])
@pytest.mark.parametrize(("setting", "told"), IN_THE_USERS_WORDS.items(), ids=IN_THE_USERS_WORDS)
def test_what_is_wrong_is_said_in_the_words_of_whoever_wrote_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch, setting: str, told: tuple[str, str], how: str
) -> None:
    variable, value = setting.split("=")
    name = variable.removeprefix("SANDBOX_").lower()
    place = {"variable": variable, "flag": f"--{name.replace('_', '-')}", "file": f"sandbox.toml: {name}"}[how]
    if how == "variable":
        monkeypatch.setenv(variable, value)
    if how == "file":
        (folder / SETTINGS_FILE).write_text(f'{name} = "{value}"')
    with pytest.raises(StartError) as caught, listening(load_settings({name: value} if how == "flag" else {})):
        pass
    sentence = str(caught.value)
    assert sentence.startswith(f"{place}: ")
    assert told[1] in sentence
    assert "\n" not in sentence


def test_a_port_in_use_names_where_another_can_be_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    with taken_port() as port:
        monkeypatch.setenv("SANDBOX_PORT", str(port))
        with pytest.raises(StartError, match=rf"^127.0.0.1:{port} cannot be used: .*; choose another SANDBOX_PORT, or 0 for a free one$"), \
                listening(load_settings({})):  # fmt: skip
            pass


# The file, and paths.


@pytest.mark.parametrize(
    "content", [b"\xef\xbb\xbfport = 1\n", b"port = 1\r\nseed = 2\r\n", b"\xef\xbb\xbf# ours\r\nport = 1\r\n", b"port = 1.0", b'port = "1"']
)
def test_a_file_is_understood_as_editors_write_it(folder: Path, content: bytes) -> None:
    (folder / SETTINGS_FILE).write_bytes(content)
    assert load_settings({}).port == 1


@pytest.mark.parametrize("name", ["data_dir", "spec"])
@pytest.mark.parametrize("home", [None, "", "/home/of/mine"], ids=["not set", "empty", "set"])
def test_a_tilde_is_a_home_wherever_a_path_is_written(folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, home: str | None) -> None:
    account = pwd.getpwuid(os.getuid())
    mine = Path(home or account.pw_dir)
    monkeypatch.delenv("HOME", raising=False)
    if home is not None:
        monkeypatch.setenv("HOME", home)
    (folder / SETTINGS_FILE).write_text(f'{name} = "~/file"')
    assert getattr(load_settings({}), name) == mine / "file"
    monkeypatch.setenv(f"SANDBOX_{name.upper()}", "~/variable")
    assert getattr(load_settings({}), name) == mine / "variable"
    assert getattr(load_settings({name: "~/flag"}), name) == mine / "flag"
    assert getattr(load_settings({name: "~"}), name) == mine
    assert getattr(load_settings({name: f"~{account.pw_name}/x"}), name) == Path(account.pw_dir) / "x"
    assert getattr(load_settings({name: "./~/x"}), name) == Path("~/x")


@pytest.mark.parametrize("name", ["data_dir", "spec", "host", "port", "seed", "scenario", "rate_limit", "reset_at", "reset_zone", "durability"])
def test_an_empty_flag_is_refused_and_is_not_the_folder_that_one_is_in(name: str) -> None:
    with pytest.raises(StartError, match=f"^--{name.replace('_', '-')}: .*''"):
        load_settings({name: ""})


def test_a_user_without_a_home_leaves_no_folder_that_is_called_tilde(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(variable, raising=False)

    def nobody(_: int) -> None:
        raise KeyError("uid not found")

    monkeypatch.setattr(pwd, "getpwuid", nobody)
    DocumentCache().keep(b"one", {})
    assert DocumentCache().find(b"one") is None
    assert list(folder.iterdir()) == []
    with pytest.raises(StartError, match=r"^--data-dir: '~/x' begins with a home that this machine does not know"):
        load_settings({"data_dir": "~/x"})
