--- @include "known-ids"
--- @include "job-keys"
--- @include "writes-ends"
--- @include "events-limit"
--- @include "eviction-candidates"

--[[
  Drop policies: a put that finds no free capacity evicts a job that waits, one for one, and that job is a dead letter. The
  jobs are chosen while admit-jobs decides, and evicted at the end of its writes, when the new jobs are in their lists.

    drop-oldest           the job that would be taken next: the tail of `wait`, then the first of `prioritized`
    drop-lowest-priority  the longest there of the highest number in `prioritized`, if that number is above the new
                          job's; without a priority is more urgent than any

  The puts of one call are decided as if each were alone: a later one may evict what an earlier one added. How puts were
  batched cannot be distinguished from what is left.

  An eviction is the record over which the steps below run:

    queue     as admit-jobs reads it
    settings  { code, reasons, count, ageMs }, see admit-jobs.lua
    chosen    id → true; list: { id, priority, policy } of each, in order
    added     the jobs that this call adds, by priority: { next, ids in their order }
    names     id → contract, of each job that was evicted
    waiting, mostUrgentFirst, leastUrgentFirst   the candidates, see eviction-candidates.lua
]]
local TRIM_DEAD_MAX = 150 -- old dead letters that one call removes, with six keys each: unpack has its limit

-- Choosing -------------------------------------------------------------------------------------------------------------

local function nextAdded(eviction, bucket)
  if not bucket then return nil end
  while eviction.chosen[bucket.ids[bucket.next]] do bucket.next = bucket.next + 1 end
  return bucket.ids[bucket.next]
end

-- Of the added jobs with a priority, the first of the highest number, or of the lowest.
local function nextAddedPrioritized(eviction, highest)
  local best
  for priority, bucket in pairs(eviction.added) do
    local id = priority > 0 and nextAdded(eviction, bucket)
    if id and (not best or (priority > best.priority) == highest) then best = { id = id, priority = priority } end
  end
  return best
end

-- Of a job that was there and one that this call adds, the one that comes first in an order of priorities; of equal ones the
-- former.
local function firstOf(there, added, ascends)
  if not there or not added then return there or added end
  if there.priority == added.priority then return there end
  return (there.priority < added.priority) == ascends and there or added
end

local function oldestOf(eviction)
  local plain = eviction.waiting()
  if not plain then
    local id = nextAdded(eviction, eviction.added[0])
    plain = id and { id = id, priority = 0 }
  end
  if plain and not plain.isScanLimit then return plain end
  return firstOf(eviction.mostUrgentFirst(), nextAddedPrioritized(eviction, false), true)
end

local function leastUrgentOf(eviction, than)
  local job = firstOf(eviction.leastUrgentFirst(), nextAddedPrioritized(eviction, true), false)
  return job and job.priority > than and job or nil
end

-- The priority of a new job, and whether it is delayed.
local function rankOf(job)
  if not job.script then return 0, false end
  local opts = cmsgpack.unpack(ARGV[job.argument + 2])
  return tonumber(opts.priority or 0), tonumber(opts.delay or 0) > 0
end

