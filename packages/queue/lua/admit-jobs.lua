--- @include "bullmq/addStandardJob-9"
--- @include "bullmq/addDelayedJob-6"
--- @include "bullmq/addPrioritizedJob-9"
--- @include "bullmq/addParentJob-6"
--- @include "bullmq/releaseParentIfNoPendingDependencies-2"
--- @include "waiter-queue"
--- @include "reply-cache"
--- @include "add-plain-jobs"
--- @include "look-up-id"
--- @include "evict-jobs"

--[[
  admit-jobs: counts the unfinished jobs, checks the bound and adds a batch of jobs, in one atomic run. Nobody takes room
  that somebody else waits for: see waiter-queue.lua.

  Everything is looked at before the first write, because a Lua error rolls nothing back. Plain jobs are written lean (see
  add-plain-jobs.lua), all others by BullMQ's own script texts, each a function of the table `bullmq`, so that the
  stored layout is BullMQ's to the byte.

  KEYS[15 * q - 14 …]  the keys of queue q, q from 1: wait, active, prioritized, delayed, waiting-children, paused,
                       meta, id, completed, events, marker, pc, failed, sluice:line, sluice:tickets
  KEYS[last]           with a run: the answer of its lane's last one, see reply-cache.lua
  ARGV[1]              JSON { run?, windowMs, mode, capacities, prefixes, ticket?, drop?, options, entries, releases }
                         run         number of this run in its lane; sent twice, it gets its first answer
                         windowMs    how long that answer is kept at least
                         mode        'each': admit in order as far as there is room; 'all': all or none
                         capacities  per queue, for one that has no number in Redis (see capacity.lua); 0 for unbounded
                         prefixes    per queue, what its jobs' keys start with
                         ticket      { name, arrival?, lifeMs, most }: those of queue 1 that find no room wait under
                                     this name, at the place of their arrival; `most` tickets may wait
                         drop        { code, reasons (by policy), count, ageMs }: for entries that drop another job,
                                     what it dies of, and how many dead jobs are kept for how long; see evict-jobs.lua
                         options     what lean jobs share: { name, and the options as JSON in three pieces: before the
                                     id, before the digest, the rest }
                         entries     lean, of queue 1: [id, at, index of its options, digest, isNew, drop?]; isNew is 1
                                     when the id was generated for this run and need not be looked for
                                     by BullMQ's script: { q, script, keys (indexes into the 15), digest?, drop? }
                                     drop: the policy by which it takes another job's place when there is no room
                         idWindows   how long ids of callers are known, see look-up-id.lua; with entries that have a digest
                         releases    parents to look at once all are in (flows)
  ARGV[2 …]            for each entry in turn. Lean: data; else BullMQ's packed arguments, data, packed options

  Answer, JSON: { entries, ids?, stored?, dropped?, depths, capacities, needs?, arrival?, ahead, ended?, isUnclaimed? }
    entries     runs of equal verdicts, [verdict, how many]: created, duplicate (the id exists), conflict (the id exists
                with another payload), deduplicated, full, line (full, and so is the line), spared (full, and nothing that
                it may drop), sealed, orphan (its parent is not there), skipped
    ids         [index of the entry, id or code] for those whose id the caller does not know
    stored      [index of the entry, name, version, data] of duplicates whose digest was never stored
    dropped     [index of the entry, id of the job whose place it took]
    depths      per queue, before this run; capacities: 0 for unbounded
    needs       when anything was refused: per queue, how many jobs it would have had to take
    arrival     with a ticket that waits: when it arrived; ahead: how many stand before it, or before a newcomer
    ended       when anything was refused: how many jobs of the full queue ended in the last ten seconds, as far as they are kept
    isUnclaimed a queue had no number in Redis, see capacity.lua
]]
local QUEUE_KEYS = 15
local RATE_WINDOW_MS = 10000
local header = cjson.decode(ARGV[1])

