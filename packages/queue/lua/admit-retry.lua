--- @include "original"
--- @include "waiter-queue"

--[[
  admit-retry: BullMQ's reprocessJob behind the bound. A finished job that is to run again is one more unfinished job.

  KEYS  those of the original, then what roomBehindLine needs
  ARGV  those of the original, then a wake prefix that is not used here, and the configured capacity
  Answer: the original's, or { 'full', depth, capacity }
]]
local room, depth, capacity = roomBehindLine(KEYS, ARGV[#ARGV])
if room < 1 then return { 'full', depth, capacity } end
keepCapacity(KEYS[#KEYS - 2], capacity, math.floor(nowMicros() / 1000))
return original(KEYS, ARGV)
