"""Trains the understanding of a language: MiniLM's weights are tuned together with two softmax layers
over the mean of its states, one for answers to consent questions and one for all others. Called by
scripts/train.

    train.py LANGUAGE_FOLDER WEIGHTS_FOLDER [--seeds N] [--epochs N]

The tuned weights are rounded to the steps of the published 8-bit weights, and only the steps are
written. With --seeds, the weights of several runs are averaged (model soups, Wortsman et al. 2022,
arXiv:2203.05482). Two machines do not produce the same bits, because matrix products are in bfloat16
if the processor has AMX.
"""

import argparse
import json
import math
import random
import re
import sys
import time
import tomllib
from pathlib import Path

import numpy as np
import onnx
import torch
import torch.nn.functional as F
from onnx import numpy_helper
from tokenizers import BertWordPieceTokenizer
from torch import nn
from transformers import BertConfig, BertModel
from transformers.utils import logging

LAYERS, WIDTH, HEADS = 6, 384, 12
LONGEST = 96  # pieces of an example
BATCH = 32
RATE, HEAD_RATE, WARM_UP = 1e-4, 1e-3, 0.06
SMOOTHING, DROPOUT, DECAY = 0.1, 0.1, 0.01
# The shares of the examples that are shown without punctuation, and of the unfinished ones that are
# shown with a full stop. Recognisers write either, so neither may indicate the meaning.
BARE, STOPPED = 0.15, 0.3
PAIRS = 4  # pairs of a question and an answer beside each batch
# Without AMX, bfloat16 takes 25 times as long as 32 bits.
AMX = torch.cpu._is_amx_tile_supported()
# An answer of these kinds to a consent question is a refusal or unclear.
NOT_AT_CONSENT = {"answer", "back_channel"} | {
    f"request {name}" for name in ("decline", "dont_know", "stop", "nothing_to_add", "delete")
}


def kind_of(block):
    name = block.get("name") or block.get("value")
    return block["kind"] + (f" {name}" if name else "")


def examples(folder):
    """Tuples (what was asked, kind, text) from the files of examples, and from the wordings that are certain."""
    for path in sorted((folder / "examples").glob("*.toml")):
        for block in tomllib.loads(path.read_text())["block"]:
            asked = block["asked"] if isinstance(block["asked"], str) else "question"
            for text in block.get("texts", []) + [case["text"] for case in block.get("cases", [])]:
                yield asked, kind_of(block), text
    certain = tomllib.loads((folder / "utterances.toml").read_text())
    for value, texts in certain["consent"].items():
        for text in texts:
            yield "participation", f"consent {value}", text
    for kind, key in (("request", "requests"), ("respondent_question", "questions")):
        for named in certain[key]:
            for text in named["texts"]:
                yield "question", f"{kind} {named['name']}", text
    for kind in ("back_channel", "unfinished"):
        for text in certain[kind]["texts"]:
            yield "question", kind, text


def answers(folder):
    """Pairs of an open question and its answer from the examples. Odd answers, which may be about anything, are left out."""
    for path in sorted((folder / "examples").glob("*.toml")):
        for block in tomllib.loads(path.read_text())["block"]:
            asked = block["asked"]
            if path.stem != "odd" and block["kind"] == "answer" and isinstance(asked, dict) and asked["type"] == "open":
                for text in block.get("texts", []):
                    yield asked["text"], text


def bound(kind):
    """Whether this kind depends on the question. A request can be made at any question."""
    return kind in ("answer", "back_channel") or kind.startswith("consent")


def as_heard(kind, text):
    """The text as another recogniser might write it."""
    if random.random() < BARE:
        return re.sub(r"[.,!?;:…]+(?=\s|$)", "", text)
    if kind == "unfinished" and random.random() < STOPPED:
        return re.sub(r"[.,…\s]*$", ".", text)
    return text


