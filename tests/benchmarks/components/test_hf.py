"""Hugging Face's libraries: no network, the same answers by hand, what the models are, and the rows' mistakes."""

from __future__ import annotations

import importlib
import math
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode
from variants import prepared_or_skipped as prepared
from variants import some

from benchmarks.components.hf import _models, _text, padding
from perfsuite.model.component import Case
from perfsuite.project import catalogue
from perfsuite.proving import gate
from perfsuite.workers import variables

ROOT = Path(__file__).resolve().parents[3]
FAMILY = [name for name in catalogue.components() if name.startswith("hf.")]
SHAPES: dict[str, Case] = {
    "hf.wordpiece": Case("other", {"sentences": 7}, dtype="int64"),
    "hf.subwords": Case("other", {"sentences": 7}, dtype="uint8"),
    "hf.forward": Case("other", {"size": _models.TINY, "batch": 2, "tokens": 5}),
    "hf.pipeline": Case("other", {"sentences": 9}),
    "hf.generate": Case("other", {"prompt": 3, "new": 9}, dtype="int64"),
    "hf.finetune": Case("other", {"steps": 3}),
    "hf.padding": Case("other", {"texts": 13, "even": False}),
    "hf.quantised": Case("other", {"tokens": 5}),
    "hf.pruned": Case("other", {"percent": 95}),
    "hf.lora": Case("other", {"tokens": 5}),
    "hf.map": Case("other", {"rows": 7}, dtype="int64"),
}


@pytest.fixture(autouse=True)
def as_in_a_worker(monkeypatch: pytest.MonkeyPatch):
    for name in ("HF_HUB_OFFLINE", "TOKENIZERS_PARALLELISM"):
        monkeypatch.setenv(name, variables.SETTINGS[name])


def variants(*names: str) -> list:
    return [
        pytest.param(name, variant.name, id=f"{name}-{variant.name}")
        for name in names
        for variant in catalogue.variants(name)
    ]


def answer(component: str, variant: str, *inputs: Any) -> Any:
    made = prepared(component, variant, inputs)
    try:
        return made()
    finally:
        made.close()


@pytest.mark.parametrize(("component", "variant"), variants(*FAMILY))
def test_every_variant_is_right_on_other_shapes_and_when_its_inputs_change_in_place(component: str, variant: str):
    truths = [gate.truth(catalogue.component(component), SHAPES[component], seed) for seed in range(2)]
    inputs = gate.copy(truths[0].inputs, "cpu")
    made = prepared(component, variant, inputs)
    try:
        gate.prove(made, inputs, truths)
    finally:
        made.close()


# -- no network, and no library where it is not asked for --------------------------------------------------------------

GUARDED = """
import importlib, os, socket, sys, warnings
warnings.simplefilter("ignore")
tried = []

def refuse(*address, **how):
    tried.append(address)
    raise OSError("no network here")

socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = socket.create_connection = refuse
sys.path[:0] = ["tests", "tests/benchmarks/components"]

from perfsuite.project import catalogue
from perfsuite.measuring import prepared as preparing
from perfsuite.proving import gate
for name in catalogue.components():
    importlib.import_module("impls." + name)
heavy = {"transformers", "tokenizers", "accelerate", "datasets"}
print("loaded:", *heavy & set(sys.modules))

import torch
from test_hf import FAMILY, SHAPES
torch.set_num_threads(1)
os.environ.pop("HF_HUB_OFFLINE", None)
for name in FAMILY:
    inputs = gate.truth(catalogue.component(name), SHAPES[name], 0).inputs
    for variant in catalogue.variants(name):
        if preparing.missing(variant.needs, "eager", "cpu"):
            continue
        made = preparing.prepare(getattr(importlib.import_module("impls." + name), variant.name), "eager", inputs)
        made()
        made.close()
print("offline:", importlib.import_module("huggingface_hub.constants").HF_HUB_OFFLINE)
print("tried:", *tried)

import huggingface_hub
try:
    huggingface_hub.model_info("bert-base-uncased")
except Exception:
    pass
print("asked:", bool(tried))
"""


