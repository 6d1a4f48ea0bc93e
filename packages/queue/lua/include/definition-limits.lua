--- @include "write-limits"

--[[
  The limits that a definition states are written when it becomes the queue's, as its capacity is. A definition says its limits as
  JSON: a list of { contract, running, jobs, perMs }, 0 for none, with an empty name for the queue itself; an empty text says nothing
  of limits. What an operator has set since stands: a limit that is there and that no definition wrote.
]]
local CONTRACTS_MAX = 100

local function asLimit(number) return string.format('%.0f', tonumber(number) or 0) end

local function limitsByName(text)
  local isJson, list = pcall(cjson.decode, text or '')
  local byName = {}
  if not isJson or type(list) ~= 'table' then return byName end
  for _, each in ipairs(list) do byName[each[1]] = { asLimit(each[2]), asLimit(each[3]), asLimit(each[4]) } end
  return byName
end

local NO_LIMITS = { '0', '0', '0' }

local function readLimitsOf(queue, name)
  if name ~= '' then
    local stored = redis.call('HGET', queue.prefix .. 'sluice:limits', name)
    return { string.match(stored or '0 0 0 0', '^(%d+) (%d+) (%d+)') }
  end
  local running, jobs, perMs = unpack(redis.call('HMGET', queue.meta, 'concurrency', 'max', 'duration'))
  return { running or '0', jobs or '0', perMs or '0' }
end

-- What is to be written: reads alone.
--
-- queue    { prefix, meta, active, marker }
-- written  what the last definition wrote
-- wanted   what the new one says
local function planLimits(queue, written, wanted)
  local before, after, plan, names = limitsByName(written), limitsByName(wanted), {}, {}
  for name in pairs(before) do names[name] = true end
  for name in pairs(after) do names[name] = true end
  for name in pairs(names) do
    local now = table.concat(readLimitsOf(queue, name), ' ')
    local isOurs = now == '0 0 0' or now == table.concat(before[name] or NO_LIMITS, ' ')
    if isOurs then plan[#plan + 1] = { name, unpack(after[name] or NO_LIMITS) } end
  end
  return plan
end

local function applyLimits(queue, plan)
  for _, each in ipairs(plan) do
    local name, running, jobs, perMs = unpack(each)
    if name == '' then
      writeQueueLimits(queue.meta, running, jobs, perMs)
    else
      writeContractLimits(queue, name, running, jobs, perMs, '', CONTRACTS_MAX)
    end
  end
  if #plan > 0 then wakeForLimits(queue.meta, queue.marker) end
end
