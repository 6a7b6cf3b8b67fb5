"""The house as drawn in the architecture page: who may import whom, and what the pure rooms may not touch."""

import ast
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest

import bandits

PACKAGE = Path(bandits.__file__).parent
UNIT = Path(__file__).parent
MODULES = sorted(path.relative_to(PACKAGE) for path in PACKAGE.rglob("*.py"))

VOCABULARY = {"errors", "rng", "lazy", "causes", "censoring", "curves", "forecasts", "verdicts"}
# What each room may import, itself aside.
ARROWS: dict[str, set[str]] = {
    "errors": set(),
    "rng": set(),
    "lazy": set(),
    "causes": set(),
    "censoring": set(),
    "curves": {"errors", "censoring"},
    "forecasts": {"errors", "causes"},
    "verdicts": {"errors", "causes", "curves", "forecasts"},
    "architectures": {"errors", "rng"},
    "data": {"errors", "rng", "lazy"},
    "schedulers": VOCABULARY,
    "search_space": VOCABULARY,
    "samplers": VOCABULARY | {"architectures", "search_space"},
    "predictors": VOCABULARY,
    "stopping": VOCABULARY | {"predictors"},
    "training": {"errors", "rng", "architectures", "data"},
    "objectives": VOCABULARY | {"search_space", "samplers", "architectures", "data", "training"},
    "config": VOCABULARY | {"stopping", "objectives"},
    "runtime": VOCABULARY | {"search_space", "schedulers", "samplers", "predictors", "stopping", "objectives"},
    "studies": VOCABULARY | {"search_space", "samplers", "stopping", "objectives", "runtime"},
    "integrations": VOCABULARY | {"predictors", "stopping", "studies"},
    "tools": VOCABULARY
    | {"search_space", "schedulers", "samplers", "predictors", "stopping", "objectives", "runtime", "studies"}
    | {"integrations", "config"},
}
SEE_EVERYTHING = {"report", "cli", "__main__", "__init__", "testing"}

PURE = VOCABULARY | {"architectures", "search_space", "schedulers", "samplers", "predictors", "stopping"}
IMPURE_MODULES = {
    "asyncio", "concurrent", "datetime", "io", "logging", "multiprocessing", "os", "pathlib", "random", "secrets",
    "shutil", "socket", "sqlite3", "subprocess", "sys", "tempfile", "threading", "time", "uuid",
}  # fmt: skip
IMPURE_CALLS = {"print", "open", "input", "exec", "eval", "id", "hash"}
RANDOM_NAMES = {
    "Generator",
    "RandomState",
    "SeedSequence",
    "default_rng",
}  # of numpy.random: the rest draws from a global generator


def room_of(module: Path) -> str:
    """The first part of a module's name inside the package."""
    return module.parts[0].removesuffix(".py")


@cache
def tree_of(module: Path) -> ast.Module:
    """The parsed source of a module."""
    return ast.parse((PACKAGE / module).read_text(encoding="utf-8"))


@cache
def nodes_of(module: Path) -> tuple[ast.AST, ...]:
    """Everything in a module."""
    return tuple(ast.walk(tree_of(module)))


def imports_of(module: Path) -> Iterator[str]:
    """Full names of everything a module imports, at its top or anywhere inside, for type checkers only too."""
    package = ["bandits", *module.parts[:-1]]
    for node in nodes_of(module):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            origin = package[: len(package) - node.level + 1] if node.level else []
            name = ".".join([*origin, *([node.module] if node.module else [])])
            # "from bandits import curves" imports a room, not a name of the package
            yield from (f"{name}.{alias.name}" if name == "bandits" else name for alias in node.names)


def rooms_imported(module: Path) -> set[str]:
    """The rooms of the package that a module imports from."""
    names = (name.split(".") for name in imports_of(module) if name.split(".")[0] == "bandits")
    return {parts[1] if len(parts) > 1 else "__init__" for parts in names}


def calls_of(module: Path) -> Iterator[ast.Call]:
    """Every call in a module."""
    return (node for node in nodes_of(module) if isinstance(node, ast.Call))


