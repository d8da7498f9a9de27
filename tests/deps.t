#!/usr/bin/env lua5.4
-- deps.t -- every command that tests, their tools and the Makefile start is in a package that tools/deps.sh installs, or that any
-- Debian has; each says itself what it looks for before it starts it.
package.path = "tests/?.lua;" .. package.path
local commands = require "commands"
local tap = dofile "tests/tap.lua"
local ok, run, text_of = tap.ok, tap.run, tap.text_of

-- ---- where commands come from -----------------------------------------------------------------------------
local packages = {
  coreutils = "basename cat chmod cksum cp cut date dd df dirname du env head id ln ls mkdir mktemp mv nproc od paste rm rmdir seq sleep " ..
    "sort stat tail tee timeout touch tr truncate uname uniq wc",
  dash = "sh", bash = "bash", diffutils = "cmp diff", findutils = "find xargs", grep = "grep", gzip = "gzip gunzip", mawk = "awk",
  sed = "sed", tar = "tar", ["util-linux"] = "setpriv setsid unshare", ["perl-base"] = "perl", apt = "apt-get apt-config", dpkg = "dpkg-query", mount = "mount",
  git = "git", make = "make", gcc = "gcc cc", ["g++"] = "g++", binutils = "ar nm objcopy objdump size", clang = "clang clang++", ["clang-format"] = "clang-format",
  ["pkg-config"] = "pkg-config", perl = "prove", ["lua5.4"] = "lua5.4",
}
-- What README asks for, what gcc brings, and what every Debian has (essential, or required).
local there = {}
for name in ("coreutils dash bash diffutils findutils grep gzip mawk sed tar util-linux perl-base apt dpkg mount git make binutils"):gmatch "%S+" do
  there[name] = true
end
local package_of = {}
for name, list in pairs(packages) do
  for command in list:gmatch "%S+" do package_of[command] = name end
end

-- What a machine may lack: who starts it asks for it first, or the reason why not.
local optional = { groff = true, ["musl-gcc"] = true, nvcc = true, ["nvidia-smi"] = "tests/gpu/test.sh", debootstrap = "tools/test-bare.sh", chroot = "tools/test-bare.sh" }

