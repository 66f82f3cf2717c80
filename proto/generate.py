"""Generates the Python stubs in proto/gen from the .proto files; must not be needed at run time.

``python proto/generate.py`` writes them; ``--check`` writes them to a temporary folder and fails when
the committed ones differ, so nobody edits a stub by hand or forgets to regenerate.
"""

import filecmp
import shutil
import sys
import tempfile
from pathlib import Path

import grpc_tools
from grpc_tools import protoc

HERE = Path(__file__).resolve().parent


def sources() -> list[Path]:
    """All .proto files of ours, and validate.proto, whose stub ours import."""
    return [*sorted((HERE / "carillon").rglob("*.proto")), HERE / "third_party/buf/validate/validate.proto"]


def generate(out: Path) -> None:
    """Writes *_pb2.py, their types and the gRPC stubs below ``out``."""
    well_known = Path(grpc_tools.__file__).parent / "_proto"
    bin_folder = Path(sys.executable).parent
    status = protoc.main(
        [
            "protoc",
            f"--plugin=protoc-gen-mypy={bin_folder / 'protoc-gen-mypy'}",
            f"--plugin=protoc-gen-mypy_grpc={bin_folder / 'protoc-gen-mypy_grpc'}",
            # The nearest root first: protoc names a file by the first root that holds it.
            f"-I{HERE / 'third_party'}",
            f"-I{HERE}",
            f"-I{well_known}",
            f"--python_out={out}",
            f"--grpc_python_out={out}",
            f"--mypy_out={out}",
            f"--mypy_grpc_out=only_async:{out}",
            *(str(path) for path in sources()),
        ]
    )
    if status:
        raise SystemExit(status)
    for empty in out.rglob("*_pb2_grpc.py*"):
        if "Stub" not in empty.read_text():
            empty.unlink()
    (out / "carillon" / "py.typed").touch()


def differences(committed: Path, fresh: Path) -> list[str]:
    """Paths below the two folders that are not the same file."""
    names = {
        path.relative_to(folder)
        for folder in (committed, fresh)
        for path in folder.rglob("*.py*")
        if path.suffix in {".py", ".pyi"}
    }
    return sorted(
        str(name)
        for name in names
        if not (committed / name).exists()
        or not (fresh / name).exists()
        or not filecmp.cmp(committed / name, fresh / name, shallow=False)
    )


def main() -> None:
    """Writes or checks, by the command line."""
    gen = HERE / "gen"
    if "--check" not in sys.argv[1:]:
        shutil.rmtree(gen, ignore_errors=True)
        gen.mkdir()
        generate(gen)
        return
    with tempfile.TemporaryDirectory() as folder:
        generate(Path(folder))
        stale = differences(gen, Path(folder))
    if stale:
        raise SystemExit("stale stubs, run `make proto`: " + ", ".join(stale))


if __name__ == "__main__":
    main()
