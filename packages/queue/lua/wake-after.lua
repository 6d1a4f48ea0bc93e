--- @include "original"
--- @include "waiter-queue"

--[[
  wake-after: a script of BullMQ's that may free room, and then word to those who wait for it. With nobody waiting it
  costs one read.

  KEYS  those of the original, then what roomBehindLine needs
  ARGV  those of the original, then the prefix of the lists at which producers listen, then the configured capacity
  Answer: the original's
]]
local answer = original(KEYS, ARGV)
if redis.call('EXISTS', KEYS[#KEYS - 1]) == 1 then
  local _, depth, capacity = roomBehindLine(KEYS, ARGV[#ARGV])
  wakeLine(KEYS[#KEYS - 1], KEYS[#KEYS], ARGV[#ARGV - 1], capacity - depth, math.floor(nowMicros() / 1000))
end
return answer
