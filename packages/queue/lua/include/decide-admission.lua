--- @include "look-up-id" when lookUpId is called
--- @include "tombstones" when tombstonesOf is called

--[[
  Decides what becomes of each job of admit-jobs, in order, before anything is written. The record of a batch:

    header, queues, jobs   as they were read
    met       job key → digest or false, of ids met earlier in this batch: the second of two is the duplicate
    replaced  job keys of delayed jobs that a deduplicated one of this batch replaces: their ids are free again
    claims    deduplication key → { the id that has it, whether that job is delayed }, taken earlier in this batch
    stored    for the reply: duplicates whose digest was never stored
    evicted   by entry, the job that it evicts
    failures  for the reply: of an isolated call, the entries that Redis or BullMQ's script cannot take, and why
    lost      job keys of those
]]
local function fail(batch, i, reason)
  batch.failures[#batch.failures + 1] = { i, type(reason) == 'table' and reason.err or 'ERR ' .. tostring(reason) }
  return 'failed'
end

-- By BullMQ's rule any hash will do, also what its Worker leaves of a job that was removed under it.
local function exists(batch, queue, jobKey)
  if batch.met[jobKey] ~= nil then return true end
  if batch.replaced[jobKey] or redis.call('EXISTS', jobKey) == 0 then return false end
  return not tombstonesOf(queue).isAt(jobKey)
end

local function claim(batch, job)
  if job.deduplicationKey then batch.claims[job.deduplicationKey] = { job.id, job.script == 'addDelayedJob' } end
end

-- The job that has a deduplication key, whether it is delayed, and whether it is in Redis already. Nil when the key is free, or
-- its job is no more.
local function deduplicationOwner(batch, queue, key)
  local claimed = batch.claims[key]
  if claimed then return claimed[1], claimed[2], false end
  local owner = redis.call('GET', key)
  if not owner then return nil end
  if redis.call('PTTL', key) == -1 and redis.call('EXISTS', queue.prefix .. owner) == 0 then return nil end
  return owner, redis.call('ZSCORE', queue.delayed, owner) ~= false, true
end

-- Whether the job that has the key cannot take the payload of a put of ours any more: then the put is a job of its own, and
-- has the key from now on. A plain BullMQ client's put would be lost here.
local function comesTooLate(queue, job, owner, isDelayed, isStored)
  if job.dedupe ~= 'debounce' and job.dedupe ~= 'latest' then return false end
  if not isStored then return job.dedupe == 'debounce' and not isDelayed end
  local name, started, finishedOn = unpack(redis.call('HMGET', queue.prefix .. owner, 'name', 'ats', 'finishedOn'))
  if not name or finishedOn then return true end
  return job.dedupe == 'debounce' and (not isDelayed or started ~= false)
end

-- A deduplicated job joins one that is there, or replaces a delayed one: it needs no capacity.
local function isDeduplicated(batch, queue, job)
  if not job.deduplicationKey then return false end
  local owner, isDelayed, isStored = deduplicationOwner(batch, queue, job.deduplicationKey)
  if not owner then return false end
  if comesTooLate(queue, job, owner, isDelayed, isStored) then
    job.freesKey = true
    return false
  end
  if job.replaces and isDelayed then
    local jobKey = queue.prefix .. owner
    batch.met[jobKey], batch.replaced[jobKey] = nil, true
    if job.jobKey then batch.met[job.jobKey] = job.digest or false end
    claim(batch, job)
  end
  return true
end

-- By BullMQ's rule, an id is known while its job is there. A put of ours has a digest, and by it ended jobs are looked up, too.
local function isKnown(batch, queue, job)
  if batch.met[job.jobKey] ~= nil then return true end
  if batch.replaced[job.jobKey] then return false end
  if queue.tombstones and tombstonesOf(queue).has(job.id) then
    job.isTombstone = true
    return false
  end
  if not job.digest then return redis.call('EXISTS', job.jobKey) == 1 end
  job.known, job.endedSet = lookUpId(queue, job.id, batch.header.idWindows)
  return job.known ~= nil
end

-- Whether the id was put with another payload. A job whose id was generated has no digest: its payload goes into the reply.
local function isConflict(batch, i, job)
  local earlier, known = batch.met[job.jobKey], job.known
  if earlier then return earlier ~= job.digest end
  if not known then return false end
  local digest = known.digest or known.stamp.d
  if digest and digest ~= '' then return digest ~= job.digest end
  if known.stamp.v then batch.stored[#batch.stored + 1] = { i, known.name, known.stamp.v, known.data } end
  return false
end

-- A sealed queue takes nothing from outside; what a running job adds is not from outside.
local function isRunning(jobKey)
  return jobKey and redis.call('EXISTS', jobKey .. ':lock') == 1
end

local function decideOne(batch, i, job)
  local queue, jobKey = batch.queues[job.q], job.jobKey
  if job.parentKey and not exists(batch, queue, job.parentKey) then return 'orphan' end
  if jobKey and isKnown(batch, queue, job) then
    return job.digest and isConflict(batch, i, job) and 'conflict' or 'duplicate'
  end
  if isDeduplicated(batch, queue, job) then
    job.isCoalesced = job.dedupe == 'debounce' or job.dedupe == 'latest'
    return queue.isSealed and job.isCoalesced and 'sealed' or 'deduplicated'
  end
  if queue.isSealed and not isRunning(job.parentKey) then return 'sealed' end
  queue.needs = queue.needs + 1
  -- With all or none, the others are decided as if this one went in: the reply says how much they need together.
  if queue.free < 1 and batch.header.mode ~= 'all' then
    if not job.drop then return 'full' end
    batch.evicted[i] = queue.eviction:choose(job)
    if not batch.evicted[i] then return 'nothing-to-drop' end
  else
    queue.free = queue.free - 1
  end
  if queue.eviction then queue.eviction:noteAdded(job) end
  if jobKey then batch.met[jobKey] = job.digest or false end
  claim(batch, job)
  return 'created'
end

local function decide(batch, i, job)
  if not batch.header.isolated then return decideOne(batch, i, job) end
  if job.failure then return fail(batch, i, job.failure) end
  local isDone, decision = pcall(decideOne, batch, i, job)
  return isDone and decision or fail(batch, i, decision)
end

-- A flow is known by its root: then nothing of it is added. All its other ids must be new, or it is refused as a whole.
local function decideFlow(decisions)
  local isKnown = decisions[1] == 'duplicate' or decisions[1] == 'conflict'
  for i = 2, #decisions do
    if isKnown then decisions[i] = 'skipped' elseif decisions[i] == 'duplicate' then decisions[i] = 'conflict' end
  end
end

-- Sets `decisions`; `wanted`, how many jobs found no capacity; `fullQueue`, the first queue without; whether anything was
-- refused; and whether there are tickets that wait, or jobs for which one could.
local function decideAll(batch)
  local decisions = {}
  batch.decisions, batch.wanted, batch.isRefused = decisions, 0, false
  for i, job in ipairs(batch.jobs) do decisions[i] = decide(batch, i, job) end
  if batch.header.isFlow then decideFlow(decisions) end
  for i, job in ipairs(batch.jobs) do
    local queue = batch.queues[job.q]
    if batch.header.mode == 'all' and decisions[i] == 'created' and queue.free < 0 then decisions[i] = 'full' end
    local decision = decisions[i]
    if decision == 'full' then batch.wanted, batch.fullQueue = batch.wanted + 1, batch.fullQueue or queue end
    batch.isRefused = batch.isRefused or decision == 'full' or decision == 'nothing-to-drop'
      or decision == 'sealed' or decision == 'orphan' or (batch.header.isFlow and decision == 'conflict')
  end
  batch.meetsWaiters = batch.wanted > 0
  for _, queue in ipairs(batch.queues) do batch.meetsWaiters = batch.meetsWaiters or queue.hasWaiters end
  batch.addsNone = batch.isRefused and batch.header.mode == 'all'
end