def test_nothing_of_the_family_asks_the_network_and_no_other_family_loads_its_libraries(tmp_path: Path):
    """The hub is allowed here, so that what would ask it is seen; the last lines show that the guard sees it."""
    environment = {**os.environ, "HF_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", GUARDED], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    said = dict(line.split(":", 1) for line in done.stdout.splitlines() if ":" in line)
    assert said["loaded"].strip() == "", "importing the contestants is enough to load them"
    assert said["offline"].strip() == "False" and said["tried"].strip() == ""
    assert said["asked"].strip() == "True", "the guard saw nothing"


def test_in_a_worker_the_hub_is_off_before_anything_is_imported():
    assert variables.inherited()["HF_HUB_OFFLINE"] == "1"
    assert variables.inherited()["TOKENIZERS_PARALLELISM"] == "false"


# -- the text ----------------------------------------------------------------------------------------------------------


def test_the_text_is_plain_and_the_same_whenever_it_is_made(tmp_path: Path):
    _text._write(tmp_path)
    again = (tmp_path / "sentences.txt").read_bytes()
    assert again == (_text.sentences() / "sentences.txt").read_bytes() and again.isascii()
    lines = _text.lines_of(tmp_path)
    assert len(lines) > 1000 and len(set(lines)) == len(lines)
    assert all(len(line.split()) in _text.WORDS and line[0].isupper() and line[-1] == "." for line in lines)


def test_the_lengths_that_the_work_is_counted_with_are_about_those_of_the_text():
    truth = gate.truth(*some("hf.wordpiece", "128"), 0)
    lines = _text.lines_of(_text.sentences())
    letters, words = (sum(map(count, lines)) / len(lines) for count in (len, lambda line: len(line.split())))
    from benchmarks.components.hf import map as rows
    from benchmarks.components.hf import pipeline, subwords, wordpiece

    for module in (wordpiece, subwords, rows):
        assert abs(module.LETTERS / letters - 1) < 0.15
    assert abs(rows.WORDS / words - 1) < 0.15
    assert truth.expected[1].sum() / 128 == pytest.approx(pipeline.TOKENS, rel=0.15)


def test_a_vocabulary_has_its_pieces_and_numbers_go_back_to_words():
    """HF-01: the numbers of a sentence decode to its words in lower case."""
    tokenizers = pytest.importorskip("tokenizers")
    folder = _text.vocabulary()
    bert = tokenizers.Tokenizer.from_file(str(folder / "bert.json"))
    assert bert.get_vocab_size() == _text.PIECES
    assert [bert.token_to_id(piece) for piece in _text.SPECIAL] == [0, 1, 2, 3, 4]
    bert.decoder = tokenizers.decoders.WordPiece()
    for line in _text.lines_of(folder)[:50]:
        back = bert.decode(bert.encode(line).ids)
        assert "".join(back.split()) == "".join(line.lower().split())
    pieces = (folder / "vocab.txt").read_text().splitlines()
    assert len(pieces) == _text.PIECES and pieces[:5] == _text.SPECIAL
    for name in ("wordpiece", "bpe", "unigram"):
        assert tokenizers.Tokenizer.from_file(str(folder / f"{name}.json")).get_vocab_size() == _text.PIECES


def test_pieces_by_hand():
    from impls.hf._text import cut, encode

    vocabulary = {"un": 10, "##aff": 11, "##able": 12, "##a": 13, "a": 14, ",": 15}
    assert cut("unaffable", vocabulary) == [10, 11, 12]
    assert cut("unaf", vocabulary) == [1], "a word that cannot be cut to its end is unknown as a whole"
    assert encode("A, un", lambda word: cut(word, vocabulary)) == [2, 14, 15, 10, 3]


def test_by_hand_knows_ascii_alone():
    """What the ladder's first rung does more: an accent is dropped by the library, and no letter of the rule's."""
    from impls.hf._text import PARTS

    assert PARTS.findall("café au lait") == ["caf", "é", "au", "lait"]
    tokenizers = pytest.importorskip("tokenizers")
    bert = tokenizers.Tokenizer.from_file(str(_text.vocabulary() / "bert.json"))
    assert bert.encode("café").ids == bert.encode("cafe").ids


