-- draw_shapes.lua -- draws grey images of discs, squares and triangles, and what each pixel belongs to.
--   lua5.4 examples/draw_shapes.lua [DIRECTORY [IMAGES]]            data/shapes and 600 unless told
-- image.bin has 48 x 48 bytes for each image, mask.bin as many class ids: 0 ground, 1 disc, 2 square, 3 triangle, and 255 on the
-- shapes' edges, where nobody could say.
local directory, count = arg[1] or "data/shapes", tonumber(arg[2] or 600)
local size = 48
math.randomseed(3)

local function normal()
  local sum = 0
  for _ = 1, 12 do sum = sum + math.random() end
  return sum - 6
end

-- how far (x, y) lies outside of a shape around the origin, in pixels; negative inside
local kinds = {
  function(x, y, r) return math.sqrt(x * x + y * y) - r end,
  function(x, y, r) return math.max(math.abs(x), math.abs(y)) - 0.85 * r end,
  function(x, y, r) return math.max(0.866 * math.abs(x) + 0.5 * y, -y) - 0.6 * r end,
}

local function scene()
  local shapes = {}
  for i = 1, math.random(1, 3) do
    local turn = 6.2832 * math.random()
    shapes[i] = { kind = math.random(3), x = math.random(10, size - 10), y = math.random(10, size - 10),
      r = 9 + 6 * math.random(), light = math.random(130, 235), cos = math.cos(turn), sin = math.sin(turn) }
  end
  return shapes
end

-- the shape on top at a pixel, and its distance
local function at(shapes, px, py)
  local top, distance
  for _, s in ipairs(shapes) do
    local dx, dy = px - s.x, py - s.y
    local d = kinds[s.kind](s.cos * dx + s.sin * dy, s.cos * dy - s.sin * dx, s.r)
    if d < 0.7 then top, distance = s, d end
  end
  return top, distance
end

local function draw(images, masks)
  local shapes, ground, slope = scene(), math.random(20, 80), 0.4 * normal()
  for y = 1, size do
    local pixels, ids = {}, {}
    for x = 1, size do
      local s, d = at(shapes, x, y)
      local light = s and d < 0 and s.light or ground + slope * (x - 24)
      pixels[x] = string.char(math.max(0, math.min(255, math.floor(light + 12 * normal()))))
      ids[x] = string.char(not s and 0 or d > -0.7 and 255 or s.kind)
    end
    images:write(table.concat(pixels))
    masks:write(table.concat(ids))
  end
end

os.execute("mkdir -p '" .. directory .. "'")
local images = assert(io.open(directory .. "/image.bin", "wb"))
local masks = assert(io.open(directory .. "/mask.bin", "wb"))
for _ = 1, count do draw(images, masks) end
assert(images:close() and masks:close())
