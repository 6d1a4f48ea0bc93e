--- @include "original"
--- @include "capacity-keys"
--- @include "wake-waiters" when wakeWaiters is called

--[[
  wake-after: a script of BullMQ's that may free capacity or end a run; then wakes those who wait for capacity, and, where
  contracts are limited, a worker: a job of theirs may start now. With nobody waiting and no limits it costs two reads more.

  KEYS     those of the original, then those of capacityKeys
  ARGV     those of the original, then the prefix of the streams by which producers are woken, and the configured capacity
  Returns  what the original returns

  Count: as the original, see docs/architecture.md
]]
local queue = capacityKeys(ORIGINAL_KEYS + 1)
local wakePrefix, configured = unpack(ARGV, #ARGV - 1)

local answer = original(KEYS, ARGV)
if redis.call('EXISTS', queue.waiters) == 1 then wakeWaiters(queue, wakePrefix, configured) end
if redis.call('HEXISTS', queue.meta, 'sluice.limits') == 1 then
  redis.call('ZADD', string.gsub(queue.meta, 'meta$', 'marker'), 0, '0')
end
return answer
