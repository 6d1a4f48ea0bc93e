-- What is left of a job that has ended.

-- Appends all keys that a job may have but its lock.
local function listJobKeys(list, jobKey)
  for _, part in ipairs({ '', ':logs', ':dependencies', ':processed', ':failed', ':unsuccessful' }) do
    list[#list + 1] = jobKey .. part
  end
end

-- A child that is kept beyond its time may still be what its parent waits for: then it is BullMQ's to remove.
local function isWaitedFor(jobKey)
  local parentKey = redis.pcall('HGET', jobKey, 'parentKey')
  if not parentKey or parentKey == '' then return false end
  return type(parentKey) == 'table' or redis.pcall('SISMEMBER', parentKey .. ':dependencies', jobKey) ~= 0
end
