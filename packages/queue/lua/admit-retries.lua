--- @include "original"
--- @include "capacity-keys"
--- @include "free-capacity"

--[[
  admit-retries: BullMQ's moveJobsToWait behind the bound: as many jobs as there is free capacity for. With none it refuses,
  because Queue.retryJobs would otherwise ask again for ever. One call moves no more than RETRIES_MAX: Queue.retryJobs and
  Queue.promoteJobs ask again while there are more.

  KEYS     those of the original ([3] the finished jobs), then those of capacityKeys
  ARGV     those of the original ([1] count, [2] until when, [3] previous state), then a wake prefix that is not used here, and
           the configured capacity
  Returns  what the original returns, or { 'full', depth, capacity }

  Count: +1 for each completed or failed job that it moves, and no more than are free; 0 for delayed jobs
]]
local queue, finished = capacityKeys(ORIGINAL_KEYS + 1), KEYS[3]
local count, untilMs, previousState = unpack(ARGV, 1, 3)
local configured = ARGV[#ARGV]
local RETRIES_MAX = 1000

local most = math.min(tonumber(count), RETRIES_MAX)
if previousState ~= 'delayed' and redis.call('ZCOUNT', finished, 0, untilMs) > 0 then
  local free, depth, capacity = freeCapacity(queue, configured)
  if free < 1 then return { 'full', depth, capacity } end
  most = math.min(most, free)
  writeFallback(queue.meta, capacity)
end
ARGV[1] = string.format('%.0f', most)
return original(KEYS, ARGV)
