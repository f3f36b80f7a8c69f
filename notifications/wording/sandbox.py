"""Templates as far as texts need them: variables, and parts that stand only where a variable has something to say.

Jinja's sandbox would allow much more. What is not named here is refused before anything is compiled, so that no wording
can reach into objects, loop, or grow without bound.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from jinja2 import StrictUndefined, Template, TemplateError, TemplateSyntaxError, nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment

from notifications.errors import WordingRefused

#: characters of a wording; what is rendered from it is then bounded as well
LONGEST_SOURCE = 1_000
_ENVIRONMENT = ImmutableSandboxedEnvironment(undefined=StrictUndefined, autoescape=False)
_ENVIRONMENT.globals.clear()
_ALLOWED = (nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.If, nodes.Not)
_RIGHT = "write only text, {{ variable }} and {% if variable %} … {% endif %}"


def parsed(source: str) -> nodes.Template:
    """A wording's tree. Raises WordingRefused for what is no template, or uses more of templates than texts may."""
    if len(source) > LONGEST_SOURCE:
        raise WordingRefused((f"it has {len(source)} characters; write {LONGEST_SOURCE} at most",))
    try:
        tree = _ENVIRONMENT.parse(source)
    except (TemplateSyntaxError, RecursionError) as wrong:
        said = wrong.message if isinstance(wrong, TemplateSyntaxError) else "it is nested too deeply"
        raise WordingRefused((f"not a template: {said}; {_RIGHT}",)) from None
    if strange := sorted({type(node).__name__ for node in _every(tree) if not _is_allowed(node)}):
        raise WordingRefused((f"{', '.join(strange)} is not for texts; {_RIGHT}",))
    return tree


def variables(tree: nodes.Template) -> set[str]:
    """The variables that a wording names."""
    return {name.name for name in tree.find_all(nodes.Name)}


def bare(tree: nodes.Node, name: str, inside: bool = False) -> bool:
    """Whether a variable stands where it may be empty: not inside an ``if`` that asks for it."""
    if isinstance(tree, nodes.If):
        asked = isinstance(tree.test, nodes.Name) and tree.test.name == name
        within = any(bare(each, name, inside or asked) for each in tree.body)
        return within or any(bare(each, name, inside) for each in (*tree.elif_, *tree.else_))
    if isinstance(tree, nodes.Name):
        return tree.name == name and not inside
    return any(bare(each, name, inside) for each in tree.iter_child_nodes())


@lru_cache(maxsize=1024)
def compiled(source: str) -> Template:
    """A wording, ready to be rendered. Raises WordingRefused."""
    parsed(source)
    return _ENVIRONMENT.from_string(source)


def filled(source: str, words: dict[str, str]) -> str:
    """A wording with its variables filled in. Raises WordingRefused for a variable that has nothing to say."""
    try:
        return compiled(source).render(words)
    except TemplateError as wrong:
        raise WordingRefused((f"it cannot be filled in: {wrong}",)) from None


def _every(tree: nodes.Node) -> Iterator[nodes.Node]:
    yield tree
    yield from tree.find_all(nodes.Node)


def _is_allowed(node: nodes.Node) -> bool:
    return type(node) in _ALLOWED and (not isinstance(node, nodes.Name) or node.ctx == "load")
