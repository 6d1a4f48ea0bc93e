--- @include "original"
--- @include "waiter-queue"

--[[
  admit-scheduler: BullMQ's addJobScheduler behind the bound. A scheduler that replaces its own pending iteration adds
  nothing; a new one adds one job.

  KEYS  those of the original ([1] repeat, [2] delayed, [3] wait, [6] prioritized), then what roomBehindLine needs
  ARGV  those of the original ([3] scheduler id), then a wake prefix that is not used here, and the configured capacity
  Answer: the original's, or { 'full', depth, capacity }
]]
local function isPending(id)
  return redis.call('ZSCORE', KEYS[2], id) or redis.call('ZSCORE', KEYS[6], id) or redis.call('LPOS', KEYS[3], id)
end

local room, depth, capacity = roomBehindLine(KEYS, ARGV[#ARGV])
if room < 1 then
  local previous = redis.call('ZSCORE', KEYS[1], ARGV[3])
  local replaces = previous and isPending('repeat:' .. ARGV[3] .. ':' .. string.format('%.0f', tonumber(previous)))
  if not replaces then return { 'full', depth, capacity } end
end
keepCapacity(KEYS[#KEYS - 2], capacity, math.floor(nowMicros() / 1000))
return original(KEYS, ARGV)
