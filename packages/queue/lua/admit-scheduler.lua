--[[
  admit-scheduler: BullMQ's addJobScheduler behind the bound. A scheduler that replaces its own pending iteration adds
  nothing; a new one adds one job.

  KEYS  those of the original ([1] repeat, [2] delayed, [3] wait, [6] prioritized), then the seven of countUnfinished and meta
  ARGV  those of the original ([3] scheduler id, [8] key prefix), then the configured capacity
  Answer: the original's, or { 'full', depth, capacity }
]]
local tail = #KEYS - 6
local depth = countUnfinished({ KEYS[tail], KEYS[tail + 1], KEYS[tail + 2], KEYS[tail + 3], KEYS[tail + 4], KEYS[tail + 5] })
local capacity = capacityOf(KEYS[tail + 6], ARGV[#ARGV])
if capacity and depth >= capacity then
  local previous = redis.call('ZSCORE', KEYS[1], ARGV[3])
  local pending = previous and 'repeat:' .. ARGV[3] .. ':' .. string.format('%.0f', tonumber(previous))
  local replaces = pending
    and (redis.call('ZSCORE', KEYS[2], pending) or redis.call('ZSCORE', KEYS[6], pending) or redis.call('LPOS', KEYS[3], pending))
  if not replaces then return { 'full', depth, capacity } end
end
return original(KEYS, ARGV)
