--[==[
  A gateway's sign of life for all places that it holds of one account.

  KEYS  [1] owners, as in take-limits.lua
  ARGV  [1] now (limit-window.lua)  [2] owner  [3] how long it counts as alive, ms  [4] longest that a place may be held, ms

  Returns 1 when the owner was alive until now; 0 when its places may be gone (Redis was wiped, or they were taken for a dead owner's) and must be put back.
]==]
local aliveUntil = tonumber(redis.call("ZSCORE", KEYS[1], ARGV[2]) or 0)
redis.call("ZADD", KEYS[1], now + tonumber(ARGV[3]), ARGV[2])
redis.call("PEXPIRE", KEYS[1], ARGV[4])
return aliveUntil >= now and 1 or 0