def dotted(node: ast.expr) -> str:
    """`np.random.seed` as text; what is no dotted name is empty."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and dotted(node.value):
        return f"{dotted(node.value)}.{node.attr}"
    return ""


names = pytest.mark.parametrize("module", MODULES, ids=str)
pure_modules = pytest.mark.parametrize("module", [m for m in MODULES if room_of(m) in PURE], ids=str)


@names
def test_every_room_is_on_the_plan(module: Path) -> None:
    """A new room needs its arrows drawn here, and in the architecture page."""
    assert room_of(module) in ARROWS.keys() | SEE_EVERYTHING


@names
def test_imports_point_one_way(module: Path) -> None:
    """vocabulary <- {schedulers, samplers, predictors} <- stopping <- runtime; samplers <- objectives <- runtime."""
    room = room_of(module)
    if room not in SEE_EVERYTHING:
        assert rooms_imported(module) <= ARROWS[room] | {room}


def test_arrows_make_no_circle() -> None:
    """The plan itself points one way."""
    settled: set[str] = set()
    for room, targets in ARROWS.items():
        assert targets <= settled, room
        settled.add(room)


@pytest.mark.parametrize(
    ("library", "homes"),
    [("click", {"cli"}), ("rich", {"cli", "report", "tools"}), ("matplotlib", {"tools"}), ("plotly", {"tools"})],
)
def test_the_terminal_is_in_its_rooms(library: str, homes: set[str]) -> None:
    """Only the command line parses arguments; only it and reports draw on the terminal; only reports draw plots."""
    found = {room_of(module) for module in MODULES if library in {name.split(".")[0] for name in imports_of(module)}}

    assert found <= homes


@pure_modules
def test_pure_rooms_import_no_outside_world(module: Path) -> None:
    """No clock, no file, no thread, no log."""
    assert {name.split(".")[0] for name in imports_of(module)} & IMPURE_MODULES == set()


@pure_modules
def test_pure_rooms_neither_print_nor_open(module: Path) -> None:
    """Nor do they use what differs from process to process: `id` and `hash` of text."""
    definitions = {"__hash__"}  # a value's own hash is its business
    allowed = {
        id(call)
        for function in nodes_of(module)
        if isinstance(function, ast.FunctionDef) and function.name in definitions
        for call in ast.walk(function)
    }
    found = {
        node.func.id
        for node in nodes_of(module)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and id(node) not in allowed
    }

    assert found & IMPURE_CALLS == set()


@pure_modules
def test_pure_rooms_draw_from_generators_only(module: Path) -> None:
    """Nothing of `numpy.random` but types and seeded generators."""
    for node in nodes_of(module):
        if isinstance(node, ast.Attribute) and dotted(node).startswith(("np.random.", "numpy.random.")):
            assert dotted(node).split(".")[2] in RANDOM_NAMES, f"line {node.lineno}: {dotted(node)}"
    assert not any(name.startswith("numpy.random") for name in imports_of(module))


@names
def test_generators_are_seeded(module: Path) -> None:
    """`default_rng()` and `RandomState()` without a seed give another run every time."""
    for call in calls_of(module):
        if dotted(call.func).endswith(("default_rng", "RandomState")):
            assert call.args or call.keywords, f"line {call.lineno}"


@names
def test_modules_say_what_they_are_for(module: Path) -> None:
    """Every module with code in it has a docstring."""
    tree = tree_of(module)

    assert ast.get_docstring(tree) or not tree.body


def files_imported(module: Path) -> Iterator[str]:
    """The files of the package that a module imports from, itself aside."""
    package = ["bandits", *module.parts[:-1]]
    for node in nodes_of(module):
        if isinstance(node, ast.Import):
            yield from (name for alias in node.names if (name := file_of(alias.name)))
        elif isinstance(node, ast.ImportFrom):
            origin = package[: len(package) - node.level + 1] if node.level else []
            name = ".".join([*origin, *([node.module] if node.module else [])])
            for alias in node.names:
                found = file_of(f"{name}.{alias.name}") or file_of(name)
                if found is not None and found != str(module):
                    yield found


def file_of(name: str) -> str | None:
    """The file of a module of the package; None where the name is no module of it."""
    first, *rest = name.split(".")
    if first != "bandits":
        return None
    for path in (Path(*rest, "__init__.py"), Path(*rest).with_suffix(".py") if rest else Path("__init__.py")):
        if (PACKAGE / path).is_file():
            return str(path)
    return None


def circles_of(arrows: Mapping[str, set[str]]) -> set[frozenset[str]]:
    """The groups of files that reach each other (Tarjan's strongly connected components)."""
    index: dict[str, int] = {}
    lowest: dict[str, int] = {}
    stack: list[str] = []
    found: set[frozenset[str]] = set()

    def visit(file: str) -> None:
        index[file] = lowest[file] = len(index)
        stack.append(file)
        for target in sorted(arrows.get(file, ())):
            if target not in index:
                visit(target)
            if target in stack:
                lowest[file] = min(lowest[file], lowest[target])
        if lowest[file] == index[file]:
            group = stack[stack.index(file) :]
            del stack[stack.index(file) :]
            if len(group) > 1:
                found.add(frozenset(group))

    for file in sorted(arrows):
        if file not in index:
            visit(file)
    return found


def test_files_form_no_circle() -> None:
    """No file needs itself by way of others, wherever in it the import stands."""
    arrows = {str(module): set(files_imported(module)) for module in MODULES}

    assert circles_of(arrows) == set()


def test_a_circle_of_files_is_found() -> None:
    """The test above can fail."""
    assert circles_of({"a": {"b"}, "b": {"c"}, "c": {"b"}, "d": {"a"}}) == {frozenset({"b", "c"})}


def test_unit_tests_lie_in_the_rooms_they_test() -> None:
    """Each folder of `tests/unit` has the name of a room, and each room that is a folder has one; the benchmarks have
    one too."""
    rooms = {module.parts[0] for module in MODULES if len(module.parts) > 1}
    tested = {path.parent.relative_to(UNIT).parts[0] for path in UNIT.glob("*/**/test_*.py")}
    assert tested == rooms | {"benchmarks"}


LONGEST_DOCSTRING = 30  # lines; what is a guide stands in docs/


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_a_docstring_is_a_reference_and_no_guide(module: Path) -> None:
    """No docstring is longer than 30 lines."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    texts = [
        node.body[0].value
        for node in nodes_of(module)
        if isinstance(node, documented) and ast.get_docstring(node) is not None and isinstance(node.body[0], ast.Expr)
    ]
    lines = {text.lineno: (text.end_lineno or 0) - text.lineno + 1 for text in texts}
    assert {place: count for place, count in lines.items() if count > LONGEST_DOCSTRING} == {}
