-- manual.lua -- what statements take, told for `gagen help` and the tables of docs/language.md:
-- train, step, rules, map, option, and the options that all optimizers, all losses and all readers
-- share.
local core = ...
local doc = core.use("dsl/doc.lua")

doc.section "statements" (
  "train { data = mnist, batch = 256, micro_batch = 32, epochs = 10, minimize = loss, optim = "
  .. "optim.AdamW { lr = 1e-3 } }",
  "The statement that ends a model file; `gagen help train` has its options.", "train")
doc.section "statements" (
  "step { name = \"d\", minimize = d_loss, params = disc, optim = optim.Adam { lr = 2e-4 } }",
  "One of several steps that train takes in turn, in place of minimize and optim.", "step")
doc.section "statements" (
  "rules = { { net, init = { normal = 0.02 } }, { trunk, load = \"trunk.safetensors\", freeze = "
  .. "true } }",
  "An option of train: options of a layer, of a parameter or of those that a function selects. "
  .. "Later rules win, one option at a time.", "rules")
doc.section "statements" ("local swish = map { name = \"swish\", args = { \"x\" }, value = \"x / "
  .. "(1 + exp(-x))\" }",
  "A pointwise function of your own, made of formulas.", "map")
doc.section "statements" ("local layers = option(\"layers\", 4)",
  "A number, a string or a boolean that -D layers=6 replaces; it has the type of the default.",
  "option")

local train = doc.options "train"
train("data", "the data set")
train("minimize", "the loss")
train("optim", "the optimizer; or [several steps](#several-steps), in turn")
train("batch", "samples in an update: the effective batch")
train("micro_batch", "samples in memory at once", "`batch`")
train("accumulate",
  "micro-batches in a window; two of the three are enough. With `micro_batch` it may be a "
  .. "schedule: `{ [0] = 2, [1000] = 8 }`, `{ [0] = 2, [\"1 epoch\"] = 8 }`, also `\"50000 "
  .. "samples\"` or `\"4096 tokens\"`. Windows that begin there or later have that many", "follows")
train("recompute",
  "gradient checkpointing: `\"auto\"`, `\"none\"`, `\"all\"` or a level, 1 or more, says which "
  .. "values backward rematerialises ([tools.md](tools.md))",
  "`\"auto\"`")
train("head_pieces",
  "logits are computed in so many pieces of rows, forward and backward; 1: whole "
  .. "([attention.md](attention.md))",
  "`\"auto\"`: large ones in pieces")
train("memory",
  "in place of both: gagen chooses the largest micro-batch that fits `\"6 GB\"` "
  .. "([tools.md](tools.md))")
train("epochs", "length of the run in epochs; or `steps`")
train("steps", "length of the run in updates; or `epochs`")
train("tail", "the last, short window of an epoch: `\"step\"`, `\"drop\"` or `\"carry\"`",
  "`\"step\"`")
train("count",
  "`\"before\"` counts denominators over the data before the window's first micro-step, also where "
  .. "they could wait", "`\"auto\"`")
train("deterministic",
  "`\"split\"`, in C: the same bits for every `micro_batch` that divides the batch, too; no "
  .. "parameter may be used twice",
  "`\"threads\"`: for every `--threads`")
train("precision",
  "`\"bf16\"` or `\"fp16\"` (in CUDA also `\"tf32\"`): rounds the factors of products, in CUDA "
  .. "those of cuBLASLt's; sums, gradients and parameters are fp32", "`\"fp32\"`")
train("loss_scale",
  "the factor of losses in backward, which the update undoes: a number, `\"dynamic\"` or `{ "
  .. "\"dynamic\", start = 65536, interval = 2000 }`. A dynamic one doubles after that many finite "
  .. "windows in a row and halves after one that is not finite", "none; with fp16 `\"dynamic\"`")
train("nonfinite",
  "treatment of NaN and infinity. `\"keep\"`: no check. `\"skip_window\"`: a window whose gradient "
  .. "is not finite changes neither parameters nor counters nor lr. `\"drop_micro\"`: also drops "
  .. "each micro-batch whose loss is not finite, after its forward; the window is the mean of the "
  .. "others (in CUDA the host waits for each). `\"abort\"`: the run ends and names window and "
  .. "micro-batch",
  "`\"keep\"`; with a dynamic scale `\"skip_window\"`")
train("tokens", "tokens in every row, for intervals that count in tokens: a number, or a column of "
  .. "them, `tokens = set.text`")
train("seed", "the random seed of weights, order and noise", "0")
train("report",
  "`{ accuracy = ..., rmse = fn.sqrt(mse) }`. The loss is always reported, and no report may have "
  .. "another name [of the log](tools.md#the-log). `grad_norm = true`: the log has the norm of "
  .. "each window's gradient, unscaled and before the clip. `noise_scale = true`: also the "
  .. "gradient noise scale, over the windows since the last line of the log or of the terminal "
  .. "([semantics.md](semantics.md#the-gradient-noise-scale))")