@pytest.mark.parametrize("before", [None, "true", "false"])
def test_how_many_cores_a_tokenizer_may_use_is_put_back(before: str | None, monkeypatch: pytest.MonkeyPatch):
    if before is None:
        monkeypatch.delenv("TOKENIZERS_PARALLELISM")
    else:
        monkeypatch.setenv("TOKENIZERS_PARALLELISM", before)
    inputs = gate.truth(catalogue.component("hf.wordpiece"), SHAPES["hf.wordpiece"], 0).inputs
    for variant in ("rust_parallel", "rust_batch", "library_batch"):
        answer("hf.wordpiece", variant, *inputs)
        assert os.environ.get("TOKENIZERS_PARALLELISM") == before


# -- the models --------------------------------------------------------------------------------------------------------

GPT2 = {"words": 50257, "positions": 1024, "width": 768, "inner": 3072, "layers": 12, "heads": 12}


def test_the_numbers_of_the_named_models():
    """HF-02, HF-04: DistilBERT 66.4 million, BERT 109.5 and GPT-2 124.4, whose words are embedded both ways."""
    assert _models.numbers(_models.encoder(_models.DISTILBERT)) == 66_362_880
    twelve = {**_models.DISTILBERT, "layers": 12}  # BERT's, but for its two kinds of tokens and its pooler
    assert _models.numbers(_models.encoder(twelve)) + 2 * 768 + 768 * 769 == 109_482_240
    assert _models.numbers(_models.decoder(GPT2)) == 124_439_808


def test_the_library_has_the_same_parameters_in_the_same_order():
    transformers = pytest.importorskip("transformers")
    with torch.device("meta"):
        distilbert = transformers.DistilBertModel(transformers.DistilBertConfig())
        gpt2 = transformers.GPT2LMHeadModel(transformers.GPT2Config())
    for model, ours in ((distilbert, _models.encoder(_models.DISTILBERT)), (gpt2, _models.decoder(GPT2))):
        assert [tuple(p.shape) for p in model.parameters()] == [shape for shape, _, _ in ours]


def test_the_library_takes_the_weights_without_a_copy():
    pytest.importorskip("transformers")
    from impls.hf import _distilbert, _gpt2

    _, weights, heads = gate.truth(*some("hf.forward", "1x8"), 0).inputs
    model = _distilbert.library(weights, heads)
    assert [p.data_ptr() for p in model.parameters()] == [w.data_ptr() for w in weights]
    _, weights, heads, _ = gate.truth(catalogue.component("hf.generate"), SHAPES["hf.generate"], 0).inputs
    model = _gpt2.library(weights, heads)
    assert [p.data_ptr() for p in model.parameters()] == [w.data_ptr() for w in weights]


@pytest.mark.parametrize("padded", [False, True])
def test_eager_attention_equals_sdpa(padded: bool):
    """HF-02: within 1e-5, with and without padding."""
    pytest.importorskip("transformers")
    from impls.hf._distilbert import library

    _, mask, _, weights, heads = gate.truth(catalogue.component("hf.finetune"), SHAPES["hf.finetune"], 0).inputs
    ids = torch.randint(5, 2000, mask.shape, generator=torch.Generator().manual_seed(0))
    mask = mask if padded else torch.ones_like(mask)
    eager, sdpa = (library(weights, heads, kind)(ids, mask).logits for kind in ("eager", "sdpa"))
    assert (eager - sdpa).abs().max() < 1e-5
    assert padded == bool((sdpa - library(weights, heads)(ids).logits).abs().max() > 1e-5), "padding must be masked"


def test_a_pass_with_gradients_keeps_what_a_pass_without_frees():
    ids, weights, heads = gate.truth(*some("hf.forward", "1x8"), 0).inputs
    assert answer("hf.forward", "sdpa", ids, weights, heads).requires_grad
    assert answer("hf.forward", "inference_mode", ids, weights, heads).is_inference()


@pytest.mark.parametrize("case", ["4+46", "200+16"])
def test_what_is_generated_is_no_repetition_and_has_the_length_asked_for(case: str):
    """HF-04: the source's 50 are its prompt of 4 and 46; a drawn model with large embeddings would repeat one word."""
    prompt, weights, heads, new = gate.truth(*some("hf.generate", case), 0).inputs
    text = answer("hf.generate", "functions", prompt, weights, heads, new)
    assert text.shape[1] == prompt.shape[1] + new == sum(map(int, case.split("+")))
    words = text[0, prompt.shape[1] :]
    assert len(words.unique()) > new / 2
    other = answer("hf.generate", "functions", prompt.flip(1), weights, heads, new)[0, prompt.shape[1] :]
    assert (words != other).sum() > new / 2, "what comes depends on what was before"


