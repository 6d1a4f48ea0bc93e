--- @include "original"
--- @include "capacity-keys"
--- @include "free-capacity"

--[[
  admit-scheduler: BullMQ's addJobScheduler behind the bound. A scheduler that replaces its own pending iteration adds
  nothing; a new one adds one job.

  KEYS     those of the original ([1] repeat), then those of capacityKeys
  ARGV     those of the original ([3] scheduler id), then a wake prefix that is not used here, and the configured capacity
  Returns  what the original returns, or { 'full', depth, capacity }

  Count: +1, or refused; 0 when it replaces its own pending iteration
]]
local queue, schedulers = capacityKeys(ORIGINAL_KEYS + 1), KEYS[1]
local schedulerId, configured = ARGV[3], ARGV[#ARGV]

local function isPending(id)
  return redis.call('ZSCORE', queue.delayed, id) or redis.call('ZSCORE', queue.prioritized, id)
    or redis.call('LPOS', queue.wait, id)
end

local free, depth, capacity = freeCapacity(queue, configured)
if free < 1 then
  local nextMs = redis.call('ZSCORE', schedulers, schedulerId)
  local replaces = nextMs and isPending('repeat:' .. schedulerId .. ':' .. string.format('%.0f', tonumber(nextMs)))
  if not replaces then return { 'full', depth, capacity } end
end
writeFallback(queue.meta, capacity)
return original(KEYS, ARGV)
