"""Writes recurrent_nets.txt: 50 updates of tests/recurrent/classify.lua by PyTorch, in the words of transformers.txt.

    python3 tests/reference/recurrent_nets.py > tests/reference/recurrent_nets.txt
"""
import torch
from torch import nn
import torch.nn.functional as F
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence
from hashed import ids
from transformers import ROWS, column, run, seed_of


class Classify(nn.Module):
    clip = None

    def __init__(self):
        super().__init__()
        self.emb = nn.Embedding(11, 6)
        self.lstm = nn.LSTM(6, 5, bidirectional=True, proj_size=3, batch_first=True)
        self.gru = nn.GRU(6, 4, num_layers=2, batch_first=True)
        self.rnn = nn.RNN(4, 4, batch_first=True)
        self.head = nn.Linear(14, 5)

    def data(self):
        n, label = ids((ROWS,), seed_of("n"), 8).clamp(min=1), ids((ROWS,), seed_of("label"), 5)
        return column("x", 7, 11), n, label

    def terms(self, x, n, label):
        def packed(y):
            return pack_padded_sequence(y, n, batch_first=True, enforce_sorted=False)

        y, (_, c) = self.lstm(packed(self.emb(x)))
        y, _ = self.gru(packed(pad_packed_sequence(y, batch_first=True, total_length=7)[0]))
        _, h = self.rnn(packed(pad_packed_sequence(y, batch_first=True, total_length=7)[0]))
        last = torch.cat([h.transpose(0, 1).flatten(1), c.transpose(0, 1).flatten(1)], 1)
        return F.cross_entropy(self.head(last), label, reduction="sum"), len(label)

    def optimizer(self):
        return torch.optim.Adam(self.parameters(), lr=1e-2)


print(f"# Recurrent layers, 50 updates by PyTorch {torch.__version__.split('+')[0]}; transformers.py says what the lines mean.")
run("classify", Classify, "double")
