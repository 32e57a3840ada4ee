-- Calls of a provider that were signed beforehand, one a line of the file in REQUESTS, each once.
local lines, at = {}, 0

function init(args)
  for line in io.lines(os.getenv("REQUESTS")) do lines[#lines + 1] = line end
end

function request()
  at = at + 1
  -- What comes again is a repeat, and would be too easy.
  if at > #lines then os.exit(3) end
  local path, kind, name, signature, body = lines[at]:match("([^\t]*)\t([^\t]*)\t([^\t]*)\t([^\t]*)\t(.*)")
  return wrk.format("POST", path, { ["content-type"] = kind, [name] = signature }, body)
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format("%.0f calls/s, p50 %.2f ms, p99 %.2f ms, max %.1f ms; not 2xx: %d, socket errors: %d\n",
    summary.requests / (summary.duration / 1e6), latency:percentile(50) / 1000, latency:percentile(99) / 1000,
    latency.max / 1000, errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
