-- manual.lua -- what statements take, told for `gagen help` and the tables of docs/language.md: train, step, rules, map, option, and the options that
-- all optimizers, all losses and all readers share.
local core = ...
local doc = core.use("dsl/doc.lua")

doc.section "statements" ("train { data = mnist, batch = 256, micro_batch = 32, epochs = 10, minimize = loss, optim = optim.AdamW { lr = 1e-3 } }",
  "The statement that ends a model file; `gagen help train` has its options.", "train")
doc.section "statements" ("step { name = \"d\", minimize = d_loss, params = disc, optim = optim.Adam { lr = 2e-4 } }",
  "One of several steps that train takes in turn, in place of minimize and optim.", "step")
doc.section "statements" ("rules = { { net, init = { normal = 0.02 } }, { trunk, load = \"trunk.safetensors\", freeze = true } }",
  "An option of train: what holds for a layer, a parameter or those that a function picks. Later rules win, one option at a time.", "rules")
doc.section "statements" ("local swish = map { name = \"swish\", args = { \"x\" }, value = \"x / (1 + exp(-x))\" }",
  "A pointwise function of your own, made of formulas.", "map")
doc.section "statements" ("local layers = option(\"layers\", 4)", "A number, a string or a boolean that -D layers=6 replaces; the default says of which type it is.",
  "option")

local train = doc.options "train"
train("data", "the data set")
train("minimize", "the loss")
train("optim", "the optimizer; or [several steps](#several-steps), in turn")
train("batch", "samples in an update: the effective batch")
train("micro_batch", "samples in memory at once", "`batch`")
train("accumulate", "micro-batches in a window; give two of the three. Or, with `micro_batch`, a schedule: `{ [0] = 2, [1000] = 8 }`, "
  .. "`{ [0] = 2, [\"1 epoch\"] = 8 }` or `\"50000 samples\"`, `\"4096 tokens\"`: windows that begin there or later have so many", "follows")
train("recompute", "`\"auto\"`, `\"none\"`, `\"all\"` or a level, 1 or more: which values are rematerialised for backward rather than kept ([tools.md](tools.md))",
  "`\"auto\"`")
train("memory", "in place of both: the largest micro-batch that fits `\"6 GB\"` is chosen ([tools.md](tools.md))")
train("epochs", "how long, in epochs; or `steps`")
train("steps", "how long, in updates; or `epochs`")
train("tail", "the last, short window: `\"step\"`, `\"drop\"` or `\"carry\"`", "`\"step\"`")
train("count", "`\"before\"` counts denominators that are sums over the data ahead of the window, though they could wait", "`\"auto\"`")
train("deterministic", "`\"split\"`, in C: the same bits for every `micro_batch` that divides the batch, too; a parameter used twice is refused",
  "`\"threads\"`: for every `--threads`")
train("precision", "`\"bf16\"` or `\"fp16\"`: what products multiply is rounded (in CUDA: what cuBLASLt multiplies; there `\"tf32\"` too); sums, gradients and "
  .. "parameters are fp32", "`\"fp32\"`")
train("loss_scale", "losses are multiplied by it in the backward, and the update undoes it: a number, `\"dynamic\"` or `{ \"dynamic\", start = 65536, interval = "
  .. "2000 }`: doubled after so many finite windows in a row, halved after one that is not", "none; with fp16 `\"dynamic\"`")
train("nonfinite", "what becomes of NaN and infinity. `\"keep\"`: nothing is looked at. `\"skip_window\"`: a window whose gradient is not finite changes nothing, "
  .. "neither parameters nor counters nor lr. `\"drop_micro\"`: nor does a micro-batch whose loss is not finite, decided after its forward; the window is the "
  .. "mean of the others (in CUDA the host waits for each). `\"abort\"`: the run ends and names window and micro-batch",
  "`\"keep\"`; with a dynamic scale `\"skip_window\"`")
