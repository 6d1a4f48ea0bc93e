--- @include "bullmq/moveToActive-11"
--- @include "fence"
--- @include "crash-suspects"

--[[
  take-with-bullmq: BullMQ's moveToActive, for queues where taking is not plain, under a fence of ours.

  KEYS         those of the original: wait, active, prioritized, events, stalled, limiter, delayed, paused, meta, pc, marker
  KEYS[12]     sluice:crash-suspects
  ARGV[1,2]    what a job's key starts with; now in ms
  ARGV[3,4,5]  lease in ms; the worker's name; what this pool's lock tokens begin with
  ARGV[6,7,8]  which jobs, whether others run in this process, and which one was alone: ARGV[13…15] of settle-and-take
  Answer: the original's, and the fence as fifth when a job was taken
]]
local wait, meta = KEYS[1], KEYS[9]
local NOTHING = { 0, 0, 0, 0 }
local settings = redis.call('HMGET', meta, 'sluice.fence', 'sluice.crashSuspects')
local suspects = settings[2] and suspectsOf(KEYS[12], meta)

-- The original takes the last one of `wait`. False: none of those that are meant is there.
local function bringToEnd()
  local ids
  if ARGV[6] == 'suspects' then
    ids = waitingGroup(wait, suspects, 1)
  else
    ids = unsuspected(wait, suspects, 1)
    if not ids[1] and redis.call('LLEN', wait) == 0 then return true end
  end
  if not ids[1] then return false end
  if redis.call('LINDEX', wait, -1) ~= ids[1] then
    redis.call('LREM', wait, -1, ids[1])
    redis.call('RPUSH', wait, ids[1])
  end
  return true
end

if ARGV[6] == 'suspects' and not suspects then return NOTHING end
if suspects and not bringToEnd() then return NOTHING end
local fence = lastFence(settings[1]) + 1
local options = { token = deliveryOf(ARGV[5], fence, 0), lockDuration = tonumber(ARGV[3]), name = ARGV[4] }
local answer = bullmq.moveToActive(KEYS, { ARGV[1], ARGV[2], cmsgpack.pack(options) })
if type(answer[1]) ~= 'table' then return answer end
local jobKey = ARGV[1] .. answer[2]
local started = tonumber(redis.call('HGET', jobKey, 'ats'))
local _, by = deliveryOf(ARGV[5], fence, started)
redis.call('HSET', jobKey, 'sluice.by', by)
if ARGV[7] == '1' then redis.call('HSET', jobKey, 'sluice.beside', started) end
noteCompany(ARGV[1], ARGV[8])
if suspects then redis.call('ZREM', suspects, answer[2]) end
rememberFence(meta, fence)
answer[5] = string.format('%.0f', fence)
return answer
