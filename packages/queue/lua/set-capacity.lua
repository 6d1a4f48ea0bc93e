--- @include "waiter-queue"

--[[
  set-capacity: an operator's number for the whole fleet, or, with an empty one, the newest definition's again; and then word
  to those who have room by it. Runs on a full Redis: that is when one wants to lower a capacity.

  KEYS     what roomBehindLine needs; meta is the seventh
  ARGV[1]  capacity, or empty
  ARGV[2]  prefix of the lists at which producers listen
  ARGV[3]  the configured capacity
]]
local nowMs = math.floor(nowMicros() / 1000)
if ARGV[1] ~= '' then
  writeCapacity(KEYS[7], tonumber(ARGV[1]), 'set', nowMs)
else
  local owner = ownerOf(readDefinitions(KEYS[7]))
  if owner then
    writeCapacity(KEYS[7], owner.capacity, 'definition', nowMs)
  else
    redis.call('HDEL', KEYS[7], CAPACITY, CAPACITY_BY)
  end
end

local _, depth, capacity = roomBehindLine(KEYS, ARGV[3])
wakeLine(KEYS[8], KEYS[9], ARGV[2], capacity - depth, nowMs)
return 1
