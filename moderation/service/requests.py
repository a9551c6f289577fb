"""What may be asked: the models behind the bodies, and the note that comes out of them.

Strict on what is understood (types, ids, times, sizes), lenient on the rest: fields that nobody
here knows are ignored, so that a platform may send what it has.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticCustomError

from moderation.finding import FindingKind
from moderation.gate.rights.proof_files import MOST_FILE_BYTES
from moderation.gate.rights.proofs import MOST_LINK_CHARS
from moderation.note import (
    MAX_HANDLES,
    MAX_ID_CHARS,
    MAX_IMAGES,
    MAX_LINK_CHARS,
    MAX_LINKED_IDS,
    MAX_LINKS,
    MAX_TAG_CHARS,
    MAX_TAGS,
    MAX_TEXT_CHARS,
    MAX_TITLE_CHARS,
    Author,
    Note,
    NoteImage,
    NoteKind,
)
from moderation.service import media
from moderation.service.problems import Refused
from moderation.store import MAX_WORDS_CHARS

MOST_NOTES = 100
MOST_STATEMENT_CHARS = 4_000
MOST_REASON_CHARS = 500
SMALLEST_DEADLINE_MS = 50

Id = Annotated[str, Field(min_length=1, max_length=MAX_ID_CHARS)]


def _time(value: object) -> object:
    """A date and time with its zone, as text; a number could be seconds or milliseconds."""
    if not isinstance(value, str):
        raise ValueError("must be a string, as 2026-11-21T08:00:00Z")
    try:
        at = datetime.fromisoformat(value)
    except ValueError:
        raise ValueError("is not a date and time as 2026-11-21T08:00:00Z (ISO 8601)") from None
    if at.tzinfo is None:
        raise ValueError("has no time zone: add the offset, as in 2026-11-21T08:00:00Z")
    return at


Time = Annotated[
    datetime,
    BeforeValidator(_time),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]


class _Asked(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", use_attribute_docstrings=True)


class AskedAuthor(_Asked):
    """Who submits. There is no follower count on purpose: fame never counts."""

    id: Id
    linked_ids: Annotated[list[Id], Field(max_length=MAX_LINKED_IDS)] = []
    """Accounts of the same person or company."""
    declared_ad: bool = False
    """The author ticked "this is an advertisement"."""
    brand_partner: Annotated[str, Field(max_length=MAX_ID_CHARS)] | None = None
    """Brand of a declared partnership."""
    handles: Annotated[list[str], Field(max_length=MAX_HANDLES)] = []
    """Account names known to be the author's own: what a watermark may say."""


class AskedImage(_Asked):
    """One picture: exactly one of `data` and `path`. A URL is refused; nothing is ever fetched."""

    data: str | None = None
    """The file as base64 (RFC 4648, with padding)."""
    path: Annotated[str, Field(min_length=1, max_length=MAX_LINK_CHARS)] | None = Field(
        default=None, validation_alias=AliasChoices("path", "object")
    )
    """Relative path below the media folder of the service; also named `object`."""
    sha256: Annotated[str, Field(pattern="^[0-9a-fA-F]{64}$")] | None = None
    """Hex digest of the file; other bytes are refused as unreadable."""
    declared_ai: bool = False
    """The author said that AI made it or helped."""

    @model_validator(mode="before")
    @classmethod
    def _nothing_to_fetch(cls, row: Any) -> Any:
        if isinstance(row, dict) and row.get("url") is not None:
            raise _refused(media.url_refused("url"))
        return row

    @model_validator(mode="after")
    def _given_once(self) -> AskedImage:
        if (self.data is None) == (self.path is None):
            raise ValueError("needs exactly one of `data` and `path`")
        return self

    def to_image(self, root: Path | None, pointer: str) -> NoteImage:
        """The picture with its bytes.

        Raises:
            Refused: it is not there, or no base64.
        """
        if self.data is not None:
            found = media.decoded(self.data, f"{pointer}/data")
        else:
            found = media.read_inside(root, self.path or "", f"{pointer}/path")
        digest = None if self.sha256 is None else self.sha256.lower()
        return NoteImage(data=found, sha256=digest, declared_ai=self.declared_ai)


