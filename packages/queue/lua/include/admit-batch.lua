--- @include "clock"
--- @include "decide-admission"
--- @include "add-plain-jobs"
--- @include "capacity" when writeFallback is called
--- @include "admission-ticket" when admissionTicket is called
--- @include "remove-ended-job" when removeEndedJob is called
--- @include "add-by-bullmq" when addByBullmq is called
--- @include "coalesce-job" when coalesceJob is called
--- @include "release-parents" when releaseParents is called
--- @include "tombstones" when tombstonesOf is called

-- Decides what becomes of the jobs of a call, adds those that are admitted, and writes the reply: all that admit-jobs does, once
-- it has read what it was asked. Everything is decided before the first write, because a Lua error rolls nothing back.
local RATE_WINDOW_MS = 10000

-- Add ------------------------------------------------------------------------------------------------------------------

-- The whole list is walked, once for each job that is cancelled deep inside a queue and soon put again.
local function takeOffTombstone(queue, id)
  redis.call('LREM', queue.wait, -1, id)
  tombstonesOf(queue).drop({ id })
end

local function addJob(queue, job, decision)
  if job.isTombstone then takeOffTombstone(queue, job.id) end
  if decision == 'created' and job.endedSet then removeEndedJob(queue, job.id, job.endedSet) end
  local isGone = job.known and job.known.isGone -- BullMQ's script would find no job, and add one
  if job.plain or isGone then
    queue.plain = queue.plain or plainAdder(queue)
    if decision == 'duplicate' then return queue.plain.duplicate(job.id) end
    return queue.plain.create(job.id, unpack(job.plain))
  end
  if job.isCoalesced then return coalesceJob(queue, job) end
  if queue.plain then queue.plain.catchUp() end -- what came before must be listed before
  if job.freesKey then redis.call('DEL', job.deduplicationKey) end
  return addByBullmq(queue, job)
end

-- Where a job of an isolated call fails, BullMQ's script has failed, and leaves what it would have left alone. A second job with
-- its id is no duplicate then.
local function addAdmitted(batch, i, job, decision)
  local queue = batch.queues[job.q]
  if not batch.header.isolated then return decision, addJob(queue, job, decision) end
  if decision == 'duplicate' and batch.lost[job.jobKey] then decision = 'created' end
  local isDone, id, nextId = pcall(addJob, queue, job, decision)
  if job.jobKey then batch.lost[job.jobKey] = not isDone end
  if isDone then return decision, id, nextId end
  return fail(batch, i, id)
end

-- Adds what was admitted. Returns for the reply the runs of equal decisions, and the ids that the caller does not know.
local function addAll(batch)
  local runs, ids, nexts = {}, {}, {}
  for i, job in ipairs(batch.jobs) do
    local decision, id, nextId = batch.decisions[i], nil, nil
    if decision == 'created' or decision == 'duplicate' or decision == 'deduplicated' then
      if batch.addsNone then
        decision = 'skipped'
      else
        decision, id, nextId = addAdmitted(batch, i, job, decision)
        if job.script and id then ids[#ids + 1] = { i, id } end
        if nextId then nexts[#nexts + 1] = { i, nextId } end
      end
    end
    local last = runs[#runs]
    if last and last[1] == decision then last[2] = last[2] + 1 else runs[#runs + 1] = { decision, 1 } end
  end
  return runs, ids, nexts
end

local function finish(batch, ticket)
  for _, queue in ipairs(batch.queues) do
    if queue.isUnclaimed then writeFallback(queue.meta, queue.capacity) end
    if queue.plain then queue.plain.finish() end
    if queue.lostTombstones[1] and not batch.addsNone then tombstonesOf(queue).unlist(queue.lostTombstones) end
    if queue.eviction and not batch.addsNone then queue.eviction:evict() end
  end
  local releases = batch.header.releases
  if releases[1] and not batch.addsNone then releaseParents(releases) end
  if ticket then ticket:update() end
end

-- Reply ----------------------------------------------------------------------------------------------------------------

-- BullMQ's sorted sets order ended jobs by the time of their end, whichever worker ended them.
local function endedLately(queue)
  local since = string.format('(%.0f', nowMs() - RATE_WINDOW_MS)
  return redis.call('ZCOUNT', queue.completed, since, '+inf') + redis.call('ZCOUNT', queue.failed, since, '+inf')
end

local function nameOfEvicted(queues, id)
  for _, queue in ipairs(queues) do
    local name = queue.eviction and queue.eviction.names[id]
    if name then return name end
  end
  return ''
end

local function listEvicted(batch)
  local list = {}
  for i, id in pairs(batch.evicted) do list[#list + 1] = { i, id, nameOfEvicted(batch.queues, id) } end
  return list
end

local function unlessEmpty(list)
  return list[1] and list or nil
end

-- header  as admit-jobs gets it, without `run` and `entries`
-- queues  as readQueue reads them
-- jobs    as readJobs reads them
local function admitBatch(header, queues, jobs)
  local batch = {
    header = header, queues = queues, jobs = jobs, met = {}, replaced = {}, claims = {}, stored = {}, evicted = {},
    failures = {}, lost = {},
  }
  decideAll(batch)
  local ticket = batch.meetsWaiters and admissionTicket(batch)
  local runs, ids, nexts = addAll(batch)
  finish(batch, ticket)

  local depths, capacities, needs, isUnclaimed = {}, {}, {}, nil
  for q, queue in ipairs(queues) do
    if queue.isUnclaimed then isUnclaimed = true end
    depths[q], capacities[q], needs[q] = queue.depth, queue.capacity or 0, queue.needs
  end
  local asked = batch.fullQueue or queues[1]
  return cjson.encode({
    entries = runs,
    ids = unlessEmpty(ids),
    nexts = unlessEmpty(nexts),
    stored = unlessEmpty(batch.stored),
    dropped = unlessEmpty(listEvicted(batch)),
    failures = unlessEmpty(batch.failures),
    depths = depths,
    capacities = capacities,
    needs = batch.isRefused and needs or nil,
    arrival = batch.arrival,
    ahead = asked.ahead,
    ended = batch.isRefused and endedLately(asked) or nil,
    isUnclaimed = isUnclaimed,
  })
end
