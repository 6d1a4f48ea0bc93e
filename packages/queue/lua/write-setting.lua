--- @include "waiter-queue"

--[[
  write-setting: sets a field of ours in the queue's meta, or takes it away, and then word to those who have room by it.

  It runs on a full Redis, too: an operator must be able to lower the capacity of a queue, or to seal it, then more than
  ever.

  KEYS     what roomBehindLine needs; meta is the seventh
  ARGV[1]  field
  ARGV[2]  value; empty to take the field away
  ARGV[3]  prefix of the lists at which producers listen
  ARGV[4]  the configured capacity
]]
if ARGV[2] ~= '' then
  redis.call('HSET', KEYS[7], ARGV[1], ARGV[2])
else
  redis.call('HDEL', KEYS[7], ARGV[1])
end

local _, depth, capacity = roomBehindLine(KEYS, ARGV[4])
wakeLine(KEYS[8], KEYS[9], ARGV[3], capacity - depth, math.floor(nowMicros() / 1000))
return 1
