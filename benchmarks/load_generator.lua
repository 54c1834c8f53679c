-- Plays the requests that stand in a file in a circle, and prints what came of it as one line of JSON.
-- Each request is a line of method, target and body with tabs between them; JSON without blanks holds no tab and no end of line.

local played = {}
local place = 0

function init(arguments)
  local headers = {}
  for line in io.lines(arguments[2]) do
    local name, value = line:match("^([^\t]+)\t(.*)$")
    headers[name] = value
  end
  for line in io.lines(arguments[1]) do
    local method, target, body = line:match("^([^\t]*)\t([^\t]*)\t(.*)$")
    if body == "" then
      played[#played + 1] = wrk.format(method, target, headers)
    else
      local with_type = { ["Content-Type"] = "application/json" }
      for name, value in pairs(headers) do with_type[name] = value end
      played[#played + 1] = wrk.format(method, target, with_type, body)
    end
  end
end

function request()
  place = place % #played + 1
  return played[place]
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\nPLAYED {"requests": %d, "seconds": %.6f, "p50_ms": %.4f, "p99_ms": %.4f, "failed": %d}\n',
    summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout
  ))
end