def test_dynamic_and_no_cache_choose_the_same_words():
    inputs = gate.truth(catalogue.component("hf.generate"), SHAPES["hf.generate"], 1).inputs
    with_cache, without = (answer("hf.generate", name, *inputs) for name in ("generate", "no_cache"))
    assert torch.equal(with_cache, without)


# -- fine-tuning -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(3))
def test_the_first_loss_is_near_that_of_guessing(seed: int):
    """HF-05: ln 2 = 0.6931, whatever the model, as long as its head is near 0; the source printed 0.667500."""
    losses = gate.truth(*some("hf.finetune", "2"), seed).expected
    assert len(losses) == 3
    assert float(losses[0]) == pytest.approx(math.log(2), abs=0.15)


def test_training_lowers_the_loss_of_what_was_trained_on():
    for seed in range(3):
        losses = gate.truth(*some("hf.finetune", "8"), seed).expected
        assert losses[-1] < losses[0]


def test_the_trainer_is_the_plain_loop_with_dropout_too(tmp_path: Path):
    """HF-05: the same seed gives the same losses, to a millionth: the trainer draws nothing that the loop does not."""
    pytest.importorskip("accelerate")
    transformers = pytest.importorskip("transformers")
    from impls.hf._distilbert import library

    ids, mask, labels, weights, heads = gate.truth(*some("hf.finetune", "8"), 0).inputs
    rows = [{"input_ids": i, "attention_mask": m, "labels": y} for i, m, y in zip(ids, mask, labels, strict=True)]
    losses: dict[str, list[float]] = {"trainer": [], "loop": []}

    class Kept(transformers.Trainer):
        def training_step(self, *arguments):
            loss = super().training_step(*arguments)
            losses["trainer"].append(loss.item())
            return loss

    arguments = transformers.TrainingArguments(
        output_dir=str(tmp_path),
        per_device_train_batch_size=2,
        num_train_epochs=1,
        train_sampling_strategy="sequential",
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        dataloader_pin_memory=False,
        use_cpu=True,
        seed=7,
    )
    model = library([w.clone() for w in weights], heads, dropout=0.1)
    Kept(model, arguments, train_dataset=rows).train()

    torch.manual_seed(7)
    model = library([w.clone() for w in weights], heads, dropout=0.1).train()
    torch.manual_seed(7)
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-5, weight_decay=0.0)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 - step / 8)
    for batch in torch.utils.data.DataLoader(rows, 2):
        loss = model(**batch).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        losses["loop"].append(loss.item())
    assert losses["trainer"] == pytest.approx(losses["loop"], rel=1e-5)
    without = gate.truth(*some("hf.finetune", "8"), 0).expected
    assert losses["loop"][0] != pytest.approx(float(without[0]), rel=1e-4), "dropout must do something"


# -- padding, bits, adapters -------------------------------------------------------------------------------------------


def words_computed(lengths: list[int], how: str) -> int:
    batches = [lengths[start : start + 8] for start in range(0, len(lengths), 8)]
    return sum(len(batch) * (128 if how == "maximum" else max(batch)) for batch in batches)


def test_how_much_is_padding():
    """HF-06: four fifths of 32 texts at 128 words, some half of them by batches, and less if they are sorted."""
    lengths = gate.truth(*some("hf.padding", "32"), 0).inputs[1].tolist()
    assert sorted(lengths) == padding.lengths(some("hf.padding", "32")[1])
    real = sum(lengths)
    maximum, longest = (1 - real / words_computed(lengths, how) for how in ("maximum", "longest"))
    assert 0.75 < maximum < 0.85 and 0.4 < longest < 0.7
    assert 1 - real / words_computed(sorted(lengths), "longest") < longest - 0.1
    assert len(set(padding.lengths(some("hf.padding", "32-even")[1]))) == 1


def test_padding_that_is_not_masked_changes_the_answer():
    truth = gate.truth(catalogue.component("hf.padding"), SHAPES["hf.padding"], 0)
    with pytest.raises(gate.Wrong):
        gate.match(unmasked(*truth.inputs), truth)


