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
    """Whether a test has the heading of commands in its function, and the path of their page anywhere in its file."""
    tree = ast.parse(source)
    functions = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == function]
    imports = {alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names}
    return (
        bool(functions)
        and "documents" in imports
        and page in _texts(tree)
        and all(heading in _texts(node) for node in functions)
    )


def _texts(tree):
    return {node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)}
