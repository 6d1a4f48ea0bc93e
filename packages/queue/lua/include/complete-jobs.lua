--- @include "known-ids" when rememberId is called
--- @include "job-keys"
--- @include "writes-ends"
--- @include "events-limit"
--- @include "take-off-long-list" when takeOffLongList is called

--[[
  Completes plain jobs as BullMQ's moveToFinished would: those without children, parent and deduplication. Whether a job is
  plain is asked here and now, for any client may attach a child or a parent to a running job. What all jobs of a call share
  is read and written once. A differential test compares what is left in Redis with what BullMQ leaves.

  queue    { prefix, now, meta, storedEventsLimit, eventPolicy, events, stalled, completed, active, limits? }
  settles  list of { id, token, result, memory }; memory: "<ms> <digest>" when the id is to be remembered, else empty
  Codes, one for each, as BullMQ's: 0 done, -1 no such job, -2 no lock, -3 not active, -4 children are pending, -6 the lock is
  another's, -9 a child failed; and 1: not plain, nothing was changed.
]]
local NOT_PLAIN = 1
local TRIM_MAX = 500 -- jobs beyond what is kept that one call removes; the next ones remove more
local EVENT_RESULT_MAX = 4096 -- bytes of JSON; as poolDefaults.eventResultMaxBytes
local DELETE_MAX = 900 -- keys of one DEL: Lua unpacks no more than 8,000 values
local LONG_LIST = 500 -- active jobs; in a shorter list LREM costs less than to choose a better way
local LONG_WAY = 4000 -- ids that LREM may pass in all, for the same

local function checkSettle(jobKey, token, lock, mayHaveChildren)
  local job = redis.pcall('HMGET', jobKey, 'ats', 'atm', 'parentKey', 'parent', 'deid')
  if job.err then return NOT_PLAIN end
  if not job[1] and redis.call('EXISTS', jobKey) == 0 then return -1 end
  if mayHaveChildren then
    if redis.call('EXISTS', jobKey .. ':dependencies') == 1 then return -4 end
    if redis.call('EXISTS', jobKey .. ':unsuccessful') == 1 then return -9 end
  end
  if lock ~= token then return lock and -6 or -2 end
  if job[3] or job[4] or job[5] then return NOT_PLAIN end
  return 0, (tonumber(job[2]) or 0) + 1
end

-- Reads all of them; returns the codes, and the attempts that each one will have made.
local function checkSettles(prefix, settles)
  local locks, children, codes, made = {}, {}, {}, {}
  for i, settle in ipairs(settles) do
    local jobKey = prefix .. settle[1]
    locks[i] = jobKey .. ':lock'
    children[2 * i - 1] = jobKey .. ':dependencies'
    children[2 * i] = jobKey .. ':unsuccessful'
  end
  local held = redis.call('MGET', unpack(locks))
  local mayHaveChildren = redis.call('EXISTS', unpack(children)) > 0
  for i, settle in ipairs(settles) do
    codes[i], made[i] = checkSettle(prefix .. settle[1], settle[2], held[i], mayHaveChildren)
  end
  return codes, made, locks
end