class Weights:
    """MiniLM's weights as in its file, and under PyTorch's names."""

    def __init__(self, path):
        graph = onnx.load(path).graph
        self.file = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
        matrices = [n.input[1] for n in graph.node if n.op_type == "MatMul" and f"{n.input[1]}_q" in self.file]
        parts = ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense",
                 "intermediate.dense", "output.dense")
        names = [f"encoder.layer.{layer}.{part}.weight" for layer in range(LAYERS) for part in parts]
        assert len(matrices) == len(names), "MiniLM's file has an unexpected structure"
        self.matrices = dict(zip(names, matrices))
        self.plain = {
            name.removeprefix("inner."): name
            for name, array in self.file.items()
            if array.dtype == np.float32 and name.startswith("inner.encoder") and not name.endswith("_scale")
        }

    def of(self, name):
        """A tensor in PyTorch's layout."""
        if name in self.matrices:
            return torch.from_numpy(self.whole(self.matrices[name]).T.copy())
        if name in self.plain:
            return torch.from_numpy(self.file[self.plain[name]].copy())
        name = f"inner.{name}"
        return torch.from_numpy((self.file[name] if name in self.file else self.whole(name)).copy())

    def whole(self, name):
        return self.file[f"{name}_q"].astype(np.float32) * self.file[f"{name}_scale"]

    def changes(self, state):
        """The changes of the file's arrays that give `state`, and that state after rounding."""
        changes, rounded = {}, dict(state)
        for name, matrix in self.matrices.items():
            steps = self.file[f"{matrix}_q"]
            scale = self.file[f"{matrix}_scale"]
            new = np.clip(np.round(state[name].numpy().T / scale), -127, 127).astype(np.int16)
            changes[f"{matrix}_q"] = np.clip(new - steps, -127, 127).astype(np.int8)
            new = (steps.astype(np.int16) + changes[f"{matrix}_q"]).astype(np.float32)
            rounded[name] = torch.from_numpy((new * scale).T.copy())
        for name, plain in self.plain.items():
            changes[plain] = state[name].numpy() - self.file[plain]
        return changes, rounded


class Reader(nn.Module):
    def __init__(self, weights, tokenizer, kinds):
        super().__init__()
        config = BertConfig(vocab_size=30522, hidden_size=WIDTH, num_hidden_layers=LAYERS, num_attention_heads=HEADS,
                            intermediate_size=4 * WIDTH, max_position_embeddings=512,
                            hidden_dropout_prob=DROPOUT, attention_probs_dropout_prob=DROPOUT)
        self.bert = BertModel(config, add_pooling_layer=False)
        names = [name for name in self.bert.state_dict() if not name.endswith("position_ids")]
        self.bert.load_state_dict({name: weights.of(name) for name in names}, strict=False)
        for parameter in self.bert.embeddings.parameters():
            parameter.requires_grad_(False)
        self.tokenizer, self.kinds = tokenizer, kinds
        self.dropout = nn.Dropout(DROPOUT)
        # The input is the vector, and whether recording was asked about.
        self.heads = nn.ModuleDict({name: nn.Linear(WIDTH + 1, len(of)) for name, of in kinds.items()})
        # Whether an answer is about the question.
        self.relevance = nn.Linear(WIDTH, 1)
        for head in [*self.heads.values(), self.relevance]:
            nn.init.normal_(head.weight, std=0.02)
            nn.init.zeros_(head.bias)

    def vectors(self, texts):
        pieces = self.tokenizer.encode_batch(texts)
        ids = torch.tensor([piece.ids for piece in pieces])
        mask = torch.tensor([piece.attention_mask for piece in pieces])
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self.training and AMX):
            states = self.bert(input_ids=ids, attention_mask=mask, token_type_ids=torch.zeros_like(ids)).last_hidden_state
        mask = mask[:, :, None].float()
        return (states.float() * mask).sum(1) / mask.sum(1)

    def scores(self, asked, texts):
        recording = torch.tensor([[1.0 if one == "recording" else 0.0] for one in asked])
        features = torch.cat([self.dropout(self.vectors(texts)), recording], 1)
        return {name: head(features) for name, head in self.heads.items()}

    def on_topic(self, pairs):
        return self.relevance(self.dropout(self.vectors([f"{question} {answer}" for question, answer in pairs])))[:, 0]

    def learnt(self, kind, asked):
        """The heads that learn from an example of this kind."""
        heads = []
        if not kind.startswith("consent") and (asked == "question" or not bound(kind)):
            heads.append("question")
        if kind not in NOT_AT_CONSENT and (asked != "question" or not bound(kind)):
            heads.append("consent")
        return heads


