"""Checkpoints of the hub's layout, made by transformers' own classes with random weights, and their logits.

    python3 tests/reference/hub.py make DIR              writes x.npy, the checkpoints and NAME.txt, their logits
    python3 tests/reference/hub.py agree NAME FILE TXT   loads FILE, which gagen exported, as NAME; its logits are those of TXT

`make tests/hub` with transformers 5.24.0 and peft 0.21.2 made the committed ones. Weights are rounded to the file's type before the logits are
computed, in float32. gpt2: one file of GPT2LMHeadModel. gpt2_base: of GPT2Model, so without a prefix, in BF16, with the buffers of
masks that older files have. gpt2_shards: a directory of F16. llama: BF16, a head of its own. llama_tied: F32, with a copy of the table.
gpt2_lora: PEFT's adapters of the first of them.
"""
import json
import os
import shutil
import sys

sys.path.pop(0)  # transformers.py beside this file is another one
import numpy
import torch
from peft import LoraConfig, get_peft_model, set_peft_model_state_dict
from safetensors.torch import load_file, save_file
from transformers import GPT2Config, GPT2LMHeadModel, LlamaConfig, LlamaForCausalLM

ROWS, T, V = 5, 6, 11


def ids():
    return (torch.arange(ROWS * T).reshape(ROWS, T) * 7 % 13) % V


def gpt2():
    return GPT2LMHeadModel(GPT2Config(vocab_size=V, n_positions=7, n_embd=4, n_layer=2, n_head=2))


def llama(tied):
    return LlamaForCausalLM(LlamaConfig(
        vocab_size=V, hidden_size=8, intermediate_size=6, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=1,
        max_position_embeddings=16, rms_norm_eps=1e-6, tie_word_embeddings=tied))


MAKE = {"gpt2": gpt2, "gpt2_base": gpt2, "gpt2_shards": gpt2, "llama": lambda: llama(False), "llama_tied": lambda: llama(True)}
TYPE = {"gpt2_base": torch.bfloat16, "gpt2_shards": torch.float16, "llama": torch.bfloat16}


def randomise(net, seed):
    """Weights larger than those that training begins with, so that each one shows in the logits."""
    torch.manual_seed(seed)
    for name, p in net.named_parameters():
        norm = p.dim() == 1 and name.endswith("weight")
        p.data.copy_(torch.randn_like(p) * 0.5 + (1 if norm else 0))


def logits(net):
    with torch.no_grad():
        return net.float().eval()(ids()).logits


def adapted(net):
    return get_peft_model(net, LoraConfig(r=2, lora_alpha=4, target_modules=["c_attn"], fan_in_fan_out=True))


def write_logits(path, net):
    with open(path, "w") as out:
        for row in logits(net).reshape(ROWS, -1).tolist():
            print(" ".join(f"{x:.7g}" for x in row), file=out)


def write(dir, name, net):
    if name == "gpt2_base":
        tensors = {k: v.contiguous() for k, v in net.transformer.state_dict().items()}
        for i in range(2):
            tensors[f"h.{i}.attn.bias"] = torch.tril(torch.ones(1, 1, 7, 7, dtype=torch.bool))
            tensors[f"h.{i}.attn.masked_bias"] = torch.tensor(-1e4)
        save_file(tensors, f"{dir}/{name}.safetensors", {"format": "pt"})
        return
    place = f"{dir}/{name}_saved"
    net.save_pretrained(place, max_shard_size="1KB" if name == "gpt2_shards" else "1GB")
    if name == "gpt2_shards":
        shutil.rmtree(f"{dir}/{name}", ignore_errors=True)
        os.mkdir(f"{dir}/{name}")
        for file in os.listdir(place):
            if "safetensors" in file:
                os.rename(f"{place}/{file}", f"{dir}/{name}/{file}")
    elif name == "llama_tied":
        tensors = load_file(f"{place}/model.safetensors")
        tensors["lm_head.weight"] = tensors["model.embed_tokens.weight"].clone()
        save_file(tensors, f"{dir}/{name}.safetensors", {"format": "pt"})
    else:
        os.rename(f"{place}/model.safetensors", f"{dir}/{name}.safetensors")
    shutil.rmtree(place)


def make(dir):
    os.makedirs(dir, exist_ok=True)
    numpy.save(f"{dir}/x.npy", ids().numpy().astype("uint8"))
    for seed, (name, new) in enumerate(MAKE.items()):
        net = new()
        randomise(net, seed)
        for p in net.parameters():  # net.to(bfloat16) would round the angles of rotary positions, too
            p.data = p.data.to(TYPE.get(name, torch.float32))
        write(dir, name, net)
        write_logits(f"{dir}/{name}.txt", net)
    net = gpt2()
    randomise(net, 0)
    net = adapted(net)
    for p in (p for p in net.parameters() if p.requires_grad):
        p.data.copy_(torch.randn_like(p) * 0.5)
    net.save_pretrained(f"{dir}/saved")
    os.rename(f"{dir}/saved/adapter_model.safetensors", f"{dir}/gpt2_lora.safetensors")
    shutil.rmtree(f"{dir}/saved")
    write_logits(f"{dir}/gpt2_lora.txt", net)


def agree_adapters(file, text):
    net = gpt2()
    randomise(net, 0)
    net = adapted(net)
    told = set_peft_model_state_dict(net, load_file(file))
    compare("gpt2_lora", net, text, told.unexpected_keys + [k for k in told.missing_keys if "lora" in k])


def compare(name, net, text, wrong):
    want = torch.tensor([[float(x) for x in line.split()] for line in open(text)])
    far = float((logits(net).reshape(ROWS, -1) - want).abs().max())
    print(f"{name}: {far:.2g} off, {wrong}")
    sys.exit(bool(wrong) or not far < 1e-4)


def agree(name, file, text):
    place = file + ".dir"
    os.makedirs(place, exist_ok=True)
    shutil.copy(file, f"{place}/model.safetensors")
    new = MAKE[name]()
    new.config.save_pretrained(place)
    with open(f"{place}/config.json") as f:
        config = json.load(f)
    config["architectures"] = [type(new).__name__]
    with open(f"{place}/config.json", "w") as f:
        json.dump(config, f)
    net, told = type(new).from_pretrained(place, output_loading_info=True)
    shutil.rmtree(place)
    compare(name, net, text, {k: list(v) for k, v in told.items() if v})


if sys.argv[1] == "make":
    make(sys.argv[2])
elif sys.argv[2] == "gpt2_lora":
    agree_adapters(*sys.argv[3:])
else:
    agree(*sys.argv[2:])
