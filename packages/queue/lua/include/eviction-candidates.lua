--- @include "job-keys"
--- @include "scores"
--- @include "tombstones"

--[[
  The jobs that wait, in the orders in which drop policies evict them; see evict-jobs.lua.

  Protected are jobs on which others count (children, parents, owners of a deduplication key, a scheduler's iteration), and
  jobs that were started before. Delayed and running ones are not candidates at all.
]]
local PROTECTED_PASSED_MAX = 32 -- by one call, in each order
local TOMBSTONE_WEIGHT = 1 / 32 -- of a tombstone, among those
local CANDIDATES_READ = 32 -- at once

-- Whether it may be, and else what it counts among those that are passed.
local function mayBeEvicted(prefix, id)
  local jobKey = prefix .. id
  local name, attemptsMade, attemptsStarted, stalled, parentKey, scheduler, deferredFailure, deduplicationId =
    unpack(redis.call('HMGET', jobKey, 'name', 'atm', 'ats', 'stc', 'parentKey', 'rjk', 'defa', 'deid'))
  if isTombstone(name, deferredFailure) then return false, TOMBSTONE_WEIGHT end
  if not name or parentKey or scheduler or deferredFailure then return false, 1 end
  if tonumber(attemptsMade or 0) > 0 or tonumber(attemptsStarted or 0) > 0 or tonumber(stalled or 0) > 0 then return false, 1 end
  if deduplicationId and redis.call('GET', prefix .. 'de:' .. deduplicationId) == id then return false, 1 end
  return redis.call('EXISTS', jobKey .. ':lock', childrenKeysOf(jobKey)) == 0, 1
end

-- Three readers, each of which returns the next page of its order with each call. Of `wait`, what is taken first:
local function waitPages(waitKey)
  local offset = 0
  return function()
    local ids, page = redis.call('LRANGE', waitKey, -offset - CANDIDATES_READ, -offset - 1), {}
    for i = #ids, 1, -1 do page[#page + 1] = { id = ids[i], priority = 0 } end
    offset = offset + CANDIDATES_READ
    return page
  end
end

local function withPriorities(scored)
  local page = {}
  for i = 1, #scored, 2 do page[#page + 1] = { id = scored[i], priority = priorityOf(scored[i + 1]) } end
  return page
end

-- Of `prioritized`, what is taken first:
local function mostUrgentPages(prioritizedKey)
  local offset = 0
  return function()
    local scored = redis.call('ZRANGE', prioritizedKey, offset, offset + CANDIDATES_READ - 1, 'WITHSCORES')
    offset = offset + CANDIDATES_READ
    return withPriorities(scored)
  end
end

-- Of `prioritized`, the highest number first, and of one number what was added first:
local function leastUrgentPages(prioritizedKey)
  local below, offset, priority = '+inf', 0, nil
  return function()
    while true do
      if not priority then
        local last = redis.call('ZREVRANGEBYSCORE', prioritizedKey, below, '-inf', 'WITHSCORES', 'LIMIT', 0, 1)
        if not last[1] then return {} end
        priority, offset = priorityOf(last[2]), 0
      end
      local least = string.format('%.0f', priority * PRIORITY_UNIT)
      local scored = redis.call('ZRANGEBYSCORE', prioritizedKey, least, below, 'WITHSCORES', 'LIMIT', offset,
        CANDIDATES_READ)
      offset = offset + CANDIDATES_READ
      if #scored > 0 then return withPriorities(scored) end
      below, priority = '(' .. least, nil
    end
  end
end

-- Searches one order: each call returns the first job that may be evicted and is not chosen yet; nil at the end. Past too many
-- protected ones it returns the last of them as the limit of the scan (`isScanLimit`): what is behind it is not read.
local function candidatesIn(nextPage, prefix, chosen)
  local page, at, passed = {}, 1, 0
  return function()
    while true do
      if at > #page then
        page, at = nextPage(), 1
        if #page == 0 then return nil end
      end
      local candidate = page[at]
      if not chosen[candidate.id] then
        if candidate.isFit == nil then candidate.isFit, candidate.weight = mayBeEvicted(prefix, candidate.id) end
        if candidate.isFit then return candidate end
        if not candidate.isScanLimit then
          passed = passed + candidate.weight
          candidate.isScanLimit = passed >= PROTECTED_PASSED_MAX
        end
        if candidate.isScanLimit then return candidate end
      end
      at = at + 1
    end
  end
end
