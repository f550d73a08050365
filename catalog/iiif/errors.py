"""Why something could not be read. Every error of reading IIIF is an `IIIFError`.

All of these are permanent: the same bytes will fail again. Whether fetching anew may help is
for whoever fetched to know. The names say what a document is not, hence no "Error" at their end.
"""

from __future__ import annotations


class IIIFError(Exception):
    """Something that was fetched cannot be read as IIIF.

    ``problem`` says what was found, ``url`` where, ``fix`` what a person can do about it.
    """

    default_fix = "Open the URL in a browser and see whether it really gives IIIF JSON."

    def __init__(self, problem: str, *, url: str = "", fix: str = "") -> None:
        self.problem = problem
        self.url = url
        self.fix = fix or self.default_fix
        where = f"{url}: " if url else ""
        super().__init__(f"{where}{problem} {self.fix}")

    def __reduce__(self) -> tuple[object, ...]:
        # Exceptions with keyword arguments do not survive pickling between processes otherwise.
        return (_rebuild, (type(self), self.problem, self.url, self.fix))


def _rebuild(cls: type[IIIFError], problem: str, url: str, fix: str) -> IIIFError:
    return cls(problem, url=url, fix=fix)


class EmptyDocument(IIIFError):
    """No bytes, or nothing but white space."""

    default_fix = "Ask the server again; if it stays empty, ask the institution for the URL."


class NotJSON(IIIFError):
    """The bytes are no JSON: an HTML page, XML, an image, or a syntax error."""

    default_fix = (
        "Check that the URL is that of the manifest and not of a web page about the object."
    )


class Truncated(NotJSON):
    """JSON that stops before its end."""

    default_fix = "Fetch it again: the transfer or a size limit cut it short."


class TooDeep(NotJSON):
    """JSON nested so deeply that no honest manifest looks like it."""

    default_fix = "Leave this URL out: no manifest needs such nesting."


class NotIIIF(IIIFError):
    """Good JSON, but not a manifest, a collection or an annotation page."""

    default_fix = "Give the URL of a IIIF manifest or collection."


class NotImageInfo(IIIFError):
    """JSON that is no Image API info.json, or lacks what is needed to ask for pixels."""

    default_fix = "Open the service's info.json and see whether it has a width and a height."
