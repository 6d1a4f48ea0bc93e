--- @include "count-unfinished"

--[[
  check-idle: is nothing unfinished but what job schedulers have delayed?

  As a rule it only counts, in O(1). Only when nothing but delayed jobs is left, and no more of them than there are schedulers,
  each is read: a scheduler's next iteration is named after it and its time. The retry of an earlier iteration is work like any
  other.

  KEYS     wait, active, prioritized, delayed, waiting-children, paused, repeat, meta
  ARGV     what a job's key starts with
  Returns  { 1 when idle, else 0; unfinished jobs }

  Count: 0, reads
]]
local wait, active, prioritized, delayed, waitingChildren, pausedList, schedulers, meta = unpack(KEYS)
local prefix = unpack(ARGV)

local depth = countUnfinished({
  wait = wait, active = active, prioritized = prioritized, delayed = delayed, waitingChildren = waitingChildren,
  pausedList = pausedList, meta = meta,
})
if depth == 0 then return { 1, 0 } end
local delayedCount = redis.call('ZCARD', delayed)
if depth > delayedCount or delayedCount > redis.call('ZCARD', schedulers) then return { 0, depth } end

local function isNextIteration(id)
  local scheduler = redis.call('HGET', prefix .. id, 'rjk')
  local nextMs = scheduler and redis.call('ZSCORE', schedulers, scheduler)
  return nextMs and id == 'repeat:' .. scheduler .. ':' .. string.format('%.0f', tonumber(nextMs))
end

for _, id in ipairs(redis.call('ZRANGE', delayed, 0, -1)) do
  if not isNextIteration(id) then return { 0, depth } end
end
return { 1, depth }
