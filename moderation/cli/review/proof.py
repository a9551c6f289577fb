"""`moderation review proof`: what an author sends with an appeal that waits."""

from __future__ import annotations

import stat
from pathlib import Path
from typing import TYPE_CHECKING

import click

from moderation.cli.options import WrongValue, register_option, speaking
from moderation.cli.review.appeal_number import appeal_number
from moderation.cli.screen import Screen

if TYPE_CHECKING:
    from moderation.store import Proof


@click.command()
@click.argument("appeal")
@click.argument("files", nargs=-1, type=click.Path(path_type=Path), metavar="[FILE]...")
@register_option
@click.option(
    "--link",
    "links",
    multiple=True,
    metavar="URL",
    help="An earlier publication, kept as text and never opened; may be given again.",
)
@speaking
def command(
    screen: Screen, appeal: str, files: tuple[Path, ...], register: str, links: tuple[str, ...]
) -> None:
    """Add an author's proof to APPEAL, as a_7.

    A FILE is a camera file, a larger original, a layered file. Its digest is kept and what it
    says: of a picture size, date and camera, and whether it shows the disputed pictures and with
    how many pixels. The file itself is not kept, and the small picture that people see goes when
    the appeal is decided. A link is text. Up to 8 proofs an appeal, each file up to 50 MB; the
    same one again changes nothing.

    With --json: `{"appeal_id", "proofs": [{"proof_id", "kind", "name", "at", "sha256", "bytes",
    "facts": {...}}]}`, those that were given.
    """
    from moderation.cli.proof_words import proof_lines
    from moderation.gate.rights.proofs import add_file, add_link
    from moderation.store import Register

    number = appeal_number(appeal)
    if not files and not links:
        raise WrongValue("no proof is given", hint="give a FILE, or `--link URL`")
    read = [(path.name, _read(path)) for path in files]
    given: list[Proof] = []
    with Register.open(register, create=False) as opened:
        for name, data in read:
            given.append(add_file(opened, number, name, data)[0])
        for link in links:
            given.append(add_link(opened, number, link)[0])
    screen.json({"appeal_id": f"a_{number}", "proofs": [proof.to_json() for proof in given]})
    for proof in given:
        for line in proof_lines(proof, screen.lang):
            screen.say(line)


def _read(path: Path) -> bytes:
    """The whole file, no more than is taken.

    Raises:
        ImageTooLarge: it has more.
        WrongValue: it is no file that can be read.
    """
    from moderation.gate.rights.proof_files import MOST_FILE_BYTES
    from moderation.gate.rights.proofs import refuse_large

    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # a pipe or device might never end
            raise WrongValue(f"`{path.name:.80}` is not a regular file", hint="give a file")
        refuse_large(status.st_size)
        with path.open("rb") as file:
            data = file.read(MOST_FILE_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise WrongValue(
            f"cannot read `{path.name:.80}`: {reason.lower()}", hint="check the path"
        ) from error
    refuse_large(len(data))
    return data
