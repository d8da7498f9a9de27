-- elsewhere.lua -- names of PyTorch, numpy, JAX and Keras that are not here: a name of ours, or
-- what to write (util.cure).
local elsewhere = {}

local no_sort = "no op sorts: sort in the data, or take fn.max and fn.argmax along an axis"
local no_algebra = "there are no decompositions of matrices, fn.matmul is all"
local repeated = "write fn.expand(fn.reshape(x, 1, 4), 3, 4): a size of 1 where it repeats, then "
  .. "the sizes"
local joined = "write fn.concat(a, b, { axis = 2 })"
local cells = "write its step with nn.Linear, fn.sigmoid and fn.tanh, and run it by fn.scan"
local stacked = "write nn.Repeat(6, function() return nn.TransformerEncoderLayer(8) end)"
local made = "write fn.const(0), which meets any shape, or fn.const(0, 3, 4) for a tensor of these "
  .. "sizes"
local ones = "write fn.const(1), which meets any shape, or fn.const(1, 3, 4) for a tensor of these "
  .. "sizes"

elsewhere.fn = {
  -- shapes
  view = "fn.reshape", squeeze = "write fn.reshape(x, ...) without the sizes of 1",
  unsqueeze = "write fn.reshape(x, 1, 4), with a size of 1 where the new axis is",
  expand_dims = "write fn.reshape(x, 1, 4), with a size of 1 where the new axis is",
  ravel = "fn.flatten", unflatten = "fn.reshape", swapaxes = "fn.transpose",
  moveaxis = "fn.permute", movedim = "fn.permute", t = "fn.transpose",
  tile = repeated, repeat_interleave = repeated, broadcast_to = repeated, expand_as = repeated,
  cat = joined, concatenate = joined,
  hstack = joined, vstack = joined, dstack = joined, column_stack = joined, append = joined,
  roll = "write fn.concat(fn.slice(x, { axis = 2, from = -1 }), fn.slice(x, { axis = 2, to = -2 "
    .. "}), { axis = 2 })",
  narrow = "fn.slice", unbind = "fn.chunk", select = "write fn.slice, or fn.where for a choice",
  unfold = "write nn.Conv2d, or fn.slice and fn.stack",
  -- numbers
  zeros = made, empty = made, zeros_like = made, ones = ones, ones_like = ones, full = "fn.const",
  full_like = "fn.const", eye = "fn.one_hot(fn.arange(4), 4)",
  tensor = "fn.const({ 1, 2, 3 })", constant = "fn.const",
  linspace = "write from + fn.arange(n) * step", range = "fn.arange",
  meshgrid = "write fn.reshape(fn.arange(3), 3, 1) and fn.reshape(fn.arange(4), 1, 4)",
  uniform = "fn.rand", normal = "fn.randn",
  rand_like = "fn.rand", randn_like = "fn.randn", randint = "fn.floor(10 * fn.rand(16))",
  bernoulli = "fn.lt(fn.rand(16), 0.5)",
  manual_seed = "seed = 1 stands in train", onehot = "fn.one_hot",
  -- products and sums
  mm = "fn.matmul", bmm = "fn.matmul", dot = "fn.sum(a * b, { axis = 2 })",
  inner = "fn.sum(a * b, { axis = 2 })", vdot = "fn.sum(a * b, { axis = 2 })",
  mv = "fn.matmul", outer = "fn.reshape(a, -1, 1) * fn.reshape(b, 1, -1)", addmm = "fn.linear",
  tensordot = "write fn.reshape and fn.matmul",
  einsum = "write fn.permute and fn.matmul, or fn.sum(a * b, { axis = 2 })",
  kron = "fn.reshape(fn.reshape(a, -1, 1) * fn.reshape(b, 1, -1), -1)",
  scaled_dot_product_attention = "write fn.attention(q, k, v, { heads = 1 })",
  apply_rotary_emb = "fn.rotary", apply_rotary_pos_emb = "fn.rotary", rope = "fn.rotary",
  amax = "fn.max", amin = "fn.min", any = "fn.max", all = "fn.min", average = "fn.mean",
  variance = "fn.var", cumprod = "fn.exp(fn.cumsum(fn.log(x), { axis = 2 }))",
  count_nonzero = "fn.sum(fn.ne(x, 0), { axis = 2 })",
  nanmean = "fn.mean(x, { mask = fn.isfinite(x) })", vector_norm = "fn.norm",
  cdist = "fn.norm(a - b, { axis = 2 })", dist = "fn.norm(a - b, { axis = 2 })",
  pairwise_distance = "fn.norm(a - b, { axis = 2 })",
  tril = "write fn.where(fn.le(fn.reshape(fn.arange(4), 1, 4), fn.reshape(fn.arange(4), 4, 1)), x, "
    .. "0)",
  triu = "write fn.where(fn.ge(fn.reshape(fn.arange(4), 1, 4), fn.reshape(fn.arange(4), 4, 1)), x, "
    .. "0)",
  sort = no_sort, argsort = no_sort, topk = no_sort, median = no_sort, quantile = no_sort,
  kthvalue = no_sort, unique = no_sort,
  diag = "write x * fn.one_hot(fn.arange(4), 4)",
  trace = "fn.sum(x * fn.one_hot(fn.arange(4), 4), { axis = { 2, 3 } })",
  inv = no_algebra, inverse = no_algebra, pinv = no_algebra, solve = no_algebra, det = no_algebra,
  svd = no_algebra, eig = no_algebra, qr = no_algebra,
  cholesky = no_algebra, linalg = no_algebra,
  -- ids
  take_along_dim = "fn.gather", take_along_axis = "fn.gather", index_select = "fn.gather",
  take = "fn.gather",
  scatter = "write fn.where(fn.one_hot(ids, 10), value, x)",
  scatter_add = "write fn.sum(fn.one_hot(ids, 10) * fn.reshape(x, -1, 1), { axis = 2 })",
  masked_fill = "fn.where",
  masked_select = "write fn.where(mask, x, 0): no shape depends on values",
  -- pointwise
  swish = "fn.silu", leakyrelu = "fn.leaky_relu", log_sigmoid = "fn.logsigmoid", greater = "fn.gt",
  less = "fn.lt", equal = "fn.eq",
  not_equal = "fn.ne", absolute = "fn.abs", negative = "fn.neg", multiply = "fn.mul",
  divide = "fn.div", subtract = "fn.sub", true_divide = "fn.div",
  power = "fn.pow", mod = "fn.remainder", arcsinh = "fn.asinh", arccosh = "fn.acosh",
  arctanh = "fn.atanh", arcsin = "fn.asin", arccos = "fn.acos",
  arctan = "fn.atan", arctan2 = "fn.atan2", hard_tanh = "fn.hardtanh", hard_swish = "fn.hardswish",
  hard_sigmoid = "fn.hardsigmoid",
  clip = "fn.clamp", fix = "fn.trunc", rint = "fn.round", special = "fn.erf, fn.xlogy and the like",
  sgn = "fn.sign", stop_gradient = "fn.detach",
  no_grad = "fn.detach", clone = "a tensor is a value: use it as it is",
  contiguous = "a tensor is a value: use it as it is",
  -- losses
  mse_loss = "fn.mse", l1_loss = "fn.l1", nll_loss = "fn.nll", huber_loss = "fn.huber",
  smooth_l1_loss = "fn.smooth_l1",
  binary_cross_entropy = "fn.bce", kl_divergence = "fn.kl_div",
  binary_cross_entropy_with_logits = "fn.bce_logits", bce_with_logits = "fn.bce_logits",
  bce_loss = "fn.bce", hinge_embedding_loss = "fn.hinge_embedding",
  soft_margin_loss = "fn.soft_margin", poisson_nll_loss = "fn.poisson_nll",
  gaussian_nll_loss = "fn.gaussian_nll", margin_ranking_loss = "fn.margin_ranking",
  cosine_embedding_loss = "fn.cosine_embedding",
  softmax_cross_entropy = "fn.cross_entropy",
  triplet_margin_loss = "fn.mean(fn.relu(fn.norm(a - p, { axis = 2 }) - fn.norm(a - n, { axis = 2 "
    .. "}) + 1))",
  -- layers
  max_pool2d = "nn.MaxPool2d", avg_pool2d = "nn.AvgPool2d", conv2d = "nn.Conv2d",
  conv1d = "nn.Conv1d", conv_transpose2d = "nn.ConvTranspose2d",
  interpolate = "nn.Upsample", upsample = "nn.Upsample",
  adaptive_avg_pool2d = "nn.AdaptiveAvgPool2d", group_norm = "nn.GroupNorm",
  instance_norm = "nn.InstanceNorm", batch_norm = "nn.BatchNorm", pixel_shuffle = "nn.PixelShuffle",
  dropout2d = "nn.Dropout2d" }