-- Chooses the job that a new one evicts, and returns its id; nil when there is none.
local function chooseEvicted(eviction, job)
  local evicted
  if job.drop == 'drop-oldest' then evicted = oldestOf(eviction) else evicted = leastUrgentOf(eviction, (rankOf(job))) end
  if not evicted or evicted.isScanLimit then return nil end
  eviction.chosen[evicted.id] = true
  eviction.list[#eviction.list + 1] = { id = evicted.id, priority = evicted.priority, policy = job.drop }
  return evicted.id
end

-- Called for every job that this call will add: a later put may evict it.
local function noteAdded(eviction, job)
  local id, priority, isDelayed = job.id, rankOf(job)
  if isDelayed or id == '' then return end
  local bucket = eviction.added[priority] or { next = 1, ids = {} }
  eviction.added[priority] = bucket
  bucket.ids[#bucket.ids + 1] = id
end

-- Evicting -------------------------------------------------------------------------------------------------------------

local function takeOut(queue, list)
  local prioritized = {}
  for _, evicted in ipairs(list) do
    if evicted.priority == 0 then
      redis.call('LREM', queue.wait, -1, evicted.id)
    else
      prioritized[#prioritized + 1] = evicted.id
    end
  end
  -- The key `pc` is deleted when a take finds nothing here, as after BullMQ's own removal.
  if #prioritized > 0 then redis.call('ZREM', queue.prioritized, unpack(prioritized)) end
end

-- Leaves what BullMQ's moveToFinished leaves of a failed job, but with no attempt made.
local function addDeadLetters(eviction)
  local queue, settings = eviction.queue, eviction.settings
  local dead, now, writesEvents = {}, string.format('%.0f', nowMs()), writesEnds(queue)
  for _, evicted in ipairs(eviction.list) do
    local id, reason = evicted.id, settings.reasons[evicted.policy]
    local jobKey = queue.prefix .. id
    local opts, name = unpack(redis.call('HMGET', jobKey, 'opts', 'name'))
    eviction.names[id] = name or ''
    rememberEnded(queue.prefix, id, opts, true)
    if settings.count > 0 then
      dead[#dead + 1] = now
      dead[#dead + 1] = id
      redis.call('HSET', jobKey, 'failedReason', reason, 'finishedOn', now, 'sluice.code', settings.code)
    else
      redis.call('DEL', jobKey, jobKey .. ':logs')
    end
    if writesEvents then
      redis.call('XADD', queue.events, '*', 'event', 'failed', 'jobId', id, 'failedReason', reason, 'prev', 'waiting')
    end
  end
  if #dead > 0 then redis.call('ZADD', queue.failed, unpack(dead)) end
end

-- Removes dead letters beyond age and count, oldest first. A child is left to BullMQ's own retention, which notifies its parent.
-- What has not ended is no dead letter: an id may be put again while an old entry of it is still in `failed`.
local function trimDeadLetters(queue, settings)
  if settings.count == 0 then return end
  local failed, oldestMs = queue.failed, string.format('%.0f', nowMs() - settings.ageMs)
  local old = redis.call('ZRANGEBYSCORE', failed, '-inf', oldestMs, 'LIMIT', 0, TRIM_DEAD_MAX)
  local excess = math.min(redis.call('ZCARD', failed) - settings.count, TRIM_DEAD_MAX)
  if excess > #old then old = redis.call('ZRANGE', failed, 0, excess - 1) end
  local removed, keys = {}, {}
  for _, id in ipairs(old) do
    local jobKey = queue.prefix .. id
    local parentKey, finishedOn = unpack(redis.call('HMGET', jobKey, 'parentKey', 'finishedOn'))
    if not parentKey then removed[#removed + 1] = id end
    if not parentKey and finishedOn then listJobKeys(keys, jobKey) end
  end
  if #removed > 0 then redis.call('ZREM', failed, unpack(removed)) end
  if #keys > 0 then redis.call('DEL', unpack(keys)) end
end

local function evictChosen(eviction)
  local queue, list, settings = eviction.queue, eviction.list, eviction.settings
  if #list == 0 then return end
  local limit = eventsLimit(queue.meta, redis.call('HGET', queue.meta, 'opts.maxLenEvents'))
  redis.call('XTRIM', queue.events, 'MAXLEN', '~', limit)
  takeOut(queue, list)
  addDeadLetters(eviction)
  redis.call('HINCRBY', queue.meta, 'sluice.dropped', #list)
  trimDeadLetters(queue, settings)
end

local function newEviction(queue, settings)
  local chosen, prefix = {}, queue.prefix
  return {
    queue = queue, settings = settings, chosen = chosen, list = {}, added = {}, names = {},
    choose = chooseEvicted, noteAdded = noteAdded, evict = evictChosen,
    waiting = candidatesIn(waitPages(queue.wait), prefix, chosen),
    mostUrgentFirst = candidatesIn(mostUrgentPages(queue.prioritized), prefix, chosen),
    leastUrgentFirst = candidatesIn(leastUrgentPages(queue.prioritized), prefix, chosen),
  }
end
