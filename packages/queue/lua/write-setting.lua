--- @include "capacity-keys"
--- @include "wake-waiters"

--[[
  write-setting: sets a field of ours in the queue's meta, or removes it, and then wakes those who can have capacity by it.

  Runs on a full Redis, too: that is when an operator must be able to seal a queue.

  KEYS     those of capacityKeys
  ARGV     field; value, empty to remove the field; the prefix of the streams by which producers are woken; the configured
           capacity
  Returns  1

  Count: 0
]]
local queue = capacityKeys(1)
local field, value, wakePrefix, configured = unpack(ARGV)

if value ~= '' then
  redis.call('HSET', queue.meta, field, value)
else
  redis.call('HDEL', queue.meta, field)
end
wakeWaiters(queue, wakePrefix, configured)
return 1
