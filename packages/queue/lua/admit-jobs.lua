--- @include "clock"
--- @include "reply-cache"
--- @include "admission-queue"
--- @include "admission-jobs"
--- @include "decide-admission"
--- @include "add-plain-jobs"
--- @include "capacity" when writeFallback is called
--- @include "admission-ticket" when admissionTicket is called
--- @include "remove-ended-job" when removeEndedJob is called
--- @include "add-by-bullmq" when addByBullmq is called
--- @include "coalesce-job" when coalesceJob is called
--- @include "release-parents" when releaseParents is called
--- @include "tombstones" when tombstonesOf is called

--[[
  admit-jobs: counts the unfinished jobs, checks the bound and adds a batch of jobs, in one atomic call. No put gets capacity
  for which an earlier one waits: see waiter-queue.lua.

  Everything is read and decided before the first write, because a Lua error rolls nothing back. Plain jobs take the fast path
  (see add-plain-jobs.lua), all others BullMQ's own scripts, so that the stored layout is BullMQ's to the byte.

  KEYS[15 * q - 14 …]  the keys of queue q, q from 1: wait, active, prioritized, delayed, waiting-children, paused,
                       meta, id, completed, events, marker, pc, failed, sluice:waiters, sluice:tickets
  KEYS[last]           with a run: where its reply is cached, see reply-cache.lua
  ARGV[1]              JSON { run?, windowMs, mode, isFlow?, capacities, prefixes, ticket?, drop?, options, entries, releases }
                         run         number of this call in its request-id slot; sent twice, it gets its first reply
                         windowMs    how long that reply is cached at least
                         mode        'each': admit in order as far as there is free capacity; 'all': all or none
                         isFlow      with 'all': one put of ours. It is known by its first job, and then nothing is added; it is
                                     refused when another id of it is taken
                         capacities  per queue, for one that has no number in Redis (see capacity.lua); 0 for unbounded
                         prefixes    per queue, what its jobs' keys start with
                         ticket      { name, arrival?, lifeMs, most }: jobs of queue 1 that find no free capacity wait under
                                     this name, ordered by its arrival; at most `most` tickets wait
                         drop        { code, reasons (by policy), count, ageMs }: for entries that evict another job,
                                     the code and reason of that dead letter, how many are kept and how long; see
                                     evict-jobs.lua
                         options     what compact entries share: { name, and the options as JSON in three pieces: before the
                                     id, before the digest, the rest }
                         entries     compact, of queue 1: [id, at, index of its options, digest, isNew, drop?]; isNew is 1
                                     when the id was generated for this call and need not be looked up
                                     for BullMQ's script: { q, script, keys (indexes into the 15), digest?, drop?, dedupe? }
                                     drop: the policy by which it evicts another job when no capacity is free
                                     dedupe: the mode of a put of ours with a deduplication key
                         idWindows   how long ids of callers are known, see look-up-id.lua; with entries that have a digest
                         releases    parents to check once all are in (flows)
  ARGV[2 …]            for each entry in turn. Compact: data; else BullMQ's packed arguments, data, packed options

  Returns JSON { entries, ids?, nexts?, stored?, dropped?, depths, capacities, needs?, arrival?, ahead, ended?, isUnclaimed? }
    entries     runs of equal decisions, [decision, how many]: created, duplicate (the id exists), conflict (the id exists
                with another payload), deduplicated, full, too-many-waiters (full, and as many tickets wait as may),
                nothing-to-drop (full, and no job that it may evict), sealed, orphan (its parent is not there), skipped
    ids         [index of the entry, id or code] for those whose id the caller does not know
    nexts       [index of the entry, id of the job that will follow the one that it was joined to]
    stored      [index of the entry, name, version, data] of duplicates whose digest was never stored
    dropped     [index of the entry, id of the job that it evicted, its contract]
    depths      per queue, before this call; capacities: 0 for unbounded
    needs       when anything was refused: per queue, how many jobs it would have had to take
    arrival     with a ticket that waits: when it arrived; ahead: how many tickets are before it, or before a newcomer
    ended       when anything was refused: how many jobs of the full queue ended in the last ten seconds, as far as they are kept
    isUnclaimed a queue had no number in Redis, see capacity.lua

  Count: +1 for each entry that is created, −1 for each job that one evicted; 0 for all others. Never above the capacity
]]
local RATE_WINDOW_MS = 10000
local header = cjson.decode(ARGV[1])
local replyKey = header.run and KEYS[#header.capacities * KEYS_PER_QUEUE + 1]

if header.run then
  local reply = cachedReply(replyKey, header.run)
  if reply then return reply end
end

-- Read and decide ------------------------------------------------------------------------------------------------------

local queues = {}
for q = 1, #header.capacities do queues[q] = readQueue(header, q) end
local batch = {
  header = header, queues = queues, jobs = readJobs(queues, header.entries),
  met = {}, replaced = {}, claims = {}, stored = {}, evicted = {},
}
decideAll(batch)
local ticket = batch.meetsWaiters and admissionTicket(batch)

-- Write ----------------------------------------------------------------------------------------------------------------

local function createPlain(adder, job)
  local entry, plain, at = job.entry, job.plain, job.argument
  if plain then return adder.create(job.id, plain[1], plain[2], ARGV[at + 1], plain[3]) end
  local options = header.options[entry[3]]
  return adder.create(job.id, options[1], entry[2], ARGV[at], options[2] .. job.id .. options[3] .. entry[4] .. options[4])
end

-- The whole list is walked, once for each job that is cancelled deep inside a queue and soon put again.
local function takeOffTombstone(queue, id)
  redis.call('LREM', queue.wait, -1, id)
  tombstonesOf(queue).drop({ id })
end

local function add(job, decision)
  local queue = queues[job.q]
  if job.isTombstone then takeOffTombstone(queue, job.id) end
  if decision == 'created' and job.endedSet then removeEndedJob(queue, job.id, job.endedSet) end
  local isGone = job.known and job.known.isGone -- BullMQ's script would find no job, and add one
  if job.entry or job.plain or isGone then
    queue.plain = queue.plain or plainAdder(queue)
    return decision == 'duplicate' and queue.plain.duplicate(job.id) or createPlain(queue.plain, job)
  end
  if job.isCoalesced then return coalesceJob(queue, job) end
  if queue.plain then queue.plain.catchUp() end -- what came before must be listed before
  if job.freesKey then redis.call('DEL', job.deduplicationKey) end
  return addByBullmq(queue, job)
end

local runs, ids, nexts = {}, {}, {}
local function report(decision)
  local last = runs[#runs]
  if last and last[1] == decision then last[2] = last[2] + 1 else runs[#runs + 1] = { decision, 1 } end
end

for i, job in ipairs(batch.jobs) do
  local decision = batch.decisions[i]
  if decision == 'created' or decision == 'duplicate' or decision == 'deduplicated' then
    if batch.addsNone then
      decision = 'skipped'
    else
      local id, nextId = add(job, decision)
      if job.script then ids[#ids + 1] = { i, id } end
      if nextId then nexts[#nexts + 1] = { i, nextId } end
    end
  end
  report(decision)
end

for _, queue in ipairs(queues) do
  if queue.isUnclaimed then writeFallback(queue.meta, queue.capacity) end
  if queue.plain then queue.plain.finish() end
  if queue.lostTombstones[1] and not batch.addsNone then tombstonesOf(queue).unlist(queue.lostTombstones) end
  if queue.eviction and not batch.addsNone then queue.eviction:evict() end
end
if header.releases[1] and not batch.addsNone then releaseParents(header.releases) end
if ticket then ticket:update() end

-- Reply ----------------------------------------------------------------------------------------------------------------

-- BullMQ's sorted sets order ended jobs by the time of their end, whichever worker ended them.
local function endedLately(queue)
  local since = string.format('(%.0f', nowMs() - RATE_WINDOW_MS)
  return redis.call('ZCOUNT', queue.completed, since, '+inf') + redis.call('ZCOUNT', queue.failed, since, '+inf')
end

local function nameOfEvicted(id)
  for _, queue in ipairs(queues) do
    local name = queue.eviction and queue.eviction.names[id]
    if name then return name end
  end
  return ''
end

local function listEvicted()
  local list = {}
  for i, id in pairs(batch.evicted) do list[#list + 1] = { i, id, nameOfEvicted(id) } end
  return #list > 0 and list or nil
end

local depths, capacities, needs, isUnclaimed = {}, {}, {}, nil
for q, queue in ipairs(queues) do
  if queue.isUnclaimed then isUnclaimed = true end
  depths[q], capacities[q], needs[q] = queue.depth, queue.capacity or 0, queue.needs
end
local asked = batch.fullQueue or queues[1]
local reply = cjson.encode({
  entries = runs,
  ids = #ids > 0 and ids or nil,
  nexts = #nexts > 0 and nexts or nil,
  stored = #batch.stored > 0 and batch.stored or nil,
  dropped = listEvicted(),
  depths = depths,
  capacities = capacities,
  needs = batch.isRefused and needs or nil,
  arrival = batch.arrival,
  ahead = asked.ahead,
  ended = batch.isRefused and endedLately(asked) or nil,
  isUnclaimed = isUnclaimed,
})
if header.run then cacheReply(replyKey, header.run, reply, header.windowMs * 2) end
return reply
