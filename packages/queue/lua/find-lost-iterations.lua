--- @include "clock"
--- @include "has-ended"

--[[
  find-lost-iterations: schedules whose iteration to come is gone, because another client removed it or a worker ended between taking
  it and making the next one. They would never run again.

  KEYS     repeat
  ARGV[1]  what a job's key starts with
  ARGV[2]  how many ms overdue they are at least
  Returns  their names, at most 100

  Count: 0
]]
local schedules = unpack(KEYS)
local prefix, overdueMs = unpack(ARGV)
local found = {}
local due = redis.call('ZRANGEBYSCORE', schedules, '-inf', string.format('%.0f', nowMs() - overdueMs), 'WITHSCORES', 'LIMIT', 0,
  100)
for i = 1, #due, 2 do
  local name, dueMs = due[i], string.format('%.0f', tonumber(due[i + 1]))
  local settings, ended = unpack(redis.call('HMGET', schedules .. ':' .. name, 'sluice', 'sluice.ended'))
  if settings and not ended and hasEnded(prefix .. 'repeat:' .. name .. ':' .. dueMs) then found[#found + 1] = name end
end
return found
