"""HTML to a tree, built by html5lib's tree construction, the algorithm of browsers, within bounds.

html5lib is right but was not written for hostile input: several of its steps look through all open elements for each
token. So the number of open elements, of formatting elements and of steps is bounded, and who goes beyond is refused.
"""

from typing import Any, Final

from html5lib.html5parser import HTMLParser
from html5lib.treebuilders import base

from mailapp.mime.html_tokens import END_TAG, START_TAG, Tokenizer

MAX_OPEN_ELEMENTS: Final = 400  # browsers stop at 512
MAX_FORMATTING_ELEMENTS: Final = 60
MAX_STEPS: Final = 6_000_000  # what each tag has to look through, summed; a long newsletter has some 200,000
MAX_NODES: Final = 150_000
_HTML: Final = "http://www.w3.org/1999/xhtml"


class TooComplex(Exception):
    """The HTML is nested too deeply or would take too long."""


class Node(base.Node):
    """An element, or the document. ``content`` is child nodes and strings, in order."""

    __slots__ = ("_flags", "attributes", "content", "name", "nameTuple", "namespace", "parent")

    def __init__(self, name: str, namespace: str | None = None) -> None:
        self.name = name
        self.namespace = namespace
        self.nameTuple = (namespace or _HTML, name)
        self.parent: Node | None = None
        self.attributes: dict[Any, str] = {}
        self.content: list[Node | str] = []
        self._flags: list[str] = []

    @property
    def childNodes(self) -> list["Node | str"]:  # type: ignore[override]
        return self.content

    def appendChild(self, node: "Node") -> None:
        node.parent = self
        self.content.append(node)

    def insertText(self, data: str, insertBefore: "Node | None" = None) -> None:
        if insertBefore is None:
            self.content.append(data)
        else:
            self.content.insert(self._place_of(insertBefore), data)

    def insertBefore(self, node: "Node", refNode: "Node") -> None:
        node.parent = self
        self.content.insert(self._place_of(refNode), node)

    def _place_of(self, node: "Node") -> int:
        for place in range(len(self.content) - 1, -1, -1):  # nearly always at the end
            if self.content[place] is node:
                return place
        raise ValueError

    def removeChild(self, node: "Node") -> None:
        del self.content[self._place_of(node)]
        node.parent = None

    def reparentChildren(self, newParent: "Node") -> None:
        for child in self.content:
            if isinstance(child, Node):
                child.parent = newParent
        newParent.content.extend(self.content)
        self.content = []

    def cloneNode(self) -> "Node":
        clone = Node(self.name, self.namespace)
        clone.attributes = dict(self.attributes)
        return clone

    def hasContent(self) -> bool:
        return bool(self.content)


def _no_node(*_: object) -> Node:
    return Node("")


class _FormattingElements(base.ActiveFormattingElements):
    def append(self, node: Any) -> None:
        if len(self) >= MAX_FORMATTING_ELEMENTS:
            raise TooComplex
        super().append(node)


class _Builder(base.TreeBuilder):
    documentClass = staticmethod(lambda: Node("#document"))
    elementClass = Node
    commentClass = staticmethod(_no_node)
    doctypeClass = staticmethod(_no_node)
    fragmentClass = staticmethod(lambda: Node("#fragment"))

    nodes = 0

    def reset(self) -> None:
        super().reset()
        self.activeFormattingElements = _FormattingElements()

    def insertElementNormal(self, token: Any) -> Node:
        self.nodes += 1
        node = Node(token["name"], token.get("namespace", _HTML))
        node.attributes = token["data"]
        elements = self.openElements
        elements[-1].appendChild(node)
        elements.append(node)
        return node

    def insertComment(self, token: Any, parent: Any = None) -> None:
        """Comments are not for readers."""

    def insertDoctype(self, token: Any) -> None:
        """Nor is the doctype."""


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(tree=_Builder, namespaceHTMLElements=True)

    def parse_text(self, text: str) -> Node:
        self.innerHTMLMode = False
        self.container = None
        self.scripting = True
        self.tokenizer = _Bounded(text, parser=self)
        self.reset()
        self.mainLoop()
        return self.tree.getDocument()

    def parseError(self, errorcode: str = "", datavars: Any = None) -> None:
        """Errors are the rule in mail."""


class _Bounded(Tokenizer):
    def __iter__(self):  # type: ignore[no-untyped-def]
        steps = 0
        tree = self._parser.tree
        for token in super().__iter__():
            if token["type"] in (START_TAG, END_TAG):
                depth = len(tree.openElements)
                steps += depth + 20 * len(tree.activeFormattingElements)
                if depth > MAX_OPEN_ELEMENTS or steps > MAX_STEPS or tree.nodes > MAX_NODES:
                    raise TooComplex
            yield token


def parse(text: str) -> Node:
    """Return the document.

    Raises:
        TooComplex: A bound was met, or html5lib lost its way.
    """
    try:
        return _Parser().parse_text(text)
    except (AssertionError, AttributeError, IndexError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise TooComplex from error