-- The first jobs of the set, as many as are to be removed or more; those that this call ends come last. Among jobs that ended
-- in the same millisecond the set orders by id, so the newest could be removed before anybody has read its result.
local function oldestEnded(setKey, excess, isNew, newCount)
  local found = redis.call('ZRANGE', setKey, 0, excess - 1)
  local hasNew = false
  for _, id in ipairs(found) do hasNew = hasNew or isNew[id] end
  if not hasNew then return found end
  local old, new = {}, {}
  for _, id in ipairs(redis.call('ZRANGE', setKey, 0, excess - 1 + newCount)) do
    local list = isNew[id] and new or old
    list[#list + 1] = id
  end
  for _, id in ipairs(new) do old[#old + 1] = id end
  return old
end

-- Removes the jobs that are beyond age and count, oldest first; returns whether it left one that BullMQ's own script must remove.
local function trimEnded(setKey, prefix, held, keepCount, keepAge, now, isNew, newCount)
  local tooOld = redis.call('ZCOUNT', setKey, '-inf', string.format('%.0f', now - keepAge * 1000))
  local excess = math.min(math.max(tooOld, held - keepCount), TRIM_MAX)
  if excess < 1 then return false end
  local keys, removed, left = {}, {}, false
  local ended = oldestEnded(setKey, excess, isNew, newCount)
  for i = 1, math.min(excess, #ended) do
    local id = ended[i]
    local jobKey = prefix .. id
    if isAwaitedByParent(jobKey) then
      left = true
    else
      removed[#removed + 1] = id
      listJobKeys(keys, jobKey)
    end
  end
  for from = 1, #keys, DELETE_MAX do redis.call('DEL', unpack(keys, from, math.min(from + DELETE_MAX - 1, #keys))) end
  if #removed > 0 then redis.call('ZREM', setKey, unpack(removed)) end
  return left
end

-- Takes the jobs off the active list; returns the places in the call of those that were in it.
local function takeOffActive(queue, settles, codes, held)
  local length, done = redis.call('LLEN', queue.active), {}
  local isLong = length >= LONG_LIST and length * #held >= LONG_WAY
  local taken = isLong and takeOffLongList(queue, length, held)
  for i, settle in ipairs(settles) do
    if codes[i] == 0 then
      local id, wasActive = settle[1], nil
      if taken then
        wasActive, taken[id] = taken[id], nil -- once, if the call names it twice
      else
        wasActive = redis.call('LREM', queue.active, -1, id) > 0
      end
      if wasActive then done[#done + 1] = i else codes[i] = -3 end
    end
  end
  return done
end

-- Takes the jobs off the active list, and releases their locks. One that is not in the list loses its lock all the same.
local function deactivate(queue, settles, codes, locks, writesEvents)
  local released, ids, held = {}, {}, {}
  for i, settle in ipairs(settles) do
    if codes[i] == 0 then
      local at = #ids + 1
      released[at], ids[at], held[at] = locks[i], settle[1], settle
    end
  end
  if #released == 0 then return {} end
  local limit = eventsLimit(queue.meta, queue.storedEventsLimit)
  if writesEvents then redis.call('XTRIM', queue.events, 'MAXLEN', '~', limit) end
  redis.call('SREM', queue.stalled, unpack(ids))
  local done = takeOffActive(queue, settles, codes, held)
  redis.call('DEL', unpack(released))
  return done
end

-- BullMQ's event carries the result. A large one is left out of it: a client that awaits one job reads the events of all, and
-- Redis keeps some ten thousand of them. The job's hash has it, and the event says how large it is.
local function addCompleted(events, id, result)
  if #result <= EVENT_RESULT_MAX then
    redis.call('XADD', events, '*', 'event', 'completed', 'jobId', id, 'returnvalue', result, 'prev', 'active')
  else
    redis.call('XADD', events, '*', 'event', 'completed', 'jobId', id, 'returnvalue', 'null', 'prev', 'active',
      'sluice.resultBytes', #result)
  end
end

-- Returns the codes, how many were completed, and whether jobs beyond what is kept were left for BullMQ.
local function completeJobs(queue, settles, keepCount, keepAge)
  local codes, made, locks = checkSettles(queue.prefix, settles)
  -- A key of another kind makes the call fail here, or at one of the next writes, before any job is off the active list.
  local held = redis.call('ZCARD', queue.completed)
  local writesEvents = writesEnds(queue)
  local done = deactivate(queue, settles, codes, locks, writesEvents)
  if #done == 0 then return codes, 0, false end
  if queue.limits then
    local ended = {}
    for at, i in ipairs(done) do ended[at] = settles[i][1] end
    queue.limits:noteEnded(ended)
  end
  local members, removed, isNew = {}, {}, {}
  for _, i in ipairs(done) do
    local id, result, memory = settles[i][1], settles[i][3], settles[i][4]
    local jobKey = queue.prefix .. id
    if keepCount > 0 then
      members[#members + 1] = queue.now
      members[#members + 1] = id
      isNew[id] = true
      redis.call('HSET', jobKey, 'atm', made[i], 'returnvalue', result, 'finishedOn', queue.now)
    else
      listJobKeys(removed, jobKey)
    end
    local windowMs, digest = string.match(memory, '^(%d+) (.+)$')
    if digest then rememberId(queue.prefix, id, digest, tonumber(windowMs)) end
    if writesEvents then addCompleted(queue.events, id, result) end
  end
  if keepCount == 0 then
    redis.call('DEL', unpack(removed))
    return codes, #done, false
  end
  held = held + redis.call('ZADD', queue.completed, unpack(members))
  return codes, #done,
    trimEnded(queue.completed, queue.prefix, held, keepCount, keepAge, tonumber(queue.now), isNew, #done)
end