-- ---- the texts ----------------------------------------------------------------------------------------------
local function files()
  local list = {}
  for path in run "git ls-files -co --exclude-standard tests/*.t tests/*.sh tests/*/*.t tests/*/*.sh tools/*.sh tools/same-bits tools/same_bits/*.sh bench/generate.sh":gmatch "%S+" do
    list[#list + 1] = path
  end
  return list
end

local function scope() return { functions = {}, runners = {}, sources = {}, asked = {} } end

-- Calls found(command, line) for a file's commands.
local function each(path, text, names, found)
  local first = text:match "^#![^\n]*" or ""
  if path == "Makefile" then return commands.of(commands.make(text), names, function(c) found(c, 0) end) end
  if not first:find "lua" and not first:find "perl" then return commands.of(text, names, found) end
  commands.strings(text, function(shell, line)
    commands.of(shell, names, function(c) found(c, line) end)
  end)
end

-- The functions of a file, of those that it reads and of those that read it.
local function merge(path, of, into, seen)
  if seen[path] or not of[path] then return end
  seen[path] = true
  for _, field in ipairs { "functions", "runners", "asked" } do
    for k, v in pairs(of[path][field]) do
      if into[field][k] == nil then into[field][k] = v end
    end
  end
  for other in pairs(of[path].sources) do merge(other:gsub("^%$here", path:match "^(.*)/" or "."), of, into, seen) end
end

local function names_of(path, of)
  local into = scope()
  merge(path, of, into, {})
  for other, s in pairs(of) do
    if s.sources[path] then merge(other, of, into, {}) end
  end
  return into
end

-- What is wrong with the commands of these texts, and how many there are.
local function check(texts, installed)
  local of, wrong, n = {}, {}, 0
  for _, t in ipairs(texts) do
    of[t.path] = scope()
    each(t.path, t.text, of[t.path], function() end)
  end
  for _, t in ipairs(texts) do
    local names = names_of(t.path, of)
    each(t.path, t.text, names, function(command, line)
      if command:find "[$/=%%]" or names.functions[command] or commands.builtin[command] or command == "" then return end
      n = n + 1
      local package, may = package_of[command], optional[command]
      local good = package and (there[package] or installed[package]) or may and (may == t.path or names.asked[command])
      if not good then
        wrong[#wrong + 1] = ("%s:%d: %s%s"):format(t.path, line, command, package and ", of " .. package or "")
      end
    end)
  end
  return wrong, n
end

local function installed_by(text)
  local list = {}
  for name in text:gmatch "need ([%w.+-]+)" do list[name] = true end
  return list
end

local texts = {}
for _, path in ipairs(files()) do texts[#texts + 1] = { path = path, text = text_of(path) } end
texts[#texts + 1] = { path = "Makefile", text = text_of "Makefile" }
local deps = text_of "tools/deps.sh"
local wrong, n = check(texts, installed_by(deps))
ok(n > 1500, ("%d commands in %d files"):format(n, #texts))
ok(#wrong == 0, "each is in a package that deps.sh installs, or that is there  # " .. table.concat(wrong, "; "))

-- ---- controls: commands that nothing brings ------------------------------------------------------------------
local function planted(what, text, expected)
  local list = check({ { path = "x.t", text = "#!/bin/sh\n" .. text } }, installed_by(deps))
  ok(#list == 1 and list[1] == expected, ("control: %s: %s"):format(what, list[1] or "not seen"))
end
planted("a command", "echo 'jq .'\njq . x\n", "x.t:3: jq")
planted("at the end of a pipe, in quotes of a substitution", 'a="$(cat x | jq .)" # jq\n', "x.t:2: jq")
planted("given to a function that runs it", 'try() { what=$1; shift\n"$@" > y; }\ntry "jq runs" jq .\n', "x.t:4: jq")
planted("after an environment and a limit", "LC_ALL=C timeout -k 2 5 jq .\n", "x.t:2: jq")
planted("in a branch of a case, after a here-document", "cat << END\njq\nEND\ncase $x in jq) ;; *) jq . ;; esac\n", "x.t:5: jq")
planted("a text for sh", "sh -c 'for f in jq; do jq $f; done'\n", "x.t:2: jq")
planted("a compiler", "CC=tcc compile x\ncompile() { true; }\n", "x.t:2: tcc")
planted("one that is not asked for", "command -v nvcc\ngroff x\n", "x.t:3: groff")
local less = check(texts, installed_by((deps:gsub("need g%+%+", "need gcc"))))
ok(#less > 0 and less[1]:find("g++, of g++", 1, true), "control: without g++ in deps.sh: " .. (less[1] or "not seen"))

-- ---- the table, where a Debian is there to be asked ------------------------------------------------------------
local lists = run "command -v dpkg-query > /dev/null && dpkg-query --version | head -n 1"
local elsewhere = {}
for name, list in pairs(packages) do
  local has = run("dpkg-query -L " .. name .. " $(dpkg-query -W -f '${Depends}\n' " .. name ..
    " 2> /dev/null | tr -d ',' | tr ' ' '\n' | grep '^[a-z]') 2> /dev/null") .. "/mawk/awk\n/gcc/cc\n/dash/sh\n"
  for command in list:gmatch "%S+" do
    if has:find("^/") and #has > 200 and not has:find("/" .. command .. "\n", 1, true) then elsewhere[#elsewhere + 1] = name .. ": " .. command end
  end
end
table.sort(elsewhere)
if lists == "" then
  ok(true, "the table # skip there is no dpkg here")
else
  ok(#elsewhere == 0, "dpkg says the same of what is installed  # " .. table.concat(elsewhere, ", "))
end
tap.finish()
