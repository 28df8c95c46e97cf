"""The files in deploy/: what they start, how far they lock it in, and that their parsers take them."""

from __future__ import annotations

import os
import plistlib
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from mailbot.imap.login import READ_TIMEOUT
from mailbot.service import ABRUPT, LOOK, ORDERLY

DEPLOY = Path(__file__).parents[1] / "deploy"
UNITS = {kind: DEPLOY / "systemd" / kind / "mailbot.service" for kind in ("system", "user")}
EXPOSED_MOST = 15  # tenths, of what systemd-analyze security calls the exposure level; 0 is locked in, 100 is open
SLOWEST_START = 63  # seconds and more, at the boot of an emulated machine with systemd's sandbox around it
FORCED_AFTER = ORDERLY + ABRUPT  # seconds


def settings(unit: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in unit.read_text(encoding="utf-8").splitlines():
        if match := re.fullmatch(r"(\w+)=(.*)", line):
            found.setdefault(match[1], []).append(match[2])
    return found


def seconds(span: str) -> float:
    match = re.fullmatch(r"(\d+)(s|min)?", span)
    assert match, span
    return float(match[1]) * (60 if match[2] == "min" else 1)


def dockerfile() -> list[list[str]]:
    """Each instruction with its words."""
    text = (DEPLOY / "docker" / "Dockerfile").read_text(encoding="utf-8")
    return [line.split() for line in text.splitlines() if line and line[0] not in "# "]


def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((DEPLOY / "docker" / "compose.yaml").read_text(encoding="utf-8"))
    return loaded


@pytest.mark.parametrize("kind", UNITS)
def test_the_unit_starts_the_service_and_hears_from_it(kind: str) -> None:
    unit = settings(UNITS[kind])

    assert re.fullmatch(r"\S+/mailbot run", unit["ExecStart"][0])
    assert (unit["Type"], unit["NotifyAccess"]) == (["notify"], ["main"])
    assert seconds(unit["TimeoutStartSec"][0]) >= 4 * SLOWEST_START
    assert seconds(unit["WatchdogSec"][0]) / 2 >= LOOK  # systemd never waits for more than it is told
    assert seconds(unit["TimeoutStopSec"][0]) > max(READ_TIMEOUT, FORCED_AFTER)


@pytest.mark.parametrize("kind", UNITS)
def test_the_unit_does_not_start_a_wrong_config_again_and_anything_else_with_patience(kind: str) -> None:
    unit = settings(UNITS[kind])

    assert (unit["Restart"], unit["RestartPreventExitStatus"]) == (["on-failure"], ["2"])
    assert 10 <= seconds(unit["RestartSec"][0]) < seconds(unit["RestartMaxDelaySec"][0])


@pytest.mark.parametrize("kind", UNITS)
def test_the_unit_locks_the_service_in(kind: str, tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("needs systemd-analyze")
    unit = tmp_path / "mailbot.service"
    # It refuses to judge a unit whose program is not there.
    unit.write_text(re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true", UNITS[kind].read_text(encoding="utf-8")))
    command = [analyze, "security", "--no-pager", "--offline=true", f"--threshold={EXPOSED_MOST}"]

    judged = subprocess.run(
        [*command, *(["--user"] if kind == "user" else []), str(unit)],
        env={"PATH": os.environ.get("PATH", ""), "HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert judged.returncode == 0, judged.stdout[-500:] + judged.stderr


NEWER = ("RestartSteps", "RestartMaxDelaySec")  # systemd 254; an older one says that it passes them over


def blocks(page: str, *kinds: str) -> list[str]:
    return [text for kind, text in re.findall(r"(?ms)^ *```(\w+)\n(.*?)^ *```$", page) if kind in kinds]


@pytest.mark.parametrize("kind", UNITS)
def test_systemd_takes_the_unit_and_whatever_the_page_adds_to_it(kind: str, tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("needs systemd-analyze")
    unit = re.sub(r"(?m)^ExecStart=\S+", "ExecStart=/bin/true", UNITS[kind].read_text(encoding="utf-8"))
    added = blocks((DEPLOY / "systemd.md").read_text(encoding="utf-8"), "ini")
    assert len(added) == 2
    (tmp_path / "mailbot.service").write_text(unit)
    (tmp_path / "mailbot.service.d").mkdir()
    for number, text in enumerate(added):
        (tmp_path / "mailbot.service.d" / f"{number}.conf").write_text(text)
    command = [analyze, "verify", "--man=no", *(["--user"] if kind == "user" else [])]

    said = subprocess.run(
        [*command, str(tmp_path / "mailbot.service")],
        env={"PATH": os.environ.get("PATH", ""), "HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    ).stderr

    ours = [line for line in said.splitlines() if str(tmp_path) in line or "mailbot.service:" in line]
    assert [line for line in ours if not any(key in line for key in NEWER)] == []


@pytest.mark.parametrize("page", sorted(DEPLOY.glob("*.md")), ids=lambda page: page.name)
def test_a_shell_takes_every_command_of_a_page(page: Path) -> None:
    for block in blocks(page.read_text(encoding="utf-8"), "sh"):
        read = subprocess.run(["sh", "-n"], input=block, capture_output=True, text=True, check=False)
        assert read.returncode == 0, block + read.stderr


def test_cron_takes_every_line_for_it() -> None:
    lines = "".join(blocks((DEPLOY / "cron.md").read_text(encoding="utf-8"), "cron")).splitlines()

    for line in lines:
        match = re.fullmatch(r"(?:[\d*/,-]+ ){5}(.+)", line)
        assert match, line
        assert "%" not in match[1]  # cron makes a line end of it
        assert subprocess.run(["sh", "-n", "-c", match[1]], check=False).returncode == 0
    assert len(lines) == 2


def test_every_service_and_profile_that_the_pages_name_is_in_the_compose_file() -> None:
    text = "".join((DEPLOY / name).read_text(encoding="utf-8") for name in ("docker.md", "nas.md"))
    services = compose()["services"]
    profiles = {profile for service in services.values() for profile in service.get("profiles", [])}

    assert set(re.findall(r"docker compose (?:run --rm|exec|\S+ \S+ up -d) (\w+)", text)) <= set(services)
    assert set(re.findall(r"--profile (\S+)", text)) == profiles


def test_compose_reads_its_file() -> None:
    tool = shutil.which("docker-compose")
    if tool is None:
        pytest.skip("needs docker-compose")
    environ = {"PATH": os.environ.get("PATH", ""), "MAILBOT_USER": "1026:100", "TZ": "Europe/Berlin"}
    command = [tool, "--file", str(DEPLOY / "docker" / "compose.yaml"), "config"]

    read = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)

    assert read.returncode == 0, read.stderr
    service = yaml.safe_load(read.stdout)["services"]["mailbot"]
    assert (service["user"], service["environment"]["TZ"]) == ("1026:100", "Europe/Berlin")


def test_the_image_has_a_pinned_base_no_root_and_a_health_check() -> None:
    lines = dockerfile()
    bases = {words[1] for words in lines if words[0] == "FROM"}

    assert [base for base in bases if not re.fullmatch(r"python:3\.\d+-slim-\w+", base)] == []
    assert [words[1] for words in lines if words[0] == "USER"] == ["1000:1000"]
    assert lines[-1] == ["CMD", '["run"]']
    (check,) = (words for words in lines if words[0] == "HEALTHCHECK")
    assert check[-3:] == ["CMD", '["mailbot",', '"status"]']


def test_what_the_image_is_built_from_is_let_in() -> None:
    let_in = set(re.findall(r"(?m)^!(\S+)$", (DEPLOY.parent / ".dockerignore").read_text(encoding="utf-8")))
    copied = {w for words in dockerfile() if words[0] == "COPY" and "--from" not in words[1] for w in words[1:-1]}

    assert copied == let_in


def test_the_container_can_write_to_its_data_only() -> None:
    service = compose()["services"]["mailbot"]

    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "ports" not in service
    assert [volume.rpartition(":")[2] for volume in service["volumes"]] == ["/data"]
    assert seconds(service["stop_grace_period"]) > FORCED_AFTER


def test_the_model_server_starts_only_when_it_is_asked_for() -> None:
    assert {name: s.get("profiles", []) for name, s in compose()["services"].items()} == {
        "mailbot": [],
        "ollama": ["local-model"],
    }


def test_the_agent_for_macos_is_one() -> None:
    # Keys of launchd.plist(5).
    known = {"Label", "ProgramArguments", "RunAtLoad", "KeepAlive", "ThrottleInterval", "ExitTimeOut", "ProcessType"}
    known |= {"Umask", "StandardOutPath", "StandardErrorPath"}
    agent = plistlib.loads((DEPLOY / "macos" / "mailbot.plist").read_bytes())

    assert set(agent) <= known
    assert agent["ProgramArguments"][1:] == ["run"]
    assert agent["ExitTimeOut"] > FORCED_AFTER
    assert agent["Umask"] == 0o077
