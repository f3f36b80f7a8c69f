"""Read YAML text into plain data in which every value, and so every problem, has a place.

The parser only cuts the text into events; what they mean is decided here, because YAML libraries read
`10:30` as 630 and `NO` as false, stop at the first duplicate key and recurse. Nothing here recurses,
and every size is bounded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from importlib.util import find_spec
from itertools import islice
from math import isinf
from typing import Any, NoReturn, TypeAlias

from ruamel.yaml import YAML, events
from ruamel.yaml.error import YAMLError

from schedules.errors import Problem, SourceError
from schedules.invisible import INVISIBLE, code_point, unseen
from schedules.wording import shown

Data: TypeAlias = "str | int | float | bool | list[Data] | dict[str, Data] | None"
Path: TypeAlias = tuple[str | int, ...]
Place: TypeAlias = tuple[int, int]

FAST_PARSER = find_spec("_ruamel_yaml") is not None  # the compiled one, from ruamel.yaml.clib
MOST_BYTES = 1_000_000
MOST_NODES = 100_000  # with every alias written out
DEEPEST = 60
MOST_PROBLEMS = 1_000
_RIGHT_CONTENT = 'write keys with their values, one to a line, such as "name: value"'

_REFUSED = re.compile("^%|" + INVISIBLE.pattern)
_NAMED = {"\t": "a tab", "%": "a line that begins with %"}
_BLANK_LINE = re.compile("^ +$", re.MULTILINE)  # the pure parser refuses a text block that begins with one
_INTEGER = re.compile(r"[-+]?[0-9]{1,18}")  # what fits in 64 bits, in every database and in JSON
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_TAG = re.compile(r"(?:&\S+\s+)?(!\S*)")
_WORDS: Mapping[str, Data] = {"": None, "~": None, "null": None, "true": True, "false": False}


@dataclass(slots=True)
class _Node:
    """A value with its place, and what it takes to write it out: nodes in all, levels below it."""

    place: Place
    data: Data
    written: str = ""
    size: int = 1
    height: int = 0
    children: dict[str | int, _Node] = field(default_factory=dict)
    key_places: dict[str | int, Place] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Document:
    """The content of one YAML file, as plain data, and the place of everything in it.

    Places are (line, column), both from 1; an alias has its own, what is inside it the anchor's.
    """

    file: str
    data: Data
    _root: _Node = field(repr=False, compare=False)

    def written(self, path: Path) -> str:
        """Give the scalar at ``path`` as it stands in the file: ``1.10`` where the value is 1.1; else nothing."""
        return self._along(path)[-1].written

    def place(self, path: Path) -> Place:
        """Give the place of the value at ``path``, or of its nearest parent that exists."""
        return self._along(path)[-1].place

    def key_place(self, path: Path) -> Place:
        """Give the place of the key that ends ``path``, or the value's where there is no such key."""
        parents = self._along(path[:-1])
        has_key = len(parents) == len(path) and path[-1] in parents[-1].key_places
        return parents[-1].key_places[path[-1]] if has_key else self.place(path)

    def problem(self, path: Path, wrong: str, right: str, at_key: bool = False) -> Problem:
        """Make a problem of the value, or of the key, at ``path``."""
        return Problem(self.file, *(self.key_place(path) if at_key else self.place(path)), wrong, right)

    def _along(self, path: Path) -> list[_Node]:
        nodes = [self._root]
        for part in path:
            if part not in nodes[-1].children:
                break
            nodes.append(nodes[-1].children[part])
        return nodes


def read_yaml(
    source: bytes | str, file: str, error: type[SourceError] = SourceError, told: list[Problem] | None = None
) -> Document:
    """Read one YAML document whose root is keys with values, or a list.

    Plain scalars are read by the core schema of YAML 1.2, in lower case and without ``0x10``, ``.inf`` and ``.nan``.
    Raises ``error`` with every problem, up to a thousand, and nothing else. Where ``told`` is given it takes those
    beside which all else can be read, such as a key that is there twice (the first one counts).
    """
    text = _checked_text(source, file, error)
    tree = (_fast_tree(text, file) if FAST_PARSER else None) or _slow_tree(text, file)
    root = tree.root or _Node((1, 1), None)
    if not isinstance(root.data, dict | list):
        wrong = f"the file holds only {shown(root.written)}" if root.written else "the file is empty"
        tree.problems = tree.problems or [Problem(file, 1, 1, wrong, _RIGHT_CONTENT)]
    if tree.problems and (told is None or not tree.is_whole):
        raise error(tree.problems)
    if told is not None:
        told += tree.problems
    return Document(file, root.data, root)


