local EVENT_RESULT_MAX = 4096 -- bytes of JSON; as poolDefaults.eventResultMaxBytes

-- BullMQ's event carries the result. A large one is left out of it: a client that awaits one job reads the events of all, and
-- Redis keeps some ten thousand of them. The job's hash has it, and the event says how large it is.
local function addCompleted(events, id, result)
  if #result <= EVENT_RESULT_MAX then
    redis.call('XADD', events, '*', 'event', 'completed', 'jobId', id, 'returnvalue', result, 'prev', 'active')
  else
    redis.call('XADD', events, '*', 'event', 'completed', 'jobId', id, 'returnvalue', 'null', 'prev', 'active',
      'sluice.resultBytes', #result)
  end
end
