--- @include "clock"
--- @include "scores"

--[[
  bring-unserved: jobs that other workers have put aside because they could not run them, and that this worker can, are due
  now.

  KEYS     sluice:unserved (see note-unserved.lua), delayed, marker
  ARGV     the most jobs to look at; for how long such a job is put aside at most, in ms; then a name and the newest version of it for
           each contract
  Returns  how many jobs were brought

  Count: 0
]]
local unserved, delayed, marker = unpack(KEYS)
local most, asideMaxMs = unpack(ARGV, 1, 2)
local newest = {}
for at = 3, #ARGV, 2 do newest[ARGV[at]] = tonumber(ARGV[at + 1]) end

local now = nowMs()

local function read(member)
  local version, length, rest = string.match(member, '^(%d+):(%d+):(.*)$')
  if not rest then return nil end
  return tonumber(version), string.sub(rest, 1, tonumber(length)), string.sub(rest, tonumber(length) + 1)
end

-- It may have been removed, promoted or taken since.
local function isAside(id)
  local score = redis.call('ZSCORE', delayed, id)
  if not score then return false end
  local due = dueMsOf(score)
  return due > now and due <= now + tonumber(asideMaxMs)
end

local scores, members = {}, {}
for _, member in ipairs(redis.call('ZRANGEBYSCORE', unserved, string.format('%.0f', now), '+inf', 'LIMIT', 0, tonumber(most))) do
  local version, name, id = read(member)
  if newest[name] and newest[name] >= version then
    members[#members + 1] = member
    if isAside(id) then
      scores[#scores + 1], scores[#scores + 2] = string.format('%.0f', now * DUE_UNIT), id
    end
  end
end
if #members > 0 then redis.call('ZREM', unserved, unpack(members)) end
if #scores == 0 then return 0 end
redis.call('ZADD', delayed, unpack(scores))
redis.call('ZADD', marker, 0, '0')
return #scores / 2
