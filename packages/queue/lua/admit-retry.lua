--- @include "original"
--- @include "capacity-keys"
--- @include "free-capacity"

--[[
  admit-retry: BullMQ's reprocessJob behind the bound. A finished job that is to run again is one more unfinished job.

  KEYS     those of the original, then those of capacityKeys
  ARGV     those of the original, then a wake prefix that is not used here, and the configured capacity
  Returns  what the original returns, or { 'full', depth, capacity }

  Count: +1, or refused
]]
local queue, configured = capacityKeys(ORIGINAL_KEYS + 1), ARGV[#ARGV]

local free, depth, capacity = freeCapacity(queue, configured)
if free < 1 then return { 'full', depth, capacity } end
writeFallback(queue.meta, capacity)
return original(KEYS, ARGV)
