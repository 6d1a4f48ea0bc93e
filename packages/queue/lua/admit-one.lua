--- @include "open-queue"
--- @include "reply-cache"
--- @include "id-bucket"
--- @include "event-policy"
--- @include "plain-job"
--- @include "events-limit"
--- @include "wake-workers"
--- @include "queue-keys" when queueKeys is called
--- @include "admission-queue" when readQueue is called
--- @include "admit-batch" when admitBatch is called

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
local prefix, replyKey = unpack(KEYS)
local number, keepMs, id, name, at, data, options, digest, isNew, ticket, settings = unpack(ARGV)

if number ~= '' then
  local cached = cachedReply(replyKey, number)
  if cached then return cached end
end

local function reply(text)
  if number ~= '' then cacheReply(replyKey, number, text, keepMs) end
  return text
end

local jobKey = prefix .. id

-- A known id is for the long way, too.
local queue = openQueue(prefix, 1)
local goesShort = queue
  and (isNew == '1' or redis.call('EXISTS', jobKey) == 0 and redis.call('HEXISTS', bucketOf(prefix, id), id) == 0)

if goesShort then
  redis.call('INCR', queue.counter)
  writePlainJob(queue, id, name, at, data, options)
  redis.call('LPUSH', queue.wait, id)
  local limit = eventsLimit(queue.meta, queue.storedEventsLimit)
  if writesAllEvents(queue) then
    redis.call('XADD', queue.events, 'MAXLEN', '~', limit, '*', 'event', 'waiting', 'jobId', id)
  end
  wakeWorkers(queue)
  return reply((queue.depth + 1) .. ' ' .. queue.capacity)
end

local header = cjson.decode(settings)
if ticket == '' then header.ticket = nil else header.ticket.name = ticket end
local job = {
  q = 1, id = id, jobKey = isNew ~= '1' and jobKey or nil, digest = digest ~= '' and digest or nil,
  drop = header.dropPolicy, plain = { name, at, data, options },
}
return reply(admitBatch(header, { readQueue(header, 1, queueKeys(prefix)) }, { job }))
