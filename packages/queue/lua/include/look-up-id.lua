--- @include "clock"
--- @include "known-ids"
--- @include "job-keys"

--[[
  What an id that a caller gave stands for. It is known while its job is unfinished, and until the end of its window (see
  known-ids.lua). After that it is new, also when the ended job is still kept: BullMQ removes old jobs only when others end.

  Of a job that a worker without our backend has ended, nothing was remembered; the time of its end decides, by Redis's clock.
  The same holds for a job whose id was generated, with the windows of the caller that puts now.

  queue  { prefix, completed, failed }
]]

-- The sorted set of an ended job; nil for one that is unfinished, or part of a flow that is not over.
local function endedSetOf(queue, id, finishedOn)
  if not finishedOn then return nil end
  local jobKey = queue.prefix .. id
  if redis.call('EXISTS', jobKey .. ':dependencies') == 1 or isAwaitedByParent(jobKey) then return nil end
  if redis.call('ZSCORE', queue.completed, id) then return queue.completed end
  if redis.call('ZSCORE', queue.failed, id) then return queue.failed end
  return nil
end

-- The digest under which an id is remembered; nil when it is not, or no longer.
local function rememberedDigest(prefix, id)
  local untilMs, digest = untilAndDigest(redis.call('HGET', bucketOf(prefix, id), id))
  return untilMs and untilMs > nowMs() and digest or nil
end

-- windows  { ms after a job completed, ms after it failed }, for jobs that do not say
-- Returns what is known of the id: { digest? } and { isGone } or the job's { name, data, stamp }. Nil when the id is new, and
-- then the sorted set of the ended job that a new one replaces.
local function lookUpId(queue, id, windows)
  local jobKey, digest = queue.prefix .. id, rememberedDigest(queue.prefix, id)
  if redis.call('EXISTS', jobKey) == 0 then return digest and { digest = digest, isGone = true } end
  local name, data, opts, finishedOn = unpack(redis.call('HMGET', jobKey, 'name', 'data', 'opts', 'finishedOn'))
  local stamp = stampOf(opts)
  local set = not digest and endedSetOf(queue, id, finishedOn)
  if set then
    local hasFailed = set == queue.failed
    local windowMs = windowOf(stamp, hasFailed) or windows[hasFailed and 2 or 1]
    if math.max(nowMs() - tonumber(finishedOn), 0) >= windowMs then return nil, set end
  end
  return { digest = digest, name = name, data = data, stamp = stamp }
end
