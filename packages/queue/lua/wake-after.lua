--- @include "original"
--- @include "capacity-keys"
--- @include "wake-waiters"

--[[
  wake-after: a script of BullMQ's that may free capacity; then wakes those who wait for it. With nobody waiting it costs one
  read more.

  KEYS     those of the original, then those of capacityKeys
  ARGV     those of the original, then the prefix of the streams by which producers are woken, and the configured capacity
  Returns  what the original returns

  Count: as the original, see docs/architecture.md
]]
local queue = capacityKeys(ORIGINAL_KEYS + 1)
local wakePrefix, configured = unpack(ARGV, #ARGV - 1)

local answer = original(KEYS, ARGV)
if redis.call('EXISTS', queue.waiters) == 1 then wakeWaiters(queue, wakePrefix, configured) end
return answer
