--- @include "original"
--- @include "waiter-queue"

--[[
  admit-retries: BullMQ's moveJobsToWait behind the bound: as many as there is room for. Without any room it refuses,
  because Queue.retryJobs would otherwise ask again for ever. Promoting delayed jobs changes no count. One run moves no more
  than RETRIES_MOST: Queue.retryJobs and Queue.promoteJobs ask again while there are more.

  KEYS  those of the original ([3] the finished jobs), then what roomBehindLine needs
  ARGV  those of the original ([1] count, [2] until when, [3] previous state), then a wake prefix that is not used here, and the configured capacity
  Answer: the original's, or { 'full', depth, capacity }
]]
local RETRIES_MOST = 1000
ARGV[1] = string.format('%.0f', math.min(tonumber(ARGV[1]), RETRIES_MOST))

if ARGV[3] ~= 'delayed' and redis.call('ZCOUNT', KEYS[3], 0, ARGV[2]) > 0 then
  local room, depth, capacity = roomBehindLine(KEYS, ARGV[#ARGV])
  if room < 1 then return { 'full', depth, capacity } end
  ARGV[1] = string.format('%.0f', math.min(tonumber(ARGV[1]), room))
  keepCapacity(KEYS[#KEYS - 2], capacity, math.floor(nowMicros() / 1000))
end
return original(KEYS, ARGV)
