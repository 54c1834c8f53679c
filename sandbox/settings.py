"""Every setting of the server, in one place: flags come first, then the environment, then `sandbox.toml`, then these defaults."""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, PositiveInt, ValidationError
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from sandbox.errors import StartError

SETTINGS_FILE = "sandbox.toml"
_RATE = re.compile(r"([1-9][0-9]{0,8})/([1-9][0-9]{0,8})")


def _rate(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    found = _RATE.fullmatch(value)
    if found is None:
        raise ValueError(f"{value!r} is not of the form requests/seconds, such as 1000/3600")
    return (int(found[1]), int(found[2]))


def _addresses(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    addresses = tuple(part.strip() for part in value.split(",") if part.strip())
    for address in addresses:
        try:
            ipaddress.ip_network(address)
        except ValueError:
            raise ValueError(f"{address!r} is neither an address nor a network such as 10.0.0.0/8") from None
    return addresses


class Settings(BaseSettings):
    """The settings of one server. Each is a flag (`--rate-limit`) and an environment variable (`SANDBOX_RATE_LIMIT`)."""

    model_config = SettingsConfigDict(env_prefix="SANDBOX_", toml_file=SETTINGS_FILE, extra="forbid", frozen=True)

    host: str = Field("127.0.0.1", description="Address to listen on; test keys work on loopback only.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    data_dir: Path | None = Field(None, description="Directory that keeps the data; without it, they live in memory.")
    scenario: str = Field("demo", description="What a new workspace begins with: demo or empty.")
    seed: int = Field(42, ge=0, description="The same scenario and seed give the same data.")
    spec: Path | None = Field(None, description="Another OpenAPI document to serve, to try a change.")
    # Without NoDecode, an environment variable for a pair would have to be JSON.
    rate_limit: Annotated[tuple[PositiveInt, PositiveInt], NoDecode, BeforeValidator(_rate)] = Field(
        (1000, 3600), description="Requests per seconds for each key."
    )
    allow_local_webhooks: bool = Field(False, description="Let webhooks call this machine; in force once webhooks are delivered.")
    trusted_proxies: Annotated[tuple[str, ...], NoDecode, BeforeValidator(_addresses)] = Field(
        (), description="Addresses or networks, with commas, whose X-Forwarded-For counts."
    )
    stack: Literal["fast", "stock"] = Field("fast", description="The road through Connexion: fast, or stock to compare.")
    log_requests: bool = Field(False, description="Write a line for each request.")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags, environment, file."""
        return (init_settings, env_settings, TomlConfigSettingsSource(settings_cls))

    @property
    def on_loopback(self) -> bool:
        """Whether nobody but this machine can reach the server."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"


def load_settings(flags: dict[str, Any]) -> Settings:
    """The settings; a flag that is None was not given. Raises StartError, in one sentence, for a bad value."""
    import tomllib

    try:
        return Settings(**{name: value for name, value in flags.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else "settings"
        what = first["msg"].removeprefix("Value error, ")
        if first["type"] == "extra_forbidden":
            raise StartError(f"{SETTINGS_FILE}: unknown setting {name!r}; known are {', '.join(Settings.model_fields)}") from None
        raise StartError(f"--{name.replace('_', '-')}: {what}") from None
    except tomllib.TOMLDecodeError as error:
        raise StartError(f"{SETTINGS_FILE}: is not TOML: {error}") from None
    except UnicodeDecodeError as error:
        raise StartError(f"{SETTINGS_FILE}: is not UTF-8 at byte {error.start}") from None
    except OSError as error:
        raise StartError(f"{SETTINGS_FILE}: cannot be read: {error.strerror}") from None