train("best", "the report that selects the best checkpoint: `\"max accuracy\"`; it needs rows that "
  .. "validate", "`\"min loss\"`")
train("validate",
  "how often the run validates: `\"2 epochs\"`, `\"500 updates\"`, `\"1000 samples\"`, `\"4096 "
  .. "tokens\"` or a number of updates; it validates its last weights, too",
  "`\"1 epoch\"`")
train("checkpoint", "how often `--save` writes, in the same units, and at the end", "`\"1 epoch\"`")
train("log", "how often `--log` writes a line of an update, in the same units", "every update")
train("predict",
  "`{ class = fn.argmax(logits, { axis = 2 }), code = mu }`: the values of each row that "
  .. "`--predict` writes, in evaluation mode", "none")
train("ema",
  "exponential moving averages of the weights, `ema = 0.999`: their decay at each update", "none")
train("patience",
  "early stopping: the run stops after this many validations without improvement of `best`, and "
  .. "tests the best weights; it needs rows that validate", "none")
train("sample",
  "`\"ROMEO:\"`, or `{ \"ROMEO:\", tokens = 200, temperature = 0.8, top_k = 40, top_p = 0.95 }`: "
  .. "the text that the program continues after each validation; it needs `data.tokens` and "
  .. "`predict = { next = logits }`", "none")
train("rules", "options of some parameters")

local step = doc.options "step"
step("minimize", "the loss of this step")
step("optim", "its optimizer; several steps may use one recipe, each with a state of its own")
step("params", "a layer, a parameter, `function(p)` or a list of these")
step("times", "windows of a round that this step takes", "1")
step("accumulate", "micro-batches in a window of this step", "`train`'s")
step("name", "a word, for the names of its functions, rates and norms", "`\"step1\"`, ...")

local rule = doc.options "rules"
rule("init",
  "a number, `{ normal = std }`, `{ uniform = bound }`, `{ constant = value }`, "
  .. "`\"kaiming_uniform\"`, `\"kaiming_normal\"`, `\"xavier_uniform\"`, `\"xavier_normal\"`, "
  .. "`\"zeros\"` or `\"ones\"`", "PyTorch's")
rule("load", "a safetensors file that the program reads at start; a relative path is looked up in "
  .. "the directory where the program is started")
rule("key", "`function(path)`: the name in that file of the parameter at `path`, or `{ name, "
  .. "transpose = true, rows = { 1, 64 } }`, or a list of those; `\"gpt2\"`, `\"llama\"` or "
  .. "`\"lora\"`: the names of [the hub](#weights-of-the-hub)",
  "the path inside the layer that the rule names")
rule("freeze", "`true`: no gradient, no state; a layer that is frozen as a whole is in evaluation "
  .. "mode", "`false`")
rule("lr", "a rate of their own; likewise any other option of the optimizer except `clip`, `scale` "
  .. "and `accumulate_in`: `weight_decay = 0`", "the optimizer's")

local map = doc.options "map"
map("name", "a word, for messages and the program's text")
map("args", "the arguments' names", "`{ \"x\" }`")
map("attrs", "options with their defaults, all numbers", "none")
map("let", "`{ \"s = exp(x)\" }`: values that later formulas use", "none")
map("value", "the formula of the result")
map("grad", "`{ x = \"gy * s\" }`: a formula for each argument; one that has none stops the "
  .. "gradient", "none")
map("doc", "a sentence for `gagen ops`", "none")

local optimizer = doc.options "optim"
optimizer("lr", "a number or a schedule, `lr = optim.cosine { 1e-3, warmup = \"1 epoch\" }`",
  "the optimizer's")
optimizer("clip",
  "the largest norm of the window's mean gradient, over all parameters that the step trains",
  "none")
optimizer("scale",
  "`{ \"linear\", from = 256 }` or `{ \"sqrt\", from = 256 }`: rates times batch / 256 or its root",
  "none")

local reader = doc.options "data"
reader("valid", "rows that validate: a fraction, a number of rows or a path", "none")
reader("test", "rows of the test: a fraction, a number of rows or a path", "none")
reader("shuffle", "a new order of the training rows each epoch", "`true`")
reader("augment",
  "`{ flip = { \"image\" }, crop = { \"image\", pad = 4 }, noise = { \"image\", std = 0.1 } }`",
  "none")

local loss = doc.options "fn"
loss("reduction",
  "of a loss: `\"mean\"`, `\"sum\"`, `\"batchmean\"` (over samples) or `\"none\"`, a value for "
  .. "each row or element", "`\"mean\"`")
loss("mask", "of a loss or a mean: 1 for elements that count and 0 for others, or weights", "all")