elsewhere.nn = {
  BatchNorm1d = "nn.BatchNorm", BatchNorm2d = "nn.BatchNorm", BatchNorm3d = "nn.BatchNorm",
  SyncBatchNorm = "nn.BatchNorm",
  InstanceNorm1d = "nn.InstanceNorm", InstanceNorm2d = "nn.InstanceNorm",
  InstanceNorm3d = "nn.InstanceNorm",
  ModuleList = "nn.Sequential, nn.Repeat or a plain table in nn.Module",
  ModuleDict = "write a plain table in nn.Module",
  ParameterList = "write a plain table in nn.Module", Dense = "nn.Linear", LazyLinear = "nn.Linear",
  Conv = "nn.Conv2d", LazyConv2d = "nn.Conv2d",
  MaxPool = "nn.MaxPool2d", AvgPool = "nn.AvgPool2d", GlobalAvgPool2d = "nn.GlobalAvgPool",
  Swish = "nn.SiLU", Relu = "nn.ReLU", Gelu = "nn.GELU",
  LeakyRelu = "nn.LeakyReLU", HardSwish = "nn.Hardswish", Hardsigmod = "nn.Hardsigmoid",
  Softmax2d = "nn.Softmax { axis = 2 }",
  MaxPool1d = "nn.Reshape(8, 1, -1) and nn.MaxPool2d({ 1, 2 })", ZeroPad2d = "fn.pad",
  EmbeddingBag = "fn.sum(emb(ids), { axis = 2 })",
  Unflatten = "nn.Reshape, with all sizes of a sample", View = "nn.Reshape",
  UpsamplingNearest2d = "nn.Upsample",
  UpsamplingBilinear2d = "nn.Upsample { scale_factor = 2, mode = \"bilinear\", align_corners = "
    .. "true }",
  Lambda = "nn.Module { forward = function(m, x) return x end }", LSTMCell = cells,
  GRUCell = cells, RNNCell = cells,
  TransformerEncoder = stacked, TransformerDecoder = stacked,
  Transformer = "nn.TransformerEncoderLayer and nn.TransformerDecoderLayer",
  RotaryPositionalEmbeddings = "fn.rotary", RoPE = "fn.rotary",
  functional = "write fn in place of nn.functional",
  init = "write { init = \"kaiming_normal\" } in a rule of train",
  CrossEntropyLoss = "fn.cross_entropy", NLLLoss = "fn.nll", MSELoss = "fn.mse",
  L1Loss = "fn.l1", HuberLoss = "fn.huber", SmoothL1Loss = "fn.smooth_l1", BCELoss = "fn.bce",
  BCEWithLogitsLoss = "fn.bce_logits",
  KLDivLoss = "fn.kl_div", CosineSimilarity = "fn.cosine_similarity",
  HingeEmbeddingLoss = "fn.hinge_embedding", SoftMarginLoss = "fn.soft_margin",
  PoissonNLLLoss = "fn.poisson_nll", GaussianNLLLoss = "fn.gaussian_nll",
  MarginRankingLoss = "fn.margin_ranking",
  CosineEmbeddingLoss = "fn.cosine_embedding" }

