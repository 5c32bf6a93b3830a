"""The plan: one edit for each mention, as the profile asks."""

from __future__ import annotations

from collections.abc import Sequence

from sekisho.documents.document import Document, Span
from sekisho.errors import ReleaseError
from sekisho.release.edits import Edit
from sekisho.release.profile import Profile
from sekisho.release.transforms import (
    Derive,
    Extending,
    Mention,
    Transform,
    TransformContext,
    create,
)

__all__ = ["Mention", "kept", "plan"]

#: What replaces an identifier that its own action cannot replace.
_FALLBACK = "tag"


def _ordered(document: Document, mentions: Sequence[Mention]) -> tuple[Mention, ...]:
    ordered = tuple(sorted(mentions, key=lambda mention: (mention.span.start, mention.span.end)))
    before = 0
    for mention in ordered:
        span = mention.span
        if span.start < before:
            raise ReleaseError("two mentions overlap; they must be merged before they are planned")
        if document.text[span.start : span.end] != mention.surface:
            raise ReleaseError("a mention does not stand where its span says")
        before = span.end
    return ordered


def _widened(transform: Transform, span: Span, document: Document, limit: int) -> Span:
    """The stretch to replace, never reaching into the next mention."""
    if not isinstance(transform, Extending):
        return span
    wide = transform.extent(span, document)
    return wide if wide.start == span.start and span.end <= wide.end <= limit else span


def plan(
    document: Document, mentions: Sequence[Mention], profile: Profile, derive: Derive
) -> tuple[Edit, ...]:
    """The edits that release ``document``, sorted and free of overlap.

    A mention that the profile keeps, or that is already as coarse as the profile asks, has no
    edit. A transform that cannot replace a surface, or gives the surface back without the right
    to keep it, is overruled by a tag.

    Raises ``ReleaseError`` when mentions overlap or are out of place, when the profile has no
    rule for a category, and when not even a tag differs from what it should hide.
    """
    ordered = _ordered(document, mentions)
    context = TransformContext(document, ordered, derive, profile.language, profile.numbering)
    transforms: dict[str, Transform] = {}
    fallback = create(_FALLBACK, context, {})
    limits = [*(mention.span.start for mention in ordered[1:]), len(document.text)]
    edits: list[Edit] = []
    for mention, limit in zip(ordered, limits[: len(ordered)], strict=True):
        span, category = mention.span, mention.span.category
        rule = profile.rule(category)
        transform = transforms.get(category)
        if transform is None:
            transform = transforms[category] = create(rule.action, context, rule.options)
        wide, action = _widened(transform, span, document, limit), rule.action
        try:
            replacement = transform.replace(wide, document)
        except ReleaseError:
            replacement = None
        surface = document.text[wide.start : wide.end]
        if replacement == surface and getattr(transform, "may_keep", False):
            continue
        if replacement is None or replacement == surface:
            wide, action = span, _FALLBACK
            replacement = fallback.replace(span, document)
        if replacement == mention.surface:
            raise ReleaseError(f"a {category} looks like its own replacement")
        edits.append(Edit(wide.start, wide.end, replacement, category, action))
    return tuple(edits)


def kept(mentions: Sequence[Mention], edits: Sequence[Edit]) -> tuple[Mention, ...]:
    """The mentions that no edit touches, in order of place: what the profile lets stay."""
    edited = {edit.start for edit in edits}
    ordered = sorted(mentions, key=lambda mention: mention.span.start)
    return tuple(mention for mention in ordered if mention.span.start not in edited)
