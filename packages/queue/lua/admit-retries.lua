--[[
  admit-retries: BullMQ's moveJobsToWait behind the bound: as many as there is room for. Without any room it refuses,
  because Queue.retryJobs would otherwise ask again for ever. Promoting delayed jobs changes no count.

  KEYS  those of the original, then the seven of countUnfinished and meta
  ARGV  those of the original ([1] count, [3] previous state), then the configured capacity
  Answer: the original's, or { 'full', depth, capacity }
]]
local tail = #KEYS - 6
local capacity = capacityOf(KEYS[tail + 6], ARGV[#ARGV])
if capacity and ARGV[3] ~= 'delayed' then
  local depth =
    countUnfinished({ KEYS[tail], KEYS[tail + 1], KEYS[tail + 2], KEYS[tail + 3], KEYS[tail + 4], KEYS[tail + 5] })
  local pending = redis.call('ZCOUNT', KEYS[3], 0, ARGV[2])
  if depth >= capacity and pending > 0 then return { 'full', depth, capacity } end
  ARGV[1] = tostring(math.min(tonumber(ARGV[1]), math.max(capacity - depth, 1)))
end
return original(KEYS, ARGV)
