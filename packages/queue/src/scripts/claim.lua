--[==[
  Claims jobs of one model, the higher classes first, and never more than asked for. (XREADGROUP's own COUNT counts per stream: over three
  lanes it could claim three times too many.)

  KEYS  the model's lanes, highest class first (one hash tag)
  ARGV  [1] group  [2] consumer (worker id)  [3] how many at most

  Returns what XREADGROUP does: [[key, [[id, [field, value]], ...]], ...]; an empty array when there is nothing.
  Errors: NOGROUP when a lane or its group does not exist (yet, or any more).
]==]
local claimed = {}
local left = tonumber(ARGV[3])
for _, lane in ipairs(KEYS) do
  if left <= 0 then break end
  local reply = redis.call("XREADGROUP", "GROUP", ARGV[1], ARGV[2], "COUNT", left, "STREAMS", lane, ">")
  if reply then
    for _, stream in ipairs(reply) do
      left = left - #stream[2]
      claimed[#claimed + 1] = stream
    end
  end
end
return claimed
