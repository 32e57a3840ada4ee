-- 10,000 claims on one job, whose offers are open to 200 agents: JOB names it. Measured from the first request to the last answer.
local key = os.getenv("BATON_DEV_KEY")
local job = os.getenv("JOB")
local CLAIMS = 10000
local ffi = require("ffi")
ffi.cdef("typedef struct { long seconds, nanos; } moment; int clock_gettime(int clock, moment *now);")

local function now()
  local moment = ffi.new("moment")
  ffi.C.clock_gettime(1, moment)
  return tonumber(moment.seconds) + tonumber(moment.nanos) / 1e9
end

function init(args)
  asked, answered, won, refused, other = 0, 0, 0, 0, 0
  headers = { ["content-type"] = "application/json", ["authorization"] = "Bearer " .. key }
end

function request()
  if asked == 0 then began = now() end
  asked = asked + 1
  return wrk.format("POST", "/api/v1/offers/" .. job .. "-" .. (asked % 200 + 1) .. "/claim", headers, "{}")
end

local threads = {}
function setup(thread)
  table.insert(threads, thread)
end

function response(status, headers, body)
  answered = answered + 1
  if status == 200 then won = won + 1 elseif status == 409 then refused = refused + 1 else other = other + 1 end
  if answered == CLAIMS then
    took = now() - began
    wrk.thread:stop()
  end
end

function done(summary, latency, requests)
  local thread = threads[1]
  io.write(string.format("%d claims in %.2f s: %d told that it is theirs, %d refused, %d other; p99 %.2f ms\n",
    thread:get("answered"), thread:get("took"), thread:get("won"), thread:get("refused"), thread:get("other"),
    latency:percentile(99) / 1000))
end