train("tokens", "how many every row has, for what counts in them: a number, or a column of them, `tokens = set.text`")
train("seed", "of weights, order and noise", "0")
train("report", "`{ accuracy = ..., rmse = fn.sqrt(mse) }`; the loss is always there, and no report may be called as something else [in the log](tools.md#the-log). `grad_norm = true`: the log has the norm of each window's gradient, "
  .. "unscaled and before the clip. `noise_scale = true`: the gradient noise scale too, over the windows since the log's last line, and since the terminal's "
  .. "([semantics.md](semantics.md#the-gradient-noise-scale))")
train("best", "the report that picks the best checkpoint: `\"max accuracy\"`; it needs rows that validate", "`\"min loss\"`")
train("validate", "how often: `\"2 epochs\"`, `\"500 updates\"`, `\"1000 samples\"`, `\"4096 tokens\"` or a number of updates; the run's last weights are validated too",
  "`\"1 epoch\"`")
train("checkpoint", "how often `--save` writes, in the same units, and at the end", "`\"1 epoch\"`")
train("log", "how often `--log` has a line of an update, in the same units", "every update")
train("predict", "`{ class = fn.argmax(logits, { axis = 2 }), code = mu }`: what `--predict` writes, values of each row in evaluation mode", "none")
train("ema", "averages of the weights, `ema = 0.999`: what an average keeps at each update", "none")
train("patience", "early stopping: the run stops after this many validations without improvement of `best`, and tests the best weights; it needs rows that validate", "none")
train("rules", "what holds for some parameters")

local step = doc.options "step"
step("minimize", "the loss of this step")
step("optim", "its optimizer; a recipe may be in several steps, each has a state of its own")
step("params", "a layer, a parameter, `function(p)` or a list of these")
step("times", "windows of a round that it takes", "1")
step("accumulate", "micro-batches in a window of this step", "`train`'s")
step("name", "a word: its functions, rates and norms are called after it", "`\"step1\"`, ...")

local rule = doc.options "rules"
rule("init", "a number, `{ normal = std }`, `{ uniform = bound }`, `{ constant = value }`, `\"kaiming_uniform\"`, `\"kaiming_normal\"`, `\"xavier_uniform\"`, "
  .. "`\"xavier_normal\"`, `\"zeros\"` or `\"ones\"`", "PyTorch's")
rule("load", "a safetensors file that the program reads at start; a relative path is looked up in the directory where the program is started")
rule("key", "`function(path)`: the name in that file of the parameter at `path`", "the path inside the layer that the rule names")
rule("freeze", "`true`: no gradient, no state; a layer that is frozen as a whole is in evaluation mode", "`false`")
rule("lr", "a rate of their own, and so any other option of the optimizer but `clip`, `scale` and `accumulate_in`: `weight_decay = 0`", "the optimizer's")

local map = doc.options "map"
map("name", "a word, for messages and the program's text")
map("args", "the arguments' names", "`{ \"x\" }`")
map("attrs", "options with their defaults, all numbers", "none")
map("let", "`{ \"s = exp(x)\" }`: values that later formulas use", "none")
map("value", "the formula of the result")
map("grad", "`{ x = \"gy * s\" }`: a formula for each argument; one that has none stops the gradient", "none")
map("doc", "a sentence for `gagen ops`", "none")

local optimizer = doc.options "optim"
optimizer("lr", "a number or a schedule, `lr = optim.cosine { 1e-3, warmup = \"1 epoch\" }`", "the optimizer's")
optimizer("clip", "a bound of the norm of the window's mean gradient, over all parameters that the step trains", "none")
optimizer("scale", "`{ \"linear\", from = 256 }` or `{ \"sqrt\", from = 256 }`: rates times batch / 256 or its root", "none")

local reader = doc.options "data"
reader("valid", "rows that validate: a fraction, a number of rows or a path", "none")
reader("test", "rows of the test: a fraction, a number of rows or a path", "none")
reader("shuffle", "the order of the training rows changes each epoch", "`true`")
reader("augment", "`{ flip = { \"image\" }, crop = { \"image\", pad = 4 }, noise = { \"image\", std = 0.1 } }`", "none")

local loss = doc.options "fn"
loss("reduction", "of a loss: `\"mean\"`, `\"sum\"`, `\"batchmean\"` (over samples) or `\"none\"`, a value for each row or element", "`\"mean\"`")
loss("mask", "of a loss or a mean: what counts, 1 or 0, or weights", "all")
