-- Whether a job has ended or is gone.
local function hasEnded(jobKey)
  local timestamp, finishedOn = unpack(redis.call('HMGET', jobKey, 'timestamp', 'finishedOn'))
  return not timestamp or finishedOn and true
end
