--- @include "clock"
--- @include "id-bucket"

--[[
  How long an id that a caller gave is known: while its job is unfinished, and for a window after the job's end, however soon
  the queue's retention removes the job. The window is stored with the job, in `opts.sluice`, so that each script that ends
  the job can read it: `i` ms after it completed, `f` ms after it failed for good, and `d`, the digest of its payload. A
  generated id has no digest and is not remembered.

    sluice:ids:<00 to ff>  hash: id → "<until when, in ms> <digest>". An id is in the bucket of the first byte of its SHA-1

  Each script of ours that ends a job remembers its id, and so does BullMQ's moveToFinished where it runs on our backend. A
  bucket expires with the last of its ids. Until then, each id that is added removes some that have expired: it samples a few at
  random, and goes on sampling while half of them have.
]]
local WINDOW_MAX_MS = 1e13 -- what a foreign client wrote must not make a script fail halfway
local FORGET_SAMPLE = 6
local FORGET_ROUNDS = 10

local function untilAndDigest(memory)
  local untilMs, digest = string.match(memory or '', '^(%d+) (.+)$')
  return tonumber(untilMs), digest
end

local function forgetExpired(bucket)
  for _ = 1, FORGET_ROUNDS do
    local sample, expired = redis.call('HRANDFIELD', bucket, FORGET_SAMPLE, 'WITHVALUES'), {}
    for i = 1, #sample, 2 do
      if (untilAndDigest(sample[i + 1]) or 0) <= nowMs() then expired[#expired + 1] = sample[i] end
    end
    if #expired > 0 then redis.call('HDEL', bucket, unpack(expired)) end
    if #expired < FORGET_SAMPLE / 2 then return end
  end
end

local function rememberId(prefix, id, digest, windowMs)
  if windowMs < 1 or windowMs > WINDOW_MAX_MS then return end
  local bucket = bucketOf(prefix, id)
  local written = redis.pcall('HSET', bucket, id, string.format('%.0f %s', nowMs() + windowMs, digest))
  if type(written) ~= 'number' then return end -- a key of another kind must not keep a job from ending
  if redis.call('PTTL', bucket) < windowMs then redis.call('PEXPIRE', bucket, string.format('%.0f', windowMs)) end
  forgetExpired(bucket)
end

-- What our producer wrote into a job's options; an empty table for a job of another client.
local function stampOf(opts)
  local isJson, decoded = pcall(cjson.decode, opts or '')
  local stamp = isJson and type(decoded) == 'table' and decoded.sluice
  return type(stamp) == 'table' and stamp or {}
end

-- How long the id is known after the job's end, in ms; nil when the job does not say.
local function windowOf(stamp, hasFailed)
  return tonumber(hasFailed and stamp.f or stamp.i)
end

-- For a job that ends now.
local function rememberEnded(prefix, id, opts, hasFailed)
  local stamp = stampOf(opts)
  local windowMs = windowOf(stamp, hasFailed)
  if windowMs and type(stamp.d) == 'string' and stamp.d ~= '' then rememberId(prefix, id, stamp.d, windowMs) end
end
