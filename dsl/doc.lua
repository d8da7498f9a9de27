-- doc.lua -- what names are for, told where they are declared: `gagen help` shows it, and
-- docs/language.md has its tables from here.
local core = ...
local util, op = core.use("dsl/util.lua"), core.use("dsl/op.lua")
local doc, entries, sections, of = {}, {}, {}, {}   -- of[name]: the entry that tells it

-- the names that an example calls, "nn.Linear(128)" or "optim.SGD { lr }"
local function names_in(example)
  local names = {}
  for place, space, name in example:gmatch("()(%l+)%.([%a_][%w_]*)") do
    if not example:sub(1, place - 1):find("[%w_.]$") then
      names[#names + 1] = space .. "." .. name
    end
  end
  return names
end

local function add(e)
  entries[#entries + 1] = e
  for _, name in ipairs(e.names) do of[name] = of[name] or e end
  if not sections[e.section] then sections[#sections + 1], sections[e.section] = e.section, true end
end

-- say(example, text [, name]): the text tells every name that the example calls, or that one
function doc.section(section)
  return function(example, text, name)
    add { section = section, example = example, text = text, names = name and { name }
      or names_in(example) }
  end
end

-- say(name, text [, default]): an option of that statement. Texts are rows of docs/language.md; a
-- terminal gets them without marks.
function doc.options(of_what)
  return function(name, text, default)
    local plain = text:gsub("%[([^%]]*)%]%(([%w_.]*)[^)]*%)", function(words, file)
      return words == file and "docs/" .. file or words
    end):gsub("`", "")
    if default then plain = ("%s; %s unless told"):format(plain, default:gsub("`", "")) end
    add { section = of_what, example = ("%s { %s = ... }"):format(of_what, name),
      text = plain:gsub("^%l", string.upper) .. ".", names = { name },
      row = ("| `%s` | %s |%s|\n"):format(name, text, default and " " .. default .. " " or " ") }
  end
end

-- maps are functions by themselves, and their declaration tells them
local function add_maps()
  for _, t in ipairs(op.list) do
    local name = "fn." .. t.name
    if t.kind == "map" and not t.hidden and not of[name] then
      local args = table.move(t.args, 1, #t.args - (t.noise and 1 or 0), 1, {})
      local attrs = {}
      for _, k in ipairs(util.sorted(t.preset)) do
        attrs[#attrs + 1] = ("%s = %g"):format(k, t.preset[k])
      end
      if #attrs > 0 then args[#args + 1] = "{ " .. table.concat(attrs, ", ") .. " }" end
      local example = ("%s(%s)"):format(name, table.concat(args, ", "))
      add { section = "maps", example = example, text = t.doc, names = names_in(example) }
    end
  end
end

-- a table of docs/language.md: a row for each entry of a section
local function rows(section)
  local lines = {}
  for _, e in ipairs(entries) do
    if e.section == section then
      lines[#lines + 1] = e.row or ("| `%s` | %s |\n"):format(e.example, (e.text:gsub("|", "\\|")))
    end
  end
  return table.concat(lines)
end

-- every public name, sorted
local function public()
  local all = {}
  for _, space in ipairs { "data", "fn", "nn", "optim" } do
    for _, name in ipairs(util.sorted(core.use("dsl/" .. space .. ".lua").open)) do
      all[#all + 1] = space .. "." .. name
    end
  end
  return all
end

local function without(names)
  local lines = {}
  for _, name in ipairs(names) do
    if not of[name] then lines[#lines + 1] = name .. "\n" end
  end
  return table.concat(lines)
end

local function everything()
  local lines = {}
  for _, section in ipairs(sections) do
    lines[#lines + 1] = (section == sections[1] and "" or "\n") .. section .. "\n"
    for _, e in ipairs(entries) do
      if e.section == section then
        lines[#lines + 1] = ("  %s\n      %s\n"):format(e.example, e.text)
      end
    end
  end
  return table.concat(lines)
end

-- What `gagen help NAME` prints: entries of that name and, of a statement, its options; nothing
-- where there is no such name. Without a name it lists everything; "+layers" is the table of that
-- section in docs/language.md, "-" the names that nobody tells.
function doc.help(name)
  add_maps()
  if name == "" then return everything() end
  if name == "-" then return without(public()) end
  if name:find("^%+") then return sections[name:sub(2)] and rows(name:sub(2)) end
  local known, found = {}, {}
  for _, e in ipairs(entries) do
    if e.row and e.section == name then found[e] = true end
    for _, n in ipairs(e.names) do
      known[n] = true
      if n == name or n:match("%.(.*)") == name then found[e] = true end
    end
  end
  local lines = {}
  for _, e in ipairs(entries) do
    if found[e] then lines[#lines + 1] = ("%s\n    %s\n"):format(e.example, e.text) end
  end
  if #lines == 0 then return nil, util.near(name, known) end
  return table.concat(lines)
end

return doc
