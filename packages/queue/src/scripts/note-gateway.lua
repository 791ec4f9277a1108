--[==[
  Notes a gateway's sign of life by Redis' clock, which all gateways share: by their own, one whose clock is behind would always be silent to the others, and its open requests
  be settled behind its back.

  KEYS  [1] gateways: sorted set, when each was heard of last, in ms
  ARGV  [1] the gateway
  Returns how long ago the last one was, in ms; 0 where none is known.
]==]
local time = redis.call("TIME")
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local last = redis.call("ZSCORE", KEYS[1], ARGV[1]) or now
redis.call("ZADD", KEYS[1], now, ARGV[1])
return now - last