def fit(reader, data, pairs, epochs, seed):
    torch.manual_seed(seed)
    random.seed(seed)
    tuned = [parameter for parameter in reader.bert.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(
        [{"params": tuned, "lr": RATE}, {"params": [*reader.heads.parameters(), *reader.relevance.parameters()], "lr": HEAD_RATE}],
        weight_decay=DECAY,
    )
    rates = [group["lr"] for group in optimizer.param_groups]
    own_pairs = set(pairs)
    steps, step, begun = epochs * math.ceil(len(data) / BATCH), 0, time.time()
    reader.train()
    for _ in range(epochs):
        order = random.sample(data, len(data))
        batches = []
        # Texts of similar length are batched together, so that there is little padding.
        for at in range(0, len(order), 20 * BATCH):
            near = sorted(order[at : at + 20 * BATCH], key=lambda one: len(one[2]))
            parts = [near[at : at + BATCH] for at in range(0, len(near), BATCH)]
            batches += random.sample(parts, len(parts))
        for batch in batches:
            warm = WARM_UP * steps
            share = step / warm if step < warm else (steps - step) / (steps - warm)
            for group, rate in zip(optimizer.param_groups, rates):
                group["lr"] = rate * share
            scores = reader.scores(
                [asked for asked, _, _ in batch], [as_heard(kind, text) for _, kind, text in batch]
            )
            loss = 0.0
            for head, kinds in reader.kinds.items():
                of = [at for at, (asked, kind, _) in enumerate(batch) if head in reader.learnt(kind, asked)]
                if of:
                    meant = torch.tensor([kinds.index(batch[at][1]) for at in of])
                    loss = loss + F.cross_entropy(scores[head][of], meant, label_smoothing=SMOOTHING, reduction="sum")
            loss = loss / len(batch)
            # Every other answer is paired with the question of another one.
            shown = random.sample(pairs, PAIRS)
            shown = [(question if at % 2 else random.choice(pairs)[0], answer) for at, (question, answer) in enumerate(shown)]
            own = torch.tensor([float(pair in own_pairs) for pair in shown])
            own = own * (1 - SMOOTHING) + SMOOTHING / 2
            loss = loss + F.binary_cross_entropy_with_logits(reader.on_topic(shown), own)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(tuned, 1.0)
            optimizer.step()
            step += 1
            if step % 50 == 0 or step == steps:
                left = (time.time() - begun) / step * (steps - step)
                print(f"seed {seed}: {step} of {steps} steps, loss {loss.item():.2f}, {left:.0f} s left", file=sys.stderr)
    reader.eval()


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("folder", type=Path)
    arguments.add_argument("weights", type=Path)
    arguments.add_argument("--seeds", type=int, default=1)
    arguments.add_argument("--epochs", type=int, default=2)
    arguments = arguments.parse_args()
    logging.set_verbosity_error()

    data = list(dict.fromkeys(examples(arguments.folder)))
    pairs = list(dict.fromkeys(answers(arguments.folder)))
    known = sorted({kind for _, kind, _ in data})
    kinds = {
        "consent": [kind for kind in known if kind not in NOT_AT_CONSENT],
        "question": [kind for kind in known if not kind.startswith("consent")],
    }
    print(f"{len(data)} examples of {len(known)} kinds, {len(pairs)} answers to open questions", file=sys.stderr)
    weights = Weights(arguments.weights / "minilm-l6-int8.onnx")
    pieces = json.loads((arguments.weights / "minilm-vocab.json").read_text())
    plain = lambda piece: piece[1:] if piece.startswith("▁") else piece if piece.startswith("[") and len(piece) > 1 else f"##{piece}"
    tokenizer = BertWordPieceTokenizer({plain(piece): at for at, piece in enumerate(pieces)}, lowercase=True)
    tokenizer.enable_truncation(LONGEST)
    tokenizer.enable_padding()

    states = []
    for seed in range(1, arguments.seeds + 1):
        torch.manual_seed(seed)
        reader = Reader(weights, tokenizer, kinds)
        if states:
            # All runs begin with the same weights, because otherwise their average would be
            # meaningless.
            reader.load_state_dict(begun, strict=False)
        else:
            begun = {name: tensor.clone() for name, tensor in reader.state_dict().items() if not name.startswith("bert.")}
        fit(reader, data, pairs, arguments.epochs, seed)
        states.append({name: tensor.detach().clone() for name, tensor in reader.state_dict().items()})
    mean = {name: sum(state[name] for state in states) / len(states) for name in states[0]}
    own = {name.removeprefix("bert."): tensor for name, tensor in mean.items() if name.startswith("bert.")}
    changes, rounded = weights.changes(own)
    mean.update({f"bert.{name}": tensor for name, tensor in rounded.items()})
    reader.load_state_dict(mean)

    np.savez_compressed(arguments.folder / "encoder.npz", **changes)
    numbers = lambda tensor: [round(number, 4) for number in tensor.tolist()]
    layers = {
        name: {"kinds": kinds[name], "weights": [numbers(row) for row in head.weight], "bias": numbers(head.bias)}
        for name, head in reader.heads.items()
    }
    layers["relevance"] = {"weights": numbers(reader.relevance.weight[0]), "bias": round(reader.relevance.bias.item(), 4)}
    # Reference vectors, which the engine must reproduce.
    shown = ["Could you say that again, please?", "I don't like Café-noise, naïve 123!"]
    with torch.no_grad():
        layers["vectors"] = {text: numbers(vector[:8]) for text, vector in zip(shown, reader.vectors(shown))}
    (arguments.folder / "understanding.json").write_text(json.dumps(layers, separators=(",", ":")) + "\n")


main()