def unmasked(ids: torch.Tensor, lengths: torch.Tensor, weights: list, heads: int) -> torch.Tensor:
    from impls.hf._distilbert import logits

    texts = torch.nn.utils.rnn.pad_sequence(list(ids.split(lengths.tolist())), batch_first=True)
    return logits(weights, heads, texts)


def test_fewer_bits_are_fewer_bytes_and_another_answer():
    """HF-07."""
    x, *weights = gate.truth(*some("hf.quantised", "1"), 0).inputs
    whole = answer("hf.quantised", "float32", x, *weights)
    far = {
        name: float((answer("hf.quantised", name, x, *weights) - whole).abs().max())
        for name in ("bfloat16", "dequantised", "whole_numbers", "dynamic_int8")
    }
    assert all(error > 1e-4 for error in far.values()), far
    assert far["dynamic_int8"] > far["whole_numbers"] > far["dequantised"]
    assert weights[0].nbytes == 4 * weights[0].to(torch.int8).nbytes == 2 * weights[0].bfloat16().nbytes


@pytest.mark.filterwarnings("ignore:Sparse CSR tensor support")  # said once in a process, to whoever comes first
def test_a_pruned_layer_keeps_its_dense_product_and_another_layout_does_not():
    """HF-07: nine of ten weights are 0, and the counter still sees all of them multiplied."""
    component, case = some("hf.pruned", "90-percent")
    x, w, b = gate.truth(component, case, 0).inputs
    kept = int((w != 0).sum())
    assert kept == pytest.approx(w.numel() / 10, rel=1e-4)
    assert component.flops(case) == pytest.approx(2 * len(x) * kept, rel=1e-4)
    with FlopCounterMode(display=False) as counted:
        answer("hf.pruned", "permanent", x, w, b)
    assert counted.get_total_flops() == 2 * len(x) * w.numel()
    assert w.to_sparse_csr().values().numel() == kept


def test_adapters_are_a_fiftieth_of_what_they_stand_beside():
    """HF-07: two numbers of state for each one that is trained, so as much is saved of an optimizer's memory."""
    *_, ws, as_, bs = gate.truth(*some("hf.lora", "16"), 0).inputs
    share = sum(t.numel() for t in (*as_, *bs)) / sum(w.numel() for w in ws)
    assert share == 2 * 8 / 768 and share < 0.0209


def flops_of(variant: str) -> int:
    inputs = gate.truth(*some("hf.lora", "16"), 0).inputs
    with FlopCounterMode(display=False) as counted:
        answer("hf.lora", variant, *inputs)
    return int(counted.get_total_flops())


def test_what_freezing_saves_is_a_third_of_the_arithmetic():
    component, case = some("hf.lora", "16")
    assert flops_of("adapters") == component.flops(case)
    product = 2 * 16 * 768 * 768
    assert flops_of("everything") == component.flops(case) + 4 * product
    assert flops_of("merged") > flops_of("adapters") + 4 * product, "it forms the large gradients on the way"


# -- work --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", ["1x8", "1x512", "8x128-bf16"])
def test_the_arithmetic_of_the_encoder_is_what_the_counter_counts(case: str):
    component, found = some("hf.forward", case)
    ids, weights, heads = gate.truth(component, found, 0).inputs
    with FlopCounterMode(display=False) as counted:
        answer("hf.forward", "functions", ids, weights, heads)
    assert counted.get_total_flops() == component.flops(found)


def test_the_arithmetic_of_padded_texts_is_that_of_the_words_that_are_there():
    component, case = some("hf.padding", "32-even")
    inputs = gate.truth(component, case, 0).inputs
    with FlopCounterMode(display=False) as counted:
        answer("hf.padding", "one_by_one", *inputs)
    assert counted.get_total_flops() == component.flops(case)


@pytest.mark.parametrize(
    ("name", "case", "flops", "moved"),
    [
        ("wordpiece", "4", 0, 4 * (91 + 64 * 16)),
        ("subwords", "128", 0, 128 * 182),
        ("forward", "1x8", 2 * (8 * 393_216 + 8 * 4 * 8 * 128), 4 * (396_800 + 3 * 8 * 128) + 64),
        ("quantised", "1", 4 * 768 * 3072, 2 * 768 * 3072 + 4 * 3840 + 8 * 768),
        ("map", "4", 0, 4 * (91 + 15 * 8 + 8)),
    ],
)
def test_the_work_by_hand(name: str, case: str, flops: int, moved: int):
    component, found = some(f"hf.{name}", case)
    assert (component.flops(found), component.bytes(found)) == (flops, moved)


