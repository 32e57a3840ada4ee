-- POST /api/v1/jobs with a new reference each time: one job a request. MODE=link waits for approval, MODE=none offers at once.
local key = os.getenv("BATON_DEV_KEY")
local approval = os.getenv("MODE") or "link"
local thread_number = 0

function setup(thread)
  thread:set("id", thread_number)
  thread_number = thread_number + 1
end

function init(args)
  counter = 0
  run = os.time()
  headers = { ["content-type"] = "application/json", ["authorization"] = "Bearer " .. key }
  before = '{"external_ref":"'
  after = '","brief":{"from":"Leeds","to":"Manchester","date":"2030-01-30","window":"14:30","vehicle":"van","volume":"medium","items":[{"kind":"fridge","quantity":1}]},"details":{"contact_name":"Test Person","phone":"+447700900123","from_address":"1 Example Street","to_address":"2 Example Road","notes":"ring twice"},"approval":"' .. approval .. '","plan":{"waves":[{"mode":"one_by_one","claim_within":"30m"}]}}'
end

function request()
  counter = counter + 1
  return wrk.format("POST", "/api/v1/jobs", headers, before .. run .. "-" .. id .. "-" .. counter .. after)
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format("%.0f requests/s, p50 %.2f ms, p99 %.2f ms, max %.1f ms; not 2xx: %d, socket errors: %d\n",
    summary.requests / (summary.duration / 1e6), latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    latency.max / 1000, errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
