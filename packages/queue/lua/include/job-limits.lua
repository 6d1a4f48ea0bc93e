--- @include "clock"
--- @include "scores"

--[[
  Limits of single contracts: how many of their jobs run at once and how many start in a time, and whether they are paused
  (docs/adr/0021). Only takes enforce them. A job that a take meets and may not start is parked: it goes to BullMQ's `delayed`
  set with a due time that never comes, so it is counted, shown, cancelled and removed as any delayed job, and stands in
  nobody's way. When its limit allows it, it is put back where it was taken from, in the order in which it was parked.

    meta sluice.limits         while a contract has a limit or jobs are parked: how many jobs have been parked since then
    sluice:limits              hash: contract → "<running> <jobs> <perMs> <paused>", 0 for none
    sluice:running:<contract>  set: those of its jobs that our pools have taken and that are in `active`; it may hold more, never
                               fewer: those that left by another way are found when the set is full
    sluice:starts:<contract>   list: "<end of a span, in ms> <starts up to then>", the oldest is the base: it is no longer counted
    sluice:parked              set: the contracts that have parked jobs
    sluice:parked:<contract>   sorted set: id → its score in `prioritized`, or the number of its parking. It may hold jobs that
                               another client has removed from `delayed` since
]]
local PARKED_SCORE = 9007199254740992 -- in `delayed`: a moment in the year 2039
local PRUNE_MAX = 100 -- members of a full running set that one call looks at
local SPANS = 100 -- a window of rates moves on in steps of a hundredth of it

local function asDecimal(number) return string.format('%.0f', number) end

-- Running --------------------------------------------------------------------------------------------------------------

local function isActive(limits, id)
  local queue = limits.queue
  if redis.call('EXISTS', queue.prefix .. id .. ':lock') == 1 then return true end
  local job = redis.pcall('HMGET', queue.prefix .. id, 'name', 'finishedOn')
  if job.err or not job[1] or job[2] then return false end
  return redis.call('LPOS', queue.active, id) ~= false
end

-- Jobs that BullMQ's scripts ended, or the sweep gave back, are found here. Without a lock a job may still be in `active`.
local function prune(limits, key)
  for _, id in ipairs(redis.call('SRANDMEMBER', key, PRUNE_MAX)) do
    if not isActive(limits, id) then redis.call('SREM', key, id) end
  end
end

local function countRunning(limits, key, running)
  local count = redis.call('SCARD', key)
  if count < running then return count end
  prune(limits, key)
  return redis.call('SCARD', key)
end

-- Starts ---------------------------------------------------------------------------------------------------------------

local function spanOf(entry)
  local endsAt, total = string.match(entry or '', '^(%d+) (%d+)$')
  return tonumber(endsAt), tonumber(total)
end

-- How many starts are within the last `perMs`, and when the oldest of them no longer are.
local function readStarts(key, perMs)
  local _, total = spanOf(redis.call('LINDEX', key, -1))
  if not total then return 0 end
  while true do
    local base, oldest = unpack(redis.call('LRANGE', key, 0, 1))
    local endsAt = spanOf(oldest)
    local _, before = spanOf(base)
    if not endsAt then return 0 end
    if endsAt + perMs > nowMs() then return total - before, endsAt + perMs end
    redis.call('LPOP', key)
  end
end

local function addStarts(key, perMs, count)
  local stepMs = math.max(1, math.floor(perMs / SPANS))
  local now = nowMs()
  local endsAt, total = spanOf(redis.call('LINDEX', key, -1))
  if not total then
    redis.call('RPUSH', key, '0 0')
    total = 0
  end
  local entry = asDecimal(math.max(now - now % stepMs + stepMs, endsAt or 0)) .. ' ' .. asDecimal(total + count)
  if endsAt and endsAt > now then redis.call('LSET', key, -1, entry) else redis.call('RPUSH', key, entry) end
  redis.call('PEXPIRE', key, asDecimal(2 * perMs + stepMs))
end

-- Gates ----------------------------------------------------------------------------------------------------------------

local function readGate(limits, name, stored)
  local running, jobs, perMs, paused = string.match(stored, '^(%d+) (%d+) (%d+) (%d)$')
  running, jobs, perMs = tonumber(running), tonumber(jobs), tonumber(perMs)
  local gate = { name = name, left = math.huge, startsLeft = math.huge, ids = {}, perMs = perMs }
  if running > 0 then
    gate.running = limits.prefix .. 'running:' .. name
    gate.left = running - countRunning(limits, gate.running, running)
  end
  if jobs > 0 then
    gate.starts = limits.prefix .. 'starts:' .. name
    gate.startsLeft = jobs - readStarts(gate.starts, perMs)
    gate.left = math.min(gate.left, gate.startsLeft)
  end
  if paused == '1' then gate.left, gate.isPaused = 0, true end
  return gate
end

-- The limit of a contract, as far as this call has used it; false for none.
local function gateOf(limits, name)
  if not name then return false end
  local gate = limits.gates[name]
  if gate == nil then
    local stored = redis.call('HGET', limits.key, name)
    gate = stored and readGate(limits, name, stored) or false
    limits.gates[name] = gate
    if gate and gate.left <= 0 then limits.hasClosed = true end
  end
  return gate
end

-- Whether a job of this contract may not start now. One that may uses up a place.
local function isClosed(limits, name)
  local gate = gateOf(limits, name)
  return gate and gate.left <= 0
end

