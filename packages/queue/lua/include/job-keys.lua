-- The keys of one job, but its lock: its hash, its logs, and four of a parent about its children.

local function childrenKeysOf(jobKey)
  return jobKey .. ':dependencies', jobKey .. ':processed', jobKey .. ':failed', jobKey .. ':unsuccessful'
end

local function jobKeysOf(jobKey)
  return jobKey, jobKey .. ':logs', childrenKeysOf(jobKey)
end

-- Appends all of them.
local function listJobKeys(list, jobKey)
  local at = #list
  list[at + 1], list[at + 2], list[at + 3], list[at + 4], list[at + 5], list[at + 6] = jobKeysOf(jobKey)
end

-- Whether a parent still waits for this job. Then the job is BullMQ's to remove, which notifies the parent. A parent that cannot
-- be read may wait.
local function isAwaitedByParent(jobKey)
  local parentKey = redis.pcall('HGET', jobKey, 'parentKey')
  if not parentKey or parentKey == '' then return false end
  return type(parentKey) == 'table' or redis.pcall('SISMEMBER', parentKey .. ':dependencies', jobKey) ~= 0
end
