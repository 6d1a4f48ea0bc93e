--- @include "judge-adds" when judgeAdds is called
--- @include "open-queue"
--- @include "event-policy"
--- @include "plain-job"
--- @include "wake-workers"

--[[
  admit-adds: what BullMQ's addStandardJob does, for the plain jobs that a BullMQ client adds in one turn: counts the unfinished
  jobs, checks the bound and adds the jobs in order, each judged alone. In an open queue that has capacity for all of them, and
  nobody who waits for it, nothing is left to judge. All else goes the way of admit-jobs, in this same call.

  KEYS[1]    wait; this script makes the queue's other keys from it, as BullMQ's do
  ARGV[1]    the capacity where none is set in Redis (see capacity.lua); 0 for unbounded
  ARGV[2 …]  runs of jobs that have these in common: how many; '1' if they have ids, '0' if they get the next numbers; name; when
             they were added, in ms; options as BullMQ packs them. Then for each job its id, if they have ids, and its data

  Returns the number of the first job, when nothing had to be judged: each has the next one, also where that is not its id. Else
  the JSON that admit-jobs returns

  Count: +1 for each job that is created; 0 for all others. Never above the capacity
]]
local RUN_ARGUMENTS = 5
local call, wait = redis.call, KEYS[1]
local prefix = string.sub(wait, 1, -5)

-- Read -----------------------------------------------------------------------------------------------------------------

local runs, jobs, isPlain, argument = {}, 0, true, 2
local packed, isRead, options
while ARGV[argument] do
  local count, perJob, first = tonumber(ARGV[argument]), 1 + tonumber(ARGV[argument + 1]), argument + RUN_ARGUMENTS
  if ARGV[argument + 4] ~= packed then
    packed = ARGV[argument + 4]
    isRead, options = pcall(cmsgpack.unpack, packed)
    if isRead then isRead, options = pcall(cjson.encode, options) end
  end
  runs[#runs + 1] = {
    name = ARGV[argument + 2], at = ARGV[argument + 3], options = options, failure = not isRead and options or nil,
    perJob = perJob, first = first + perJob - 1, last = first + count * perJob - 1, -- positions of data
  }
  jobs, isPlain, argument = jobs + count, isPlain and isRead, first + count * perJob
end

local queue = isPlain and openQueue(prefix, jobs)
if not queue then return judgeAdds(prefix, ARGV[1], runs) end

-- Write ----------------------------------------------------------------------------------------------------------------

local events, limit, hasTrimmed = queue.events, queue.eventsLimit, false
local function emit(event, id)
  if not writesAllEvents(queue) then return end
  if hasTrimmed then return call('XADD', events, '*', 'event', event, 'jobId', id) end
  hasTrimmed = true
  call('XADD', events, 'MAXLEN', '~', limit, '*', 'event', event, 'jobId', id)
end

local number, added = call('INCRBY', queue.counter, jobs) - jobs, {}
local first = number + 1
for _, run in ipairs(runs) do
  for data = run.first, run.last, run.perJob do
    number = number + 1
    local hasId = run.perJob == 2
    local id = hasId and ARGV[data - 1] or string.format('%.0f', number)
    if hasId and call('EXISTS', prefix .. id) == 1 then
      emit('duplicated', id)
    else
      writePlainJob(queue, id, run.name, run.at, ARGV[data], run.options)
      added[#added + 1] = id
      emit('waiting', id)
    end
  end
end
if added[1] then
  call('LPUSH', wait, unpack(added))
  wakeWorkers(queue)
end
return first