local function admit(limits, id, name)
  local gate = gateOf(limits, name)
  if not gate then return end
  gate.left, gate.startsLeft = gate.left - 1, gate.startsLeft - 1
  gate.ids[#gate.ids + 1] = id
  if gate.left <= 0 then limits.hasClosed = true end
end

-- Called when the jobs that were admitted are in `active`.
local function noteStarted(limits)
  for _, gate in pairs(limits.gates) do
    if gate and #gate.ids > 0 then
      if gate.running then redis.call('SADD', gate.running, unpack(gate.ids)) end
      if gate.starts then addStarts(gate.starts, gate.perMs, #gate.ids) end
    end
  end
end

-- Called when jobs are off `active`, while their hashes are there.
local function noteEnded(limits, ids)
  local byName = {}
  for _, id in ipairs(ids) do
    local name = redis.call('HGET', limits.queue.prefix .. id, 'name')
    if name then
      byName[name] = byName[name] or {}
      table.insert(byName[name], id)
    end
  end
  for name, ended in pairs(byName) do redis.call('SREM', limits.prefix .. 'running:' .. name, unpack(ended)) end
end

-- Parking --------------------------------------------------------------------------------------------------------------

-- parked  list of { id, name, score }, off their list; a score only for those that were prioritized
local function park(limits, parked)
  if #parked == 0 then return end
  local queue = limits.queue
  local number = redis.call('HINCRBY', queue.meta, 'sluice.limits', #parked) - #parked
  local delayed, byName = {}, {}
  for i, job in ipairs(parked) do
    local members = byName[job.name] or {}
    byName[job.name] = members
    members[#members + 1], members[#members + 2] = job.score or asDecimal(number + i), job.id
    delayed[2 * i - 1], delayed[2 * i] = asDecimal(PARKED_SCORE), job.id
    if job.group then redis.call('HSET', queue.prefix .. job.id, 'sluice.suspect', job.group) end
  end
  redis.call('ZADD', queue.delayed, unpack(delayed))
  for name, members in pairs(byName) do
    redis.call('ZADD', limits.prefix .. 'parked:' .. name, unpack(members))
    redis.call('SADD', limits.prefix .. 'parked', name)
  end
end

-- Those that may start now, at most `most`, of those without a priority or of the others: { id, key, score } in their order.
local function findReady(limits, most, isUrgent)
  local found = {}
  local from, to = isUrgent and asDecimal(PRIORITY_UNIT) or '-inf', isUrgent and '+inf' or '(' .. asDecimal(PRIORITY_UNIT)
  local names = redis.call('SMEMBERS', limits.prefix .. 'parked')
  if #names == 0 and redis.call('EXISTS', limits.key) == 0 then redis.call('HDEL', limits.queue.meta, 'sluice.limits') end
  for _, name in ipairs(names) do
    local gate, key = gateOf(limits, name), limits.prefix .. 'parked:' .. name
    local count = math.min(gate and gate.left or most, most)
    if redis.call('EXISTS', key) == 0 then
      redis.call('SREM', limits.prefix .. 'parked', name)
    elseif count > 0 then
      local scored = redis.call('ZRANGEBYSCORE', key, from, to, 'WITHSCORES', 'LIMIT', 0, count)
      for i = 1, #scored, 2 do found[#found + 1] = { id = scored[i], key = key, score = tonumber(scored[i + 1]) } end
    end
  end
  table.sort(found, function(one, other) return one.score < other.score end)
  return found
end

local function isParked(queue, id)
  local score = redis.call('ZSCORE', queue.delayed, id)
  return score and tonumber(score) == PARKED_SCORE
end

local function prioritize(queue, job, priority)
  local counter = job.score >= PRIORITY_UNIT and job.score % PRIORITY_UNIT or redis.call('INCR', queue.pc) % PRIORITY_UNIT
  redis.call('ZADD', queue.prioritized, asDecimal(priority * PRIORITY_UNIT + counter), job.id)
end

-- Puts parked jobs that may start now back where jobs are taken from. Returns whether it met some that are there no more.
local function unpark(limits, most, isUrgent)
  local queue, found = limits.queue, findReady(limits, most, isUrgent)
  local missed = false
  for i = math.min(most, #found), 1, -1 do
    local job = found[i]
    redis.call('ZREM', job.key, job.id)
    if isParked(queue, job.id) then
      redis.call('ZREM', queue.delayed, job.id)
      local jobKey = queue.prefix .. job.id
      local priority, group = unpack(redis.call('HMGET', jobKey, 'priority', 'sluice.suspect'))
      priority = tonumber(priority) or 0
      if priority > 0 then prioritize(queue, job, priority) else redis.call('RPUSH', queue.wait, job.id) end
      if group then
        redis.call('HDEL', jobKey, 'sluice.suspect')
        limits:suspectAgain(job.id, group)
      end
    else
      missed = true
    end
  end
  return missed
end

local function hasParked(limits)
  return redis.call('EXISTS', limits.prefix .. 'parked') == 1
end

-- When a limit of rates lets the next job in that it holds back; nil when none does.
local function dueAt(limits)
  local due
  for name, gate in pairs(limits.gates) do
    local waits = gate and gate.startsLeft <= 0 and not gate.isPaused
    if waits and redis.call('EXISTS', limits.prefix .. 'parked:' .. name) == 1 then
      local _, at = readStarts(gate.starts, gate.perMs)
      if at then due = math.min(due or at, at) end
    end
  end
  return due
end

-- queue  { prefix, meta, pc, wait, active, prioritized, delayed }
local function jobLimits(queue)
  local prefix = queue.prefix .. 'sluice:'
  return {
    queue = queue, prefix = prefix, key = prefix .. 'limits', gates = {}, hasClosed = false, isClosed = isClosed,
    admit = admit, noteStarted = noteStarted, noteEnded = noteEnded, park = park, unpark = unpark, findReady = findReady,
    hasParked = hasParked, dueAt = dueAt,
  }
end