def _checked_text(source: bytes | str, file: str, error: type[SourceError]) -> str:
    """Give the text with ``\\n`` as its only line break; refuse what no parser should see."""
    size = len(source.encode("utf-8", "surrogatepass") if isinstance(source, str) else source)
    if size > MOST_BYTES:
        wrong = f"the file has {size:,} bytes, more than the {MOST_BYTES:,} that are read"
        raise error([Problem(file, 1, 1, wrong, "split it, or remove what does not belong in it")])
    text = source if isinstance(source, str) else _decoded(source, file, error)
    text = _BLANK_LINE.sub("", text.removeprefix("\ufeff").replace("\r\n", "\n"))
    if problems := list(islice(_refused_characters(text, file), MOST_PROBLEMS)):
        raise error(problems)
    return text


def _decoded(source: bytes, file: str, error: type[SourceError]) -> str:
    try:
        return source.decode("utf-8")
    except UnicodeDecodeError as bad:
        lines = source[: bad.start].decode("utf-8").split("\n")
        wrong, right = f"the byte 0x{source[bad.start]:02x} is not UTF-8", 'save the file as "UTF-8"'
        raise error([Problem(file, len(lines), len(lines[-1]) + 1, wrong, right)]) from None


def _refused_characters(text: str, file: str) -> Iterator[Problem]:
    """Name the first tab, control character or the like of each line, and every ``%YAML 1.1``."""
    for number, line in enumerate(text.split("\n"), start=1):
        if found := _REFUSED.search(line):
            wrong = _NAMED.get(found[0]) or f"the invisible character {code_point(found[0])}"
            yield Problem(file, number, found.start() + 1, wrong, "write spaces instead, or remove it")


def _fast_tree(text: str, file: str) -> _Tree | None:
    """Read with the compiled parser; None where only the other one can tell.

    The pure parser has the last word on all that the compiled one refuses (such as ``[10:30]``), so
    that a file has the same meaning, and the same problems, on every machine.
    """
    tree = _Tree(file, text)
    try:
        tree.grow(_without_doubt(text, YAML(typ="safe").parse(text)))
    except YAMLError:
        return None
    return tree if tree.root is None or tree.root.height else None  # they differ about lone scalars


def _slow_tree(text: str, file: str) -> _Tree:
    tree = _Tree(file, text)
    try:
        tree.grow(YAML(typ="safe", pure=True).parse(text))
    except (YAMLError, ValueError, ArithmeticError, LookupError) as error:
        # not only its own errors: the parser also trips over, for one, "\\UFFFFFFFF"
        tree.problems.append(_syntax_problem(error, file, tree.latest))
    return tree


def _without_doubt(text: str, parsed: Iterable[Any]) -> Iterator[Any]:
    for event in parsed:
        if _is_doubtful(text, event):
            raise YAMLError
        yield event


def _is_doubtful(text: str, event: Any) -> bool:
    """Tell whether the two parsers are known to differ about this; all of it is rare."""
    if isinstance(event, events.DocumentEndEvent):
        return bool(event.explicit)
    start = event.start_mark.index
    if getattr(event, "tag", None) is not None:
        return True
    if anchor := getattr(event, "anchor", None):  # YAML 1.2 has names like "a:b"
        end = start + 1 + len(anchor)
        return text[end : end + 1] not in ("", " ", "\n", ",", "]", "}")
    if getattr(event, "style", None) in ("|", ">"):
        return "#" in text[start : text.find("\n", start)]
    return getattr(event, "flow_style", False) and text[start] not in "[{"  # ["a":1], a pair in a list