local device = "the target says where a program runs: gagen -t cuda"
local modes = "a program trains and evaluates by itself: fn.when_training(a, b) tells the two apart"
local files = "programs read and write files: --load, --save, or load in a rule of train"

-- fields of layers and of tensors
elsewhere.layer = {
  forward = "a layer is called: net(x)", train = modes, eval = modes, to = device, cuda = device,
  cpu = device, half = "precision stands in train",
  state_dict = files, load_state_dict = files,
  parameters = "a rule of train or a step names the layer itself",
  named_parameters = "a rule of train takes function(p), with p.name",
  requires_grad_ = "{ net, freeze = true } in the rules of train",
  zero_grad = "there is nothing to zero: each window's first gradient is stored",
  apply = "{ net, init = 0 } in the rules of train" }
elsewhere.tensor = {
  T = "fn.transpose(x)", mT = "fn.transpose(x, -2, -1)",
  size = "write x.shape[1], the first size of a sample", dim = "write #x.shape",
  ndim = "write #x.shape",
  backward = "train { minimize = loss } differentiates",
  grad = "train { minimize = loss } differentiates",
  item = "report = { name = x } in train shows it",
  requires_grad = "a parameter is trained unless a rule freezes it", to = device, cuda = device,
  cpu = device,
  numpy = "predict = { name = x } in train writes it" }

return elsewhere
