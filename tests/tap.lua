-- tap.lua -- what tests in Lua share: facts as TAP, what a command prints, what a file holds.   local tap = dofile "tests/tap.lua"
local tap = {}
local facts, failed = 0, false

function tap.ok(good, what)
  facts = facts + 1
  failed = failed or not good
  print((good and "ok " or "not ok ") .. facts .. " - " .. what)
end

function tap.run(command)
  local f = assert(io.popen(command))
  local text = f:read "a"
  f:close()
  return text
end

-- standard output and standard error together, and whether the exit status was 0
function tap.try(command)
  local f = assert(io.popen(command .. " 2>&1"))
  local text = f:read "a"
  return text, (f:close())
end

function tap.text_of(path)
  local f = assert(io.open(path))
  local text = f:read "a"
  f:close()
  return text
end

-- how many facts there were; the end
function tap.finish()
  print("1.." .. facts)
  os.exit(not failed)
end

return tap