@pytest.mark.parametrize("name", FAMILY)
def test_the_names_in_a_component_are_variants(name: str):
    component = catalogue.component(name)
    names = {variant.name for variant in catalogue.variants(name)}
    assert {component.baseline, *component.work, *component.compiled, *component.graphed} <= names


# -- mistakes ----------------------------------------------------------------------------------------------------------


def edited(component: str, variant: str, edit: Callable[..., tuple[Any, ...]]) -> Callable[..., Any]:
    """The variant on other inputs."""
    return lambda *inputs: answer(component, variant, *edit(*inputs))


def rule(change: Callable[[list[int]], list[int]], lower: bool = True) -> Callable[..., Any]:
    """WordPiece by hand with a change."""

    def run(folder: str, which: torch.Tensor) -> Any:
        from impls.hf._text import cut, encode, padded, pieces

        vocabulary = pieces(folder)
        texts = _text.chosen(folder, which)
        parts = [encode(text, lambda word: cut(word, vocabulary)) for text in texts]
        if not lower:
            parts = [[2, *(n for word in text.split() for n in cut(word, vocabulary)), 3] for text in texts]
        return padded([change(row) for row in parts], 64)

    return run


def trained(**changed: float) -> Callable[..., Any]:
    """Fine-tuning in functions with other constants."""

    def run(*inputs: Any) -> Any:
        module = importlib.import_module("impls.hf.finetune")
        kept = {name: getattr(module, name) for name in changed}
        try:
            for name, value in changed.items():
                setattr(module, name, value)
            return module.functions(*inputs)
        finally:
            for name, value in kept.items():
                setattr(module, name, value)

    return run


def constant_rate(ids: torch.Tensor, mask: torch.Tensor, labels: torch.Tensor, weights: list, heads: int) -> Any:
    module = importlib.import_module("impls.hf.finetune")
    kept = module._optimizer

    def constant(parameters: list, steps: int) -> Any:
        optimizer, _ = kept(parameters, steps)
        return optimizer, torch.optim.lr_scheduler.ConstantLR(optimizer, 1.0)

    module._optimizer = constant
    try:
        return module.functions(ids, mask, labels, weights, heads)
    finally:
        module._optimizer = kept


MISTAKES: dict[str, dict[str, Callable[..., Any]]] = {
    "hf.wordpiece": {
        "no marks at the ends": rule(lambda row: row[1:-1]),
        "capitals stay, punctuation sticks": rule(lambda row: row, lower=False),
        "padding counts as text": lambda *inputs: all_text(answer("hf.wordpiece", "by_hand", *inputs)[0]),
        "another sentence": edited("hf.wordpiece", "by_hand", lambda folder, which: (folder, which.roll(1))),
    },
    "hf.subwords": {
        "in lower case": lambda *inputs: lowered(answer("hf.subwords", "byte_values", *inputs)),
        "the last line feed is lost": lambda *inputs: answer("hf.subwords", "byte_values", *inputs)[:-1],
    },
    "hf.forward": {
        "one head": edited("hf.forward", "functions", lambda ids, weights, heads: (ids, weights, 1)),
        "a layer too few": edited("hf.forward", "functions", lambda ids, weights, heads: (ids, weights[:-16], heads)),
        "positions are left out": edited(
            "hf.forward", "functions", lambda ids, w, heads: (ids, [w[0], 0 * w[1], *w[2:]], heads)
        ),
    },
    "hf.pipeline": {
        "the classes the other way round": lambda *inputs: answer("hf.pipeline", "functions", *inputs).flip(1),
        "logits": lambda *inputs: answer("hf.pipeline", "functions", *inputs).log(),
    },
    "hf.generate": {
        "the prompt is forgotten": edited(
            "hf.generate", "functions", lambda prompt, w, heads, new: (prompt.flip(1), w, heads, new)
        ),
        "every token sees those after it": lambda *inputs: seeing_all(*inputs),
        "only the new words": lambda prompt, *rest: answer("hf.generate", "functions", prompt, *rest)[
            :, prompt.shape[1] :
        ],
    },
    "hf.finetune": {
        "no step is made": trained(RATE=0.0),
        "another rate": trained(RATE=1e-4),
        "the rate stays": constant_rate,
        "padding is read": edited(
            "hf.finetune", "functions", lambda ids, mask, *rest: (ids, torch.ones_like(mask), *rest)
        ),
        "labels swapped": edited(
            "hf.finetune", "functions", lambda ids, mask, labels, *rest: (ids, mask, 1 - labels, *rest)
        ),
    },
    "hf.padding": {
        "padding is not masked": unmasked,
        "sorted, and left so": lambda ids, lengths, *rest: answer("hf.padding", "packed", ids, lengths, *rest)[
            lengths.argsort()
        ],
    },
    "hf.quantised": {
        "four bits": lambda x, w1, b1, w2, b2: answer("hf.quantised", "float32", x, coarse(w1), b1, coarse(w2), b2),
        "no bias": lambda x, w1, b1, w2, b2: answer("hf.quantised", "float32", x, w1, 0 * b1, w2, 0 * b2),
    },
    "hf.pruned": {
        "more is pruned": lambda x, w, b: answer("hf.pruned", "permanent", x, w * (w.abs() > 1.1 * smallest(w)), b),
    },
    "hf.lora": {
        "the adapter is left out of the way back": lambda *inputs: severed(*inputs),
        "the halves swapped": lambda *inputs: answer("hf.lora", "adapters", *inputs)[::-1],
    },
    "hf.map": {
        "the order is lost": edited("hf.map", "comprehension", lambda folder, which: (folder, which.flip(0))),
        "capitals are ignored": lambda folder, which: lowered_words(folder, which),
    },
}


