"""Writes recurrent.txt: recurrent layers by PyTorch in double, in the words of ops.txt. Parameters have PyTorch's names.

    python3 tests/reference/recurrent.py > tests/reference/recurrent.txt
"""
import torch
from torch import nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence
from cases import Case, options

HEAD = """# Recurrent layers by PyTorch {version} in double; the words are those of ops.txt.
"""
Case.first = 600000
N, STEPS, FEATURES, HIDDEN = 3, 5, 4, 6


def layer(kind, name, first=False, ragged=False, **given):
    """A layer's results and its last values; first: a call gives the values that it begins with."""
    ways, lstm = 2 if given.get("bidirectional") else 1, kind == "LSTM"
    rows, out = given.get("num_layers", 1) * ways, given.get("proj_size") or HIDDEN
    of = "hc" if lstm else "h"
    told = [f"{n} = {n}0" for n in of if first] + (["lengths = n + 1"] if ragged else [])
    call = f"layer(x, {{ {', '.join(told)} }})" if told else "layer(x)"
    names = ["y"] + list(of)
    flat = ", ".join(f"fn.flatten({n})" for n in names)
    text = f"(function({', '.join(names)}) return fn.concat({flat}, {{ axis = 2 }}) end)({call})"
    case = Case(name, text, f"nn.{kind}({HIDDEN}{options(given | dict(name=name))})")
    x = case.real("x", N, STEPS, FEATURES)
    begin = [case.real(f"{n}0", N, rows, out if n == "h" else HIDDEN) for n in of if first]
    lengths = case.ids("n", N, n=STEPS) + 1 if ragged else None
    net = case.layer(getattr(nn, kind)(FEATURES, HIDDEN, batch_first=True, **given))
    begin = [b.transpose(0, 1).contiguous() for b in begin]
    state = (tuple(begin) if lstm else begin[0]) if first else None
    if ragged:
        y, last = net(pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False), state)
        y = pad_packed_sequence(y, batch_first=True, total_length=STEPS)[0]
    else:
        y, last = net(x, state)
    case.finish(torch.cat([y.flatten(1)] + [v.transpose(0, 1).flatten(1) for v in (last if lstm else [last])], 1))


def main():
    print(HEAD.format(version=torch.__version__.split("+")[0]), end="")
    layer("RNN", "rnn_plain")
    layer("RNN", "rnn_relu", nonlinearity="relu", bias=False, first=True)
    layer("RNN", "rnn_ragged", num_layers=2, bidirectional=True, ragged=True)
    layer("LSTM", "lstm_plain")
    layer("LSTM", "lstm_first", num_layers=2, bidirectional=True, first=True)
    layer("LSTM", "lstm_ragged", bidirectional=True, first=True, ragged=True)
    layer("LSTM", "lstm_projected", num_layers=2, proj_size=3, bidirectional=True, bias=False)
    layer("GRU", "gru_plain")
    layer("GRU", "gru_first", num_layers=2, bidirectional=True, first=True)
    layer("GRU", "gru_ragged", num_layers=2, first=True, ragged=True, bias=False)


main()
