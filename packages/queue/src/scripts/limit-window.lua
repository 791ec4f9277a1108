--[==[
  What the scripts of limits share; put in front of each. ARGV[1] is now in milliseconds; "": Redis' own clock, which all gateways share.

  A window is a hash of amounts by the second in which they were taken, with their sum ("n") and the oldest and latest of these seconds ("o", "l"). A second counts until it
  has left the last 60 seconds whole, so that no 60 seconds ever hold more than the limit: what is taken counts for 60 to 61 seconds. Each second is removed once: the cost
  does not grow with the traffic, and a window is never more than 64 fields.
]==]
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call("TIME")
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
local span = 61
local second = math.floor(now / 1000)

local function secondsBetween(from, to)
  local fields = {}
  for at = from, to do fields[#fields + 1] = at end
  return fields
end

-- Drops what has left. Returns the window: its sum, and, unless it is empty, its oldest and latest second; and what is in this second.
local function rollWindow(key)
  local state = redis.call("HMGET", key, "n", "o", "l", second)
  local sum, oldest, latest = tonumber(state[1]), tonumber(state[2]), tonumber(state[3])
  if not sum then return { sum = 0, current = 0 } end
  local first = second - span + 1
  -- All has left; or it was written by a clock far ahead of this one, before Redis moved to another host.
  if latest < first or latest > second + span then
    redis.call("DEL", key)
    return { sum = 0, current = 0 }
  end
  if oldest < first then
    local left = secondsBetween(oldest, first - 1)
    for _, amount in ipairs(redis.call("HMGET", key, unpack(left))) do
      if amount then sum = sum - amount end
    end
    redis.call("HDEL", key, unpack(left))
    redis.call("HSET", key, "n", sum, "o", first)
    oldest = first
  end
  return { sum = sum, oldest = oldest, latest = latest, current = tonumber(state[4]) or 0 }
end

-- Counts an amount now, in a window that was just rolled.
local function addToWindow(key, window, amount)
  window.sum = window.sum + amount
  if window.latest and window.latest >= second then
    -- Where the clock went back a little, what came before stays the latest.
    redis.call("HSET", key, second, window.current + amount, "n", window.sum, "o", math.min(window.oldest, second))
  else
    redis.call("HSET", key, second, window.current + amount, "n", window.sum, "o", window.oldest or second, "l", second)
    redis.call("PEXPIRE", key, (span + 1) * 1000)
    window.latest = second
  end
end
