-- A whole cascade a connection: create, the first agent's no, the second agent's yes; every answer on disk before the next
-- request. One thread a connection, because a script's state is its thread's: wrk -t64 -c64.
local key = os.getenv("BATON_DEV_KEY")
local number = 0
local threads = {}

function setup(thread)
  thread:set("id", number)
  number = number + 1
  table.insert(threads, thread)
end

function init(args)
  counter, cascades, wrong, job = 0, 0, 0, nil
  step = "create"
  run = os.time()
  headers = { ["content-type"] = "application/json", ["authorization"] = "Bearer " .. key }
  after = '","brief":{"from":"Leeds","to":"Manchester","date":"2030-01-30","window":"14:30","vehicle":"van","volume":"medium","items":[{"kind":"fridge","quantity":1}]},"plan":{"waves":[{"mode":"one_by_one","claim_within":"30m"}]}}'
end

function request()
  if step == "create" then
    counter = counter + 1
    return wrk.format("POST", "/api/v1/jobs", headers, '{"external_ref":"' .. run .. "-" .. id .. "-" .. counter .. after)
  end
  return wrk.format("POST", "/api/v1/offers/" .. job .. (step == "decline" and "-1/decline" or "-2/claim"), headers, "{}")
end

function response(status, headers, body)
  if status >= 300 then
    wrong = wrong + 1
    step = "create"
  elseif step == "create" then
    job = body:match('"id":"([^"]+)"')
    step = "decline"
  elseif step == "decline" then
    step = "claim"
  else
    if body:match('"outcome":"claimed"') then cascades = cascades + 1 else wrong = wrong + 1 end
    step = "create"
  end
end

function done(summary, latency, requests)
  local all, bad = 0, 0
  for _, thread in ipairs(threads) do
    all, bad = all + thread:get("cascades"), bad + thread:get("wrong")
  end
  io.write(string.format("%.0f cascades/s (%.0f requests/s), a request p50 %.2f ms, p99 %.2f ms; wrong answers: %d\n",
    all / (summary.duration / 1e6), summary.requests / (summary.duration / 1e6), latency:percentile(50) / 1000,
    latency:percentile(99) / 1000, bad))
end
