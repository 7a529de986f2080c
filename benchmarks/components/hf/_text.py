"""The text of the family: sentences from Python's manual, and vocabularies trained on them.

Nothing is downloaded, so the results do not apply to BERT's own vocabulary: this one has 2000 pieces from one manual.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from perfsuite.host.data import made

PIECES = 2000  # in each vocabulary
WORDS = range(5, 41)  # in a sentence
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]  # ids 0 to 4, as the models expect them


def sentences() -> Path:
    """The folder with ``sentences.txt``: plain English sentences in ASCII, one per line."""
    return made("hf-sentences", 1, _write)


def vocabulary() -> Path:
    """The folder with ``sentences.txt`` and the vocabularies trained on it.

    ``bert.json`` is a complete tokenizer like BERT's, ``vocab.txt`` has its pieces, one per line. ``wordpiece.json``,
    ``bpe.json`` and ``unigram.json`` are three vocabularies of the same size for the same words, with spaces marked.

    Raises:
        NotImplementedError: the package ``tokenizers`` is not installed.
    """
    return made("hf-vocabulary", 1, _train)


def chosen(folder: str, which: Any) -> list[str]:
    """The sentences with these indices."""
    lines = lines_of(Path(folder))
    return [lines[number] for number in which.tolist()]


def lines_of(folder: Path) -> list[str]:
    """All sentences of a folder."""
    return (folder / "sentences.txt").read_text(encoding="ascii").splitlines()


def draw(folder: Path, count: int, generator: Any) -> Any:
    """The indices of ``count`` sentences, uniformly at random."""
    import torch

    return torch.randint(len(lines_of(folder)), (count,), generator=generator)


def _write(folder: Path) -> None:
    from pydoc_data.topics import topics

    found = dict.fromkeys(itertools.chain.from_iterable(_split(topics[name]) for name in sorted(topics)))
    (folder / "sentences.txt").write_text("".join(f"{line}\n" for line in found), encoding="ascii")


def _split(topic: str) -> Iterator[str]:
    """The plain sentences of a topic, without headings, tables, grammar, code or quoted names."""
    for paragraph in topic.split("\n\n"):
        text = " ".join(paragraph.replace('"', "").replace("*", "").split())
        for sentence in re.findall(r"[A-Z][^.:;!?]*\.(?= |$)", text):
            plain = re.fullmatch(r"[A-Za-z ,.'()-]+", sentence)
            if plain and len(sentence.split()) in WORDS:
                yield sentence


def _train(folder: Path) -> None:
    try:
        from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers
    except ModuleNotFoundError as missing:
        raise NotImplementedError("needs tokenizers") from missing

    lines = lines_of(sentences())
    (folder / "sentences.txt").write_text("".join(f"{line}\n" for line in lines), encoding="ascii")
    quiet: dict[str, Any] = {"show_progress": False, "vocab_size": PIECES}

    bert = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    bert.normalizer = normalizers.BertNormalizer()
    bert.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    bert.train_from_iterator(lines, trainers.WordPieceTrainer(special_tokens=SPECIAL, **quiet))
    bert.post_processor = processors.TemplateProcessing("[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    bert.save(str(folder / "bert.json"))
    pieces = sorted(bert.get_vocab().items(), key=lambda piece: piece[1])
    (folder / "vocab.txt").write_text("".join(f"{piece}\n" for piece, _ in pieces), encoding="ascii")

    unknown: dict[str, Any] = {"special_tokens": ["[UNK]"], **quiet}
    for name, model, trainer in (
        ("wordpiece", models.WordPiece(unk_token="[UNK]"), trainers.WordPieceTrainer(**unknown)),
        ("bpe", models.BPE(unk_token="[UNK]"), trainers.BpeTrainer(**unknown)),
        ("unigram", models.Unigram(), trainers.UnigramTrainer(unk_token="[UNK]", **unknown)),
    ):
        tokenizer = Tokenizer(model)
        tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
        tokenizer.train_from_iterator(lines, trainer)
        tokenizer.save(str(folder / f"{name}.json"))
