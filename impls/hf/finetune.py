"""Fine-tuning DistilBERT for two classes: a pass over texts in batches of 2, in order, by AdamW.

Each variant takes ``ids`` and ``mask`` of shape (texts, tokens) and ``labels`` (texts,), all int64, ``weights``, the
list of the model's parameters in the library's order, and the number of ``heads``. It trains a model of its own from
these weights on, with the trainer's defaults: rate 5e-5 that falls to 0 in a line, no decay, gradients clipped to 1;
there is no dropout. It returns the loss of each step and then that of the first batch again, (steps + 1,), float32.
"""

import tempfile

import torch
from torch.nn import functional
from torch.utils.data import DataLoader

from .._contract import needs, prepared
from ._distilbert import library, logits

BATCH, RATE, CLIP = 2, 5e-5, 1.0
Weights = list[torch.Tensor]


class _Run:
    """A model of its own, the data as dictionaries of views, and how each call begins and ends."""

    def __init__(self, ids, mask, labels, weights: Weights, heads: int) -> None:
        self.weights = weights
        self.model = library([tensor.clone() for tensor in weights], heads).train()
        rows = zip(ids, mask, labels, strict=True)
        self.data = [{"input_ids": i, "attention_mask": m, "labels": y} for i, m, y in rows]
        self.first = {"input_ids": ids[:BATCH], "attention_mask": mask[:BATCH], "labels": labels[:BATCH]}
        self.steps = len(self.data) // BATCH
        self.cuda = ids.is_cuda

    def begin(self) -> None:
        with torch.no_grad():
            torch._foreach_copy_(list(self.model.parameters()), self.weights)
        self.model.zero_grad()

    def end(self, losses: list[torch.Tensor]) -> torch.Tensor:
        with torch.no_grad():
            return torch.stack([*losses, self.model(**self.first).loss])


def _optimizer(parameters, steps: int):
    optimizer = torch.optim.AdamW(parameters, lr=RATE, weight_decay=0.0, fused=True)
    return optimizer, torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: 1 - step / steps)


@prepared
@needs("transformers", "accelerate")
def trainer(ids: torch.Tensor, mask: torch.Tensor, labels: torch.Tensor, weights: Weights, heads: int):
    """The library's trainer, which knows every option and asks for each of them in every step.

    HF-05. To make it, and to prepare a training, costs as much as several steps.
    """
    from transformers import Trainer, TrainingArguments

    training = _Run(ids, mask, labels, weights, heads)
    folder = tempfile.TemporaryDirectory()  # it wants one, and writes nothing

    class Kept(Trainer):
        def training_step(self, *arguments):
            loss = super().training_step(*arguments)
            losses.append(loss)
            return loss

    losses: list[torch.Tensor] = []

    def run() -> torch.Tensor:
        training.begin()
        losses.clear()
        arguments = TrainingArguments(
            output_dir=folder.name,
            per_device_train_batch_size=BATCH,
            num_train_epochs=1,
            learning_rate=RATE,
            max_grad_norm=CLIP,
            train_sampling_strategy="sequential",
            save_strategy="no",
            logging_strategy="no",
            report_to="none",
            disable_tqdm=True,
            dataloader_pin_memory=False,
            use_cpu=not training.cuda,
        )
        Kept(training.model, arguments, train_dataset=training.data).train()
        return training.end(losses)

    run.close = folder.cleanup
    return run


@prepared
@needs("transformers", "accelerate")
def accelerate(ids: torch.Tensor, mask: torch.Tensor, labels: torch.Tensor, weights: Weights, heads: int):
    """A loop of one's own whose parts are wrapped, so that it would also run on several devices.

    HF-05.
    """
    from accelerate import Accelerator
    from torch.utils.data import default_collate

    training = _Run(ids, mask, labels, weights, heads)

    def run() -> torch.Tensor:
        training.begin()
        accelerator = Accelerator(cpu=not training.cuda)
        loader = DataLoader(training.data, BATCH, collate_fn=default_collate)
        optimizer, schedule = _optimizer(training.model.parameters(), training.steps)
        model, optimizer, loader, schedule = accelerator.prepare(training.model, optimizer, loader, schedule)
        losses = []
        for batch in loader:
            loss = model(**batch).loss
            accelerator.backward(loss)
            accelerator.clip_grad_norm_(model.parameters(), CLIP)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
            losses.append(loss.detach())
        return training.end(losses)

    return run


@prepared
@needs("transformers")
def loop(ids: torch.Tensor, mask: torch.Tensor, labels: torch.Tensor, weights: Weights, heads: int):
    """The library's model in a plain loop: ten lines, and each of them can be read.

    HF-05.
    """
    training = _Run(ids, mask, labels, weights, heads)

    def run() -> torch.Tensor:
        training.begin()
        model = training.model
        optimizer, schedule = _optimizer(model.parameters(), training.steps)
        losses = []
        for batch in DataLoader(training.data, BATCH):
            loss = model(**batch).loss
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP)
            optimizer.step()
            schedule.step()
            optimizer.zero_grad()
            losses.append(loss.detach())
        return training.end(losses)

    return run


def functions(
    ids: torch.Tensor, mask: torch.Tensor, labels: torch.Tensor, weights: Weights, heads: int
) -> torch.Tensor:
    """The model too in functions, and slices for batches.

    HF-05.
    """
    own = [tensor.clone().requires_grad_() for tensor in weights]
    batches = list(zip(ids.split(BATCH), mask.split(BATCH), labels.split(BATCH), strict=True))
    optimizer, schedule = _optimizer(own, len(batches))
    losses = []
    for words, seen, wanted in batches:
        loss = functional.cross_entropy(logits(own, heads, words, seen), wanted)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(own, CLIP)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
        losses.append(loss.detach())
    words, seen, wanted = batches[0]
    with torch.no_grad():
        return torch.stack([*losses, functional.cross_entropy(logits(own, heads, words, seen), wanted)])
