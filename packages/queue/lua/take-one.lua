--[[
  take-one: BullMQ's moveToActive, for queues where taking is not plain, under a fence of ours.

  Composed of line, draw-fence and the original.

  KEYS         those of the original: wait, active, prioritized, events, stalled, limiter, delayed, paused, meta, pc, marker
  ARGV[1,2]    what a job's key starts with; now in ms
  ARGV[3,4,5]  lease in ms; the worker's name; what this pool's lock tokens begin with
  Answer: the original's, and the fence as fifth when a job was taken
]]
local fence = lastFence(redis.call('HGET', KEYS[9], 'sluice.fence')) + 1
local options = { token = deliveryOf(ARGV[5], fence, 0), lockDuration = tonumber(ARGV[3]), name = ARGV[4] }
local answer = original(KEYS, { ARGV[1], ARGV[2], cmsgpack.pack(options) })
if type(answer[1]) ~= 'table' then return answer end
local jobKey = ARGV[1] .. answer[2]
local _, by = deliveryOf(ARGV[5], fence, tonumber(redis.call('HGET', jobKey, 'ats')))
redis.call('HSET', jobKey, 'sluice.by', by)
rememberFence(KEYS[9], fence)
answer[5] = string.format('%.0f', fence)
return answer