if header.run then
  local kept = keptAnswer(KEYS[#KEYS], header.run)
  if kept then return kept end
end

-- Look ---------------------------------------------------------------------------------------------------------------

local ticket = header.ticket

-- Redis's clock is looked at only when somebody has to wait.
local clockUs
local function nowUs()
  clockUs = clockUs or nowMicros()
  return clockUs
end

local function nowMs()
  return math.floor(nowUs() / 1000)
end

-- What may be taken now. Who has no ticket takes none while others wait.
local function lookAt(q)
  local keys = {}
  for k = 1, QUEUE_KEYS do keys[k] = KEYS[(q - 1) * QUEUE_KEYS + k] end
  local queue = { keys = keys, prefix = header.prefixes[q], line = keys[14], tickets = keys[15], ahead = 0, dead = {}, needs = 0 }
  queue.depth = countUnfinished(keys)
  local set = redis.call('HMGET', keys[7], 'sluice.capacity', 'sluice.sealed', 'opts.maxLenEvents', 'paused', 'concurrency')
  queue.capacity = positive(set[1]) or fallbackCapacity(keys[7], header.capacities[q])
  queue.hasNoNumber = not positive(set[1])
  queue.sealed = set[2] == '1'
  queue.maxEvents, queue.paused, queue.concurrency = set[3], set[4], set[5]
  queue.room = queue.capacity and queue.capacity - queue.depth or math.huge
  if queue.capacity and redis.call('EXISTS', queue.line) == 1 then
    queue.isWaitedFor = true
    queue.room, queue.ahead, queue.dead =
      roomInLine(queue.line, queue.tickets, queue.room, ticket and ticket.name, nowMs())
    if not ticket and queue.ahead > 0 then queue.room = 0 end
  end
  queue.drops = header.drop and dropper(queue, header.drop)
  return queue
end

local queues = {}
for q = 1, #header.capacities do queues[q] = lookAt(q) end

-- What an entry asks for: { q, id ('' for the next number), jobKey (when the id must be looked for), digest?, drop?,
-- deduplicationKey?, replaces? (a delayed job that has that key), parentKey?, argument (where its ARGV begin) } and how it is
-- written: entry (lean), or script and keys, with plain { name, at, opts } when it can be written lean after all.
local jobs, argument = {}, 2
local storedOpts = {} -- BullMQ's packed options → as they are stored; false for those that are not plain

local function leanJob(entry)
  local id, digest = entry[1], entry[4]
  return {
    q = 1,
    id = id,
    jobKey = entry[5] == 0 and queues[1].prefix .. id or nil,
    digest = digest ~= '' and digest or nil,
    drop = entry[6],
    argument = argument,
    entry = entry,
  }
end

local function readOpts(packed)
  if storedOpts[packed] == nil then
    local opts = cmsgpack.unpack(packed)
    storedOpts[packed] = not opts['lifo'] and not opts['de'] and cjson.encode(opts)
  end
  return storedOpts[packed]
end

local function scriptJob(entry)
  local packed = cmsgpack.unpack(ARGV[argument])
  local id, prefix = packed[2], packed[1]
  local job = {
    q = entry.q,
    id = id,
    jobKey = id ~= '' and prefix .. id or nil,
    digest = entry.digest,
    drop = entry.drop,
    deduplicationKey = packed[9],
    parentKey = packed[5],
    argument = argument,
    script = entry.script,
    keys = entry.keys,
  }
  if job.deduplicationKey then
    local deduplication = cmsgpack.unpack(ARGV[argument + 2])['de']
    job.replaces = type(deduplication) == 'table' and deduplication['replace']
  end
  local alone = not (packed[5] or packed[6] or packed[7] or packed[8] or packed[9])
  if entry.script == 'addStandardJob' and alone and prefix == queues[entry.q].prefix then
    local opts = readOpts(ARGV[argument + 2])
    job.plain = opts and { packed[3], packed[4], opts }
  end
  return job
end

for i, entry in ipairs(header.entries) do
  if entry.script then
    jobs[i] = scriptJob(entry)
    argument = argument + 3
  else
    jobs[i] = leanJob(entry)
    argument = argument + 1
  end
end

-- Judge --------------------------------------------------------------------------------------------------------------

local met = {} -- job keys of ids met earlier in this batch, and their digests: the second of two is the duplicate
local gone = {} -- job keys of jobs that an entry of this batch replaces: their ids are free again
local claims = {} -- deduplication keys taken earlier in this batch: { the id that has it, whether that job is delayed }
local stored = {} -- for the answer
local dropped = {} -- by entry, the job whose place it takes

local function exists(jobKey)
  return met[jobKey] ~= nil or not gone[jobKey] and redis.call('EXISTS', jobKey) == 1
end

local function claim(job)
  if job.deduplicationKey then claims[job.deduplicationKey] = { job.id, job.script == 'addDelayedJob' } end
end

-- The job that has a deduplication key, and whether it is delayed. Nil when the key is free, or its job is no more.
local function ownerOf(key, queue)
  local claimed = claims[key]
  if claimed then return claimed[1], claimed[2] end
  local owner = redis.call('GET', key)
  if not owner then return nil end
  if redis.call('PTTL', key) == -1 and redis.call('EXISTS', queue.prefix .. owner) == 0 then return nil end
  return owner, redis.call('ZSCORE', queue.keys[4], owner) ~= false
end

-- A deduplicated add joins a job that is there, or takes the place of a delayed one: it needs no room.
local function isDeduplicated(job, queue)
  local key = job.deduplicationKey
  local owner, isDelayed = nil, false
  if key then owner, isDelayed = ownerOf(key, queue) end
  if not owner then return false end
  if job.replaces and isDelayed then
    local replaced = queue.prefix .. owner
    met[replaced], gone[replaced] = nil, true
    if job.jobKey then met[job.jobKey] = job.digest or false end
    claim(job)
  end
  return true
end

-- BullMQ's rule is that an id is known while its job is there. A put of ours has a digest, and looks closer.
local function isKnown(job, queue)
  if met[job.jobKey] ~= nil then return true end
  if gone[job.jobKey] then return false end
  if not job.digest then return redis.call('EXISTS', job.jobKey) == 1 end
  job.known, job.replaced = lookUpId(queue, job.id, header.idWindows, nowMs)
  return job.known ~= nil
end

-- Whether the id was put with another payload. A job whose id was generated has no digest: its payload is handed out.
local function isConflict(i, job)
  local earlier, known = met[job.jobKey], job.known
  if earlier then return earlier ~= job.digest end
  if not known then return false end
  local digest = known.digest or known.stamp.d
  if digest and digest ~= '' then return digest ~= job.digest end
  if known.stamp.v then stored[#stored + 1] = { i, known.name, known.stamp.v, known.data } end
  return false
end

-- A sealed queue takes nothing from outside; what a running job still needs is not from outside.
local function isRunning(jobKey)
  return jobKey and redis.call('EXISTS', jobKey .. ':lock') == 1
end

local function judge(i, job)
  local queue, jobKey = queues[job.q], job.jobKey
  if job.parentKey and not exists(job.parentKey) then return 'orphan' end
  if jobKey and isKnown(job, queue) then
    return job.digest and isConflict(i, job) and 'conflict' or 'duplicate'
  end
  if isDeduplicated(job, queue) then return 'deduplicated' end
  if queue.sealed and not isRunning(job.parentKey) then return 'sealed' end
  queue.needs = queue.needs + 1
  -- All or none: the others are judged as if this one went in, to know how much they need together.
  if queue.room < 1 and header.mode ~= 'all' then
    if not job.drop then return 'full' end
    dropped[i] = queue.drops.choose(job)
    if not dropped[i] then return 'spared' end
  else
    queue.room = queue.room - 1
  end
  if queue.drops then queue.drops.note(job) end
  if jobKey then met[jobKey] = job.digest or false end
  claim(job)
  return 'created'
end

local verdicts, wanted, refused = {}, 0, false
local fullQueue -- the first queue without room; in a batch that may wait there is one only
for i, job in ipairs(jobs) do verdicts[i] = judge(i, job) end
for i, job in ipairs(jobs) do
  local queue = queues[job.q]
  if header.mode == 'all' and verdicts[i] == 'created' and queue.room < 0 then verdicts[i] = 'full' end
  if verdicts[i] == 'full' then wanted, fullQueue = wanted + 1, fullQueue or queue end
  refused = refused or verdicts[i] == 'full' or verdicts[i] == 'spared' or verdicts[i] == 'sealed'
    or verdicts[i] == 'orphan'
end
local none = refused and header.mode == 'all'

local stands = ticket and queues[1].isWaitedFor and redis.call('ZSCORE', queues[1].line, ticket.name)
if ticket and wanted > 0 and not stands and redis.call('ZCARD', queues[1].line) - #queues[1].dead >= ticket.most then
  for i, verdict in ipairs(verdicts) do
    if verdict == 'full' then verdicts[i] = 'line' end
  end
  wanted = 0
end

-- Write --------------------------------------------------------------------------------------------------------------

local function createLean(adder, job)
  local entry, plain, at = job.entry, job.plain, job.argument
  if plain then return adder.create(job.id, plain[1], plain[2], ARGV[at + 1], plain[3]) end
  local options = header.options[entry[3]]
  return adder.create(job.id, options[1], entry[2], ARGV[at], options[2] .. job.id .. options[3] .. entry[4] .. options[4])
end

local function add(job, verdict)
  local queue = queues[job.q]
  if verdict == 'created' and job.replaced then removeEnded(queue, job.id, job.replaced) end
  local isGone = job.known and job.known.isGone -- BullMQ's script would find no job, and add one
  if job.entry or job.plain or isGone then
    queue.lean = queue.lean or leanAdder(queue)
    return verdict == 'duplicate' and queue.lean.duplicate(job.id) or createLean(queue.lean, job)
  end
  if queue.lean then queue.lean.catchUp() end -- what came before stands before
  local keys = {}
  for position, index in ipairs(job.keys) do keys[position] = queue.keys[index] end
  return bullmq[job.script](keys, { ARGV[job.argument], ARGV[job.argument + 1], ARGV[job.argument + 2] })
end

local answer, ids = {}, {}

local function tell(verdict)
  local last = answer[#answer]
  if last and last[1] == verdict then last[2] = last[2] + 1 else answer[#answer + 1] = { verdict, 1 } end
end

for i, job in ipairs(jobs) do
  local verdict = verdicts[i]
  if verdict == 'created' or verdict == 'duplicate' or verdict == 'deduplicated' then
    if none then
      verdict = 'skipped'
    else
      local id = add(job, verdict)
      if job.script then ids[#ids + 1] = { i, id } end
    end
  end
  tell(verdict)
end

for _, queue in ipairs(queues) do
  if queue.hasNoNumber then keepCapacity(queue.keys[7], queue.capacity, nowMs()) end
  if queue.lean then queue.lean.finish() end
  if queue.drops and not none then queue.drops.bury(nowMs()) end
end
if not none then
  for _, release in ipairs(header.releases) do
    bullmq.releaseParentIfNoPendingDependencies({ release[1], release[2] }, { release[3], release[4], release[5] })
  end
end

-- The line ------------------------------------------------------------------------------------------------------------

-- Takes, keeps or gives up the place, as there is anything left to wait for; gives when it arrived.
local function standInLine(queue)
  if wanted == 0 then
    if stands then leaveLine(queue.line, queue.tickets, { ticket.name }) end
    return nil
  end
  local arrival = stands or ticket.arrival or string.format('%.0f', nowUs())
  if not stands then redis.call('ZADD', queue.line, arrival, ticket.name) end
  redis.call('HSET', queue.tickets, ticket.name, string.format('%d %.0f', wanted, nowMs() + ticket.lifeMs))
  redis.call('PEXPIRE', queue.line, 10 * ticket.lifeMs)
  redis.call('PEXPIRE', queue.tickets, 10 * ticket.lifeMs)
  return arrival
end

local arrival = ticket and standInLine(queues[1])

-- Those behind a ticket that left, or was dead, move up: there may be a new head, and capacity that the ticket did not want.
local function moveUp(queue, hasLeft)
  leaveLine(queue.line, queue.tickets, queue.dead)
  local function wake(from)
    wakeNext(queue.line, queue.tickets, queue.prefix .. 'sluice:wake:', from, ticket and producerOf(ticket.name), nowMs())
  end
  if #queue.dead > 0 or hasLeft and queue.ahead == 0 then wake(0) end
  if hasLeft and queue.ahead > 0 and queue.room >= 1 then wake(queue.ahead) end
end

for q, queue in ipairs(queues) do moveUp(queue, q == 1 and stands and not arrival) end

-- Whoever settles them, ended jobs stand in BullMQ's sorted sets by the time of their end.
local function endedLately(queue)
  local since = string.format('(%.0f', nowMs() - RATE_WINDOW_MS)
  return redis.call('ZCOUNT', queue.keys[9], since, '+inf') + redis.call('ZCOUNT', queue.keys[13], since, '+inf')
end

local function listDropped()
  local list = {}
  for i, id in pairs(dropped) do list[#list + 1] = { i, id } end
  return #list > 0 and list or nil
end

local depths, capacities, needs, isUnclaimed = {}, {}, {}, nil
for q, queue in ipairs(queues) do
  if queue.hasNoNumber then isUnclaimed = true end
  depths[q], capacities[q], needs[q] = queue.depth, queue.capacity or 0, queue.needs
end
local asked = fullQueue or queues[1]
local reply = cjson.encode({
  entries = answer,
  ids = #ids > 0 and ids or nil,
  stored = #stored > 0 and stored or nil,
  dropped = listDropped(),
  depths = depths,
  capacities = capacities,
  needs = refused and needs or nil,
  arrival = arrival or nil,
  ahead = asked.ahead,
  ended = refused and endedLately(asked) or nil,
  isUnclaimed = isUnclaimed,
})
if header.run then keepAnswer(KEYS[#KEYS], header.run, reply, header.windowMs * 2) end
return reply
