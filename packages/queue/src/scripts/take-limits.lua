--[==[
  Asks all limits of one request at once, and counts the request in each of them, or, if one refuses, in none: a request that was refused costs its client nothing, so
  that one that comes back when it was told to is let in.

  The places of a concurrency limit are members of a sorted set, all with score 0, named `<owner>:<number>`. Only places whose owner is alive count.

  KEYS  [1] owners: sorted set, until when each owner is alive, in ms  [2 ...] one key per limit
  ARGV  [1] now (limit-window.lua)  [2] owner  [3] its place, `<owner>:<number>`  [4] how long it counts as alive, ms  [5] longest that a place may be held, ms
        then per limit: kind ("window" or "places"), max, cost. A cost of 0 counts nothing, and is never refused: it only looks.

  Returns [admitted (1 or 0), now in ms, then per limit: used, ms until the window is empty (places: 0), ms to wait].
          `used` includes this request if it was admitted. To wait: 0 when this limit lets the request pass; -1 when it never will (cost over max).
]==]
local owner, place, aliveMs, heldMs = ARGV[2], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5])

-- How long until `excess` of what was taken has left.
local function waitFor(key, excess, window)
  local fields = secondsBetween(window.oldest, window.latest)
  for index, amount in ipairs(redis.call("HMGET", key, unpack(fields))) do
    if amount then
      excess = excess - amount
      if excess <= 0 then return (fields[index] + span) * 1000 - now end
    end
  end
  return (window.latest + span) * 1000 - now
end

-- Places that are held. Those of dead owners are looked for only when one is wanted that would otherwise be missing.
local function countPlaces(key, max, cost)
  local held = redis.call("ZCARD", key)
  if held + cost <= max then return held end
  local alive = { [owner] = true }
  for _, name in ipairs(redis.call("ZRANGEBYSCORE", KEYS[1], now, "+inf")) do alive[name] = true end
  local counted = 0
  -- ";" is what follows ":".
  for name in pairs(alive) do counted = counted + redis.call("ZLEXCOUNT", key, "[" .. name .. ":", "(" .. name .. ";") end
  if counted < held then
    for _, member in ipairs(redis.call("ZRANGE", key, 0, -1)) do
      if not alive[string.match(member, "^[^:]*")] then redis.call("ZREM", key, member) end
    end
    redis.call("ZREMRANGEBYSCORE", KEYS[1], "-inf", "(" .. now)
  end
  return counted
end

local admitted, takesPlace = 1, false
local limits = {}
for index = 2, #KEYS do
  local at = 6 + (index - 2) * 3
  local limit = { key = KEYS[index], kind = ARGV[at], max = tonumber(ARGV[at + 1]), cost = tonumber(ARGV[at + 2]), wait = 0 }
  if limit.kind == "window" then
    limit.window = rollWindow(limit.key)
    limit.used = limit.window.sum
    local excess = limit.used + limit.cost - limit.max
    if limit.cost > limit.max then
      limit.wait = -1
    elseif limit.cost > 0 and excess > 0 then
      limit.wait = waitFor(limit.key, excess, limit.window)
    end
  else
    limit.used = countPlaces(limit.key, limit.max, limit.cost)
    takesPlace = takesPlace or limit.cost > 0
    -- Nobody knows when a place becomes free.
    if limit.cost > 0 and limit.used + limit.cost > limit.max then limit.wait = 1000 end
  end
  if limit.wait ~= 0 then admitted = 0 end
  limits[#limits + 1] = limit
end

if admitted == 1 then
  if takesPlace then
    local aliveUntil = tonumber(redis.call("ZSCORE", KEYS[1], owner) or 0)
    -- Its own sign of life is enough, while it has places.
    if aliveUntil < now + aliveMs / 2 then
      redis.call("ZADD", KEYS[1], now + aliveMs, owner)
      redis.call("PEXPIRE", KEYS[1], heldMs)
    end
  end
  for _, limit in ipairs(limits) do
    if limit.cost > 0 then
      limit.used = limit.used + limit.cost
      if limit.kind == "window" then
        addToWindow(limit.key, limit.window, limit.cost)
      else
        redis.call("ZADD", limit.key, 0, place)
        redis.call("PEXPIRE", limit.key, heldMs)
      end
    end
  end
end

local result = { admitted, now }
for _, limit in ipairs(limits) do
  result[#result + 1] = limit.used
  local latest = limit.window and limit.window.latest
  result[#result + 1] = latest and math.max(0, (latest + span) * 1000 - now) or 0
  result[#result + 1] = limit.wait
end
return result
