--- @include "clock"

--[[
  order-pools: leaves an order with each of these pools that lives. The pool takes it off within a second.

  KEYS     sluice:pools
  ARGV[1]  what the key of a pool's orders starts with
  ARGV[2]  the field of the order, and what it says; ARGV[3]
  ARGV[4]  how long it lasts, in ms; 0: it is withdrawn, where it was not read
  ARGV[5…] the pools
  Returns  for each pool 1, or 0 when it does not live

  Count: 0
]]
local pools = unpack(KEYS)
local prefix, field, order, lastsMs = unpack(ARGV, 1, 4)
local now = nowMs()
local answers = {}
for at = 5, #ARGV do
  local orders, untilMs = prefix .. ARGV[at], redis.call('ZSCORE', pools, ARGV[at])
  local lives = untilMs and tonumber(untilMs) >= now
  answers[at - 4] = lives and 1 or 0
  if lastsMs == '0' then
    redis.call('HDEL', orders, field)
  elseif lives then
    redis.call('HSET', orders, field, order)
    if redis.call('PTTL', orders) < tonumber(lastsMs) then redis.call('PEXPIRE', orders, lastsMs) end
  end
end
return answers
