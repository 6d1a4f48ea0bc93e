--- @include "judge-one" when judgeOne is called
--- @include "open-queue"
--- @include "reply-cache"
--- @include "id-bucket"
--- @include "plain-job"
--- @include "wake-workers"

--[[
  admit-one: what admit-jobs does, for a single plain job, as most puts are. The short way is for an open queue with free
  capacity, without waiters, and an id that is new: it reads and writes what must be, and nothing is JSON. All else goes the long way,
  that of admit-jobs, in this same call. So a put is decided alike by both scripts, and a copy of a call gets the reply to the first.

  The short way leaves what BullMQ's addStandardJob would, as add-plain-jobs.lua does for many.

  KEYS[1]   what all keys of the queue start with
  KEYS[2]   with a number: where the reply is cached, see reply-cache.lua
  ARGV[1]   number of this call in its request-id slot; empty for none
  ARGV[2]   how long its reply is cached, in ms
  ARGV[3]   the job's id, and next its name, when it was put, its data, and its options as JSON
  ARGV[8]   digest of the payload; empty when the id was generated
  ARGV[9]   1 when the id was generated for this call and need not be looked up
  ARGV[10]  the name of its ticket, empty for none
  ARGV[11]  JSON: the header of admit-jobs but for what stands here, with dropPolicy, by which the job may evict another

  Returns "<depth after this call> <capacity>" for a job that was added like that; else what admit-jobs returns

  Count: +1 when the job is created, −1 when it evicted one
]]
local prefix, replyKey = KEYS[1], KEYS[2]
local number, keepMs, id, name, at, data, options, digest, isNew, ticket, settings = unpack(ARGV)
local call, jobKey, reply = redis.call, prefix .. id, nil

local cached = number ~= '' and cachedReply(replyKey, number)
if cached then return cached end

-- A known id is for the long way, too.
local queue = openQueue(prefix, 1)
if queue and (isNew == '1' or call('EXISTS', jobKey) == 0 and call('HEXISTS', bucketOf(prefix, id), id) == 0) then
  call('INCR', queue.counter)
  writePlainJob(queue, id, name, at, data, options)
  call('LPUSH', queue.wait, id)
  if writesAllEvents(queue) then
    call('XADD', queue.events, 'MAXLEN', '~', queue.eventsLimit, '*', 'event', 'waiting', 'jobId', id)
  end
  wakeWorkers(queue)
  reply = (queue.depth + 1) .. ' ' .. queue.capacity
else
  local plain = { name, at, data, options }
  local job = { id = id, jobKey = isNew ~= '1' and jobKey or nil, digest = digest ~= '' and digest or nil, plain = plain }
  reply = judgeOne(prefix, job, settings, ticket)
end

if number ~= '' then cacheReply(replyKey, number, reply, keepMs) end
return reply
