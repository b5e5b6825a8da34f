"""Settings: precedence, conversion, and errors that name what is wrong."""

from pathlib import Path

import pytest

from mastic import ENGINES
from mastic.settings import Settings, SettingsError, load


def test_defaults(tmp_path: Path) -> None:
    settings = load(tmp_path)
    assert settings.port == 4590
    assert settings.url == f"sqlite:///{tmp_path}/mastic.db"
    assert settings.endpoint == "http://127.0.0.1:4590"


def test_the_environment_beats_the_file_and_an_override_beats_both(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "mastic.toml").write_text('port = 1000\n[storage]\nendpoint = "http://file"\n')
    assert load(tmp_path).port == 1000
    assert load(tmp_path).storage_endpoint == "http://file"
    monkeypatch.setenv("MASTIC_PORT", "2000")
    assert load(tmp_path).port == 2000
    assert load(tmp_path, {"port": 3000}).port == 3000
    assert load(tmp_path, {"port": None}).port == 2000


@pytest.mark.parametrize("engine", ENGINES)
def test_every_engine_can_be_the_default(tmp_path: Path, engine: str) -> None:
    (tmp_path / "mastic.toml").write_text(f'engine = "{engine}"')
    assert load(tmp_path).engine == engine


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ('port = "many"', "port = 'many' is not a valid int"),
        ('auth = "none"', "auth = 'none' must be one of open, sigv4"),
        ("[storage]\nendpoin = 1", "unknown setting 'storage.endpoin'"),
        ("port = ", "not valid TOML"),
        ("[spark]\nspare = 3", "spark.spare = 3 is not a valid bool"),
    ],
)
def test_bad_values_are_named(tmp_path: Path, toml: str, message: str) -> None:
    (tmp_path / "mastic.toml").write_text(toml)
    with pytest.raises(SettingsError, match=message.replace("(", r"\(")):
        load(tmp_path)


def test_open_to_the_network_without_auth_is_refused() -> None:
    with pytest.raises(SettingsError, match="would let anyone in"):
        Settings(home=Path("/nowhere"), host="0.0.0.0").check()
    Settings(home=Path("/nowhere"), host="0.0.0.0", auth="sigv4").check()
    Settings(home=Path("/nowhere"), host="::1").check()