class AskedVerdict(_Asked):
    """A note, and how it is to be answered."""

    id: Id = Field(validation_alias=AliasChoices("id", "note_id"))
    """Id of the note; also named `note_id`."""
    revision: int = Field(default=1, ge=1, lt=2**31)
    """Counts the edits of a note from 1: an edit is a new revision."""
    author: AskedAuthor
    published_at: Time | None = Field(
        default=None, validation_alias=AliasChoices("published_at", "created_at")
    )
    """With its time zone; also named `created_at`. Without it, the time of the request."""
    kind: Literal["note", "product_note", "live_preview"] = "note"
    title: str = Field(default="", max_length=MAX_TITLE_CHARS)
    text: str = Field(
        default="", max_length=MAX_TEXT_CHARS, validation_alias=AliasChoices("text", "body")
    )
    """Also named `body`."""
    tags: list[Annotated[str, Field(max_length=MAX_TAG_CHARS)]] = Field(
        default=[], max_length=MAX_TAGS, validation_alias=AliasChoices("tags", "hashtags")
    )
    """Also named `hashtags`."""
    links: list[Annotated[str, Field(max_length=MAX_LINK_CHARS)]] = Field(
        default=[], max_length=MAX_LINKS
    )
    """As text: they are read, never opened."""
    lang: Annotated[str, Field(max_length=35)] | None = None
    images: list[AskedImage] = Field(
        default=[], max_length=MAX_IMAGES, validation_alias=AliasChoices("images", "media")
    )
    """Also named `media`."""
    declared_ai: bool = False
    """The author ticked "contains AI-generated content"."""
    register_: Literal["on_pass", "hold", "never"] = Field(default="on_pass", alias="register")
    """`on_pass`: as the policy says. `hold`: reserved until `:commit` or `:abort`. `never`: judged
    only, nothing is recorded."""
    mode: Literal["enforce", "shadow"] = "enforce"
    """`shadow`: as `register: never`, for a pipeline that only wants to see."""
    deadline_ms: int | None = Field(default=None, ge=SMALLEST_DEADLINE_MS, le=10**9)
    """Time for the answer; the header `X-Deadline-Ms` wins. Cut to the ceiling of the service."""
    policy: str | None = None
    """Name or digest of the policy that the caller expects; another one is refused."""
    action: Any = None
    """Accepted and not used."""
    context: Any = None
    """Accepted and not used."""

    @model_validator(mode="before")
    @classmethod
    def _no_callback(cls, row: Any) -> Any:
        if isinstance(row, dict) and row.get("callback") is not None:
            raise PydanticCustomError(
                "callback_refused",
                "`callback` is not taken from requests",
                {
                    "code": "callback_refused",
                    "hint": "register an endpoint once with `moderation webhook add`",
                },
            )
        return row

    @property
    def judges_only(self) -> bool:
        """True where nothing is to be registered or recorded."""
        return self.mode == "shadow" or self.register_ == "never"

    def to_note(self, root: Path | None, *, most_pictures: int, pointer: str = "") -> Note:
        """The note with its pictures' bytes; blocks while these are read and decoded.

        Raises:
            Refused: a picture is not there, is no base64, or there are too many.
            BadNote: a field that JSON Schema cannot describe does not hold.
        """
        if len(self.images) > most_pictures:
            raise Refused(
                422,
                "too_many_pictures",
                f"the note has {len(self.images)} pictures, limit {most_pictures}",
                hint="send fewer pictures",
                pointer=f"{pointer}/images",
            )
        author = self.author
        return Note(
            id=self.id,
            author=Author(
                id=author.id,
                linked_ids=tuple(author.linked_ids),
                declared_ad=author.declared_ad,
                brand_partner=author.brand_partner,
                handles=tuple(author.handles),
            ),
            published_at=self.published_at,
            kind=NoteKind(self.kind),
            title=self.title,
            text=self.text,
            tags=self.tags,
            links=self.links,
            lang=self.lang,
            images=[
                image.to_image(root, f"{pointer}/images/{i}") for i, image in enumerate(self.images)
            ],
            revision=self.revision,
            declared_ai=self.declared_ai,
        )


