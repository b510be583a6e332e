"""Which test of `tests/packaging/` types the slow commands of the documents, by page and heading."""

import ast

from programs import REPOSITORY

PACKAGING = REPOSITORY / "tests" / "packaging"
TYPED_BY = {
    ("docs/installing.md", "Try it with Docker Compose"): "test_compose.py::test_the_demo_then_an_account",
    ("docs/installing.md", "Kubernetes"): "test_kubernetes_commands.py::test_one_project",
    ("docs/installing.md", "Docker"): "test_image.py::test_the_command_of_the_document",
    ("docs/installing.md", "Debian and Ubuntu"): "test_installing.py::test_debian_and_ubuntu",
    ("docs/installing.md", "Other Linux machines"): "test_installing.py::test_other_linux_machines",
    ("docs/installing.md", "Textfile collector"): "test_installing.py::test_textfile_collector",
    ("docs/many-projects.md", "Kubernetes"): "test_kubernetes_commands.py::test_many_projects",
}


def source(test):
    """The text of the file of a test, which is FILE::FUNCTION, and the name of its function."""
    file, _, function = test.partition("::")
    return (PACKAGING / file).read_text(), function


def reads(source, function, page, heading):
    """Whether a test asks `documents` for the blocks below a heading, and its file has the path of their page."""
    tree = ast.parse(source)
    (node,) = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == function] or [None]
    imports = {alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names}
    return node is not None and "documents" in imports and page in _texts(tree) and heading in _asked_for(node)


def _asked_for(function):
    """The texts that a function gives to `documents`, or to a `commands` of its own file."""
    names = ("slow_commands", "below", "commands")
    calls = [node for node in ast.walk(function) if isinstance(node, ast.Call)]
    asking = [call for call in calls if ast.unparse(call.func).endswith(names)]
    return {text for call in asking for argument in call.args for text in _texts(argument)}


def _texts(tree):
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
