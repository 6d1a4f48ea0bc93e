--- @include "event-policy"
--- @include "events-limit"
--- @include "bullmq/changeDelay-4"

--[[
  Joins a put to the job that has its deduplication key, where the newest payload counts. Both modes store what BullMQ's own
  clients read, and never lose a payload that was accepted:

    debounce  the job is delayed and was never started: it gets the payload, and its delay begins anew
    latest    the job was never started: it gets the payload where it waits. Once it was started, the payload is kept as BullMQ
              keeps it, in `dn:<key>`: a job of its own, added in the moment in which this one ends. A later payload takes its
              place and its id
]]
local KEPT_OPTIONS = { 'priority', 'delay', 'jobId', 'lifo' }
local KEPT_STAMP = { 'd', 'i', 'f' } -- they belong to the id

local function keep(names, from, to)
  for _, name in ipairs(names) do to[name] = from[name] end
end

-- What a foreign client wrote must not make a script fail halfway.
local function storedOptionsOf(jobKey)
  local isRead, stored = pcall(cjson.decode, redis.call('HGET', jobKey, 'opts') or '{}')
  return isRead and type(stored) == 'table' and stored or {}
end

local function replacePayload(jobKey, data, options)
  local stored = storedOptionsOf(jobKey)
  keep(KEPT_OPTIONS, stored, options)
  if type(stored.sluice) == 'table' and options.sluice then keep(KEPT_STAMP, stored.sluice, options.sluice) end
  redis.call('HSET', jobKey, 'data', data, 'opts', cjson.encode(options))
end

local function delayAnew(queue, job, owner, at, delay)
  bullmq.changeDelay({ queue.delayed, queue.meta, queue.marker, queue.events }, { delay, at, owner, queue.prefix .. owner })
  redis.call('SET', job.deduplicationKey, owner, 'PX', delay)
end

-- Keeps the payload for a job of its own, and returns its id.
local function keepForNext(queue, job, name, data, options)
  local nextKey = queue.prefix .. 'dn:' .. options.de.id
  local id = redis.call('HGET', nextKey, 'jid') or job.id
  options.jobId = id
  redis.call('HSET', nextKey, 'name', name, 'data', data, 'opts', cjson.encode(options), 'jid', id)
  redis.call('PERSIST', job.deduplicationKey)
  return id
end

-- Returns the id of the job that stands, and of the job that follows it with this payload, if one does.
local function coalesceJob(queue, job)
  local owner = redis.call('GET', job.deduplicationKey)
  local name, at = unpack(cmsgpack.unpack(ARGV[job.argument]), 3, 4)
  local data, options = ARGV[job.argument + 1], cmsgpack.unpack(ARGV[job.argument + 2])
  local jobKey, nextId = queue.prefix .. owner, nil
  redis.call('INCR', queue.counter) -- BullMQ counts every add
  if writesAllEvents(queue) then
    redis.call('XADD', queue.events, 'MAXLEN', '~', eventsLimit(queue.meta, queue.storedEventsLimit), '*', 'event',
      'deduplicated', 'jobId', owner, 'deduplicationId', options.de.id, 'deduplicatedJobId', job.id)
  end
  local wasStarted = redis.call('HEXISTS', jobKey, 'ats') == 1
  if job.dedupe == 'latest' and (wasStarted or redis.call('EXISTS', queue.prefix .. 'dn:' .. options.de.id) == 1) then
    nextId = keepForNext(queue, job, name, data, options)
  else
    local delay = string.format('%.0f', options.delay or 0)
    replacePayload(jobKey, data, options)
    if job.dedupe == 'debounce' then delayAnew(queue, job, owner, at, delay) end
  end
  return owner, nextId
end
