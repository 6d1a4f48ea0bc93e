-- Redis's clock. One call of a script has one time: Redis is asked when it is first needed, and not again.
local clockMicros

-- Since the epoch. Below 2^53, so that Lua counts it exactly.
local function nowMicros()
  if not clockMicros then
    local time = redis.call('TIME')
    clockMicros = time[1] * 1000000 + time[2]
  end
  return clockMicros
end

local function nowMs()
  return math.floor(nowMicros() / 1000)
end