class AskedBatch(_Asked):
    """Up to 100 notes, judged one after the other: what the first registers counts for the next."""

    items: Annotated[
        list[Any],
        Field(min_length=1, max_length=MOST_NOTES),
        WithJsonSchema(
            {
                "type": "array",
                "minItems": 1,
                "maxItems": MOST_NOTES,
                "items": {"$ref": "#/components/schemas/AskedVerdict"},
            }
        ),
    ]
    """Each as for `POST /v1/verdicts`; one that does not hold gets a problem in its place."""


class AskedAppeal(_Asked):
    """What an author says against a verdict."""

    verdict_id: str = Field(pattern=r"^v_[1-9][0-9]{0,17}$", examples=["v_42"])
    author_id: Id
    statement: str = Field(min_length=1, max_length=MOST_STATEMENT_CHARS)
    """In the author's words, for the person who decides."""


class AskedReport(_Asked):
    """What a reader says against a note."""

    reader_id: Id
    """Who reports; only a keyed pseudonym is kept, so that each counts once."""
    reason: Literal["copy", "hidden_ad", "contact", "other"]
    """`copy`: somebody else's. `hidden_ad`: it sells, and does not say so. `contact`: it leads
    readers away from the platform. `other`: what the words say."""
    words: str = Field(default="", max_length=MAX_WORDS_CHARS)
    """The reader's; needed for `other`."""


class AskedProofFile(_Asked):
    """A file: exactly one of `data` and `path`. A URL is refused; nothing is ever fetched."""

    name: str = Field(min_length=1, max_length=MAX_LINK_CHARS)
    """As the author calls it; a path before it is left out."""
    data: str | None = None
    """The file as base64 (RFC 4648, with padding)."""
    path: Annotated[str, Field(min_length=1, max_length=MAX_LINK_CHARS)] | None = None
    """Relative path below the media folder of the service."""

    @model_validator(mode="after")
    def _given_once(self) -> AskedProofFile:
        if (self.data is None) == (self.path is None):
            raise ValueError("needs exactly one of `data` and `path`")
        return self

    def read(self, root: Path | None, pointer: str) -> bytes:
        """Its bytes.

        Raises:
            Refused: it is not there, no base64, or too large.
        """
        if self.data is not None:
            return media.decoded(self.data, f"{pointer}/data", most=MOST_FILE_BYTES)
        return media.read_inside(root, self.path or "", f"{pointer}/path", most=MOST_FILE_BYTES)


class AskedProof(_Asked):
    """What an author sends with an appeal: exactly one of `file` and `link`."""

    author_id: Id
    """Who appeals."""
    file: AskedProofFile | None = None
    """At most 50 MB; its digest and facts are kept, it is not."""
    link: str | None = Field(default=None, max_length=MOST_LINK_CHARS)
    """An earlier publication, as `https://…`; kept as text, never opened."""

    @model_validator(mode="after")
    def _one_at_a_time(self) -> AskedProof:
        if (self.file is None) == (self.link is None):
            raise ValueError("needs exactly one of `file` and `link`")
        return self


def _kind(value: object) -> object:
    """A kind of findings by its word, which strict JSON would not take for one."""
    return FindingKind(value) if isinstance(value, str) else value


class AskedFirst(_Asked):
    """Who showed the work first, as the appeal has proven."""

    author_id: Id
    at: Time
    """Date that the proof shows."""
    proof: str = Field(default="", max_length=MOST_REASON_CHARS)


class AskedRuling(_Asked):
    """What a person decides about an appeal."""

    state: Literal["upheld", "overturned"]
    """`upheld`: the verdict stands."""
    by: Id
    """Who decides."""
    reason: str = Field(default="", max_length=MOST_REASON_CHARS)
    """Why, in a sentence, without quoting the note."""
    findings: Annotated[
        list[Annotated[FindingKind, BeforeValidator(_kind)]], Field(max_length=len(FindingKind))
    ] = []
    """Kinds of findings that are not so; empty for all that the verdict rests on."""
    first: AskedFirst | None = None
    """The match is right, and this author was first."""
    licensed: bool = False
    """The match is right, and who appeals holds a licence."""
    proof: str = Field(default="", max_length=MOST_REASON_CHARS)
    """Reference of the licence."""


def _refused(refused: Refused) -> PydanticCustomError:
    return PydanticCustomError(
        "refused",
        "{message}",
        {"message": refused.message, "code": refused.code, "hint": refused.hint},
    )
