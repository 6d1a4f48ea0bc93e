--- @include "count-unfinished"

--[[
  check-idle: is nothing unfinished but what job schedulers have delayed?

  Counts, as a rule, and so O(1). Only when nothing but delayed jobs is left, and no more of them than there are
  schedulers, each is looked at: a scheduler's next iteration is named after it and its time. The retry of an earlier
  iteration is work like any other.

  KEYS[1]  wait
  KEYS[2]  active
  KEYS[3]  prioritized
  KEYS[4]  delayed
  KEYS[5]  waiting-children
  KEYS[6]  paused
  KEYS[7]  repeat
  ARGV[1]  key prefix of the queue, ending in a colon
  Answer: { 1 when idle, else 0; unfinished jobs }
]]
local depth = countUnfinished(KEYS)
local delayed = redis.call('ZCARD', KEYS[4])
if depth == 0 then return { 1, 0 } end
if depth > delayed or delayed > redis.call('ZCARD', KEYS[7]) then return { 0, depth } end

local function isNextIteration(id)
  local scheduler = redis.call('HGET', ARGV[1] .. id, 'rjk')
  local due = scheduler and redis.call('ZSCORE', KEYS[7], scheduler)
  return due and id == 'repeat:' .. scheduler .. ':' .. string.format('%.0f', tonumber(due))
end

for _, id in ipairs(redis.call('ZRANGE', KEYS[4], 0, -1)) do
  if not isNextIteration(id) then return { 0, depth } end
end
return { 1, depth }
