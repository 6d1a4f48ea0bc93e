--- @include "known-ids"
--- @include "job-keys"

--[[
  Completes plain jobs as BullMQ's moveToFinished would: no children, no parent, no deduplication. Whether a job is plain is
  asked here and now, for any client may attach a child or a parent to a job that runs. What all jobs of a run share is
  read and written once. A differential test compares what is left in Redis with what BullMQ leaves.

  settles  list of { id, token, result, memory }; memory: "<ms> <digest>" when the id is to be remembered, else empty
  Answer: for each, as BullMQ's: 0 done, -1 no such job, -2 no lock, -3 not active, -4 children are pending, -6 the lock is
  another's, -9 a child failed; and 1: not plain, nothing was changed.
]]
local NOT_PLAIN = 1
local TRIM_MOST = 500 -- jobs beyond what is kept that one run removes; the next ones remove more
local EVENT_RESULT_MAX = 4096 -- bytes of JSON; as poolDefaults.eventResultMaxBytes
local DELETE_MOST = 900 -- keys of one DEL: unpack has its limits

local function judgeSettle(jobKey, token, lock, mayHaveChildren)
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

-- Looks at all of them; gives the codes, and the attempts that each one will have made.
local function judgeSettles(prefix, settles)
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
    codes[i], made[i] = judgeSettle(prefix .. settle[1], settle[2], held[i], mayHaveChildren)
  end
  return codes, made, locks
end

-- The first jobs of the set, as many as are to be removed or more; those that ended just now come last. Of jobs that ended in one millisecond the
-- set's order is that of their ids, and by it the newest could be gone before anybody has read its result.
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

-- Removes what is too old or too much, oldest first; says whether it left something that BullMQ's own script must remove.
local function trimEnded(setKey, prefix, held, keepCount, keepAge, now, isNew, newCount)
  local tooOld = redis.call('ZCOUNT', setKey, '-inf', string.format('%.0f', now - keepAge * 1000))
  local excess = math.min(math.max(tooOld, held - keepCount), TRIM_MOST)
  if excess < 1 then return false end
  local keys, gone, left = {}, {}, false
  local ended = oldestEnded(setKey, excess, isNew, newCount)
  for i = 1, math.min(excess, #ended) do
    local id = ended[i]
    local jobKey = prefix .. id
    if isWaitedFor(jobKey) then
      left = true
    else
      gone[#gone + 1] = id
      listJobKeys(keys, jobKey)
    end
  end
  for from = 1, #keys, DELETE_MOST do redis.call('DEL', unpack(keys, from, math.min(from + DELETE_MOST - 1, #keys))) end
  if #gone > 0 then redis.call('ZREM', setKey, unpack(gone)) end
  return left
end

local function trimEvents(queue)
  if not queue.maxEvents then
    queue.maxEvents = 10000
    redis.call('HSET', queue.meta, 'opts.maxLenEvents', queue.maxEvents)
  end
  redis.call('XTRIM', queue.events, 'MAXLEN', '~', queue.maxEvents)
end

-- Takes the jobs off the active list, and gives up their locks. One that is not there loses its lock all the same.
local function deactivate(queue, settles, codes, locks)
  local given, ids, done = {}, {}, {}
  for i, settle in ipairs(settles) do
    if codes[i] == 0 then
      given[#given + 1] = locks[i]
      ids[#ids + 1] = settle[1]
    end
  end
  if #given == 0 then return done end
  trimEvents(queue)
  redis.call('SREM', queue.stalled, unpack(ids))
  for i, settle in ipairs(settles) do
    if codes[i] == 0 then
      if redis.call('LREM', queue.active, -1, settle[1]) == 0 then codes[i] = -3 else done[#done + 1] = i end
    end
  end
  redis.call('DEL', unpack(given))
  return done
end

-- BullMQ's event carries the result. A large one stays out of it: everybody who awaits one job reads the events of all, and Redis
-- keeps some ten thousand of them. It stands in the job's hash, and the event says how large it is.
local function addCompleted(events, id, result)
  if #result <= EVENT_RESULT_MAX then
    redis.call('XADD', events, '*', 'event', 'completed', 'jobId', id, 'returnvalue', result, 'prev', 'active')
  else
    redis.call('XADD', events, '*', 'event', 'completed', 'jobId', id, 'returnvalue', 'null', 'prev', 'active',
      'sluice.resultBytes', #result)
  end
end

-- Gives the codes, how many were completed, and whether something beyond what is kept was left for BullMQ.
local function completeJobs(queue, settles, keepCount, keepAge)
  local codes, made, locks = judgeSettles(queue.prefix, settles)
  -- A key that is of another kind fails the run here, or at one of the next writes, before any job is off the active list.
  local held = redis.call('ZCARD', queue.completed)
  local done = deactivate(queue, settles, codes, locks)
  if #done == 0 then return codes, 0, false end
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
    addCompleted(queue.events, id, result)
  end
  if keepCount == 0 then
    redis.call('DEL', unpack(removed))
    return codes, #done, false
  end
  held = held + redis.call('ZADD', queue.completed, unpack(members))
  return codes, #done,
    trimEnded(queue.completed, queue.prefix, held, keepCount, keepAge, tonumber(queue.now), isNew, #done)
end
