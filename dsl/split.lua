-- split.lua -- which rows validate and test, as a data set states them.
local core = ...
local util = core.use("dsl/util.lua")
local fail, options = util.fail, util.options

local function check_path(what, path)
  if type(path) ~= "string" or path == "" then
    fail("%s: expected a path, got %s", what, util.show(path))
  end
  if #path > 1000 or path:find("[%z\1-\31\127]") then
    fail("%s: %s cannot be a path", what, util.show(path))
  end
  return path
end

-- valid and test: a fraction, a count or a path; { last = 0.1 } the end of the rows, which `last`
-- says
local function split(what, name, v)
  if v == nil then return nil end
  if type(v) == "table" and not getmetatable(v) then
    local part = options(what .. ": " .. name, v, { last = util.any }).last
    if type(part) ~= "number" then
      fail("%s: '%s' = { last = 0.1 } is the end of the rows, a fraction or a number of them; got "
        .. "%s", what, name, util.show(part))
    end
    return split(what, name, part), true
  end
  if type(v) == "string" then return check_path(what .. ": " .. name, v) end
  if type(v) == "number" and (v > 0 and v < 1 or v >= 1 and v < 2^53 and v == math.floor(v)) then
    return v
  end
  fail("%s: '%s' is a fraction (0.1), a number of rows (2000), { last = 0.1 } or a path; got %s",
    what, name, util.show(v))
end

return { path = check_path, of = split }
