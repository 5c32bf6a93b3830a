"""A command that is a group as well: ``sekisho extract TASK ...`` beside ``sekisho extract check``.

Whatever is none of the group's commands is given to one of them, which is not named.
"""

from __future__ import annotations

from typing import Any, ClassVar

from typer.core import TyperGroup

__all__ = ["DefaultGroup"]


class DefaultGroup(TyperGroup):
    """A group with a hidden command ``default`` that has all words but those of other commands."""

    default: ClassVar[str] = "run"

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the name of the default command before words that name none."""
        asks_for_help = bool(args) and args[0] in ctx.help_option_names
        if args and args[0] not in self.commands and not asks_for_help:
            args = [self.default, *args]
        return super().parse_args(ctx, args)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Show the default command, then the others."""
        command = self.commands[self.default]
        # It is called by the name of the group alone.
        context = type(ctx)(command, info_name=ctx.info_name, parent=ctx.parent)
        command.format_help(context, formatter)
        super().format_help(ctx, formatter)
