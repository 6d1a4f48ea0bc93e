--[[
  admit-jobs: counts the unfinished jobs, checks the bound and adds a batch of jobs, in one atomic run. Nobody takes room
  that somebody else waits for: see line.lua.

  Everything is looked at before the first write, because a Lua error rolls nothing back. The writes are BullMQ's own
  script texts, wrapped as functions in `original` by the caller, so that the stored layout is BullMQ's to the byte.

  KEYS[15 * q - 14 …]  the keys of queue q, q from 1: wait, active, prioritized, delayed, waiting-children, paused,
                       meta, id, completed, events, marker, pc, failed, sluice:line, sluice:tickets
  KEYS[last - 1]       answers of earlier runs (hash: run id → answer)
  KEYS[last]           when those answers were given (zset: run id, score in ms of Redis TIME)
  ARGV[1]              JSON { run?, windowMs, mode, capacities, prefixes, ticket?, drop?, entries, releases }
                         run         id of this run; the same run sent twice gets the first one's answer
                         windowMs    how long answers are kept
                         mode        'each': admit in order as far as there is room; 'all': all or none
                         capacities  per queue, 0 for unbounded
                         prefixes    per queue, what its jobs' keys start with
                         ticket      { name, arrival?, lifeMs, most }: those of queue 1 that find no room wait under
                                     this name, at the place of their arrival; `most` tickets may wait
                         drop        { code, reasons (by policy), count, ageMs }: for entries that drop another job,
                                     what it dies of, and how many dead jobs are kept for how long; see drop-victim.lua
                         entries     by BullMQ's script: { q, script, keys (indexes into the 15), digest?, drop? }
                                     lean: { q, id, name, at, digest, drop? }
                                     drop: the policy by which it takes another job's place when there is no room
                         releases    parents to look at once all are in (flows)
  ARGV[3i - 1 …]       entry i: BullMQ's packed arguments, job data, packed options; lean: nothing, data, options as JSON

  Answer, JSON: { entries, arrival?, ahead?, ended? }. For each entry [verdict, id or code, depth, capacity, dropped id?]; the
  verdict is one of created, duplicate (the id exists), conflict (the id exists with another payload), deduplicated, full,
  line (full, and so is the line), spared (full, and nothing that it may drop), sealed, orphan (its parent is not there),
  skipped. With a ticket, when it arrived and how many stand before it. When anything was refused, how many jobs of queue 1
  ended in the last ten seconds, as far as they are kept.
]]
local QUEUE_KEYS = 15
local RATE_WINDOW_MS = 10000
local header = cjson.decode(ARGV[1])
local answersKey, runsKey = KEYS[#KEYS - 1], KEYS[#KEYS]

if header.run then
  local kept = redis.call('HGET', answersKey, header.run)
  if kept then return kept end
end

-- Look ---------------------------------------------------------------------------------------------------------------

local nowUs = nowMicros()
local nowMs = math.floor(nowUs / 1000)
local ticket = header.ticket

-- What may be taken now. Who has no ticket takes none while others wait.
local function lookAt(q)
  local keys = {}
  for k = 1, QUEUE_KEYS do keys[k] = KEYS[(q - 1) * QUEUE_KEYS + k] end
  local queue = { keys = keys, prefix = header.prefixes[q], line = keys[14], tickets = keys[15], ahead = 0, dead = {} }
  queue.depth = countUnfinished(keys)
  queue.capacity = capacityOf(keys[7], header.capacities[q])
  queue.sealed = redis.call('HGET', keys[7], 'sluice.sealed') == '1'
  queue.room = queue.capacity and queue.capacity - queue.depth or math.huge
  if queue.capacity and redis.call('EXISTS', queue.line) == 1 then
    queue.room, queue.ahead, queue.dead =
      roomInLine(queue.line, queue.tickets, queue.room, ticket and ticket.name, nowMs)
    if not ticket and queue.ahead > 0 then queue.room = 0 end
  end
  queue.drops = header.drop and dropper(queue, header.drop)
  return queue
end

local queues = {}
for q = 1, #header.capacities do queues[q] = lookAt(q) end

local digests = {} -- of ids met earlier in this batch: the second of two is the duplicate
local claims = {} -- deduplication keys taken earlier in this batch
local dropped = {} -- by entry, the job whose place it takes

-- A deduplicated add joins a job that is there, or takes the place of a delayed one: it needs no room.
local function isDeduplicated(key, prefix)
  if not key then return false end
  if claims[key] then return true end
  local winner = redis.call('GET', key)
  if not winner then return false end
  local stale = redis.call('PTTL', key) == -1 and redis.call('EXISTS', prefix .. winner) == 0
  return not stale
end

local function storedDigest(jobKey)
  local opts = redis.call('HGET', jobKey, 'opts')
  local decoded = opts and cjson.decode(opts)
  return type(decoded) == 'table' and type(decoded.sluice) == 'table' and decoded.sluice.d or nil
end

-- Where the job goes, its id ('' for the next number), its deduplication key, and its parent's key.
local function addressOf(i, entry)
  if entry.id then return queues[entry.q].prefix, entry.id, nil, nil end
  local packed = cmsgpack.unpack(ARGV[3 * i - 1])
  return packed[1], packed[2], packed[9], packed[5]
end

-- A sealed queue takes nothing from outside; what a running job still needs is not from outside.
local function isRunning(jobKey)
  return jobKey and redis.call('EXISTS', jobKey .. ':lock') == 1
end

local function judge(i, entry)
  local prefix, id, deduplicationKey, parentKey = addressOf(i, entry)
  if parentKey and digests[parentKey] == nil and redis.call('EXISTS', parentKey) == 0 then return 'orphan' end
  if id ~= '' then
    local jobKey = prefix .. id
    local known = digests[jobKey]
    if known == nil and redis.call('EXISTS', jobKey) == 1 then known = storedDigest(jobKey) or false end
    if known ~= nil then
      if entry.digest and known and known ~= entry.digest then return 'conflict' end
      return 'duplicate'
    end
  end
  if isDeduplicated(deduplicationKey, prefix) then return 'deduplicated' end
  local queue = queues[entry.q]
  if queue.sealed and not isRunning(parentKey) then return 'sealed' end
  if queue.room < 1 then
    if not entry.drop then return 'full' end
    dropped[i] = queue.drops.choose(entry, ARGV[3 * i + 1])
    if not dropped[i] then return 'spared' end
  else
    queue.room = queue.room - 1
  end
  if queue.drops then queue.drops.note(entry, id, ARGV[3 * i + 1]) end
  if id ~= '' then digests[prefix .. id] = entry.digest or false end
  if deduplicationKey then claims[deduplicationKey] = true end
  return 'created'
end

local verdicts, wanted, refused = {}, 0, false
for i, entry in ipairs(header.entries) do
  verdicts[i] = judge(i, entry)
  if verdicts[i] == 'full' then wanted = wanted + 1 end
  refused = refused or verdicts[i] == 'full' or verdicts[i] == 'spared' or verdicts[i] == 'sealed'
    or verdicts[i] == 'orphan'
end
local none = refused and header.mode == 'all'

local stands = ticket and redis.call('ZSCORE', queues[1].line, ticket.name)
if ticket and wanted > 0 and not stands and redis.call('ZCARD', queues[1].line) - #queues[1].dead >= ticket.most then
  for i, verdict in ipairs(verdicts) do
    if verdict == 'full' then verdicts[i] = 'line' end
  end
  wanted = 0
end

-- Write --------------------------------------------------------------------------------------------------------------

local function add(i, entry, queue, verdict)
  if entry.id then
    queue.lean = queue.lean or leanAdder(queue)
    if verdict == 'duplicate' then return queue.lean.duplicate(entry) end
    return queue.lean.create(entry, ARGV[3 * i], ARGV[3 * i + 1])
  end
  local keys = {}
  for position, index in ipairs(entry.keys) do keys[position] = queue.keys[index] end
  return original[entry.script](keys, { ARGV[3 * i - 1], ARGV[3 * i], ARGV[3 * i + 1] })
end

local answer, wrote = {}, false
for i, entry in ipairs(header.entries) do
  local queue = queues[entry.q]
  local verdict, id = verdicts[i], 0
  if none then
    if verdict == 'created' or verdict == 'duplicate' or verdict == 'deduplicated' then verdict = 'skipped' end
  elseif verdict == 'created' or verdict == 'duplicate' or verdict == 'deduplicated' then
    id = add(i, entry, queue, verdict)
    wrote = true
    if verdict == 'created' and type(id) == 'string' and not dropped[i] then queue.depth = queue.depth + 1 end
  end
  answer[i] = { verdict, id, queue.depth, queue.capacity or 0, dropped[i] }
end

for _, queue in ipairs(queues) do
  if queue.lean then queue.lean.finish() end
  if queue.drops and not none then queue.drops.bury(nowMs) end
end
if not none then
  for _, release in ipairs(header.releases) do
    original.releaseParentIfNoPendingDependencies({ release[1], release[2] }, { release[3], release[4], release[5] })
  end
end

-- The line ------------------------------------------------------------------------------------------------------------

-- Takes, keeps or gives up the place, as there is anything left to wait for; gives when it arrived.
local function standInLine(queue)
  local arrival = stands or ticket.arrival or string.format('%.0f', nowUs)
  if wanted == 0 then
    if stands then leaveLine(queue.line, queue.tickets, { ticket.name }) end
    return arrival
  end
  if not stands then redis.call('ZADD', queue.line, arrival, ticket.name) end
  redis.call('HSET', queue.tickets, ticket.name, string.format('%d %.0f', wanted, nowMs + ticket.lifeMs))
  redis.call('PEXPIRE', queue.line, 10 * ticket.lifeMs)
  redis.call('PEXPIRE', queue.tickets, 10 * ticket.lifeMs)
  return arrival
end

local arrival = ticket and standInLine(queues[1])
for _, queue in ipairs(queues) do
  leaveLine(queue.line, queue.tickets, queue.dead)
end

-- Whoever settles them, ended jobs stand in BullMQ's sorted sets by the time of their end.
local function endedLately(queue)
  local since = string.format('(%.0f', nowMs - RATE_WINDOW_MS)
  return redis.call('ZCOUNT', queue.keys[9], since, '+inf') + redis.call('ZCOUNT', queue.keys[13], since, '+inf')
end

local reply = cjson.encode({
  entries = answer,
  arrival = arrival or nil,
  ahead = queues[1].ahead,
  ended = refused and endedLately(queues[1]) or nil,
})
if header.run and wrote then
  for _, old in ipairs(redis.call('ZRANGEBYSCORE', runsKey, 0, nowMs - header.windowMs, 'LIMIT', 0, 10)) do
    redis.call('HDEL', answersKey, old)
    redis.call('ZREM', runsKey, old)
  end
  redis.call('HSET', answersKey, header.run, reply)
  redis.call('ZADD', runsKey, nowMs, header.run)
  redis.call('PEXPIRE', answersKey, header.windowMs * 2)
  redis.call('PEXPIRE', runsKey, header.windowMs * 2)
end
return reply
