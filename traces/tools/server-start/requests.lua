-- Ends the run of wrk after so many responses (argument after --): the same work each time.
local left

function init(args)
  left = tonumber(args[1])
end

function response()
  left = left - 1
  if left == 0 then wrk.thread:stop() end
end
