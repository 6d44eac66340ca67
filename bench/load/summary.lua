-- Prepended to every script: the result as one line of JSON.
function done(summary, latency)
  local e = summary.errors
  print(string.format('bench-load {"requests": %d, "seconds": %f, "p50_ms": %f, "p99_ms": %f, "errors": %d}', summary.requests,
    summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3, e.connect + e.read + e.write + e.status + e.timeout))
end
