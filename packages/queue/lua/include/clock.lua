-- Redis's clock, in microseconds since the epoch. Below 2^53, so Lua counts it exactly.
local function nowMicros()
  local time = redis.call('TIME')
  return time[1] * 1000000 + time[2]
end