def _syntax_problem(error: Exception, file: str, latest: Place) -> Problem:
    """Say in plain words what the pure parser stumbled over, and where a person would mend it."""
    said = f"{getattr(error, 'context', '')} {getattr(error, 'problem', '')}"
    for causes, which in ((_CAUSES_AT_START, "context_mark"), (_CAUSES_ON_THE_SPOT, "problem_mark")):
        for sign, (wrong, right) in causes.items():
            if sign in said and (mark := getattr(error, which, None)):
                return Problem(file, mark.line + 1, mark.column + 1, wrong, right)
    return Problem(file, *latest, "this cannot be read as YAML", "check quotes, brackets, colons and spaces")


_MISALIGNED = ("this line does not fit the lines above it", "start it in the column of its neighbours")
_CAUSES_AT_START = {
    "simple key": ("this line has no colon", 'write "key: value", with a space after the colon'),
    "',' or ']'": ('the list that opens here with "[" goes wrong', 'add the comma or "]" that is missing'),
    "',' or '}'": ('the keys that open here with "{" go wrong', 'add the comma or "}" that is missing'),
    "found unexpected": ("a quotation mark that is never closed", "close it, or remove it"),
    "an alias": ('a "*" without a name', 'put text that begins with "*" in quotes'),
    "an anchor": ('a "&" without a name', 'put text that begins with "&" in quotes'),
    "block scalar": ('text after "|" or ">"', "put it on the next line, indented, or the value in quotes"),
    " tag": ('a "!" that would begin a tag', 'put text that begins with "!" in quotes'),
}
_CAUSES_ON_THE_SPOT = {
    "mapping values are": (
        "a colon that does not fit",
        'put text with ": " in quotes, or mend the line above',
    ),
    "sequence entries are": ("a list item on the line of its key", 'put the "-" on a new line'),
    "mapping keys are": ('a "?" that does not fit here', "put the text in quotes"),
    "found '<block": _MISALIGNED,
    "found '?'": _MISALIGNED,
    "found '-'": _MISALIGNED,
    "<document start>": _MISALIGNED,
    "<block end>": ("more text after the value", "put the whole value in quotes, or remove the rest"),
    "escape": ("a backslash in double quotes", r"write \\, or use single quotes"),
    "cannot start": ("a value cannot begin with this character", "put the value in quotes"),
    "node content": ("nothing stands before this character", "write a value, or put the text in quotes"),
}


class _Enough(Exception):
    """Reading on would only make it worse."""


@dataclass(slots=True)
class _Open:
    """A list or mapping whose end has not been read; ``key`` is the one that waits for its value."""

    node: _Node
    anchor: str | None
    waiting: bool = False
    key: str | None = None  # None also stands for a key that is refused
    key_place: Place = (1, 1)


