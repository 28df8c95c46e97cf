"""The config of the model that writes: where it is, what it is sent, and whether its server may be outside the house.

Owns the ``[model]`` keys. Refuses to know the protocol (``mailbot.model``).
"""

from __future__ import annotations

from functools import cached_property
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import Field, PrivateAttr, ValidationInfo, field_validator

from mailbot.config import value as values
from mailbot.config.account import FilePath, Table, here, settings
from mailbot.config.value import PRIVATE, Surroundings, inside, leads_outside

HOSTED_TIMEOUT, LOCAL_TIMEOUT = 120.0, 600.0  # seconds; one's own machine may have to load the model first
HOSTED_CONCURRENCY, LOCAL_CONCURRENCY = 4, 1


class Model(Table):
    """The model that writes. ``timeout`` (seconds) and ``concurrency`` depend on where it runs when they are not set;
    a name is looked up only when one of them is asked for, so that no reading command waits for a name server."""

    base_url: str = "https://api.openai.com/v1"
    name: str
    only_local: bool = False
    temperature: Annotated[float, Field(ge=0, le=2)] = 0.3
    context_tokens: Annotated[int, Field(ge=1000, le=10_000_000)] = 16000
    timeout_set: Annotated[float, Field(gt=0, le=86400)] | None = Field(default=None, alias="timeout")
    concurrency_set: Annotated[int, Field(ge=1, le=64)] | None = Field(default=None, alias="concurrency")
    api_key_file: FilePath = ""
    api_key_command: str = ""
    _settings: Surroundings = PrivateAttr(default_factory=here)

    def model_post_init(self, context: Any) -> None:
        if context:
            self._settings = context["settings"]

    @field_validator("base_url")
    @classmethod
    def _reachable(cls, value: str, info: ValidationInfo) -> str:
        return values.base_url(value, settings(info).resolve)

    @field_validator("only_local")
    @classmethod
    def _in_the_house(cls, value: bool, info: ValidationInfo) -> bool:
        host = urlsplit(info.data.get("base_url", "")).hostname
        if value and host and leads_outside(host, settings(info).resolve):
            raise ValueError(
                "is true, but the host of base_url is neither loopback nor private; "
                "name a model server in your own network, or remove only_local"
            )
        return value

    def instead(self, *, name: str = "", base_url: str = "") -> Model:
        """The same for another model or another server. Raises ValueError where plain http would leave the house."""
        url = values.base_url(base_url, self._settings.resolve) if base_url else self.base_url
        other = self.model_copy(update={"name": name or self.name, "base_url": url})
        other.__dict__.pop("is_local", None)  # what was found out of the first host, and copied with it
        return other

    @property
    def host(self) -> str:
        """The host of ``base_url``, lower case, without a port."""
        return urlsplit(self.base_url).hostname or ""

    @property
    def stays_inside(self) -> bool:
        """Whether no call may leave the house, wherever the name of the host leads by then: the owner says so, or what
        is sent is not encrypted."""
        return self.only_local or urlsplit(self.base_url).scheme == "http"

    @cached_property
    def is_local(self) -> bool:
        """Whether the host is loopback or private: of a name, every address it resolves to."""
        return self.stays_inside or inside(self.host, PRIVATE, self._settings.resolve)

    def addresses(self) -> tuple[str, ...]:
        """The addresses of the host, as the name server has them now; () when it has none."""
        return values.look_up(self.host, self._settings.resolve)

    @property
    def timeout(self) -> float:
        return self.timeout_set or (LOCAL_TIMEOUT if self.is_local else HOSTED_TIMEOUT)

    @property
    def concurrency(self) -> int:
        return self.concurrency_set or (LOCAL_CONCURRENCY if self.is_local else HOSTED_CONCURRENCY)
