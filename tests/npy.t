#!/usr/bin/env lua5.4
-- npy.t -- NPY, IDX and raw files as NumPy, other libraries and other mistakes make them: each is read right, or refused with a
-- cure; the test takes the cure from the message and follows it.
local T = dofile "tests/readers/formats.lua"
local ok, write, pack = T.ok, T.write, T.pack
T.dir = "build/tests/npy"
os.execute("rm -rf " .. T.dir .. " && mkdir -p " .. T.dir)
local read = T.dir .. "/read"
T.compile(read, "tests/runtime/read.c")

-- ---- NPY files ------------------------------------------------------------------------------------------
local function header(descr, shape, order)
  return ("{'descr': %s, 'fortran_order': %s, 'shape': %s, }"):format(descr:find "^[%['\"]" and descr or "'" .. descr .. "'", order or "False", shape)
end

-- version 1 to 3; elements begin at a multiple of `align`
local function npy(text, data, version, align)
  version, align = version or 1, align or 64
  local size = version == 1 and "<I2" or "<I4"
  local room = -(8 + #size:pack(0) + #text + 1) % align
  text = text .. (" "):rep(room) .. "\n"
  return "\x93NUMPY" .. string.char(version, 0) .. size:pack(#text) .. text .. data
end

-- the rows that are read, "1 2|3 4", or the message; column: x:TYPE:CLASSES:FILE:SIZES
local function rows(reader, path, ...)
  local text, good = T.run(("%s %s %s 0 0 '%s'"):format(read, reader, path, table.concat({ ... }, "' '")))
  if not good then return text:gsub("\n$", "") end
  local list = {}
  for line in text:match("^train %d+\n(.-)valid"):gmatch "([^\n]*)\n" do list[#list + 1] = line:gsub(" $", "") end
  return table.concat(list, "|"), text:find "x mapped" ~= nil
end

local function is(what, got, want)
  return ok(got == want, what .. ": " .. (got == want and got or ("%s, expected %s"):format(got, want)):sub(1, 200))
end

local function column(type_, classes, size) return ("x:%s:%d:x.npy:%s"):format(type_, classes or 0, size or "1") end
local real, class, byte = column "r", column("i", 30), column "b"

-- what, header, elements, column, rows
local taken = {
  { "bool", header("|b1", "(3,)"), pack("b1", { 1, 0, 1 }), real, "1|0|1" },
  { "bool as bytes", header("|b1", "(3,)"), pack("b1", { 1, 0, 1 }), byte, "1|0|1" },
  { "bool as classes", header("|b1", "(3,)"), pack("b1", { 1, 0, 1 }), class, "1|0|1" },
  { "int8", header("|i1", "(3,)"), pack("i1", { -128, 0, 127 }), real, "-128|0|127" },
  { "int16", header("<i2", "(2, 2)"), pack("i2", { -32768, 1, 2, 32767 }), column("r", 0, "2"), "-32768 1|2 32767" },
  { "uint16 as classes", header("<u2", "(3,)"), pack("u2", { 29, 0, 7 }), class, "29|0|7" },
  { "uint32", header("<u4", "(2,)"), pack("u4", { 5, 4294967040 }), real, "5|4.29497e+09" },
  { "uint64 as classes", header("<u8", "(2,)"), pack("u8", { 5, 29 }), class, "5|29" },
  { "int64 as bytes", header("<i8", "(2,)"), pack("i8", { 0, 255 }), byte, "0|255" },
  { "float16", header("<f2", "(4,)"), pack("f2", { 1, -2.5, 0.125, 65504 }), real, "1|-2.5|0.125|65504" },
  { "float16: the smallest, infinity and NaN", header("<f2", "(4,)"), "\1\0\0\128\0\124\1\126", real, "5.96046e-08|-0|inf|nan" },
  { "float64 whole numbers as classes", header("<f8", "(3,)"), pack("f8", { 2, 0, 29 }), class, "2|0|29" },
  { "float32 whole numbers as bytes", header("<f4", "(3,)"), pack("f4", { 2, 0, 255 }), byte, "2|0|255" },
  { "big-endian int16", header(">i2", "(2,)"), T.swap(pack("i2", { -2, 300 }), 2), real, "-2|300" },
  { "big-endian float32", header(">f4", "(2,)"), T.swap(pack("f4", { 1, -2.5 }), 4), real, "1|-2.5" },
  { "big-endian int64 as classes", header(">i8", "(2,)"), T.swap(pack("i8", { 3, 29 }), 8), class, "3|29" },
  { "'=f4'", header("=f4", "(2,)"), pack("f4", { 1, -2.5 }), real, "1|-2.5" },
  { "'f4'", header("f4", "(2,)"), pack("f4", { 1, -2.5 }), real, "1|-2.5" },
  { "one axis in Fortran's order", header("<f4", "(2,)", "True"), pack("f4", { 1, -2.5 }), real, "1|-2.5" },
  { "a matrix in Fortran's order, as pandas', MATLAB's and Julia's are", header("<f8", "(2, 3)", "True"), pack("f8", { 1, 4, 2, 5, 3, 6 }),
    column("r", 0, "3"), "1 2 3|4 5 6" },
  { "three axes in Fortran's order", header("|u1", "(2, 2, 3)", "True"), pack("u1", { 1, 7, 4, 10, 2, 8, 5, 11, 3, 9, 6, 12 }),
    column("b", 0, "2,3"), "1 2 3 4 5 6|7 8 9 10 11 12" },
  { "one row in Fortran's order", header("<i4", "(1, 2, 2)", "True"), pack("i4", { 1, 3, 2, 4 }), column("r", 0, "2,2"), "1 2 3 4" },
  { "version 2", header("<f4", "(2,)"), pack("f4", { 1, -2.5 }), real, "1|-2.5", 2 },
  { "version 3", header("<f4", "(2,)"), pack("f4", { 1, -2.5 }), real, "1|-2.5", 3 },
  { "Python 2's long sizes", header("<f4", "(2L, 1L)"), pack("f4", { 1, -2.5 }), real, "1|-2.5" },
  { "double quotes, no spaces, another order of keys", '{"shape":(2,),"fortran_order":False,"descr":"<f4"}', pack("f4", { 1, -2.5 }), real, "1|-2.5" },
  { "a header of 16 bytes' alignment", header("<f4", "(2,)"), pack("f4", { 1, -2.5 }), real, "1|-2.5", 1, 16 },
  { "labels of shape [N, 1]", header("<i8", "(2, 1)"), pack("i8", { 3, 29 }), class, "3|29" },
}
for _, c in ipairs(taken) do
  write("x.npy", npy(c[2], c[3], c[6], c[7]))
  is(c[1], rows("npy", T.dir, c[4]), c[5])
end
write("x.npy", npy(header("<f4", "(2, 3)"), pack("f8", { 1, 4, 2 })))
ok(rows("npy", T.dir, column("r", 0, "3")) ~= "1 2 3|4 5 6", "control: the same bytes in C's order are other rows")
for _, c in ipairs { { "<f4", "f4", real, true }, { ">f4", "f4", real, false }, { "|b1", "b1", byte, true }, { "<i4", "i4", class, true },
                     { "<i2", "i2", real, false } } do
  write("x.npy", npy(header(c[1], "(2,)"), pack(c[2], { 1, 0 })))
  local _, mapped = rows("npy", T.dir, c[3])
  ok(mapped == c[4], ("%s is %s"):format(c[1], c[4] and "mapped" or "converted"))
end

-- ---- cures ------------------------------------------------------------------------------------------------
-- A cure's text, from a message, and what it makes of the numbers: a new file, and maybe another column.
local astype = { float32 = { "<f4", "f4" }, float64 = { "<f8", "f8" }, int32 = { "<i4", "i4" } }
local cures = {
  { "save a%.astype%('(%w+)'%)", function(case, type_)
      write("x.npy", npy(header(astype[type_][1], ("(%d,)"):format(#case.numbers)), pack(astype[type_][2], case.numbers))) end },
  { "numpy%.unique%(a, return_inverse=True%)%[1%]", function(case)
      local all, at, ids = {}, {}, {}
      for _, x in ipairs(case.numbers) do at[x] = at[x] or table.insert(all, x) or true end
      table.sort(all)
      for i, x in ipairs(all) do at[x] = i - 1 end
      for i, x in ipairs(case.numbers) do ids[i] = at[x] end
      write("x.npy", npy(header("<i8", ("(%d,)"):format(#ids)), pack("i8", ids))) end },
  { "save numpy%.stack%(%[a%.real, a%.imag%], %-1%)", function(case)
      write("x.npy", npy(header("<f4", ("(%d, 2)"):format(#case.numbers // 2)), pack("f4", case.numbers)))
      return column("r", 0, "2") end },
  { "save a / numpy%.timedelta64%(1, 's'%)", function(case) write("x.npy", npy(header("<f8", ("(%d,)"):format(#case.numbers)), pack("f8", case.numbers))) end },
  { "save %(a %- a%.min%(%)%) / numpy%.timedelta64%(1, 's'%)", function(case)
      local least, t = math.min(table.unpack(case.numbers)), {}
      for i, x in ipairs(case.numbers) do t[i] = x - least end
      write("x.npy", npy(header("<f8", ("(%d,)"):format(#t)), pack("f8", t))) end },
  { "numpy%.save%('x%.npy', a%['x'%]%)", function(case) write("x.npy", npy(header("<f4", ("(%d,)"):format(#case.numbers)), pack("f4", case.numbers))) end },
  { "say type = \"float32\"", function() return real end },
  { "a column of numbers has no classes in the model", function() return real end },
  { "classes = (%d+)$", function(_, n) return column("i", tonumber(n)) end },
}

local function follow(case, said)
  for _, c in ipairs(cures) do
    local found, _, argument = said:find(c[1])
    if found then return c[2](case, argument) or case.column end
  end
end

-- what, header, elements, column, the message, the numbers, rows once the cure is followed
local refused = {
  { "a fraction for a class", "<f4", pack("f4", { 1, 0.5 }), class, "row 1: x is 0.5, no class: classes are whole numbers", { 1, 0.5 }, "1|0.5" },
  { "a fraction for a byte", "<f4", pack("f4", { 1, 0.5 }), byte, "row 1: x is 0.5, and the model says whole numbers for it", { 1, 0.5 }, "1|0.5" },
  { "a number beyond a byte", "<i2", pack("i2", { 1, 256 }), byte, 'row 1: x is 256, and type = "uint8" holds 0 to 255', { 1, 256 }, "1|256" },
  { "a negative number for a byte", "|i1", pack("i1", { 1, -1 }), byte, 'row 1: x is -1, and type = "uint8" holds 0 to 255', { 1, -1 }, "1|-1" },
  { "int64 beyond float32", "<i8", pack("i8", { 1, 16777217 }), real, "row 1: x is 16777217, which float32 cannot hold exactly", { 1, 16777217 }, "1|1.67772e+07" },
  { "uint32 beyond float32", "<u4", pack("u4", { 4294967295, 1 }), real, "row 0: x is 4294967295, which float32 cannot hold exactly", { 4294967295, 1 }, "4.29497e+09|1" },
  { "int64 beyond double", "<i8", pack("i8", { 1, -9007199254740993 }), real, "row 1: x is -9007199254740993, which", { 1, -9007199254740993 }, "1|-9.0072e+15" },
  { "uint64 for a class", "<u8", pack("u8", { 7, -1, 7 }), class, "row 1: x is 18446744073709551615, whole numbers go to 2147483647", { 7, 2 ^ 64, 7 }, "0|1|0" },
  { "int64 keys for a class", "<i8", pack("i8", { 9000000000, 7, 8000000000 }), class, "row 0: x is 9000000000, whole", { 9000000000, 7, 8000000000 }, "2|0|1" },
  { "classes from 1", "<i8", pack("i8", { 1, 30 }), class, "row 1: x is 30, the model says 30 classes, 0 to 29: classes that count from 1 take classes = 31", { 1, 30 }, "1|30" },
  { "more classes", "<i8", pack("i8", { 1, 99 }), class, "row 1: x is 99, the model says 30 classes, 0 to 29: ids up to that one take", { 1, 99 }, "1|99" },
  { "complex numbers", "<c8", pack("f4", { 1, 2, 3, 4 }), real, "its elements are '<c8', complex numbers", { 1, 2, 3, 4 }, "1 2|3 4" },
  { "text", "<U1", "a\0\0\0b\0\0\0a\0\0\0", class, "its elements are '<U1', text", { "a", "b", "a" }, "0|1|0" },
  { "bytes of text", "|S2", "xxabxx", class, "its elements are '|S2', text", { "xx", "ab", "xx" }, "1|0|1" },
  { "Python objects", "|O", "\x80\5K\1.", real, "its elements are '|O', Python objects", { 1, 2.5 }, "1|2.5" },
  { "dates", "<M8[s]", pack("i8", { 1700000000, 1700000060 }), real, "its elements are '<M8[s]', dates", { 1700000000, 1700000060 }, "0|60" },
  { "times", "<m8[s]", pack("i8", { 7, 60 }), real, "its elements are '<m8[s]', times", { 7, 60 }, "7|60" },
  { "bfloat16 of ml_dtypes", "<V2", pack("bf", { 1, -2.5 }), real, "its elements are '<V2', bytes of a type that NumPy does not know", { 1, -2.5 }, "1|-2.5" },
  { "float128", "<f16", ("\0"):rep(32), real, "its elements are '<f16', floats of another size", { 1, -2.5 }, "1|-2.5" },
  { "records", "[('x', '<f4'), ('y', '<i4')]", ("\0"):rep(16), real, "its elements are records of several fields", { 1, -2.5 }, "1|-2.5" },
  { "a type that is none", "<q4", ("\0"):rep(8), real, "its elements are '<q4', no type that NumPy has", { 1, -2.5 }, "1|-2.5" },
}
for _, c in ipairs(refused) do
  local case = { numbers = c[6], column = c[4] }
  write("x.npy", npy(header(c[2], ("(%d,)"):format(#c[6] // (c[2] == "<c8" and 2 or 1))), c[3]))
  local said = rows("npy", T.dir, c[4])
  local good = said:find("error: " .. T.dir .. "/x.npy: ", 1, true) == 1 and said:find(c[5], 1, true) and not said:find "fortran"
  if ok(good, ("%s: %s"):format(c[1], said:sub(1, 200))) then
    local after = follow(case, said)
    ok(after ~= nil, "and the message has a cure")
    if after then is("which works", rows("npy", T.dir, after), c[7]) end
  end
end
write("x.npy", npy(header("<f8", "(2,)"), pack("f8", { 1, 1e300 })))
ok(rows("npy", T.dir, real):find "row 1: x is 1e%+300, beyond float32", "a number beyond float32 does not become infinite in silence")
write("x.npy", npy(header("<f8", "(2,)"), pack("f8", { 1, 1 / 0 })))
is("what is infinite stays so", rows("npy", T.dir, real), "1|inf")
write("x.npy", npy(header("<i8", "(1,)"), pack("i8", { -100 })))
ok(rows("npy", T.dir, class):find "for rows without a class the loss takes ignore_index = %-100$", "-100 for a class names ignore_index")

-- ---- other formats by their first bytes ------------------------------------------------------------------
local inner = npy(header("<f4", "(2,)"), pack("f4", { 1, -2.5 }))
local pad = ("\0"):rep(600)
-- what the file is, its beginning, the message, how the cure is followed: then the rows are 1|-2.5
local function numpy_save() write("x.npy", inner) end
local function to_csv() write("x.csv", "x\n1\n-2.5\n"); return "csv", T.dir .. "/x.csv", "x:r:0:1:1" end
local function whole_file() return T.run("cat " .. T.dir .. "/x.npy") end
local others = {
  { "NPZ", T.zip("x.npy", inner), "an NPZ archive: unzip it: x%.npy is in it$", function()
      local name, data = T.unzip(whole_file())
      write(name, data) end },
  { "torch.save", T.zip("archive/data.pkl", "\x80\2."), "a file of torch%.save: numpy%.save%('x%.npy', torch%.load%(FILE%)", numpy_save },
  { "torch.save before 1.6", "\x80\2\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19." .. pad, "a file of torch%.save: numpy%.save", numpy_save },
  { "a pickle", "\x80\4\x95\0\0\0\0\0\0\0\0}." .. pad, "a pickle of Python: numpy%.save%('x%.npy', pickle%.load", numpy_save },
  { "HDF5", "\x89HDF\r\n\x1a\n" .. pad, "an HDF5 file: numpy%.save%('x%.npy', h5py%.File%(FILE%)%['x'%]%[:%]%)", numpy_save },
  { "MATLAB 7.3", "MATLAB 7.3 MAT-file" .. (" "):rep(493) .. "\x89HDF\r\n\x1a\n", "as MATLAB's %-v7%.3 or Julia's JLD2 writes it: numpy%.save.*%.T$", numpy_save },
  { "MATLAB 5", "MATLAB 5.0 MAT-file, Platform: GLNXA64" .. pad, "a MAT file: numpy%.save%('x%.npy', scipy%.io%.loadmat", numpy_save },
  { "Parquet", "PAR1" .. pad, "a Parquet file: pandas%.read_parquet%(FILE%)%.to_csv%('x%.csv', index=False%), for data%.csv", to_csv },
  { "Feather", "ARROW1\0\0" .. pad, "an Arrow %(Feather%) file: pandas%.read_feather%(FILE%)%.to_csv%('x%.csv'", to_csv },
  { "Excel", T.zip("[Content_Types].xml", "<"), "an Excel sheet: pandas%.read_excel%(FILE%)%.to_csv%('x%.csv'", to_csv },
  { "text", "x\n1\n-2.5\n", "text: data%.csv reads it", function() return "csv", T.dir .. "/x.npy", "x:r:0:1:1" end },
  { "IDX", "\0\0\x0d\1\0\0\0\2" .. T.swap(pack("f4", { 1, -2.5 }), 4), "an IDX file: data%.idx reads it", function() return "idx", T.dir .. "/x.npy", "x:r:0:image:1" end },
  { "safetensors", ("<I8"):pack(2) .. '{"x":{}}' .. pad, "a safetensors file: numpy%.save%('x%.npy', safetensors%.numpy%.load_file", numpy_save },
  { "PNG", "\x89PNG\r\n\x1a\n" .. pad, "a PNG image: numpy%.save", numpy_save },
  { "JPEG", "\xff\xd8\xff\xe0" .. pad, "a JPEG image: numpy%.save", numpy_save },
  { "WAV", "RIFF\0\0\0\0WAVEfmt " .. pad, "a WAV file: numpy%.save", numpy_save },
  { "xz", "\xfd7zXZ\0" .. pad, "packed by xz: unxz it", numpy_save },
  { "a page in place of a file", "<!DOCTYPE html>\n<html>", "a web page: the download went wrong: fetch it again", numpy_save },
  { "a pointer of Git LFS", "version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "a pointer of Git LFS, not the file itself: git lfs pull brings it", numpy_save },
}
for _, c in ipairs(others) do
  write("x.npy", c[2])
  local said = rows("npy", T.dir, real)
  ok(said:find("error: " .. T.dir .. "/x.npy: ", 1, true) == 1 and said:find(c[3]), ("%s: %s"):format(c[1], said:sub(1, 220)))
  local reader, path, col = c[4]()
  is("and once that is done", rows(reader or "npy", path or T.dir, col or real), "1|-2.5")
end
write("x.npy.", inner)
T.run(("gzip -c %s/x.npy. > %s/x.npy"):format(T.dir, T.dir))
ok(rows("npy", T.dir, real):find "packed by gzip: gunzip it$", "gzip: gunzip it")
T.run(("cd %s && mv x.npy x.npy.gz && gunzip -f x.npy.gz"):format(T.dir))
is("which works", rows("npy", T.dir, real), "1|-2.5")
write("x.npy", "\xfe\xfd\xfc\xfb\xfa\xf9\xf8\xf7\xf6\xf5\xf4\xf3")
ok(rows("npy", T.dir, real):find "not an NPY file: it begins with fe fd fc fb$", "control: bytes of no format are told as they are")

-- ---- raw files --------------------------------------------------------------------------------------------
local function raw(type_, code, classes) return rows("raw", T.dir, ("x:%s:%d:%s x.bin:1"):format(code, classes or 0, type_)) end
for _, c in ipairs { { "int8", "i1", "r", { -128, 5 } }, { "uint16", "u2", "i", { 65535, 3 } }, { "int16", "i2", "r", { -32768, 5 } }, { "uint32", "u4", "i", { 7, 0 } },
                     { "int64", "i8", "i", { -7, 3 } }, { "float16", "f2", "r", { 0.5, -2 } }, { "bfloat16", "bf", "r", { 0.5, -2 } }, { "float64", "f8", "r", { 0.25, -2 } } } do
  write("x.bin", pack(c[2], c[4]))
  is("raw " .. c[1], raw(c[1], c[3]), ("%.6g|%.6g"):format(table.unpack(c[4])))
end
write("x.bin", pack("u4", { 7, 4294967295 }))
ok(raw("uint32", "i"):find "row 1: x is 4294967295, whole numbers go to 2147483647", "raw uint32 beyond int32 is refused")
write("x.bin", inner)
ok(raw("float32", "r"):find "an NPY file: data%.npy reads it", "an NPY file is no raw file")
write("x.bin", "x,y\n1,2\n")
is("text may be raw bytes", raw("uint8", "b"):sub(1, 9), "120|44|12")
write("x.bin", "\xff\xd8\xff\0")
is("and so may a JPEG's three first bytes", raw("uint8", "b"), "255|216|255|0")

-- ---- IDX --------------------------------------------------------------------------------------------------
local function idx(code, type_, sizes, list)
  local size = #pack(type_, { 0 })
  return string.char(0, 0, code, #sizes) .. (">I4"):rep(#sizes):pack(table.unpack(sizes)) .. T.swap(pack(type_, list), size)
end
local d = T.dir .. "/idx"
local function set(files)
  os.execute(("rm -rf %s && mkdir -p %s"):format(d, d))
  for name, text in pairs(files) do write("idx/" .. name, text) end
end
local function image(...) return idx(8, "u1", { 2, 2 }, { ... }) end
local function label(...) return idx(8, "u1", { 2 }, { ... }) end
local function pairs_of(prefix, classes, test)
  return rows("idx", d, ("image:b:0:%simage:2"):format(prefix), ("label:i:%d:%slabel:1"):format(classes or 10, prefix), test)
end

for _, c in ipairs { { 9, "i1", { -1, 100 } }, { 11, "i2", { -300, 300 } }, { 12, "i4", { -70000, 5 } }, { 13, "f4", { 0.5, -2 } }, { 14, "f8", { 0.25, 3 } } } do
  set { ["images.idx"] = idx(c[1], c[2], { 2 }, c[3]) }
  is(("IDX type 0x%02x"):format(c[1]), rows("idx", d, "image:r:0:image:1"), ("%.6g|%.6g"):format(table.unpack(c[3])))
end
set { ["images.idx"] = idx(14, "f8", { 2 }, { 1, 0.5 }) }
ok(rows("idx", d, "image:b:0:image:1"):find 'row 1: image is 0%.5, and the model says whole numbers for it: say type = "float32"$', "float64 for bytes names type")
is("which works", rows("idx", d, "image:r:0:image:1"), "1|0.5")

local emnist = { ["emnist-letters-mapping.txt"] = "1 65 97\n" }
for i, name in ipairs { "letters", "digits" } do
  emnist[("emnist-%s-train-images-idx3-ubyte"):format(name)], emnist[("emnist-%s-train-labels-idx1-ubyte"):format(name)] = image(i, 2, 3, 4), label(1, 26)
  emnist[("emnist-%s-test-images-idx3-ubyte"):format(name)], emnist[("emnist-%s-test-labels-idx1-ubyte"):format(name)] = image(5, 6, 7, 8), label(2, 3)
end
set(emnist)
local said = pairs_of ""
ok(said:find "idx: 2 sets lie there: emnist%-%l+, emnist%-%l+: say which, set = \"emnist%-%l+\"$", "EMNIST: " .. said)
local which = said:match 'set = "(.-)"$'
is("the cure", pairs_of(which .. "/", 27), which:find "letters" and "1 2 1|3 4 26" or "2 2 1|3 4 26")
is('set = "letters"', pairs_of("letters/", 27), "1 2 1|3 4 26")
is('set = "digits"', pairs_of("emnist-digits/", 27), "2 2 1|3 4 26")
said = pairs_of("letters/", 26)
ok(said:find "row 1: label is 26, the model says 26 classes, 0 to 25: classes that count from 1 take classes = 27$", "EMNIST's letters count from 1: " .. said)
is("the cure", pairs_of("letters/", tonumber(said:match "= (%d+)$")), "1 2 1|3 4 26")
said = pairs_of "mnist/"
ok(said:find 'no set "mnist" lies there; there are: emnist%-%l+, emnist%-%l+$', "a set that is not there: " .. said)
local text = T.run(("%s idx %s 1 0 image:b:0:letters/image:2 label:i:27:letters/label:1"):format(read, d))
ok(text:find "test 2\n5 6 2 \n7 8 3 ", "the set's test files are the test")

set { ["qmnist-train-images-idx3-ubyte"] = image(1, 2, 3, 4), ["qmnist-train-labels-idx2-int"] = idx(12, "i4", { 2, 8 }, { 7, 0, 0, 0, 0, 0, 0, 9, 3, 1, 1, 1, 1, 1, 1, 1 }) }
is("QMNIST: one set, the first of eight numbers", pairs_of "", "1 2 7|3 4 3")
if T.run "ls -l /usr/include/zlib.h":find "^%-" then
  T.run(("gzip %s/*"):format(d))
  is("QMNIST as it is published, .gz", pairs_of "", "1 2 7|3 4 3")
else T.ok(true, "QMNIST as it is published, .gz # skip no zlib here") end
set { ["train-images.idx3-ubyte"] = image(1, 2, 3, 4), ["train-labels.idx1-ubyte"] = label(1, 2), ["fashion-train-images-idx3-ubyte"] = image(9, 9, 9, 9) }
is("names with dots; a set without a name comes first", pairs_of "", "1 2 1|3 4 2")
set { ["train-images-idx3-ubyte"] = image(1, 2, 3, 4), ["train-labels-idx1-ubyte"] = "PK\3\4" .. pad }
ok(pairs_of "":find "a zip archive: unzip it", "a zip for an IDX file is named")
T.finish()