@dataclass(slots=True)
class _Tree:
    """Builds nodes from the parser's events and collects every problem on the way."""

    file: str
    text: str
    problems: list[Problem] = field(default_factory=list)
    root: _Node | None = None
    is_whole: bool = False  # whether all of the text was read
    latest: Place = (1, 1)
    _open: list[_Open] = field(default_factory=list)
    _anchors: dict[str | None, _Node | None] = field(default_factory=dict)  # no node while it is still open
    _nodes: int = 0
    _is_over: bool = False

    def grow(self, parsed: Iterable[Any]) -> None:
        """Take all events, or as many as make sense. Raises what the parser raises."""
        with suppress(_Enough):
            for event in parsed:
                self._take(event)
            self.is_whole = isinstance(self.root and self.root.data, dict | list)

    def _take(self, event: Any) -> None:
        self.latest = (event.start_mark.line + 1, event.start_mark.column + 1)
        match event:
            case events.ScalarEvent():
                self._scalar(event)
            case events.MappingStartEvent() | events.SequenceStartEvent():
                self._start(event)
            case events.CollectionEndEvent():
                self._end()
            case events.AliasEvent():
                self._alias(event.anchor)
            case events.DocumentEndEvent():
                self._is_over = True
            case events.DocumentStartEvent() if self._is_over:
                self._give_up("a second document begins here", "keep one document to a file")

    def _wrong(self, wrong: str, right: str) -> None:
        self.problems.append(Problem(self.file, *self.latest, wrong, right))
        if len(self.problems) >= MOST_PROBLEMS:
            raise _Enough

    def _give_up(self, wrong: str, right: str) -> NoReturn:
        self._wrong(wrong, right)
        raise _Enough

    def _scalar(self, event: Any) -> None:
        self._refuse_tag(event)
        plain = event.implicit[0]
        if plain and event.value == "" and self._open and self._open[-1].waiting:
            self.latest = self._open[-1].key_place  # the parsers disagree about where nothing stands
        data = self._resolved(event.value) if plain else self._quoted(event.value)
        if only := unseen(event.value):
            self._wrong(f"a text of nothing but {only}, which nobody can see", "write a word, or remove it")
        node = _Node(self.latest, data, event.value)
        self._count(1)
        self._add(node)
        self._anchors[event.anchor] = node

    def _resolved(self, text: str) -> Data:
        if text in _WORDS:
            return _WORDS[text]
        if _INTEGER.fullmatch(text):
            return int(text)
        if not _FLOAT.fullmatch(text):
            return text
        number = float(text)
        if isinf(number) or text.lstrip("+-").isdigit():
            self._wrong(f"{shown(text)} is too large for a number", "put it in quotes")
        return number

    def _quoted(self, text: str) -> str:
        if bad := INVISIBLE.search(text):
            self._wrong(f"an escape that stands for {code_point(bad[0])}, which nobody can see", "remove it")
        return text

    def _refuse_tag(self, event: Any) -> None:
        if event.tag is not None:
            tag = _TAG.match(self.text, event.start_mark.index)
            self._wrong(f"the tag {shown(tag[1] if tag else '!')}", "remove it, or put the text in quotes")

    def _start(self, event: Any) -> None:
        self._refuse_tag(event)
        self._go_deeper(1)
        self._anchors[event.anchor] = None
        self._count(1)
        data: Data = {} if isinstance(event, events.MappingStartEvent) else []
        self._open.append(_Open(_Node(self.latest, data, height=1), event.anchor))

    def _end(self) -> None:
        ended = self._open.pop()
        self._add(ended.node)
        self._anchors[ended.anchor] = ended.node

    def _alias(self, name: str) -> None:
        if name not in self._anchors:
            self._wrong(f"*{name} refers to nothing", 'put text that begins with "*" in quotes')
        target = self._anchors.get(name, _Node(self.latest, None))
        if target is None:
            self._give_up(f"*{name} stands inside the value it refers to", "write the value out")
        self._go_deeper(target.height)
        self._count(target.size)
        self._add(replace(target, place=self.latest))

    def _go_deeper(self, more: int) -> None:
        if len(self._open) + more > DEEPEST:
            self._give_up(f"more than {DEEPEST} lists or mappings inside one another", "write it flatter")

    def _count(self, nodes: int) -> None:
        self._nodes += nodes
        if self._nodes > MOST_NODES:
            self._give_up(f"more than {MOST_NODES:,} values (each * counts in full)", "split the file")

    def _add(self, node: _Node) -> None:
        """Put a finished node where it belongs: the root, the list's end, a key or a key's value."""
        if not self._open:
            self.root = node
            return
        into = self._open[-1]
        into.node.size += node.size
        into.node.height = max(into.node.height, node.height + 1)
        if isinstance(into.node.data, list):
            into.node.children[len(into.node.data)] = node
            into.node.data.append(node.data)
        elif isinstance(into.node.data, dict):
            self._add_to_mapping(into, into.node.data, node)

    def _add_to_mapping(self, into: _Open, data: dict[str, Data], node: _Node) -> None:
        if not into.waiting:
            into.key, into.key_place = self._key(node, into.node.key_places), node.place
        elif into.key is not None:
            data[into.key] = node.data
            into.node.children[into.key] = node
        into.waiting = not into.waiting

    def _key(self, node: _Node, earlier: dict[str | int, Place]) -> str | None:
        """Give the key, or None if it is refused."""
        key, self.latest = node.data, node.place
        if not isinstance(key, str):
            right = f'put it in quotes: "{node.written}"' if node.written else "write a word before the colon"
            self._wrong("a key that is not text", right)
        elif key == "<<":
            self._wrong('the key "<<"', "write out the keys that it should bring in")
        elif key in earlier:
            wrong = f"the key {shown(key)} is already on line {earlier[key][0]}"
            self._wrong(wrong, "keep one of the two, or rename one")
        else:
            earlier[key] = node.place
            return key
        return None
