"""Files, libraries and additional modules that a run asks for by argument."""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile

from live import Live


def wheel(name: str, version: str, files: dict[str, str], requires: str = "") -> tuple[str, bytes]:
    """A small but valid wheel: its file name and content."""
    info = f"{name}-{version}.dist-info"
    needs = f"Requires-Dist: {requires}\n" if requires else ""
    contents = {
        **files,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }

    def entry(path: str, text: str) -> str:
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        return f"{path},sha256={digest},{len(text.encode())}"

    record = "\n".join(entry(path, text) for path, text in contents.items())
    contents[f"{info}/RECORD"] = f"{record}\n{info}/RECORD,,\n"
    return f"{name}-{version}-py3-none-any.whl", zipped(contents)


def zipped(files: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return buffer.getvalue()


def put(live: Live, key: str, body: bytes | str) -> str:
    live.s3.put_object(Bucket="scripts", Key=key, Body=body)
    return f"s3://scripts/{key}"


def test_extra_py_files_of_every_kind(live: Live) -> None:
    name, body = wheel("wheelie", "1.0", {"wheelie/__init__.py": "here = 'whl'", "wheelie/data.txt": "42"})
    files = [
        put(live, "lib/single.py", "here = 'py'"),
        put(live, "lib/zipped.zip", zipped({"zippy/__init__.py": "here = 'zip'"})),
        put(live, f"lib/{name}", body),
        put(live, "lib/eggy-1.0-py3.11.egg", zipped({"eggy/__init__.py": "here = 'egg'"})),
    ]
    run = live.run(
        "import single, zippy, wheelie, eggy, pathlib\n"
        "print(single.here, zippy.here, wheelie.here, eggy.here)\n"
        "print(pathlib.Path(wheelie.__file__).with_name('data.txt').read_text())\n"
        "import subprocess, sys\nprint(subprocess.check_output([sys.executable, '-c', 'import single; print(1)']))\n",
        arguments={"--extra-py-files": ",".join(files)},
    )
    assert run.state == "SUCCEEDED", run.error
    assert run.tail == ["py zip whl egg", "42", "b'1\\n'"]


def test_extra_files_are_in_the_working_folder(live: Live) -> None:
    run = live.run(
        "print(open('settings.json').read())", arguments={"--extra-files": put(live, "x/settings.json", "{}")}
    )
    assert run.tail == ["{}"]


def test_missing_and_broken_libraries_name_the_argument(live: Live) -> None:
    missing = live.run("", arguments={"--extra-py-files": "s3://scripts/lib/nowhere.py"})
    assert missing.state == "FAILED"
    assert "--extra-py-files names s3://scripts/lib/nowhere.py" in missing.error
    broken = live.run("", arguments={"--extra-py-files": put(live, "lib/broken.whl", b"no archive")})
    assert "broken.whl, which is not a readable archive" in broken.error
    jar = live.run("", arguments={"--extra-py-files": put(live, "lib/x.jar", b"")})
    assert "only .py, .zip, .whl and .egg" in jar.error


def test_additional_modules_from_a_wheel_on_s3(live: Live) -> None:
    name, body = wheel("addition", "2.0", {"addition.py": "here = 'added'"}, requires="numpy")
    arguments = {
        "--additional-python-modules": put(live, f"wheels/{name}", body),
        "--python-modules-installer-option": "--no-index",
    }
    script = "import addition, numpy\nprint(addition.here, addition.__file__)"
    run = live.run(script, arguments=arguments)
    assert run.state == "SUCCEEDED", run.error
    here, path = run.tail[0].split()
    assert here == "added"
    again = live.run(script, arguments=arguments)
    assert again.tail[0].split()[1] == path  # the same environment, not built again
    without = live.run("import addition")
    assert "ModuleNotFoundError" in without.error  # and nobody else sees it


def test_a_module_the_zygote_has_already_imported_is_replaced(live: Live) -> None:
    name, body = wheel("jmespath", "99.0", {"jmespath/__init__.py": "__version__ = '99.0'"})
    run = live.run(
        "import jmespath\nprint(jmespath.__version__)",
        arguments={
            "--additional-python-modules": put(live, f"wheels/{name}", body),
            "--python-modules-installer-option": "--no-index --no-deps",
        },
    )
    assert run.state == "SUCCEEDED", run.error
    assert run.tail == ["99.0"]
    assert any("fresh interpreter" in note and "jmespath" in note for note in run.notes)


def test_modules_that_cannot_be_installed(live: Live) -> None:
    run = live.run(
        "print('never')",
        arguments={
            "--additional-python-modules": "no-such-package-of-ours==1.0",
            "--python-modules-installer-option": "--no-index",
        },
    )
    assert run.state == "FAILED"
    assert "--additional-python-modules could not be installed" in run.error
    assert "no-such-package-of-ours" in run.error
    assert run.tail == []
