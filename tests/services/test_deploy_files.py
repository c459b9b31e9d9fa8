"""The deployment's files say all that the configuration knows, and no more."""

from __future__ import annotations

import re
from pathlib import Path

from auction.core.config import VARIABLES, read_settings
from deploy.nginx import render_nginx

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"


def environment() -> dict[str, str]:
    lines = (DEPLOY / "environment.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_the_environment_file_names_every_variable_and_no_other():
    assert list(environment()) == [variable.name for variable in VARIABLES]


def test_the_environment_file_with_its_secrets_filled_in_is_a_configuration():
    secrets = {v.name: "x" * 40 for v in VARIABLES if v.secret}
    settings = read_settings({**environment(), **secrets})
    assert (settings.proxy_hops, settings.demo, settings.worker_inline) == (1, False, False)
    assert settings.is_https


def test_the_nginx_file_has_one_server_a_process_and_nothing_left_open(tmp_path: Path):
    text = render_nginx(
        listen="80", host="a.example", ports=[8001, 8002], static=tmp_path, cache=tmp_path
    )
    assert re.findall(r"server 127\.0\.0\.1:(\d+)", text) == ["8001", "8002"]
    assert "%{" not in text


def test_the_services_use_the_same_environment_file():
    services = list(DEPLOY.glob("*.service"))
    assert len(services) == 2
    for service in services:
        assert "EnvironmentFile=/etc/luochui/environment" in service.read_text()
