--- @include "job-keys"

-- Removes ended jobs beyond what is kept, as BullMQ does when a job ends.
local TRIM_MAX = 500 -- jobs beyond what is kept that one call removes; the next ones remove more
local DELETE_MAX = 900 -- keys of one DEL: Lua unpacks no more than 8,000 values

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
