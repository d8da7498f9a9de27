-- folded.lua -- an optimizer that folds each micro-batch into its states needs the sum of the contributions
local d = data.csv { "rows.csv", shuffle = false, columns = { x = "1-8", t = "9" } }
local w = nn.Linear(8, { bias = false })
train { data = d, batch = 8, micro_batch = 4, steps = 1, minimize = fn.mean(w(fn.tanh(w(d.x)))), optim = optim.AdamW { lr = 0.1, accumulate_in = "moments" } }
