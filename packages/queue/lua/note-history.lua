--- @include "clock"

--[[
  note-history: adds what a process has counted since its last call to the counts of this minute, for each contract.

    sluice:history:<hour>  hash: "<minute> <contract>" → "<seven counts>|<bucket:count …>|<bucket:count …>", the hour since the epoch;
                           see src/job/history. Expires when its last minute is no longer kept

  KEYS     meta
  ARGV[1]  what the keys of the hours start with
  ARGV[2]  how long an hour is kept, in ms
  ARGV[3]  how many contracts an hour tells apart
  ARGV[4]  the name under which others are counted
  ARGV[5…] contract and its counts, of each
  Returns  1; 0 for a queue that is gone

  Count: 0
]]
local meta = unpack(KEYS)
local start, keepMs, contractsMax, others = unpack(ARGV, 1, 4)
if redis.call('EXISTS', meta) == 0 then return 0 end

local minutes = math.floor(nowMs() / 60000)
local key, minute = start .. string.format('%.0f', math.floor(minutes / 60)), minutes % 60

local function addPairs(one, other)
  local sums, order = {}, {}
  for bucket, count in string.gmatch(one .. ' ' .. other, '(%d+):(%d+)') do
    if not sums[bucket] then order[#order + 1] = bucket end
    sums[bucket] = (sums[bucket] or 0) + tonumber(count)
  end
  for i, bucket in ipairs(order) do order[i] = bucket .. ':' .. string.format('%.0f', sums[bucket]) end
  return table.concat(order, ' ')
end

local function addCounts(one, other)
  local sums = {}
  for count in string.gmatch(one, '%d+') do sums[#sums + 1] = tonumber(count) end
  local at = 0
  for count in string.gmatch(other, '%d+') do
    at = at + 1
    sums[at] = string.format('%.0f', (sums[at] or 0) + tonumber(count))
  end
  return table.concat(sums, ' ')
end

local PARTS = '^([^|]*)|([^|]*)|([^|]*)$'
local function merge(stored, added)
  local counts, waits, runs = string.match(stored or '', PARTS)
  if not counts then return added end
  local newCounts, newWaits, newRuns = string.match(added, PARTS)
  return addCounts(counts, newCounts) .. '|' .. addPairs(waits, newWaits) .. '|' .. addPairs(runs, newRuns)
end

local fieldsMax = 60 * tonumber(contractsMax)
for i = 5, #ARGV, 2 do
  local field = string.format('%d ', minute) .. ARGV[i]
  local stored = redis.call('HGET', key, field)
  if not stored and redis.call('HLEN', key) >= fieldsMax then
    field = string.format('%d ', minute) .. others
    stored = redis.call('HGET', key, field)
  end
  redis.call('HSET', key, field, merge(stored, ARGV[i + 1]))
end
redis.call('PEXPIRE', key, keepMs)
return 1
