--- @include "known-ids" when rememberId is called
--- @include "job-keys"
--- @include "writes-ends"
--- @include "trim-ended"
--- @include "completed-event"
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
