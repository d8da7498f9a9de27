-- commands.lua -- the commands that shell texts start: words, quotes, substitutions, here-documents, cases and functions are read.
--   commands.of(text, scope, found)    calls found(command, line) for each command; adds the text's functions to the scope,
--                                      { functions = {}, runners = {}, sources = {} }, and the files that it reads with "."
--   commands.strings(text, found)      calls found(shell text, line) for what a Lua or Perl text gives to a shell
--   commands.make(text)                a makefile's recipes as one shell text
-- A command that stands in a variable is given as "$"; the caller looks at what compilers' variables (CC, CXX) are set to.
local commands = {}

local function set(text)
  local s = {}
  for word in text:gmatch "%S+" do s[word] = true end
  return s
end

local reserved = set "if then elif else do while until ! { time fi done esac } in"
commands.builtin = set [[. : [ [[ alias bg break builtin cd continue echo eval exec exit export false fg getopts hash jobs kill
  local printf pwd read readonly return set shift source test times trap true type ulimit umask unalias unset wait command]]

-- Which argument of a command is a command, options and assignments aside. Functions that end in "$@" are added as they are read.
local runners = { exec = 1, env = 1, nice = 1, nohup = 1, setsid = 1, xargs = 1, timeout = 2, command = 1, unshare = 1 }
local valued = { xargs = set "-n -P -I -L -d", nice = set "-n", timeout = set "-s -k", env = set "-u" }

local function compiler(name) return name:find "^[cC][cC]$" or name:find "^[cC][xX][xX]$" or name == "NVCC" end

local parse

-- Reads a word from i on; gives its text, the place after it, and what it substitutes on the way.
local function word_at(s, i, nested)
  local begin, out = i, {}
  while i <= #s do
    local c = s:sub(i, i)
    if c:find "[%s;&|<>()]" then break end
    if c == "\\" then
      out[#out + 1] = s:sub(i + 1, i + 1)
      i = i + 2
    elseif c == "'" then
      local close = s:find("'", i + 1, true) or #s
      out[#out + 1] = s:sub(i + 1, close - 1)
      i = close + 1
    elseif c == "$" and s:find("^%$%(%(", i) then
      i = (select(2, s:find("%)%)", i)) or #s) + 1
      out[#out + 1] = "$"
    elseif c == "$" and s:sub(i + 1, i + 1) == "(" then
      i = parse(s, i + 2, ")", nested)
      out[#out + 1] = "$"
    elseif c == "$" and s:sub(i + 1, i + 1) == "{" then
      local _, close = s:find("%b{}", i)
      out[#out + 1] = "$"
      i = (close or #s) + 1
    elseif c == "`" then
      i = parse(s, i + 1, "`", nested)
      out[#out + 1] = "$"
    elseif c == '"' then
      i = i + 1
      while i <= #s and s:sub(i, i) ~= '"' do
        if s:sub(i, i) == "\\" then
          out[#out + 1] = s:sub(i + 1, i + 1)
          i = i + 2
        elseif s:find("^%$%(%(", i) then
          i = (select(2, s:find("%)%)", i)) or #s) + 1
        elseif s:find("^%$%(", i) then
          i = parse(s, i + 2, ")", nested)
          out[#out + 1] = "$"
        elseif s:find("^%${", i) then
          i = (select(2, s:find("%b{}", i)) or #s) + 1
          out[#out + 1] = "$"
        else
          out[#out + 1] = s:sub(i, i)
          i = i + 1
        end
      end
      i = i + 1
    else
      out[#out + 1] = c
      i = i + 1
    end
  end
  if i == begin then i = i + 1 end
  return table.concat(out), i
end

local function line_of(s, i)
  return select(2, s:sub(1, i):gsub("\n", "")) + 1
end

-- The place of the argument number n, options before it and their values left out.
local function argument(words, k, n, valued_of)
  local at = k + 1
  repeat
    while words[at] and (words[at]:find "^%-" or words[at]:find "^[%a_][%w_]*=") do
      at = at + (valued_of and valued_of[words[at]] and 2 or 1)
    end
    n = n - 1
    if n > 0 then at = at + 1 end
  until n == 0
  return at
end

-- A simple command's words: what it starts, and what that starts.
local function simple(words, at, nested)
  local scope, k, inside = nested.scope, 1, nested.inside
  while words[k] and words[k]:find "^[%a_][%w_]*=" do
    local name, value = words[k]:match "^([%a_][%w_]*)=(.*)"
    if compiler(name) then nested.call(value, at) end
    k = k + 1
  end
  local first = words[k]
  if not first or first:find "^[-+%d]" then return end
  if inside and first == "shift" then inside.gone = inside.gone + (tonumber(words[k + 1]) or 1) end
  if inside and first == "$@" then scope.runners[inside.name] = scope.runners[inside.name] or inside.gone + 1 end
  local own = scope.functions[first]
  nested.call(first, at)
  if own and not scope.runners[first] then return end
  if first == "." then scope.sources[words[k + 1]] = true end
  if not own and first == "command" and words[k + 1] and words[k + 1]:find "^%-[vV]" then
    scope.asked[words[k + 2] or ""] = true
    return
  end
  local shell = first:find "^%a*sh$" and words[k + 1] and words[k + 1]:find "^%-%a*c$"
  if first == "eval" or first == "trap" or shell then return nested.text(words[shell and k + 2 or k + 1] or "", at) end
  for n, word in ipairs(words) do
    if first == "find" and word:find "^%-exec" then return simple({ table.unpack(words, n + 1) }, at, nested) end
  end
  local n = own and k + scope.runners[first] or runners[first] and argument(words, k, runners[first], valued[first])
  if n then simple({ table.unpack(words, n) }, at, nested) end
end

-- A function ends with its brace.
local function brace(word, nested)
  local f = nested.inside
  if not f then return end
  f.depth = f.depth + (word == "{" and 1 or word == "}" and -1 or 0)
  if word == "}" and f.depth == 0 then nested.inside = nil end
end

-- Commands from i on until the stop at this depth; gives the place after it.
function parse(s, i, stop, nested)
  local words, at, depth, cases, wait = {}, i, 0, {}, {}
  local pattern, header = false, nil          -- of a case; the words of a for or case before its body
  local function over()
    if #words > 0 and not header then simple(words, at, nested) end
    words, header = {}, nil
  end
  while i <= #s do
    local c = s:sub(i, i)
    if stop == c and depth == 0 and not pattern then
      over()
      return i + 1
    elseif c == "\n" then
      over()
      i = i + 1
      for _, mark in ipairs(wait) do
        local _, close = s:find("\n[\t]*" .. mark:gsub("%p", "%%%0") .. "%f[\n\0]", i - 1)
        i = (close or #s) + 1
      end
      wait = {}
    elseif c:find "%s" then i = i + 1
    elseif c == "\\" and s:sub(i + 1, i + 1) == "\n" then i = i + 2
    elseif c == "#" then i = s:find("\n", i, true) or #s + 1
    elseif pattern and c == ")" then
      pattern = false
      words = {}
      i = i + 1
    elseif pattern and (c == "|" or c == "(") then i = i + 1
    elseif c == ";" and s:sub(i + 1, i + 1) == ";" then
      over()
      pattern = true
      i = i + 2
    elseif s:find("^<<<", i) then i = select(2, word_at(s, i + 3, nested))
    elseif s:find("^<<%-?%s*[%w_'\"\\]", i) then
      local mark, close = word_at(s, s:find("[%w_'\"\\]", i + 2), nested)
      wait[#wait + 1] = mark
      i = close
    elseif c == "<" or c == ">" then
      i = s:find("[^<>&%s|]", i) or #s + 1
      i = select(2, word_at(s, i, nested))
    elseif c == "&" and s:sub(i + 1, i + 1) == ">" then i = i + 1
    elseif c:find "[;&|]" then
      over()
      i = i + 1
    elseif c == "(" then
      if #words == 1 and s:sub(i, i + 1) == "()" then
        nested.scope.functions[words[1]] = true
        nested.inside = { name = words[1], gone = 0, depth = 0 }
        words = {}
        i = i + 2
      else
        over()
        depth = depth + 1
        i = i + 1
      end
    elseif c == ")" then
      over()
      depth = depth - 1
      i = i + 1
    else
      local start = i
      local word
      word, i = word_at(s, i, nested)
      local bare = s:sub(start, i - 1) == word
      if pattern and word == "esac" then
        pattern = false
        cases[#cases] = nil
      elseif pattern then words = {}
      elseif s:find("^[<>]", i) and word:find "^%d+$" then words = words      -- 2> file: the number is no word
      elseif #words == 0 and bare and reserved[word] then brace(word, nested)
      elseif #words == 0 and bare and (word == "for" or word == "case") then
        header = word
        words = { word }
      elseif header == "case" and bare and word == "in" then
        cases[#cases + 1] = true
        words, header, pattern = {}, nil, true
      else
        if #words == 0 then at = start end
        words[#words + 1] = word
      end
      -- the compilers that a loop goes over
      if header == "for" and words[2] and compiler(words[2]) and #words > 3 then nested.call(word, start) end
    end
  end
  over()
  return i
end

function commands.of(text, scope, found)
  local nested, outer = { scope = scope }, nil
  function nested.call(word, at) found(word, outer or line_of(text, at)) end
  function nested.text(inner, at)
    local was = outer
    outer = outer or line_of(text, at)
    parse(inner, 1, nil, nested)
    outer = was
  end
  parse(text, 1, nil, nested)
  for at, name, default in text:gmatch "()%${?([%a_]+):[-=]([%w+.-]+)}" do
    if compiler(name) then found(default, line_of(text, at)) end
  end
end

-- The shell texts of a Lua or Perl test: what popen, os.execute, run, system and qx are given.
function commands.strings(text, found)
  for _, head in ipairs { 'popen[%s(]+', 'os%.execute[%s(]+', '%f[%w]run[%s(]+', 'system[%s(]+', '"sh", "%-c", ' } do
    for at, quote in text:gmatch("()" .. head .. "()[\"']") do
      local mark = text:sub(quote, quote)
      local i = quote + 1
      while text:sub(i, i) ~= mark and i <= #text do i = i + (text:sub(i, i) == "\\" and 2 or 1) end
      found(text:sub(quote + 1, i - 1), line_of(text, at))
    end
  end
  for at, shell in text:gmatch "()%f[%w]qx(%b())" do found(shell:sub(2, -2), line_of(text, at)) end
end

-- A makefile's recipes and $(shell ...), as a shell text.
function commands.make(text)
  local out = {}
  for line in (text .. "\n"):gmatch "(.-)\n" do
    for shell in line:gmatch "%$%(shell (%b())" do out[#out + 1] = shell:sub(2, -2) end
    for rest in line:gmatch "%$%(shell ([^()]+)" do out[#out + 1] = rest end
    local recipe = line:match "^\t[@-]*(.*)"
    if recipe then
      recipe = recipe:gsub("%$%b()", "$V"):gsub("%$[@<^]", "$V"):gsub("%$%$", "$")
      out[#out + 1] = recipe
    end
  end
  return table.concat(out, "\n")
end

return commands
