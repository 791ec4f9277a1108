--[==[
  Ends what take-limits.lua counted for one request: corrects its windows to what it came to, and gives up its places. What was taken too much is given back to the second
  in which it was taken, if that still counts; what was used beyond it counts from now on.

  KEYS  one per limit of the request, as in take-limits.lua
  ARGV  [1] now (limit-window.lua)  [2] when it was taken, ms  [3] its place
        then per limit: kind ("window" or "places"), by how much the amount in the window changes (places: 0)
]==]
local taken = math.floor(tonumber(ARGV[2]) / 1000)

for index, key in ipairs(KEYS) do
  local kind, change = ARGV[index * 2 + 2], tonumber(ARGV[index * 2 + 3])
  if kind == "places" then
    redis.call("ZREM", key, ARGV[3])
  elseif change ~= 0 then
    local window = rollWindow(key)
    if change > 0 then
      addToWindow(key, window, change)
    elseif window.oldest and taken >= window.oldest then
      -- Not there: Redis was wiped in between.
      local there = tonumber(redis.call("HGET", key, taken)) or 0
      local back = math.max(change, -there)
      if back < 0 then
        redis.call("HSET", key, taken, there + back, "n", window.sum + back)
      end
    end
  end
end