def all_text(ids: torch.Tensor) -> Any:
    return ids, torch.ones_like(ids)


def lowered(text: torch.Tensor) -> torch.Tensor:
    return torch.tensor(list(bytes(text.tolist()).lower()), dtype=torch.uint8)


def lowered_words(folder: str, which: torch.Tensor) -> Any:
    module = importlib.import_module("impls.hf.map")
    return module._joined([module._numbers(text.lower()) for text in _text.chosen(folder, which)])


def seeing_all(prompt: torch.Tensor, weights: list, heads: int, new: int) -> torch.Tensor:
    """Greedy generation in which the prompt's tokens see those after them."""
    attend = torch.nn.functional.scaled_dot_product_attention
    module = importlib.import_module("impls.hf._gpt2")

    class All:
        def __getattr__(self, name: str) -> Any:
            return getattr(torch.nn.functional, name)

        def scaled_dot_product_attention(self, q: Any, k: Any, v: Any, is_causal: bool) -> Any:
            return attend(q, k, v)

    kept, module.functional = module.functional, All()
    try:
        return answer("hf.generate", "functions", prompt, weights, heads, new)
    finally:
        module.functional = kept


def coarse(weight: torch.Tensor) -> torch.Tensor:
    """Weights in steps of a seventh of the largest: four bits."""
    step = weight.abs().amax(1, keepdim=True) / 7
    return (weight / step).round() * step


def smallest(weight: torch.Tensor) -> torch.Tensor:
    return weight.abs()[weight != 0].min()


def severed(x: torch.Tensor, slope: torch.Tensor, ws: list, as_: list, bs: list) -> Any:
    """Gradients in which a layer's input gets none through the adapter."""
    linear, gelu = torch.nn.functional.linear, torch.nn.functional.gelu
    as_, bs = ([t.clone().requires_grad_() for t in part] for part in (as_, bs))
    for w, a, b in zip(ws, as_, bs, strict=True):
        x = gelu(linear(x, w) + linear(linear(x.detach(), a), b))
    (x * slope).sum().backward()
    return [a.grad for a in as_], [b.grad for b in bs]


@pytest.mark.parametrize(
    ("name", "mistake"), [(name, mistake) for name, mistakes in MISTAKES.items() for mistake in mistakes]
)
def test_the_gate_knows_the_mistakes_of_the_family(name: str, mistake: str):
    truth = gate.truth(catalogue.component(name), SHAPES[name], 0)
    with pytest.raises(gate.Wrong):
        gate.match(MISTAKES[name][mistake](*gate.copy(truth.inputs, "cpu")), truth)
