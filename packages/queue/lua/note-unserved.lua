--- @include "clock"

--[[
  note-unserved: a worker could not run a job and has put it aside: for another worker, or for later. Kept until the job is due
  again, so that it can be counted, and brought to a worker that can run it.

  KEYS     sluice:unserved, a sorted set: "<version>:<bytes of the name>:<name><id>" → when it is due, in ms
  ARGV     member; when it is due; for how long such a job is put aside at most, in ms
  Returns  1

  Count: 0
]]
local unserved = unpack(KEYS)
local member, dueAtMs, asideMaxMs = unpack(ARGV)
redis.call('ZREMRANGEBYSCORE', unserved, '-inf', string.format('%.0f', nowMs()))
redis.call('ZADD', unserved, dueAtMs, member)
redis.call('PEXPIRE', unserved, 2 * asideMaxMs)
return 1
