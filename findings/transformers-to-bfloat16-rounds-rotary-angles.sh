#!/bin/sh
# transformers: a Llama that is turned into bfloat16 by model.to() has other positions than one that is loaded as bfloat16.
#
# transformers 5.24.0, torch 2.15.0, Python 3.11, Linux on x86-64, 2026-11-30.
# LlamaForCausalLM keeps the speeds of its rotary positions in a buffer that is in no file. from_pretrained(dtype=torch.bfloat16) leaves
# it in float32, and the layer computes its angles in float32. model.to(torch.bfloat16), as model.half(), rounds the buffer as well: a speed
# is then up to 0.2 % off, and the angle at position 4,000 by as much. model.float() afterwards does not bring the speeds back.
# All parameters and the state dicts are equal, so the two models look the same, and save_pretrained writes the same file for both. Their
# logits differ. One would expect one model of one file and one type.
#
# Output:
#   state dicts equal: True
#   speeds: torch.float32, torch.bfloat16
#   the largest relative error of a speed is over 0.1 %: True
#   both in float32 again: logits differ by more than 1e-3: True
set -eu
at=$(mktemp -d)
trap 'rm -rf "$at"' EXIT
cat > "$at/run.py" <<'E'
import sys
import torch
from transformers import LlamaConfig, LlamaForCausalLM

torch.manual_seed(0)
config = LlamaConfig(vocab_size=50, hidden_size=64, intermediate_size=64, num_hidden_layers=1, num_attention_heads=1, num_key_value_heads=1,
                     max_position_embeddings=4000, initializer_range=0.2)
LlamaForCausalLM(config).save_pretrained(sys.argv[1])
loaded = LlamaForCausalLM.from_pretrained(sys.argv[1], dtype=torch.bfloat16)
turned = LlamaForCausalLM.from_pretrained(sys.argv[1], dtype=torch.float32).to(torch.bfloat16)
equal = all(torch.equal(x, y) for x, y in zip(loaded.state_dict().values(), turned.state_dict().values()))
print("state dicts equal:", equal)
speeds = [net.model.rotary_emb.inv_freq for net in (loaded, turned)]
print("speeds: %s, %s" % (speeds[0].dtype, speeds[1].dtype))
print("the largest relative error of a speed is over 0.1 %:", bool(((speeds[1].float() / speeds[0] - 1).abs().max() > 1e-3)))
ids = torch.arange(4000)[None] * 7 % 50
with torch.no_grad():
    a, b = (net.float().eval()(ids).logits[0] for net in (loaded, turned))
print("both in float32 again: logits differ by more than 1e-3:", bool((a - b).abs().max() > 1e-3))
E
python3 -m venv "$at/venv"
"$at/venv/bin/pip" install --quiet --disable-pip-version-check transformers==5.24.0 torch==2.15.0
"$at/venv/bin/python" "$at/run.py" "$at/llama" 2> /dev/null > "$at/out"
cat "$at/out"
sed -n 's/^#   //p' "$0" | diff - "$at/out"
