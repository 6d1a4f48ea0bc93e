--- @include "bullmq/moveToActive-11"
--- @include "fence"
--- @include "crash-suspects" when crashSuspects is called
--- @include "shared-process"
--- @include "tombstones"

--[[
  take-with-bullmq: BullMQ's moveToActive, for queues where taking is not plain, with a fencing token of ours.

  KEYS     those of the original: wait, active, prioritized, events, stalled, limiter, delayed, paused, meta, pc, marker; then
           sluice:crash-suspects
  ARGV[1]  what a job's key starts with
  ARGV[2]  now, in ms
  ARGV[3]  lease, in ms
  ARGV[4]  the worker's name
  ARGV[5]  what this pool's lock tokens begin with
  ARGV[6]  which jobs, see settle-and-take.lua
  ARGV[7]  1: other jobs run in this process
  ARGV[8]  the job of this pool that has had its process to itself until now; or empty
  Returns  what the original returns, and the fence as fifth when a job was taken

  Count: 0
]]
local wait, _, _, _, _, _, _, _, meta, _, marker, suspectsKey = unpack(KEYS)
local prefix, now, leaseMs, worker, pool, which, sharesProcess, alone = unpack(ARGV)
local NOTHING = { 0, 0, 0, 0 }
local DROP_MAX = 1000 -- tombstones that one call drops
local storedFence, hasSuspects, hasLimits, hasTombstones =
  unpack(redis.call('HMGET', meta, 'sluice.fence', 'sluice.crashSuspects', 'sluice.limits', 'sluice.tombstones'))
local suspects = hasSuspects and crashSuspects(suspectsKey, meta)

-- The original takes the last one of `wait`. False: none of those that are wanted is there.
local function bringToEnd()
  local ids
  if which == 'suspects' then
    ids = suspects:nextSuspects(wait, 1)
  else
    ids = suspects:nextOthers(wait, 1)
    if not ids[1] and redis.call('LLEN', wait) == 0 then return true end
  end
  if not ids[1] then return false end
  if redis.call('LINDEX', wait, -1) ~= ids[1] then
    redis.call('LREM', wait, -1, ids[1])
    redis.call('RPUSH', wait, ids[1])
  end
  return true
end

-- Whether there are more tombstones where the original would take a job; the next call drops them.
local function dropLast()
  local dropped, isMore = {}, true
  for _ = 1, DROP_MAX do
    local id = redis.call('LINDEX', wait, -1)
    isMore = id and isTombstone(unpack(redis.call('HMGET', prefix .. id, 'name', 'defa')))
    if not isMore then break end
    dropped[#dropped + 1] = redis.call('RPOP', wait)
  end
  if #dropped > 0 then tombstonesOf({ prefix = prefix, meta = meta }).drop(dropped) end
  if isMore then redis.call('ZADD', marker, 0, '0') end
  return isMore
end

-- The original would skip a marker that BullMQ 4 left and take the job behind it, whose contract may be limited.
if hasLimits and string.sub(redis.call('LINDEX', wait, -1) or '', 1, 2) == '0:' then
  redis.call('RPOP', wait)
  redis.call('ZADD', marker, 0, '0')
  return NOTHING
end
if which == 'suspects' and not suspects then return NOTHING end
if suspects and not bringToEnd() then return NOTHING end
if hasTombstones and dropLast() then return NOTHING end
local fence = lastFence(storedFence) + 1
local options = { token = deliveryOf(pool, fence, 0), lockDuration = tonumber(leaseMs), name = worker }
local answer = bullmq.moveToActive(KEYS, { prefix, now, cmsgpack.pack(options) })
if type(answer[1]) ~= 'table' then return answer end

local id = answer[2]
local jobKey = prefix .. id
local started = tonumber(redis.call('HGET', jobKey, 'ats'))
local _, by = deliveryOf(pool, fence, started)
redis.call('HSET', jobKey, 'sluice.by', by)
if sharesProcess == '1' then redis.call('HSET', jobKey, 'sluice.sharedDelivery', started) end
noteSharedProcess(prefix, alone)
if suspects then redis.call('ZREM', suspects.key, id) end
storeFence(meta, fence)
answer[5] = string.format('%.0f', fence)
return answer
