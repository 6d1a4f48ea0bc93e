--[[
  admit-retry: BullMQ's reprocessJob behind the bound. A finished job that is to run again is one more unfinished job.

  KEYS  those of the original, then the seven of countUnfinished and meta
  ARGV  those of the original, then the configured capacity
  Answer: the original's, or { 'full', depth, capacity }
]]
local tail = #KEYS - 6
local depth = countUnfinished({ KEYS[tail], KEYS[tail + 1], KEYS[tail + 2], KEYS[tail + 3], KEYS[tail + 4], KEYS[tail + 5] })
local capacity = capacityOf(KEYS[tail + 6], ARGV[#ARGV])
if capacity and depth >= capacity then return { 'full', depth, capacity } end
return original(KEYS, ARGV)
