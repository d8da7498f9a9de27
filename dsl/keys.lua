-- keys.lua -- the keys of a log's lines that are no report's: a report of that name would come
-- twice.
local core = ...
local own = { update = "the update's number", epoch = "the epoch",
  samples = "how many samples have been read", ms = "a window's milliseconds",
  time = "the seconds since the start", split = "the name of the rows that were evaluated",
  skipped = "the mark of a window that changed nothing",
  dropped = "how many micro-batches were dropped", loss_scale = "the loss scale",
  nonfinite = "the list of what is not finite",
  lr = "the learning rate", grad_norm = "the gradient's norm", noise_scale = "the noise scale" }
-- each with _NAME where there are several steps
local of_steps = { "lr", "grad_norm", "noise_scale", "skipped" }

local keys = {}

-- name: a report's or a step's, which names its loss
function keys.check(name, place, turns)
  local says = own[name]
  for _, s in ipairs(turns) do
    for _, k in ipairs(of_steps) do
      if s.name and name == k .. "_" .. s.name then
        says = ("%s of step '%s'"):format(own[k], s.name)
      end
    end
  end
  if says then
    core.fail(("'%s' in a log is %s; give this another name, my_%s"):format(name, says, name),
      place)
  end
end

-- a report of the name that a loss has, and which is another tensor
function keys.hidden(name, place, loss)
  core.fail(
    ("train: report %s: in a log '%s' is the loss, and this is another tensor; report it under "
    .. "another name"):format(name, name),
    place, "the loss was made here", loss)
end

return keys
