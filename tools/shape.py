"""Measure how a tree of Python reads: `python tools/shape.py [FOLDER]` (this one when none is
named).

Come here to change what is measured. It reads files as text and runs none of them, so it can be
pointed at any program, to hold ours beside one that people admire. Tests, migrations, benchmarks
and tools are left out; a demonstration is counted apart.
"""

import ast
import collections
import pathlib
import statistics
import subprocess
import sys
import tempfile

LEFT_OUT = {"tests", "test", "migrations", "benchmarks", "tools", "docs", "node_modules"}
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def sources(folder):
    """The program's own Python files: {path relative to the folder: text}."""
    found = {}
    for path in sorted(folder.rglob("*.py")):
        name = path.relative_to(folder)
        hidden = any(part.startswith(".") for part in name.parts)
        tests = name.name.startswith("test_") or name.name in ("tests.py", "conftest.py")
        if not hidden and not tests and not LEFT_OUT & set(name.parts):
            found[name] = path.read_text("utf-8")
    return found


def is_demo(name):
    """Whether a file belongs to the demonstration."""
    return name.parts[0].startswith("demo")


def count(tree, kinds):
    """How many syntax nodes of these kinds stand in a tree."""
    return sum(isinstance(node, kinds) for node in ast.walk(tree))


def function_lengths(texts):
    """The lines of each function, its own docstring included, after `ruff format` at 88 columns."""
    lengths = []
    with tempfile.TemporaryDirectory() as folder:
        for number, text in enumerate(texts):
            pathlib.Path(folder, f"module_{number}.py").write_text(text, "utf-8")
        command = ["ruff", "format", "--isolated", "--quiet", "--line-length", "88", folder]
        subprocess.run([sys.executable, "-m", *command], check=True)
        for path in pathlib.Path(folder).glob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, FUNCTIONS):
                    lengths.append((node.end_lineno - node.lineno + 1, node.name))
    return sorted(lengths)


def defined_twice(trees):
    """Names of functions and classes that stand at the top of two or more modules."""
    places = collections.Counter()
    for tree in trees:
        names = {n.name for n in tree.body if isinstance(n, (*FUNCTIONS, ast.ClassDef))}
        places.update(name for name in names if name != "main")
    return sorted(name for name, times in places.items() if times > 1)


def module_name(path):
    """The dotted name by which a file is imported."""
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports(trees):
    """Which module of the tree imports which, at any depth of the file: {module: {module, ...}}."""
    modules = {module_name(path) for path in trees}
    arrows = {}
    for path, tree in trees.items():
        own = module_name(path)
        package = path.parts[:-1]
        arrows[own] = set()
        for node in ast.walk(tree):
            names = [n for n in imported_names(node, package) if n in modules and n != own]
            # `from package import module` is an arrow to the module alone
            arrows[own].update(names[1:] or names)
    return arrows


def imported_names(node, package):
    """The dotted names that one statement may import."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if not isinstance(node, ast.ImportFrom):
        return []
    above = list(package[: len(package) - node.level + 1]) if node.level else []
    base = ".".join([*above, *([node.module] if node.module else [])])
    return [base, *(f"{base}.{alias.name}".strip(".") for alias in node.names)]


def circles(arrows):
    """Groups of modules that reach each other: a list of sorted lists."""
    reach = {module: reachable(module, arrows) for module in arrows}
    found = set()
    for module in arrows:
        ring = frozenset(m for m in reach[module] if module in reach.get(m, ()))
        if module in reach[module]:
            found.add(ring | {module})
    return sorted(sorted(ring) for ring in found)


def reachable(start, arrows):
    """Every module that can be reached from one by one or more imports."""
    seen = set()
    waiting = list(arrows[start])
    while waiting:
        module = waiting.pop()
        if module not in seen:
            seen.add(module)
            waiting += arrows.get(module, ())
    return seen


def template_lines(folder):
    """The lines of the templates over 160 characters, all their lines, and their characters."""
    lines = []
    for path in sorted(folder.rglob("*.html")):
        parts = path.relative_to(folder).parts
        if "templates" in parts and not any(part.startswith(".") for part in parts):
            lines += path.read_text("utf-8").splitlines()
    return sum(len(line) > 160 for line in lines), len(lines), sum(len(line) + 1 for line in lines)


def rows(folder):
    """The measures of a tree: [(what, figure), ...]."""
    files = sources(folder)
    program = {name: text for name, text in files.items() if not is_demo(name)}
    trees = {name: ast.parse(text) for name, text in program.items()}
    lines = [line for text in program.values() for line in text.splitlines() if line.strip()]
    if not lines:
        raise SystemExit(f"There is no Python in {folder}.")
    nodes = sum(count(tree, ast.AST) for tree in trees.values())
    hundred = len(lines) / 100
    lengths = function_lengths(program.values())
    sizes = [size for size, _ in lengths]
    rings = circles(imports(trees))
    twice = defined_twice(trees.values())
    long, all_lines, characters = template_lines(folder)
    return [
        ("files; lines", f"{len(program)}; {sum(len(t.splitlines()) for t in program.values()):,}"),
        ("characters", f"{sum(map(len, program.values())):,}"),
        (
            "characters of the demonstration",
            f"{sum(len(t) for n, t in files.items() if is_demo(n)):,}",
        ),
        ("mean line", f"{statistics.mean(map(len, lines)):.1f}"),
        ("lines over 100", f"{100 * sum(len(line) > 100 for line in lines) / len(lines):.1f} %"),
        ("syntax nodes a line", f"{nodes / len(lines):.1f}"),
        (
            "comprehensions a 100 lines",
            f"{sum(count(t, COMPREHENSIONS) for t in trees.values()) / hundred:.1f}",
        ),
        (
            "conditional expressions a 100 lines",
            f"{sum(count(t, ast.IfExp) for t in trees.values()) / hundred:.1f}",
        ),
        (
            "function lines at 88: median / p90 / max",
            f"{statistics.median(sizes):.0f} / {sizes[int(len(sizes) * 0.9)]} / {sizes[-1]}",
        ),
        ("functions over 50 lines at 88", f"{sum(size > 50 for size in sizes)}"),
        ("modules beside models.py", f"{sum(len(name.parts) == 1 for name in program) - 1}"),
        ("circles of imports", f"{len(rings)} {rings or ''}".strip()),
        ("names defined in two modules", f"{len(twice)}: {', '.join(twice)}"),
        ("template lines over 160; all; characters", f"{long}; {all_lines}; {characters:,}"),
    ]


def main():
    """Print the table."""
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".").resolve()
    for what, figure in rows(folder):
        print(f"{what:44} {figure}")


if __name__ == "__main__":
    main()
